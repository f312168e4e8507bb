//! A bulk action by hand in a real browser, at the width of a desk and of a phone, open to everybody.

use super::person;
use crate::support::browser::Browser;
use crate::support::office::Office;

#[actix_web::test]
async fn a_field_is_changed_for_many_and_back_by_hand() {
    let Some(browser) = Browser::open().await else { return };
    let office = Office::open().await;
    let many = (0..60).map(|n| person(&format!("P{n:02}"), if n % 3 == 0 { "fr" } else { "en" }, "Alma"));
    office.add_all(many.collect()).await;
    let origin = format!("http://{}", office.world.address());
    browser.sign_in(&origin, "ada@riverside.test").await;
    browser.visit(&format!("{origin}{}", office.ada.at("bulk"))).await;
    browser.look("bulk-0-empty").await;
    browser.visit(&format!("{origin}{}", office.ada.at("contacts"))).await;
    browser.look("bulk-1-list").await;
    browser.click("[name=scope][value=all]").await;
    browser.click(".selection summary").await;
    browser.click("button[formaction$='bulk/edit']").await;
    browser.until("h1", "Change a field of 60 contacts").await;
    browser.choose("field", "Preferred Language").await;
    browser.look("bulk-2-field").await;
    browser.press("Next").await;
    browser.until("h1", "Preferred Language of 60 contacts").await;
    browser.choose("value", "French").await;
    browser.look("bulk-3-value").await;
    browser.press("Preview").await;
    browser.until("h1", "What would change").await;
    browser.look("bulk-4-preview").await;
    browser.press("Change 40 contacts").await;
    browser.until(".message__text", "Done").await;
    browser.look("bulk-5-done").await;
    browser.follow("See them", "main").await;
    browser.until("h1", "Contacts changed").await;
    browser.look("bulk-6-contacts").await;
    browser.visit(&format!("{origin}{}", office.ada.at("bulk"))).await;
    browser.look("bulk-7-list").await;
    browser.follow("Undo", "tbody").await;
    browser.until("h1", "Undo this for 40 contacts?").await;
    browser.look("bulk-8-undo").await;
    browser.press("Undo").await;
    browser.until(".message__text", "Undone").await;
    browser.look("bulk-9-undone").await;

    browser
        .visit(&format!("{origin}{}", office.ada.at("contacts?q=P0")))
        .await;
    browser.click("[data-select-all]").await;
    browser.click(".selection summary").await;
    browser.click("button[formaction$='bulk/trash']").await;
    browser.until("h1", "Move 10 contacts to the trash?").await;
    browser.look("bulk-trash-1-question").await;
    browser.press("Move to the Trash").await;
    browser.until(".message__text", "Done").await;
    browser
        .visit(&format!("{origin}{}", office.ada.at("contacts/trash")))
        .await;
    browser.look("bulk-trash-2-list").await;
}

#[actix_web::test]
async fn contacts_are_grouped_tagged_and_planned_for_by_hand_and_the_dashboard_tells() {
    let Some(browser) = Browser::open().await else { return };
    let office = Office::open().await;
    office
        .add_all((0..60).map(|n| person(&format!("P{n:02}"), "en", "Alma")).collect())
        .await;
    let origin = format!("http://{}", office.world.address());
    browser.sign_in(&origin, "ada@riverside.test").await;
    let at = |path: &str| format!("{origin}{}", office.ada.at(path));
    let choose_all = async |action: &str| {
        browser.visit(&at("contacts")).await;
        browser.click("[name=scope][value=all]").await;
        browser.click(".selection summary").await;
        browser.click(&format!("button[formaction$='{action}']")).await;
    };

    choose_all("groups/choose").await;
    browser.until("h1", "Add 60 contacts to a group").await;
    browser.look("group-1-choose").await;
    browser.fill("#title", "Newsletter").await;
    browser.press("Make Group and Add").await;
    browser.until(".message", "60 contacts added to group").await;
    browser.look("group-2-added").await;
    browser.follow("Undo", ".message").await;
    browser.until("h1", "Undo this for 60 contacts?").await;
    browser.look("group-3-undo").await;
    browser.press("Undo").await;
    browser.until(".message__text", "Undone").await;
    browser.look("group-4-undone").await;

    choose_all("tags/choose").await;
    browser.until("h1", "Tag 60 contacts").await;
    browser.fill("#name", "Volunteer").await;
    browser.look("tag-1-choose").await;
    browser.press("Tag").await;
    browser.until(".message", "Tagged 60 contacts").await;

    choose_all("activities/choose").await;
    browser.until("h1", "Add an activity with 60 contacts").await;
    browser.look("activity-1-form").await;
    browser.choose("type", "Phone Call").await;
    browser.fill("#subject", "Thank them").await;
    browser.choose("assigned_to", "Ada Lem").await;
    browser.press("Add Activity").await;
    browser.until(".message__text", "Done").await;
    browser.look("activity-2-done").await;
    browser.visit(&at("dashboard")).await;
    browser.until("main", "What needs somebody today").await;
    browser.look("dashboard").await;
    browser.visit(&at("bulk")).await;
    browser.look("deeds").await;
}
