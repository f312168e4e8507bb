//! Relationships: both contacts show them, an end date makes them former, types can be added to.

use super::*;
use dms::base::Role;
use dms::crm::contacts::{ContactDraft, ContactType};

fn household(name: &str) -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.contact_type = ContactType::Household;
    draft.details.household_name = name.into();
    draft
}

/// What a contact can be to others: the labels its form offers, with their values.
async fn kinds(office: &Office, contact: ContactId) -> Vec<(String, String)> {
    let form = office.ada.get(&format!("contacts/{contact}/relationships/new")).await;
    let html = form.html();
    let options = scraper::Selector::parse("#kind option").unwrap();
    let value_of = |option: scraper::ElementRef<'_>| {
        let label = option.text().collect::<String>();
        (label, option.value().attr("value").unwrap_or_default().to_owned())
    };
    html.select(&options).map(value_of).collect()
}

async fn kind(office: &Office, contact: ContactId, label: &str) -> String {
    let kinds = kinds(office, contact).await;
    let found = kinds.iter().find(|(offered, _)| offered == label);
    found.unwrap_or_else(|| panic!("no {label} among {kinds:?}")).1.clone()
}

/// Ties two contacts through the page of the first.
async fn tie(office: &Office, contact: ContactId, label: &str, other: ContactId, more: &[(&str, &str)]) -> Answer {
    let (kind, other) = (kind(office, contact, label).await, other.to_string());
    let fields = [&[("kind", kind.as_str()), ("contact", other.as_str())], more].concat();
    office
        .done(&format!("contacts/{contact}/relationships/new"), &fields)
        .await
}

/// The rows of a part of the tab: label, contact, when, description.
fn rows(page: &Answer, part: &str) -> Vec<String> {
    let rows = page.texts(&format!("[aria-labelledby={part}-relationships] tbody tr"));
    rows.iter()
        .map(|row| row.trim_end_matches(" Edit Delete").to_owned())
        .collect()
}

#[tokio::test]
async fn both_contacts_show_a_relationship_each_from_its_side() {
    let office = Office::open().await;
    let (anne, bob) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Bob", "Lem")).await,
    );
    assert!(
        office
            .ada
            .get(&format!("contacts/{anne}/relationships"))
            .await
            .has("No relationships yet")
    );
    office.takes_the_due_mark(anne).await;
    office.takes_the_due_mark(bob).await;

    let since = [("start_date", "2020-05-01"), ("description", "Adopted")];
    let page = tie(&office, anne, "Child of", bob, &since).await;
    assert!(page.has("The relationship has been added. Both contacts show it."));
    assert_eq!(rows(&page, "current"), ["Child of Bob Lem since May 1, 2020 Adopted"]);
    let bobs = office.ada.get(&format!("contacts/{bob}/relationships")).await;
    assert_eq!(rows(&bobs, "current"), ["Parent of Anne Lem since May 1, 2020 Adopted"]);
    for contact in [anne, bob] {
        assert_eq!(counted(&office.ada, contact, "Relationships").await, "1");
        assert!(office.takes_the_due_mark(contact).await);
    }
    assert_eq!(
        office.told(anne).await[0],
        "Relationship added: Child of Bob Lem (Start Date:  → 2020-05-01; Description:  → Adopted)"
    );
    assert!(office.told(bob).await[0].starts_with("Relationship added: Parent of Anne Lem ("));

    let edit = bobs.attribute("tbody .table__actions a", "href").unwrap();
    let form = office.ada.get(&edit).await;
    assert!(form.has("Bob Lem: Parent of Anne Lem"));
    assert_eq!(form.attribute("#start_date", "value").unwrap(), "2020-05-01");
    let typed = [("start_date", "2020-05-01"), ("end_date", "2020-04-30")];
    assert_eq!(
        office.refused(&edit, &typed).await,
        ["The end cannot be before the start."]
    );
    let typed = [("start_date", "2020-05-01"), ("end_date", "2021-04-30")];
    let page = office.done(&edit, &typed).await;
    assert_eq!(
        rows(&page, "former"),
        ["Parent of Anne Lem May 1, 2020 to Apr 30, 2021"]
    );
    assert_eq!(counted(&office.ada, bob, "Relationships").await, "0");
    assert_eq!(
        office.told(anne).await[0],
        "Relationship changed: Child of Bob Lem (End Date:  → 2021-04-30; Description: Adopted → )"
    );

    let delete = edit.replace("/edit", "/delete");
    assert!(office.ada.get(&delete).await.has("Bob Lem: Parent of Anne Lem"));
    assert!(office.done(&delete, &[]).await.has("No relationships yet"));
    assert_eq!(office.ada.get(&edit).await.status, 404);
    assert!(office.told(anne).await[0].starts_with("Relationship deleted: Child of Bob Lem"));
}

#[tokio::test]
async fn the_last_day_still_counts_and_the_day_after_it_is_a_former_one() {
    let office = Office::open().await;
    let (anne, bob) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Bob", "Roy")).await,
    );
    let today = chrono::Utc::now()
        .with_timezone(&chrono_tz::America::Toronto)
        .date_naive();
    let last_day = (today + chrono::Days::new(1)).to_string();
    tie(&office, anne, "Sibling of", bob, &[("end_date", &last_day)]).await;
    office.world.pass(chrono::TimeDelta::days(1));
    let tab = office.ada.get(&format!("contacts/{anne}/relationships")).await;
    assert_eq!((rows(&tab, "current").len(), rows(&tab, "former").len()), (1, 0));
    office.world.pass(chrono::TimeDelta::days(1));
    let tab = office.ada.get(&format!("contacts/{anne}/relationships")).await;
    assert_eq!((rows(&tab, "current").len(), rows(&tab, "former").len()), (0, 1));
}

#[tokio::test]
async fn the_summary_names_employer_and_household_as_long_as_they_hold() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let (bakery, mill) = (
        office.add(organization("Bakery")).await,
        office.add(organization("Mill")).await,
    );
    let lems = office.add(household("The Lems")).await;
    tie(&office, anne, "Employee of", bakery, &[]).await;
    tie(&office, anne, "Employee of", mill, &[("has_ended", "true")]).await;
    tie(&office, anne, "Household Member of", lems, &[]).await;
    let summary = office.ada.get(&format!("contacts/{anne}")).await;
    assert!(summary.has("Employer Bakery Household The Lems"));
    let employer = office.ada.get(&format!("contacts/{bakery}")).await;
    assert!(employer.has("Employees Anne Lem"), "{}", employer.text("main"));
    let former = office.ada.get(&format!("contacts/{mill}")).await;
    assert!(!former.has("Employees"));
    assert!(
        office
            .ada
            .get(&format!("contacts/{lems}"))
            .await
            .has("Members Anne Lem")
    );
    office.trash(bakery).await;
    assert!(!office.ada.get(&format!("contacts/{anne}")).await.has("Bakery"));
    assert_eq!(
        counted(&office.ada, anne, "Relationships").await,
        "1",
        "the trash is left out"
    );
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_a_word_and_nothing_is_written() {
    let office = Office::open().await;
    let (anne, bob) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Bob", "Lem")).await,
    );
    let bakery = office.add(organization("Bakery")).await;
    let labels: Vec<String> = kinds(&office, bakery)
        .await
        .into_iter()
        .map(|(label, _)| label)
        .collect();
    assert_eq!(
        labels,
        ["Choose one", "Board Member is", "Employer of", "Volunteer is"],
        "an organization is offered what it can be"
    );
    let new = format!("contacts/{anne}/relationships/new");
    let (employee, sibling) = (
        kind(&office, anne, "Employee of").await,
        kind(&office, anne, "Sibling of").await,
    );
    let (anne_id, bob_id) = (anne.to_string(), bob.to_string());
    for (fields, said) in [
        (
            vec![("kind", ""), ("contact", bob_id.as_str())],
            "Choose how the two are related.",
        ),
        (
            vec![("kind", sibling.as_str())],
            "Write the beginning of a name and choose the contact.",
        ),
        (
            vec![("kind", sibling.as_str()), ("who", "lem")],
            "Several contacts fit. Choose one of them.",
        ),
        (
            vec![("kind", sibling.as_str()), ("who", "nobody")],
            "Nobody fits this. Fewer letters find more.",
        ),
        (
            vec![("kind", sibling.as_str()), ("contact", anne_id.as_str())],
            "Choose another contact: nobody can be related to themselves.",
        ),
        (
            vec![("kind", employee.as_str()), ("contact", bob_id.as_str())],
            "This relationship needs an organization here, and Bob Lem is an individual.",
        ),
    ] {
        assert_eq!(office.refused(&new, &fields).await, [said]);
    }
    assert!(
        office
            .ada
            .get(&format!("contacts/{anne}/relationships"))
            .await
            .has("No relationships yet")
    );

    let only_one = [("kind", sibling.as_str()), ("who", "bob")];
    office.done(&new, &only_one).await;
    assert_eq!(
        office.refused(&new, &only_one).await,
        ["The two have this relationship already."]
    );
    let other_way = [("kind", sibling.as_str()), ("contact", anne_id.as_str())];
    let bobs = format!("contacts/{bob}/relationships/new");
    assert_eq!(
        office.refused(&bobs, &other_way).await,
        ["The two have this relationship already."]
    );
}

#[tokio::test]
async fn administrators_add_types_and_those_in_use_can_only_be_hidden() {
    let office = Office::open().await;
    let (anne, bob) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Bob", "Roy")).await,
    );
    let typed = [
        ("label_a_b", "Mentor of"),
        ("label_b_a", "Mentored by"),
        ("is_offered", "true"),
    ];
    let page = office.done("relationship-types/new", &typed).await;
    assert!(page.has("The relationship type has been saved.") && page.has("Mentored by") && page.has("Child of"));
    assert_eq!(
        office
            .refused(
                "relationship-types/new",
                &[("label_a_b", "mentor OF"), ("label_b_a", "mentored by")]
            )
            .await,
        ["A type with these words already exists."]
    );
    assert_eq!(office.refused("relationship-types/new", &[]).await.len(), 1);
    tie(&office, anne, "Mentored by", bob, &[]).await;

    let list = office.ada.get("relationship-types").await;
    assert!(
        list.attribute("a[aria-label='Delete Mentor of']", "href").is_none(),
        "it is in use"
    );
    assert!(list.attribute("a[aria-label='Delete Child of']", "href").is_some());
    let edit = list.attribute("a[aria-label='Edit Mentor of']", "href").unwrap();
    let delete = edit.replace("/edit", "/delete");
    assert!(office.ada.get(&delete).await.has("This type cannot be deleted"));
    assert_eq!(office.ada.post(&delete, &[]).await.status, 409);

    let hidden = [("label_a_b", "Guide of"), ("label_b_a", "Guided by")];
    office.done(&edit, &hidden).await;
    assert!(kinds(&office, anne).await.iter().all(|(label, _)| label != "Guided by"));
    let tab = office.ada.get(&format!("contacts/{anne}/relationships")).await;
    assert_eq!(rows(&tab, "current"), ["Guided by Bob Roy"], "what there is follows");

    let unused = list.attribute("a[aria-label='Delete Child of']", "href").unwrap();
    let page = office.done(&unused, &[]).await;
    assert!(page.has("The relationship type has been deleted.") && !page.has("Child of"));
}

#[tokio::test]
async fn a_relationship_belongs_to_its_organization_and_to_those_who_may_write() {
    let office = Office::open().await;
    let (anne, bob) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Bob", "Roy")).await,
    );
    let page = tie(&office, anne, "Sibling of", bob, &[]).await;
    let edit = page.attribute("tbody .table__actions a", "href").unwrap();
    let rita = office
        .world
        .invite(&office.ada, Role::Reader, "rita@riverside.test")
        .await;
    let tab = rita.get(&format!("contacts/{anne}/relationships")).await;
    assert!(tab.has("Bob Roy") && !tab.has("Add Relationship") && tab.texts(".table__actions").is_empty());
    let stan = office.world.stranger().await;
    assert_eq!(stan.get(&edit).await.status, 404);
    let (his, kind) = (
        office.add(person("Carl", "Ray")).await.to_string(),
        kind(&office, anne, "Sibling of").await,
    );
    let across = [("kind", kind.as_str()), ("contact", his.as_str())];
    let tried = stan.post(&format!("contacts/{anne}/relationships/new"), &across).await;
    assert_eq!(tried.status, 404);
}
