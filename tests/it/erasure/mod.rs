//! Erasing a person for good: nothing of them is left anywhere in the database, and only an administrator does it, after
//! typing the name.

mod mailchimp;
mod rows;

use crate::support::browser::Browser;
use crate::support::browserless::Browserless;
use crate::support::office::send;
use crate::support::world::{World, eventually};
use diesel::prelude::*;
use diesel::sql_types::Text;
use dms::base::{Actor, EmailAddress, Role, StaffId};
use dms::crm::contacts::{self, Address, ContactDraft, EmailDraft, Phone};
use dms::db::OrgTx;

async fn write<T: Send + 'static>(
    world: &World,
    of: &Browserless,
    work: impl FnOnce(&mut OrgTx<'_>) -> anyhow::Result<T> + Send + 'static,
) -> T {
    let actor = Actor::Staff {
        id: StaffId(1),
        name: "Ada".into(),
    };
    world.db().write(of.organization_id(), actor, work).await.unwrap()
}

/// Every table that has one of these words somewhere in a row, whatever the column.
async fn tables_with(world: &World, of: &Browserless, words: &'static [&'static str]) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }
    write(world, of, move |tx| {
        let tables: Vec<Name> = diesel::sql_query(
            "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace \
             AND relkind = 'r' AND relrowsecurity ORDER BY 1",
        )
        .load(&mut **tx)?;
        let mut found = Vec::new();
        for table in tables {
            for word in words {
                let rows: Vec<Name> = diesel::sql_query(format!(
                    "SELECT row::text AS name FROM {} AS row WHERE row::text ILIKE '%' || $1 || '%' LIMIT 1",
                    table.name
                ))
                .bind::<Text, _>(*word)
                .load(&mut **tx)?;
                found.extend(
                    rows.into_iter()
                        .map(|row| format!("{}: {word} in {}", table.name, row.name)),
                );
            }
        }
        Ok(found)
    })
    .await
}

const TRACES: &[&str] = &[
    "zenobia",
    "quixley",
    "zq@x.test",
    "zq%40x.test",
    "5550177",
    "555 0177",
    "unicorn lane",
];

fn zenobia() -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.first_name = "Zenobia".into();
    draft.details.last_name = "Quixley".into();
    draft.details.external_identifier = Some("quixley-7".into());
    draft.details.source = "Friend of the Quixleys".into();
    draft
        .emails
        .push(EmailDraft::new(EmailAddress::parse("zq@x.test").unwrap()));
    draft.phones.push(Phone::new("613 555 0177"));
    draft.addresses.push(Address {
        location_type: "Home".into(),
        street_address: "1 Unicorn Lane".into(),
        city: "Alma".into(),
        ..Address::default()
    });
    draft.settle_primaries();
    draft
}

/// Imports a file as its columns are recognized; answers the address of the import's page.
async fn import(ada: &Browserless, name: &str, csv: &[u8]) -> String {
    let columns = ada.upload("imports/new", "file", name, csv, &[]).await.location();
    let page = ada.get(&columns).await;
    let chosen: Vec<(String, String)> = page
        .html()
        .select(&scraper::Selector::parse("main select").unwrap())
        .map(|select| {
            let option = scraper::Selector::parse("option[selected]").unwrap();
            let value = select
                .select(&option)
                .next()
                .and_then(|option| option.value().attr("value"));
            (
                select.value().attr("name").unwrap_or_default().to_owned(),
                value.unwrap_or_default().to_owned(),
            )
        })
        .collect();
    let mut chosen: Vec<(&str, &str)> = chosen
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    chosen.push(("makes_missing", "true"));
    let import = ada.post(&columns, &chosen).await.location();
    eventually("checked", async || ada.get(&import).await.has("Throw the File Away")).await;
    ada.post(&format!("{import}/start"), &[]).await;
    eventually("imported", async || ada.get(&import).await.has("The file is imported")).await;
    import
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_left_in_any_table() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside", "Ada Lem", "ada@riverside.test").await;
    let csv = b"Contact ID,First Name,Last Name,Email,Phone,Group\nquixley-7,Zenobia,Quixley,zq@x.test,613 555 0177,Newsletter\n";
    import(&ada, "list.csv", csv).await;

    let (first, twin) = write(&world, &ada, |tx| {
        let found = contacts::store::by_external_identifiers(tx, &["quixley-7".into()])?;
        let mut draft = zenobia();
        draft.details.external_identifier = None;
        Ok((found["quixley-7"], contacts::actions::add(tx, &draft)?))
    })
    .await;
    let other = write(&world, &ada, |tx| {
        let mut draft = zenobia();
        draft.details.external_identifier = None;
        draft.details.first_name = "Bo".into();
        draft.details.last_name = "Roy".into();
        draft.details.source = String::new();
        (draft.emails, draft.phones, draft.addresses) = Default::default();
        Ok(contacts::actions::add(tx, &draft)?)
    })
    .await;
    // A merge by mistake that was undone, and one that holds; a bulk action; a search for duplicates.
    let mistake = ada
        .post(&format!("contacts/{other}/merge/{first}"), &[])
        .await
        .location();
    ada.post(&format!("{mistake}/undo"), &[]).await;
    ada.post("duplicates/search", &[]).await;
    eventually("searched", async || ada.get("duplicates/live").await.has("Last looked")).await;
    let edit = [
        ("scope", "all"),
        ("deed", "edit"),
        ("field", "source"),
        ("value", "Spring gala"),
    ];
    let bulk = ada.post("bulk/start", &edit).await.location();
    eventually("edited", async || {
        ada.get(&bulk)
            .await
            .texts(".message__text")
            .contains(&"Done".to_owned())
    })
    .await;
    ada.post(&format!("{bulk}/undo"), &[]).await;
    eventually("undone", async || {
        ada.get(&bulk)
            .await
            .texts(".message__text")
            .contains(&"Undone".to_owned())
    })
    .await;
    // What was done to their records and could be taken back: a note that was deleted, a contact that was changed.
    ada.post(
        &format!("contacts/{first}/notes/new"),
        &[("text", "Mrs. Quixley called"), ("noted_at", "2026-01-05T10:00")],
    )
    .await;
    let notes = ada.get(&format!("contacts/{first}/notes")).await;
    let note = notes.attribute(".entries a[href$='/delete']", "href").unwrap();
    ada.post(&note, &[]).await;
    let edit = format!("contacts/{first}/edit");
    let form = ada.get(&edit).await;
    let changed = send(&ada, &edit, &form.filled(&[("middle_name", "Q"), ("then", "save")])).await;
    assert_eq!(
        changed.location(),
        ada.at(&format!("contacts/{first}")),
        "{}",
        changed.body
    );
    ada.post(&format!("contacts/{first}/merge/{twin}"), &[]).await;
    ada.post(&format!("contacts/{first}/trash"), &[]).await;
    let before = tables_with(&world, &ada, TRACES).await;
    for table in [
        "contacts",
        "emails",
        "changes",
        "import_rows",
        "merges",
        "bulk_contacts",
        "duplicate_keys",
        "step_rows",
    ] {
        assert!(
            before.iter().any(|line| line.starts_with(table)),
            "{table}: {before:#?}"
        );
    }

    let wrong = ada
        .post(&format!("contacts/{first}/erase"), &[("name", "zenobia")])
        .await;
    assert_eq!(wrong.status, 422);
    assert_eq!(tables_with(&world, &ada, TRACES).await.len(), before.len());
    let erased = ada
        .post(&format!("contacts/{first}/erase"), &[("name", "Zenobia Quixley")])
        .await;
    assert_eq!(erased.location(), ada.at("contacts/trash"), "{}", erased.body);
    let left = tables_with(&world, &ada, TRACES).await;
    assert!(left.is_empty(), "{left:#?}");
    let page = ada.get(&format!("contacts/{first}")).await;
    assert!(
        page.has("Erased contact") && page.has("erased for good"),
        "{}",
        page.body
    );
    assert!(
        ada.get(&format!("contacts/{first}/changes"))
            .await
            .has("Contact erased for good")
    );
    assert!(
        ada.get(&format!("contacts/{other}")).await.has("Bo Roy"),
        "the other is untouched"
    );
    assert_eq!(ada.post(&format!("contacts/{first}/restore"), &[]).await.status, 409);
    assert!(ada.get("contacts/trash").await.has("The trash is empty"));
}

#[tokio::test]
async fn only_administrators_erase_and_only_who_is_in_the_trash() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside", "Ada Lem", "ada@riverside.test").await;
    let id = write(&world, &ada, |tx| Ok(contacts::actions::add(tx, &zenobia())?)).await;
    let name = [("name", "Zenobia Quixley")];
    assert_eq!(
        ada.post(&format!("contacts/{id}/erase"), &name).await.status,
        409,
        "not in the trash"
    );
    ada.post(&format!("contacts/{id}/trash"), &[]).await;
    let sam = world.invite(&ada, Role::Staff, "sam@riverside.test").await;
    assert_eq!(sam.post(&format!("contacts/{id}/erase"), &name).await.status, 403);
    assert!(!sam.get(&format!("contacts/{id}")).await.has("Erase for good"));
    assert!(ada.get(&format!("contacts/{id}")).await.has("Erase for good"));
}

#[actix_web::test]
async fn the_question_is_open_to_everybody() {
    let Some(browser) = Browser::open().await else { return };
    let world = World::start().await;
    let ada = world.sign_up("Riverside", "Ada Lem", "ada@riverside.test").await;
    let id = write(&world, &ada, |tx| Ok(contacts::actions::add(tx, &zenobia())?)).await;
    ada.post(&format!("contacts/{id}/trash"), &[]).await;
    let origin = format!("http://{}", world.address());
    browser.sign_in(&origin, "ada@riverside.test").await;
    for (name, path) in [("1-trashed", ""), ("2-question", "/erase")] {
        browser
            .visit(&format!("{origin}{}{path}", ada.at(&format!("contacts/{id}"))))
            .await;
        for (width, height) in [(1280, 900), (390, 1300)] {
            browser.viewport(width, height).await;
            let found = browser.axe().await;
            assert!(found.is_empty(), "{name} at {width}: {found:?}");
            browser.screenshot(&format!("erase-{name}-{width}")).await;
        }
    }
    browser.fill("#name", "Zenobia Quixley").await;
    browser.press("Erase for Good").await;
    browser.until("h1", "Trash").await;
}
