//! Leases with an expiry, never a lock flag: whoever holds one may be killed at any line, and another process goes on.

use super::Kind;
use crate::base::OrganizationId;
use crate::db::schema::{leases, wake_ups};
use crate::db::{Db, SharedTx};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use std::time::Duration;
use uuid::Uuid;

/// A lease is renewed three times within its length.
const RENEW_EVERY: Duration = Duration::from_secs(2);
/// How long a lease holds without being renewed. A killed process's work is taken over after this at the latest.
pub const LEASE: TimeDelta = TimeDelta::seconds(6);

/// The right to work for one organization, until it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    pub organization: OrganizationId,
    pub kind: Kind,
    pub holder: Uuid,
}

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = BigInt)]
    organization_id: i64,
}

/// Takes up to `limit` organizations that have work due and no living holder; the longest due first. Their wake-ups are
/// used up; one that commits later stays for the next claim.
pub fn claim(tx: &mut SharedTx<'_>, kind: Kind, limit: i64) -> QueryResult<Vec<Lease>> {
    let (holder, now) = (Uuid::new_v4(), tx.now());
    diesel::sql_query(
        "INSERT INTO leases (organization_id, kind) SELECT DISTINCT organization_id, kind FROM wake_ups \
         WHERE kind = $1 AND due_at <= $2 ON CONFLICT DO NOTHING",
    )
    .bind::<Text, _>(kind.as_str())
    .bind::<Timestamptz, _>(now)
    .execute(&mut **tx)?;
    let claimed: Vec<Claimed> = diesel::sql_query(
        "WITH due AS (
            SELECT organization_id, min(due_at) AS since FROM wake_ups WHERE kind = $1 AND due_at <= $2 GROUP BY 1
         ), next AS (
            SELECT leases.organization_id, due.since FROM leases JOIN due USING (organization_id)
            WHERE kind = $1 AND (lease_until IS NULL OR lease_until < $2)
            ORDER BY due.since LIMIT $3 FOR UPDATE OF leases SKIP LOCKED
         ), used_up AS (
            DELETE FROM wake_ups WHERE kind = $1 AND organization_id IN (SELECT organization_id FROM next)
         )
         UPDATE leases SET holder = $4, lease_until = $5, due_since = next.since FROM next
         WHERE leases.kind = $1 AND leases.organization_id = next.organization_id
         RETURNING leases.organization_id",
    )
    .bind::<Text, _>(kind.as_str())
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(limit)
    .bind::<SqlUuid, _>(holder)
    .bind::<Timestamptz, _>(now + LEASE)
    .load(&mut **tx)?;
    // Should this process be killed, the next one finds the organization due again once the lease has expired.
    for row in &claimed {
        super::note(tx, OrganizationId(row.organization_id), kind, now + LEASE, true)?;
    }
    Ok(claimed
        .into_iter()
        .map(|row| Lease {
            organization: OrganizationId(row.organization_id),
            kind,
            holder,
        })
        .collect())
}

/// Holds a lease for another while. `false`: it was lost, and the holder must stop without writing anything more.
pub fn renew(tx: &mut SharedTx<'_>, lease: &Lease) -> QueryResult<bool> {
    let until = tx.now() + LEASE;
    let renewed = diesel::sql_query(
        "UPDATE leases SET lease_until = $1 WHERE organization_id = $2 AND kind = $3 AND holder = $4",
    )
    .bind::<Timestamptz, _>(until)
    .bind::<BigInt, _>(lease.organization.0)
    .bind::<Text, _>(lease.kind.as_str())
    .bind::<SqlUuid, _>(lease.holder)
    .execute(&mut **tx)?;
    Ok(renewed == 1)
}

/// Renews a lease for as long as it can be renewed: ends when it is lost. To be awaited beside the work.
pub async fn lost(db: &Db, lease: Lease) {
    let patience = LEASE.to_std().unwrap_or(RENEW_EVERY);
    let mut renewed_at = tokio::time::Instant::now();
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        let renewed: Result<bool, anyhow::Error> = db.shared(move |tx| Ok(renew(tx, &lease)?)).await;
        match renewed {
            Ok(true) => renewed_at = tokio::time::Instant::now(),
            Ok(false) => return,
            Err(_) if renewed_at.elapsed() > patience => return,
            Err(_) => {}
        }
    }
}

/// Whether the lease is still ours: asked at the end of each transaction that writes under it, so that a process that was
/// thought dead does not write over its successor.
pub fn is_held(conn: &mut PgConnection, lease: &Lease) -> QueryResult<bool> {
    let holder: Option<Option<Uuid>> = leases::table
        .find((lease.organization.0, lease.kind.as_str()))
        .select(leases::holder)
        .first(conn)
        .optional()?;
    Ok(holder.flatten() == Some(lease.holder))
}

/// Gives a lease back; `next` is when the timetable wants the organization again, if at all.
pub fn release(tx: &mut SharedTx<'_>, lease: &Lease, next: Option<DateTime<Utc>>) -> QueryResult<()> {
    release_undone(tx, lease, next, None)
}

/// The same, with something left that cannot be done now: since when it has been due, for whoever watches.
pub fn release_undone(
    tx: &mut SharedTx<'_>,
    lease: &Lease,
    next: Option<DateTime<Utc>>,
    undone_since: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    let released = diesel::update(leases::table.find((lease.organization.0, lease.kind.as_str())))
        .filter(leases::holder.eq(lease.holder))
        .set((
            leases::holder.eq(None::<Uuid>),
            leases::lease_until.eq(None::<DateTime<Utc>>),
            leases::due_since.eq(undone_since),
        ))
        .execute(&mut **tx)?;
    if released == 1 {
        // What the timetable wanted before, and the safety net of the claim; what became due meanwhile stays.
        diesel::delete(wake_ups::table)
            .filter(wake_ups::organization_id.eq(lease.organization.0))
            .filter(wake_ups::kind.eq(lease.kind.as_str()))
            .filter(wake_ups::is_timetable)
            .execute(&mut **tx)?;
    }
    match next {
        Some(at) if released == 1 => super::note(tx, lease.organization, lease.kind, at, true),
        _ => Ok(()),
    }
}
