//! What people do with groups. Each action writes the rows, the group history, a line in every contact's change log and the
//! due marks; a selection of any size costs a handful of statements.

use super::model::Group;
use super::store;
use crate::base::{ContactId, GroupId};
use crate::changelog::{self, FieldChange, NewChange};
use crate::db::schema::{contacts, group_contacts, group_history, groups};
use crate::db::{OrgTx, Unavailable};
use crate::work;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sql_types::{Array, BigInt, Text, Timestamptz};
use std::collections::HashSet;

/// Why a group cannot have a title.
#[derive(Debug, thiserror::Error)]
pub enum TitleError {
    #[error("another group has this title")]
    Taken,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error(transparent)]
    Query(QueryError),
}

impl From<QueryError> for TitleError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Taken,
            other => Self::Query(other),
        }
    }
}

/// What became of the contacts who were to join a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Who joined now.
    pub added: Vec<ContactId>,
    /// How many belonged to it already.
    pub already_there: usize,
}

/// Makes a group. After `Taken` the transaction must be given up.
pub fn create(tx: &mut OrgTx<'_>, title: &str, description: &str) -> Result<GroupId, TitleError> {
    let id: i64 = diesel::insert_into(groups::table)
        .values((
            groups::title.eq(title),
            groups::description.eq(description),
            groups::created_by.eq(tx.actor().name().to_owned()),
            groups::created_at.eq(tx.now()),
        ))
        .returning(groups::id)
        .get_result(&mut **tx)?;
    log_group(tx, &format!("Group {title} created"), Vec::new())?;
    Ok(GroupId(id))
}

/// Changes a group's title and description. After `Taken` the transaction must be given up.
pub fn change(tx: &mut OrgTx<'_>, group: GroupId, title: &str, description: &str) -> Result<(), TitleError> {
    let before = existing(tx, group)?;
    let fields: Vec<_> = [
        FieldChange::between("Name", &before.title, title),
        FieldChange::between("Description", &before.description, description),
    ]
    .into_iter()
    .flatten()
    .collect();
    if fields.is_empty() {
        return Ok(());
    }
    diesel::update(groups::table.find((tx.organization().0, group.0)))
        .set((groups::title.eq(title), groups::description.eq(description)))
        .execute(&mut **tx)?;
    log_group(tx, &format!("Group {title} changed"), fields)?;
    Ok(())
}

/// Deletes a group with all memberships. What stands in the change log stays. Ask `MailchimpView::holds` first.
pub fn delete(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<()> {
    let before = existing(tx, group)?;
    let organization = tx.organization().0;
    let rows: Vec<(i64, String)> = diesel::delete(
        group_contacts::table.filter(
            group_contacts::organization_id
                .eq(organization)
                .and(group_contacts::group_id.eq(group.0)),
        ),
    )
    .returning((group_contacts::contact_id, group_contacts::status))
    .get_results(&mut **tx)?;
    diesel::delete(
        group_history::table.filter(
            group_history::organization_id
                .eq(organization)
                .and(group_history::group_id.eq(group.0)),
        ),
    )
    .execute(&mut **tx)?;
    diesel::delete(groups::table.find((organization, group.0))).execute(&mut **tx)?;
    log_group(tx, &format!("Group {} deleted", before.title), Vec::new())?;
    let members: Vec<ContactId> = rows
        .into_iter()
        .filter_map(|(contact, status)| (status == "Added").then_some(ContactId(contact)))
        .collect();
    changelog::record_for_each(
        tx,
        &members,
        &format!("Removed from {}", before.title),
        "The group was deleted",
    )?;
    work::contacts_are_due(tx, &members)
}

/// Contacts join a group, for the first time or again. Whoever is in it already stays as they are; deleted contacts stay out.
pub fn add_contacts(tx: &mut OrgTx<'_>, group: GroupId, contacts: &[ContactId], why: &str) -> QueryResult<Added> {
    let title = existing(tx, group)?.title;
    let living = living(tx, contacts)?;
    let past = past_members(tx, group, contacts)?;
    let added = join(tx, group, &living, why)?;
    let (again, first): (Vec<ContactId>, Vec<_>) = added.iter().partition(|contact| past.contains(contact));
    record_history(tx, group, &added, "Added", why)?;
    changelog::record_for_each(tx, &first, &format!("Added to {title}"), why)?;
    changelog::record_for_each(tx, &again, &format!("Rejoined {title}"), why)?;
    work::contacts_are_due(tx, &added)?;
    Ok(Added {
        already_there: living.len() - added.len(),
        added,
    })
}

/// Contacts leave a group; it becomes one of their past groups. Returns who left: whoever was not in it is passed over.
pub fn remove_contacts(
    tx: &mut OrgTx<'_>,
    group: GroupId,
    contacts: &[ContactId],
    why: &str,
) -> QueryResult<Vec<ContactId>> {
    let title = existing(tx, group)?.title;
    let removed = leave(tx, group, contacts, why)?;
    record_history(tx, group, &removed, "Removed", why)?;
    changelog::record_for_each(tx, &removed, &format!("Removed from {title}"), why)?;
    work::contacts_are_due(tx, &removed)?;
    Ok(removed)
}

/// A contact leaves a group and the record of having been in it goes too; only the histories tell. `false`: there was none.
pub fn delete_membership(tx: &mut OrgTx<'_>, group: GroupId, contact: ContactId, why: &str) -> QueryResult<bool> {
    let title = existing(tx, group)?.title;
    let deleted =
        diesel::delete(group_contacts::table.find((tx.organization().0, group.0, contact.0))).execute(&mut **tx)?;
    if deleted == 0 {
        return Ok(false);
    }
    let contact = [contact];
    record_history(tx, group, &contact, "Deleted", why)?;
    changelog::record_for_each(tx, &contact, &format!("Membership in {title} deleted"), why)?;
    work::contacts_are_due(tx, &contact)?;
    Ok(true)
}

fn existing(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<Group> {
    store::find(tx, group)?.ok_or(QueryError::NotFound)
}

/// A contact whose row a statement changed.
#[derive(QueryableByName)]
struct Changed {
    #[diesel(sql_type = BigInt)]
    contact_id: i64,
}

fn living(tx: &mut OrgTx<'_>, among: &[ContactId]) -> QueryResult<Vec<ContactId>> {
    contacts::table
        .filter(
            contacts::organization_id
                .eq(tx.organization().0)
                .and(contacts::id.eq_any(numbers(among)))
                .and(contacts::deleted_at.is_null()),
        )
        .select(contacts::id)
        .load(&mut **tx)
}

fn past_members(tx: &mut OrgTx<'_>, group: GroupId, among: &[ContactId]) -> QueryResult<HashSet<ContactId>> {
    let past: Vec<ContactId> = group_contacts::table
        .filter(
            group_contacts::organization_id
                .eq(tx.organization().0)
                .and(group_contacts::group_id.eq(group.0))
                .and(group_contacts::contact_id.eq_any(numbers(among)))
                .and(group_contacts::status.eq("Removed")),
        )
        .select(group_contacts::contact_id)
        .load(&mut **tx)?;
    Ok(past.into_iter().collect())
}

/// Who joined, of those who were not in the group. In order of id, so that two people adding the same selection cannot lock
/// each other out.
fn join(tx: &mut OrgTx<'_>, group: GroupId, contacts: &[ContactId], why: &str) -> QueryResult<Vec<ContactId>> {
    let (now, method) = (tx.now(), tx.actor().method());
    let joined: Vec<Changed> = diesel::sql_query(
        "INSERT INTO group_contacts (group_id, contact_id, status, added_at, method, why)
         SELECT $1, id, 'Added', $3, $4, $5 FROM unnest($2) AS id ORDER BY id
         ON CONFLICT (organization_id, group_id, contact_id) DO UPDATE
         SET status = 'Added', added_at = excluded.added_at, removed_at = NULL, method = excluded.method, why = excluded.why
         WHERE group_contacts.status = 'Removed'
         RETURNING contact_id",
    )
    .bind::<BigInt, _>(group.0)
    .bind::<Array<BigInt>, _>(numbers(contacts))
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(method)
    .bind::<Text, _>(why)
    .load(&mut **tx)?;
    Ok(joined.into_iter().map(|row| ContactId(row.contact_id)).collect())
}

/// Who left, of those who were in the group; locked in the same order as `join` does.
fn leave(tx: &mut OrgTx<'_>, group: GroupId, contacts: &[ContactId], why: &str) -> QueryResult<Vec<ContactId>> {
    let (organization, now, method) = (tx.organization().0, tx.now(), tx.actor().method());
    let of_group = group_contacts::organization_id
        .eq(organization)
        .and(group_contacts::group_id.eq(group.0));
    let members: Vec<ContactId> = group_contacts::table
        .filter(
            of_group
                .and(group_contacts::contact_id.eq_any(numbers(contacts)))
                .and(group_contacts::status.eq("Added")),
        )
        .order(group_contacts::contact_id)
        .for_update()
        .select(group_contacts::contact_id)
        .load(&mut **tx)?;
    diesel::update(group_contacts::table.filter(of_group.and(group_contacts::contact_id.eq_any(numbers(&members)))))
        .set((
            group_contacts::status.eq("Removed"),
            group_contacts::removed_at.eq(now),
            group_contacts::method.eq(method),
            group_contacts::why.eq(why),
        ))
        .execute(&mut **tx)?;
    Ok(members)
}

fn record_history(
    tx: &mut OrgTx<'_>,
    group: GroupId,
    contacts: &[ContactId],
    status: &str,
    why: &str,
) -> QueryResult<()> {
    let (now, method, actor) = (tx.now(), tx.actor().method(), tx.actor().name().to_owned());
    diesel::sql_query(
        "INSERT INTO group_history (group_id, contact_id, at, status, method, actor, why)          SELECT $1, id, $3, $4, $5, $6, $7 FROM unnest($2) AS id",
    )
    .bind::<BigInt, _>(group.0)
    .bind::<Array<BigInt>, _>(numbers(contacts))
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(status)
    .bind::<Text, _>(method)
    .bind::<Text, _>(actor)
    .bind::<Text, _>(why)
    .execute(&mut **tx)?;
    Ok(())
}

fn log_group(tx: &mut OrgTx<'_>, what: &str, fields: Vec<FieldChange>) -> QueryResult<()> {
    changelog::record(
        tx,
        NewChange {
            contact: None,
            what,
            fields,
            why: "",
        },
    )
}

fn numbers(contacts: &[ContactId]) -> Vec<i64> {
    contacts.iter().map(|id| id.0).collect()
}
