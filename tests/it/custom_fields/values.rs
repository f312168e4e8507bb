//! Values: typed into forms, shown, changed, merged, erased.

use super::*;

/// What is typed for a field of each kind, and how the summary shows it.
const TYPED: [(&str, &str); 7] = [
    ("  Tall   order ", "Tall order"),
    ("1,250.50", "1250.5"),
    ("1250.5", "$1,250.50"),
    ("2024-02-29", "February 29, 2024"),
    ("no", "No"),
    ("2", "Silver"),
    ("", "Gold, Été"),
];

fn typed_into(ids: &[CustomFieldId]) -> Vec<(String, String)> {
    let mut typed: Vec<(String, String)> = ids
        .iter()
        .zip(TYPED)
        .map(|(id, (typed, _))| (format!("custom.{id}"), typed.to_owned()))
        .collect();
    typed.push((format!("custom.{}.1", ids[6]), "true".into()));
    typed.push((format!("custom.{}.3", ids[6]), "true".into()));
    typed
}

fn borrowed(typed: &[(String, String)]) -> Vec<(&str, &str)> {
    typed
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[tokio::test]
async fn a_value_of_each_kind_is_typed_shown_logged_and_changed() {
    let office = Office::open().await;
    let ids = office.field_of_each_kind(Record::Contact).await;
    let typed = typed_into(&ids);
    let name = [("first_name", "Anne"), ("last_name", "Lem"), ("then", "save")];
    let added = office
        .send("contacts/new?type=individual", &[&borrowed(&typed)[..], &name].concat())
        .await;
    let summary = office.ada.follow(added).await;
    for (kind, (_, shown)) in Kind::ALL.iter().zip(TYPED) {
        assert!(summary.has(&format!("{kind} {shown}")), "{kind}: {}", summary.body);
    }
    let anne = ContactId(1);
    assert!(
        office
            .last_changes(anne)
            .await
            .contains(&"Money:  → $1,250.50".to_owned())
    );

    // The form holds what it was given, so saving it again changes nothing.
    let edit = format!("contacts/{anne}/edit");
    let same = office.send(&edit, &[("then", "save")]).await;
    assert!(office.ada.follow(same).await.has("Nothing was different"));
    office.takes_the_due_mark(anne).await;
    let (choice, several) = (format!("custom.{}", ids[5]), format!("custom.{}.2", ids[6]));
    office
        .send(&edit, &[(&choice, ""), (&several, "true"), ("then", "save")])
        .await;
    assert_eq!(
        office.last_changes(anne).await,
        [
            "One Choice: Silver → ",
            "Several Choices: Gold, Été → Gold, Silver, Été"
        ]
    );
    assert!(
        office.takes_the_due_mark(anne).await,
        "a changed value may move somebody in or out of a group"
    );
}

#[tokio::test]
async fn what_cannot_be_is_said_at_the_field_and_keeps_all_that_was_typed() {
    let office = Office::open().await;
    let ids = office.field_of_each_kind(Record::Contact).await;
    let name = |at: usize| format!("custom.{}", ids[at]);
    let refused = office
        .send(
            "contacts/new?type=individual",
            &[
                ("first_name", "Anne"),
                ("last_name", "Lem"),
                (&name(1), "about 3"),
                (&name(2), "-5"),
                (&name(3), "2023-02-29"),
                (&name(4), "perhaps"),
                (&name(5), "99"),
                ("then", "save"),
            ],
        )
        .await;
    assert_eq!(refused.status, 422);
    for sentence in [
        "This is not a number. It should look like 1250.5.",
        "This is not an amount.",
        "Write the date like 2026-04-27.",
        "Write Yes or No.",
        "Choose one of the list.",
    ] {
        assert!(refused.has(sentence), "{sentence}: {}", refused.body);
    }
    assert_eq!(
        refused.attribute(&format!("[name='{}']", name(1)), "value"),
        Some("about 3".into())
    );
}

#[tokio::test]
async fn a_required_field_is_asked_for_in_forms_and_only_for_whom_it_is() {
    let office = Office::open().await;
    let wanted = Definition {
        is_required: true,
        for_organizations: false,
        ..definition("Voice", &[])
    };
    office
        .write(move |tx| Ok(actions::add(tx, Record::Contact, Kind::Text, &wanted)?))
        .await;
    let anne = [("first_name", "Anne"), ("last_name", "Lem"), ("then", "save")];
    let refused = office.send("contacts/new?type=individual", &anne).await;
    assert!(refused.has("This must be filled in."), "{}", refused.body);
    let orchestra = [("organization_name", "Orchestra"), ("then", "save")];
    assert_eq!(
        office.send("contacts/new?type=organization", &orchestra).await.status,
        303
    );
}

#[tokio::test]
async fn ids_that_are_not_of_this_form_change_nothing() {
    let office = Office::open().await;
    let shirt = office.field(Record::Contact, Kind::Text, "Shirt", &[]).await;
    let table = office.field(Record::Contribution, Kind::Text, "Table", &[]).await;
    let other = office.world.sign_up("Orchestra", "Bo Ek", "bo@orchestra.test").await;
    let foreign: CustomFieldId = office
        .world
        .db()
        .write(other.organization_id(), Actor::System, |tx| {
            Ok::<_, anyhow::Error>(actions::add(
                tx,
                Record::Contact,
                Kind::Text,
                &definition("Theirs", &[]),
            )?)
        })
        .await
        .unwrap();
    let anne = office.add(person("Anne", "Lem")).await;
    office.give(anne, shirt, "Large").await;
    let (table, foreign_name) = (format!("custom.{table}"), format!("custom.{foreign}"));
    office
        .send(
            &format!("contacts/{anne}/edit"),
            &[(&table, "7"), (&foreign_name, "x"), ("custom.x", "y"), ("then", "save")],
        )
        .await;
    let custom = office.contact(anne).await.details.custom;
    assert_eq!(custom.fields().collect::<Vec<_>>(), [shirt]);
    // And no action writes them, whoever calls it.
    let refused = office
        .world
        .db()
        .write(office.ada.organization_id(), Actor::System, move |tx| {
            let mut draft = contacts::store::find(tx, anne)?.unwrap().draft();
            draft.details.custom.set(foreign, Some(CustomValue::Text("x".into())));
            contacts::actions::change(tx, anne, &draft, "")
        })
        .await;
    assert!(
        matches!(refused, Err(contacts::ContactError::Invalid(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_contribution_has_its_own_fields() {
    let office = Office::open().await;
    let table = office.field(Record::Contribution, Kind::Number, "Table", &[]).await;
    let anne = office.add(person("Anne", "Lem")).await;
    let name = format!("custom.{table}");
    let gift = [
        ("amount", "100"),
        ("received_on", "2024-05-01"),
        (name.as_str(), "7"),
        ("then", "save"),
    ];
    let added = office
        .send(
            &format!("contributions/new?contact={anne}"),
            &[&gift[..], &[("contact", "1")]].concat(),
        )
        .await;
    assert_eq!(added.status, 303, "{}", added.body);
    let page = office.ada.follow(added).await;
    assert!(page.has("Table 7"), "{}", page.body);
    assert!(office.last_changes(anne).await.contains(&"Table:  → 7".to_owned()));
    let edited = office
        .send("contributions/1/edit", &[(&name, "8.5"), ("then", "save")])
        .await;
    assert_eq!(edited.status, 303, "{}", edited.body);
    assert_eq!(office.last_changes(anne).await, ["Table: 7 → 8.5"]);
}

#[tokio::test]
async fn a_merge_chooses_for_each_field_and_its_undo_gives_both_theirs_back() {
    let office = Office::open().await;
    let shirt = office.field(Record::Contact, Kind::Text, "Shirt", &[]).await;
    let voice = office
        .field(Record::Contact, Kind::OneChoice, "Voice", &["Alto", "Tenor"])
        .await;
    let pet = office.field(Record::Contact, Kind::Text, "Pet", &[]).await;
    let (anne, ann) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Ann", "Lem")).await,
    );
    office.give(anne, shirt, "Large").await;
    office.give(ann, shirt, "Small").await;
    office.give(anne, voice, "Alto").await;
    office.give(ann, voice, "Tenor").await;
    office.give(ann, pet, "Parrot").await;
    let before = office.contact(anne).await.details.custom;
    let question = office.ada.get(&format!("contacts/{anne}/merge/{ann}")).await;
    assert!(
        question.has("Voice: Tenor") && question.has("Pet: Parrot"),
        "{}",
        question.body
    );
    let voice_name = format!("custom.{voice}");
    let merged = office
        .ada
        .post(&format!("contacts/{anne}/merge/{ann}"), &[(&voice_name, "loser")])
        .await;
    let custom = office.contact(anne).await.details.custom;
    let words = |fields: &CustomFields| [shirt, voice, pet].map(|id| fields.words(id, &custom));
    assert_eq!(words(&office.fields().await), ["Large", "Tenor", "Parrot"]);

    // What somebody changes afterwards stays.
    office.give(anne, shirt, "Medium").await;
    let undone = office.ada.post(&format!("{}/undo", merged.location()), &[]).await;
    assert!(undone.status.is_redirection(), "{}", undone.body);
    let after = office.contact(anne).await.details.custom;
    assert_eq!(after.get(voice), before.get(voice));
    assert_eq!(after.get(pet), None);
    assert_eq!(after.get(shirt), Some(&CustomValue::Text("Medium".into())));
    assert_eq!(office.value(ann, voice).await, Some(CustomValue::Chosen([2].into())));
}

#[tokio::test]
async fn erasing_somebody_takes_their_values_and_those_of_their_gifts() {
    let office = Office::open().await;
    let shirt = office.field(Record::Contact, Kind::Text, "Shirt", &[]).await;
    let table = office.field(Record::Contribution, Kind::Text, "Table", &[]).await;
    let anne = office.add(person("Anne", "Lem")).await;
    office.give(anne, shirt, "Large").await;
    let name = format!("custom.{table}");
    let gift = [
        ("amount", "100"),
        ("received_on", "2024-05-01"),
        (name.as_str(), "With Bo"),
        ("contact", "1"),
        ("then", "save"),
    ];
    assert_eq!(office.send("contributions/new?contact=1", &gift).await.status, 303);
    office
        .write(move |tx| Ok(contacts::actions::trash(tx, &[anne], "")?))
        .await;
    let erased = office
        .ada
        .post(&format!("contacts/{anne}/erase"), &[("name", "Anne Lem")])
        .await;
    assert!(erased.status.is_redirection(), "{}", erased.body);
    assert!(office.contact(anne).await.details.custom.is_empty());
    let counts = office.write(|tx| Ok(store::use_counts(tx)?)).await;
    assert!(counts.is_empty(), "{counts:?}");
}
