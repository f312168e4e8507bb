//! Leases with an expiry, never a lock flag: whoever holds one may be killed at any line, and another process goes on.

use super::Kind;
use crate::base::OrganizationId;
use crate::db::SharedTx;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

/// How long a lease holds without being renewed. A killed process's work is taken over after this at the latest.
pub const LEASE: TimeDelta = TimeDelta::seconds(10);

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

/// Takes up to `limit` organizations that have work due and no living holder; the longest due first.
pub fn claim(tx: &mut SharedTx<'_>, kind: Kind, limit: i32) -> QueryResult<Vec<Lease>> {
    let holder = Uuid::new_v4();
    let now = tx.now();
    let claimed: Vec<Claimed> = diesel::sql_query(
        "WITH next AS (
            SELECT organization_id, kind FROM background_work
            WHERE kind = $1 AND due_at <= $2 AND (lease_until IS NULL OR lease_until < $2)
            ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
         UPDATE background_work SET holder = $4, lease_until = $5, due_at = NULL
         FROM next WHERE background_work.organization_id = next.organization_id AND background_work.kind = next.kind
         RETURNING background_work.organization_id",
    )
    .bind::<Text, _>(kind.as_str())
    .bind::<Timestamptz, _>(now)
    .bind::<Integer, _>(limit)
    .bind::<SqlUuid, _>(holder)
    .bind::<Timestamptz, _>(now + LEASE)
    .load(&mut **tx)?;
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
        "UPDATE background_work SET lease_until = $1 WHERE organization_id = $2 AND kind = $3 AND holder = $4",
    )
    .bind::<Timestamptz, _>(until)
    .bind::<BigInt, _>(lease.organization.0)
    .bind::<Text, _>(lease.kind.as_str())
    .bind::<SqlUuid, _>(lease.holder)
    .execute(&mut **tx)?;
    Ok(renewed == 1)
}

/// Whether the lease is still ours, inside the transaction that is about to write: the row stays locked against another
/// process claiming it until the transaction ends.
pub fn is_held(conn: &mut PgConnection, lease: &Lease) -> QueryResult<bool> {
    use crate::db::schema::background_work::dsl;
    let holder: Option<Option<Uuid>> = dsl::background_work
        .find((lease.organization.0, lease.kind.as_str()))
        .select(dsl::holder)
        .for_share()
        .first(conn)
        .optional()?;
    Ok(holder.flatten() == Some(lease.holder))
}

/// Gives a lease back; `next` is when the timetable wants the organization again, if at all.
pub fn release(tx: &mut SharedTx<'_>, lease: &Lease, next: Option<DateTime<Utc>>) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE background_work SET holder = NULL, lease_until = NULL, due_at = least(due_at, $1) \
         WHERE organization_id = $2 AND kind = $3 AND holder = $4",
    )
    .bind::<diesel::sql_types::Nullable<Timestamptz>, _>(next)
    .bind::<BigInt, _>(lease.organization.0)
    .bind::<Text, _>(lease.kind.as_str())
    .bind::<SqlUuid, _>(lease.holder)
    .execute(&mut **tx)?;
    Ok(())
}
