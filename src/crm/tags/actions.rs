//! What people do with tags. Tagging writes a line in every contact's Change Log and the due marks; a selection of any size
//! costs a handful of statements for each tag.

use super::model::{Tag, TagDraft, with_all_below};
use super::store;
use crate::base::{ContactId, TagId};
use crate::changelog::{self, FieldChange};
use crate::crm::contacts;
use crate::db::schema::{contact_tags, tags};
use crate::db::{OrgTx, Unavailable};
use crate::web::PageError;
use crate::work;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sql_types::{Array, BigInt, Timestamptz};

/// Why a tag cannot be so.
#[derive(Debug, thiserror::Error)]
pub enum TagError {
    #[error("another tag has this name")]
    NameTaken,
    #[error("a tag cannot stand below itself")]
    BelowItself,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error(transparent)]
    Query(QueryError),
}

impl From<QueryError> for TagError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::NameTaken,
            other => Self::Query(other),
        }
    }
}

impl From<TagError> for PageError {
    fn from(error: TagError) -> Self {
        match error {
            TagError::NameTaken => Self::Refused("Another tag has this name. Nothing was changed.".into()),
            TagError::BelowItself => Self::Refused("A tag cannot stand below itself. Nothing was changed.".into()),
            TagError::Unavailable(error) => error.into(),
            TagError::Query(error) => error.into(),
        }
    }
}

/// Makes a tag. After `NameTaken` the transaction must be given up.
pub fn create(tx: &mut OrgTx<'_>, draft: &TagDraft) -> Result<TagId, TagError> {
    let all = locked(tx)?;
    refuse_unknown_parent(draft, &all)?;
    let id: TagId = diesel::insert_into(tags::table)
        .values((
            tags::name.eq(&draft.name),
            tags::colour.eq(draft.colour),
            tags::description.eq(&draft.description),
            tags::parent_id.eq(draft.parent),
            tags::created_by.eq(tx.actor().name().to_owned()),
            tags::created_at.eq(tx.now()),
        ))
        .returning(tags::id)
        .get_result(&mut **tx)?;
    changelog::note(tx, &format!("Tag {} created", draft.name), Vec::new())?;
    Ok(id)
}

/// Makes a tag what the draft says. After `NameTaken` the transaction must be given up.
pub fn change(tx: &mut OrgTx<'_>, id: TagId, draft: &TagDraft) -> Result<(), TagError> {
    let all = locked(tx)?;
    let before = all.iter().find(|tag| tag.id == id).ok_or(QueryError::NotFound)?;
    refuse_unknown_parent(draft, &all)?;
    if draft
        .parent
        .is_some_and(|parent| with_all_below(id, &all).contains(&parent))
    {
        return Err(TagError::BelowItself);
    }
    let name_of = |id: Option<TagId>| {
        let tag = all.iter().find(|tag| Some(tag.id) == id);
        tag.map_or("", |tag| tag.name.as_str())
    };
    let fields: Vec<_> = [
        FieldChange::between("Name", &before.name, &draft.name),
        FieldChange::between("Colour", before.colour.label(), draft.colour.label()),
        FieldChange::between("Description", &before.description, &draft.description),
        FieldChange::between("Below", name_of(before.parent_id), name_of(draft.parent)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if fields.is_empty() {
        return Ok(());
    }
    diesel::update(tags::table.find((tx.organization(), id)))
        .set((
            tags::name.eq(&draft.name),
            tags::colour.eq(draft.colour),
            tags::description.eq(&draft.description),
            tags::parent_id.eq(draft.parent),
        ))
        .execute(&mut **tx)?;
    changelog::note(tx, &format!("Tag {} changed", draft.name), fields)?;
    if before.parent_id != draft.parent {
        // Searches for a tag find whoever has one below it.
        work::smart_groups_are_due(tx)?;
    }
    Ok(())
}

/// Deletes a tag: whoever had it has it no longer, and the tags below it move up to where it stood.
pub fn delete(tx: &mut OrgTx<'_>, id: TagId) -> QueryResult<()> {
    let all = locked(tx)?;
    let tag = all.iter().find(|tag| tag.id == id).ok_or(QueryError::NotFound)?;
    let organization = tx.organization();
    let had_it: Vec<ContactId> = diesel::delete(contact_tags::table)
        .filter(contact_tags::organization_id.eq(organization))
        .filter(contact_tags::tag_id.eq(id))
        .returning(contact_tags::contact_id)
        .get_results(&mut **tx)?;
    let moved = diesel::update(tags::table)
        .filter(tags::organization_id.eq(organization))
        .filter(tags::parent_id.eq(id))
        .set(tags::parent_id.eq(tag.parent_id))
        .execute(&mut **tx)?;
    if moved > 0 {
        work::smart_groups_are_due(tx)?;
    }
    diesel::delete(tags::table.find((organization, id))).execute(&mut **tx)?;
    changelog::note(tx, &format!("Tag {} deleted", tag.name), Vec::new())?;
    changelog::record_for_each(tx, &had_it, &format!("Tag {} removed", tag.name), "The tag was deleted")?;
    work::contacts_are_due(tx, &had_it)
}

/// Contacts get a tag. Whoever has it keeps it; deleted contacts get none. Returns who got it now.
pub fn tag_contacts(tx: &mut OrgTx<'_>, tag: TagId, who: &[ContactId], why: &str) -> QueryResult<Vec<ContactId>> {
    let now = tx.now();
    let since_now: Vec<(ContactId, DateTime<Utc>)> = who.iter().map(|contact| (*contact, now)).collect();
    put_back(tx, tag, &since_now, why)
}

/// Contacts get a tag again that they had lost, each as of when they had got it first.
pub fn put_back(
    tx: &mut OrgTx<'_>,
    tag: TagId,
    who: &[(ContactId, DateTime<Utc>)],
    why: &str,
) -> QueryResult<Vec<ContactId>> {
    #[derive(QueryableByName)]
    struct Tagged {
        #[diesel(sql_type = BigInt)]
        contact_id: ContactId,
    }
    let name = existing(tx, tag)?.name;
    let (ids, since): (Vec<ContactId>, Vec<DateTime<Utc>>) = who.iter().copied().unzip();
    let living = contacts::store::living(tx, &ids)?;
    let tagged: Vec<Tagged> = diesel::sql_query(
        "INSERT INTO contact_tags (tag_id, contact_id, tagged_at) \
         SELECT $1, id, since FROM unnest($2, $3) AS wanted (id, since) WHERE id = ANY($4) ORDER BY id \
         ON CONFLICT DO NOTHING RETURNING contact_id",
    )
    .bind::<BigInt, _>(tag)
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Array<Timestamptz>, _>(since)
    .bind::<Array<BigInt>, _>(living)
    .load(&mut **tx)?;
    let tagged: Vec<ContactId> = tagged.into_iter().map(|row| row.contact_id).collect();
    changelog::record_for_each(tx, &tagged, &format!("Tagged {name}"), why)?;
    work::contacts_are_due(tx, &tagged)?;
    Ok(tagged)
}

/// Contacts lose a tag. Returns who had it.
pub fn untag_contacts(tx: &mut OrgTx<'_>, tag: TagId, who: &[ContactId], why: &str) -> QueryResult<Vec<ContactId>> {
    let name = existing(tx, tag)?.name;
    let untagged: Vec<ContactId> = diesel::delete(contact_tags::table)
        .filter(contact_tags::organization_id.eq(tx.organization()))
        .filter(contact_tags::tag_id.eq(tag))
        .filter(contact_tags::contact_id.eq_any(who))
        .returning(contact_tags::contact_id)
        .get_results(&mut **tx)?;
    changelog::record_for_each(tx, &untagged, &format!("Tag {name} removed"), why)?;
    work::contacts_are_due(tx, &untagged)?;
    Ok(untagged)
}

/// Whether a tag has come to stand below itself. Others wait who change tags at the same moment.
pub fn is_in_a_circle(tx: &mut OrgTx<'_>, id: TagId) -> QueryResult<bool> {
    let all = locked(tx)?;
    let parent_of = |id: TagId| all.iter().find(|tag| tag.id == id).and_then(|tag| tag.parent_id);
    // No way upwards is longer than there are tags.
    let upwards = std::iter::successors(parent_of(id), |above| parent_of(*above)).take(all.len());
    Ok(upwards.into_iter().any(|above| above == id))
}

fn existing(tx: &mut OrgTx<'_>, id: TagId) -> QueryResult<Tag> {
    store::find(tx, id)?.ok_or(QueryError::NotFound)
}

/// Every tag, kept from being changed by others until the transaction ends: two who move tags at the same moment could put
/// each below the other. Contacts can be tagged meanwhile.
pub fn locked(tx: &mut OrgTx<'_>) -> QueryResult<Vec<Tag>> {
    tags::table
        .filter(tags::organization_id.eq(tx.organization()))
        .order(tags::id)
        .select(tags::id)
        .for_no_key_update()
        .load::<TagId>(&mut **tx)?;
    store::all(tx)
}

fn refuse_unknown_parent(draft: &TagDraft, all: &[Tag]) -> QueryResult<()> {
    let is_known = |parent: TagId| all.iter().any(|tag| tag.id == parent);
    match draft.parent.is_none_or(is_known) {
        true => Ok(()),
        false => Err(QueryError::NotFound),
    }
}
