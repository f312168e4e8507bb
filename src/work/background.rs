//! Long work done in steps, one step of one job after the other, under a lease for each organization. Whoever holds it may
//! be killed at any line: the next holder goes on where the last transaction ended.

use super::{Kind, Lease, Wakes, claim, is_held, lost, release, renew};
use crate::base::Actor;
use crate::db::{Db, OrgTx, SharedTx};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often work is looked for without being woken: for leases that have expired.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long to wait before a step that failed is tried again.
const AGAIN_AFTER: TimeDelta = TimeDelta::seconds(3);

/// Something long that people follow: an import, an action on a selection.
pub trait Job: Clone + Send + 'static {
    /// The lease it is worked on under.
    const KIND: Kind;

    /// The job to work on next: the oldest that is at work and not stuck.
    fn next(tx: &mut OrgTx<'_>) -> QueryResult<Option<Self>>;

    /// Who acts while it runs.
    fn actor(&self) -> Actor;

    /// The next step, in one transaction. It locks the job's row first and reads there how far the job has come, so that two
    /// who believe to hold the lease cannot do the same step.
    fn step(&self, tx: &mut OrgTx<'_>) -> anyhow::Result<()>;

    /// When the timetable wants the organization again, where nothing is to be done now.
    fn next_at(_tx: &mut OrgTx<'_>) -> QueryResult<Option<DateTime<Utc>>> {
        Ok(None)
    }

    /// A step failed: counts it, so that after too many in a row the job waits for people.
    fn failed(&self, tx: &mut OrgTx<'_>) -> QueryResult<()>;
}

/// Starts working on jobs of a kind, until `stop` says so.
pub fn start<J: Job>(db: Db, wakes: Wakes, stop: Arc<AtomicBool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while !stop.load(Ordering::Relaxed) {
            // Registered before looking, so that nothing that becomes due meanwhile is missed.
            let woken = wakes.next();
            if let Err(error) = work_off::<J>(&db, &stop).await {
                let (kind, error) = (J::KIND.as_str(), format!("{error:#}"));
                tracing::warn!(kind, error, "the work in the background could not go on");
            }
            if !stop.load(Ordering::Relaxed) {
                let _ = tokio::time::timeout(LOOK_EVERY, woken).await;
            }
        }
    })
}

/// Works for one organization after the other until none has anything due.
async fn work_off<J: Job>(db: &Db, stop: &AtomicBool) -> anyhow::Result<()> {
    while !stop.load(Ordering::Relaxed) {
        let claimed = shared(db, |tx| claim(tx, J::KIND, 1)).await?;
        let Some(lease) = claimed.into_iter().next() else {
            break;
        };
        work_for::<J>(db, lease, stop).await?;
    }
    Ok(())
}

async fn work_for<J: Job>(db: &Db, lease: Lease, stop: &AtomicBool) -> anyhow::Result<()> {
    let organization = lease.organization;
    loop {
        let next: anyhow::Result<Result<J, Option<DateTime<Utc>>>> = db
            .read(organization, |tx| {
                Ok(match J::next(tx)? {
                    Some(job) => Ok(job),
                    None => Err(J::next_at(tx)?),
                })
            })
            .await;
        let job = match next? {
            Ok(job) => job,
            Err(next_at) => return shared(db, move |tx| release(tx, &lease, next_at)).await,
        };
        if stop.load(Ordering::Relaxed) {
            // Another process goes on at once.
            return shared(db, move |tx| {
                let now = tx.now();
                release(tx, &lease, Some(now))
            })
            .await;
        }
        if !shared(db, move |tx| renew(tx, &lease)).await? {
            return Ok(());
        }
        let (actor, stepping) = (job.actor(), job.clone());
        let step = db.write(organization, actor, move |tx| {
            stepping.step(tx)?;
            anyhow::ensure!(is_held(tx, &lease)?, "the lease was lost meanwhile");
            Ok(())
        });
        // A step may take longer than a lease.
        let stepped: anyhow::Result<()> = tokio::select! {
            stepped = step => stepped,
            () = lost(db, lease) => return Ok(()),
        };
        if let Err(error) = stepped {
            let (kind, error) = (J::KIND.as_str(), format!("{error:#}"));
            tracing::warn!(kind, error, "a step of the work in the background failed");
            return try_again_later(db, job, lease).await;
        }
    }
}

async fn try_again_later<J: Job>(db: &Db, job: J, lease: Lease) -> anyhow::Result<()> {
    let counted: anyhow::Result<()> = db
        .write(lease.organization, job.actor(), move |tx| Ok(job.failed(tx)?))
        .await;
    counted?;
    shared(db, move |tx| {
        let again = tx.now() + AGAIN_AFTER;
        release(tx, &lease, Some(again))
    })
    .await
}

async fn shared<T: Send + 'static>(
    db: &Db,
    work: impl FnOnce(&mut SharedTx<'_>) -> QueryResult<T> + Send + 'static,
) -> anyhow::Result<T> {
    db.shared(move |tx| Ok(work(tx)?)).await
}
