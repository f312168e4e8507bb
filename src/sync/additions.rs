//! Mailchimp takes no new people: as a rule the plan is full. Then nobody is added for a while, and everything else goes on;
//! above all opt-outs and removals, which make room. What waits is tried again by itself.

use super::send::ADDS;
use crate::db::OrgTx;
use crate::db::schema::{mailchimp_connections, planned_calls};
use crate::incidents::{self, Kind};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

/// How long after a refusal additions are tried again.
const TRY_AGAIN_AFTER: TimeDelta = TimeDelta::hours(1);

/// Until when nobody is added; `None`: additions go on.
pub fn wait_until(tx: &mut OrgTx<'_>) -> QueryResult<Option<DateTime<Utc>>> {
    let until: Option<Option<DateTime<Utc>>> = mailchimp_connections::table
        .find(tx.organization().0)
        .select(mailchimp_connections::additions_wait_until)
        .first(&mut **tx)
        .optional()?;
    Ok(until.flatten().filter(|until| *until > tx.now()))
}

/// Mailchimp refused an addition, not for the person's sake: it and all others wait.
pub fn refused(tx: &mut OrgTx<'_>, words: &str, link: &str) -> QueryResult<()> {
    let sentence = format!(
        "Mailchimp takes no new people at the moment, so nobody is added there. As a rule the Mailchimp plan is full: archive \
         people in Mailchimp whom you no longer write to, or change the plan there. Unsubscribes and removals go on as usual. \
         We try again every hour, and then add everybody who waits. Mailchimp said: {words}"
    );
    wait(tx, Some(tx.now() + TRY_AGAIN_AFTER))?;
    incidents::open(tx, Kind::AdditionsRefused, "", &sentence, link)?;
    Ok(())
}

/// Mailchimp took somebody.
pub fn accepted(tx: &mut OrgTx<'_>) -> QueryResult<()> {
    over(
        tx,
        "Mailchimp takes new people again. Everybody who waited is being added.",
    )
}

/// Where nobody is to be added any more, nothing waits.
pub fn end_wait_for_nobody(tx: &mut OrgTx<'_>) -> QueryResult<()> {
    let waiting: i64 = planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::settled_at.is_null())
        .filter(planned_calls::verb.eq_any(ADDS))
        .count()
        .get_result(&mut **tx)?;
    match waiting {
        0 => over(tx, "Nobody waits to be added at Mailchimp any more."),
        _ => Ok(()),
    }
}

fn over(tx: &mut OrgTx<'_>, words: &str) -> QueryResult<()> {
    wait(tx, None)?;
    incidents::close(tx, Kind::AdditionsRefused, "", words)?;
    Ok(())
}

fn wait(tx: &mut OrgTx<'_>, until: Option<DateTime<Utc>>) -> QueryResult<usize> {
    diesel::update(mailchimp_connections::table.find(tx.organization().0))
        .filter(mailchimp_connections::additions_wait_until.is_distinct_from(until))
        .set(mailchimp_connections::additions_wait_until.eq(until))
        .execute(&mut **tx)
}
