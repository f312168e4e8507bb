//! Giving in a real browser: by hand, at the width of a desk and of a phone, and open to everybody.

use super::Shelter;
use fantoccini::Locator;

use crate::support::browser::Browser;
use crate::support::world::PASSWORD;

/// Looks at the page wide and narrow: nothing keeps anybody out, and a picture of it is kept.
async fn look(browser: &Browser, name: &str) {
    for (width, height) in [(1280, 1400), (390, 2200)] {
        browser.viewport(width, height).await;
        let found = browser.axe().await;
        assert!(found.is_empty(), "{name} at {width}: {found:?}");
        let wider = "return document.documentElement.scrollWidth > window.innerWidth";
        assert_eq!(
            browser.client.execute(wider, vec![]).await.unwrap(),
            false,
            "{name} scrolls sideways at {width}"
        );
        browser.screenshot(&format!("giving-{name}-{width}")).await;
    }
    browser.viewport(1280, 900).await;
}

async fn until(browser: &Browser, words: &str) {
    browser
        .wait_for(words, async |client| {
            let main = client.find(Locator::Css("main")).await.ok()?;
            main.text().await.ok()?.contains(words).then_some(())
        })
        .await;
}

#[actix_web::test]
async fn a_gift_goes_its_way_by_hand() {
    let Some(browser) = Browser::open().await else { return };
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await;
    shelter.person("Bob Lemaire").await;
    let at = |path: &str| format!("http://{}{}", shelter.world.address(), shelter.ada.at(path));
    browser.visit(&at("/sign-in")).await;
    browser.fill("#email", "ada@shelter.test").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form button").await;
    until(&browser, "Dashboard").await;

    browser.visit(&at("contributions")).await;
    until(&browser, "No contributions yet").await;
    look(&browser, "1-empty").await;
    browser.visit(&at("campaigns/new")).await;
    browser.fill("#name", "Spring Dinner").await;
    browser.fill("#goal", "10,000").await;
    look(&browser, "2-campaign-form").await;
    browser.click("main form .button--primary").await;
    until(&browser, "has been saved").await;
    browser.visit(&at("funds")).await;
    look(&browser, "3-funds").await;
    browser.visit(&at("funds/new")).await;
    look(&browser, "4-fund-form").await;

    browser.visit(&at("contributions/new")).await;
    browser.fill("#who", "lem").await;
    until(&browser, "Bob Lemaire").await;
    look(&browser, "5-form").await;
    browser.click(&format!("#contact-{anne}")).await;
    browser.fill("#amount", "250").await;
    browser.fill("#source", "Dinner").await;
    browser.click("#campaign option:last-child").await;
    browser.click("main .form__foot .button--primary").await;
    until(&browser, "was added").await;
    look(&browser, "6-gift").await;

    browser.visit(&at("contributions?q=anne")).await;
    until(&browser, "$250.00").await;
    look(&browser, "7-list").await;
    browser.click("tbody td a").await;
    until(&browser, "Mark as Thanked").await;
    browser.click(".page-head__actions form button").await;
    until(&browser, "Marked as thanked today").await;
    browser.click(".page-head__actions .button--primary").await;
    until(&browser, "Edit Contribution").await;
    browser.fill("#amount", "275").await;
    browser.click("main .form__foot .button--primary").await;
    until(&browser, "Your changes were saved").await;
    browser.visit(&at("campaigns")).await;
    until(&browser, "$275.00").await;
    look(&browser, "8-campaigns").await;
    browser.click("tbody th a").await;
    until(&browser, "Spring Dinner").await;
    look(&browser, "9-campaign").await;
    browser.visit(&at("funds")).await;
    browser.click("tbody th a").await;
    until(&browser, "Month by Month").await;
    look(&browser, "10-fund").await;
    browser.visit(&at(&format!("contacts/{anne}/recurring"))).await;
    browser.fill("#amount", "25").await;
    look(&browser, "11-recurring").await;
    browser.click("main form .button--primary").await;
    until(&browser, "was added").await;
    browser.visit(&at(&format!("contacts/{anne}/contributions"))).await;
    look(&browser, "12-contact").await;

    browser.click("[aria-labelledby=contributions] tbody td a").await;
    until(&browser, "Soft Credits").await;
    browser.click("[data-dialog=delete-contribution]").await;
    browser.click("dialog[open] .button--primary").await;
    until(&browser, "was deleted").await;
    until(&browser, "No contributions yet").await;
}

#[actix_web::test]
async fn a_pile_of_cheques_is_typed_into_one_grid() {
    let Some(browser) = Browser::open().await else { return };
    let shelter = Shelter::open().await;
    let (anne, bob) = (shelter.person("Anne Lem").await, shelter.person("Bob Roy").await);
    let at = |path: &str| format!("http://{}{}", shelter.world.address(), shelter.ada.at(path));
    browser.visit(&at("/sign-in")).await;
    browser.fill("#email", "ada@shelter.test").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form button").await;
    until(&browser, "Dashboard").await;

    browser.visit(&at("batches")).await;
    look(&browser, "20-no-batches").await;
    browser.click(".empty .button").await;
    until(&browser, "First count the pile").await;
    browser.fill("#control_count", "2").await;
    browser.fill("#control_total", "150").await;
    look(&browser, "21-new-batch").await;
    browser.click("main form .button--primary").await;
    until(&browser, "Gift 2").await;
    for (number, who, id, amount) in [(1, "anne", anne, "100"), (2, "roy", bob, "40")] {
        let field = |name: &str| format!("[name='rows.{number}.{name}']");
        browser.fill(&field("who"), who).await;
        browser.click(&format!("[id='rows.{number}.contact-{id}']")).await;
        browser.fill(&field("amount"), amount).await;
    }
    look(&browser, "22-grid").await;
    browser.click("#grid .buttons .button--primary").await;
    until(&browser, "Count or total differ").await;
    look(&browser, "23-differs").await;
    browser.fill("[name='rows.2.amount']", "50").await;
    browser.click("#grid .buttons .button--primary").await;
    until(&browser, "The batch is posted").await;
    look(&browser, "24-posted").await;
    browser.visit(&at("batches")).await;
    look(&browser, "25-batches").await;
}
