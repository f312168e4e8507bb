//! What can be read of tags: the tags themselves, who has them, and those of a contact. Deleted contacts count nowhere.

use super::model::Tag;
use crate::base::{ContactId, TagId};
use crate::crm::contacts::{Selection, chosen};
use crate::db::schema::{contact_tags, tags};
use crate::db::{OrgTx, lower};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::collections::HashMap;

/// Every tag.
pub fn all(tx: &mut OrgTx<'_>) -> QueryResult<Vec<Tag>> {
    tags::table
        .filter(tags::organization_id.eq(tx.organization()))
        .order(tags::id)
        .select(Tag::as_select())
        .load(&mut **tx)
}

/// The tag with this id.
pub fn find(tx: &mut OrgTx<'_>, id: TagId) -> QueryResult<Option<Tag>> {
    tags::table
        .find((tx.organization(), id))
        .select(Tag::as_select())
        .first(&mut **tx)
        .optional()
}

/// The tag of this name, whatever its case.
pub fn find_by_name(tx: &mut OrgTx<'_>, name: &str) -> QueryResult<Option<Tag>> {
    tags::table
        .filter(tags::organization_id.eq(tx.organization()))
        .filter(lower(tags::name).eq(lower(name)))
        .select(Tag::as_select())
        .first(&mut **tx)
        .optional()
}

/// The tags of a contact, by name.
pub fn of_contact(tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<Vec<Tag>> {
    contact_tags::table
        .inner_join(
            tags::table.on(tags::organization_id
                .eq(contact_tags::organization_id)
                .and(tags::id.eq(contact_tags::tag_id))),
        )
        .filter(contact_tags::organization_id.eq(tx.organization()))
        .filter(contact_tags::contact_id.eq(contact))
        .order((lower(tags::name), tags::id))
        .select(Tag::as_select())
        .load(&mut **tx)
}

/// Which of these tags which of these contacts have themselves.
pub fn had_by(tx: &mut OrgTx<'_>, tags: &[TagId], contacts: &[ContactId]) -> QueryResult<Vec<(TagId, ContactId)>> {
    contact_tags::table
        .filter(contact_tags::organization_id.eq(tx.organization()))
        .filter(contact_tags::tag_id.eq_any(tags))
        .filter(contact_tags::contact_id.eq_any(contacts))
        .select((contact_tags::tag_id, contact_tags::contact_id))
        .load(&mut **tx)
}

/// Who of these contacts has a tag, and since when; kept from losing it until the transaction ends.
pub fn locked_since(
    tx: &mut OrgTx<'_>,
    tag: TagId,
    among: &[ContactId],
) -> QueryResult<HashMap<ContactId, DateTime<Utc>>> {
    let rows: Vec<(ContactId, DateTime<Utc>)> = contact_tags::table
        .filter(contact_tags::organization_id.eq(tx.organization()))
        .filter(contact_tags::tag_id.eq(tag))
        .filter(contact_tags::contact_id.eq_any(among))
        .order(contact_tags::contact_id)
        .select((contact_tags::contact_id, contact_tags::tagged_at))
        .for_update()
        .load(&mut **tx)?;
    Ok(rows.into_iter().collect())
}

/// How many of the chosen contacts have each tag itself; tags that none has are absent.
pub fn had_among(tx: &mut OrgTx<'_>, who: &Selection) -> QueryResult<HashMap<TagId, i64>> {
    const COUNTED: &str = "SELECT given.tag_id, count(*) AS people";
    const GIVEN: &str = " JOIN contact_tags given ON given.organization_id = contacts.organization_id \
        AND given.contact_id = contacts.id";
    let Some((query, _)) = chosen(tx, who, COUNTED, GIVEN)? else {
        return Ok(HashMap::new());
    };
    let counts: Vec<People> = query.sql(" GROUP BY given.tag_id").load(&mut **tx)?;
    Ok(counts.into_iter().map(|row| (row.tag_id, row.people)).collect())
}

/// How many contacts have each tag or one below it, as the list of contacts finds them.
pub fn people_counts(tx: &mut OrgTx<'_>) -> QueryResult<HashMap<TagId, i64>> {
    let counts: Vec<People> = diesel::sql_query(
        "WITH RECURSIVE places (tag_id, at_or_above) AS ( \
             SELECT id, id FROM tags WHERE organization_id = $1 \
             UNION SELECT places.tag_id, tags.parent_id FROM places \
             JOIN tags ON tags.organization_id = $1 AND tags.id = places.at_or_above WHERE tags.parent_id IS NOT NULL) \
         SELECT places.at_or_above AS tag_id, count(DISTINCT contacts.id) AS people FROM places \
         JOIN contact_tags ON contact_tags.organization_id = $1 AND contact_tags.tag_id = places.tag_id \
         JOIN contacts ON contacts.organization_id = $1 AND contacts.id = contact_tags.contact_id \
             AND contacts.deleted_at IS NULL \
         GROUP BY places.at_or_above",
    )
    .bind::<BigInt, _>(tx.organization())
    .load(&mut **tx)?;
    Ok(counts.into_iter().map(|row| (row.tag_id, row.people)).collect())
}

#[derive(QueryableByName)]
struct People {
    #[diesel(sql_type = BigInt)]
    tag_id: TagId,
    #[diesel(sql_type = BigInt)]
    people: i64,
}
