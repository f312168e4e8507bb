//! What staff and imports do with activities. Each action writes a line in the Change Log of everybody the activity is or was
//! with, their due marks, and the letter to whoever is assigned.

use super::model::{Activity, ActivityDraft, Priority, Status, differences};
use super::{letter, store, types};
use crate::accounts;
use crate::accounts::model::{Colleague, Organization};
use crate::base::{ActivityId, ActivityTypeId, ContactId, StaffId};
use crate::changelog::{self, FieldChange, NewChange};
use crate::config::Config;
use crate::crm::contacts;
use crate::db::OrgTx;
use crate::db::schema::{activities, activity_contacts};
use crate::work;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use diesel::sql_types::{Array, BigInt, Date, Integer, Nullable, Text, Timestamptz};
use std::collections::BTreeSet;

/// Writes an activity down.
pub fn add(tx: &mut OrgTx<'_>, config: &Config, draft: &ActivityDraft) -> QueryResult<ActivityId> {
    let ids = add_many(tx, std::slice::from_ref(draft))?;
    let id = ids.first().copied().ok_or(QueryError::NotFound)?;
    let (new, here) = (existing(tx, id)?, here(tx)?);
    tell_assignee(tx, config, &here, None, &new)?;
    Ok(id)
}

/// Writes many activities down, in the order of the drafts, without letters: a file tells nobody.
pub fn add_many(tx: &mut OrgTx<'_>, drafts: &[ActivityDraft]) -> QueryResult<Vec<ActivityId>> {
    let ids: Vec<ActivityId> = tx.reserve_ids("activities", drafts.len())?;
    let (created_by, now) = (tx.actor().name().to_owned(), tx.now());
    let rows: Vec<_> = ids
        .iter()
        .zip(drafts)
        .map(|(id, draft)| {
            (
                activities::id.eq(*id),
                Columns::of(draft),
                activities::follow_up_of.eq(draft.follow_up_of),
                activities::created_by.eq(&created_by),
                activities::created_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(activities::table).values(rows).execute(&mut **tx)?;
    put_with(tx, ids.iter().copied().zip(drafts))?;
    let (added, here) = (store::find_all(tx, &ids)?, here(tx)?);
    let lines: Vec<Line<'_>> = added.iter().map(|activity| (None, Some(activity))).collect();
    log(tx, &here, "Activity added", "", &lines)?;
    Ok(ids)
}

/// Writes an activity of its own down for each of these contacts who is not in the trash, in a handful of statements. Whoever
/// is assigned is not told: `tell_of_many` tells of all at once.
pub fn add_for_each(
    tx: &mut OrgTx<'_>,
    draft: &ActivityDraft,
    who: &[ContactId],
    why: &str,
) -> QueryResult<Vec<(ContactId, ActivityId)>> {
    #[derive(QueryableByName)]
    struct Added {
        #[diesel(sql_type = BigInt)]
        id: ActivityId,
    }
    let living = contacts::store::living(tx, who)?;
    let (by, now) = (tx.actor().name().to_owned(), tx.now());
    let added: Vec<Added> = diesel::sql_query(
        "INSERT INTO activities (type_id, subject, details, activity_at, duration_minutes, status, priority, \
             assigned_to, due_on, created_by, created_at) \
         SELECT $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM unnest($1) RETURNING id",
    )
    .bind::<Array<BigInt>, _>(&living)
    .bind::<BigInt, _>(draft.type_id)
    .bind::<Text, _>(&draft.subject)
    .bind::<Text, _>(&draft.details)
    .bind::<Timestamptz, _>(draft.activity_at)
    .bind::<Nullable<Integer>, _>(draft.duration_minutes)
    .bind::<Text, _>(draft.status)
    .bind::<Text, _>(draft.priority)
    .bind::<Nullable<BigInt>, _>(draft.assigned_to)
    .bind::<Nullable<Date>, _>(draft.due_on)
    .bind::<Text, _>(by)
    .bind::<Timestamptz, _>(now)
    .load(&mut **tx)?;
    let ids: Vec<ActivityId> = added.into_iter().map(|row| row.id).collect();
    diesel::sql_query("INSERT INTO activity_contacts (activity_id, contact_id) SELECT * FROM unnest($1, $2)")
        .bind::<Array<BigInt>, _>(&ids)
        .bind::<Array<BigInt>, _>(&living)
        .execute(&mut **tx)?;
    let Some(first) = ids.first() else {
        return Ok(Vec::new());
    };
    let mut one_of_them = existing(tx, *first)?;
    one_of_them.with.clear();
    let fields = differences(None, Some(&one_of_them), &here(tx)?);
    let what = format!("Activity added: {}", one_of_them.title());
    let lines: Vec<NewChange<'_>> = living
        .iter()
        .map(|contact| NewChange {
            contact: Some(*contact),
            what: &what,
            fields: fields.clone(),
            why,
        })
        .collect();
    changelog::record_all(tx, &lines)?;
    work::contacts_are_due(tx, &living)?;
    Ok(living.into_iter().zip(ids).collect())
}

/// Writes to whoever is assigned, once, that they have such an activity with each of so many contacts now; unless it is they
/// who assign.
pub fn tell_of_many(tx: &mut OrgTx<'_>, config: &Config, draft: &ActivityDraft, contacts: i32) -> QueryResult<()> {
    let here = here(tx)?;
    match to_be_told(tx, draft.assigned_to)? {
        Some(colleague) => {
            let of_type = types::find(tx, draft.type_id)?.ok_or(QueryError::NotFound)?;
            letter::tell_of_many(tx, config, &here, &colleague, (draft, &of_type.name), contacts)
        }
        None => Ok(()),
    }
}

/// Makes an activity what the draft says; `false`: it was that already.
pub fn change(tx: &mut OrgTx<'_>, config: &Config, id: ActivityId, draft: &ActivityDraft) -> QueryResult<bool> {
    let Some((before, after)) = change_untold(tx, id, draft, "")? else {
        return Ok(false);
    };
    let here = here(tx)?;
    tell_assignee(tx, config, &here, before.is.assigned_to, &after)?;
    Ok(true)
}

/// The same without a letter to anybody: for files. Returns what it was and is; nothing where it was that already.
pub fn change_untold(
    tx: &mut OrgTx<'_>,
    id: ActivityId,
    draft: &ActivityDraft,
    why: &str,
) -> QueryResult<Option<(Activity, Activity)>> {
    let before = store::locked(tx, &[id])?.pop().ok_or(QueryError::NotFound)?;
    diesel::update(activities::table.find((tx.organization(), id)))
        .set(Columns::of(draft))
        .execute(&mut **tx)?;
    let no_longer = before.is.with.iter().filter(|contact| !draft.with.contains(contact));
    let no_longer: Vec<ContactId> = no_longer.copied().collect();
    let theirs = activity_contacts::organization_id
        .eq(tx.organization())
        .and(activity_contacts::activity_id.eq(id))
        .and(activity_contacts::contact_id.eq_any(no_longer));
    diesel::delete(activity_contacts::table.filter(theirs)).execute(&mut **tx)?;
    put_with(tx, std::iter::once((id, draft)))?;
    let (after, here) = (existing(tx, id)?, here(tx)?);
    if differences(Some(&before), Some(&after), &here).is_empty() {
        return Ok(None);
    }
    log(tx, &here, "Activity changed", why, &[(Some(&before), Some(&after))])?;
    Ok(Some((before, after)))
}

/// An activity has been done; `false`: it was already.
pub fn complete(tx: &mut OrgTx<'_>, config: &Config, id: ActivityId) -> QueryResult<bool> {
    let mut draft = store::locked(tx, &[id])?.pop().ok_or(QueryError::NotFound)?.is;
    draft.status = Status::Completed;
    change(tx, config, id, &draft)
}

/// Deletes activities; those that go on from them stay, and what they were stays in the Change Log.
pub fn delete(tx: &mut OrgTx<'_>, ids: &[ActivityId], why: &str) -> QueryResult<()> {
    let gone = store::locked(tx, ids)?;
    let organization = tx.organization();
    diesel::update(activities::table)
        .filter(activities::organization_id.eq(organization))
        .filter(activities::follow_up_of.eq_any(ids))
        .set(activities::follow_up_of.eq(None::<ActivityId>))
        .execute(&mut **tx)?;
    let with = activity_contacts::organization_id
        .eq(organization)
        .and(activity_contacts::activity_id.eq_any(ids));
    diesel::delete(activity_contacts::table.filter(with)).execute(&mut **tx)?;
    let theirs = activities::organization_id
        .eq(organization)
        .and(activities::id.eq_any(ids));
    diesel::delete(activities::table.filter(theirs)).execute(&mut **tx)?;
    let here = here(tx)?;
    let lines: Vec<Line<'_>> = gone.iter().map(|activity| (Some(activity), None)).collect();
    log(tx, &here, "Activity deleted", why, &lines)
}

/// What of an activity can be changed later, as its row has it.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = activities, treat_none_as_null = true)]
struct Columns<'d> {
    type_id: ActivityTypeId,
    subject: &'d str,
    details: &'d str,
    activity_at: DateTime<Utc>,
    duration_minutes: Option<i32>,
    status: Status,
    priority: Priority,
    assigned_to: Option<StaffId>,
    due_on: Option<NaiveDate>,
    added_by_contact: Option<ContactId>,
    external_identifier: Option<&'d str>,
}

impl<'d> Columns<'d> {
    fn of(draft: &'d ActivityDraft) -> Self {
        Self {
            type_id: draft.type_id,
            subject: &draft.subject,
            details: &draft.details,
            activity_at: draft.activity_at,
            duration_minutes: draft.duration_minutes,
            status: draft.status,
            priority: draft.priority,
            assigned_to: draft.assigned_to,
            due_on: draft.due_on,
            added_by_contact: draft.added_by,
            external_identifier: draft.external_identifier.as_deref(),
        }
    }
}

/// Those of the contacts who are not in the trash take part.
fn put_with<'d>(tx: &mut OrgTx<'_>, of: impl Iterator<Item = (ActivityId, &'d ActivityDraft)>) -> QueryResult<()> {
    let all = of.flat_map(|(id, draft)| draft.with.iter().map(move |contact| (id, *contact)));
    let (ids, with): (Vec<ActivityId>, Vec<ContactId>) = all.unzip();
    diesel::sql_query(
        "INSERT INTO activity_contacts (activity_id, contact_id) \
         SELECT part.activity_id, contacts.id FROM unnest($2, $3) AS part (activity_id, contact_id) \
         JOIN contacts ON contacts.organization_id = $1 AND contacts.id = part.contact_id AND contacts.deleted_at IS NULL \
         ON CONFLICT DO NOTHING",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Array<BigInt>, _>(with)
    .execute(&mut **tx)?;
    Ok(())
}

fn existing(tx: &mut OrgTx<'_>, id: ActivityId) -> QueryResult<Activity> {
    store::find(tx, id)?.ok_or(QueryError::NotFound)
}

fn here(tx: &mut OrgTx<'_>) -> QueryResult<Organization> {
    let organization = tx.organization();
    accounts::organization(tx, organization)
}

/// Writes to a colleague who was not assigned before, unless it is they who assign.
fn tell_assignee(
    tx: &mut OrgTx<'_>,
    config: &Config,
    here: &Organization,
    before: Option<StaffId>,
    activity: &Activity,
) -> QueryResult<()> {
    let newly = activity.is.assigned_to.filter(|assignee| Some(*assignee) != before);
    match to_be_told(tx, newly)? {
        Some(colleague) => letter::tell(tx, config, here, &colleague, activity),
        None => Ok(()),
    }
}

/// The colleague who is assigned, unless it is they who assign.
fn to_be_told(tx: &mut OrgTx<'_>, assignee: Option<StaffId>) -> QueryResult<Option<Colleague>> {
    let acts = (tx.actor().kind() == "staff").then(|| tx.actor().id()).flatten();
    let Some(assignee) = assignee.filter(|assignee| Some(assignee.0) != acts) else {
        return Ok(None);
    };
    let mut colleagues = accounts::colleagues(tx)?.into_iter();
    Ok(colleagues.find(|colleague| colleague.id == assignee))
}

/// What an activity was and is.
type Line<'d> = (Option<&'d Activity>, Option<&'d Activity>);

/// A line for everybody each activity was or is with and for who added it; one for the organization where there is nobody.
fn log(tx: &mut OrgTx<'_>, here: &Organization, what: &str, why: &str, lines: &[Line<'_>]) -> QueryResult<()> {
    let mut concerned: BTreeSet<ContactId> = BTreeSet::new();
    let mut told: Vec<(Option<ContactId>, String, Vec<FieldChange>)> = Vec::new();
    for (old, new) in lines {
        let title = new.or(*old).map(Activity::title).unwrap_or_default();
        let (what, fields) = (format!("{what}: {title}"), differences(*old, *new, here));
        let all = [old, new].into_iter().flatten();
        let with: BTreeSet<ContactId> = all
            .flat_map(|one| one.is.with.iter().copied().chain(one.is.added_by))
            .collect();
        if with.is_empty() {
            told.push((None, what.clone(), fields.clone()));
        }
        told.extend(
            with.iter()
                .map(|contact| (Some(*contact), what.clone(), fields.clone())),
        );
        concerned.extend(with);
    }
    let changes: Vec<NewChange<'_>> = told
        .iter()
        .map(|(contact, what, fields)| NewChange {
            contact: *contact,
            what,
            fields: fields.clone(),
            why,
        })
        .collect();
    changelog::record_all(tx, &changes)?;
    let concerned: Vec<ContactId> = concerned.into_iter().collect();
    work::contacts_are_due(tx, &concerned)
}
