//! What an organization's task does beside its rounds: forgets personal data in time, says when nothing has gone through
//! for too long, and reminds of what still waits for somebody. It does so for organizations that are not connected, too.

use super::{additions, connection, deleting};
use crate::accounts;
use crate::db::OrgTx;
use crate::db::schema::{audience_snapshots, mailchimp_connections, planned_calls, webhook_events};
use crate::incidents::{self, Kind};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

/// Nothing has succeeded for this long: the chosen people are told.
pub const SILENCE: TimeDelta = TimeDelta::hours(26);
/// How often an organization is cleared of what is to be forgotten, and looked after while nothing else wakes it.
pub const CARE_EVERY: TimeDelta = TimeDelta::days(1);
/// How long a webhook is kept after it was applied: long enough to find out why something happened.
const HINTS_KEPT: TimeDelta = TimeDelta::days(30);
/// How long what was sent is kept in full. Afterwards the call keeps what was asked and what came of it, and no address.
const CALLS_KEPT: TimeDelta = TimeDelta::days(90);
/// How long an audience as it was before its link is kept to be downloaded.
const SNAPSHOTS_KEPT: TimeDelta = TimeDelta::days(365);

/// Does what is due. `false`: the organization never had a connection, and nothing is kept for it.
pub fn tend(tx: &mut OrgTx<'_>, link: &str) -> QueryResult<bool> {
    let tidied: Option<Option<DateTime<Utc>>> = mailchimp_connections::table
        .find(tx.organization().0)
        .select(mailchimp_connections::tidied_at)
        .first(&mut **tx)
        .optional()?;
    let Some(tidied) = tidied else { return Ok(false) };
    incidents::remind(tx, link)?;
    let now = tx.now();
    if tidied.is_none_or(|tidied| now - tidied >= CARE_EVERY) {
        forget(tx)?;
        diesel::update(mailchimp_connections::table.find(tx.organization().0))
            .set(mailchimp_connections::tidied_at.eq(now))
            .execute(&mut **tx)?;
    }
    Ok(true)
}

/// Deletes hints, empties calls, deletes snapshots whose time is over.
fn forget(tx: &mut OrgTx<'_>) -> QueryResult<()> {
    let (organization, now) = (tx.organization(), tx.now());
    diesel::delete(webhook_events::table)
        .filter(webhook_events::organization_id.eq(organization))
        .filter(webhook_events::applied_at.lt(now - HINTS_KEPT))
        .execute(&mut **tx)?;
    diesel::update(planned_calls::table)
        .filter(planned_calls::organization_id.eq(organization))
        .filter(planned_calls::settled_at.lt(now - CALLS_KEPT))
        .filter(planned_calls::address_key.ne(""))
        .set((
            planned_calls::address_key.eq(""),
            planned_calls::body.eq(serde_json::json!({})),
            planned_calls::words.eq(""),
        ))
        .execute(&mut **tx)?;
    diesel::delete(audience_snapshots::table)
        .filter(audience_snapshots::organization_id.eq(organization))
        .filter(audience_snapshots::taken_at.lt(now - SNAPSHOTS_KEPT))
        .execute(&mut **tx)?;
    deleting::forget_stopped(tx)?;
    Ok(())
}

/// After a run that failed with `words`: tells the chosen people when none has succeeded for too long.
pub fn after_failure(tx: &mut OrgTx<'_>, words: &str, link: &str) -> QueryResult<()> {
    let Some(connection) = connection::find(tx)?.filter(connection::Connection::is_connected) else {
        return Ok(());
    };
    let connected = connection.connected_at;
    let since = connection.last_success_at.map_or(connected, |last| last.max(connected));
    if tx.now() - since < SILENCE {
        return Ok(());
    }
    let id = tx.organization();
    let local = accounts::organization(tx, id)?.local(since);
    let sentence = format!(
        "Nothing has gone through between your groups and Mailchimp since {local}. We keep trying, and whatever waits will \
         be sent. The last trouble was: {words}"
    );
    incidents::open(tx, Kind::Silence, "", &sentence, link)?;
    Ok(())
}

/// After a run that succeeded.
pub fn after_success(tx: &mut OrgTx<'_>) -> QueryResult<()> {
    let words = "Your groups and Mailchimp are kept in step again. Everything that waited has been sent.";
    incidents::close(tx, Kind::Silence, "", words)?;
    additions::end_wait_for_nobody(tx)
}
