//! Rows that name an erased person beside somebody else: of imported files, and of batches.

use super::{import, write};
use crate::support::world::World;
use diesel::prelude::*;
use dms::base::{ContactId, Currency, Money};
use dms::crm::batches::actions::{self as batches, NewBatch};
use dms::crm::batches::model::BatchRow;
use dms::crm::batches::store as batch_store;
use dms::crm::contacts;
use dms::db::schema::import_rows;

#[tokio::test]
async fn rows_of_files_that_name_an_erased_person_second_lose_what_they_say_and_no_others_do() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside", "Ada Lem", "ada@riverside.test").await;
    import(
        &ada,
        "people.csv",
        b"Contact ID,First Name,Last Name,Email\nbo,Bo,Roy,bo@roy.test\nquixley-7,Zenobia,Quixley,zq@x.test\ncleo,Cleo,Moss,cleo@moss.test\n",
    )
    .await;
    // The second contact of a relationship; once together with somebody who is not here, so that the row is left out.
    import(
        &ada,
        "relationships.csv",
        b"Contact ID A,Relationship,Contact ID B,Email B\nbo,Spouse of,quixley-7,\ncleo,Spouse of,bo,\nnobody,Spouse of,,ZQ@x.test\n",
    )
    .await;
    // One of several with whom an activity is; who added one.
    import(
        &ada,
        "activities.csv",
        b"Activity Type,Subject,Activity Date,With Contact IDs,Added By Contact ID\n\
        Meeting,Together,2026-03-01,bo;quixley-7,\nMeeting,Added,2026-03-02,cleo,quixley-7\nMeeting,Others,2026-03-03,bo;cleo,\n",
    )
    .await;
    let zenobia = write(&world, &ada, |tx| {
        let found = contacts::store::by_external_identifiers(tx, &["quixley-7".into()])?;
        Ok(found["quixley-7"])
    })
    .await;
    let full = |row: &(String, Vec<i64>)| row.0 != "[]";
    let before = rows(&world, &ada).await;
    assert!(before.len() == 9 && before.iter().all(full), "{before:#?}");
    let named = before.iter().filter(|row| names(row, zenobia)).count();
    assert_eq!(named, 5, "{before:#?}");

    ada.post(&format!("contacts/{zenobia}/trash"), &[]).await;
    let erased = ada
        .post(&format!("contacts/{zenobia}/erase"), &[("name", "Zenobia Quixley")])
        .await;
    assert_eq!(erased.location(), ada.at("contacts/trash"), "{}", erased.body);
    let after = rows(&world, &ada).await;
    assert!(!after.iter().any(|row| names(row, zenobia)), "{after:#?}");
    assert_eq!(after.iter().filter(|row| full(row)).count(), 4, "{after:#?}");
}

#[tokio::test]
async fn what_was_typed_into_a_batch_about_an_erased_person_goes_and_other_rows_stay() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside", "Ada Lem", "ada@riverside.test").await;
    let (zenobia, batch) = write(&world, &ada, |tx| {
        let zenobia = contacts::actions::add(tx, &super::zenobia())?;
        let new = NewBatch {
            name: "Sunday".into(),
            description: String::new(),
            control_count: 2,
            control_total: Money::new(2_000, Currency::CAD),
        };
        let batch = batches::create(tx, &new)?;
        let row = |who: &str, contact: &str| BatchRow {
            who: who.into(),
            contact: contact.into(),
            amount: "10".into(),
            note: format!("From {who}"),
            ..BatchRow::default()
        };
        let rows = [row("Zenobia Quixley", &zenobia.to_string()), row("Somebody else", "")];
        batches::save(tx, batch, &rows).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok((zenobia, batch))
    })
    .await;
    ada.post(&format!("contacts/{zenobia}/trash"), &[]).await;
    ada.post(&format!("contacts/{zenobia}/erase"), &[("name", "Zenobia Quixley")])
        .await;
    let rows = write(&world, &ada, move |tx| Ok(batch_store::find(tx, batch)?.unwrap().rows)).await;
    assert_eq!((rows[0].who.as_str(), rows[0].note.as_str()), ("", ""));
    assert_eq!(rows[0].amount, "10", "the gift is still counted");
    assert_eq!(rows[1].note, "From Somebody else");
}

/// What the rows of all files say, and whom they met second.
async fn rows(world: &World, ada: &crate::support::browserless::Browserless) -> Vec<(String, Vec<i64>)> {
    let rows: Vec<(serde_json::Value, Vec<i64>)> = write(world, ada, |tx| {
        Ok(import_rows::table
            .filter(import_rows::organization_id.eq(tx.organization()))
            .order((import_rows::import_id, import_rows::row_number))
            .select((import_rows::cells, import_rows::other_contacts))
            .load(&mut **tx)?)
    })
    .await;
    rows.into_iter()
        .map(|(cells, others)| (cells.to_string(), others))
        .collect()
}

fn names((cells, others): &(String, Vec<i64>), person: ContactId) -> bool {
    let said = cells.to_lowercase();
    said.contains("quixley") || said.contains("zq@x.test") || others.contains(&person.0)
}

#[tokio::test]
async fn others_no_longer_name_an_erased_person_and_words_that_only_contain_the_name_stay() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside", "Ada Lem", "ada@riverside.test").await;
    import(
        &ada,
        "people.csv",
        b"Contact ID,First Name,Last Name,Email\nbo,Bo,Roy,bo@roy.test\nquixley-7,Zenobia,Quixley,zq@x.test\n",
    )
    .await;
    import(
        &ada,
        "relationships.csv",
        b"Contact ID A,Relationship,Contact ID B\nbo,Spouse of,quixley-7\n",
    )
    .await;
    import(
        &ada,
        "activities.csv",
        b"Activity Type,Subject,Activity Date,With Contact IDs\nMeeting,Zenobia Quixleyville,2026-03-01,bo;quixley-7\n",
    )
    .await;
    let (zenobia, bo) = write(&world, &ada, |tx| {
        let found = contacts::store::by_external_identifiers(tx, &["quixley-7".into(), "bo".into()])?;
        Ok((found["quixley-7"], found["bo"]))
    })
    .await;
    let log = format!("contacts/{bo}/changes");
    assert!(ada.get(&log).await.has("Spouse of Zenobia Quixley"));
    ada.post(&format!("contacts/{zenobia}/trash"), &[]).await;
    ada.post(&format!("contacts/{zenobia}/erase"), &[("name", "Zenobia Quixley")])
        .await;
    let told = ada.get(&log).await;
    let words = told.text("table").replace("Zenobia Quixleyville", "the town");
    assert!(
        !words.contains("Zenobia") && words.contains("Spouse of Erased contact"),
        "{words}"
    );
    assert!(words.contains("the town"), "{words}");
}

#[tokio::test]
async fn rows_of_files_with_a_former_address_of_an_erased_person_are_emptied_too() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside", "Ada Lem", "ada@riverside.test").await;
    let zenobia = write(&world, &ada, |tx| {
        let id = contacts::actions::add(tx, &super::zenobia())?;
        let mut draft = super::zenobia();
        draft.emails[0].address = dms::base::EmailAddress::parse("new@x.test").unwrap();
        contacts::actions::change(tx, id, &draft, "")?;
        Ok(id)
    })
    .await;
    import(
        &ada,
        "people.csv",
        b"Contact ID,First Name,Last Name,Email\nbo,Bo,Roy,bo@roy.test\n",
    )
    .await;
    // Nobody has this address by now, so the row is left out.
    let file = b"Contact ID A,Relationship,Contact ID B,Email B\nbo,Spouse of,,ZQ@x.test\n";
    import(&ada, "relationships.csv", file).await;
    let full = async || rows(&world, &ada).await.iter().filter(|row| row.0 != "[]").count();
    assert_eq!(full().await, 2);
    ada.post(&format!("contacts/{zenobia}/trash"), &[]).await;
    ada.post(&format!("contacts/{zenobia}/erase"), &[("name", "Zenobia Quixley")])
        .await;
    assert_eq!(full().await, 1, "Bo’s own row stays");
}
