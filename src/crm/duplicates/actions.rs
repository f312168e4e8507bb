//! Starting a search for duplicates, and saying that two contacts are two.

use super::store;
use crate::base::ContactId;
use crate::db::OrgTx;
use crate::db::schema::{duplicate_pairs, duplicate_scans};
use crate::work::{self, Kind};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;

/// How far a search goes back before where the last one ended: a change that was being written then is not passed over.
const OVERLAP: TimeDelta = TimeDelta::minutes(10);

/// Starts looking through whoever was changed since the last search. One that runs goes on; one that stopped does, too.
pub fn search(tx: &mut OrgTx<'_>) -> QueryResult<()> {
    use duplicate_scans::dsl;
    let (now, by) = (tx.now(), tx.actor().name().to_owned());
    let from = match store::locked_scan(tx)? {
        Some(scan) if scan.is_running() && scan.failures == 0 => return Ok(()),
        Some(scan) if scan.is_running() => scan.position_at,
        Some(scan) => scan.until - OVERLAP,
        None => DateTime::<Utc>::UNIX_EPOCH,
    };
    let count = store::changed_between(tx, from, now)?;
    diesel::insert_into(dsl::duplicate_scans)
        .values((
            dsl::state.eq("running"),
            dsl::position_at.eq(from),
            dsl::position_id.eq(0),
            dsl::until.eq(now),
            dsl::contact_count.eq(i32::try_from(count).unwrap_or(i32::MAX)),
            dsl::contacts_done.eq(0),
            dsl::started_by_name.eq(by),
        ))
        .on_conflict(dsl::organization_id)
        .do_update()
        .set((
            dsl::state.eq(excluded(dsl::state)),
            dsl::position_at.eq(excluded(dsl::position_at)),
            dsl::position_id.eq(excluded(dsl::position_id)),
            dsl::until.eq(excluded(dsl::until)),
            dsl::contact_count.eq(excluded(dsl::contact_count)),
            dsl::contacts_done.eq(excluded(dsl::contacts_done)),
            dsl::failures.eq(0),
            dsl::started_by_name.eq(excluded(dsl::started_by_name)),
            dsl::finished_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(&mut **tx)?;
    let organization = tx.organization();
    work::wake(tx, organization, Kind::Duplicates, now)
}

/// Remembers that two contacts are two, whatever is found later; also where nobody had found them.
pub fn dismiss(tx: &mut OrgTx<'_>, one: ContactId, other: ContactId) -> QueryResult<()> {
    use duplicate_pairs::dsl;
    let (now, by) = (tx.now(), tx.actor().name().to_owned());
    diesel::insert_into(dsl::duplicate_pairs)
        .values((
            dsl::first_id.eq(one.min(other)),
            dsl::second_id.eq(one.max(other)),
            dsl::score.eq(0),
            dsl::reasons.eq(serde_json::json!([])),
            dsl::found_at.eq(now),
            dsl::dismissed_by_name.eq(by),
            dsl::dismissed_at.eq(now),
        ))
        .on_conflict((dsl::organization_id, dsl::first_id, dsl::second_id))
        .do_update()
        .set((
            dsl::dismissed_by_name.eq(excluded(dsl::dismissed_by_name)),
            dsl::dismissed_at.eq(excluded(dsl::dismissed_at)),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// They may be one after all.
pub fn take_dismissal_back(tx: &mut OrgTx<'_>, one: ContactId, other: ContactId) -> QueryResult<()> {
    let pair = duplicate_pairs::table.find((tx.organization().0, one.min(other).0, one.max(other).0));
    diesel::update(pair)
        .set((
            duplicate_pairs::dismissed_by_name.eq(None::<String>),
            duplicate_pairs::dismissed_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(&mut **tx)?;
    Ok(())
}
