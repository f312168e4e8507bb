//! What Mailchimp tells of single members: webhooks that were stored when they came, and members read again.
//! A webhook is only a hint: the member is read again, and the member as the API shows it is taken into the mirror.

use super::engine::{Stop, Worker};
use super::mirror::{self, Told};
use super::send::ADDS;
use super::{gone, plan, poll};
use crate::base::ContactId;
use crate::db::OrgTx;
use crate::db::schema::{audience_members, audiences, due_members, planned_calls, webhook_events};
use crate::mailchimp::webhook::{Hint, HintKind};
use crate::mailchimp::{AudienceId, Class, Problem, SubscriberHash};
use crate::work;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use futures_util::StreamExt;
use std::collections::{HashMap, HashSet};

/// Stored webhooks looked at in one transaction.
const EVENTS_PER_BATCH: i64 = 500;
/// Members read one by one in a round; more than that are read by a poll.
const SINGLE_READS_MAX: usize = 40;
const READS_AT_ONCE: usize = 4;
/// A read that Mailchimp refuses is tried again after this.
const REFUSED_READ_WAIT: TimeDelta = TimeDelta::minutes(15);

/// Looks at stored webhooks. Returns how many there were.
pub async fn hear(worker: &Worker) -> Result<usize, Stop> {
    worker
        .write(|tx| {
            let events: Vec<(i64, String, String)> = webhook_events::table
                .filter(webhook_events::organization_id.eq(tx.organization()))
                .filter(webhook_events::applied_at.is_null())
                .order(webhook_events::id)
                .limit(EVENTS_PER_BATCH)
                .select((webhook_events::id, webhook_events::audience_id, webhook_events::body))
                .load(&mut **tx)?;
            for (_, audience, body) in &events {
                take_hint(tx, audience, &Hint::parse(body.as_bytes()))?;
            }
            diesel::update(webhook_events::table)
                .filter(webhook_events::organization_id.eq(tx.organization()))
                .filter(webhook_events::id.eq_any(events.iter().map(|(id, _, _)| *id)))
                .set(webhook_events::applied_at.eq(tx.now()))
                .execute(&mut **tx)?;
            Ok(events.len())
        })
        .await
}

/// Marks the members a webhook speaks of as to be read again; an opt-out cancels what was planned for the address at once.
fn take_hint(tx: &mut OrgTx<'_>, audience: &str, hint: &Hint) -> QueryResult<()> {
    let mut keys: Vec<String> = hint.address.iter().map(|address| address.to_lowercase()).collect();
    let mut complained = false;
    match &hint.kind {
        HintKind::UpEmail { old: Some(old), .. } => keys.push(old.to_lowercase()),
        HintKind::Unsubscribe { campaign, .. } => {
            cancel_additions(tx, audience, &keys)?;
            if let Some(campaign) = campaign {
                note_campaign(tx, audience, &keys, campaign)?;
            }
        }
        HintKind::Cleaned { reason, .. } => {
            cancel_additions(tx, audience, &keys)?;
            complained = reason.as_deref() == Some("abuse");
        }
        _ => {}
    }
    mirror::mark_due(tx, audience, &keys, true)?;
    if complained {
        mirror::note_complaint(tx, audience, &keys)?;
    }
    Ok(())
}

fn note_campaign(tx: &mut OrgTx<'_>, audience: &str, keys: &[String], campaign: &str) -> QueryResult<usize> {
    let members = audience_members::table
        .filter(audience_members::organization_id.eq(tx.organization()))
        .filter(audience_members::audience_id.eq(audience))
        .filter(audience_members::address_key.eq_any(keys));
    diesel::update(members)
        .set(audience_members::unsubscribe_campaign.eq(campaign))
        .execute(&mut **tx)
}

/// Drops additions that have not left yet. One that has may have been carried out: that is found out by reading the member.
fn cancel_additions(tx: &mut OrgTx<'_>, audience: &str, keys: &[String]) -> QueryResult<()> {
    let open: Vec<i64> = planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::audience_id.eq(audience))
        .filter(planned_calls::address_key.eq_any(keys))
        .filter(planned_calls::verb.eq_any(ADDS))
        .filter(planned_calls::settled_at.is_null())
        .filter(planned_calls::asked_at.is_null())
        .select(planned_calls::id)
        .load(&mut **tx)?;
    plan::supersede(tx, &open, "The person unsubscribed meanwhile.")?;
    Ok(())
}

/// Reads members again that webhooks or refusals spoke of. Returns how many marks were taken.
pub async fn read_due(worker: &Worker) -> Result<usize, Stop> {
    let due: Vec<(String, String, i64)> = worker
        .read(|tx| {
            Ok(due_members::table
                .filter(due_members::organization_id.eq(tx.organization()))
                .filter(due_members::read_first)
                .filter(
                    due_members::not_before
                        .is_null()
                        .or(due_members::not_before.le(tx.now())),
                )
                .order(due_members::mark)
                .limit(SINGLE_READS_MAX as i64)
                .select((due_members::audience_id, due_members::address_key, due_members::mark))
                .load(&mut **tx)?)
        })
        .await?;
    let audiences: HashSet<&String> = due.iter().map(|(audience, _, _)| audience).collect();
    for audience in audiences {
        let marks: HashMap<String, i64> = due
            .iter()
            .filter(|(of, _, _)| of == audience)
            .map(|(_, key, mark)| (key.clone(), *mark))
            .collect();
        let Some(audience) = AudienceId::parse(audience) else {
            continue;
        };
        read_one_by_one(worker, &audience, marks.keys().cloned().collect(), marks).await?;
    }
    Ok(due.len())
}

/// Reads addresses again that Mailchimp has already: a few one by one, many by a poll and the rest one by one.
pub async fn read_again(worker: &Worker, audience: &AudienceId, mut keys: Vec<String>) -> Result<(), Stop> {
    if keys.len() > SINGLE_READS_MAX {
        poll::poll(worker, audience.as_str()).await?;
        let (id, asked) = (audience.as_str().to_owned(), keys.clone());
        let known = worker.read(move |tx| Ok(mirror::members(tx, &id, &asked)?)).await?;
        keys.retain(|key| !known.get(key).is_some_and(|member| member.is_active()));
    }
    for chunk in keys.chunks(SINGLE_READS_MAX) {
        read_one_by_one(worker, audience, chunk.to_vec(), HashMap::new()).await?;
    }
    Ok(())
}

/// Asks for each address; what was read is taken in together with the marks that asked for it. Whoever could not be read
/// stays due, and is asked for again after a while.
async fn read_one_by_one(
    worker: &Worker,
    audience: &AudienceId,
    keys: Vec<String>,
    marks: HashMap<String, i64>,
) -> Result<(), Stop> {
    let reads: Vec<_> = futures_util::stream::iter(keys)
        .map(async |key| {
            let hash = SubscriberHash::of(&key);
            let read = worker.ask(worker.client.member(audience, &hash)).await;
            (key, read)
        })
        .buffer_unordered(READS_AT_ONCE)
        .collect()
        .await;
    let (mut asked, mut told) = (Vec::new(), Vec::new());
    let mut unread: Vec<(String, Problem)> = Vec::new();
    for (key, read) in reads {
        match read? {
            Ok(member) => {
                asked.push(key.clone());
                told.push(match member {
                    Some(member) => Told::Member(Box::new(member)),
                    None => Told::NotThere { address_key: key },
                });
            }
            Err(problem) => unread.push((key, problem)),
        }
    }
    let worst = unread.iter().find(|(_, problem)| problem.class() == Class::Connection);
    let problem = worst.or(unread.first()).map(|(_, problem)| problem.clone());
    let seen: Vec<i64> = asked.iter().filter_map(|key| marks.get(key).copied()).collect();
    let of = audience.as_str().to_owned();
    worker
        .write(move |tx| {
            let complained: Vec<String> = diesel::delete(due_members::table)
                .filter(due_members::organization_id.eq(tx.organization()))
                .filter(due_members::mark.eq_any(seen))
                .returning((due_members::address_key, due_members::complained))
                .get_results::<(String, bool)>(&mut **tx)?
                .into_iter()
                .filter_map(|(key, complained)| complained.then_some(key))
                .collect();
            let complaints = complained
                .into_iter()
                .map(|address_key| Told::Complained { address_key });
            let told: Vec<Told> = told.into_iter().chain(complaints).collect();
            mirror::take_in(tx, &of, &told)?;
            // Decided anew even where the read told nothing new: a hint may have cancelled a call, and calls whose outcome was
            // not heard have waited for this.
            mirror::mark_due(tx, &of, &asked, false)?;
            put_off(tx, &of, &unread)?;
            let waiting = with_open_calls(tx, &of, &asked)?;
            Ok(work::contacts_are_due(tx, &waiting)?)
        })
        .await?;
    match problem {
        Some(problem) => gone::or_stop(worker, audience.as_str(), problem).await,
        None => Ok(()),
    }
}

/// Each member that could not be read waits, longer each time.
fn put_off(tx: &mut OrgTx<'_>, audience: &str, unread: &[(String, Problem)]) -> QueryResult<()> {
    let keys: Vec<String> = unread.iter().map(|(key, _)| key.clone()).collect();
    mirror::mark_due(tx, audience, &keys, true)?;
    for (key, problem) in unread {
        let row = due_members::table.find((tx.organization().0, audience, key));
        let failed: i32 = diesel::update(row)
            .set(due_members::failed_reads.eq(due_members::failed_reads + 1))
            .returning(due_members::failed_reads)
            .get_result(&mut **tx)?;
        let wait = problem.retry_after(u32::try_from(failed).unwrap_or(u32::MAX));
        let wait = wait
            .and_then(|wait| TimeDelta::from_std(wait).ok())
            .unwrap_or(REFUSED_READ_WAIT);
        diesel::update(row)
            .set(due_members::not_before.eq(tx.now() + wait))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// When the next member that could not be read is asked for again.
pub fn next_at(tx: &mut OrgTx<'_>) -> QueryResult<Option<DateTime<Utc>>> {
    due_members::table
        .filter(due_members::organization_id.eq(tx.organization()))
        .filter(due_members::read_first)
        .select(diesel::dsl::min(due_members::not_before))
        .first(&mut **tx)
}

fn with_open_calls(tx: &mut OrgTx<'_>, audience: &str, keys: &[String]) -> QueryResult<Vec<ContactId>> {
    planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::audience_id.eq(audience))
        .filter(planned_calls::address_key.eq_any(keys))
        .filter(planned_calls::settled_at.is_null())
        .select(planned_calls::contact_id)
        .load(&mut **tx)
}

/// Stores a webhook as it came, before it is acknowledged; the same delivery twice is one. `true`: it is new.
pub fn store_event(tx: &mut OrgTx<'_>, audience: &str, body: &str, body_hash: &[u8]) -> QueryResult<bool> {
    let now = tx.now();
    let stored = diesel::insert_into(webhook_events::table)
        .values((
            webhook_events::audience_id.eq(audience),
            webhook_events::body_hash.eq(body_hash),
            webhook_events::body.eq(body),
            webhook_events::received_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(&mut **tx)?;
    diesel::update(audiences::table.find((tx.organization().0, audience)))
        .set((
            audiences::webhook_heard_at.eq(now),
            audiences::webhook_state.eq("working"),
        ))
        .execute(&mut **tx)?;
    let organization = tx.organization();
    work::wake(tx, organization, work::Kind::Sync, now)?;
    Ok(stored == 1)
}
