//! What people do with groups. Each action writes the rows, the group history, a line in every contact's change log and the
//! due marks; a selection of any size costs a handful of statements.

use super::model::Group;
use super::store;
use crate::base::{ContactId, GroupId};
use crate::changelog::{self, FieldChange, NewChange};
use crate::db::schema::{group_contacts, group_history, groups};
use crate::db::{OrgTx, Unavailable};
use crate::work;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sql_types::{Array, BigInt, Bool, Text, Timestamptz};

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
    log_contacts(
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
    let looked_at = join(tx, group, contacts, why)?;
    let who = |fits: fn(&Joining) -> bool| -> Vec<ContactId> {
        looked_at
            .iter()
            .filter(|row| fits(row))
            .map(|row| ContactId(row.contact_id))
            .collect()
    };
    let added = who(|row| row.has_joined);
    record_history(tx, group, &added, "Added", why)?;
    log_contacts(
        tx,
        &who(|row| row.has_joined && !row.was_removed),
        &format!("Added to {title}"),
        why,
    )?;
    log_contacts(
        tx,
        &who(|row| row.has_joined && row.was_removed),
        &format!("Rejoined {title}"),
        why,
    )?;
    work::contacts_are_due(tx, &added)?;
    Ok(Added {
        already_there: looked_at.len() - added.len(),
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
    log_contacts(tx, &removed, &format!("Removed from {title}"), why)?;
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
    log_contacts(tx, &contact, &format!("Membership in {title} deleted"), why)?;
    work::contacts_are_due(tx, &contact)?;
    Ok(true)
}

fn existing(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<Group> {
    store::find(tx, group)?.ok_or(QueryError::NotFound)
}

#[derive(QueryableByName)]
struct Joining {
    #[diesel(sql_type = BigInt)]
    contact_id: i64,
    #[diesel(sql_type = Bool)]
    has_joined: bool,
    #[diesel(sql_type = Bool)]
    was_removed: bool,
}

/// One row for each of the contacts that exists. In order of id, so that two people adding the same selection cannot lock
/// each other out.
fn join(tx: &mut OrgTx<'_>, group: GroupId, contacts: &[ContactId], why: &str) -> QueryResult<Vec<Joining>> {
    let (organization, now, method) = (tx.organization(), tx.now(), tx.actor().method());
    diesel::sql_query(
        "WITH living AS (
            SELECT id FROM contacts WHERE organization_id = $1 AND id = ANY($3) AND deleted_at IS NULL),
         removed AS (
            SELECT contact_id FROM group_contacts
            WHERE organization_id = $1 AND group_id = $2 AND contact_id = ANY($3) AND status = 'Removed'),
         joined AS (
            INSERT INTO group_contacts (group_id, contact_id, status, added_at, method, why)
            SELECT $2, id, 'Added', $4, $5, $6 FROM living ORDER BY id
            ON CONFLICT (organization_id, group_id, contact_id) DO UPDATE
            SET status = 'Added', added_at = excluded.added_at, removed_at = NULL, method = excluded.method, why = excluded.why
            WHERE group_contacts.status = 'Removed'
            RETURNING contact_id)
         SELECT living.id AS contact_id, joined.contact_id IS NOT NULL AS has_joined, removed.contact_id IS NOT NULL AS was_removed
         FROM living LEFT JOIN joined ON joined.contact_id = living.id LEFT JOIN removed ON removed.contact_id = living.id
         ORDER BY living.id",
    )
    .bind::<BigInt, _>(organization.0)
    .bind::<BigInt, _>(group.0)
    .bind::<Array<BigInt>, _>(numbers(contacts))
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(method)
    .bind::<Text, _>(why)
    .load(&mut **tx)
}

/// Who left, of those who were in the group.
fn leave(tx: &mut OrgTx<'_>, group: GroupId, contacts: &[ContactId], why: &str) -> QueryResult<Vec<ContactId>> {
    #[derive(QueryableByName)]
    struct Left {
        #[diesel(sql_type = BigInt)]
        contact_id: i64,
    }
    let (organization, now, method) = (tx.organization(), tx.now(), tx.actor().method());
    let left: Vec<Left> = diesel::sql_query(
        "WITH members AS (
            SELECT contact_id FROM group_contacts
            WHERE organization_id = $1 AND group_id = $2 AND contact_id = ANY($3) AND status = 'Added'
            ORDER BY contact_id FOR UPDATE)
         UPDATE group_contacts SET status = 'Removed', removed_at = $4, method = $5, why = $6
         FROM members
         WHERE organization_id = $1 AND group_id = $2 AND group_contacts.contact_id = members.contact_id
         RETURNING group_contacts.contact_id",
    )
    .bind::<BigInt, _>(organization.0)
    .bind::<BigInt, _>(group.0)
    .bind::<Array<BigInt>, _>(numbers(contacts))
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(method)
    .bind::<Text, _>(why)
    .load(&mut **tx)?;
    Ok(left.into_iter().map(|row| ContactId(row.contact_id)).collect())
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

fn log_contacts(tx: &mut OrgTx<'_>, contacts: &[ContactId], what: &str, why: &str) -> QueryResult<()> {
    let lines: Vec<_> = contacts
        .iter()
        .map(|contact| NewChange {
            contact: Some(*contact),
            what,
            fields: Vec::new(),
            why,
        })
        .collect();
    changelog::record_all(tx, &lines)
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
