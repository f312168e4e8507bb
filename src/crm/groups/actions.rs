//! What people do with groups. Each action writes the rows, the group history, a line in every contact's change log and the
//! due marks; a selection of any size costs a handful of statements.

use super::model::Group;
use super::{rows, store};
use crate::base::{ContactId, GroupId};
use crate::changelog::{self, FieldChange};
use crate::crm::contacts;
use crate::db::schema::groups;
use crate::db::{OrgTx, Unavailable};
use crate::work;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};

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
    let id: GroupId = diesel::insert_into(groups::table)
        .values((
            groups::title.eq(title),
            groups::description.eq(description),
            groups::created_by.eq(tx.actor().name().to_owned()),
            groups::created_at.eq(tx.now()),
        ))
        .returning(groups::id)
        .get_result(&mut **tx)?;
    changelog::note(tx, &format!("Group {title} created"), Vec::new())?;
    Ok(id)
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
    diesel::update(groups::table.find((tx.organization(), group)))
        .set((groups::title.eq(title), groups::description.eq(description)))
        .execute(&mut **tx)?;
    changelog::note(tx, &format!("Group {title} changed"), fields)?;
    Ok(())
}

/// Deletes a group with all memberships. What stands in the change log stays. Ask `MailchimpView::holds` first.
pub fn delete(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<()> {
    let title = existing(tx, group)?.title;
    let members = rows::delete_group(tx, group)?;
    changelog::note(tx, &format!("Group {title} deleted"), Vec::new())?;
    changelog::record_for_each(tx, &members, &format!("Removed from {title}"), "The group was deleted")?;
    work::contacts_are_due(tx, &members)
}

/// Contacts join a group, for the first time or again. Whoever is in it already stays as they are; deleted contacts stay out.
pub fn add_contacts(tx: &mut OrgTx<'_>, group: GroupId, who: &[ContactId], why: &str) -> QueryResult<Added> {
    let title = existing(tx, group)?.title;
    let living = contacts::store::living(tx, who)?;
    let past = rows::past_members(tx, group, who)?;
    let added = rows::join(tx, group, &living, why)?;
    let (again, first): (Vec<ContactId>, Vec<_>) = added.iter().partition(|contact| past.contains(contact));
    rows::record_history(tx, group, &added, "Added", why)?;
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
    let removed = rows::leave(tx, group, contacts, why)?;
    rows::record_history(tx, group, &removed, "Removed", why)?;
    changelog::record_for_each(tx, &removed, &format!("Removed from {title}"), why)?;
    work::contacts_are_due(tx, &removed)?;
    Ok(removed)
}

/// A contact leaves a group and the record of having been in it goes too; only the histories tell. `false`: there was none.
pub fn delete_membership(tx: &mut OrgTx<'_>, group: GroupId, contact: ContactId, why: &str) -> QueryResult<bool> {
    let title = existing(tx, group)?.title;
    if !rows::delete_membership(tx, group, contact)? {
        return Ok(false);
    }
    let contact = [contact];
    rows::record_history(tx, group, &contact, "Deleted", why)?;
    changelog::record_for_each(tx, &contact, &format!("Membership in {title} deleted"), why)?;
    work::contacts_are_due(tx, &contact)?;
    Ok(true)
}

fn existing(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<Group> {
    store::find(tx, group)?.ok_or(QueryError::NotFound)
}
