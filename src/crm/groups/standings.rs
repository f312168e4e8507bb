//! Memberships as rows, for imports, bulk actions and merges: what stood before is kept with each change, and put back by the undo.

use super::{model, rows, store};
use crate::base::{ContactId, GroupId};
use crate::changelog;
use crate::crm::contacts;
use crate::db::OrgTx;
use crate::db::schema::group_contacts;
use crate::work;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Where a contact stands in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = group_contacts)]
pub struct Standing {
    pub status: String,
    pub added_at: DateTime<Utc>,
    pub removed_at: Option<DateTime<Utc>>,
    pub method: String,
    pub why: String,
}

impl Standing {
    /// Whether the contact belongs to the group.
    pub fn is_current(&self) -> bool {
        self.status != "Removed"
    }

    /// "Added (by Admin)", "Removed (by API)", "Smart".
    pub fn in_words(&self) -> String {
        model::status_in_words(&self.status, &self.method)
    }

    /// Since when it stands so.
    pub fn since(&self) -> DateTime<Utc> {
        self.removed_at.unwrap_or(self.added_at)
    }
}

/// A membership as something found it and left it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipChange {
    pub group: GroupId,
    pub title: String,
    pub before: Option<Standing>,
    pub after: Standing,
}

/// A membership to be put back: as it is expected to stand now, and as it stood before.
#[derive(Clone, Debug)]
pub struct PutBack {
    pub contact: ContactId,
    pub now: Standing,
    pub before: Option<Standing>,
}

/// Where these contacts stand in a group; whoever was never in it is absent.
pub fn standings(
    tx: &mut OrgTx<'_>,
    group: GroupId,
    contacts: &[ContactId],
) -> QueryResult<HashMap<ContactId, Standing>> {
    let rows: Vec<(ContactId, Standing)> = group_contacts::table
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::group_id.eq(group))
        .filter(group_contacts::contact_id.eq_any(contacts))
        .order(group_contacts::contact_id)
        .select((group_contacts::contact_id, Standing::as_select()))
        .load(&mut **tx)?;
    Ok(rows.into_iter().collect())
}

/// The same, kept from being changed by others until the transaction ends.
pub fn locked(tx: &mut OrgTx<'_>, group: GroupId, contacts: &[ContactId]) -> QueryResult<HashMap<ContactId, Standing>> {
    let rows: Vec<(ContactId, Standing)> = group_contacts::table
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::group_id.eq(group))
        .filter(group_contacts::contact_id.eq_any(contacts))
        .order(group_contacts::contact_id)
        .select((group_contacts::contact_id, Standing::as_select()))
        .for_update()
        .load(&mut **tx)?;
    Ok(rows.into_iter().collect())
}

/// Keeps whatever others would do to the groups of a contact waiting until the transaction ends, joining a first time as well.
pub fn lock_all(tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<()> {
    contacts::locked(tx, &[contact])?;
    group_contacts::table
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::contact_id.eq(contact))
        .order(group_contacts::group_id)
        .select(group_contacts::group_id)
        .for_update()
        .load::<i64>(&mut **tx)?;
    Ok(())
}

/// Where a contact stands in every group it belongs or has belonged to.
pub fn of_contact(tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<BTreeMap<GroupId, Standing>> {
    let rows: Vec<(GroupId, Standing)> = group_contacts::table
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::contact_id.eq(contact))
        .select((group_contacts::group_id, Standing::as_select()))
        .load(&mut **tx)?;
    Ok(rows.into_iter().collect())
}

/// A contact takes over where another stands in a group, with its dates: in it, or no longer.
pub fn take_over(
    tx: &mut OrgTx<'_>,
    group: GroupId,
    contact: ContactId,
    standing: &Standing,
    why: &str,
) -> QueryResult<()> {
    let Some(found) = store::find(tx, group)? else {
        return Ok(());
    };
    diesel::insert_into(group_contacts::table)
        .values((
            group_contacts::group_id.eq(group),
            group_contacts::contact_id.eq(contact),
            standing.clone(),
        ))
        .on_conflict((
            group_contacts::organization_id,
            group_contacts::group_id,
            group_contacts::contact_id,
        ))
        .do_update()
        .set((
            group_contacts::status.eq(&standing.status),
            group_contacts::added_at.eq(standing.added_at),
            group_contacts::removed_at.eq(standing.removed_at),
            group_contacts::method.eq(&standing.method),
            group_contacts::why.eq(&standing.why),
        ))
        .execute(&mut **tx)?;
    if standing.is_current() {
        rows::record_history(tx, group, &[contact], "Added", why)?;
        changelog::record_for_each(tx, &[contact], &format!("Added to {}", found.title), why)?;
    }
    work::contacts_are_due(tx, &[contact])
}

/// Puts memberships back as they stood, where they still stand as expected. Returns whose were: those of others have
/// changed since and stay.
pub fn put_back(tx: &mut OrgTx<'_>, group: GroupId, wanted: &[PutBack], why: &str) -> QueryResult<Vec<ContactId>> {
    let Some(found) = store::find(tx, group)? else {
        return Ok(Vec::new());
    };
    let contacts: Vec<ContactId> = wanted.iter().map(|one| one.contact).collect();
    let mine = group_contacts::organization_id
        .eq(tx.organization())
        .and(group_contacts::group_id.eq(group));
    let present = locked(tx, group, &contacts)?;
    let unchanged: Vec<&PutBack> = wanted
        .iter()
        .filter(|one| present.get(&one.contact) == Some(&one.now))
        .collect();
    let ids: Vec<ContactId> = unchanged.iter().map(|one| one.contact).collect();
    diesel::delete(group_contacts::table.filter(mine.and(group_contacts::contact_id.eq_any(&ids))))
        .execute(&mut **tx)?;
    let restored: Vec<_> = unchanged
        .iter()
        .filter_map(|one| {
            let keys = (
                group_contacts::group_id.eq(group),
                group_contacts::contact_id.eq(one.contact),
            );
            Some((keys, one.before.clone()?))
        })
        .collect();
    diesel::insert_into(group_contacts::table)
        .values(restored)
        .execute(&mut **tx)?;
    log(tx, group, &found.title, &unchanged, why)?;
    work::contacts_are_due(tx, &ids)?;
    Ok(ids)
}

/// Writes into the history of a contact's groups what has become another since `before`, where rows were put back by themselves.
pub fn tell(
    tx: &mut OrgTx<'_>,
    contact: ContactId,
    before: &BTreeMap<GroupId, Standing>,
    why: &str,
) -> QueryResult<()> {
    let after = of_contact(tx, contact)?;
    let groups: BTreeSet<GroupId> = before.keys().chain(after.keys()).copied().collect();
    for group in groups.into_iter().filter(|group| before.get(group) != after.get(group)) {
        let status = match after.get(&group) {
            None => "Deleted",
            Some(standing) if standing.is_current() => "Added",
            Some(_) => "Removed",
        };
        rows::record_history(tx, group, &[contact], status, why)?;
    }
    Ok(())
}

/// Tells it as what it looks like afterwards: gone, out again, or in again.
fn log(tx: &mut OrgTx<'_>, group: GroupId, title: &str, put_back: &[&PutBack], why: &str) -> QueryResult<()> {
    let who = |fits: fn(&Option<Standing>) -> bool| -> Vec<ContactId> {
        let fitting = put_back.iter().filter(|one| fits(&one.before));
        fitting.map(|one| one.contact).collect()
    };
    let gone = who(Option::is_none);
    let out = who(|before| before.as_ref().is_some_and(|before| !before.is_current()));
    let back_in = who(|before| before.as_ref().is_some_and(Standing::is_current));
    let told = [
        (gone, "Deleted", format!("Membership in {title} deleted")),
        (out, "Removed", format!("Removed from {title}")),
        (back_in, "Added", format!("Added to {title}")),
    ];
    for (contacts, status, what) in told {
        rows::record_history(tx, group, &contacts, status, why)?;
        changelog::record_for_each(tx, &contacts, &what, why)?;
    }
    Ok(())
}
