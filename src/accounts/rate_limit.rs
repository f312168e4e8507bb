//! Token buckets in Postgres: so many attempts at once, then one every while. They survive restarts and are shared by all
//! processes; their keys are hashed, so no address stands there.

use crate::db::schema::rate_limits;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bytea, Double, Timestamptz};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How often something may be tried.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    name: &'static str,
    /// Attempts at once.
    burst: f64,
    /// Then one every so many seconds.
    seconds_each: f64,
}

/// Wrong passwords for one account: enough for somebody who tries all of their own, hopeless for guessing.
pub const SIGN_IN_OF_ACCOUNT: Limit = Limit {
    name: "sign-in of account",
    burst: 10.0,
    seconds_each: 60.0,
};
/// Wrong passwords from one address: a whole office may share it.
pub const SIGN_IN_FROM_ADDRESS: Limit = Limit {
    name: "sign-in from address",
    burst: 30.0,
    seconds_each: 20.0,
};
/// Organizations signed up from one address.
pub const SIGN_UP_FROM_ADDRESS: Limit = Limit {
    name: "sign-up from address",
    burst: 10.0,
    seconds_each: 600.0,
};
/// Letters anybody can have us send to one recipient (sign-up, reset, confirmation).
pub const LETTERS_TO_RECIPIENT: Limit = Limit {
    name: "letters to recipient",
    burst: 5.0,
    seconds_each: 900.0,
};

/// Letters somebody at one address can have us send to whomever.
pub const LETTERS_FROM_ADDRESS: Limit = Limit {
    name: "letters from address",
    burst: 20.0,
    seconds_each: 180.0,
};
/// Invitations one organization sends: nobody shall use us to write to strangers.
pub const INVITATIONS_OF_ORGANIZATION: Limit = Limit {
    name: "invitations of organization",
    burst: 50.0,
    seconds_each: 300.0,
};

/// Buckets untouched for so long are full again, whatever their limit, and need not be kept.
const KEPT: TimeDelta = TimeDelta::days(2);
/// How many of those are swept away at a time.
const SWEPT_AT_ONCE: i64 = 100;

/// Takes one attempt out of the bucket of `key`; `Some(wait)` when it is empty. Must be committed to count.
pub fn take(conn: &mut PgConnection, now: DateTime<Utc>, limit: Limit, key: &str) -> QueryResult<Option<Duration>> {
    sweep(conn, now)?;
    let taken = diesel::sql_query(
        "INSERT INTO rate_limits AS bucket (bucket, tokens, refilled_at) VALUES ($1, $2 - 1, $4) \
         ON CONFLICT (bucket) DO UPDATE SET refilled_at = $4, \
             tokens = least($2, bucket.tokens + extract(epoch FROM $4 - bucket.refilled_at)::float8 / $3) - 1 \
         WHERE bucket.tokens + extract(epoch FROM $4 - bucket.refilled_at)::float8 / $3 >= 1",
    )
    .bind::<Bytea, _>(bucket(limit, key))
    .bind::<Double, _>(limit.burst)
    .bind::<Double, _>(limit.seconds_each)
    .bind::<Timestamptz, _>(now)
    .execute(conn)?;
    if taken == 1 {
        return Ok(None);
    }
    let (tokens, refilled_at): (f64, DateTime<Utc>) = rate_limits::table
        .find(bucket(limit, key))
        .select((rate_limits::tokens, rate_limits::refilled_at))
        .first(conn)?;
    let ready_after = Duration::from_secs_f64(((1.0 - tokens) * limit.seconds_each).max(1.0));
    let waited = (now - refilled_at).to_std().unwrap_or_default();
    Ok(Some(ready_after.saturating_sub(waited).max(Duration::from_secs(1))))
}

/// Fills the bucket of `key` again: the right password was given.
pub fn fill(conn: &mut PgConnection, limit: Limit, key: &str) -> QueryResult<()> {
    diesel::delete(rate_limits::table.find(bucket(limit, key))).execute(conn)?;
    Ok(())
}

fn sweep(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    let old: Vec<Vec<u8>> = rate_limits::table
        .filter(rate_limits::refilled_at.lt(now - KEPT))
        .limit(SWEPT_AT_ONCE)
        .for_update()
        .skip_locked()
        .select(rate_limits::bucket)
        .load(conn)?;
    diesel::delete(rate_limits::table.filter(rate_limits::bucket.eq_any(old))).execute(conn)
}

fn bucket(limit: Limit, key: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(limit.name);
    hash.update([0]);
    hash.update(key.to_lowercase());
    hash.finalize().to_vec()
}
