//! Imports beside everything else that goes on: what colleagues do meanwhile, rows of one file that look alike, and what is
//! forgotten in time.

use super::Importer;
use crate::support::world::eventually;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use dms::base::{Actor, StaffId};
use dms::crm::contributions::{Contribution, actions, store};
use dms::db::schema::{bulk_batches, import_rows, imports};
use std::sync::mpsc;

const ANNE: &[u8] = b"Contact ID,First Name,Last Name\n1,Anne,Lem\n";

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Importer {
    /// The gift with a Contribution ID.
    async fn gift(&self, identifier: &str) -> Contribution {
        let identifier = identifier.to_owned();
        self.ask(move |tx| {
            let mut found = store::by_external_identifiers(tx, std::slice::from_ref(&identifier))?;
            Ok(found.remove(&identifier).expect("the gift"))
        })
        .await
    }

    async fn made(&self, name: &str, file: &[u8]) -> super::Import {
        let import = self.check(name, file, &[("makes_missing", "true")]).await;
        self.start(&import).await;
        import
    }
}

#[tokio::test]
async fn an_undo_leaves_what_cannot_be_again_what_it_was_and_comes_to_its_end() {
    let importer = Importer::new().await;
    importer.import("people.csv", ANNE).await;
    let before = b"Contribution ID,Contact ID,Amount,Date,Fund\nA,1,100,2026-01-01,Roof\nB,1,50,2026-01-02,Garden\n";
    importer.made("before.csv", before).await;
    let roof = importer.gift("A").await.is.fund_id;
    let after = b"Contribution ID,Contact ID,Amount,Date,Fund\nA,1,120,2026-01-01,Garden\nB,1,60,2026-01-02,Garden\n";
    let import = importer.import("after.csv", after).await;
    let deleted = importer.ada.post(&format!("funds/{roof}/delete"), &[]).await;
    assert_eq!(deleted.status, 303, "{}", deleted.text("main"));

    importer.undo(&import).await;
    assert_eq!(importer.gift("A").await.is.amount, 12_000, "the fund it had is gone");
    assert_eq!(importer.gift("B").await.is.amount, 5_000);
    let told = importer.tally(&import).await;
    assert_eq!(told[..2], ["1 row taken back", "1 row not taken back wholly"]);
    let kept = importer.rows(&import, "kept").await;
    assert!(
        kept[0].contains("the fund or the campaign it had before was deleted since"),
        "{kept:?}"
    );
}

#[tokio::test]
async fn what_a_colleague_saves_in_the_same_second_is_not_written_over() {
    let importer = Importer::new().await;
    importer.import("people.csv", ANNE).await;
    importer
        .made(
            "first.csv",
            b"Contribution ID,Contact ID,Amount,Date\nA,1,100,2026-01-01\n",
        )
        .await;
    let gift = importer.gift("A").await;
    let again = b"Contribution ID,Contact ID,Amount,Date\nA,1,120,2026-01-01\n";
    let import = importer.check("again.csv", again, &[]).await;

    let (written, is_written) = mpsc::channel();
    let (go_on, is_to_go_on) = mpsc::channel::<()>();
    let (db, organization) = (importer.world.db().clone(), importer.ada.organization_id());
    let colleague = tokio::spawn(async move {
        let bo = Actor::Staff {
            id: StaffId(1),
            name: "Bo".into(),
        };
        db.write(organization, bo, move |tx| {
            let mut draft = gift.is.clone();
            draft.note = "Said on the phone: for the roof".into();
            actions::change(tx, gift.id, &draft, draft.received_on, "").map_err(|error| anyhow::anyhow!("{error}"))?;
            written.send(())?;
            is_to_go_on.recv()?;
            Ok::<(), anyhow::Error>(())
        })
        .await
    });
    tokio::task::spawn_blocking(move || is_written.recv())
        .await
        .unwrap()
        .unwrap();
    importer
        .ada
        .post(&format!("{}/start", import.page), &[])
        .await
        .location();
    eventually("the import waits for the colleague", async || {
        let waiting: Count = importer
            .ask(|tx| {
                diesel::sql_query(
                    "SELECT count(*) AS count FROM pg_stat_activity \
                     WHERE datname = current_database() AND wait_event_type = 'Lock'",
                )
                .get_result(&mut **tx)
            })
            .await;
        waiting.count > 0
    })
    .await;
    go_on.send(()).unwrap();
    colleague.await.unwrap().unwrap();
    importer.until(&import, "The file is imported").await;
    let gift = importer.gift("A").await.is;
    assert_eq!(
        (gift.amount, gift.note.as_str()),
        (12_000, "Said on the phone: for the roof")
    );
}

#[tokio::test]
async fn rows_without_an_id_are_not_lost_beside_equal_ones_with_an_id() {
    let importer = Importer::new().await;
    importer.import("people.csv", ANNE).await;
    let mut gifts = "Contribution ID,Contact ID,Amount,Date\nA,1,50,2026-01-01\n".to_owned();
    let mut visits = "Activity ID,Contact ID,Activity Type,Subject,Date\nA,1,Meeting,Tea,2026-01-01\n".to_owned();
    // More rows than one step takes.
    for n in 0..1_100 {
        gifts.push_str(&format!(",1,{},2026-01-01\n", 1_000 + n));
        visits.push_str(&format!(",1,Meeting,Number {n},2026-01-01\n"));
    }
    gifts.push_str(",1,50,2026-01-01\n");
    visits.push_str(",1,Meeting,Tea,2026-01-01\n");
    for (name, file, noun) in [
        ("gifts.csv", gifts, "contributions"),
        ("visits.csv", visits, "activities"),
    ] {
        let import = importer.import(name, file.as_bytes()).await;
        assert_eq!(importer.tally(&import).await[0], format!("1102 {noun} added"));
        // And a second time nothing.
        let again = importer.check(name, file.as_bytes(), &[]).await;
        let told = importer.tally(&again).await;
        assert_eq!(told[0], "0 are new");
        assert!(
            told[2].starts_with("1102 are here already and change nothing"),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn what_files_said_and_what_was_before_is_forgotten_in_time_also_where_nothing_follows() {
    let importer = Importer::new().await;
    importer.import("people.csv", ANNE).await;
    importer
        .upload("forgotten.csv", b"First Name,Last Name\nBo,Roy\n")
        .await
        .location();
    let french = [
        ("scope", "all"),
        ("deed", "edit"),
        ("field", "preferred_language"),
        ("value", "fr"),
    ];
    importer.ada.post("bulk/start", &french).await.location();
    let kept = async || {
        importer
            .ask(|tx| {
                let organization = tx.organization();
                let rows: i64 = import_rows::table
                    .filter(import_rows::organization_id.eq(organization))
                    .count()
                    .get_result(&mut **tx)?;
                let files: i64 = imports::table
                    .filter(imports::organization_id.eq(organization))
                    .count()
                    .get_result(&mut **tx)?;
                let before: i64 = bulk_batches::table
                    .filter(bulk_batches::organization_id.eq(organization))
                    .count()
                    .get_result(&mut **tx)?;
                Ok((rows, files, before))
            })
            .await
    };
    assert_eq!(kept().await, (2, 2, 1));
    importer.world.pass(chrono::TimeDelta::days(29));
    assert_eq!(kept().await, (2, 2, 1));
    importer.world.pass(chrono::TimeDelta::days(2));
    eventually("rows are forgotten, and the file that was never imported", async || {
        kept().await == (0, 1, 0)
    })
    .await;
}
