//! Planned calls → Mailchimp → recorded outcomes. Opt-outs first; few people by single calls, many by 500 a call. Each call
//! is marked as being asked before it leaves and gets exactly one outcome. Where no answer came (a killed process, a broken
//! connection) the member is read and the contact decided anew before anything more is sent.

use super::decide::There;
use super::engine::{Stop, Worker};
use super::mirror::{self, Told};
use super::{facts, plan, receive, standing};
use crate::base::{ContactId, MappingId};
use crate::db::OrgTx;
use crate::db::schema::{due_contacts, due_members, mappings, planned_calls, sync_standings};
use crate::incidents;
use crate::mailchimp::{
    ArchiveOutcome, AudienceId, BULK_MEMBERS_MAX, Class, Kind, Member, MemberWrite, Problem, Status, SubscriberHash,
};
use crate::work;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use futures_util::StreamExt;
use rand::RngExt;
use std::collections::HashMap;

/// Up to this many changes go as single calls: their answers come at once.
const SINGLE_CALLS_MAX: usize = 5;
/// Calls of one audience under way at the same time; the user's ten connections are shared with everybody.
const CALLS_AT_ONCE: usize = 4;
/// Calls taken in one round, so that an unsubscribe that comes in meanwhile is heard within two seconds.
const ROUND_OF_BULKS: i64 = 2 * BULK_MEMBERS_MAX as i64;
const ROUND_OF_SINGLES: i64 = 20;
/// An unsubscribe or archive that Mailchimp refuses is tried again after this: an opt-out is never given up.
const REFUSED_END_WAIT: TimeDelta = TimeDelta::days(1);
/// Waits are lengthened by up to this share, so that many waiting calls do not come back at the same moment.
const JITTER: f64 = 0.25;

/// A planned call.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = planned_calls)]
struct Call {
    id: i64,
    mapping_id: MappingId,
    contact_id: ContactId,
    audience_id: String,
    address_key: String,
    verb: String,
    body: serde_json::Value,
    attempts: i32,
}

/// What came of a call.
enum Outcome {
    /// Carried out; Mailchimp showed the member.
    Done(Box<Member>),
    /// Carried out, and the member is known to be in this state now.
    Ended(There),
    /// Mailchimp has the address already, in whatever state: read it and decide anew.
    ThereAlready,
    Problem(Problem),
}

/// Sends one round. Returns how many calls were asked; zero when none is due.
pub async fn send(worker: &Worker) -> Result<usize, Stop> {
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
        let in_bulk = calls.len() > SINGLE_CALLS_MAX && calls.iter().all(|call| call.verb != "archive");
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

/// When the next waiting call wants to be sent; `None` when none waits.
pub fn next_at(tx: &mut OrgTx<'_>) -> QueryResult<Option<DateTime<Utc>>> {
    planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::state.eq("planned"))
        .select(diesel::dsl::min(planned_calls::not_before))
        .first(&mut **tx)
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

/// Takes the calls of the most urgent kind that are due, and marks them as being asked. Whoever changed meanwhile on either
/// side is decided anew before anything is sent for them.
fn take(tx: &mut OrgTx<'_>) -> Result<Vec<Call>, Stop> {
    let (organization, now) = (tx.organization(), tx.now());
    let on: Vec<MappingId> = facts::mappings_of(tx)?
        .into_iter()
        .filter(|mapping| mapping.is_on)
        .map(|m| m.id)
        .collect();
    for (verb, round) in [
        ("unsubscribe", ROUND_OF_BULKS),
        ("archive", ROUND_OF_SINGLES),
        ("add", ROUND_OF_BULKS),
    ] {
        let due: Vec<i64> = planned_calls::table
            .filter(planned_calls::organization_id.eq(organization))
            .filter(planned_calls::state.eq("planned"))
            .filter(planned_calls::verb.eq(verb))
            .filter(planned_calls::mapping_id.eq_any(&on))
            .filter(planned_calls::not_before.le(now))
            .filter(not(exists(changed_here())))
            .filter(not(exists(changed_there())))
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

#[diesel::dsl::auto_type(no_type_alias)]
fn changed_here() -> _ {
    due_contacts::table
        .filter(due_contacts::organization_id.eq(planned_calls::organization_id))
        .filter(due_contacts::contact_id.eq(planned_calls::contact_id))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn changed_there() -> _ {
    due_members::table
        .filter(due_members::organization_id.eq(planned_calls::organization_id))
        .filter(due_members::audience_id.eq(planned_calls::audience_id))
        .filter(due_members::address_key.eq(planned_calls::address_key))
}

async fn singles(worker: &Worker, audience: &AudienceId, calls: Vec<Call>) -> Result<(), Stop> {
    let mut asked = futures_util::stream::iter(calls)
        .map(async |call| {
            let outcome = worker.ask(single(worker, audience, &call)).await;
            (call, outcome)
        })
        .buffer_unordered(CALLS_AT_ONCE);
    let mut again = Vec::new();
    let mut stopped = None;
    while let Some((call, outcome)) = asked.next().await {
        let outcome = outcome?.unwrap_or_else(Outcome::Problem);
        if matches!(outcome, Outcome::ThereAlready) {
            again.push(call.address_key.clone());
        }
        stopped = stopped.or(record(worker, vec![(call, outcome)]).await?);
    }
    drop(asked);
    receive::read_again(worker, audience, again).await?;
    stopped.map_or(Ok(()), |problem| Err(Stop::Mailchimp(problem)))
}

async fn single(worker: &Worker, audience: &AudienceId, call: &Call) -> Result<Outcome, Problem> {
    let hash = SubscriberHash::of(&call.address_key);
    match call.verb.as_str() {
        "archive" => match worker.client.archive_member(audience, &hash).await? {
            ArchiveOutcome::Archived => Ok(Outcome::Ended(There::Archive)),
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
        // POST creates, and brings back whom we archived; whoever is there in any other state is left as they are.
        _ => match worker.client.post_member(audience, &addition(call)).await {
            Ok(member) => Ok(Outcome::Done(Box::new(member))),
            Err(problem) if problem.kind() == Kind::MemberExists => Ok(Outcome::ThereAlready),
            Err(problem) => Err(problem),
        },
    }
}

async fn bulk(worker: &Worker, audience: &AudienceId, calls: Vec<Call>) -> Result<(), Stop> {
    // Halved while Mailchimp refuses the whole of it, until the bad row stands alone.
    let mut waiting = vec![calls];
    while let Some(calls) = waiting.pop() {
        let adds = calls.first().is_some_and(|call| call.verb == "add");
        let rows: Vec<MemberWrite> = calls.iter().map(if adds { addition } else { unsubscription }).collect();
        // Additions never touch whoever is there already; unsubscribes only do that.
        let answer = worker.ask(worker.client.write_members(audience, &rows, !adds)).await?;
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
        if let Some(problem) = record(worker, outcomes).await? {
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

/// Records outcomes. Returns the problem that stops all further work, if one came up.
async fn record(worker: &Worker, outcomes: Vec<(Call, Outcome)>) -> Result<Option<Problem>, Stop> {
    let link = worker.engine.connection_link(&worker.slug);
    worker
        .write(move |tx| {
            let mut stop = None;
            for (call, outcome) in outcomes {
                match outcome {
                    Outcome::Done(member) => done(tx, &call, *member)?,
                    Outcome::Ended(how) => ended(tx, &call, how)?,
                    Outcome::ThereAlready => {
                        settle(
                            tx,
                            &call,
                            "superseded",
                            "Mailchimp has this address already; it was read again.",
                        )?;
                        work::contacts_are_due(tx, &[call.contact_id])?;
                    }
                    Outcome::Problem(problem) => {
                        if failed(tx, &call, &problem, &link)? {
                            stop = Some(problem);
                        }
                    }
                }
            }
            Ok(stop)
        })
        .await
}

fn done(tx: &mut OrgTx<'_>, call: &Call, member: Member) -> QueryResult<()> {
    mirror::take_in(tx, &call.audience_id, &[Told::Member(Box::new(member))])?;
    settle(tx, call, "accepted", "")?;
    work::contacts_are_due(tx, &[call.contact_id])
}

/// Our unsubscribe or archive was carried out: the mirror knows that it was ours, and what the member was before.
fn ended(tx: &mut OrgTx<'_>, call: &Call, how: There) -> QueryResult<()> {
    let known = mirror::members(tx, &call.audience_id, std::slice::from_ref(&call.address_key))?;
    if let Some(before) = known.into_values().next() {
        let after = before.ended(how, tx.now());
        mirror::put(tx, &[after])?;
        mirror::mark_due(tx, &call.audience_id, std::slice::from_ref(&call.address_key), false)?;
    }
    settle(tx, call, "accepted", "")?;
    work::contacts_are_due(tx, &[call.contact_id])
}

/// Records a problem. `true`: it stops all calls, not only this one.
fn failed(tx: &mut OrgTx<'_>, call: &Call, problem: &Problem, link: &str) -> QueryResult<bool> {
    let attempt = u32::try_from(call.attempts).unwrap_or(1);
    match problem.class() {
        Class::Connection => {
            plan_again(tx, call, tx.now())?;
            Ok(true)
        }
        Class::Audience => {
            break_mapping(tx, call.mapping_id, &problem.words(), link)?;
            Ok(false)
        }
        _ => match problem.retry_after(attempt) {
            Some(wait) => {
                let lengthened = wait.mul_f64(1.0 + rand::rng().random::<f64>() * JITTER);
                let wait = TimeDelta::from_std(lengthened).unwrap_or(TimeDelta::minutes(15));
                plan_again(tx, call, tx.now() + wait)?;
                if problem.effect_unknown() {
                    mirror::mark_due(tx, &call.audience_id, std::slice::from_ref(&call.address_key), true)?;
                }
                Ok(false)
            }
            None => refuse(tx, call, problem).map(|()| false),
        },
    }
}

fn plan_again(tx: &mut OrgTx<'_>, call: &Call, not_before: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(planned_calls::table.find((tx.organization().0, call.id)))
        .filter(planned_calls::state.eq("asking"))
        .set((
            planned_calls::state.eq("planned"),
            planned_calls::not_before.eq(not_before),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Mailchimp refused this one for good: its words are kept and shown, and nothing is tried again until something differs.
fn refuse(tx: &mut OrgTx<'_>, call: &Call, problem: &Problem) -> QueryResult<()> {
    match problem.kind() {
        Kind::InCompliance => {
            remember(tx, call, |member| member.in_compliance = true)?;
            mirror::mark_due(tx, &call.audience_id, std::slice::from_ref(&call.address_key), true)?;
        }
        Kind::Forgotten => remember(tx, call, |member| member.status = "forgotten".into())?,
        _ if call.verb != "add" => return plan_again(tx, call, tx.now() + REFUSED_END_WAIT),
        _ => remember_row(tx, call, &problem.words())?,
    }
    settle(tx, call, "refused", &problem.words())?;
    work::contacts_are_due(tx, &[call.contact_id])
}

/// Writes what a refusal told about the address into the mirror, also where it had no row yet.
fn remember(tx: &mut OrgTx<'_>, call: &Call, change: impl FnOnce(&mut mirror::MirrorMember)) -> QueryResult<()> {
    let known = mirror::members(tx, &call.audience_id, std::slice::from_ref(&call.address_key))?;
    let unknown = || mirror::MirrorMember::unknown(&call.audience_id, &call.address_key, tx.now());
    let mut member = known.into_values().next().unwrap_or_else(unknown);
    change(&mut member);
    mirror::put(tx, &[member])
}

/// Keeps the words and the row as it was, so that the same row is not sent again.
fn remember_row(tx: &mut OrgTx<'_>, call: &Call, words: &str) -> QueryResult<()> {
    let Some(mapping) = facts::mappings_of(tx)?
        .into_iter()
        .find(|mapping| mapping.id == call.mapping_id)
    else {
        return Ok(());
    };
    let person = facts::gather(tx, &mapping, &[call.contact_id], &HashMap::new())?.pop();
    let Some(person) = person else { return Ok(()) };
    let (standing, reason) = standing::stored(super::decide::Standing::Refused(super::decide::Refusal::Row));
    diesel::update(sync_standings::table.find((tx.organization().0, call.mapping_id.0, call.contact_id.0)))
        .set((
            sync_standings::refused_row.eq(person.row),
            sync_standings::words.eq(words),
            sync_standings::standing.eq(standing),
            sync_standings::reason.eq(reason),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// The audience is gone: this mapping rests and says so, every other goes on.
pub fn break_mapping(tx: &mut OrgTx<'_>, mapping: MappingId, words: &str, link: &str) -> QueryResult<()> {
    let broken = diesel::update(mappings::table.find((tx.organization().0, mapping.0)))
        .filter(mappings::state.eq("on"))
        .set((mappings::state.eq("broken"), mappings::broken_words.eq(words)))
        .execute(&mut **tx)?;
    let open: Vec<i64> = planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::mapping_id.eq(mapping))
        .filter(planned_calls::settled_at.is_null())
        .select(planned_calls::id)
        .load(&mut **tx)?;
    plan::supersede(tx, &open, "The audience is gone at Mailchimp.")?;
    if broken == 1 {
        let sentence = format!(
            "The audience of a linked group is gone at Mailchimp, so this group is no longer kept in step. \
             All other groups go on. Mailchimp said: {words}"
        );
        incidents::open(
            tx,
            incidents::Kind::MappingBroken,
            &mapping.to_string(),
            &sentence,
            link,
        )?;
    }
    Ok(())
}

fn settle(tx: &mut OrgTx<'_>, call: &Call, state: &str, words: &str) -> QueryResult<()> {
    diesel::update(planned_calls::table.find((tx.organization().0, call.id)))
        .filter(planned_calls::settled_at.is_null())
        .set((
            planned_calls::state.eq(state),
            planned_calls::words.eq(words),
            planned_calls::settled_at.eq(tx.now()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}
