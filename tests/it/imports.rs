//! Importing files through the pages: what becomes of each row is told before, is what happens, and can be taken back.

mod beside;
mod contributions;
mod exported;
mod killed;
mod records;
mod sample;
mod seen;
mod undone;

use dms::base::ContactId;
use dms::crm::contacts::{self, Contact};
use dms::crm::groups;
use dms::db::{Db, OrgTx};
use encoding_rs::{MACINTOSH, WINDOWS_1252};
use scraper::Selector;
use std::time::Duration;

use crate::support::browserless::{Answer, Browserless};
use crate::support::patience::patiently;
use crate::support::world::World;

/// No file of these tests takes this long, even on a busy machine with two cores.
const PATIENCE: Duration = Duration::from_secs(120);

/// Somebody who imports.
struct Importer {
    world: World,
    ada: Browserless,
}

/// An import by the address of its page inside the organization.
struct Import {
    page: String,
}

impl Importer {
    async fn new() -> Self {
        let world = World::start().await;
        let ada = world.sign_up("Shelter", "Ada Quill", "ada@shelter.test").await;
        Self { world, ada }
    }

    async fn upload(&self, name: &str, file: &[u8]) -> Answer {
        self.ada.upload("imports/new", "file", name, file, &[]).await
    }

    /// Brings a file and leaves the columns as they are recognized, but for `changed`.
    async fn check(&self, name: &str, file: &[u8], changed: &[(&str, &str)]) -> Import {
        let uploaded = self.upload(name, file).await;
        let columns = uploaded.location();
        let mut chosen = recognized(&self.ada.get(&columns).await);
        for (column, meaning) in changed {
            chosen.retain(|(name, _)| name != column);
            chosen.push(((*column).to_owned(), (*meaning).to_owned()));
        }
        let fields: Vec<(&str, &str)> = chosen
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let page = self.ada.post(&columns, &fields).await.location();
        let import = Import { page };
        self.until(&import, "Ready to import").await;
        import
    }

    /// Imports a file as it is recognized.
    async fn import(&self, name: &str, file: &[u8]) -> Import {
        let import = self.check(name, file, &[]).await;
        self.start(&import).await;
        import
    }

    async fn start(&self, import: &Import) {
        let started = self.ada.post(&format!("{}/start", import.page), &[]).await;
        assert_eq!(started.location(), import.page, "{}", started.body);
        self.until(import, "The file is imported").await;
    }

    async fn undo(&self, import: &Import) {
        let started = self.ada.post(&format!("{}/undo", import.page), &[]).await;
        assert_eq!(started.location(), import.page, "{}", started.body);
        self.until(import, "The import is undone").await;
    }

    async fn until(&self, import: &Import, words: &str) {
        let look = async || {
            let page = self.ada.get(&import.page).await;
            assert!(!page.has("The work has stopped"), "never “{words}”: {}", page.body);
            let ready = words == "Ready to import" && page.has("Throw the File Away") && !page.has("Look again");
            (page.has(words) || ready).then_some(())
        };
        let missing = async || format!("“{words}”: {}", self.ada.get(&import.page).await.body);
        patiently(PATIENCE, look, missing).await;
    }

    /// The numbers of the page with what they count: "2 new".
    async fn tally(&self, import: &Import) -> Vec<String> {
        let page = self.ada.get(&import.page).await;
        let (numbers, words) = (page.texts(".tally__number"), page.texts(".tally__text strong"));
        numbers
            .into_iter()
            .zip(words)
            .map(|(number, word)| format!("{number} {word}"))
            .collect()
    }

    /// What the list of rows with an outcome says: number, who, what.
    async fn rows(&self, import: &Import, outcome: &str) -> Vec<String> {
        let page = self.ada.get(&format!("{}/rows/{outcome}", import.page)).await;
        page.texts("tbody tr")
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut OrgTx<'_>) -> diesel::QueryResult<T> + Send + 'static,
    ) -> T {
        ask(self.world.db(), &self.ada, work).await
    }

    /// The contact with an External Identifier.
    async fn contact(&self, identifier: &str) -> Contact {
        let identifier = identifier.to_owned();
        self.ask(move |tx| {
            let found = contacts::store::by_external_identifiers(tx, std::slice::from_ref(&identifier))?;
            contacts::store::find(tx, found[&identifier])
        })
        .await
        .unwrap()
    }

    /// Everybody with an address, by name.
    async fn named(&self, address: &str) -> Vec<String> {
        let address = address.to_owned();
        let mut names: Vec<String> = self
            .ask(move |tx| contacts::store::by_addresses(tx, &[address]))
            .await
            .into_iter()
            .map(|holder| holder.display_name)
            .collect();
        names.sort();
        names
    }

    async fn groups_of(&self, contact: ContactId) -> Vec<String> {
        let memberships = self.ask(move |tx| groups::store::memberships(tx, contact)).await;
        let mut told: Vec<String> = memberships
            .iter()
            .map(|one| format!("{}: {}", one.title, one.status()))
            .collect();
        told.sort();
        told
    }
}

async fn ask<T: Send + 'static>(
    db: &Db,
    person: &Browserless,
    work: impl FnOnce(&mut OrgTx<'_>) -> diesel::QueryResult<T> + Send + 'static,
) -> T {
    let read: anyhow::Result<T> = db.read(person.organization_id(), move |tx| Ok(work(tx)?)).await;
    read.unwrap()
}

/// The form's fields as the page shows them.
fn recognized(page: &Answer) -> Vec<(String, String)> {
    let (html, selects) = (page.html(), Selector::parse("main select").unwrap());
    let chosen = Selector::parse("option[selected]").unwrap();
    html.select(&selects)
        .map(|select| {
            let name = select.value().attr("name").unwrap().to_owned();
            let option = select.select(&chosen).next();
            (
                name,
                option
                    .and_then(|option| option.value().attr("value"))
                    .unwrap_or_default()
                    .to_owned(),
            )
        })
        .collect()
}

#[tokio::test]
async fn before_import_is_pressed_everything_is_told_and_nothing_written() {
    let importer = Importer::new().await;
    importer
        .import(
            "first.csv",
            b"Contact ID,First Name,Last Name,City\n7,Anne,Lem,Alma\n8,Bo,Roy,Hull\n",
        )
        .await;
    let changes = importer.ask(|tx| dms::changelog::count(tx, &Default::default())).await;
    let second = b"Contact ID,First Name,Last Name,City,Email\n\
        7,Anne,Lem,Ayr,\n\
        8,Bo,Roy,Hull,\n\
        9,Cy,Fox,Laval,cy@fox.test\n\
        10,Di,Ray,Gatineau,not an address\n";
    let import = importer.check("second.csv", second, &[]).await;
    let told = importer.tally(&import).await;
    assert_eq!(told[0], "1 is new");
    assert!(
        told[1].starts_with("1 matches somebody and changes something"),
        "{told:?}"
    );
    assert!(
        told[2].starts_with("1 matches somebody and changes nothing"),
        "{told:?}"
    );
    assert_eq!(told[3], "1 has a problem");
    let page = importer.ada.get(&import.page).await;
    assert!(page.has("“not an address” is not an email address."));
    assert!(
        page.has("Alma (Home, primary)") || page.has("Alma → Ayr"),
        "{}",
        page.body
    );
    assert_eq!(importer.contact("7").await.addresses[0].city, "Alma");
    assert_eq!(
        importer.ask(|tx| dms::changelog::count(tx, &Default::default())).await,
        changes
    );

    importer.start(&import).await;
    assert_eq!(importer.contact("7").await.addresses[0].city, "Ayr");
    assert_eq!(importer.contact("9").await.display_name, "Cy Fox");
    assert_eq!(importer.rows(&import, "rejected").await.len(), 1);
}

#[tokio::test]
async fn a_match_takes_on_what_the_file_says_and_loses_nothing() {
    let importer = Importer::new().await;
    let first = b"Contact ID,First Name,Last Name,Email,Phone,Job Title,Do Not Email,Street Address,City\n\
        7,Anne,Lem,anne@lem.test,613 555 0100,Cook,Yes,1 Elm St,Alma\n";
    importer.import("first.csv", first).await;
    let second =
        b"Contact ID,First Name,Last Name,Email,Second Email,Phone,Job Title,Do Not Email,Street Address,City\n\
        7,Anne,Lem,new@lem.test,anne@lem.test,(613) 555-0100,,No,,Ayr\n";
    importer.import("second.csv", second).await;
    let anne = importer.contact("7").await;
    let emails: Vec<_> = anne
        .emails
        .iter()
        .map(|email| (email.address.as_typed(), email.is_primary))
        .collect();
    assert_eq!(emails, [("new@lem.test", true), ("anne@lem.test", false)]);
    assert_eq!(
        anne.phones.len(),
        1,
        "the same number written otherwise is no second phone"
    );
    assert_eq!(anne.details.job_title, "Cook", "an empty cell blanks nothing");
    assert!(
        anne.details.privacy.do_not_email,
        "a list does not unlearn what somebody asked for"
    );
    assert_eq!(
        (
            anne.addresses[0].street_address.as_str(),
            anne.addresses[0].city.as_str()
        ),
        ("1 Elm St", "Ayr")
    );
}

#[tokio::test]
async fn somebody_without_identifier_is_known_by_email_and_name_and_never_by_an_address_alone() {
    let importer = Importer::new().await;
    importer
        .import("first.csv", b"First Name,Last Name,Email\nAnne,Lem,house@lem.test\n")
        .await;
    let second =
        "First Name,Last Name,Email,Job Title\nANNE,l\u{e9}m,House@lem.test,Cook\nBo,Lem,house@lem.test,Baker\n";
    let import = importer.import("second.csv", second.as_bytes()).await;
    assert_eq!(importer.named("house@lem.test").await, ["ANNE lém", "Bo Lem"]);
    assert_eq!(
        importer.tally(&import).await[..2],
        ["1 contact added", "1 row changed somebody"]
    );
}

#[tokio::test]
async fn several_rows_about_one_person_make_one_contact_in_several_groups() {
    let importer = Importer::new().await;
    let file = b"Name of giver,Contact ID,First Name,Last Name,Group,Status\n\
        x,7,Anne,Lem,Volunteers,Added\n\
        x,7,Anne,Lem,Newsletter,Added\n\
        x,7,Anne,Lem,Old Board,Removed\n\
        x,7,Anne,Lem,newsletter,Added\n";
    let import = importer.check("several.csv", file, &[]).await;
    assert_eq!(importer.tally(&import).await[0], "1 is new");
    let page = importer.ada.get(&import.page).await;
    assert!(page.has("will be made"));
    importer.start(&import).await;
    let anne = importer.contact("7").await;
    assert_eq!(
        importer.groups_of(anne.id).await,
        [
            "Newsletter: Added (by Import)",
            "Old Board: Removed (by Import)",
            "Volunteers: Added (by Import)"
        ]
    );
}

#[tokio::test]
async fn everybody_of_a_file_may_join_a_group_that_is_made_for_them() {
    let importer = Importer::new().await;
    let file = b"Email\nanne@lem.test\nbo@roy.test\n";
    let import = importer.check("gala.csv", file, &[("new_group", "Gala 2026")]).await;
    importer.start(&import).await;
    let group = importer
        .ask(|tx| groups::store::find_by_title(tx, "gala 2026"))
        .await
        .unwrap();
    assert_eq!(
        importer.ask(move |tx| groups::store::member_count(tx, group.id)).await,
        2
    );
}

#[tokio::test]
async fn a_french_file_of_any_encoding_is_read_as_it_was_written() {
    let importer = Importer::new().await;
    let file = |name: &str| format!("Prénom;Nom;Courriel;Ville;Décédé\nZoë;Côté;{name}@cote.test;Trois-Rivières;non\n");
    let written = [
        ("windows", WINDOWS_1252.encode(&file("windows")).0.into_owned()),
        ("mac", MACINTOSH.encode(&file("mac")).0.into_owned()),
        ("plain", file("plain").into_bytes()),
    ];
    for (name, bytes) in written {
        importer.import(&format!("{name}.csv"), &bytes).await;
        assert_eq!(importer.named(&format!("{name}@cote.test")).await, ["Zoë Côté"]);
    }
}

#[tokio::test]
async fn rejected_rows_come_back_as_a_file_that_can_be_corrected_and_imported() {
    let importer = Importer::new().await;
    let file = b"First Name,Last Name,Email,Phone\nAnne,Lem,anne.lem.test,+1 613 555 0100\nBo,Roy,bo@roy.test,=cmd()\nCy,Fox\n";
    let import = importer.import("list.csv", file).await;
    let rejected = importer.ada.get(&format!("{}/rejected.csv", import.page)).await;
    assert!(
        rejected.headers["content-disposition"]
            .to_str()
            .unwrap()
            .contains("attachment")
    );
    let text = rejected.body.trim_start_matches('\u{FEFF}').to_owned();
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    assert_eq!(
        reader.headers().unwrap(),
        vec!["First Name", "Last Name", "Email", "Phone", "Problem"]
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(&rows[0][3], "'+1 613 555 0100", "a spreadsheet would compute it");
    assert!(rows[0][4].contains("not an email address"));
    assert_eq!(rows.len(), 3, "{text}");
    assert!(rows[1][4].contains("digits"), "{text}");
    assert!(rows[2][4].contains("2 cells"), "{text}");

    let corrected = text.replace("anne.lem.test", "anne@lem.test");
    importer.import("corrected.csv", corrected.as_bytes()).await;
    let anne = importer
        .ask(|tx| contacts::store::by_addresses(tx, &["anne@lem.test".into()]))
        .await;
    let anne = importer
        .ask(move |tx| contacts::store::find(tx, anne[0].contact))
        .await
        .unwrap();
    assert_eq!(anne.phones[0].number, "+1 613 555 0100");
}

#[tokio::test]
async fn choices_are_remembered_for_the_next_file_with_the_same_columns() {
    let importer = Importer::new().await;
    let file = b"Email,Nickname\nanne@lem.test,Annie\n";
    importer.check("one.csv", file, &[("column_1", "first_name")]).await;
    let uploaded = importer.upload("two.csv", b"Email,Nickname\nbo@roy.test,Bo\n").await;
    let chosen = recognized(&importer.ada.get(&uploaded.location()).await);
    assert!(chosen.contains(&("column_1".into(), "first_name".into())), "{chosen:?}");
}

#[tokio::test]
async fn columns_that_tell_nobody_or_say_the_same_twice_are_asked_about_again() {
    let importer = Importer::new().await;
    let columns = importer
        .upload("one.csv", b"City,Email\nAlma,a@b.test\n")
        .await
        .location();
    let nobody = importer.ada.post(&columns, &[("column_0", "city")]).await;
    assert_eq!(nobody.status, 422);
    assert!(nobody.has("Nothing tells yet who the rows are about"));
    let twice = importer
        .ada
        .post(&columns, &[("column_0", "email"), ("column_1", "email")])
        .await;
    assert_eq!(twice.status, 422);
    assert!(twice.has("Column A is Email already"));
}

#[tokio::test]
async fn dates_are_read_by_what_the_other_rows_of_the_file_tell() {
    let importer = Importer::new().await;
    let file = b"Contact ID,First Name,Last Name,Birth Date\n1,Anne,Lem,03/04/1980\n2,Bo,Roy,25/12/1970\n";
    importer.import("told.csv", file).await;
    assert_eq!(
        importer.contact("1").await.details.birth_date.unwrap().to_string(),
        "1980-04-03"
    );
    let untold = b"Contact ID,First Name,Last Name,Birth Date\n3,Cy,Fox,03/04/1980\n";
    let import = importer.check("untold.csv", untold, &[]).await;
    assert_eq!(importer.tally(&import).await[3], "1 has a problem");
}

#[tokio::test]
async fn what_is_no_list_is_refused_at_the_form_and_leaves_nothing_behind() {
    let importer = Importer::new().await;
    for (name, file, words) in [
        ("book.xlsx", &b"PK\x03\x04 and so on"[..], "workbook"),
        ("empty.csv", b"", "empty"),
        ("heads.csv", b"Email,City\n", "no rows under them"),
        (
            "open.csv",
            b"Email,City\na@b.test,\"Alma\nc@d.test,Hull\n",
            "quotation mark",
        ),
    ] {
        let refused = importer.upload(name, file).await;
        assert_eq!(refused.status, 422, "{name}");
        assert!(
            refused.text(".field__error").contains(words),
            "{name}: {}",
            refused.body
        );
    }
    assert!(importer.ada.get("imports").await.has("Nothing imported yet"));
}

#[tokio::test]
async fn a_file_can_be_thrown_away_before_it_is_imported_and_not_after() {
    let importer = Importer::new().await;
    let import = importer.check("one.csv", b"Email\nanne@lem.test\n", &[]).await;
    importer.ada.post(&format!("{}/discard", import.page), &[]).await;
    assert_eq!(importer.ada.get(&import.page).await.status, 404);
    let import = importer.import("two.csv", b"Email\nanne@lem.test\n").await;
    let late = importer.ada.post(&format!("{}/discard", import.page), &[]).await;
    assert_eq!(late.status, 409);
    assert_eq!(importer.tally(&import).await[0], "1 contact added");
}
