//! Notes, tags, relationships and activities from files: the sample organization's come in whole, a second time adds nothing,
//! and all can be undone.

use super::Importer;
use super::sample::sample;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::BTreeMap;

const MAKE: [(&str, &str); 1] = [("makes_missing", "true")];

/// A record in the words of the sample's file, by the names of its columns.
type Line = BTreeMap<String, String>;

/// A file of the sample, and what the records say in its words.
struct Sample {
    file: &'static str,
    rows: usize,
    noun: &'static str,
    as_exported: &'static str,
}

const SAMPLES: [Sample; 4] = [
    Sample {
        file: "notes.csv",
        rows: 20,
        noun: "notes",
        as_exported: r#"SELECT c.external_identifier AS "Contact ID", n.subject AS "Subject", n.body AS "Note",
            to_char(n.noted_at AT TIME ZONE o.time_zone, 'YYYY-MM-DD HH24:MI:SS') AS "Note Date"
            FROM notes n JOIN contacts c ON c.id = n.contact_id JOIN organizations o ON o.id = n.organization_id"#,
    },
    Sample {
        file: "contact-tags.csv",
        rows: 117,
        noun: "contact tags",
        as_exported: r#"SELECT c.external_identifier AS "Contact ID", t.name AS "Tag"
            FROM contact_tags x JOIN contacts c ON c.id = x.contact_id JOIN tags t ON t.id = x.tag_id"#,
    },
    Sample {
        file: "relationships.csv",
        rows: 220,
        noun: "relationships",
        as_exported: r#"SELECT a.external_identifier AS "Contact ID A", t.label_a_b AS "Relationship",
            b.external_identifier AS "Contact ID B", coalesce(r.start_date::text, '') AS "Start Date",
            coalesce(r.end_date::text, '') AS "End Date", CASE WHEN r.is_active THEN 'Yes' ELSE 'No' END AS "Active"
            FROM relationships r JOIN relationship_types t ON t.id = r.type_id
            JOIN contacts a ON a.id = r.contact_a JOIN contacts b ON b.id = r.contact_b"#,
    },
    Sample {
        file: "activities.csv",
        rows: 641,
        noun: "activities",
        as_exported: r#"SELECT a.external_identifier AS "Activity ID", t.name AS "Activity Type", a.subject AS "Subject",
            to_char(a.activity_at AT TIME ZONE o.time_zone, 'YYYY-MM-DD HH24:MI:SS') AS "Activity Date",
            a.status AS "Status", a.details AS "Details",
            coalesce((SELECT string_agg(c.external_identifier, ',') FROM activity_contacts w
                JOIN contacts c ON c.id = w.contact_id WHERE w.activity_id = a.id), '') AS "With Contact IDs",
            coalesce((SELECT external_identifier FROM contacts WHERE id = a.added_by_contact), '') AS "Added By Contact ID"
            FROM activities a JOIN activity_types t ON t.id = a.type_id JOIN organizations o ON o.id = a.organization_id"#,
    },
];

impl Importer {
    /// What the records say, in an order of its own.
    async fn lines(&self, sql: &'static str) -> Vec<Line> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            line: String,
        }
        let rows: Vec<Row> = self
            .ask(move |tx| {
                diesel::sql_query(format!("SELECT to_jsonb(line)::text AS line FROM ({sql}) AS line")).load(&mut **tx)
            })
            .await;
        let read = |row: Row| serde_json::from_str(&row.line).unwrap();
        sorted(rows.into_iter().map(read).collect())
    }

    async fn count(&self, what: &'static str) -> i64 {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            count: i64,
        }
        self.ask(move |tx| {
            let counted: Count =
                diesel::sql_query(format!("SELECT count(*) AS count FROM {what}")).get_result(&mut **tx)?;
            Ok(counted.count)
        })
        .await
    }

    async fn with_people() -> Self {
        let importer = Self::new().await;
        importer
            .import(
                "people.csv",
                b"Contact ID,Contact Type,First Name,Last Name,Organization Name,Email\n\
                1,Individual,Anne,Lem,,anne@lem.test\n2,Individual,Bo,Roy,,bo@roy.test\n3,Organization,,,Bakery,\n",
            )
            .await;
        importer
    }
}

fn sorted(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort();
    lines
}

/// The file as it should be found in the records.
fn wanted(file: &[u8]) -> Vec<Line> {
    let mut reader = csv::Reader::from_reader(file);
    let mut lines: Vec<Line> = reader.deserialize().map(Result::unwrap).collect();
    for line in &mut lines {
        // Spaces around a cell say nothing.
        for cell in line.values_mut() {
            cell.truncate(cell.trim_end().len());
        }
        // CiviCRM's way of writing that there is no subject.
        for subject in line.get_mut("Subject").into_iter().filter(|subject| *subject == "NULL") {
            subject.clear();
        }
    }
    sorted(lines)
}

#[tokio::test]
async fn the_samples_other_files_come_in_whole_a_second_time_add_nothing_and_can_be_undone() {
    let Some(contacts) = sample("contacts.csv") else { return };
    let importer = Importer::new().await;
    importer.import("contacts.csv", &contacts).await;
    for of in SAMPLES {
        let file = sample(of.file).unwrap();
        let (rows, noun) = (of.rows, of.noun);
        let import = importer.check(of.file, &file, &MAKE).await;
        assert_eq!(
            importer.tally(&import).await[0],
            format!("{rows} are new"),
            "{}",
            of.file
        );
        assert!(
            importer.lines(of.as_exported).await.is_empty(),
            "the check writes nothing"
        );
        importer.start(&import).await;
        assert_eq!(importer.tally(&import).await[0], format!("{rows} {noun} added"));
        let (found, wanted) = (importer.lines(of.as_exported).await, wanted(&file));
        assert_eq!((found.len(), wanted.len()), (rows, rows));
        for (found, wanted) in found.iter().zip(&wanted) {
            assert_eq!(found, wanted, "{}", of.file);
        }

        let changes = importer.count("changes WHERE contact_id IS NOT NULL").await;
        let again = importer.import(of.file, &file).await;
        assert_eq!(importer.tally(&again).await[2], format!("{rows} rows changed nothing"));
        assert_eq!(importer.lines(of.as_exported).await, found);
        assert_eq!(importer.count("changes WHERE contact_id IS NOT NULL").await, changes);
        importer.undo(&again).await;
        assert_eq!(
            importer.lines(of.as_exported).await,
            found,
            "the second file had done nothing"
        );

        importer.undo(&import).await;
        assert_eq!(
            importer.tally(&import).await[0],
            format!("{rows} rows taken back"),
            "{}",
            of.file
        );
        assert!(importer.lines(of.as_exported).await.is_empty());
    }
    assert_eq!(
        importer
            .count("changes WHERE what = 'Note deleted' AND why = 'The import of notes.csv was undone'")
            .await,
        20
    );
}

#[tokio::test]
async fn what_an_import_adds_is_seen_on_the_contacts_pages_with_its_words_and_in_the_change_log() {
    let importer = Importer::with_people().await;
    let anne = importer.contact("1").await.id;
    importer
        .import(
            "notes.csv",
            "Contact ID,Subject,Note,Date\n1,Legs,\"Wants\r\n\r\na chair\",2026-01-05 09:30\n".as_bytes(),
        )
        .await;
    importer
        .import(
            "activities.csv",
            b"Contact ID,Activity Type,Subject,Activity Date,Duration,Added By\n1;2,meeting,Tea,2026-01-07 4:30 PM,45,\n\
              ,Visit,Alone,2026-02-01,,1\n",
        )
        .await;
    let notes = importer.ada.get(&format!("contacts/{anne}/notes")).await;
    assert!(notes.has("Legs") && notes.has("Jan 5, 2026 9:30 AM"), "{}", notes.body);
    assert_eq!(importer.count("notes WHERE body = E'Wants\\n\\na chair'").await, 1);
    let activities = importer.ada.get(&format!("contacts/{anne}/activities")).await;
    assert!(
        activities.has("Tea") && activities.has("Jan 7, 2026 4:30 PM"),
        "{}",
        activities.body
    );
    assert!(activities.has("Alone"), "who added an activity sees it, too");
    let log = importer.ada.get(&format!("contacts/{anne}/changes")).await;
    assert!(
        log.has("Note added") && log.has("Activity added: Meeting: Tea"),
        "{}",
        log.body
    );
    assert!(log.has("Import of notes.csv"), "{}", log.body);
}

#[tokio::test]
async fn two_rows_that_say_the_same_are_two_notes_but_one_tag() {
    let importer = Importer::with_people().await;
    let notes = b"Contact ID,Note,Date\n1,Called,2026-01-05\n1,Called,2026-01-05\n";
    importer.import("notes.csv", notes).await;
    let again = importer.import("notes.csv", notes).await;
    assert_eq!(importer.tally(&again).await[2], "2 rows changed nothing");
    let third = b"Contact ID,Note,Date\n1,Called,2026-01-05\n1,Called,2026-01-05\n1,Called,2026-01-05\n";
    let third = importer.check("more.csv", third, &[]).await;
    assert_eq!(importer.tally(&third).await[0], "1 is new");
    assert_eq!(importer.count("notes").await, 2);

    let tags = b"Email,Tag\nanne@lem.test,Friend\nANNE@lem.test,friend\nbo@roy.test,Friend\n";
    let asked = importer.check("tags.csv", tags, &[]).await;
    assert_eq!(importer.tally(&asked).await[3], "3 have a problem");
    assert!(importer.rows(&asked, "problem").await[0].contains("There is no tag called “Friend” here."));
    let made = importer.check("tags.csv", tags, &MAKE).await;
    assert_eq!(
        importer.tally(&made).await[..3],
        [
            "2 are new",
            "0 are here already and change something",
            "1 is here already and changes nothing"
        ]
    );
    importer.start(&made).await;
    assert_eq!(
        (importer.count("tags").await, importer.count("contact_tags").await),
        (1, 2)
    );
}

#[tokio::test]
async fn two_may_be_related_in_the_same_way_at_different_times_and_a_file_tells_of_each_time_once() {
    let importer = Importer::with_people().await;
    let file = b"Contact ID A,Relationship,Contact ID B,Start Date,End Date\n\
        1,Employee of,3,2010-01-01,2014-12-31\n1,Employee of,3,2018-01-01,\n1,Employee of,3,,\n3,Employer of,1,2019-01-01,\n\
        1,Employee of,3,,2008-12-31\n";
    let import = importer.check("jobs.csv", file, &[]).await;
    assert_eq!(importer.tally(&import).await[0], "3 are new");
    let left_out = importer.rows(&import, "problem").await;
    assert!(
        left_out[0].contains("Row 2 of the file") && left_out[1].contains("Row 3 of the file"),
        "{left_out:?}"
    );
    importer.start(&import).await;
    assert_eq!(importer.count("relationships").await, 3);
    let again = importer.check("jobs.csv", file, &[]).await;
    assert_eq!(importer.tally(&again).await[2], "3 are here already and change nothing");
    importer.undo(&import).await;
    assert_eq!(importer.count("relationships").await, 0);
}

#[tokio::test]
async fn several_tags_in_one_cell_are_several_tags() {
    let importer = Importer::with_people().await;
    importer
        .ada
        .post("tags/new", &[("name", "Donor"), ("colour", "grey")])
        .await;
    let file = b"Contact ID,Tag\n1,Donor; Volunteer |Board\n1,board\n2,volunteer;Donor\n";
    let import = importer.check("tags.csv", file, &MAKE).await;
    assert_eq!(
        importer.tally(&import).await[..3],
        [
            "2 are new",
            "0 are here already and change something",
            "1 is here already and changes nothing"
        ]
    );
    importer.start(&import).await;
    assert_eq!(
        (importer.count("tags").await, importer.count("contact_tags").await),
        (3, 5)
    );
    let again = importer.check("tags.csv", file, &MAKE).await;
    assert_eq!(importer.tally(&again).await[2], "3 are here already and change nothing");
    importer.undo(&import).await;
    assert_eq!(importer.count("contact_tags").await, 0);
}

#[tokio::test]
async fn a_list_of_people_may_say_their_tags() {
    let importer = Importer::with_people().await;
    importer
        .ada
        .post("tags/new", &[("name", "Donor"), ("colour", "grey")])
        .await;
    let file =
        b"Contact ID,First Name,Last Name,Tags\n1,Anne,Lem,donor; Volunteer\n9,Zoe,New,Volunteer|Board\n2,Bo,Roy,\n";
    let import = importer.check("people.csv", file, &[]).await;
    assert_eq!(
        importer.tally(&import).await[..3],
        [
            "1 is new",
            "1 matches somebody and changes something",
            "1 matches somebody and changes nothing"
        ]
    );
    let changing = importer.rows(&import, "changing").await;
    assert!(
        changing[0].contains("Tag: donor") && changing[0].contains("Tag: Volunteer"),
        "{changing:?}"
    );
    importer.start(&import).await;
    assert_eq!(
        (importer.count("tags").await, importer.count("contact_tags").await),
        (3, 4)
    );
    let again = importer.check("people.csv", file, &[]).await;
    assert_eq!(importer.tally(&again).await[2], "3 match somebody and change nothing");
    importer.undo(&import).await;
    assert_eq!(importer.count("contact_tags").await, 0);
}

#[tokio::test]
async fn an_activity_is_assigned_to_a_colleague_by_email_or_name_and_nobody_gets_a_letter() {
    let importer = Importer::with_people().await;
    let file = b"Activity Type,Subject,Activity Date,With Contact IDs,Assigned To\n\
        Meeting,One,2026-03-01,1,ADA@shelter.test\nMeeting,Two,2026-03-02,1,ada  quill\nMeeting,Three,2026-03-03,1,Bob Nobody\n";
    let import = importer.check("activities.csv", file, &[]).await;
    assert_eq!(importer.tally(&import).await[0], "2 are new");
    let left_out = importer.rows(&import, "problem").await;
    assert!(
        left_out[0].contains("nobody who works here is called \u{201c}Bob Nobody\u{201d}"),
        "{left_out:?}"
    );
    importer.start(&import).await;
    assert_eq!(importer.count("activities WHERE assigned_to IS NOT NULL").await, 2);
    let letters = importer.world.mails_to("ada@shelter.test").await;
    assert!(
        letters.iter().all(|letter| !letter.subject.contains("Meeting")),
        "{letters:?}"
    );
    let again = importer.check("activities.csv", file, &[]).await;
    assert_eq!(importer.tally(&again).await[2], "2 are here already and change nothing");
}

#[tokio::test]
async fn a_relationship_is_told_from_either_side_and_a_later_file_can_end_it() {
    let importer = Importer::with_people().await;
    let first = b"Contact ID A,Relationship,Contact ID B\n1,parent of,2\n2,Child of,1\n1,Employee of,3\n";
    let import = importer.check("first.csv", first, &[]).await;
    assert_eq!(importer.tally(&import).await[0], "2 are new");
    assert!(importer.rows(&import, "problem").await[0].contains("Row 2 of the file has this relationship already."));
    importer.start(&import).await;
    let ended =
        b"Contact ID A,Relationship,Contact ID B,End Date,Active\n3,Employer of,1,2026-01-31,No\n2,Child of,1,,\n";
    let import = importer.check("ended.csv", ended, &[]).await;
    let changing = importer.rows(&import, "changing").await;
    assert!(
        changing[0].contains("End Date: 2026-01-31") && changing[0].contains("Ended: Yes"),
        "{changing:?}"
    );
    importer.start(&import).await;
    assert_eq!(
        importer.tally(&import).await[1..3],
        ["1 relationship changed", "1 row changed nothing"]
    );
    assert_eq!(
        importer
            .count("relationships WHERE end_date = '2026-01-31' AND NOT is_active")
            .await,
        1
    );
    // Who works there again is employed a second time.
    let again = b"Contact ID A,Relationship,Contact ID B,Start Date\n1,Employee of,3,2026-06-01\n";
    let again = importer.import("again.csv", again).await;
    assert_eq!(
        importer.tally(&again).await[..2],
        ["1 relationship added", "0 relationships changed"]
    );
    importer.undo(&again).await;
    importer.undo(&import).await;
    assert_eq!(
        importer
            .count("relationships WHERE end_date IS NULL AND is_active")
            .await,
        2
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_row_is_said_in_words_that_name_it() {
    let importer = Importer::with_people().await;
    for (name, file, wanted) in [
        (
            "notes.csv",
            &b"Contact ID,Note,Date\n9,Hello,2026-01-01\n1,,2026-01-01\n1,Hello,soon\n"[..],
            &[
                "No contact has the External Identifier “9”.",
                "The row has no note.",
                "“soon” is not a date.",
            ][..],
        ),
        (
            "relationships.csv",
            b"Contact ID A,Relationship,Contact ID B,Start Date,End Date\n1,Friend of,2,,\n1,Spouse of,1,,\n\
              1,Employee of,2,,\n1,Spouse of,2,2020-01-01,2019-01-01\n1,,8,,\n",
            &[
                "There is no relationship called “Friend of” here.",
                "nobody can be related to themselves",
                "This relationship needs an organization here, and Bo Roy is an individual.",
                "The end date is before the start date.",
                "No contact has the External Identifier “8”.",
            ],
        ),
        (
            "activities.csv",
            b"Activity ID,Activity Type,Date,Contact ID,Status,Duration\nA,Visit,2026-01-01,9,,\nB,Dance,2026-01-01,1,,\n\
              C,Visit,2026-01-01,1,Perhaps,\nD,Visit,2026-01-01,1,,long\nE,Visit,2026-01-01,1,,\nE,Visit,2026-01-01,1,,\n",
            &[
                "No contact has the External Identifier “9”.",
                "There is no activity type called “Dance” here.",
                "“Perhaps” is not a status.",
                "“long” under Duration is not a number of minutes.",
                "Row 6 of the file has the Activity ID “E” already.",
            ],
        ),
    ] {
        let import = importer.check(name, file, &[]).await;
        let problems = importer.rows(&import, "problem").await;
        assert_eq!(problems.len(), wanted.len(), "{problems:?}");
        for (problem, words) in problems.iter().zip(wanted) {
            assert!(problem.contains(words), "“{words}” in {problem}");
        }
        let rejected = importer.ada.get(&format!("{}/rejected.csv", import.page)).await;
        assert!(rejected.body.contains(wanted[0]) && rejected.body.contains("Problem"));
    }
}

#[tokio::test]
async fn what_somebody_has_changed_since_stays_when_the_import_is_undone() {
    let importer = Importer::with_people().await;
    let file =
        b"Activity ID,Activity Type,Subject,Date,Contact ID\nA,Visit,One,2026-01-01,1\nB,Visit,Two,2026-01-02,1\n";
    let import = importer.import("visits.csv", file).await;
    let later = b"Activity ID,Activity Type,Subject,Date,Contact ID\nB,Visit,Two cups,2026-01-02,2\n";
    let later = importer.check("later.csv", later, &[]).await;
    let changing = importer.rows(&later, "changing").await;
    assert!(
        changing[0].contains("Subject: Two → Two cups") && changing[0].contains("With: 1 more"),
        "{changing:?}"
    );
    importer.start(&later).await;
    importer.undo(&import).await;
    assert_eq!(
        importer.tally(&import).await[..2],
        ["1 row taken back", "1 row not taken back wholly"]
    );
    assert!(
        importer.rows(&import, "kept").await[0].contains("This activity was changed since, so it was left as it is.")
    );
    importer.undo(&later).await;
    assert_eq!(importer.count("activities WHERE subject = 'Two'").await, 1);
    assert_eq!(importer.count("activity_contacts").await, 1);
}

#[tokio::test]
async fn a_gift_without_an_id_is_known_by_contributor_amount_day_and_number() {
    let importer = Importer::with_people().await;
    let file = b"Contact ID,Amount,Date,Cheque Number,Source\n1,20,2026-01-05,,Door\n1,20,2026-01-05,,Door\n2,20,2026-01-05,7,Mail\n";
    importer.import("gifts.csv", file).await;
    assert_eq!(
        importer.count("contributions").await,
        3,
        "two equal gifts on one day are two"
    );
    let again = importer.check("gifts.csv", file, &[]).await;
    assert_eq!(importer.tally(&again).await[2], "3 are here already and change nothing");
    let page = importer.ada.get(&again.page).await;
    assert!(
        page.has("is taken for the same") && !page.has("Import 3 Rows"),
        "{}",
        page.body
    );
    let alike = importer.rows(&again, "unchanged").await;
    assert!(
        alike[0].contains("Looks like a gift that is here already: $20.00 on 2026-01-05"),
        "{alike:?}"
    );
    importer.start(&again).await;
    assert_eq!(importer.count("contributions").await, 3);

    let more = b"Contact ID,Amount,Date,Cheque Number,Source\n1,20,2026-01-05,,Raffle\n2,20,2026-01-05,8,Mail\n";
    let more_gifts = importer.check("more.csv", more, &[]).await;
    assert_eq!(
        importer.tally(&more_gifts).await[0],
        "1 is new",
        "another cheque is another gift"
    );
    let said = importer.check("more.csv", more, &[("adds_alike", "true")]).await;
    assert_eq!(importer.tally(&said).await[0], "2 are new");
    importer.start(&said).await;
    assert_eq!(importer.count("contributions").await, 5);
    let uploaded = importer.upload("more.csv", more).await;
    let asked = importer.ada.get(&uploaded.location()).await;
    assert!(
        asked.attribute("#adds_alike", "checked").is_none() && asked.attribute("#adds_alike", "value").is_some(),
        "that answer was for one file and is not remembered"
    );
}

#[tokio::test]
async fn a_note_without_a_date_is_taken_back() {
    let importer = Importer::with_people().await;
    let import = importer.import("notes.csv", b"Contact ID,Note\n1,Likes tea.\n").await;
    importer.undo(&import).await;
    assert_eq!(
        importer.tally(&import).await[..2],
        ["1 row taken back", "0 rows not taken back wholly"]
    );
}
