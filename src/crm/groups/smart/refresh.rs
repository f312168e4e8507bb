//! Bringing a smart group up to date: everybody after a change of its search, or only the contacts about whom something
//! changed. Whoever comes or goes has it in the histories and is due for the sync.

use super::super::rows;
use super::{SmartGroup, all};
use crate::base::{ContactId, GroupId};
use crate::changelog;
use crate::crm::contacts::criteria::{Calendar, Criteria};
use crate::crm::contacts::{self, Apart};
use crate::db::OrgTx;
use crate::db::schema::{groups, smart_due_contacts};
use crate::work;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use std::collections::HashSet;

/// Contacts looked at in one step: short enough that staff working at the same time do not wait.
const BATCH: i64 = 2_000;
/// Contacts whom the passing of days may move and who are looked at by themselves; for more, everybody is looked at.
const MOVED_MAX: usize = 20_000;
const FOUND: &str = "Found by the group’s search";
const LOST: &str = "No longer found by the group’s search";
/// Why somebody comes and goes by a search, as the histories have it.
pub const WHYS: [&str; 2] = [FOUND, LOST];

/// Who would come into a smart group and who would go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    pub come: Vec<ContactId>,
    pub go: Vec<ContactId>,
}

/// What is left to do after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    More,
    /// Nothing before this moment.
    Until(Option<DateTime<Utc>>),
}

/// Compares a search with who is in the group. Whoever was added or removed by hand neither comes nor goes. With `among`
/// only these contacts are compared.
pub fn difference(
    tx: &mut OrgTx<'_>,
    group: GroupId,
    criteria: &Criteria,
    among: Option<&[ContactId]>,
) -> QueryResult<Difference> {
    let apart = contacts::apart(tx, criteria, group, among)?;
    let (come, go): (Vec<Apart>, Vec<Apart>) = apart.into_iter().partition(|one| one.is_found);
    let ids = |those: Vec<Apart>| those.into_iter().map(|one| one.contact).collect();
    Ok(Difference {
        come: ids(come),
        go: ids(go),
    })
}

/// The same where everybody was compared on an earlier day, and whoever has changed since: only those are compared for whom a
/// date has come within a period since then, or left it.
pub fn difference_since(
    tx: &mut OrgTx<'_>,
    group: GroupId,
    criteria: &Criteria,
    day: NaiveDate,
) -> QueryResult<Difference> {
    let moved = contacts::moved_since(tx, criteria, day, MOVED_MAX)?;
    difference(tx, group, criteria, moved.as_deref())
}

/// Where everybody is to be looked at anew: whoever began to change a contact before the search was there did not mark it.
pub(super) fn let_changes_under_way_end(tx: &mut OrgTx<'_>) -> QueryResult<()> {
    let now = tx.now();
    let is_new = |group: &SmartGroup| group.searched_on.is_none() && group.due_at.is_some_and(|at| at <= now);
    match all(tx)?.iter().any(is_new) {
        true => work::wait_for_marks_under_way(tx),
        false => Ok(()),
    }
}

/// Does the next thing that is due: one whole group, or a batch of changed contacts for all groups.
pub(super) fn step(tx: &mut OrgTx<'_>) -> QueryResult<After> {
    let smart_groups = all(tx)?;
    let now = tx.now();
    if let Some(due) = smart_groups
        .iter()
        .find(|group| group.due_at.is_some_and(|at| at <= now))
    {
        whole(tx, &smart_groups, due.id)?;
        return Ok(After::More);
    }
    let due = due_contacts(tx)?;
    if due.is_empty() {
        return Ok(After::Until(smart_groups.iter().filter_map(|group| group.due_at).min()));
    }
    let ids: Vec<ContactId> = due.iter().map(|(contact, _)| *contact).collect();
    let mut moved = HashSet::new();
    for group in &smart_groups {
        if let Some(criteria) = &group.criteria {
            let difference = difference(tx, group.id, criteria, Some(&ids))?;
            moved.extend(bring_about(tx, group, &difference)?);
        }
    }
    mark(tx, &smart_groups, moved)?;
    diesel::update(groups::table)
        .filter(groups::organization_id.eq(tx.organization()))
        .filter(groups::search.is_not_null())
        .set(groups::search_checked_at.eq(now))
        .execute(&mut **tx)?;
    forget_marks(tx, &due)?;
    Ok(After::More)
}

/// Looks at everybody for one group. Its row is locked meanwhile, so that a new search is not taken for done.
fn whole(tx: &mut OrgTx<'_>, smart_groups: &[SmartGroup], id: GroupId) -> QueryResult<()> {
    let (organization, now) = (tx.organization(), tx.now());
    groups::table
        .find((organization, id))
        .select(groups::id)
        .for_no_key_update()
        .first::<i64>(&mut **tx)?;
    let locked = all(tx)?.into_iter().find(|group| group.id == id);
    let Some(group) = locked else { return Ok(()) };
    let row = groups::table.find((organization, id));
    let Some(criteria) = &group.criteria else {
        tracing::error!(group = %id, "the search of a smart group cannot be read; its members stay as they are");
        let later = groups::search_due_at.eq(None::<DateTime<Utc>>);
        diesel::update(row).set(later).execute(&mut **tx)?;
        return Ok(());
    };
    let difference = match group.searched_on {
        Some(day) => difference_since(tx, id, criteria, day)?,
        None => difference(tx, id, criteria, None)?,
    };
    let moved = bring_about(tx, &group, &difference)?;
    mark(tx, smart_groups, moved.into_iter().collect())?;
    let calendar = Calendar::of(tx)?;
    diesel::update(row)
        .set((
            groups::search_checked_at.eq(now),
            groups::search_due_at.eq(criteria.is_relative().then(|| calendar.next_day())),
            groups::searched_on.eq(calendar.today),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Writes who comes and goes, with the histories. Returns whoever did.
fn bring_about(tx: &mut OrgTx<'_>, group: &SmartGroup, difference: &Difference) -> QueryResult<Vec<ContactId>> {
    let (id, title) = (group.id, &group.title);
    let come = rows::find(tx, id, &difference.come)?;
    let gone = rows::lose(tx, id, &difference.go)?;
    rows::record_history_by(tx, "Search", id, &come, "Added", FOUND)?;
    rows::record_history_by(tx, "Search", id, &gone, "Removed", LOST)?;
    changelog::record_for_each(tx, &come, &format!("Added to {title}"), FOUND)?;
    changelog::record_for_each(tx, &gone, &format!("Removed from {title}"), LOST)?;
    Ok(come.into_iter().chain(gone).collect())
}

/// Whoever came or went is due for the sync; and for the smart groups again where one asks about another.
fn mark(tx: &mut OrgTx<'_>, smart_groups: &[SmartGroup], moved: HashSet<ContactId>) -> QueryResult<()> {
    let mut moved: Vec<ContactId> = moved.into_iter().collect();
    moved.sort_unstable();
    match smart_groups.iter().any(|group| !group.looks_at().is_empty()) {
        true => work::contacts_are_due(tx, &moved),
        false => work::contacts_are_due_for_sync(tx, &moved),
    }
}

fn due_contacts(tx: &mut OrgTx<'_>) -> QueryResult<Vec<(ContactId, i64)>> {
    smart_due_contacts::table
        .filter(smart_due_contacts::organization_id.eq(tx.organization()))
        .order((smart_due_contacts::due_since, smart_due_contacts::contact_id))
        .limit(BATCH)
        .select((smart_due_contacts::contact_id, smart_due_contacts::mark))
        .load(&mut **tx)
}

/// Deletes the marks that were seen; whoever was marked anew meanwhile has another number.
fn forget_marks(tx: &mut OrgTx<'_>, due: &[(ContactId, i64)]) -> QueryResult<()> {
    let (contacts, marks): (Vec<ContactId>, Vec<i64>) = due.iter().copied().unzip();
    diesel::delete(smart_due_contacts::table)
        .filter(smart_due_contacts::organization_id.eq(tx.organization()))
        .filter(smart_due_contacts::contact_id.eq_any(contacts))
        .filter(smart_due_contacts::mark.eq_any(marks))
        .execute(&mut **tx)?;
    Ok(())
}
