//! What Mailchimp tells: webhooks that were stored when they came, polls that are complete without them, and full reads.
//! A webhook is only a hint: the member is read again, and the member as the API shows it is taken into the mirror.

use super::engine::{Stop, Worker};
use super::mirror::{self, Told};
use super::{facts, plan, send};
use crate::base::ContactId;
use crate::db::OrgTx;
use crate::db::schema::{audience_members, audiences, due_members, planned_calls, webhook_events};
use crate::mailchimp::webhook::{Hint, HintKind};
use crate::mailchimp::{AudienceId, Class, MembersQuery, PAGE_SIZE_MAX, Problem, Status, SubscriberHash};
use crate::work;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use futures_util::StreamExt;
use std::collections::HashSet;

/// Stored webhooks looked at in one transaction.
const EVENTS_PER_BATCH: i64 = 500;
/// Members read one by one in a round; more than that are read by a poll.
const SINGLE_READS_MAX: usize = 40;
const READS_AT_ONCE: usize = 4;
/// A poll looks this far behind the last: `last_changed` has seconds only, and Mailchimp's own pages lag.
const POLL_OVERLAP: TimeDelta = TimeDelta::minutes(10);
/// A full read that does not agree with Mailchimp's own count is made once more before it is given up.
const FULL_READS_MAX: usize = 2;

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
            mirror::mark_due(tx, audience, &keys, true)?;
            if reason.as_deref() == Some("abuse") {
                mirror::note_complaint(tx, audience, &keys)?;
            }
        }
        _ => {}
    }
    mirror::mark_due(tx, audience, &keys, true)
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
        .filter(planned_calls::verb.eq("add"))
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
                .order(due_members::mark)
                .limit(SINGLE_READS_MAX as i64)
                .select((due_members::audience_id, due_members::address_key, due_members::mark))
                .load(&mut **tx)?)
        })
        .await?;
    let audiences: HashSet<&String> = due.iter().map(|(audience, _, _)| audience).collect();
    for audience in audiences {
        let (keys, marks): (Vec<String>, Vec<i64>) = due
            .iter()
            .filter(|(of, _, _)| of == audience)
            .map(|(_, key, mark)| (key.clone(), *mark))
            .unzip();
        let Some(audience) = AudienceId::parse(audience) else {
            continue;
        };
        read_one_by_one(worker, &audience, keys, marks).await?;
    }
    Ok(due.len())
}

/// Reads addresses again that Mailchimp has already: a few one by one, many by a poll and the rest one by one.
pub async fn read_again(worker: &Worker, audience: &AudienceId, mut keys: Vec<String>) -> Result<(), Stop> {
    if keys.len() > SINGLE_READS_MAX {
        poll(worker, audience.as_str()).await?;
        let (id, asked) = (audience.as_str().to_owned(), keys.clone());
        let known = worker.read(move |tx| Ok(mirror::members(tx, &id, &asked)?)).await?;
        keys.retain(|key| !known.get(key).is_some_and(|member| member.is_active()));
    }
    for chunk in keys.chunks(SINGLE_READS_MAX) {
        read_one_by_one(worker, audience, chunk.to_vec(), Vec::new()).await?;
    }
    Ok(())
}

/// Asks for each address; what was read is taken in together with the marks that asked for it.
async fn read_one_by_one(
    worker: &Worker,
    audience: &AudienceId,
    keys: Vec<String>,
    marks: Vec<i64>,
) -> Result<(), Stop> {
    let asked = keys.clone();
    let reads: Vec<_> = futures_util::stream::iter(keys)
        .map(async |key| {
            let member = worker
                .ask(worker.client.member(audience, &SubscriberHash::of(&key)))
                .await?;
            Ok::<_, Stop>(member.map(|member| match member {
                Some(member) => Told::Member(Box::new(member)),
                None => Told::NotThere { address_key: key },
            }))
        })
        .buffer_unordered(READS_AT_ONCE)
        .collect()
        .await;
    let mut told = Vec::new();
    for read in reads {
        match read? {
            Ok(read) => told.push(read),
            Err(problem) => return stopped(worker, audience.as_str(), problem).await,
        }
    }
    let audience = audience.as_str().to_owned();
    worker
        .write(move |tx| {
            let complained: Vec<String> = diesel::delete(due_members::table)
                .filter(due_members::organization_id.eq(tx.organization()))
                .filter(due_members::mark.eq_any(marks))
                .returning((due_members::address_key, due_members::complained))
                .get_results::<(String, bool)>(&mut **tx)?
                .into_iter()
                .filter_map(|(key, complained)| complained.then_some(key))
                .collect();
            let complaints = complained.into_iter().map(|address_key| Told::Complained { address_key });
            let told: Vec<Told> = told.into_iter().chain(complaints).collect();
            mirror::take_in(tx, &audience, &told)?;
            // Decided anew even where the read told nothing new: a hint may have cancelled a call, and calls whose outcome was not heard have waited for this.
            mirror::mark_due(tx, &audience, &asked, false)?;
            let waiting = with_open_calls(tx, &audience, &asked)?;
            Ok(work::contacts_are_due(tx, &waiting)?)
        })
        .await
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

/// One look at an audience: everybody who changed since the last, archived members too. Polls alone reach the right state.
pub async fn poll(worker: &Worker, audience: &str) -> Result<(), Stop> {
    let Some(id) = AudienceId::parse(audience) else {
        return Ok(());
    };
    let of = audience.to_owned();
    let since: Option<DateTime<Utc>> = worker
        .read(move |tx| {
            let row = audiences::table
                .find((tx.organization().0, of))
                .select(audiences::polled_until);
            Ok(row.first::<Option<DateTime<Utc>>>(&mut **tx)?)
        })
        .await?;
    // Never read in full (the preview does that): there is no moment to look back to.
    let Some(since) = since else {
        return read_fully(worker, audience).await;
    };
    let mut until = None;
    for status in [None, Some(Status::Archived)] {
        let query = MembersQuery {
            status,
            since_last_changed: Some(since - POLL_OVERLAP),
            ..MembersQuery::default()
        };
        let read = match worker.ask(worker.client.all_members(&id, &query)).await? {
            Ok(read) => read,
            Err(problem) => return stopped(worker, audience, problem).await,
        };
        until = until.or(read.asked_at);
        let of = audience.to_owned();
        worker
            .write(move |tx| {
                let told: Vec<Told> = read
                    .members
                    .into_iter()
                    .map(|member| Told::Member(Box::new(member)))
                    .collect();
                Ok(mirror::take_in(tx, &of, &told)?)
            })
            .await?;
    }
    let of = audience.to_owned();
    worker
        .write(move |tx| {
            diesel::update(audiences::table.find((tx.organization().0, of)))
                .set((
                    audiences::polled_at.eq(tx.now()),
                    audiences::polled_until.eq(until.unwrap_or(since)),
                ))
                .execute(&mut **tx)?;
            Ok(())
        })
        .await
}

/// Reads an audience to its end, counted against Mailchimp's own total. Whoever the mirror has and the read has not is
/// asked for one by one: nobody is taken as gone because they were missing from a list.
pub async fn read_fully(worker: &Worker, audience: &str) -> Result<(), Stop> {
    let Some(id) = AudienceId::parse(audience) else {
        return Ok(());
    };
    let started = worker.engine.clock().now();
    for attempt in 1..=FULL_READS_MAX {
        let read = match read_pages(worker, &id).await? {
            Ok(read) => read,
            Err(problem) => return stopped(worker, audience, problem).await,
        };
        if read.seen.len() >= read.total || attempt == FULL_READS_MAX {
            let complete = read.seen.len() >= read.total;
            return finish_full_read(worker, audience, read, complete, started).await;
        }
    }
    Ok(())
}

struct FullRead {
    seen: HashSet<String>,
    total: usize,
    asked_at: Option<DateTime<Utc>>,
}

async fn read_pages(worker: &Worker, audience: &AudienceId) -> Result<Result<FullRead, Problem>, Stop> {
    let mut read = FullRead {
        seen: HashSet::new(),
        total: 0,
        asked_at: None,
    };
    for status in [None, Some(Status::Archived)] {
        let (mut offset, before) = (0, read.total);
        loop {
            let query = MembersQuery {
                status,
                offset,
                ..MembersQuery::default()
            };
            let page = match worker.ask(worker.client.members_page(audience, &query)).await? {
                Ok(page) => page,
                Err(problem) => return Ok(Err(problem)),
            };
            read.asked_at = read.asked_at.or(page.asked_at);
            read.total = before + page.total_items;
            offset += page.members.len();
            let is_last = page.members.len() < PAGE_SIZE_MAX || offset >= page.total_items;
            read.seen.extend(
                page.members
                    .iter()
                    .map(|member| member.email_address.trim().to_lowercase()),
            );
            take_page(worker, audience, page.members, &read).await?;
            if is_last {
                break;
            }
        }
    }
    Ok(Ok(read))
}

async fn take_page(
    worker: &Worker,
    audience: &AudienceId,
    members: Vec<crate::mailchimp::Member>,
    read: &FullRead,
) -> Result<(), Stop> {
    let (of, done, total) = (audience.as_str().to_owned(), read.seen.len(), read.total);
    worker
        .write(move |tx| {
            let told: Vec<Told> = members
                .into_iter()
                .map(|member| Told::Member(Box::new(member)))
                .collect();
            mirror::take_in(tx, &of, &told)?;
            diesel::update(audiences::table.find((tx.organization().0, of)))
                .set((
                    audiences::read_members.eq(i32::try_from(done).unwrap_or(i32::MAX)),
                    audiences::read_total.eq(i32::try_from(total).unwrap_or(i32::MAX)),
                ))
                .execute(&mut **tx)?;
            Ok(())
        })
        .await
}

async fn finish_full_read(
    worker: &Worker,
    audience: &str,
    read: FullRead,
    complete: bool,
    started: DateTime<Utc>,
) -> Result<(), Stop> {
    let of = audience.to_owned();
    worker
        .write(move |tx| {
            let row = audiences::table.find((tx.organization().0, &of));
            if !complete {
                let words = "The audience kept changing while it was read. Nothing was done; please try again.";
                diesel::update(row)
                    .set((
                        audiences::read_problem.eq(words),
                        audiences::read_wanted_at.eq(None::<DateTime<Utc>>),
                    ))
                    .execute(&mut **tx)?;
                return Ok(());
            }
            let missing: Vec<String> = audience_members::table
                .filter(audience_members::organization_id.eq(tx.organization()))
                .filter(audience_members::audience_id.eq(&of))
                .filter(audience_members::status.ne("forgotten"))
                .filter(audience_members::read_at.lt(started))
                .select(audience_members::address_key)
                .load::<String>(&mut **tx)?
                .into_iter()
                .filter(|key| !read.seen.contains(key))
                .collect();
            mirror::mark_due(tx, &of, &missing, true)?;
            diesel::update(row)
                .set((
                    audiences::read_done_at.eq(tx.now()),
                    audiences::read_wanted_at.eq(None::<DateTime<Utc>>),
                    audiences::read_problem.eq(None::<String>),
                    audiences::polled_until.eq(read.asked_at.unwrap_or(started)),
                    audiences::polled_at.eq(tx.now()),
                ))
                .execute(&mut **tx)?;
            Ok(())
        })
        .await
}

/// A read that failed: a gone audience breaks its mapping and nothing else; everything else stops this run.
async fn stopped(worker: &Worker, audience: &str, problem: Problem) -> Result<(), Stop> {
    if problem.class() != Class::Audience {
        return Err(Stop::Mailchimp(problem));
    }
    let (of, words) = (audience.to_owned(), problem.words());
    let link = worker.engine.connection_link(&worker.slug);
    worker
        .write(move |tx| {
            diesel::update(audiences::table.find((tx.organization().0, &of)))
                .set((
                    audiences::gone_at.eq(tx.now()),
                    audiences::read_wanted_at.eq(None::<DateTime<Utc>>),
                ))
                .execute(&mut **tx)?;
            diesel::delete(due_members::table)
                .filter(due_members::organization_id.eq(tx.organization()))
                .filter(due_members::audience_id.eq(&of))
                .execute(&mut **tx)?;
            for mapping in facts::mappings_of(tx)?
                .into_iter()
                .filter(|mapping| mapping.audience == of)
            {
                send::break_mapping(tx, mapping.id, &words, &link)?;
            }
            Ok(())
        })
        .await
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
