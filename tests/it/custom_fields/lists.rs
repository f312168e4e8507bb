//! Custom fields in searches, smart groups, lists, files and actions on a selection.

use super::*;
use crate::support::world::eventually;
use dms::base::Role;

fn names(page: &Answer) -> Vec<String> {
    page.texts("tbody .table__name")
}

/// Anne has Gold and 40, Bo has Silver and 5, Cy has nothing.
async fn three(office: &Office) -> (CustomFieldId, CustomFieldId, [ContactId; 3]) {
    let level = office
        .field(Record::Contact, Kind::OneChoice, "Level", &["Gold", "Silver"])
        .await;
    let pledge = office.field(Record::Contact, Kind::Money, "Pledge", &[]).await;
    let anne = office.add(person("Anne", "Alt")).await;
    let bo = office.add(person("Bo", "Bass")).await;
    let cy = office.add(person("Cy", "Canto")).await;
    office.give(anne, level, "Gold").await;
    office.give(anne, pledge, "40").await;
    office.give(bo, level, "Silver").await;
    office.give(bo, pledge, "5").await;
    (level, pledge, [anne, bo, cy])
}

#[tokio::test]
async fn a_search_asks_about_a_field_in_its_own_words_and_a_smart_group_follows_its_values() {
    let office = Office::open().await;
    let (level, pledge, [anne, bo, _]) = three(&office).await;
    let about = format!("contact.one_choice.{level}");
    let asked = [
        ("block", "all"),
        ("was", about.as_str()),
        ("about", about.as_str()),
        ("op", "any"),
        ("value", "1"),
    ];
    let query = |press| serde_urlencoded::to_string([&asked[..], &[("do", press)]].concat()).unwrap();
    let form = office.ada.get(&format!("search/advanced?{}", query("update"))).await;
    assert!(
        form.has("Custom Fields") || form.body.contains("Custom Fields of the Contact"),
        "{}",
        form.body
    );
    assert!(form.has("Gold"), "its choices are offered: {}", form.body);
    let found = office.ada.get(&format!("search/advanced?{}", query("search"))).await;
    let list = office.ada.follow(found).await;
    assert!(list.has("Contacts for whom Level is Gold"), "{}", list.body);
    assert_eq!(names(&list), ["Alt, Anne"]);

    let save = list.attribute("a[href*='groups/new']", "href").unwrap();
    let word = office
        .ada
        .get(&save)
        .await
        .attribute("[name=criteria]", "value")
        .unwrap();
    let made = office
        .ada
        .post("groups/new", &[("title", "Friends"), ("criteria", &word)])
        .await;
    let group = made.location();
    let members = async |wanted: &[&str]| {
        eventually(&format!("the group has {wanted:?}"), async || {
            names(&office.ada.get(&group).await) == wanted
        })
        .await;
    };
    members(&["Alt, Anne"]).await;
    office.give(bo, level, "Gold").await;
    office.give(anne, level, "").await;
    members(&["Bass, Bo"]).await;

    // What a smart group asks about is not deleted, also when nobody has a value any more.
    office.give(bo, level, "").await;
    let refused = office.ada.post(&format!("custom-fields/{level}/delete"), &[]).await;
    assert!(
        refused.has("The search of the smart group Friends asks about this field"),
        "{}",
        refused.body
    );

    let about = format!("contact.money.{pledge}");
    let criteria =
        format!(r#"{{"blocks":[{{"conditions":[{{"about":"{about}","op":"between","values":["5","39.99"]}}]}}]}}"#);
    let query = serde_urlencoded::to_string([("criteria", &criteria)]).unwrap();
    let list = office.ada.get(&format!("contacts?{query}")).await;
    assert!(list.has("Pledge is between $5.00 and $39.99"), "{}", list.body);
    assert_eq!(names(&list), ["Bass, Bo"]);
}

#[tokio::test]
async fn a_word_that_names_a_field_by_the_wrong_kind_fails_nothing() {
    let office = Office::open().await;
    let shirt = office.field(Record::Contact, Kind::Text, "Shirt", &[]).await;
    let anne = office.add(person("Anne", "Alt")).await;
    office.give(anne, shirt, "2024-13-45").await;
    for (kind, op, value) in [
        ("date", "on", "2024-01-01"),
        ("number", "at_least", "1"),
        ("money", "is", "1"),
        ("yes_or_no", "yes", ""),
        ("one_choice", "any", "1"),
        ("several_choices", "each", "1"),
    ] {
        let criteria = format!(
            r#"{{"blocks":[{{"conditions":[{{"about":"contact.{kind}.{shirt}","op":"{op}","values":["{value}"]}}]}}]}}"#
        );
        let query = serde_urlencoded::to_string([("criteria", &criteria)]).unwrap();
        let list = office.ada.get(&format!("contacts?{query}")).await;
        assert_eq!(list.status, 200, "{kind}");
        assert!(names(&list).is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn everybody_chooses_the_columns_of_their_list_and_sorts_by_them() {
    let office = Office::open().await;
    let (level, pledge, _) = three(&office).await;
    let (level_key, pledge_key) = (format!("custom.{level}"), format!("custom.{pledge}"));
    let chosen = office
        .ada
        .post(
            "contacts/columns",
            &[
                ("type", "individual"),
                ("column", "tags"),
                ("column", &level_key),
                ("column", &pledge_key),
                ("column", "shoe_size"),
            ],
        )
        .await;
    assert!(
        chosen.location().ends_with("contacts?type=individual"),
        "{}",
        chosen.location()
    );
    let list = office.ada.follow(chosen).await;
    assert_eq!(list.texts("thead th"), ["Name", "Tags", "Level", "Pledge"]);
    assert!(list.has("Alt, Anne Gold $40.00"), "{}", list.body);

    let by_pledge = office
        .ada
        .get(&format!("contacts?sort=contact.money.{pledge}&order=descending"))
        .await;
    assert_eq!(names(&by_pledge), ["Alt, Anne", "Bass, Bo", "Canto, Cy"]);
    let by_pledge = office.ada.get(&format!("contacts?sort=contact.money.{pledge}")).await;
    assert_eq!(
        names(&by_pledge),
        ["Bass, Bo", "Alt, Anne", "Canto, Cy"],
        "who has none comes last"
    );
    for sort in ["given", "last_contribution", "email"] {
        assert_eq!(
            names(&office.ada.get(&format!("contacts?sort={sort}")).await).len(),
            3,
            "{sort}"
        );
    }

    // Somebody else's list is theirs.
    let bea = office
        .world
        .invite(&office.ada, Role::Reader, "bea@riverside.test")
        .await;
    let first = ["Name", "City", "Province", "Phone", "Date Created", "Last Modified"];
    assert_eq!(bea.get("contacts").await.texts("thead th"), first);
    office
        .ada
        .post("contacts/columns", &[("column", "tags"), ("then", "first")])
        .await;
    assert_eq!(office.ada.get("contacts").await.texts("thead th"), first);
}

#[tokio::test]
async fn every_column_that_can_be_chosen_can_be_shown() {
    let office = Office::open().await;
    three(&office).await;
    let list = office.ada.get("contacts").await;
    let all: Vec<String> = list
        .html()
        .select(&scraper::Selector::parse("[name=column]").unwrap())
        .map(|column| column.value().attr("value").unwrap().to_owned())
        .collect();
    let fields: Vec<(&str, &str)> = all.iter().map(|key| ("column", key.as_str())).collect();
    office.ada.post("contacts/columns", &fields).await;
    let list = office.ada.get("contacts").await;
    assert_eq!(list.texts("thead th").len(), all.len() + 1);
    assert_eq!(
        list.texts("tbody tr:first-child td").len(),
        all.len() + 1,
        "the box to tick, and each column"
    );
}

#[tokio::test]
async fn a_file_holds_everything_or_the_columns_that_are_shown() {
    let office = Office::open().await;
    let (level, ..) = three(&office).await;
    let everything = office.ada.post("contacts/export", &[("scope", "all")]).await;
    let mut lines = everything.body.lines();
    assert!(lines.next().unwrap().ends_with(",Level,Pledge"), "{}", everything.body);
    assert!(lines.next().unwrap().ends_with(",Gold,40.00"), "{}", everything.body);

    let key = format!("custom.{level}");
    office
        .ada
        .post("contacts/columns", &[("column", &key), ("column", "contact_type")])
        .await;
    let shown = office
        .ada
        .post("contacts/export", &[("scope", "all"), ("columns", "shown")])
        .await;
    assert_eq!(
        shown.body.trim_start_matches('\u{feff}').lines().collect::<Vec<_>>(),
        [
            "DMS Number,Sort Name,External Identifier,Contact Type,Level",
            "1,\"Alt, Anne\",,Individual,Gold",
            "2,\"Bass, Bo\",,Individual,Silver",
            "3,\"Canto, Cy\",,Individual,",
        ]
    );

    office.ada.post("contacts/2/trash", &[]).await;
    let trash = [("scope", "all"), ("in_trash", "yes"), ("columns", "shown")];
    let trash = office.ada.post("contacts/export", &trash).await;
    assert_eq!(
        trash.body.trim_start_matches('\u{feff}').lines().collect::<Vec<_>>(),
        [
            "DMS Number,Sort Name,External Identifier,Contact Type,Level",
            "2,\"Bass, Bo\",,Individual,Silver",
        ],
        "who is in the trash has a name as well"
    );
}

#[tokio::test]
async fn contributions_are_filtered_and_exported_by_their_own_fields() {
    let office = Office::open().await;
    let ids = office.field_of_each_kind(Record::Contribution).await;
    let anne = office.add(person("Anne", "Alt")).await;
    let name = |at: usize| format!("custom.{}", ids[at]);
    let gift = async |amount: &str, values: [&str; 7]| {
        let mut typed = vec![
            ("contact".to_owned(), anne.to_string()),
            ("amount".into(), amount.to_owned()),
            ("received_on".into(), "2024-05-01".into()),
            ("then".into(), "save".into()),
        ];
        typed.extend(
            values
                .iter()
                .enumerate()
                .map(|(at, value)| (name(at), (*value).to_owned())),
        );
        if !values[6].is_empty() {
            typed.push((format!("{}.{}", name(6), values[6]), "true".into()));
        }
        let typed: Vec<(&str, &str)> = typed
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let answer = office.send("contributions/new", &typed).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    };
    gift("10", ["Bakery", "7", "12.50", "2024-02-29", "yes", "1", "2"]).await;
    gift("20", ["Harbour", "9", "99", "2025-01-01", "no", "2", "3"]).await;
    gift("30", ["", "", "", "", "", "", ""]).await;
    let found = async |asked: &[(String, &str)]| {
        let query = serde_urlencoded::to_string(asked).unwrap();
        let list = office.ada.get(&format!("contributions?{query}")).await;
        assert_eq!(list.status, 200, "{query}");
        list.texts("tbody td.number")
    };
    for (asked, amounts) in [
        (vec![(name(0), "bak")], vec!["$10.00"]),
        (vec![(format!("{}.from", name(1)), "8")], vec!["$20.00"]),
        (
            vec![(format!("{}.from", name(1)), "7"), (format!("{}.to", name(1)), "8.5")],
            vec!["$10.00"],
        ),
        (vec![(format!("{}.to", name(2)), "50")], vec!["$10.00"]),
        (vec![(format!("{}.from", name(3)), "2024-03-01")], vec!["$20.00"]),
        (vec![(name(4), "no")], vec!["$20.00"]),
        (vec![(name(5), "1")], vec!["$10.00"]),
        (vec![(name(6), "3")], vec!["$20.00"]),
        (vec![(name(6), "3"), (name(4), "yes")], vec![]),
        (
            vec![("custom.999".to_owned(), "x"), (name(5), "gold")],
            vec!["$30.00", "$20.00", "$10.00"],
        ),
    ] {
        assert_eq!(found(&asked).await, amounts, "{asked:?}");
    }

    let query = serde_urlencoded::to_string([(name(4), "yes")]).unwrap();
    let list = office.ada.get(&format!("contributions?{query}")).await;
    let file = office
        .ada
        .get(&list.attribute("a[data-download]", "href").unwrap())
        .await;
    let lines: Vec<&str> = file.body.lines().collect();
    assert_eq!(lines.len(), 2, "{}", file.body);
    assert!(
        lines[0].ends_with(",Text,Number,Money,Date,Yes or No,One Choice,Several Choices"),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].ends_with(",Bakery,7,12.50,2024-02-29,Yes,Gold,Silver"),
        "{}",
        lines[1]
    );
}

#[tokio::test]
async fn a_value_is_given_to_a_selection_after_a_preview_and_taken_back() {
    let office = Office::open().await;
    let (level, pledge, [anne, bo, cy]) = three(&office).await;
    let key = format!("custom.{level}");
    let asked = [("scope", "all"), ("field", key.as_str()), (key.as_str(), "2")];
    let value = office.ada.post("bulk/value", &asked[..2]).await;
    assert!(
        value.has("Level of 3 contacts") && value.has("Silver"),
        "{}",
        value.body
    );
    let preview = office.ada.post("bulk/preview", &asked).await;
    assert_eq!(
        preview.texts("tbody tr"),
        ["nothing Silver 1", "Gold Silver 1"],
        "{}",
        preview.body
    );
    let carried = preview.attribute("[name=value]", "value").unwrap();
    let started = office
        .ada
        .post(
            "bulk/start",
            &[("scope", "all"), ("deed", "edit"), ("field", &key), ("value", &carried)],
        )
        .await;
    let page = started.location();
    eventually("the action is done", async || office.ada.get(&page).await.has("Done")).await;
    for who in [anne, bo, cy] {
        assert_eq!(office.value(who, level).await, Some(CustomValue::Chosen([2].into())));
    }
    assert_eq!(office.last_changes(anne).await, ["Level: Gold → Silver"]);
    assert!(office.ada.get("bulk").await.has("Level set to Silver"));

    office.give(cy, level, "Gold").await;
    office.ada.post(&format!("{page}/undo"), &[]).await;
    eventually("the action is undone", async || {
        office.ada.get(&page).await.has("Undone")
    })
    .await;
    assert_eq!(office.value(anne, level).await, Some(CustomValue::Chosen([1].into())));
    assert_eq!(
        office.value(cy, level).await,
        Some(CustomValue::Chosen([1].into())),
        "changed since, so it stays"
    );

    let pledge_key = format!("custom.{pledge}");
    let wrong = office
        .ada
        .post(
            "bulk/preview",
            &[("scope", "all"), ("field", &pledge_key), (&pledge_key, "much")],
        )
        .await;
    assert_eq!(wrong.status, 422);
    let forged = office
        .ada
        .post(
            "bulk/start",
            &[("scope", "all"), ("deed", "edit"), ("field", &key), ("value", "[77]")],
        )
        .await;
    assert_eq!(forged.status, 422, "an option of nowhere changes nothing");
    assert_eq!(office.value(anne, level).await, Some(CustomValue::Chosen([1].into())));
}

#[tokio::test]
async fn an_edit_whose_field_was_retired_meanwhile_changes_nothing_and_asks_for_a_field_again() {
    let office = Office::open().await;
    let (level, _, [anne, ..]) = three(&office).await;
    let key = format!("custom.{level}");
    office.ada.post(&format!("custom-fields/{level}/retire"), &[]).await;
    let edit = [("scope", "all"), ("field", key.as_str()), ("value", "[2]")];
    let started = [&edit[..], &[("deed", "edit")]].concat();
    for (page, sent) in [("bulk/preview", &edit[..]), ("bulk/start", &started)] {
        let refused = office.ada.post(page, sent).await;
        assert_eq!(refused.status, 422, "{page}");
        assert!(refused.has("Choose a field."), "{page}: {}", refused.body);
    }
    let unknown = [
        ("scope", "all"),
        ("deed", "shuffle"),
        ("field", "source"),
        ("value", "x"),
    ];
    assert_eq!(office.ada.post("bulk/start", &unknown).await.status, 404);
    assert_eq!(office.contact(anne).await.details.source, "");
    assert!(office.ada.get("bulk").await.texts("tbody tr").is_empty());
}
