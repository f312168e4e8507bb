//! The rooms in a real browser, each from the first entry to the last: created, found, changed, deleted, on a screen and on
//! a phone, and checked for what keeps people out.

use super::*;

/// Where screenshots of the pages go.
async fn look(browser: &Browser, name: &str) {
    for (width, height) in [(1280, 900), (390, 844)] {
        browser.viewport(width, height).await;
        browser.screenshot(&format!("{name}-{width}")).await;
        let violations = browser.axe().await;
        assert!(violations.is_empty(), "{name} at {width}: {violations:#?}");
        let too_wide = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        let too_wide = browser.client.execute(too_wide, vec![]).await.unwrap();
        assert_eq!(too_wide, false, "{name} scrolls sideways at {width}");
    }
    browser.viewport(1280, 900).await;
}

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
    look(&browser, "notes-none").await;
    browser.follow("Add Note", "main").await;
    browser.press("Add Note").await;
    browser.until(".field__error", "Write the note.").await;
    look(&browser, "note-form").await;
    browser.fill("#subject", "Legacy").await;
    browser.fill("#text", "Wants to leave something to the kitchen").await;
    browser.press("Add Note").await;
    browser.until(".entries", "Wants to leave something").await;
    look(&browser, "notes").await;
    browser.follow("Edit", ".entries").await;
    browser.fill("#text", "Changed her mind about the legacy").await;
    browser.press("Save").await;
    browser.until("main", "The note has been saved.").await;
    browser.go("Notes").await;
    browser.fill("#q", "mind").await;
    browser.press("Find").await;
    browser.until("tbody", "Changed her mind").await;
    look(&browser, "notes-found").await;
    browser.follow("Anne Lem", "tbody").await;
    browser.follow("Delete", ".entries").await;
    browser.until("h1", "Delete this note?").await;
    look(&browser, "note-delete").await;
    browser.press("Delete Note").await;
    browser.until("main", "No notes yet").await;

    browser.go("Tags").await;
    look(&browser, "tags-none").await;
    browser.follow("Add Tag", "main").await;
    browser.fill("#name", "Volunteer").await;
    browser.click("input[value=teal]").await;
    look(&browser, "tag-form").await;
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
    look(&browser, "tags-of-contact").await;

    browser.go("Contacts").await;
    browser.click("input[name=scope][value=all]").await;
    browser.click(".selection summary").await;
    browser.click("[formaction$='tags/choose']").await;
    browser.until("main", "Tag 2 contacts").await;
    look(&browser, "tags-choose").await;
    browser.click("main .choice:nth-of-type(2) input").await;
    browser.press("Tag").await;
    browser.until("main", "Tagged 1 contact with “Board”.").await;
    browser.until("tbody", "Roy, Bob").await;
    look(&browser, "contacts-tagged").await;
    browser.go("Tags").await;
    look(&browser, "tags").await;
    browser.follow("Delete", "tbody tr:nth-child(2)").await;
    browser.until("main", "2 contacts are sorted by it").await;
    look(&browser, "tag-delete").await;
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
    look(&browser, "relationship-form").await;
    browser.choose("kind", "Employee of").await;
    browser.fill("#who", "bak").await;
    browser.until("#offered", "Riverside Bakery").await;
    browser.click("#offered input").await;
    look(&browser, "relationship-form-offered").await;
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
    look(&browser, "relationships").await;
    browser.visit(&own).await;
    browser.until("main", "Employer").await;
    look(&browser, "summary").await;
    browser.visit(&format!("{own}/relationships")).await;
    browser.follow("Edit", "[aria-labelledby=former-relationships]").await;
    look(&browser, "relationship-edit").await;
    browser.click("#has_ended").await;
    browser.press("Save").await;
    browser
        .until("[aria-labelledby=current-relationships]", "Bob Lem")
        .await;
    browser
        .follow("Delete", "[aria-labelledby=current-relationships]")
        .await;
    look(&browser, "relationship-delete").await;
    browser.press("Delete Relationship").await;
    browser.until("main", "The relationship has been deleted.").await;
    browser
        .visit(&format!("{origin}{}", office.ada.at("relationship-types")))
        .await;
    browser.until("main", "Household Member of").await;
    look(&browser, "relationship-types").await;
    browser.follow("Add Type", "main").await;
    look(&browser, "relationship-type-form").await;

    browser.go("Activities").await;
    look(&browser, "activities-none").await;
    browser.follow("Add Activity", "main").await;
    browser.choose("type", "Phone Call").await;
    browser.fill("#subject", "Thank her for the cheque").await;
    browser.fill("#who", "lem").await;
    browser.until("#offered", "Anne Lem").await;
    browser.click("#offered .choice:nth-of-type(1) input").await;
    browser.until("[data-chosen]", "Anne Lem").await;
    look(&browser, "activity-form").await;
    browser.press("Add Activity").await;
    browser.until("h1", "Phone Call: Thank her for the cheque").await;
    look(&browser, "activity").await;
    browser.go("Activities").await;
    browser.choose("state", "Overdue").await;
    browser.until("tbody", "Thank her for the cheque").await;
    look(&browser, "activities").await;
    browser.follow("Phone Call", "tbody").await;
    browser.press("Mark as Completed").await;
    browser.until("main", "is completed.").await;
    browser.follow("Add Follow-up", "main").await;
    browser.choose("type", "Letter").await;
    browser.press("Add Follow-up").await;
    browser.until("main", "Follow-up to").await;
    browser.visit(&format!("{own}/activities")).await;
    browser.until(".history", "Phone Call").await;
    look(&browser, "timeline").await;
    browser.follow("Letter", ".history").await;
    browser.follow("Delete", "main").await;
    look(&browser, "activity-delete").await;
    browser.press("Delete Activity").await;
    browser.until("main", "has been deleted.").await;
    browser
        .visit(&format!("{origin}{}", office.ada.at("activity-types")))
        .await;
    browser.until("main", "Meeting").await;
    look(&browser, "activity-types").await;
}

#[actix_web::test]
async fn opportunities_from_the_first_to_the_last() {
    let office = Office::open().await;
    office.add(organization("River Fund")).await;
    let Some((browser, _)) = office.browser().await else {
        return;
    };
    browser.go("Opportunities").await;
    look(&browser, "pipeline-none").await;
    browser.follow("Add Opportunity", "main").await;
    browser.fill("#name", "Kitchen grant").await;
    browser.fill("#who", "river").await;
    browser.until("#offered", "River Fund").await;
    browser.click("#offered input").await;
    browser.fill("#amount", "12,500").await;
    browser.fill("#opportunity_type", "Grant").await;
    browser.choose("probability", "High").await;
    look(&browser, "opportunity-form").await;
    browser.press("Add Opportunity").await;
    browser.until("h1", "Kitchen grant").await;
    look(&browser, "opportunity").await;
    browser.go("Opportunities").await;
    browser.until("[aria-labelledby=pipeline]", "$9,375.00").await;
    look(&browser, "pipeline").await;
    browser.follow("Discovery", "[aria-labelledby=pipeline]").await;
    browser.until("tbody", "Kitchen grant").await;
    look(&browser, "opportunities").await;
    browser.follow("River Fund", "tbody").await;
    browser.until("tbody", "Kitchen grant").await;
    look(&browser, "opportunities-of-contact").await;
    browser.follow("Kitchen grant", "tbody").await;
    browser.follow("Edit", "main").await;
    browser.choose("status", "Awarded").await;
    browser.press("Save").await;
    browser.until("main", "The opportunity has been saved.").await;
    browser.follow("Delete", "main").await;
    look(&browser, "opportunity-delete").await;
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
    look(&browser, "opportunity-statuses").await;
    browser.follow("Add Status", "main").await;
    browser.fill("#name", "Letter sent").await;
    browser.fill("#probability", "30").await;
    look(&browser, "opportunity-status-form").await;
    browser.press("Add Status").await;
    browser.until("tbody", "Letter sent").await;
    browser.click("[aria-label='Move Letter sent up']").await;
    browser.until("tbody tr:nth-of-type(6) th", "Letter sent").await;
    browser.click("[aria-label='Delete Letter sent']").await;
    browser.until("h1", "Delete “Letter sent”?").await;
    look(&browser, "opportunity-status-delete").await;
    browser.press("Delete Status").await;
    browser.until("main", "The opportunity status has been deleted.").await;
}
