//! Planned calls → Mailchimp → recorded outcomes. Opt-outs first; few people by single calls, many by 500 a call. Each call
//! is marked as being asked before it leaves and gets exactly one outcome. Where no answer came (a killed process, a broken
//! connection) the member is read and the contact decided anew before anything more is sent.

use super::decide::There;
use super::engine::{Stop, Worker};
use super::outcome::{self, Outcome};
use super::{additions, facts, mirror, poll, receive};
use crate::base::{ContactId, MappingId, OrganizationId};
use crate::db::OrgTx;
use crate::db::schema::{audiences, due_contacts, due_members, planned_calls};
use crate::mailchimp::{
    ArchiveOutcome, AudienceId, BULK_MEMBERS_MAX, Class, Kind, Member, MemberWrite, Problem, Status, SubscriberHash,
};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::{count_star, exists, not, select};
use diesel::prelude::*;
use futures_util::StreamExt;
use serde_json::Value;
use std::collections::HashMap;

/// Up to this many changes go as single calls: their answers come at once.
const SINGLE_CALLS_MAX: usize = 5;
/// Calls of one audience under way at the same time; the user's ten connections are shared with everybody.
const CALLS_AT_ONCE: usize = 4;
/// Calls taken in one round, so that an unsubscribe that comes in meanwhile is heard within two seconds.
const ROUND_OF_BULKS: i64 = 2 * BULK_MEMBERS_MAX as i64;
const ROUND_OF_SINGLES: i64 = 20;
/// How long a look at an audience holds when many are to be added to it.
const LOOK_HOLDS: TimeDelta = TimeDelta::minutes(1);
/// Verbs that make somebody a member who is none.
pub(super) const ADDS: [&str; 2] = ["add", "confirm"];
/// Verbs that end a membership.
const ENDS: [&str; 2] = ["unsubscribe", "archive"];

/// A planned call.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = planned_calls)]
pub(super) struct Call {
    pub id: i64,
    pub mapping_id: MappingId,
    pub contact_id: ContactId,
    pub audience_id: String,
    pub address_key: String,
    pub verb: String,
    pub body: serde_json::Value,
    pub attempts: i32,
}

impl Call {
    /// Would make somebody a member who is none.
    pub fn adds(&self) -> bool {
        ADDS.contains(&self.verb.as_str())
    }
}

/// Sends one round. Returns how many calls were asked; zero when none is due.
pub async fn send(worker: &Worker) -> Result<usize, Stop> {
    for audience in worker.read(to_look_at_first).await? {
        poll::poll(worker, &audience).await?;
    }
    let calls = worker.write(take).await?;
    let count = calls.len();
    let mut by_audience: HashMap<String, Vec<Call>> = HashMap::new();
    for call in calls {
        by_audience.entry(call.audience_id.clone()).or_default().push(call);
    }
    for (audience, calls) in by_audience {
        let Some(audience) = AudienceId::parse(&audience) else {
            continue;
        };
        let goes_in_bulk = |call: &Call| matches!(call.verb.as_str(), "unsubscribe" | "add");
        let in_bulk = calls.len() > SINGLE_CALLS_MAX && calls.iter().all(goes_in_bulk);
        if in_bulk {
            for chunk in calls.chunks(BULK_MEMBERS_MAX) {
                bulk(worker, &audience, chunk.to_vec()).await?;
            }
        } else {
            singles(worker, &audience, calls).await?;
        }
    }
    Ok(count)
}

/// When the next waiting call wants to be sent; `None` when none waits. One whose member or contact is to be looked at first
/// waits for that.
pub fn next_at(tx: &mut OrgTx<'_>) -> QueryResult<Option<DateTime<Utc>>> {
    let additions_wait = additions::wait_until(tx)?;
    let next = |tx: &mut OrgTx<'_>, verbs: [&'static str; 2]| -> QueryResult<Option<DateTime<Utc>>> {
        planned_calls::table
            .filter(planned_calls::organization_id.eq(tx.organization()))
            .filter(planned_calls::state.eq("planned"))
            .filter(planned_calls::verb.eq_any(verbs))
            .filter(not(exists(changed_here())))
            .filter(not(exists(changed_there())))
            .select(diesel::dsl::min(planned_calls::not_before))
            .first(&mut **tx)
    };
    let additions = next(tx, ADDS)?.map(|at| additions_wait.map_or(at, |until| at.max(until)));
    let ends = next(tx, ENDS)?;
    Ok(additions.into_iter().chain(ends).min())
}

/// Calls that were under way when a process was killed may have been carried out: their members are read first.
pub fn recover(tx: &mut OrgTx<'_>) -> QueryResult<usize> {
    let left: Vec<(String, String)> = diesel::update(planned_calls::table)
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::state.eq("asking"))
        .set(planned_calls::state.eq("planned"))
        .returning((planned_calls::audience_id, planned_calls::address_key))
        .get_results(&mut **tx)?;
    let count = left.len();
    let mut by_audience: HashMap<String, Vec<String>> = HashMap::new();
    for (audience, key) in left {
        by_audience.entry(audience).or_default().push(key);
    }
    for (audience, mut keys) in by_audience {
        keys.sort();
        keys.dedup();
        mirror::mark_due(tx, &audience, &keys, true)?;
    }
    Ok(count)
}

/// Audiences to which many are to be added next and that were not looked at a moment ago: a bulk call brings back whoever is
/// archived, and asking for each person would take as many calls.
fn to_look_at_first(tx: &mut OrgTx<'_>) -> Result<Vec<String>, Stop> {
    let (organization, now) = (tx.organization(), tx.now());
    let on = links_that_are_on(tx)?;
    let others_come_first: bool = select(exists(
        ready(organization, on.clone(), now).filter(planned_calls::verb.ne("add")),
    ))
    .get_result(&mut **tx)?;
    if others_come_first || additions::wait_until(tx)?.is_some() {
        return Ok(Vec::new());
    }
    let many: Vec<(String, i64)> = ready(organization, on, now)
        .group_by(planned_calls::audience_id)
        .select((planned_calls::audience_id, count_star()))
        .load(&mut **tx)?;
    let many = many.into_iter().filter(|(_, count)| *count > SINGLE_CALLS_MAX as i64);
    Ok(audiences::table
        .filter(audiences::organization_id.eq(organization))
        .filter(audiences::id.eq_any(many.map(|(audience, _)| audience)))
        .filter(audiences::gone_at.is_null())
        .filter(audiences::polled_at.lt(now - LOOK_HOLDS))
        .select(audiences::id)
        .load(&mut **tx)?)
}

/// Takes the calls of the most urgent kind that are due, and marks them as being asked. Whoever changed meanwhile on either
/// side is decided anew before anything is sent for them.
fn take(tx: &mut OrgTx<'_>) -> Result<Vec<Call>, Stop> {
    let (organization, now) = (tx.organization(), tx.now());
    let on = links_that_are_on(tx)?;
    let additions_wait = additions::wait_until(tx)?.is_some();
    for (verb, round) in [
        ("unsubscribe", ROUND_OF_BULKS),
        ("archive", ROUND_OF_SINGLES),
        ("confirm", ROUND_OF_SINGLES),
        ("add", ROUND_OF_BULKS),
    ] {
        if additions_wait && ADDS.contains(&verb) {
            continue;
        }
        let due: Vec<i64> = ready(organization, on.clone(), now)
            .filter(planned_calls::verb.eq(verb))
            .order(planned_calls::id)
            .limit(round)
            .select(planned_calls::id)
            .load(&mut **tx)?;
        if due.is_empty() {
            continue;
        }
        return Ok(diesel::update(planned_calls::table)
            .filter(planned_calls::organization_id.eq(organization))
            .filter(planned_calls::id.eq_any(due))
            // Somebody may just have superseded one of them, and held its row until now.
            .filter(planned_calls::state.eq("planned"))
            .set((
                planned_calls::state.eq("asking"),
                planned_calls::attempts.eq(planned_calls::attempts + 1),
                planned_calls::asked_at.eq(now),
            ))
            .returning(Call::as_select())
            .get_results(&mut **tx)?);
    }
    Ok(Vec::new())
}

fn links_that_are_on(tx: &mut OrgTx<'_>) -> QueryResult<Vec<MappingId>> {
    let links = facts::mappings_of(tx)?.into_iter();
    Ok(links.filter(|link| link.is_on).map(|link| link.id).collect())
}

/// Planned calls whose time has come; not of those who changed since on either side: they are decided anew first.
#[diesel::dsl::auto_type(no_type_alias)]
fn ready(organization: OrganizationId, on: Vec<MappingId>, now: DateTime<Utc>) -> _ {
    planned_calls::table
        .filter(planned_calls::organization_id.eq(organization))
        .filter(planned_calls::state.eq("planned"))
        .filter(planned_calls::mapping_id.eq_any(on))
        .filter(planned_calls::not_before.le(now))
        .filter(not(exists(changed_here())))
        .filter(not(exists(changed_there())))
}

#[diesel::dsl::auto_type]
fn changed_here() -> _ {
    due_contacts::table
        .filter(due_contacts::organization_id.eq(planned_calls::organization_id))
        .filter(due_contacts::contact_id.eq(planned_calls::contact_id))
}

#[diesel::dsl::auto_type]
fn changed_there() -> _ {
    due_members::table
        .filter(due_members::organization_id.eq(planned_calls::organization_id))
        .filter(due_members::audience_id.eq(planned_calls::audience_id))
        .filter(due_members::address_key.eq(planned_calls::address_key))
}

/// Whether all of these calls are still to be made. Asked when nothing else stands before them: the link may have been switched
/// off since they were taken, Mailchimp disconnected, or somebody have opted out.
async fn are_still_wanted(worker: &Worker, ids: Vec<i64>) -> Result<bool, Stop> {
    Ok(worker.is_still_connected().await? && still_wanted(worker, ids.clone()).await?.len() == ids.len())
}

/// Those of these calls that nobody settled meanwhile. Additions of whoever changed since on either side wait again, as if they
/// had not been taken: what they did may be an opt-out.
async fn still_wanted(worker: &Worker, ids: Vec<i64>) -> Result<Vec<i64>, Stop> {
    worker
        .write(move |tx| {
            let asked = planned_calls::table
                .filter(planned_calls::organization_id.eq(tx.organization()))
                .filter(planned_calls::id.eq_any(ids))
                .filter(planned_calls::state.eq("asking"));
            let changed = exists(changed_here()).or(exists(changed_there()));
            diesel::update(asked.clone().filter(planned_calls::verb.eq_any(ADDS)).filter(changed))
                .set((
                    planned_calls::state.eq("planned"),
                    planned_calls::attempts.eq(planned_calls::attempts - 1),
                    planned_calls::asked_at.eq(None::<DateTime<Utc>>),
                ))
                .execute(&mut **tx)?;
            Ok(asked.select(planned_calls::id).load(&mut **tx)?)
        })
        .await
}

async fn singles(worker: &Worker, audience: &AudienceId, calls: Vec<Call>) -> Result<(), Stop> {
    let mut asked = futures_util::stream::iter(calls)
        .map(async |call| {
            let wanted = are_still_wanted(worker, vec![call.id]);
            let outcome = worker.ask_if(wanted, single(worker, audience, &call)).await;
            (call, outcome)
        })
        .buffer_unordered(CALLS_AT_ONCE);
    let mut again = Vec::new();
    let mut stopped = None;
    while let Some((call, outcome)) = asked.next().await {
        let Some(outcome) = outcome? else { continue };
        let outcome = outcome.unwrap_or_else(Outcome::Problem);
        if matches!(outcome, Outcome::ThereAlready) {
            again.push(call.address_key.clone());
        }
        stopped = stopped.or(outcome::record(worker, vec![(call, outcome)]).await?);
    }
    drop(asked);
    receive::read_again(worker, audience, again).await?;
    stopped.map_or(Ok(()), |problem| Err(Stop::Mailchimp(problem)))
}

async fn single(worker: &Worker, audience: &AudienceId, call: &Call) -> Result<Outcome, Problem> {
    let hash = SubscriberHash::of(&call.address_key);
    match call.verb.as_str() {
        // Archiving hides what somebody was before. Whoever was unsubscribed there meanwhile must not come back as a subscriber,
        // so what Mailchimp says of them now is asked right before.
        "archive" => match worker.client.member(audience, &hash).await? {
            Some(member) if member.status == Status::Subscribed => {
                match worker.client.archive_member(audience, &hash).await? {
                    ArchiveOutcome::Archived => Ok(Outcome::Ended(There::Archive)),
                    _ => Ok(Outcome::ThereAlready),
                }
            }
            _ => Ok(Outcome::ThereAlready),
        },
        "unsubscribe" => {
            let write = MemberWrite {
                status: Some(Status::Unsubscribed),
                ..MemberWrite::default()
            };
            match worker.client.patch_member(audience, &hash, &write).await {
                Ok(_) => Ok(Outcome::Ended(There::Unsubscribe)),
                Err(problem) if problem.kind() == Kind::NotFound => Ok(Outcome::ThereAlready),
                Err(problem) => Err(problem),
            }
        }
        // Whatever state they are in, they are asked to confirm, and nothing more.
        "confirm" => {
            let member = worker.client.put_member(audience, &hash, &addition(call)).await?;
            Ok(Outcome::Done(Box::new(member)))
        }
        _ => add(worker, audience, call).await,
    }
}

/// POST creates, and brings back whoever is archived, be it by us or by somebody there. So we ask first: only who is not there,
/// or was archived as far as we know, is added.
async fn add(worker: &Worker, audience: &AudienceId, call: &Call) -> Result<Outcome, Problem> {
    let comes_back = call.body.get("comes_back").and_then(Value::as_bool).unwrap_or_default();
    let there = worker
        .client
        .member(audience, &SubscriberHash::of(&call.address_key))
        .await?;
    if there.is_some_and(|member| !comes_back || member.status != Status::Archived) {
        return Ok(Outcome::ThereAlready);
    }
    match worker.client.post_member(audience, &addition(call)).await {
        Ok(member) => Ok(Outcome::Done(Box::new(member))),
        Err(problem) if problem.kind() == Kind::MemberExists => Ok(Outcome::ThereAlready),
        Err(problem) => Err(problem),
    }
}

async fn bulk(worker: &Worker, audience: &AudienceId, calls: Vec<Call>) -> Result<(), Stop> {
    // Halved while Mailchimp refuses the whole of it, until the bad row stands alone.
    let mut waiting = vec![calls];
    while let Some(mut calls) = waiting.pop() {
        let ids: Vec<i64> = calls.iter().map(|call| call.id).collect();
        let asked = still_wanted(worker, ids).await?;
        calls.retain(|call| asked.contains(&call.id));
        if calls.is_empty() {
            continue;
        }
        let adds = calls.first().is_some_and(|call| call.verb == "add");
        let rows: Vec<MemberWrite> = calls.iter().map(if adds { addition } else { unsubscription }).collect();
        // Additions never touch whoever is there already; unsubscribes only do that.
        let write = worker.client.write_members(audience, &rows, !adds);
        let Some(answer) = worker.ask_if(are_still_wanted(worker, asked), write).await? else {
            if worker.is_still_connected().await? {
                waiting.push(calls);
                continue;
            }
            return Ok(());
        };
        let outcomes = match answer {
            Ok(outcome) => matched(calls, outcome.created, outcome.updated, &outcome.errors, adds),
            Err(problem) if matches!(problem.class(), Class::Request | Class::Member) && calls.len() > 1 => {
                let (first, second) = calls.split_at(calls.len() / 2);
                waiting.extend([second.to_vec(), first.to_vec()]);
                continue;
            }
            Err(problem) => calls
                .into_iter()
                .map(|call| (call, Outcome::Problem(problem.clone())))
                .collect(),
        };
        let again: Vec<String> = outcomes
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Outcome::ThereAlready))
            .map(|(call, _)| call.address_key.clone())
            .collect();
        if let Some(problem) = outcome::record(worker, outcomes).await? {
            return Err(Stop::Mailchimp(problem));
        }
        receive::read_again(worker, audience, again).await?;
    }
    Ok(())
}

/// Matches the rows of a bulk answer by address, never by position.
fn matched(
    calls: Vec<Call>,
    created: Vec<Member>,
    updated: Vec<Member>,
    errors: &[crate::mailchimp::BulkError],
    adds: bool,
) -> Vec<(Call, Outcome)> {
    let mut members: HashMap<String, Member> = created
        .into_iter()
        .chain(updated)
        .map(|member| (member.email_address.to_lowercase(), member))
        .collect();
    let problems: HashMap<String, Problem> = errors
        .iter()
        .map(|error| (error.email_address.trim().to_lowercase(), error.problem()))
        .collect();
    calls
        .into_iter()
        .map(|call| {
            let outcome = match (members.remove(&call.address_key), problems.get(&call.address_key)) {
                (Some(_), _) if !adds => Outcome::Ended(There::Unsubscribe),
                (Some(member), _) => Outcome::Done(Box::new(member)),
                (None, Some(problem)) if problem.kind() == Kind::MemberExists => Outcome::ThereAlready,
                (None, Some(problem)) => Outcome::Problem(problem.clone()),
                // Mentioned nowhere: what is there is read, and decided anew.
                (None, None) => Outcome::ThereAlready,
            };
            (call, outcome)
        })
        .collect()
}

fn addition(call: &Call) -> MemberWrite {
    let text = |name: &str| call.body.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    MemberWrite {
        email_address: text("address"),
        status: text("status").as_deref().map(Status::parse),
        merge_fields: call
            .body
            .get("fields")
            .and_then(|fields| serde_json::from_value(fields.clone()).ok())
            .unwrap_or_default(),
        language: text("language"),
        ..MemberWrite::default()
    }
}

fn unsubscription(call: &Call) -> MemberWrite {
    MemberWrite {
        email_address: Some(call.address_key.clone()),
        status: Some(Status::Unsubscribed),
        ..MemberWrite::default()
    }
}
