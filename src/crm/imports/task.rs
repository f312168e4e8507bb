//! The work in the background: checks, imports and undoes, one step of one import after the other, under a lease for each
//! organization. Whoever holds it may be killed at any line: the next holder goes on at the row where the last transaction ended.

use super::model::{Import, State};
use super::{step, store};
use crate::base::ImportId;
use crate::db::schema::imports;
use crate::db::{Db, OrgTx, SharedTx};
use crate::work::{self, Kind, Lease, Wakes};
use chrono::TimeDelta;
use diesel::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often work is looked for without being woken: for leases that have expired.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long to wait before a step that failed is tried again.
const AGAIN_AFTER: TimeDelta = TimeDelta::seconds(3);

/// Starts working, until `stop` says so.
pub fn start(db: Db, wakes: Wakes, stop: Arc<AtomicBool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while !stop.load(Ordering::Relaxed) {
            // Registered before looking, so that nothing that becomes due meanwhile is missed.
            let woken = wakes.next();
            if let Err(error) = work_off(&db, &stop).await {
                tracing::warn!(error = format!("{error:#}"), "imports could not be worked on");
            }
            if !stop.load(Ordering::Relaxed) {
                let _ = tokio::time::timeout(LOOK_EVERY, woken).await;
            }
        }
    })
}

/// Works for one organization after the other until none has anything due.
async fn work_off(db: &Db, stop: &AtomicBool) -> anyhow::Result<()> {
    while !stop.load(Ordering::Relaxed) {
        let claimed = shared(db, |tx| work::claim(tx, Kind::Import, 1)).await?;
        let Some(lease) = claimed.into_iter().next() else {
            break;
        };
        work_for(db, lease, stop).await?;
    }
    Ok(())
}

async fn work_for(db: &Db, lease: Lease, stop: &AtomicBool) -> anyhow::Result<()> {
    let organization = lease.organization;
    loop {
        let next: anyhow::Result<Option<Import>> = db.read(organization, |tx| Ok(store::next_at_work(tx)?)).await;
        let Some(import) = next? else {
            return shared(db, move |tx| work::release(tx, &lease, None)).await;
        };
        if stop.load(Ordering::Relaxed) {
            // Another process goes on at once.
            return shared(db, move |tx| {
                let now = tx.now();
                work::release(tx, &lease, Some(now))
            })
            .await;
        }
        if !shared(db, move |tx| work::renew(tx, &lease)).await? {
            return Ok(());
        }
        let (id, actor) = (import.id, import.actor());
        let stepped: anyhow::Result<()> = db.write(organization, actor, move |tx| one_step(tx, id, &lease)).await;
        if let Err(error) = stepped {
            tracing::warn!(import = %id, error = format!("{error:#}"), "a step of an import failed");
            return try_again_later(db, &import, lease).await;
        }
    }
}

/// One step in one transaction. The import's row stays locked throughout and says how far it has come, so that two who
/// believe to hold the lease cannot do the same step.
fn one_step(tx: &mut OrgTx<'_>, id: ImportId, lease: &Lease) -> anyhow::Result<()> {
    let import = store::locked(tx, id)?;
    match import.state {
        State::Checking => step::check(tx, &import)?,
        State::Running => step::run(tx, &import)?,
        State::Undoing => step::undo(tx, &import)?,
        _ => {}
    }
    anyhow::ensure!(work::is_held(tx, lease)?, "the lease was lost meanwhile");
    Ok(())
}

/// Counts the failure; after too many in a row the import waits for people.
async fn try_again_later(db: &Db, import: &Import, lease: Lease) -> anyhow::Result<()> {
    let id = import.id;
    let counted: anyhow::Result<usize> = db
        .write(lease.organization, import.actor(), move |tx| {
            Ok(diesel::update(imports::table.find((tx.organization(), id)))
                .set(imports::failures.eq(imports::failures + 1))
                .execute(&mut **tx)?)
        })
        .await;
    counted?;
    shared(db, move |tx| {
        let again = tx.now() + AGAIN_AFTER;
        work::release(tx, &lease, Some(again))
    })
    .await
}

async fn shared<T: Send + 'static>(
    db: &Db,
    work: impl FnOnce(&mut SharedTx<'_>) -> QueryResult<T> + Send + 'static,
) -> anyhow::Result<T> {
    db.shared(move |tx| Ok(work(tx)?)).await
}
