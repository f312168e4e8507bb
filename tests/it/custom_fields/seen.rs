//! From a definition to a file, by hand in a real browser, at the width of a desk and of a phone, open to everybody.

use super::*;
use crate::support::browser::Browser;

#[actix_web::test]
async fn fields_are_defined_filled_in_searched_shown_and_exported_by_hand() {
    let Some(browser) = Browser::open().await else { return };
    let office = Office::open().await;
    let origin = format!("http://{}", office.world.address());
    let at = |path: &str| format!("{origin}{}", office.ada.at(path));
    browser.sign_in(&origin, "ada@riverside.test").await;
    browser.visit(&at("settings")).await;
    browser.follow("Custom Fields", ".tabs").await;
    browser.until("h2", "On contacts").await;
    browser.look("fields-0-empty").await;

    for kind in Kind::ALL {
        browser.visit(&at("custom-fields/new?record=Contact")).await;
        browser.fill("#label", &format!("My {kind}")).await;
        let words = match kind {
            Kind::Text => "Text, one line",
            Kind::Money => "Money, in Canadian dollars",
            Kind::OneChoice => "One choice of a list",
            Kind::SeveralChoices => "Several choices of a list",
            other => other.as_str(),
        };
        browser.choose("kind", words).await;
        if kind.has_options() {
            browser.fill("[aria-label='Choice 1']", "Gold").await;
            browser.fill("[aria-label='Choice 2']", "Silver").await;
            browser.look(&format!("fields-1-{}", kind.key())).await;
        }
        browser.press("Add Field").await;
        browser
            .until(".message__text", &format!("The field My {kind} has been added."))
            .await;
    }
    browser.look("fields-2-list").await;

    browser.visit(&at("contacts/new?type=individual")).await;
    browser.fill("#first_name", "Anne").await;
    browser.fill("#last_name", "Lem").await;
    let ids: Vec<CustomFieldId> = office.fields().await.all().iter().map(|field| field.id).collect();
    let css = |at: usize| format!("[name='custom.{}']", ids[at]);
    browser.fill(&css(0), "Sings alto").await;
    browser.fill(&css(1), "1,250.5").await;
    browser.fill(&css(2), "$40").await;
    browser.choose(&format!("custom.{}", ids[4]), "Yes").await;
    browser.choose(&format!("custom.{}", ids[5]), "Silver").await;
    browser.click(&format!("[name='custom.{}.1']", ids[6])).await;
    browser.look("fields-3-form").await;
    browser.press("Save").await;
    browser.until("h1", "Anne Lem").await;
    browser.look("fields-4-summary").await;

    browser.visit(&at("contacts")).await;
    browser.click(".columns-open").await;
    browser.look("fields-5-columns").await;
    browser
        .click(&format!("[name=column][value='custom.{}']", ids[2]))
        .await;
    browser.click("[name=column][value=tags]").await;
    browser.press("Show These").await;
    browser.until("thead", "My Money").await;
    browser.until("tbody", "$40.00").await;
    browser.look("fields-6-list").await;

    browser.visit(&at("search/advanced")).await;
    browser.choose("c0-0-about", "My Money").await;
    browser
        .until_without_reloading(".criterion__fields", "is at least")
        .await;
    browser.choose("c0-0-1", "is at least").await;
    // The condition is drawn anew, with what was chosen.
    browser.until("#c0-0-1 option[selected]", "is at least").await;
    browser.fill("#c0-0-2", "39.50").await;
    browser.look("fields-7-search").await;
    browser.press("Search").await;
    browser.until("h1 + p", "My Money is at least $39.50").await;
    browser.until("tbody", "Lem, Anne").await;
    let file = office
        .ada
        .post("contacts/export", &[("scope", "all"), ("columns", "shown")])
        .await;
    assert!(file.body.contains("40.00"), "{}", file.body);
}
