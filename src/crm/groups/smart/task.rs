//! The work in the background that keeps smart groups current, under a lease for each organization. Woken by every change of
//! a contact, and by the moment at which a relative date moves somebody in or out.

use super::refresh::{self, After};
use crate::base::Actor;
use crate::db::{Db, OrgTx, SharedTx};
use crate::work::{self, Kind, Lease, Wakes};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryResult;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// Organizations one process works for at the same time: a long look at a large one must not hold up the others.
const ORGANIZATIONS_AT_ONCE: usize = 4;
/// How often work is looked for without being woken: for midnights, and for leases that have expired.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long to wait before an organization in which a step failed is tried again.
const AGAIN_AFTER: TimeDelta = TimeDelta::seconds(1);

/// Starts working, until `stop` says so.
pub fn start(db: Db, wakes: Wakes, stop: Arc<AtomicBool>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut hands = JoinSet::new();
        for _ in 0..ORGANIZATIONS_AT_ONCE {
            hands.spawn(work_on(db.clone(), wakes.clone(), stop.clone()));
        }
        while hands.join_next().await.is_some() {}
    })
}

async fn work_on(db: Db, wakes: Wakes, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        // Registered before looking, so that nothing that becomes due meanwhile is missed.
        let woken = wakes.next();
        tokio::pin!(woken);
        woken.as_mut().enable();
        if let Err(error) = work_off(&db, &stop).await {
            tracing::warn!(error = format!("{error:#}"), "smart groups could not be worked on");
        }
        if !stop.load(Ordering::Relaxed) {
            let _ = tokio::time::timeout(LOOK_EVERY, woken).await;
        }
    }
}

/// Works for one organization after the other until none has anything due.
async fn work_off(db: &Db, stop: &AtomicBool) -> anyhow::Result<()> {
    while !stop.load(Ordering::Relaxed) {
        let claimed = shared(db, |tx| work::claim(tx, Kind::SmartGroups, 1)).await?;
        let Some(lease) = claimed.into_iter().next() else {
            break;
        };
        let next = tokio::select! {
            next = work_for(db, lease, stop) => next,
            () = work::lost(db, lease) => continue,
        };
        let next = next.unwrap_or_else(|error| {
            tracing::warn!(
                organization = lease.organization.0,
                error = format!("{error:#}"),
                "a look at smart groups failed"
            );
            Some(db.clock().now() + AGAIN_AFTER)
        });
        shared(db, move |tx| work::release(tx, &lease, next)).await?;
    }
    Ok(())
}

/// Step after step until nothing is due; answers when something will be.
async fn work_for(db: &Db, lease: Lease, stop: &AtomicBool) -> anyhow::Result<Option<DateTime<Utc>>> {
    while !stop.load(Ordering::Relaxed) {
        let settled: anyhow::Result<()> = db
            .write(lease.organization, Actor::System, |tx| {
                Ok(refresh::let_changes_under_way_end(tx)?)
            })
            .await;
        settled?;
        let stepped: anyhow::Result<After> = db
            .write(lease.organization, Actor::System, move |tx| step(tx, &lease))
            .await;
        if let After::Until(next) = stepped? {
            return Ok(next);
        }
    }
    // Another process goes on at once.
    Ok(Some(db.clock().now()))
}

fn step(tx: &mut OrgTx<'_>, lease: &Lease) -> anyhow::Result<After> {
    let after = refresh::step(tx)?;
    anyhow::ensure!(work::is_held(tx, lease)?, "the lease was lost meanwhile");
    Ok(after)
}

async fn shared<T: Send + 'static>(
    db: &Db,
    work: impl FnOnce(&mut SharedTx<'_>) -> QueryResult<T> + Send + 'static,
) -> anyhow::Result<T> {
    db.shared(move |tx| Ok(work(tx)?)).await
}
