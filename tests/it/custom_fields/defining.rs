//! The settings page: adding, changing, ordering, retiring and deleting.

use super::*;

#[tokio::test]
async fn an_administrator_defines_a_field_and_its_choices_in_their_order() {
    let office = Office::open().await;
    let empty = office.ada.get("custom-fields").await;
    assert!(empty.has("None yet. Such as a shirt size"), "{}", empty.body);

    let typed = [
        ("record", "Contact"),
        ("label", "Level"),
        ("kind", "One Choice"),
        ("help", "Of the circle of friends."),
        ("option_id", ""),
        ("option_label", "Silver"),
        ("option_id", ""),
        ("option_label", ""),
        ("option_id", ""),
        ("option_label", "Gold"),
        ("for_individuals", "true"),
    ];
    let moved = office
        .ada
        .post("custom-fields/new", &[&typed[..], &[("then", "up-2")]].concat())
        .await;
    assert_eq!(moved.status, 200);
    assert_eq!(
        moved.attribute("[name=option_label]:nth-of-type(2)", "value"),
        Some("Silver".into())
    );
    assert!(office.fields().await.all().is_empty(), "moving an option saves nothing");

    let added = office
        .ada
        .post("custom-fields/new", &[&typed[..], &[("then", "save")]].concat())
        .await;
    let list = office.ada.follow(added).await;
    assert!(list.has("The field Level has been added."), "{}", list.body);
    let field = office.fields().await.all()[0].clone();
    let labels: Vec<&str> = field.options.iter().map(|option| option.label.as_str()).collect();
    assert_eq!(labels, ["Silver", "Gold"]);
    assert!(field.is_for("individual") && !field.is_for("organization") && !field.is_for("household"));
    let log = office.world.change_log(&office.ada).await;
    assert!(
        log.iter().any(|line| line.contains("Custom field Level added")),
        "{log:?}"
    );
}

#[tokio::test]
async fn a_definition_that_cannot_be_is_refused_and_nothing_is_lost() {
    let office = Office::open().await;
    office.field(Record::Contact, Kind::Text, "Shirt Size", &[]).await;
    for (typed, sentence) in [
        (
            vec![("label", " "), ("for_households", "true")],
            "Give the field a label.",
        ),
        (
            vec![("label", "shirt size"), ("for_households", "true")],
            "Another custom field has this label.",
        ),
        (vec![("label", "Level")], "Choose at least one."),
        (
            vec![
                ("label", "Level"),
                ("for_households", "true"),
                ("kind", "Several Choices"),
            ],
            "Write at least one choice.",
        ),
        (
            vec![
                ("label", "Level"),
                ("for_households", "true"),
                ("kind", "One Choice"),
                ("option_id", ""),
                ("option_label", "Été"),
                ("option_id", ""),
                ("option_label", "ete"),
            ],
            "Two choices have the same label.",
        ),
    ] {
        let refused = office.ada.post("custom-fields/new", &typed).await;
        assert_eq!(refused.status, 422, "{sentence}");
        assert!(refused.has(sentence), "{sentence}: {}", refused.body);
    }
    assert_eq!(office.fields().await.all().len(), 1);
}

#[tokio::test]
async fn a_field_is_renamed_moved_retired_and_brought_back_with_its_values() {
    let office = Office::open().await;
    let shirt = office.field(Record::Contact, Kind::Text, "Shirt", &[]).await;
    let voice = office.field(Record::Contact, Kind::Text, "Voice", &[]).await;
    let anne = office.add(person("Anne", "Lem")).await;
    office.give(anne, shirt, "Large").await;

    office
        .send(
            &format!("custom-fields/{shirt}/edit"),
            &[("label", "Shirt Size"), ("then", "save")],
        )
        .await;
    office
        .ada
        .post(&format!("custom-fields/{voice}/move"), &[("way", "up")])
        .await;
    let summary = office.ada.get(&format!("contacts/{anne}")).await;
    assert!(summary.has("Voice Not known Shirt Size Large"), "{}", summary.body);

    office.ada.post(&format!("custom-fields/{shirt}/retire"), &[]).await;
    let summary = office.ada.get(&format!("contacts/{anne}")).await;
    assert!(!summary.has("Large"), "a retired field is not shown");
    office
        .send(
            &format!("contacts/{anne}/edit"),
            &[("job_title", "Cook"), ("then", "save")],
        )
        .await;
    assert_eq!(
        office.value(anne, shirt).await,
        Some(CustomValue::Text("Large".into())),
        "its value stays"
    );

    office.ada.post(&format!("custom-fields/{shirt}/bring-back"), &[]).await;
    assert!(
        office
            .ada
            .get(&format!("contacts/{anne}"))
            .await
            .has("Shirt Size Large")
    );
}

#[tokio::test]
async fn only_what_no_record_has_can_be_deleted() {
    let office = Office::open().await;
    let level = office
        .field(Record::Contact, Kind::OneChoice, "Level", &["Gold", "Silver"])
        .await;
    let anne = office.add(person("Anne", "Lem")).await;
    office.give(anne, level, "Gold").await;
    // Also the trash counts: whoever comes back brings the value.
    office
        .write(move |tx| Ok(contacts::actions::trash(tx, &[anne], "")?))
        .await;

    let page = office.ada.get(&format!("custom-fields/{level}/delete")).await;
    assert!(page.has("This field cannot be deleted"), "{}", page.body);
    let refused = office.ada.post(&format!("custom-fields/{level}/delete"), &[]).await;
    assert!(
        refused.has("Some records have a value of this field"),
        "{}",
        refused.body
    );
    let without_gold = [
        ("label", "Level"),
        ("for_individuals", "true"),
        ("option_id", "1"),
        ("option_label", ""),
        ("option_id", "2"),
        ("option_label", "Plain Silver"),
        ("then", "save"),
    ];
    let refused = office
        .ada
        .save(&format!("custom-fields/{level}/edit"), &without_gold)
        .await;
    assert_eq!(refused.status, 422);
    assert!(refused.has("“Gold” was chosen for 1 record"), "{}", refused.body);
    assert_eq!(office.one(level).await.options.len(), 2);

    office
        .write(move |tx| {
            contacts::actions::restore(tx, anne)?;
            let mut draft = contacts::store::find(tx, anne)?.unwrap().draft();
            draft.details.custom.set(level, None);
            Ok(contacts::actions::change(tx, anne, &draft, "")?)
        })
        .await;
    office
        .ada
        .save(&format!("custom-fields/{level}/edit"), &without_gold)
        .await;
    let options = office.one(level).await.options;
    assert_eq!(options.len(), 1, "nobody has it any more");
    assert_eq!((options[0].id, options[0].label.as_str()), (2, "Plain Silver"));
    let deleted = office.ada.post(&format!("custom-fields/{level}/delete"), &[]).await;
    assert!(office.ada.follow(deleted).await.has("The field has been deleted."));
}
