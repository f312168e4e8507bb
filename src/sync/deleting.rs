//! People who are deleted at Mailchimp for good, because somebody asked to be erased: asked for in a row, carried out by the
//! sync, and once Mailchimp shows nobody of them any more, the person is erased here.
//!
//! Whom to delete is read from the mirror each time, so that nothing has to be remembered between two steps: killed at any line,
//! the next run asks for whoever is still shown, and somebody deleted twice is simply gone already. Each deletion ends in one of
//! two ways: the member is forgotten in the mirror, because Mailchimp was asked and no longer shows them, or Mailchimp's words
//! stand in the row and it is asked again.

use super::engine::{Stop, Worker};
use super::erasing::{self, Held};
use super::view::View;
use super::{connection, gone, mirror};
use crate::base::{Actor, ContactId, StaffId};
use crate::crm::erasure::actions as erasure;
use crate::crm::groups::mailchimp::Deletion;
use crate::db::OrgTx;
use crate::db::schema::{contacts, person_deletions};
use crate::mailchimp::{AudienceId, Class, Kind, SubscriberHash};
use crate::web::PageError;
use crate::work;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

/// How long after Mailchimp was asked it is asked again, where it still shows the person.
const AGAIN_AFTER: TimeDelta = TimeDelta::minutes(10);
/// People asked for in one round, so that what comes in meanwhile is heard.
const ROUND: i64 = 5;

/// Has the sync delete a person. Who was asked for before is asked for again, at once.
pub(super) fn ask(tx: &mut OrgTx<'_>, person: ContactId) -> QueryResult<()> {
    use person_deletions::dsl;
    let (organization, now) = (tx.organization(), tx.now());
    let asked = (
        dsl::asked_by.eq(tx.actor().id()),
        dsl::asked_by_name.eq(tx.actor().name().to_owned()),
        dsl::asked_at.eq(now),
        dsl::not_before.eq(now),
        dsl::problems.eq(Vec::<String>::new()),
    );
    diesel::insert_into(dsl::person_deletions)
        .values((dsl::contact_id.eq(person), asked.clone()))
        .on_conflict((dsl::organization_id, dsl::contact_id))
        .do_update()
        .set(asked)
        .execute(&mut **tx)?;
    work::wake(tx, organization, work::Kind::Sync, now)
}

/// How far the deletion of a person has come.
pub(super) fn of(tx: &mut OrgTx<'_>, person: ContactId) -> QueryResult<Option<Deletion>> {
    wanted()
        .filter(person_deletions::organization_id.eq(tx.organization()))
        .filter(person_deletions::contact_id.eq(person))
        .select((
            person_deletions::asked_by_name,
            person_deletions::asked_at,
            person_deletions::problems,
        ))
        .first::<(String, DateTime<Utc>, Vec<String>)>(&mut **tx)
        .optional()
        .map(|row| {
            row.map(|(asked_by, asked_at, problems)| Deletion {
                asked_by,
                asked_at,
                problems,
            })
        })
}

/// Whom Mailchimp did not delete when it was asked.
pub(super) fn refused(tx: &mut OrgTx<'_>) -> QueryResult<Vec<ContactId>> {
    wanted()
        .filter(person_deletions::organization_id.eq(tx.organization()))
        .filter(person_deletions::problems.ne(Vec::<String>::new()))
        .order(person_deletions::asked_at)
        .select(person_deletions::contact_id)
        .load(&mut **tx)
}

/// When Mailchimp is asked next.
pub(super) fn next_at(tx: &mut OrgTx<'_>) -> QueryResult<Option<DateTime<Utc>>> {
    wanted()
        .filter(person_deletions::organization_id.eq(tx.organization()))
        .select(diesel::dsl::min(person_deletions::not_before))
        .first(&mut **tx)
}

/// Has Mailchimp delete who is to be deleted, and erases who is gone there. Returns how many of both there were.
pub(super) async fn delete(worker: &Worker) -> Result<usize, Stop> {
    let due = worker.read(|tx| Ok(due(tx)?)).await?;
    let mut done = due.len();
    for person in due {
        delete_person(worker, person).await?;
    }
    for (person, actor) in worker.read(|tx| Ok(gone_there(tx)?)).await? {
        let erased = move |tx: &mut OrgTx<'_>| erase(tx, person);
        if worker.engine.write_under(worker.lease, actor, erased).await? {
            done += 1;
        }
    }
    Ok(done)
}

/// Asks for each of a person's members, and notes what Mailchimp did not do.
async fn delete_person(worker: &Worker, person: ContactId) -> Result<(), Stop> {
    let mut problems = Vec::new();
    for member in worker.read(move |tx| Ok(members(tx, person)?)).await? {
        problems.extend(delete_member(worker, person, member).await?);
    }
    worker
        .write(move |tx| {
            let row = person_deletions::table.find((tx.organization().0, person.0));
            diesel::update(row)
                .set((
                    person_deletions::not_before.eq(tx.now() + AGAIN_AFTER),
                    person_deletions::problems.eq(problems),
                ))
                .execute(&mut **tx)?;
            Ok(())
        })
        .await
}

/// Deletes a member, if that is still wanted when the call's turn comes. Returns Mailchimp's words where it did not.
async fn delete_member(worker: &Worker, person: ContactId, member: Held) -> Result<Option<String>, Stop> {
    let Some(audience) = AudienceId::parse(&member.audience) else {
        return Ok(None);
    };
    let hash = SubscriberHash::of(&member.address_key);
    let call = worker.client.delete_member_permanently(&audience, &hash);
    match worker.ask_if(is_wanted(worker, person, &member), call).await? {
        None => Ok(None),
        Some(Ok(_)) => read_again(worker, member).await.map(|()| None),
        Some(Err(problem)) if problem.class() == Class::Audience => {
            gone::or_stop(worker, &member.audience, problem).await.map(|()| None)
        }
        // Whoever connected may be allowed all but this; should it be the whole connection, the next other call will tell.
        Some(Err(problem)) if problem.class() == Class::Connection && problem.kind() != Kind::NotPermitted => {
            Err(Stop::Mailchimp(problem))
        }
        Some(Err(problem)) => {
            if problem.effect_unknown() {
                read_again(worker, member).await?;
            }
            Ok(Some(problem.words()))
        }
    }
}

/// Only what Mailchimp shows counts: the member is read, and forgotten where it is not there any more.
async fn read_again(worker: &Worker, member: Held) -> Result<(), Stop> {
    worker
        .write(move |tx| Ok(mirror::mark_due(tx, &member.audience, &[member.address_key], true)?))
        .await
}

/// Whether the member is still to be deleted: somebody may have taken the person out of the trash, undone a merge, or given the
/// address to another contact.
async fn is_wanted(worker: &Worker, person: ContactId, member: &Held) -> Result<bool, Stop> {
    let member = member.clone();
    Ok(worker.is_still_connected().await?
        && worker
            .read(move |tx| {
                Ok(of(tx, person)?.is_some() && members(tx, person)?.iter().any(|held| held.is_same(&member)))
            })
            .await?)
}

/// What is still wanted: who was taken out of the trash since, perhaps to be put there again, is not meant any more.
#[diesel::dsl::auto_type(no_type_alias)]
fn wanted() -> _ {
    person_deletions::table
        .inner_join(
            contacts::table.on(contacts::organization_id
                .eq(person_deletions::organization_id)
                .and(contacts::id.eq(person_deletions::contact_id))),
        )
        .filter(contacts::deleted_at.le(person_deletions::asked_at.nullable()))
        .filter(contacts::merged_into.is_null())
        .filter(contacts::erased_at.is_null())
}

/// Forgets who was taken out of the trash since.
pub(super) fn forget_stopped(tx: &mut OrgTx<'_>) -> QueryResult<usize> {
    let organization = tx.organization();
    let asked: Vec<ContactId> = person_deletions::table
        .filter(person_deletions::organization_id.eq(organization))
        .select(person_deletions::contact_id)
        .load(&mut **tx)?;
    let mut forgotten = 0;
    for person in asked {
        if of(tx, person)?.is_none() {
            forgotten += diesel::delete(person_deletions::table.find((organization.0, person.0))).execute(&mut **tx)?;
        }
    }
    Ok(forgotten)
}

fn due(tx: &mut OrgTx<'_>) -> QueryResult<Vec<ContactId>> {
    wanted()
        .filter(person_deletions::organization_id.eq(tx.organization()))
        .filter(person_deletions::not_before.le(tx.now()))
        .order((person_deletions::not_before, person_deletions::contact_id))
        .limit(ROUND)
        .select(person_deletions::contact_id)
        .load(&mut **tx)
}

fn members(tx: &mut OrgTx<'_>, person: ContactId) -> QueryResult<Vec<Held>> {
    let everybody = erasure::with_merged(tx, person)?;
    erasing::members(tx, &everybody)
}

/// Whom Mailchimp no longer has, as far as it was read; each with who asked for it.
fn gone_there(tx: &mut OrgTx<'_>) -> QueryResult<Vec<(ContactId, Actor)>> {
    let asked: Vec<(ContactId, Option<StaffId>, String)> = wanted()
        .filter(person_deletions::organization_id.eq(tx.organization()))
        .order(person_deletions::contact_id)
        .select((
            person_deletions::contact_id,
            person_deletions::asked_by,
            person_deletions::asked_by_name,
        ))
        .load(&mut **tx)?;
    let mut gone = Vec::new();
    for (person, by, name) in asked {
        if members(tx, person)?.is_empty() {
            gone.push((person, by.map_or(Actor::System, |id| Actor::Staff { id, name })));
        }
    }
    Ok(gone)
}

/// `false`: somebody changed their mind or disconnected Mailchimp, or it has them again; the row says what comes next.
fn erase(tx: &mut OrgTx<'_>, person: ContactId) -> Result<bool, Stop> {
    // Without a connection nobody seems to be there.
    let is_connected = connection::find(tx)?.is_some_and(|now| now.is_connected());
    if !is_connected || of(tx, person)?.is_none() {
        return Ok(false);
    }
    match erasure::erase(tx, &View, person) {
        Ok(()) => Ok(true),
        Err(PageError::Refused(_) | PageError::NotFound) => Ok(false),
        Err(other) => Err(Stop::Unexpected(other.into())),
    }
}
