//! People who are deleted at Mailchimp for good, because somebody asked to be erased: asked for in rows, carried out by the sync,
//! and once Mailchimp has nobody of them left, the person is erased here. Killed at any line, it goes on from the rows; who is
//! deleted twice is simply gone already.

use super::engine::{Stop, Worker};
use super::view::View;
use super::{erasing, mirror};
use crate::base::{Actor, ContactId, StaffId};
use crate::crm::erasure::actions as erasure;
use crate::crm::groups::mailchimp::Deletion;
use crate::db::OrgTx;
use crate::db::schema::person_deletions;
use crate::mailchimp::{AudienceId, Class, SubscriberHash};
use crate::web::PageError;
use crate::work::{self, Kind};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use std::collections::BTreeSet;

/// How long after Mailchimp did not do it, it is asked again.
const AGAIN_AFTER: TimeDelta = TimeDelta::minutes(10);
/// Deletions asked in one round, so that what comes in meanwhile is heard.
const ROUND: i64 = 20;

/// A member to be deleted.
#[derive(Clone, Debug, Queryable)]
struct Wanted {
    contact: ContactId,
    audience: String,
    address_key: String,
}

/// Has the sync delete a person under every address of these contacts. What was asked for before is asked for again.
pub(super) fn ask(tx: &mut OrgTx<'_>, person: ContactId, contacts: &[ContactId]) -> QueryResult<()> {
    use person_deletions::dsl;
    let (now, by, by_name) = (tx.now(), tx.actor().id(), tx.actor().name().to_owned());
    let rows: Vec<_> = erasing::members(tx, contacts)?
        .into_iter()
        .map(|member| {
            (
                dsl::contact_id.eq(person.0),
                dsl::audience_id.eq(member.audience),
                dsl::address_key.eq(member.address_key),
                dsl::asked_by.eq(by),
                dsl::asked_by_name.eq(by_name.clone()),
                dsl::asked_at.eq(now),
                dsl::not_before.eq(now),
            )
        })
        .collect();
    let organization = tx.organization();
    if rows.is_empty() {
        return work::wake(tx, organization, Kind::Sync, now);
    }
    diesel::insert_into(dsl::person_deletions)
        .values(rows)
        .on_conflict((
            dsl::organization_id,
            dsl::contact_id,
            dsl::audience_id,
            dsl::address_key,
        ))
        .do_update()
        .set((
            dsl::not_before.eq(now),
            dsl::words.eq(""),
            dsl::deleted_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(&mut **tx)?;
    work::wake(tx, organization, Kind::Sync, now)
}

/// How far the deletion of a person has come.
pub(super) fn of(tx: &mut OrgTx<'_>, person: ContactId) -> QueryResult<Option<Deletion>> {
    let rows: Vec<(String, DateTime<Utc>, String)> = person_deletions::table
        .filter(person_deletions::organization_id.eq(tx.organization()))
        .filter(person_deletions::contact_id.eq(person.0))
        .order(person_deletions::asked_at)
        .select((
            person_deletions::asked_by_name,
            person_deletions::asked_at,
            person_deletions::words,
        ))
        .load(&mut **tx)?;
    let Some((asked_by, asked_at, _)) = rows.first().cloned() else {
        return Ok(None);
    };
    let problems: BTreeSet<String> = rows.into_iter().map(|(_, _, words)| words).collect();
    Ok(Some(Deletion {
        asked_by,
        asked_at,
        problems: problems.into_iter().filter(|words| !words.is_empty()).collect(),
    }))
}

/// Deletes who is to be deleted, and erases who is gone everywhere. Returns how many of both there were.
pub(super) async fn delete(worker: &Worker) -> Result<usize, Stop> {
    let due = worker.read(|tx| Ok(due(tx)?)).await?;
    let mut done = due.len();
    for wanted in due {
        delete_one(worker, wanted).await?;
    }
    for (person, actor) in worker.read(|tx| Ok(gone(tx)?)).await? {
        worker
            .engine
            .write_under(worker.lease, actor, move |tx| erase(tx, person))
            .await?;
        done += 1;
    }
    Ok(done)
}

async fn delete_one(worker: &Worker, wanted: Wanted) -> Result<(), Stop> {
    let Some(audience) = AudienceId::parse(&wanted.audience) else {
        let words = "The audience is not known to Mailchimp.";
        return worker.write(move |tx| Ok(not_deleted(tx, &wanted, words)?)).await;
    };
    let (hash, person) = (SubscriberHash::of(&wanted.address_key), wanted.contact);
    let still = async {
        Ok(worker.is_still_connected().await? && worker.read(move |tx| Ok(is_still_erasable(tx, person)?)).await?)
    };
    let asked = worker
        .ask_if(still, worker.client.delete_member_permanently(&audience, &hash))
        .await?;
    match asked {
        None => worker.write(move |tx| Ok(give_up(tx, person)?)).await,
        Some(Ok(_)) => worker.write(move |tx| Ok(deleted(tx, &wanted)?)).await,
        Some(Err(problem)) if problem.class() == Class::Connection => Err(Stop::Mailchimp(problem)),
        Some(Err(problem)) => {
            let words = problem.words();
            worker.write(move |tx| Ok(not_deleted(tx, &wanted, &words)?)).await
        }
    }
}

fn due(tx: &mut OrgTx<'_>) -> QueryResult<Vec<Wanted>> {
    person_deletions::table
        .filter(person_deletions::organization_id.eq(tx.organization()))
        .filter(person_deletions::deleted_at.is_null())
        .filter(person_deletions::not_before.le(tx.now()))
        .order((person_deletions::asked_at, person_deletions::contact_id))
        .limit(ROUND)
        .select((
            person_deletions::contact_id,
            person_deletions::audience_id,
            person_deletions::address_key,
        ))
        .load(&mut **tx)
}

/// Whether the person may still be erased; somebody may have taken them out of the trash.
fn is_still_erasable(tx: &mut OrgTx<'_>, person: ContactId) -> anyhow::Result<bool> {
    match erasure::erasable(tx, person) {
        Ok(_) => Ok(true),
        Err(PageError::Refused(_) | PageError::NotFound) => Ok(false),
        Err(other) => Err(other.into()),
    }
}

/// The person stays, so nothing more is deleted.
fn give_up(tx: &mut OrgTx<'_>, person: ContactId) -> QueryResult<()> {
    let connected = super::connection::find(tx)?.is_some_and(|connection| connection.is_connected());
    if connected {
        diesel::delete(person_deletions::table)
            .filter(person_deletions::organization_id.eq(tx.organization()))
            .filter(person_deletions::contact_id.eq(person.0))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Mailchimp says that they are gone: they are read again, and only that counts.
fn deleted(tx: &mut OrgTx<'_>, wanted: &Wanted) -> QueryResult<()> {
    let now = tx.now();
    diesel::update(person_deletions::table.find(key(tx, wanted)))
        .set((person_deletions::deleted_at.eq(now), person_deletions::words.eq("")))
        .execute(&mut **tx)?;
    mirror::mark_due(tx, &wanted.audience, std::slice::from_ref(&wanted.address_key), true)
}

fn not_deleted(tx: &mut OrgTx<'_>, wanted: &Wanted, words: &str) -> QueryResult<()> {
    let (organization, again) = (tx.organization(), tx.now() + AGAIN_AFTER);
    diesel::update(person_deletions::table.find(key(tx, wanted)))
        .set((
            person_deletions::not_before.eq(again),
            person_deletions::words.eq(words),
        ))
        .execute(&mut **tx)?;
    work::wake(tx, organization, Kind::Sync, again)
}

fn key<'w>(tx: &OrgTx<'_>, wanted: &'w Wanted) -> (i64, i64, &'w str, &'w str) {
    (
        tx.organization().0,
        wanted.contact.0,
        &wanted.audience,
        &wanted.address_key,
    )
}

/// Whose every member is deleted and whom Mailchimp no longer has, as far as it was read; each with who asked for it.
fn gone(tx: &mut OrgTx<'_>) -> anyhow::Result<Vec<(ContactId, Actor)>> {
    type Row = (ContactId, Option<StaffId>, String, Option<DateTime<Utc>>);
    let rows: Vec<Row> = person_deletions::table
        .filter(person_deletions::organization_id.eq(tx.organization()))
        .order(person_deletions::contact_id)
        .select((
            person_deletions::contact_id,
            person_deletions::asked_by,
            person_deletions::asked_by_name,
            person_deletions::deleted_at,
        ))
        .load(&mut **tx)?;
    let waiting: BTreeSet<ContactId> = rows
        .iter()
        .filter(|(.., deleted_at)| deleted_at.is_none())
        .map(|(person, ..)| *person)
        .collect();
    let mut gone: Vec<(ContactId, Actor)> = Vec::new();
    for (person, by, name, _) in rows {
        if waiting.contains(&person) || gone.iter().any(|(known, _)| *known == person) {
            continue;
        }
        let everybody = erasure::with_merged(tx, person)?;
        if erasing::members(tx, &everybody)?.is_empty() {
            let actor = by.map_or(Actor::System, |id| Actor::Staff { id, name });
            gone.push((person, actor));
        }
    }
    Ok(gone)
}

fn erase(tx: &mut OrgTx<'_>, person: ContactId) -> Result<(), Stop> {
    match erasure::erase(tx, &View, person) {
        Ok(()) => Ok(()),
        Err(PageError::Refused(_) | PageError::NotFound) => Ok(give_up(tx, person)?),
        Err(other) => Err(Stop::Unexpected(other.into())),
    }
}
