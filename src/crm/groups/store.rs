//! What can be read of groups: the groups themselves, and where a contact stands. Deleted contacts count nowhere.

use super::model::{Counted, Group, HistoryLine, Membership};
use crate::base::{ContactId, GroupId};
use crate::db::OrgTx;
use crate::db::schema::{changes, contacts, group_contacts, group_history, groups};
use chrono::{DateTime, Utc};
use diesel::dsl::{count_star, max};
use diesel::prelude::*;
use std::collections::HashMap;

/// Lines of a contact's group history that are shown; the change log has all of them.
pub const HISTORY_LINES_MAX: i64 = 200;

diesel::define_sql_function! {
    /// Titles are told apart without regard to case, as the unique index does.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

type GroupColumns = (
    groups::id,
    groups::title,
    groups::description,
    groups::created_by,
    groups::created_at,
);
const GROUP_COLUMNS: GroupColumns = (
    groups::id,
    groups::title,
    groups::description,
    groups::created_by,
    groups::created_at,
);
type GroupRow = (i64, String, String, String, DateTime<Utc>);

impl From<GroupRow> for Group {
    fn from((id, title, description, created_by, created_at): GroupRow) -> Self {
        Self {
            id: GroupId(id),
            title,
            description,
            created_by,
            created_at,
        }
    }
}

/// The rows of contacts who belong to a group now.
macro_rules! members {
    ($tx:expr) => {
        group_contacts::table
            .inner_join(
                contacts::table.on(contacts::organization_id
                    .eq(group_contacts::organization_id)
                    .and(contacts::id.eq(group_contacts::contact_id))),
            )
            .filter(
                group_contacts::organization_id
                    .eq($tx.organization().0)
                    .and(group_contacts::status.eq("Added"))
                    .and(contacts::deleted_at.is_null()),
            )
    };
}

/// The group with this id.
pub fn find(tx: &mut OrgTx<'_>, id: GroupId) -> QueryResult<Option<Group>> {
    let row: Option<GroupRow> = groups::table
        .find((tx.organization().0, id.0))
        .select(GROUP_COLUMNS)
        .first(&mut **tx)
        .optional()?;
    Ok(row.map(Group::from))
}

/// The group of this title, whatever its case.
pub fn find_by_title(tx: &mut OrgTx<'_>, title: &str) -> QueryResult<Option<Group>> {
    let row: Option<GroupRow> = groups::table
        .filter(
            groups::organization_id
                .eq(tx.organization().0)
                .and(lower(groups::title).eq(lower(title))),
        )
        .select(GROUP_COLUMNS)
        .first(&mut **tx)
        .optional()?;
    Ok(row.map(Group::from))
}

/// All groups by title, with how many contacts belong to each.
pub fn list(tx: &mut OrgTx<'_>) -> QueryResult<Vec<Counted>> {
    let rows: Vec<GroupRow> = groups::table
        .filter(groups::organization_id.eq(tx.organization().0))
        .order((lower(groups::title), groups::id))
        .select(GROUP_COLUMNS)
        .load(&mut **tx)?;
    let members = member_counts(tx)?;
    Ok(rows
        .into_iter()
        .map(Group::from)
        .map(|group| Counted {
            members: members.get(&group.id).copied().unwrap_or(0),
            group,
        })
        .collect())
}

fn member_counts(tx: &mut OrgTx<'_>) -> QueryResult<HashMap<GroupId, i64>> {
    let counts: Vec<(i64, i64)> = members!(tx)
        .group_by(group_contacts::group_id)
        .select((group_contacts::group_id, count_star()))
        .load(&mut **tx)?;
    Ok(counts.into_iter().map(|(id, count)| (GroupId(id), count)).collect())
}

/// How many contacts belong to the group now.
pub fn member_count(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<i64> {
    members!(tx)
        .filter(group_contacts::group_id.eq(group.0))
        .count()
        .get_result(&mut **tx)
}

/// How many of these contacts belong to each group now; groups with none of them are absent.
pub fn already_in(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<HashMap<GroupId, i64>> {
    let ids: Vec<i64> = contacts.iter().map(|id| id.0).collect();
    let counts: Vec<(i64, i64)> = members!(tx)
        .filter(group_contacts::contact_id.eq_any(ids))
        .group_by(group_contacts::group_id)
        .select((group_contacts::group_id, count_star()))
        .load(&mut **tx)?;
    Ok(counts.into_iter().map(|(id, count)| (GroupId(id), count)).collect())
}

/// The groups a contact belongs to or has belonged to, by title.
pub fn memberships(tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<Vec<Membership>> {
    type Row = (i64, String, DateTime<Utc>, Option<DateTime<Utc>>, String, String);
    let rows: Vec<Row> = group_contacts::table
        .inner_join(
            groups::table.on(group_contacts::group_id
                .eq(groups::id)
                .and(group_contacts::organization_id.eq(groups::organization_id))),
        )
        .filter(
            group_contacts::organization_id
                .eq(tx.organization().0)
                .and(group_contacts::contact_id.eq(contact.0)),
        )
        .order((lower(groups::title), groups::id))
        .select((
            groups::id,
            groups::title,
            group_contacts::added_at,
            group_contacts::removed_at,
            group_contacts::method,
            group_contacts::why,
        ))
        .load(&mut **tx)?;
    Ok(rows
        .into_iter()
        .map(|(group, title, added_at, removed_at, method, why)| Membership {
            group: GroupId(group),
            title,
            added_at,
            removed_at,
            method,
            why,
        })
        .collect())
}

/// Every change of a contact's memberships, newest first, up to `HISTORY_LINES_MAX`.
pub fn history(tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<Vec<HistoryLine>> {
    type Row = (DateTime<Utc>, String, String, String, String, String);
    let rows: Vec<Row> = group_history::table
        .inner_join(
            groups::table.on(group_history::group_id
                .eq(groups::id)
                .and(group_history::organization_id.eq(groups::organization_id))),
        )
        .filter(
            group_history::organization_id
                .eq(tx.organization().0)
                .and(group_history::contact_id.eq(contact.0)),
        )
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
        .load(&mut **tx)?;
    Ok(rows
        .into_iter()
        .map(|(at, title, status, method, actor, why)| HistoryLine {
            at,
            title,
            status,
            method,
            actor,
            why,
        })
        .collect())
}

/// A number that is another whenever anything about the contact has changed: whatever changes a contact writes the change log.
pub fn last_change(tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<i64> {
    let last: Option<i64> = changes::table
        .filter(
            changes::organization_id
                .eq(tx.organization().0)
                .and(changes::contact_id.eq(contact.0)),
        )
        .select(max(changes::id))
        .first(&mut **tx)?;
    Ok(last.unwrap_or(0))
}
