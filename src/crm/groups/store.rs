//! What can be read of groups: the groups themselves, and where a contact stands. Deleted contacts count nowhere.

use super::model::{Counted, Group, HistoryLine, Membership};
use crate::base::{ContactId, GroupId};
use crate::crm::contacts::{Selection, chosen};
use crate::db::schema::{changes, contacts, group_contacts, group_history, groups, imports};
use crate::db::{OrgTx, lower};
use diesel::dsl::{count_star, max};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::collections::{HashMap, HashSet};

/// Lines of a contact's group history that are shown; the change log has all of them.
pub const HISTORY_LINES_MAX: i64 = 200;

/// The rows of contacts who belong to a group now.
macro_rules! members {
    ($tx:expr) => {
        group_contacts::table
            .inner_join(
                contacts::table.on(contacts::organization_id
                    .eq(group_contacts::organization_id)
                    .and(contacts::id.eq(group_contacts::contact_id))),
            )
            .filter(group_contacts::organization_id.eq($tx.organization()))
            .filter(group_contacts::status.ne("Removed"))
            .filter(contacts::deleted_at.is_null())
    };
}

/// The group with this id.
pub fn find(tx: &mut OrgTx<'_>, id: GroupId) -> QueryResult<Option<Group>> {
    groups::table
        .find((tx.organization(), id))
        .select(Group::as_select())
        .first(&mut **tx)
        .optional()
}

/// The same, kept from being changed by others until the transaction ends. Contacts can join it meanwhile.
pub fn locked(tx: &mut OrgTx<'_>, id: GroupId) -> QueryResult<Group> {
    groups::table
        .find((tx.organization(), id))
        .select(Group::as_select())
        .for_no_key_update()
        .first(&mut **tx)
}

/// The name of a file that is being imported and whose people are all to join the group.
pub fn awaited_by_import(tx: &mut OrgTx<'_>, id: GroupId) -> QueryResult<Option<String>> {
    imports::table
        .filter(imports::organization_id.eq(tx.organization()))
        .filter(imports::group_id.eq(id))
        .filter(imports::state.eq_any(["checking", "checked", "running"]))
        .order(imports::id)
        .select(imports::file_name)
        .first(&mut **tx)
        .optional()
}

/// Whether a search decides who belongs to the group.
pub fn is_smart(tx: &mut OrgTx<'_>, id: GroupId) -> QueryResult<bool> {
    Ok(find(tx, id)?.is_some_and(|group| group.is_smart()))
}

/// The group of this title, whatever its case.
pub fn find_by_title(tx: &mut OrgTx<'_>, title: &str) -> QueryResult<Option<Group>> {
    groups::table
        .filter(groups::organization_id.eq(tx.organization()))
        .filter(lower(groups::title).eq(lower(title)))
        .select(Group::as_select())
        .first(&mut **tx)
        .optional()
}

/// All groups by title, to choose from.
pub fn titles(tx: &mut OrgTx<'_>) -> QueryResult<Vec<(GroupId, String)>> {
    groups::table
        .filter(groups::organization_id.eq(tx.organization()))
        .order((lower(groups::title), groups::id))
        .select((groups::id, groups::title))
        .load(&mut **tx)
}

/// All groups by title, with how many contacts belong to each.
pub fn list(tx: &mut OrgTx<'_>) -> QueryResult<Vec<Counted>> {
    let all: Vec<Group> = groups::table
        .filter(groups::organization_id.eq(tx.organization()))
        .order((lower(groups::title), groups::id))
        .select(Group::as_select())
        .load(&mut **tx)?;
    let members = member_counts(tx)?;
    Ok(all
        .into_iter()
        .map(|group| Counted {
            members: members.get(&group.id).copied().unwrap_or(0),
            group,
        })
        .collect())
}

fn member_counts(tx: &mut OrgTx<'_>) -> QueryResult<HashMap<GroupId, i64>> {
    let counts: Vec<(GroupId, i64)> = members!(tx)
        .group_by(group_contacts::group_id)
        .select((group_contacts::group_id, count_star()))
        .load(&mut **tx)?;
    Ok(counts.into_iter().collect())
}

/// How many contacts belong to the group now.
pub fn member_count(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<i64> {
    members!(tx)
        .filter(group_contacts::group_id.eq(group))
        .count()
        .get_result(&mut **tx)
}

/// Whether somebody has belonged to the group who no longer does.
pub fn has_past_members(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<bool> {
    let past = group_contacts::table
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::group_id.eq(group))
        .filter(group_contacts::status.eq("Removed"));
    diesel::select(diesel::dsl::exists(past)).get_result(&mut **tx)
}

/// Who among these contacts belongs to the group now.
pub fn members_among(tx: &mut OrgTx<'_>, group: GroupId, among: &[ContactId]) -> QueryResult<HashSet<ContactId>> {
    let members: Vec<ContactId> = members!(tx)
        .filter(group_contacts::group_id.eq(group))
        .filter(group_contacts::contact_id.eq_any(among))
        .select(group_contacts::contact_id)
        .load(&mut **tx)?;
    Ok(members.into_iter().collect())
}

/// How many of the chosen contacts belong to each group now; groups with none of them are absent.
pub fn already_in(tx: &mut OrgTx<'_>, who: &Selection) -> QueryResult<HashMap<GroupId, i64>> {
    #[derive(QueryableByName)]
    struct Inside {
        #[diesel(sql_type = BigInt)]
        group_id: GroupId,
        #[diesel(sql_type = BigInt)]
        contacts: i64,
    }
    const COUNTED: &str = "SELECT member.group_id, count(*) AS contacts";
    const MEMBERS: &str = " JOIN group_contacts member ON member.organization_id = contacts.organization_id \
        AND member.contact_id = contacts.id AND member.status <> 'Removed'";
    let Some((query, _)) = chosen(tx, who, COUNTED, MEMBERS)? else {
        return Ok(HashMap::new());
    };
    let counts: Vec<Inside> = query.sql(" GROUP BY member.group_id").load(&mut **tx)?;
    Ok(counts.into_iter().map(|row| (row.group_id, row.contacts)).collect())
}

/// The groups a contact belongs to or has belonged to, by title.
pub fn memberships(tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<Vec<Membership>> {
    group_contacts::table
        .inner_join(
            groups::table.on(groups::organization_id
                .eq(group_contacts::organization_id)
                .and(groups::id.eq(group_contacts::group_id))),
        )
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::contact_id.eq(contact))
        .order((lower(groups::title), groups::id))
        .select((
            groups::id,
            groups::title,
            group_contacts::status,
            groups::search.is_not_null(),
            group_contacts::added_at,
            group_contacts::removed_at,
            group_contacts::method,
            group_contacts::why,
        ))
        .load(&mut **tx)
}

/// Every change of a contact's memberships, newest first, up to `HISTORY_LINES_MAX`.
pub fn history(tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<Vec<HistoryLine>> {
    group_history::table
        .inner_join(
            groups::table.on(groups::organization_id
                .eq(group_history::organization_id)
                .and(groups::id.eq(group_history::group_id))),
        )
        .filter(group_history::organization_id.eq(tx.organization()))
        .filter(group_history::contact_id.eq(contact))
        .order(group_history::id.desc())
        .limit(HISTORY_LINES_MAX)
        .select((
            group_history::at,
            groups::title,
            group_history::status,
            group_history::method,
            group_history::actor,
            group_history::why,
        ))
        .load(&mut **tx)
}

/// A number that is another whenever anything about the contact has changed: whatever changes a contact writes the change log.
pub fn last_change(tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<i64> {
    let last: Option<i64> = changes::table
        .filter(changes::organization_id.eq(tx.organization()))
        .filter(changes::contact_id.eq(contact.0))
        .select(max(changes::id))
        .first(&mut **tx)?;
    Ok(last.unwrap_or(0))
}
