//! What staff do with activities. Each action writes a line in the Change Log of everybody the activity is or was with, their
//! due marks, and the letter to whoever is assigned.

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
    let id: ActivityId = diesel::insert_into(activities::table)
        .values((
            Columns::of(draft),
            activities::follow_up_of.eq(draft.follow_up_of),
            activities::created_by.eq(tx.actor().name().to_owned()),
            activities::created_at.eq(tx.now()),
        ))
        .returning(activities::id)
        .get_result(&mut **tx)?;
    put_with(tx, id, &draft.with)?;
    let new = existing(tx, id)?;
    let here = here(tx)?;
    log(tx, &here, "Activity added", None, Some(&new))?;
    tell_assignee(tx, config, &here, None, &new)?;
    Ok(id)
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
    let before = locked(tx, id)?;
    diesel::update(activities::table.find((tx.organization(), id)))
        .set(Columns::of(draft))
        .execute(&mut **tx)?;
    let no_longer: Vec<ContactId> = before
        .is
        .with
        .iter()
        .copied()
        .filter(|id| !draft.with.contains(id))
        .collect();
    let theirs = activity_contacts::organization_id
        .eq(tx.organization())
        .and(activity_contacts::activity_id.eq(id))
        .and(activity_contacts::contact_id.eq_any(no_longer));
    diesel::delete(activity_contacts::table.filter(theirs)).execute(&mut **tx)?;
    put_with(tx, id, &draft.with)?;
    let after = existing(tx, id)?;
    let here = here(tx)?;
    if differences(Some(&before), Some(&after), &here).is_empty() {
        return Ok(false);
    }
    log(tx, &here, "Activity changed", Some(&before), Some(&after))?;
    tell_assignee(tx, config, &here, before.is.assigned_to, &after)?;
    Ok(true)
}

/// An activity has been done; `false`: it was already.
pub fn complete(tx: &mut OrgTx<'_>, config: &Config, id: ActivityId) -> QueryResult<bool> {
    let mut draft = existing(tx, id)?.is;
    draft.status = Status::Completed;
    change(tx, config, id, &draft)
}

/// Deletes an activity; those that go on from it stay, and what it was stays in the Change Log.
pub fn delete(tx: &mut OrgTx<'_>, id: ActivityId) -> QueryResult<()> {
    let before = locked(tx, id)?;
    delete_all(tx, &[before], "")
}

/// The same for many at once; who is not there is passed over.
pub fn delete_many(tx: &mut OrgTx<'_>, ids: &[ActivityId], why: &str) -> QueryResult<()> {
    let before = store::locked(tx, ids)?;
    delete_all(tx, &before, why)
}

fn delete_all(tx: &mut OrgTx<'_>, before: &[Activity], why: &str) -> QueryResult<()> {
    let organization = tx.organization();
    let ids: Vec<ActivityId> = before.iter().map(|activity| activity.id).collect();
    diesel::update(activities::table)
        .filter(activities::organization_id.eq(organization))
        .filter(activities::follow_up_of.eq_any(&ids))
        .set(activities::follow_up_of.eq(None::<ActivityId>))
        .execute(&mut **tx)?;
    let with = activity_contacts::organization_id
        .eq(organization)
        .and(activity_contacts::activity_id.eq_any(&ids));
    diesel::delete(activity_contacts::table.filter(with)).execute(&mut **tx)?;
    let these = activities::organization_id
        .eq(organization)
        .and(activities::id.eq_any(&ids));
    diesel::delete(activities::table.filter(these)).execute(&mut **tx)?;
    let here = here(tx)?;
    let told: Vec<(Option<&Activity>, Option<&Activity>)> = before.iter().map(|was| (Some(was), None)).collect();
    log_all(tx, &here, "Activity deleted", &told, why)
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
        }
    }
}

/// Those of the contacts who are not in the trash take part.
fn put_with(tx: &mut OrgTx<'_>, id: ActivityId, with: &[ContactId]) -> QueryResult<()> {
    let living = contacts::store::living(tx, with)?;
    diesel::sql_query(
        "INSERT INTO activity_contacts (activity_id, contact_id) SELECT $1, id FROM unnest($2) AS id ON CONFLICT DO NOTHING",
    )
    .bind::<BigInt, _>(id)
    .bind::<Array<BigInt>, _>(living)
    .execute(&mut **tx)?;
    Ok(())
}

fn existing(tx: &mut OrgTx<'_>, id: ActivityId) -> QueryResult<Activity> {
    store::find(tx, id)?.ok_or(QueryError::NotFound)
}

fn locked(tx: &mut OrgTx<'_>, id: ActivityId) -> QueryResult<Activity> {
    activities::table
        .find((tx.organization(), id))
        .select(activities::id)
        .for_update()
        .first::<ActivityId>(&mut **tx)?;
    existing(tx, id)
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

fn log(
    tx: &mut OrgTx<'_>,
    here: &Organization,
    what: &str,
    old: Option<&Activity>,
    new: Option<&Activity>,
) -> QueryResult<()> {
    log_all(tx, here, what, &[(old, new)], "")
}

/// A line for everybody an activity was or is with; where it is with nobody, one for the organization.
fn log_all(
    tx: &mut OrgTx<'_>,
    here: &Organization,
    what: &str,
    all: &[(Option<&Activity>, Option<&Activity>)],
    why: &str,
) -> QueryResult<()> {
    let mut concerned = BTreeSet::new();
    let mut told: Vec<(Option<ContactId>, String, Vec<FieldChange>)> = Vec::new();
    for (old, new) in all {
        let fields = differences(*old, *new, here);
        let title = new.or(*old).map(Activity::title).unwrap_or_default();
        let what = format!("{what}: {title}");
        let with = [*old, *new]
            .into_iter()
            .flatten()
            .flat_map(|activity| &activity.is.with);
        let with: BTreeSet<ContactId> = with.copied().collect();
        if with.is_empty() {
            told.push((None, what.clone(), fields.clone()));
        }
        told.extend(
            with.iter()
                .map(|contact| (Some(*contact), what.clone(), fields.clone())),
        );
        concerned.extend(with);
    }
    let lines: Vec<NewChange<'_>> = told
        .iter()
        .map(|(contact, what, fields)| NewChange {
            contact: *contact,
            what,
            fields: fields.clone(),
            why,
        })
        .collect();
    changelog::record_all(tx, &lines)?;
    work::contacts_are_due(tx, &concerned.into_iter().collect::<Vec<_>>())
}
