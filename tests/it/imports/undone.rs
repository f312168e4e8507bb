//! Undoing an import: the records are as before, but for what somebody has changed since.

use super::Importer;
use diesel::prelude::*;
use diesel::sql_types::Text;

/// Everything that stands in the records and not in the trash, in an order of its own; neither ids of rows nor the dates
/// of the last change.
const RECORDS: &str = "SELECT coalesce(string_agg(line, E'\\n' ORDER BY line), '') AS lines FROM (
    SELECT 'contact ' || (to_jsonb(c) - 'modified_at')::text AS line FROM contacts c WHERE deleted_at IS NULL
    UNION ALL SELECT 'email ' || (to_jsonb(e) - 'id')::text FROM emails e
        JOIN contacts c ON c.id = e.contact_id AND c.deleted_at IS NULL
    UNION ALL SELECT 'phone ' || (to_jsonb(p) - 'id')::text FROM phones p
        JOIN contacts c ON c.id = p.contact_id AND c.deleted_at IS NULL
    UNION ALL SELECT 'address ' || (to_jsonb(a) - 'id')::text FROM addresses a
        JOIN contacts c ON c.id = a.contact_id AND c.deleted_at IS NULL
    UNION ALL SELECT 'membership ' || to_jsonb(g)::text FROM group_contacts g
        JOIN contacts c ON c.id = g.contact_id AND c.deleted_at IS NULL
    UNION ALL SELECT 'term ' || to_jsonb(t)::text FROM contact_search_terms t
        JOIN contacts c ON c.id = t.contact_id AND c.deleted_at IS NULL) AS lines";

#[derive(QueryableByName)]
struct Lines {
    #[diesel(sql_type = Text)]
    lines: String,
}

impl Importer {
    async fn records(&self) -> String {
        self.ask(|tx| Ok(diesel::sql_query(RECORDS).get_result::<Lines>(&mut **tx)?.lines))
            .await
    }
}

const BEFORE: &[u8] = b"Contact ID,First Name,Last Name,Email,Second Email,Phone,Street Address,City,Birth Date,Email On Hold,Group,Status\n\
    1,Anne,Lem,anne@lem.test,second@lem.test,613 555 0100,1 Elm St,Alma,1980-12-25,,Newsletter,Added\n\
    2,Bo,Roy,bo@roy.test,,,2 Oak St,Hull,,Yes,Newsletter,Removed\n\
    3,Cy,Fox,,,,,,,,,\n";
const CHANGING: &[u8] = b"Contact ID,First Name,Last Name,Email,Second Email,Phone,Street Address,City,Postal Code,Do Not Mail,Group,Status\n\
    1,Ann,Lem,new@lem.test,,613 555 0199,9 Pine St,Ayr,J0K 1A0,Yes,Newsletter,Removed\n\
    2,Bo,Roy,second@roy.test,third@roy.test,613 555 0142,,,J8X 1A1,,Newsletter,Added\n\
    2,Bo,Roy,,,,,Laval,,,Board,Added\n\
    3,Cy,Foxx,,,,,Laval,,,Board,Added\n\
    4,Di,Ray,di@ray.test,,,,,,,Board,Added\n\
    4,Di,Ray,,,,,Gatineau,,,Newsletter,Added\n";

#[tokio::test]
async fn an_undone_import_leaves_the_records_as_they_were() {
    let importer = Importer::new().await;
    importer.import("before.csv", BEFORE).await;
    let before = importer.records().await;
    let import = importer.import("changing.csv", CHANGING).await;
    assert_eq!(
        importer.tally(&import).await[..2],
        ["1 contact added", "5 rows changed somebody"]
    );
    assert_ne!(importer.records().await, before);
    importer.undo(&import).await;
    similar(&importer.records().await, &before);
    assert_eq!(
        importer.tally(&import).await[..2],
        ["6 rows taken back", "0 rows not taken back wholly"]
    );

    // And it can be done again.
    let again = importer.import("changing.csv", CHANGING).await;
    assert_eq!(
        importer.tally(&again).await[..2],
        ["1 contact added", "5 rows changed somebody"]
    );
}

#[tokio::test]
async fn what_somebody_has_changed_since_stays_and_is_told() {
    let importer = Importer::new().await;
    importer.import("before.csv", BEFORE).await;
    let import = importer.import("changing.csv", CHANGING).await;
    let later = b"Contact ID,First Name,Last Name,City\n1,Ann,Lem,Perth\n4,Dinah,Ray,Gatineau\n";
    importer.import("later.csv", later).await;
    importer.undo(&import).await;

    let anne = importer.contact("1").await;
    assert_eq!(anne.details.first_name, "Anne");
    assert_eq!(anne.addresses[0].city, "Perth", "the address was changed since");
    assert_eq!(
        importer.contact("4").await.details.first_name,
        "Dinah",
        "a contact changed since is kept"
    );
    let kept = importer.rows(&import, "kept").await;
    assert!(
        kept.iter()
            .any(|row| row.contains("Changed since, so left as it is: Addresses.")),
        "{kept:?}"
    );
    assert!(
        kept.iter()
            .any(|row| row.contains("Import of later.csv changed this contact")),
        "{kept:?}"
    );
}

#[tokio::test]
async fn the_undo_stands_in_the_change_log_with_its_reason() {
    let importer = Importer::new().await;
    let import = importer
        .import("one.csv", b"Contact ID,First Name,Last Name\n1,Anne,Lem\n")
        .await;
    let anne = importer.contact("1").await.id;
    importer.undo(&import).await;
    let filter = dms::changelog::ChangeFilter {
        contact: Some(anne),
        ..Default::default()
    };
    let lines = importer.ask(move |tx| dms::changelog::list(tx, &filter, 0, 10)).await;
    assert_eq!(lines[0].what, "Contact moved to the trash");
    assert_eq!(lines[0].why, "The import of one.csv was undone");
    assert_eq!(
        (lines[1].what.as_str(), lines[1].actor_name.as_str()),
        ("Contact added", "Import of one.csv")
    );
}

fn similar(left: &str, right: &str) {
    let only_in = |one: &str, other: &str| -> Vec<String> {
        one.lines()
            .filter(|line| !other.contains(line))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(
        left,
        right,
        "only after: {:#?}\nonly before: {:#?}",
        only_in(left, right),
        only_in(right, left)
    );
}

#[tokio::test]
async fn whom_a_smart_group_has_found_is_taken_back_all_the_same() {
    let importer = Importer::new().await;
    let search = r#"{"blocks":[{"conditions":[{"about":"city","op":"is","values":["Alma"]}]}]}"#;
    let group = [("title", "Of Alma"), ("criteria", search)];
    let group = importer.ada.post("groups/new", &group).await.location();
    let import = importer
        .import(
            "one.csv",
            b"Contact ID,First Name,Last Name,City\n1,Anne,Lem,Alma\n2,Bo,Roy,Hull\n",
        )
        .await;
    crate::support::world::eventually("she was found", async || {
        importer.ada.get(&group).await.has("Lem, Anne")
    })
    .await;
    importer.undo(&import).await;
    assert_eq!(
        importer.tally(&import).await[..2],
        ["2 rows taken back", "0 rows not taken back wholly"]
    );
}

#[tokio::test]
async fn a_group_stays_while_the_people_of_a_file_are_to_join_it() {
    let importer = Importer::new().await;
    importer.ada.post("groups/new", &[("title", "Gala")]).await;
    let file = b"First Name,Last Name\nAnne,Lem\n";
    let import = importer.check("guests.csv", file, &[("group", "1")]).await;
    let refused = importer.ada.post("groups/1/delete", &[]).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.has("Everybody in the file guests.csv"),
        "{}",
        refused.text("main")
    );
    importer.start(&import).await;
    assert_eq!(importer.ada.post("groups/1/delete", &[]).await.status, 303);
}
