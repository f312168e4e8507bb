//! What staff do with activities. Each action writes a line in the Change Log of everybody the activity is or was with, their
//! due marks, and the letter to whoever is assigned.

use super::model::{Activity, ActivityDraft, Priority, Status, differences};
use super::{letter, store};
use crate::accounts;
use crate::accounts::model::{Colleague, Organization};
use crate::base::{ActivityId, ActivityTypeId, ContactId, StaffId};
use crate::changelog::{self, NewChange};
use crate::config::Config;
use crate::crm::contacts;
use crate::db::OrgTx;
use crate::db::schema::{activities, activity_contacts};
use crate::work;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use diesel::sql_types::{Array, BigInt};
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
    let organization = tx.organization();
    diesel::update(activities::table)
        .filter(activities::organization_id.eq(organization))
        .filter(activities::follow_up_of.eq(id))
        .set(activities::follow_up_of.eq(None::<ActivityId>))
        .execute(&mut **tx)?;
    let with = activity_contacts::organization_id
        .eq(organization)
        .and(activity_contacts::activity_id.eq(id));
    diesel::delete(activity_contacts::table.filter(with)).execute(&mut **tx)?;
    diesel::delete(activities::table.find((organization, id))).execute(&mut **tx)?;
    let here = here(tx)?;
    log(tx, &here, "Activity deleted", Some(&before), None)
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
    let Some(assignee) = activity.is.assigned_to.filter(|assignee| Some(*assignee) != before) else {
        return Ok(());
    };
    if tx.actor().kind() == "staff" && tx.actor().id() == Some(assignee.0) {
        return Ok(());
    }
    let colleagues: Vec<Colleague> = accounts::colleagues(tx)?;
    match colleagues.iter().find(|colleague| colleague.id == assignee) {
        Some(colleague) => letter::tell(tx, config, here, colleague, activity),
        None => Ok(()),
    }
}

fn log(
    tx: &mut OrgTx<'_>,
    here: &Organization,
    what: &str,
    old: Option<&Activity>,
    new: Option<&Activity>,
) -> QueryResult<()> {
    let fields = differences(old, new, here);
    let title = new.or(old).map(Activity::title).unwrap_or_default();
    let what = format!("{what}: {title}");
    let with = [old, new].into_iter().flatten().flat_map(|activity| &activity.is.with);
    let concerned: BTreeSet<ContactId> = with.copied().collect();
    let concerned: Vec<ContactId> = concerned.into_iter().collect();
    let mut about: Vec<Option<ContactId>> = concerned.iter().copied().map(Some).collect();
    if about.is_empty() {
        about.push(None);
    }
    let lines: Vec<NewChange<'_>> = about
        .into_iter()
        .map(|contact| NewChange {
            contact,
            what: &what,
            fields: fields.clone(),
            why: "",
        })
        .collect();
    changelog::record_all(tx, &lines)?;
    work::contacts_are_due(tx, &concerned)
}
