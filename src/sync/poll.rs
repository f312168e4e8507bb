//! Looks at whole audiences, page by page: at everybody before a link is switched on, and from then on at whoever changed
//! since the last look. Each page is taken in when it has come, and uses one of the user's connections only while it comes.

use super::engine::{Stop, Worker};
use super::gone;
use super::mirror::{self, Told};
use crate::db::schema::{audience_members, audiences};
use crate::mailchimp::{AudienceId, Member, MembersQuery, PAGE_SIZE_MAX, Problem, Status};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use std::collections::HashSet;

/// A poll looks this far behind the last: `last_changed` has seconds only, and Mailchimp's own pages lag.
const POLL_OVERLAP: TimeDelta = TimeDelta::minutes(10);
/// Pages that do not agree with Mailchimp's own count are read once more before they are given up for now.
const READINGS_MAX: usize = 2;

/// One look at an audience: everybody who changed since the last, archived members too. Polls alone reach the right state.
/// The next look begins where this one began, and only if this one came to its end.
pub async fn poll(worker: &Worker, audience: &str) -> Result<(), Stop> {
    let Some(id) = AudienceId::parse(audience) else {
        return Ok(());
    };
    // Never read in full (the preview does that): there is no moment to look back to.
    let Some(since) = polled_until(worker, audience).await? else {
        return read_fully(worker, audience).await;
    };
    let pages = match read(worker, &id, Some(since - POLL_OVERLAP)).await? {
        Ok(pages) if pages.are_complete() => pages,
        Ok(_) => return Err(Stop::Mailchimp(Problem::incomplete())),
        Err(problem) => return gone::or_stop(worker, audience, problem).await,
    };
    let of = audience.to_owned();
    worker
        .write(move |tx| {
            diesel::update(audiences::table.find((tx.organization().0, of)))
                .set((
                    audiences::polled_at.eq(tx.now()),
                    audiences::polled_until.eq(pages.asked_at.unwrap_or(since)),
                ))
                .execute(&mut **tx)?;
            Ok(())
        })
        .await
}

async fn polled_until(worker: &Worker, audience: &str) -> Result<Option<DateTime<Utc>>, Stop> {
    let of = audience.to_owned();
    worker
        .read(move |tx| {
            let row = audiences::table.find((tx.organization().0, of));
            Ok(row.select(audiences::polled_until).first(&mut **tx)?)
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
    match read(worker, &id, None).await? {
        Ok(pages) if pages.are_complete() => finish_full_read(worker, audience, pages, started).await,
        Ok(_) => give_up_full_read(worker, audience).await,
        Err(problem) => gone::or_stop(worker, audience, problem).await,
    }
}

/// The pages of one reading: what they held is in the mirror.
#[derive(Default)]
struct Pages {
    /// By Mailchimp's id: a contact without an address has one, too.
    members: HashSet<String>,
    addresses: HashSet<String>,
    total: usize,
    /// Mailchimp's clock before the first page: what changed later may be missing.
    asked_at: Option<DateTime<Utc>>,
}

impl Pages {
    fn are_complete(&self) -> bool {
        self.members.len() >= self.total
    }
}

/// Reads all members, or those who changed `since`.
async fn read(
    worker: &Worker,
    audience: &AudienceId,
    since: Option<DateTime<Utc>>,
) -> Result<Result<Pages, Problem>, Stop> {
    for _ in 1..READINGS_MAX {
        match read_once(worker, audience, since).await? {
            Ok(pages) if !pages.are_complete() => {}
            done => return Ok(done),
        }
    }
    read_once(worker, audience, since).await
}

async fn read_once(
    worker: &Worker,
    audience: &AudienceId,
    since_last_changed: Option<DateTime<Utc>>,
) -> Result<Result<Pages, Problem>, Stop> {
    let mut pages = Pages::default();
    for status in [None, Some(Status::Archived)] {
        let (mut offset, before) = (0, pages.total);
        loop {
            let query = MembersQuery {
                status,
                since_last_changed,
                offset,
                ..MembersQuery::default()
            };
            let page = match worker.ask(worker.client.members_page(audience, &query)).await? {
                Ok(page) => page,
                Err(problem) => return Ok(Err(problem)),
            };
            pages.asked_at = pages.asked_at.or(page.asked_at);
            pages.total = before + page.total_items;
            offset += page.members.len();
            let is_last = page.members.len() < PAGE_SIZE_MAX || offset >= page.total_items;
            pages
                .members
                .extend(page.members.iter().map(|member| member.id.clone()));
            pages.addresses.extend(page.members.iter().map(mirror::key_of));
            let progress = since_last_changed
                .is_none()
                .then_some((pages.members.len(), pages.total));
            take_page(worker, audience, page.members, progress).await?;
            if is_last {
                break;
            }
        }
    }
    Ok(Ok(pages))
}

/// `progress`: how many of how many, where somebody watches.
async fn take_page(
    worker: &Worker,
    audience: &AudienceId,
    members: Vec<Member>,
    progress: Option<(usize, usize)>,
) -> Result<(), Stop> {
    let of = audience.as_str().to_owned();
    worker
        .write(move |tx| {
            let told: Vec<Told> = members
                .into_iter()
                .filter(|member| !mirror::key_of(member).is_empty())
                .map(|member| Told::Member(Box::new(member)))
                .collect();
            mirror::take_in(tx, &of, &told)?;
            if let Some((done, total)) = progress {
                diesel::update(audiences::table.find((tx.organization().0, of)))
                    .set((
                        audiences::read_members.eq(i32::try_from(done).unwrap_or(i32::MAX)),
                        audiences::read_total.eq(i32::try_from(total).unwrap_or(i32::MAX)),
                    ))
                    .execute(&mut **tx)?;
            }
            Ok(())
        })
        .await
}

async fn give_up_full_read(worker: &Worker, audience: &str) -> Result<(), Stop> {
    let of = audience.to_owned();
    worker
        .write(move |tx| {
            let words = "The audience kept changing while it was read. Nothing was done; please try again.";
            diesel::update(audiences::table.find((tx.organization().0, of)))
                .set((
                    audiences::read_problem.eq(words),
                    audiences::read_wanted_at.eq(None::<DateTime<Utc>>),
                ))
                .execute(&mut **tx)?;
            Ok(())
        })
        .await
}

async fn finish_full_read(worker: &Worker, audience: &str, pages: Pages, started: DateTime<Utc>) -> Result<(), Stop> {
    let of = audience.to_owned();
    worker
        .write(move |tx| {
            let missing: Vec<String> = audience_members::table
                .filter(audience_members::organization_id.eq(tx.organization()))
                .filter(audience_members::audience_id.eq(&of))
                .filter(audience_members::status.ne("forgotten"))
                .filter(audience_members::read_at.lt(started))
                .select(audience_members::address_key)
                .load::<String>(&mut **tx)?
                .into_iter()
                .filter(|key| !pages.addresses.contains(key))
                .collect();
            mirror::mark_due(tx, &of, &missing, true)?;
            diesel::update(audiences::table.find((tx.organization().0, &of)))
                .set((
                    audiences::read_done_at.eq(tx.now()),
                    audiences::read_wanted_at.eq(None::<DateTime<Utc>>),
                    audiences::read_problem.eq(None::<String>),
                    audiences::polled_until.eq(pages.asked_at.unwrap_or(started)),
                    audiences::polled_at.eq(tx.now()),
                ))
                .execute(&mut **tx)?;
            Ok(())
        })
        .await
}
