//! Writing memberships, a whole selection in one statement. Rows are locked in the order of their contacts, so that two
//! people working on the same selection cannot lock each other out.

use crate::base::{ContactId, GroupId};
use crate::db::OrgTx;
use crate::db::schema::{group_contacts, group_history, groups};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz};
use std::collections::HashSet;

/// The contacts among these for whom the group is a past one.
pub(super) fn past_members(tx: &mut OrgTx<'_>, group: GroupId, among: &[ContactId]) -> QueryResult<HashSet<ContactId>> {
    let past: Vec<ContactId> = group_contacts::table
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::group_id.eq(group))
        .filter(group_contacts::contact_id.eq_any(among))
        .filter(group_contacts::status.eq("Removed"))
        .select(group_contacts::contact_id)
        .load(&mut **tx)?;
    Ok(past.into_iter().collect())
}

/// Who was found by the group's search now; whoever has a row already keeps it.
pub(super) fn find(tx: &mut OrgTx<'_>, group: GroupId, contacts: &[ContactId]) -> QueryResult<Vec<ContactId>> {
    if contacts.is_empty() {
        return Ok(Vec::new());
    }
    let now = tx.now();
    let found: Vec<Joined> = diesel::sql_query(
        "INSERT INTO group_contacts (group_id, contact_id, status, added_at, method) \
         SELECT $1, id, 'Smart', $3, 'Search' FROM unnest($2) AS id ORDER BY id \
         ON CONFLICT (organization_id, group_id, contact_id) DO NOTHING RETURNING contact_id",
    )
    .bind::<BigInt, _>(group)
    .bind::<Array<BigInt>, _>(contacts)
    .bind::<Timestamptz, _>(now)
    .load(&mut **tx)?;
    Ok(found.into_iter().map(|row| row.contact_id).collect())
}

/// Who is no longer found by the group's search; whoever was added or removed by hand meanwhile stays so.
pub(super) fn lose(tx: &mut OrgTx<'_>, group: GroupId, contacts: &[ContactId]) -> QueryResult<Vec<ContactId>> {
    let theirs = group_contacts::organization_id
        .eq(tx.organization())
        .and(group_contacts::group_id.eq(group))
        .and(group_contacts::status.eq("Smart"))
        .and(group_contacts::contact_id.eq_any(contacts));
    diesel::delete(group_contacts::table.filter(theirs))
        .returning(group_contacts::contact_id)
        .get_results(&mut **tx)
}

#[derive(QueryableByName)]
struct Joined {
    #[diesel(sql_type = BigInt)]
    contact_id: ContactId,
}

/// Who joined, of those who were not in the group or only by its search.
pub(super) fn join(
    tx: &mut OrgTx<'_>,
    group: GroupId,
    contacts: &[ContactId],
    why: &str,
) -> QueryResult<Vec<ContactId>> {
    let (now, method) = (tx.now(), tx.actor().method());
    let joined: Vec<Joined> = diesel::sql_query(
        "INSERT INTO group_contacts (group_id, contact_id, status, added_at, method, why) \
         SELECT $1, id, 'Added', $3, $4, $5 FROM unnest($2) AS id ORDER BY id \
         ON CONFLICT (organization_id, group_id, contact_id) DO UPDATE \
         SET status = 'Added', added_at = excluded.added_at, removed_at = NULL, method = excluded.method, why = excluded.why \
         WHERE group_contacts.status <> 'Added' \
         RETURNING contact_id",
    )
    .bind::<BigInt, _>(group)
    .bind::<Array<BigInt>, _>(contacts)
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(method)
    .bind::<Text, _>(why)
    .load(&mut **tx)?;
    Ok(joined.into_iter().map(|row| row.contact_id).collect())
}

/// Who left, of those who were in the group.
pub(super) fn leave(
    tx: &mut OrgTx<'_>,
    group: GroupId,
    contacts: &[ContactId],
    why: &str,
) -> QueryResult<Vec<ContactId>> {
    let (organization, now, method) = (tx.organization(), tx.now(), tx.actor().method());
    let of_group = group_contacts::organization_id
        .eq(organization)
        .and(group_contacts::group_id.eq(group));
    let members: Vec<ContactId> = group_contacts::table
        .filter(of_group)
        .filter(group_contacts::contact_id.eq_any(contacts))
        .filter(group_contacts::status.ne("Removed"))
        .order(group_contacts::contact_id)
        .for_update()
        .select(group_contacts::contact_id)
        .load(&mut **tx)?;
    diesel::update(group_contacts::table.filter(of_group.and(group_contacts::contact_id.eq_any(&members))))
        .set((
            group_contacts::status.eq("Removed"),
            group_contacts::removed_at.eq(now),
            group_contacts::method.eq(method),
            group_contacts::why.eq(why),
        ))
        .execute(&mut **tx)?;
    Ok(members)
}

/// Forgets that a contact is or was in a group; `false` where nothing was known of it.
pub(super) fn delete_membership(tx: &mut OrgTx<'_>, group: GroupId, contact: ContactId) -> QueryResult<bool> {
    let row = group_contacts::table.find((tx.organization(), group, contact));
    Ok(diesel::delete(row).execute(&mut **tx)? > 0)
}

/// Deletes a group with its memberships and their history; returns who was in it.
pub(super) fn delete_group(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<Vec<ContactId>> {
    let organization = tx.organization();
    let memberships = group_contacts::organization_id
        .eq(organization)
        .and(group_contacts::group_id.eq(group));
    let rows: Vec<(ContactId, String)> = diesel::delete(group_contacts::table.filter(memberships))
        .returning((group_contacts::contact_id, group_contacts::status))
        .get_results(&mut **tx)?;
    let history = group_history::organization_id
        .eq(organization)
        .and(group_history::group_id.eq(group));
    diesel::delete(group_history::table.filter(history)).execute(&mut **tx)?;
    diesel::delete(groups::table.find((organization, group))).execute(&mut **tx)?;
    Ok(rows
        .into_iter()
        .filter_map(|(contact, status)| (status != "Removed").then_some(contact))
        .collect())
}

/// Writes what happened to these contacts' memberships: `Added`, `Removed` or `Deleted`.
pub(super) fn record_history(
    tx: &mut OrgTx<'_>,
    group: GroupId,
    contacts: &[ContactId],
    status: &str,
    why: &str,
) -> QueryResult<()> {
    let method = tx.actor().method();
    record_history_by(tx, method, group, contacts, status, why)
}

/// The same, brought about by a method of its own: a smart group's `Search`.
pub(super) fn record_history_by(
    tx: &mut OrgTx<'_>,
    method: &str,
    group: GroupId,
    contacts: &[ContactId],
    status: &str,
    why: &str,
) -> QueryResult<()> {
    let (now, actor) = (tx.now(), tx.actor().name().to_owned());
    diesel::sql_query(
        "INSERT INTO group_history (group_id, contact_id, at, status, method, actor, why) \
         SELECT $1, id, $3, $4, $5, $6, $7 FROM unnest($2) AS id",
    )
    .bind::<BigInt, _>(group)
    .bind::<Array<BigInt>, _>(contacts)
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(status)
    .bind::<Text, _>(method)
    .bind::<Text, _>(actor)
    .bind::<Text, _>(why)
    .execute(&mut **tx)?;
    Ok(())
}
