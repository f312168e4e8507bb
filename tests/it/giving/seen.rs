//! Giving in a real browser: by hand, at the width of a desk and of a phone, and open to everybody.

use super::Shelter;

use crate::support::browser::Browser;

#[actix_web::test]
async fn a_gift_goes_its_way_by_hand() {
    let Some(browser) = Browser::open().await else { return };
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await;
    shelter.person("Bob Lemaire").await;
    let origin = format!("http://{}", shelter.world.address());
    let at = |path: &str| format!("{origin}{}", shelter.ada.at(path));
    browser.sign_in(&origin, "ada@shelter.test").await;

    browser.visit(&at("contributions")).await;
    browser.until("main", "No contributions yet").await;
    browser.look("giving-1-empty").await;
    browser.visit(&at("campaigns/new")).await;
    browser.fill("#name", "Spring Dinner").await;
    browser.fill("#goal", "10,000").await;
    browser.look("giving-2-campaign-form").await;
    browser.click("main form .button--primary").await;
    browser.until("main", "has been saved").await;
    browser.visit(&at("funds")).await;
    browser.look("giving-3-funds").await;
    browser.visit(&at("funds/new")).await;
    browser.look("giving-4-fund-form").await;

    browser.visit(&at("contributions/new")).await;
    browser.fill("#who", "lem").await;
    browser.until("main", "Bob Lemaire").await;
    browser.look("giving-5-form").await;
    browser.click(&format!("#contact-{anne}")).await;
    browser.fill("#amount", "250").await;
    browser.fill("#source", "Dinner").await;
    browser.click("#campaign option:last-child").await;
    browser.click("main .form__foot .button--primary").await;
    browser.until("main", "was added").await;
    browser.look("giving-6-gift").await;

    browser.visit(&at("contributions?q=anne")).await;
    browser.until("main", "$250.00").await;
    browser.look("giving-7-list").await;
    browser.click("tbody td a").await;
    browser.until("main", "Mark as Thanked").await;
    browser.click(".page-head__actions form button").await;
    browser.until("main", "Marked as thanked today").await;
    browser.click(".page-head__actions .button--primary").await;
    browser.until("main", "Edit Contribution").await;
    browser.fill("#amount", "275").await;
    browser.click("main .form__foot .button--primary").await;
    browser.until("main", "Your changes were saved").await;
    browser.visit(&at("campaigns")).await;
    browser.until("main", "$275.00").await;
    browser.look("giving-8-campaigns").await;
    browser.click("tbody th a").await;
    browser.until("main", "Spring Dinner").await;
    browser.look("giving-9-campaign").await;
    browser.visit(&at("funds")).await;
    browser.click("tbody th a").await;
    browser.until("main", "Month by Month").await;
    browser.look("giving-10-fund").await;
    browser.visit(&at(&format!("contacts/{anne}/recurring"))).await;
    browser.fill("#amount", "25").await;
    browser.look("giving-11-recurring").await;
    browser.click("main .form__foot .button--primary").await;
    browser.until("main", "was added").await;
    browser.visit(&at(&format!("contacts/{anne}/contributions"))).await;
    browser.look("giving-12-contact").await;

    browser.click("[aria-labelledby=contributions] tbody td a").await;
    browser.until("main", "Soft Credits").await;
    browser.click("[data-dialog=delete-contribution]").await;
    browser.click("dialog[open] .button--primary").await;
    browser.until("main", "was deleted").await;
    browser.until("main", "No contributions yet").await;
}

#[actix_web::test]
async fn a_pile_of_cheques_is_typed_into_one_grid() {
    let Some(browser) = Browser::open().await else { return };
    let shelter = Shelter::open().await;
    let (anne, bob) = (shelter.person("Anne Lem").await, shelter.person("Bob Roy").await);
    let origin = format!("http://{}", shelter.world.address());
    let at = |path: &str| format!("{origin}{}", shelter.ada.at(path));
    browser.sign_in(&origin, "ada@shelter.test").await;

    browser.visit(&at("batches")).await;
    browser.look("giving-20-no-batches").await;
    browser.click(".empty .button").await;
    browser.until("main", "First count the pile").await;
    browser.fill("#control_count", "2").await;
    browser.fill("#control_total", "150").await;
    browser.look("giving-21-new-batch").await;
    browser.click("main form .button--primary").await;
    browser.until("main", "Gift 2").await;
    for (number, who, id, amount) in [(1, "anne", anne, "100"), (2, "roy", bob, "40")] {
        let field = |name: &str| format!("[name='rows.{number}.{name}']");
        browser.fill(&field("who"), who).await;
        browser.click(&format!("[id='rows.{number}.contact-{id}']")).await;
        browser.fill(&field("amount"), amount).await;
    }
    browser.look("giving-22-grid").await;
    browser.click("#grid .buttons .button--primary").await;
    browser.until("main", "Count or total differ").await;
    browser.look("giving-23-differs").await;
    browser.fill("[name='rows.2.amount']", "50").await;
    browser.click("#grid .buttons .button--primary").await;
    browser.until("main", "The batch is posted").await;
    browser.look("giving-24-posted").await;
    browser.visit(&at("batches")).await;
    browser.look("giving-25-batches").await;
}

#[actix_web::test]
async fn funds_and_campaigns_from_the_first_to_the_last() {
    let Some(browser) = Browser::open().await else { return };
    let shelter = Shelter::open().await;
    let origin = format!("http://{}", shelter.world.address());
    browser.sign_in(&origin, "ada@shelter.test").await;

    browser.visit(&format!("{origin}{}", shelter.ada.at("funds"))).await;
    browser.follow("Add Fund", "main").await;
    browser.press("Save").await;
    browser.until(".field__error", "Give the fund a name.").await;
    browser.fill("#name", "Kitchen").await;
    browser.press("Save").await;
    browser.until("tbody", "Kitchen").await;
    browser.follow("Kitchen", "tbody").await;
    browser.follow("Settings", "main").await;
    browser.fill("#name", "Kitchen Fund").await;
    browser.press("Save").await;
    browser.until("main", "Kitchen Fund").await;
    browser.visit(&format!("{origin}{}", shelter.ada.at("funds"))).await;
    browser.follow("Kitchen Fund", "tbody").await;
    browser.follow("Settings", "main").await;
    browser.follow("Delete Fund", "main").await;
    browser.until("h1", "Delete").await;
    browser.look("giving-30-fund-delete").await;
    browser.press("Delete Fund").await;
    browser.until("h1", "Funds").await;

    browser.go("Campaigns").await;
    browser.follow("Add Campaign", "main").await;
    browser.fill("#name", "Spring Dinner").await;
    browser.press("Save").await;
    browser.until("main", "has been saved").await;
    browser.follow("Settings", "main").await;
    browser.fill("#goal", "8,000").await;
    browser.press("Save").await;
    browser.until("main", "$8,000").await;
    browser.go("Campaigns").await;
    browser.follow("Spring Dinner", "tbody").await;
    browser.follow("Settings", "main").await;
    browser.follow("Delete Campaign", "main").await;
    browser.look("giving-31-campaign-delete").await;
    browser.press("Delete Campaign").await;
    browser.until("main", "No campaigns yet").await;
}

#[actix_web::test]
async fn gifts_are_thanked_together_series_kept_and_a_batch_taken_back_by_hand() {
    let Some(browser) = Browser::open().await else { return };
    let shelter = Shelter::open().await;
    let origin = format!("http://{}", shelter.world.address());
    let at = |path: &str| format!("{origin}{}", shelter.ada.at(path));
    browser.sign_in(&origin, "ada@shelter.test").await;
    for (name, path) in [
        ("dashboard", "dashboard"),
        ("pipeline", "opportunities"),
        ("deadlines", "opportunities/deadlines"),
        ("recurring", "recurring"),
        ("bulk", "contributions/bulk"),
    ] {
        browser.visit(&at(path)).await;
        browser.look(&format!("giving-40-empty-{name}")).await;
    }

    let anne = shelter.person("Anne Lem").await;
    shelter
        .write((1..=60).map(|n| (anne, n * 100, "2026-01-05")).collect())
        .await;
    browser.visit(&at(&format!("contributions?contact={anne}"))).await;
    browser.until("main", "Only what was given by Anne Lem").await;
    browser.look("giving-41-narrowed").await;
    browser.click("[name=scope][value=all]").await;
    browser.click(".selection summary").await;
    browser.click("button[value=thank]").await;
    browser.until("h1", "Mark 60 contributions as thanked").await;
    browser.look("giving-42-thank").await;
    browser.press("Mark as Thanked").await;
    browser.until("h1", "Marked as thanked on").await;
    browser.look("giving-43-thanked").await;
    browser.follow("See them", "main").await;
    browser.until("main", "Only what was changed by the bulk action").await;
    browser.click("[data-select-all]").await;
    browser.click(".selection summary").await;
    browser.click("button[value=fund]").await;
    browser.until("h1", "Change the fund of 50 contributions").await;
    browser.look("giving-44-fund").await;
    browser.visit(&at("contributions/bulk")).await;
    browser.look("giving-45-bulk").await;

    browser.visit(&at(&format!("contacts/{anne}/recurring"))).await;
    browser.fill("#amount", "25").await;
    browser.press("Save").await;
    browser.until("main", "was added").await;
    browser.follow("Edit", "[aria-labelledby=recurring]").await;
    browser.until("h2", "Edit a Recurring Contribution").await;
    browser.look("giving-46-series").await;
    browser.visit(&at("recurring")).await;
    browser.look("giving-47-recurring").await;

    let batch = shelter.begin_batch("1", "5").await;
    browser.visit(&at(&format!("{batch}/edit"))).await;
    browser.until("h1", "Edit the Batch").await;
    browser.look("giving-48-batch").await;
    browser.visit(&at(&batch)).await;
    browser.fill("[name='rows.1.who']", "lem").await;
    browser.click(&format!("[id='rows.1.contact-{anne}']")).await;
    browser.fill("[name='rows.1.amount']", "5").await;
    browser.click("#grid .buttons .button--primary").await;
    browser.until("main", "The batch is posted").await;
    browser.follow("Take the whole batch back", "main").await;
    browser.until("h1", "Take Sunday cheques back?").await;
    browser.look("giving-49-take-back").await;
    browser.press("Take Back").await;
    browser.until("main", "The batch is a draft again").await;
}
