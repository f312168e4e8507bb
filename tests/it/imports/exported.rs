//! A file that was exported here and is imported again, corrected in a spreadsheet, speaks of the same people and of nobody else.

use super::Importer;

/// The External Identifiers are the DMS Numbers of others; one person has neither an identifier nor an email.
const PEOPLE: &[u8] = b"Contact ID,First Name,Last Name,Email,City,Phone\n\
    2,Anne,Alt,anne@alt.test,Alma,613 555 0100\n3,Bo,Bass,,Hull,\n1,Cy,Canto,cy@canto.test,Ayr,\n";
const NAMELESS: &[u8] = b"First Name,Last Name,City\nDi,Dove,Laval\n";

impl Importer {
    async fn with_crossed_identifiers() -> Self {
        let importer = Self::new().await;
        importer.import("people.csv", PEOPLE).await;
        importer.import("one-more.csv", NAMELESS).await;
        importer
    }

    /// The contacts as a file: everything of them, or the columns of the list.
    async fn exported(&self, columns: &str) -> String {
        let chosen = [("scope", "all"), ("columns", columns)];
        self.ada.post("contacts/export", &chosen).await.body
    }

    async fn cities(&self) -> Vec<String> {
        let people = self
            .ask(|tx| {
                let ids: Vec<_> = (1..=9).map(dms::base::ContactId).collect();
                dms::crm::contacts::store::find_all(tx, &ids)
            })
            .await;
        people
            .into_iter()
            .map(|contact| format!("{}: {}", contact.display_name, contact.addresses[0].city))
            .collect()
    }
}

#[tokio::test]
async fn imported_again_as_it_is_an_exported_file_changes_nothing() {
    let importer = Importer::with_crossed_identifiers().await;
    for columns in ["everything", "shown"] {
        let file = importer.exported(columns).await;
        let import = importer.check("contacts.csv", file.as_bytes(), &[]).await;
        let told = importer.tally(&import).await;
        assert_eq!(told[0], "0 are new", "{file}");
        assert!(
            told[1].starts_with("0 match somebody and change something"),
            "{told:?}: {file}"
        );
        assert!(
            told[2].starts_with("4 match somebody and change nothing"),
            "{told:?}: {file}"
        );
        assert_eq!(told[3], "0 have a problem", "{file}");
    }
}

#[tokio::test]
async fn a_corrected_file_changes_whom_it_is_about_and_nobody_else() {
    let importer = Importer::with_crossed_identifiers().await;
    for (columns, was, now) in [("shown", "Laval", "Lachute"), ("everything", "Hull", "Hudson")] {
        let file = importer.exported(columns).await.replace(was, now);
        let import = importer.import("contacts.csv", file.as_bytes()).await;
        let told = importer.tally(&import).await;
        assert_eq!(told[..2], ["0 contacts added", "1 row changed somebody"], "{file}");
    }
    assert_eq!(
        importer.cities().await,
        ["Anne Alt: Alma", "Bo Bass: Hudson", "Cy Canto: Ayr", "Di Dove: Lachute"]
    );
}

#[tokio::test]
async fn a_dms_number_alone_means_nobody_for_the_file_may_come_from_elsewhere() {
    let importer = Importer::with_crossed_identifiers().await;
    let file = b"DMS Number,First Name,Last Name,City\n4,Zoe,Quick,Perth\n1,,,Perth\n77,Yan,Zed,Perth\n";
    let import = importer.check("elsewhere.csv", file, &[]).await;
    let told = importer.tally(&import).await;
    assert_eq!((told[0].as_str(), told[3].as_str()), ("1 is new", "2 have a problem"));
    let problems = importer.rows(&import, "problem").await;
    assert!(
        problems[0].contains("The DMS Number 4 is that of Di Dove here"),
        "{problems:?}"
    );
    importer.start(&import).await;
    assert_eq!(
        importer.cities().await[..4],
        ["Anne Alt: Alma", "Bo Bass: Hull", "Cy Canto: Ayr", "Di Dove: Laval"]
    );
}

#[tokio::test]
async fn of_two_who_share_an_address_nobody_gets_what_belongs_to_the_other() {
    let importer = Importer::new().await;
    let her = b"Contact ID,First Name,Last Name,Email\n12,Anne,Lem,the@lems.test\n";
    importer.import("people.csv", her).await;
    let gifts = b"Contact ID,Email,Amount,Date\n12,the@lems.test,10,2026-01-05\n13,the@lems.test,20,2026-01-05\n";
    let import = importer.check("gifts.csv", gifts, &[]).await;
    let told = importer.tally(&import).await;
    assert_eq!((told[0].as_str(), told[3].as_str()), ("1 is new", "1 has a problem"));
    let problems = importer.rows(&import, "problem").await;
    let words = "A contact has the email the@lems.test, but another External Identifier.";
    assert!(problems[0].contains(words), "{problems:?}");
}

#[tokio::test]
async fn gifts_and_notes_of_people_without_an_email_find_them_by_dms_number_and_name() {
    let importer = Importer::with_crossed_identifiers().await;
    // Of Bo neither email nor number 2 is theirs; Di has nothing but a number and a name.
    let gifts = b"DMS Number,Name,Amount,Date\n4,Di Dove,10,2026-01-05\n2,Somebody Else,20,2026-01-05\n77,Di Dove,30,2026-01-05\n";
    let import = importer.check("gifts.csv", gifts, &[]).await;
    let told = importer.tally(&import).await;
    assert_eq!((told[0].as_str(), told[3].as_str()), ("1 is new", "2 have a problem"));
    let problems = importer.rows(&import, "problem").await;
    assert!(
        problems[0].contains("The DMS Number 2 is that of Bo Bass here"),
        "{problems:?}"
    );
    assert!(
        problems[1].contains("No contact has the DMS Number 77."),
        "{problems:?}"
    );
    let notes = b"DMS Number,Name,Note\n4,\"Dove, Di\",Likes tea.\n";
    let import = importer.import("notes.csv", notes).await;
    assert_eq!(importer.tally(&import).await[0], "1 note added");
    let tags = b"DMS Number,Name,Tag\n4,Di Dove,Friend\n";
    let import = importer.check("tags.csv", tags, &[("makes_missing", "true")]).await;
    assert_eq!(importer.tally(&import).await[0], "1 is new");
    let ties = b"DMS Number A,Name A,Relationship,DMS Number B,Name B\n4,Di Dove,Sibling of,2,Bo Bass\n";
    let import = importer.check("ties.csv", ties, &[]).await;
    assert_eq!(importer.tally(&import).await[0], "1 is new");
    let calls = b"DMS Number,Name,Activity Type,Subject,Activity Date\n4,Di Dove,Call,Thanks,2026-01-05 10:00\n";
    let import = importer.check("calls.csv", calls, &[("makes_missing", "true")]).await;
    assert_eq!(importer.tally(&import).await[0], "1 is new");
}

#[tokio::test]
async fn a_gift_that_was_exported_and_corrected_is_changed_and_not_added_again() {
    let importer = Importer::with_crossed_identifiers().await;
    let gifts = b"DMS Number,Name,Amount,Date,Source\n4,Di Dove,10,2026-01-05,Dinner\n4,Di Dove,10,2026-01-05,Dinner\n\
        2,Bo Bass,20,2026-01-05,\n";
    importer.import("gifts.csv", gifts).await;
    let exported = async || importer.ada.get("contributions/export?sort=amount").await.body;
    let file = exported().await;
    let import = importer.check("contributions.csv", file.as_bytes(), &[]).await;
    let told = importer.tally(&import).await;
    assert_eq!(told[0], "0 are new", "{file}");
    assert!(told[1].starts_with("0 "), "{told:?}: {file}");
    assert!(told[2].starts_with("3 "), "{told:?}: {file}");

    let corrected = file.replacen(",10.00,", ",15.00,", 1);
    assert_ne!(corrected, file);
    let import = importer.import("contributions.csv", corrected.as_bytes()).await;
    let told = importer.tally(&import).await;
    assert_eq!(
        told[..2],
        ["0 contributions added", "1 contribution changed"],
        "{corrected}"
    );
    assert_eq!(exported().await.matches(",15.00,").count(), 1);
    importer.undo(&import).await;
    assert_eq!(exported().await, file);

    // The number of a gift of somebody else, one that is not here, and one named twice.
    let wrong =
        b"DMS Number of the contribution,DMS Number of the contact,Name,Amount,Date\n1,2,Bo Bass,5,2026-01-05\n\
        77,4,Di Dove,5,2026-01-05\n2,4,Di Dove,5,2026-01-05\n2,4,Di Dove,6,2026-01-05\n";
    let import = importer.check("wrong.csv", wrong, &[]).await;
    let problems = importer.rows(&import, "problem").await;
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems[0].contains("is of another contact here"), "{problems:?}");
    assert!(
        problems[1].contains("No contribution has the DMS Number 77"),
        "{problems:?}"
    );
    assert!(
        problems[2].contains("Row 4 of the file is about the same contribution already."),
        "{problems:?}"
    );
}
