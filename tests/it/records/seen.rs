//! The rooms in a real browser, each from the first entry to the last: created, found, changed, deleted, on a screen and on
//! a phone, and checked for what keeps people out.

use super::*;

#[actix_web::test]
async fn notes_and_tags_from_the_first_to_the_last() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    office.add(person("Bob", "Roy")).await;
    let Some((browser, origin)) = office.browser().await else {
        return;
    };
    let own = format!("{origin}{}", office.ada.at(&format!("contacts/{anne}")));

    browser.visit(&own).await;
    browser.follow("Notes", "nav[aria-label=Contact]").await;
    browser.until("main", "No notes yet").await;
    browser.look("notes-none").await;
    browser.follow("Add Note", "main").await;
    browser.press("Add Note").await;
    browser.until(".field__error", "Write the note.").await;
    browser.look("note-form").await;
    browser.fill("#subject", "Legacy").await;
    browser.fill("#text", "Wants to leave something to the kitchen").await;
    browser.press("Add Note").await;
    browser.until(".entries", "Wants to leave something").await;
    browser.look("notes").await;
    browser.follow("Edit", ".entries").await;
    browser.fill("#text", "Changed her mind about the legacy").await;
    browser.press("Save").await;
    browser.until("main", "The note has been saved.").await;
    browser.go("Notes").await;
    browser.fill("#q", "mind").await;
    browser.press("Find").await;
    browser.until("tbody", "Changed her mind").await;
    browser.look("notes-found").await;
    browser.follow("Anne Lem", "tbody").await;
    browser.follow("Delete", ".entries").await;
    browser.until("h1", "Delete this note?").await;
    browser.look("note-delete").await;
    browser.press("Delete Note").await;
    browser.until("main", "No notes yet").await;

    browser.go("Tags").await;
    browser.look("tags-none").await;
    browser.follow("Add Tag", "main").await;
    browser.fill("#name", "Volunteer").await;
    browser.click("input[value=teal]").await;
    browser.look("tag-form").await;
    browser.press("Add Tag").await;
    browser.until("main", "The tag “Volunteer” has been saved.").await;
    browser.follow("Add Tag", "main").await;
    browser.fill("#name", "Board").await;
    browser.click("input[value=purple]").await;
    browser.choose("parent", "Volunteer").await;
    browser.press("Add Tag").await;
    browser.until("tbody", "Board").await;
    browser.visit(&format!("{own}/tags")).await;
    browser.click("main .choice:nth-of-type(2) input").await;
    browser.press("Save Tags").await;
    browser.until("main", "The tags have been saved.").await;
    browser.look("tags-of-contact").await;

    browser.go("Contacts").await;
    browser.click("input[name=scope][value=all]").await;
    browser.click(".selection summary").await;
    browser.click("[formaction$='tags/choose']").await;
    browser.until("main", "Tag 2 contacts").await;
    browser.look("tags-choose").await;
    browser.click("main .choice:nth-of-type(2) input").await;
    browser.press("Tag").await;
    browser.until("main", "Tagged 1 contact with “Board”.").await;
    browser.until("tbody", "Roy, Bob").await;
    browser.look("contacts-tagged").await;
    browser.go("Tags").await;
    browser.look("tags").await;
    browser.follow("Delete", "tbody tr:nth-child(2)").await;
    browser.until("main", "2 contacts are sorted by it").await;
    browser.look("tag-delete").await;
    browser.press("Delete Tag").await;
    browser.until("main", "The tag “Board” has been deleted.").await;
}

#[actix_web::test]
async fn relationships_and_activities_from_the_first_to_the_last() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    office.add(person("Bob", "Lem")).await;
    office.add(organization("Riverside Bakery")).await;
    let Some((browser, origin)) = office.browser().await else {
        return;
    };
    let own = format!("{origin}{}", office.ada.at(&format!("contacts/{anne}")));

    browser.visit(&own).await;
    browser.follow("Relationships", "nav[aria-label=Contact]").await;
    browser.until("main", "No relationships yet").await;
    browser.follow("Add Relationship", "main").await;
    browser.look("relationship-form").await;
    browser.choose("kind", "Employee of").await;
    browser.fill("#who", "bak").await;
    browser.until("#offered", "Riverside Bakery").await;
    browser.click("#offered input").await;
    browser.look("relationship-form-offered").await;
    browser.press("Add Relationship").await;
    browser
        .until("[aria-labelledby=current-relationships]", "Riverside Bakery")
        .await;
    browser.follow("Add Relationship", "main").await;
    browser.choose("kind", "Sibling of").await;
    browser.fill("#who", "bob").await;
    browser.until("#offered", "Bob Lem").await;
    browser.click("#has_ended").await;
    browser.press("Add Relationship").await;
    browser.until("[aria-labelledby=former-relationships]", "Bob Lem").await;
    browser.look("relationships").await;
    browser.visit(&own).await;
    browser.until("main", "Employer").await;
    browser.look("summary").await;
    browser.visit(&format!("{own}/relationships")).await;
    browser.follow("Edit", "[aria-labelledby=former-relationships]").await;
    browser.look("relationship-edit").await;
    browser.click("#has_ended").await;
    browser.press("Save").await;
    browser
        .until("[aria-labelledby=current-relationships]", "Bob Lem")
        .await;
    browser
        .follow("Delete", "[aria-labelledby=current-relationships]")
        .await;
    browser.look("relationship-delete").await;
    browser.press("Delete Relationship").await;
    browser.until("main", "The relationship has been deleted.").await;
    browser
        .visit(&format!("{origin}{}", office.ada.at("relationship-types")))
        .await;
    browser.until("main", "Household Member of").await;
    browser.look("relationship-types").await;
    browser.follow("Add Type", "main").await;
    browser.look("relationship-type-form").await;

    browser.go("Activities").await;
    browser.look("activities-none").await;
    browser.follow("Add Activity", "main").await;
    browser.choose("type", "Phone Call").await;
    browser.fill("#subject", "Thank her for the cheque").await;
    browser.fill("#who", "lem").await;
    browser.until("#offered", "Anne Lem").await;
    browser.click("#offered .choice:nth-of-type(1) input").await;
    browser.until("[data-chosen]", "Anne Lem").await;
    browser.look("activity-form").await;
    browser.press("Add Activity").await;
    browser.until("h1", "Phone Call: Thank her for the cheque").await;
    browser.look("activity").await;
    browser.go("Activities").await;
    browser.choose("state", "Overdue").await;
    browser.until("tbody", "Thank her for the cheque").await;
    browser.look("activities").await;
    browser.follow("Phone Call", "tbody").await;
    browser.press("Mark as Completed").await;
    browser.until("main", "is completed.").await;
    browser.follow("Add Follow-up", "main").await;
    browser.choose("type", "Letter").await;
    browser.press("Add Follow-up").await;
    browser.until("main", "Follow-up to").await;
    browser.visit(&format!("{own}/activities")).await;
    browser.until(".history", "Phone Call").await;
    browser.look("timeline").await;
    browser.follow("Letter", ".history").await;
    browser.follow("Delete", "main").await;
    browser.look("activity-delete").await;
    browser.press("Delete Activity").await;
    browser.until("main", "has been deleted.").await;
    browser
        .visit(&format!("{origin}{}", office.ada.at("activity-types")))
        .await;
    browser.until("main", "Meeting").await;
    browser.look("activity-types").await;
}

#[actix_web::test]
async fn opportunities_from_the_first_to_the_last() {
    let office = Office::open().await;
    office.add(organization("River Fund")).await;
    let Some((browser, _)) = office.browser().await else {
        return;
    };
    browser.go("Opportunities").await;
    browser.look("pipeline-none").await;
    browser.follow("Add Opportunity", "main").await;
    browser.fill("#name", "Kitchen grant").await;
    browser.fill("#who", "river").await;
    browser.until("#offered", "River Fund").await;
    browser.click("#offered input").await;
    browser.fill("#amount", "12,500").await;
    browser.fill("#opportunity_type", "Grant").await;
    browser.choose("probability", "High").await;
    browser.look("opportunity-form").await;
    browser.press("Add Opportunity").await;
    browser.until("h1", "Kitchen grant").await;
    browser.look("opportunity").await;
    browser.go("Opportunities").await;
    browser.until("[aria-labelledby=pipeline]", "$9,375.00").await;
    browser.look("pipeline").await;
    browser.follow("Discovery", "[aria-labelledby=pipeline]").await;
    browser.until("tbody", "Kitchen grant").await;
    browser.look("opportunities").await;
    browser.follow("River Fund", "tbody").await;
    browser.until("tbody", "Kitchen grant").await;
    browser.look("opportunities-of-contact").await;
    browser.follow("Kitchen grant", "tbody").await;
    browser.follow("Edit", "main").await;
    browser.choose("status", "Awarded").await;
    browser.press("Save").await;
    browser.until("main", "The opportunity has been saved.").await;
    browser.follow("Delete", "main").await;
    browser.look("opportunity-delete").await;
    browser.press("Delete Opportunity").await;
    browser.until("main", "has been deleted.").await;
}

#[actix_web::test]
async fn the_statuses_of_opportunities_are_an_organizations_own() {
    let office = Office::open().await;
    let Some((browser, origin)) = office.browser().await else {
        return;
    };
    browser
        .visit(&format!("{origin}{}", office.ada.at("opportunity-statuses")))
        .await;
    browser.until("main", "Discovery").await;
    browser.look("opportunity-statuses").await;
    browser.follow("Add Status", "main").await;
    browser.fill("#name", "Letter sent").await;
    browser.fill("#probability", "30").await;
    browser.look("opportunity-status-form").await;
    browser.press("Add Status").await;
    browser.until("tbody", "Letter sent").await;
    browser.click("[aria-label='Move Letter sent up']").await;
    browser.until("tbody tr:nth-of-type(6) th", "Letter sent").await;
    browser.click("[aria-label='Delete Letter sent']").await;
    browser.until("h1", "Delete “Letter sent”?").await;
    browser.look("opportunity-status-delete").await;
    browser.press("Delete Status").await;
    browser.until("main", "The opportunity status has been deleted.").await;
}
