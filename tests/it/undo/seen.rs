//! Each room in a real browser: something is created, found, changed and deleted by hand, and whatever was done is taken back
//! from the page that says so.

use crate::support::office::{Office, organization, person};

#[actix_web::test]
async fn a_contact_goes_its_way_and_back() {
    let office = Office::open().await;
    let Some((browser, origin)) = office.browser().await else {
        return;
    };
    let at = |path: &str| format!("{origin}{}", office.ada.at(path));
    browser.go("Contacts").await;
    browser.look("contacts-none").await;
    browser.visit(&at("contacts/new?type=individual")).await;
    browser.fill("#first_name", "Anne").await;
    browser.fill("#last_name", "Lem").await;
    browser.press("Save").await;
    browser.until(".message__text", "Anne Lem was added.").await;
    browser.go("Contacts").await;
    browser.look_for("lem").await;
    browser.until("h1", "Anne Lem").await;

    browser.follow("Edit", ".page-head").await;
    browser.fill("#last_name", "Roy").await;
    browser.press("Save").await;
    browser.until("h1", "Anne Roy").await;
    browser.look("contact-changed").await;
    browser.follow("Undo", ".message").await;
    browser.until("h1", "Undo: Contact changed?").await;
    browser.until("main", "Lem").await;
    browser.look("undo").await;
    browser.press("Undo").await;
    browser.until("h1", "Anne Lem").await;
    browser.look("undone").await;

    browser.click(".page-head__actions summary").await;
    browser.click("[data-dialog=trash-contact]").await;
    browser.click("dialog[open] .button--primary").await;
    browser.until(".message__text", "Anne Lem is in the trash.").await;
    browser.undo("Contact moved to the trash").await;
    browser.go("Contacts").await;
    browser.until("tbody", "Lem, Anne").await;
    browser.go("Change Log").await;
    browser.look("change-log").await;
    browser.follow("Undo", "tbody").await;
    browser.press("Undo").await;
    browser
        .until(".message__text", "Again: Contact moved to the trash")
        .await;
}

#[actix_web::test]
async fn what_belongs_to_a_contact_goes_its_way_and_back() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    office.add(organization("River Fund")).await;
    let Some((browser, origin)) = office.browser().await else {
        return;
    };
    let at = |path: &str| format!("{origin}{}", office.ada.at(path));
    let of_anne = |tab: &str| at(&format!("contacts/{anne}/{tab}"));

    browser.visit(&of_anne("notes/new")).await;
    browser.fill("#text", "Likes tea").await;
    browser.press("Add Note").await;
    browser.follow("Edit", ".entries").await;
    browser.fill("#text", "Likes coffee").await;
    browser.press("Save").await;
    browser.undo("Note changed").await;
    browser.until(".entries", "Likes tea").await;
    browser.follow("Delete", ".entries").await;
    browser.press("Delete Note").await;
    browser.undo("Note deleted").await;
    browser.visit(&at("notes?q=tea")).await;
    browser.until("tbody", "Likes tea").await;

    browser.visit(&at(&format!("contributions/new?contact={anne}"))).await;
    browser.fill("#amount", "250").await;
    browser.click("main .form__foot .button--primary").await;
    browser.until(".message__text", "was added").await;
    browser.follow("Edit", ".page-head").await;
    browser.fill("#amount", "275").await;
    browser.click("main .form__foot .button--primary").await;
    browser.until("h1", "$275.00").await;
    browser.undo("Contribution of $250.00 changed").await;
    browser.until("h1", "$250.00").await;
    browser.click("[data-dialog=delete-contribution]").await;
    browser.click("dialog[open] .button--primary").await;
    browser.until("main", "No contributions yet").await;
    browser.undo("Contribution deleted").await;
    browser.until("h1", "$250.00").await;
    browser.visit(&at("contributions?q=lem")).await;
    browser.until("tbody", "$250.00").await;

    browser.go("Opportunities").await;
    browser.follow("Add Opportunity", "main").await;
    browser.fill("#name", "Kitchen grant").await;
    browser.fill("#who", "river").await;
    browser.until("#offered", "River Fund").await;
    browser.press("Add Opportunity").await;
    browser.until("h1", "Kitchen grant").await;
    browser.follow("Edit", ".page-head").await;
    browser.choose("status", "Awarded").await;
    browser.press("Save").await;
    browser.undo("Opportunity changed: Kitchen grant").await;
    browser.until("main", "Discovery").await;
    browser.follow("Delete", "main").await;
    browser.press("Delete Opportunity").await;
    browser.undo("Opportunity deleted: Kitchen grant").await;
    browser.go("Opportunities").await;
    browser.follow("Discovery", "[aria-labelledby=pipeline]").await;
    browser.until("tbody", "Kitchen grant").await;

    browser.visit(&at(&format!("activities/new?contact={anne}"))).await;
    browser.choose("type", "Phone Call").await;
    browser.fill("#subject", "Thank her").await;
    browser.press("Add Activity").await;
    browser.press("Mark as Completed").await;
    browser.undo("Activity changed: Phone Call: Thank her").await;
    browser.until("main", "Mark as Completed").await;
    browser.follow("Delete", "main").await;
    browser.press("Delete Activity").await;
    browser.undo("Activity deleted: Phone Call: Thank her").await;
    browser.go("Activities").await;
    browser.until("tbody", "Thank her").await;

    browser.visit(&of_anne("relationships/new")).await;
    browser.choose("kind", "Employee of").await;
    browser.fill("#who", "river").await;
    browser.until("#offered", "River Fund").await;
    browser.press("Add Relationship").await;
    let current = "[aria-labelledby=current-relationships]";
    browser.follow("Edit", current).await;
    browser.click("#has_ended").await;
    browser.press("Save").await;
    browser.undo("Relationship changed").await;
    browser.follow("Delete", current).await;
    browser.press("Delete Relationship").await;
    browser.undo("Relationship deleted").await;
    browser.until(current, "River Fund").await;
}

#[actix_web::test]
async fn what_belongs_to_everybody_goes_its_way_and_back() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let Some((browser, origin)) = office.browser().await else {
        return;
    };
    let at = |path: &str| format!("{origin}{}", office.ada.at(path));

    browser.go("Tags").await;
    browser.follow("Add Tag", "main").await;
    browser.fill("#name", "Volunteer").await;
    browser.press("Add Tag").await;
    browser.follow("Edit", "tbody").await;
    browser.fill("#name", "Helper").await;
    browser.press("Save").await;
    browser.undo("Tag Helper changed").await;
    browser.visit(&at(&format!("contacts/{anne}/tags"))).await;
    browser.click("main .choice input").await;
    browser.press("Save Tags").await;
    browser.go("Tags").await;
    browser.follow("Delete", "tbody").await;
    browser.press("Delete Tag").await;
    browser.undo("Tag Volunteer deleted").await;
    let tags = office.ada.get(&format!("contacts/{anne}/tags")).await;
    assert!(tags.attribute("main .choice input[checked]", "value").is_some());

    browser.go("Groups").await;
    browser.look("groups-none").await;
    browser.follow("Add Group", "main").await;
    browser.fill("#title", "Newsletter").await;
    browser.press("Add Group").await;
    browser.until("h1", "Newsletter").await;
    let added = office.ada.get("groups").await.attribute("tbody a", "href").unwrap();
    let group = added.rsplit('/').next().unwrap();
    office
        .ada
        .post(&format!("contacts/{anne}/groups"), &[("group", group)])
        .await;
    browser.follow("Settings", ".page-head").await;
    browser.fill("#title", "Letters").await;
    browser.press("Save").await;
    browser.undo("Group Letters changed").await;
    browser.until("h1", "Newsletter").await;
    browser.follow("Settings", ".page-head").await;
    browser.follow("Delete Group", "main").await;
    browser.press("Delete Group").await;
    browser.undo("Group Newsletter deleted").await;
    browser.until("tbody", "Lem, Anne").await;

    browser.go("Funds").await;
    browser.follow("Add Fund", "main").await;
    browser.fill("#name", "Roof").await;
    browser.press("Save").await;
    browser.click("[aria-label='Settings of Roof']").await;
    browser.fill("#gl_code", "4100").await;
    browser.press("Save").await;
    browser.undo("Fund Roof changed").await;
    browser.go("Funds").await;
    browser.click("[aria-label='Settings of Roof']").await;
    browser.follow("Delete Fund", "main").await;
    browser.press("Delete Fund").await;
    browser.undo("Fund Roof deleted").await;
    browser.go("Funds").await;
    browser.until("tbody", "Roof").await;

    browser.go("Campaigns").await;
    browser.follow("Add Campaign", "main").await;
    browser.fill("#name", "Spring Dinner").await;
    browser.press("Save").await;
    browser.until("h1", "Spring Dinner").await;
    browser.go("Campaigns").await;
    browser.click("[aria-label='Settings of Spring Dinner']").await;
    browser.fill("#goal", "800").await;
    browser.press("Save").await;
    browser.undo("Campaign Spring Dinner changed").await;
    browser.go("Campaigns").await;
    browser.click("[aria-label='Settings of Spring Dinner']").await;
    browser.follow("Delete Campaign", "main").await;
    browser.press("Delete Campaign").await;
    browser.undo("Campaign Spring Dinner deleted").await;
    browser.until("h1", "Spring Dinner").await;

    for (list, add, field, name, button, delete, kind) in [
        (
            "activity-types",
            "Add Type",
            "#name",
            "Site visit",
            "Add Type",
            "Delete Type",
            "Activity type",
        ),
        (
            "opportunity-statuses",
            "Add Status",
            "#name",
            "Letter sent",
            "Add Status",
            "Delete Status",
            "Opportunity status",
        ),
        (
            "custom-fields",
            "Add",
            "#label",
            "Shirt",
            "Add Field",
            "Delete Field",
            "Custom field",
        ),
    ] {
        browser.visit(&at(list)).await;
        browser.follow(add, "main").await;
        browser.fill(field, name).await;
        browser.press(button).await;
        browser.click(&format!("[aria-label='Edit {name}']")).await;
        browser.fill(field, &format!("{name} by hand")).await;
        browser.press("Save").await;
        browser.undo(&format!("{kind} {name} by hand changed")).await;
        browser.click(&format!("[aria-label='Delete {name}']")).await;
        browser.press(delete).await;
        browser.undo(&format!("{kind} {name} deleted")).await;
        browser.until("tbody", name).await;
    }
}
