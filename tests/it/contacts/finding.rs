//! Finding contacts: the list, the search box, the export, and who may see them.

use super::*;

#[tokio::test]
async fn an_empty_list_says_what_to_do_first() {
    let office = Office::open().await;
    let list = office.ada.get("contacts").await;
    assert!(list.has("No contacts yet"));
    assert_eq!(
        list.attribute(".empty a", "href").unwrap(),
        office.ada.at("imports/new")
    );
    assert!(office.ada.get("contacts?q=nobody").await.has("Nobody found"));
}

#[tokio::test]
async fn the_list_is_filtered_sorted_and_paged() {
    let office = Office::open().await;
    office.testers(101).await;
    office
        .add(
            organization("Bay Trust")
                .with_city("Halifax", "NS")
                .with_phone("902 555 0100"),
        )
        .await;
    office
        .add(organization("Éclair Society").with_city("Winnipeg", "MB"))
        .await;
    office.add(organization("Fern House")).await;

    let first = office.ada.get("contacts").await;
    assert_eq!(
        first.texts("thead th"),
        ["Name", "City", "Province", "Phone", "Date Created", "Last Modified"]
    );
    assert_eq!(names(&first).len(), 50);
    assert!(first.has("1–50 of 104 contacts"));
    assert_eq!(names(&office.ada.get("contacts?page=3").await).len(), 4);
    for beyond in ["99", "9223372036854775807"] {
        assert_eq!(
            names(&office.ada.get(&format!("contacts?page={beyond}")).await).len(),
            4
        );
    }
    assert_eq!(names(&office.ada.get("contacts?page=-1").await).len(), 50);

    let organizations = office.ada.get("contacts?type=organization").await;
    assert_eq!(names(&organizations), ["Bay Trust", "Éclair Society", "Fern House"]);
    assert!(organizations.has("All 3 Records"));
    let by_city = office
        .ada
        .get("contacts?type=organization&sort=city&order=descending")
        .await;
    assert_eq!(names(&by_city), ["Éclair Society", "Bay Trust", "Fern House"]);
    assert_eq!(by_city.attribute("th[aria-sort]", "aria-sort").unwrap(), "descending");
    for sort in ["province", "phone", "created", "modified"] {
        assert_eq!(
            names(&office.ada.get(&format!("contacts?type=organization&sort={sort}")).await).len(),
            3
        );
    }
    let last_name_first = office.ada.get("contacts?order=descending").await;
    assert_eq!(names(&last_name_first)[0], "Tester, P100");
}

#[tokio::test]
async fn the_search_finds_part_of_a_name_in_any_writing() {
    let office = Office::open().await;
    office.add(person("Anne", "Lem").with_email("al@example.ca")).await;
    office.add(person("anne", "lem").with_phone("416-555-0142 x12")).await;
    office
        .add(person("Anne", "LeMesurier").with_email("a.lemesurier@hotmail.com"))
        .await;
    office
        .add(person("Zoë", "Barkley-Lévesque").with_phone("+1 514 555 0188"))
        .await;
    office.add(person("Seán", "O'Brien")).await;
    office
        .add(organization("L’Œuvre Léger").with_email("info@oeuvre.example"))
        .await;

    assert_eq!(
        office.found("lem").await,
        ["lem, anne", "Lem, Anne", "LeMesurier, Anne"]
    );
    assert_eq!(office.found("ann").await.len(), 3);
    assert_eq!(office.found("Lem, Anne").await.len(), 3);
    assert_eq!(office.found("lemes, a").await, ["Anne LeMesurier"]);
    assert!(office.found("anne, lem").await.is_empty());
    assert_eq!(office.found("anne lemes").await, ["Anne LeMesurier"]);
    for query in [
        "zoe",
        "ZOË",
        "levesque",
        "Lévesque, Zoe",
        "barkley-levesque",
        "514 555 0188",
        "(514) 555-0188",
        "5550188",
        "1-514-555-0188",
        "+15145550188",
    ] {
        assert_eq!(office.found(query).await, ["Zoë Barkley-Lévesque"], "{query}");
    }
    for query in ["o'brien", "O’Brien", "obrien", "brien", "sean"] {
        assert_eq!(office.found(query).await, ["Seán O'Brien"], "{query}");
    }
    for query in ["oeuvre", "leger", "œuvre léger", "INFO@oeuvre.ex", "oeuvre.example"] {
        assert_eq!(office.found(query).await, ["L’Œuvre Léger"], "{query}");
    }
    assert_eq!(office.found("a.lemesurier@hotmail.com").await, ["Anne LeMesurier"]);
    assert_eq!(office.found("hotmail.com").await, ["Anne LeMesurier"]);
    for query in ["x%", "nobody", "--", "'; DROP TABLE contacts; --"] {
        assert!(office.found(query).await.is_empty(), "{query}");
    }
}

#[tokio::test]
async fn the_export_holds_the_selection_and_no_formulas() {
    let office = Office::open().await;
    let evil = office
        .add(
            person("=HYPERLINK(\"http://evil\")", "+cmd")
                .with_email("a@example.ca")
                .with_email("b@example.ca"),
        )
        .await;
    office.add(organization("Bay, \"Trust\"\u{e9}").with_phone("-1")).await;
    office.add(organization("Fern House")).await;

    let these = office
        .ada
        .post("contacts/export", &[("scope", "selected"), ("id", &evil.to_string())])
        .await;
    assert!(these.body.starts_with('\u{feff}'));
    assert!(
        these.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment; filename=\"contacts-")
    );
    let rows = rows_of(&these);
    assert_eq!(rows.len(), 2);
    let cell = |rows: &[Vec<String>], row: usize, name: &str| {
        let at = rows[0].iter().position(|heading| heading == name).unwrap();
        rows[row][at].clone()
    };
    assert_eq!(cell(&rows, 1, "First Name"), "'=HYPERLINK(\"http://evil\")");
    assert_eq!(cell(&rows, 1, "Last Name"), "'+cmd");
    assert_eq!(cell(&rows, 1, "Second Email"), "b@example.ca");

    let all = office
        .ada
        .post("contacts/export", &[("scope", "all"), ("type", "organization")])
        .await;
    let rows = rows_of(&all);
    assert_eq!(rows.len(), 3);
    assert_eq!(cell(&rows, 1, "Organization Name"), "Bay, \"Trust\"é");
    assert_eq!(cell(&rows, 1, "Phone"), "'-1");
    for row in rows {
        assert!(
            row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])),
            "{row:?}"
        );
    }
}

fn rows_of(answer: &Answer) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(answer.body.trim_start_matches('\u{feff}').as_bytes());
    reader
        .records()
        .map(|row| row.unwrap().iter().map(String::from).collect())
        .collect()
}

#[tokio::test]
async fn an_action_without_anybody_chosen_says_so() {
    let office = Office::open().await;
    office.testers(1).await;
    let nobody = office.ada.post("contacts/export", &[("scope", "selected")]).await;
    assert!(office.ada.follow(nobody).await.has("Choose some contacts first"));
}

#[tokio::test]
async fn a_reader_sees_and_changes_nothing() {
    let office = Office::open().await;
    let id = office.add(person("Anne", "Lem")).await;
    let rita = office
        .world
        .invite(&office.ada, Role::Reader, "rita@riverside.test")
        .await;
    let list = rita.get("contacts").await;
    assert_eq!(names(&list), ["Lem, Anne"]);
    assert!(!list.has("Add Contact") && !list.has("Add to group"));
    let page = rita.get(&format!("contacts/{id}")).await;
    assert!(page.has("Anne Lem") && !page.has("Edit"));
    for path in [
        "contacts/new".into(),
        format!("contacts/{id}/edit"),
        format!("contacts/{id}/trash"),
    ] {
        assert_eq!(rita.get(&path).await.status, 403, "{path}");
        assert_eq!(rita.post(&path, &[]).await.status, 403, "{path}");
    }
    let stan = office.world.stranger().await;
    assert_eq!(stan.get(&format!("contacts/{id}")).await.status, 404);
    assert_eq!(stan.get("contacts/999999999999").await.status, 404);
}

#[tokio::test]
async fn the_search_box_finds_a_dms_number_and_an_external_identifier() {
    let office = Office::open().await;
    office.testers(3).await;
    let mut partner = organization("Bay Trust");
    partner.details.external_identifier = Some("OLD/7-Éa".into());
    let id = office.add(partner).await;
    let whoever = async |query: &str| {
        let query = serde_urlencoded::to_string([("q", query)]).unwrap();
        names(&office.ada.get(&format!("contacts?{query}")).await)
    };
    assert_eq!(whoever(&format!(" {id} ")).await, ["Bay Trust"]);
    assert_eq!(whoever("OLD/7-Éa").await, ["Bay Trust"]);
    assert!(whoever("OLD/7").await.is_empty(), "only the whole of it");
    assert!(whoever("99999999999999999999").await.is_empty());
    let organizations = office.ada.get(&format!("contacts?type=organization&q={id}")).await;
    assert_eq!(names(&organizations), ["Bay Trust"]);
    let people = office.ada.get(&format!("contacts?type=individual&q={id}")).await;
    assert!(names(&people).is_empty());
    office.ada.post(&format!("contacts/{id}/trash"), &[]).await;
    assert!(whoever(&id.to_string()).await.is_empty());
}
