//! A bulk action's own work: a batch in one transaction with its change log, due marks, outcomes and progress. Killed at any
//! line, a batch is done whole or not at all.

use super::model::{BulkAction, BulkContact, Deed, Outcome, Record, State};
use super::{membership, planned, store, tagging};
use crate::base::ContactId;
use crate::crm::contacts::{self, ChangedParts, Contact, ContactDraft, differences};
use crate::db::OrgTx;
use crate::db::schema::bulk_actions;
use chrono::SubsecRound;
use diesel::prelude::*;
use std::collections::HashSet;

/// Why nothing is done to somebody.
const IN_TRASH: &str = "In the trash.";
/// Digits of a second that Postgres keeps.
pub(super) const MICROSECONDS: u16 = 6;

/// Does the next batch of an action, as `store::locked` gave it.
pub fn batch(tx: &mut OrgTx<'_>, action: &BulkAction) -> anyhow::Result<()> {
    let (number, ids) = match store::batch_after(tx, action.id, action.last_place)? {
        Some(batch) => batch,
        None => return finish(tx, action),
    };
    let became = match &action.deed {
        Deed::Edit { .. } => edit(tx, action, &ids)?,
        Deed::Trash => trash(tx, action, &ids)?,
        Deed::Restore => restore(tx, action, &ids)?,
        Deed::AddToGroup { group, .. } => membership::add(tx, action, *group, &ids)?,
        Deed::RemoveFromGroup { group, .. } => membership::remove(tx, action, *group, &ids)?,
        Deed::Tag { tag, .. } => tagging::tag(tx, action, *tag, &ids)?,
        Deed::Untag { tag, .. } => tagging::untag(tx, action, *tag, &ids)?,
        Deed::AddActivity { activity, .. } => planned::add(tx, action, activity, &ids)?,
    };
    store::write_outcomes(tx, action.id, &became)?;
    let of = |outcome| became.iter().filter(|one| one.outcome == outcome).count() as i32;
    let (changed, skipped) = (of(Outcome::Changed), of(Outcome::Skipped));
    let result = action.result;
    diesel::update(bulk_actions::table.find((tx.organization(), action.id)))
        .set((
            bulk_actions::last_place.eq(number),
            bulk_actions::contacts_done.eq(action.contacts_done + ids.len() as i32),
            bulk_actions::changed.eq(result.changed + changed),
            bulk_actions::skipped.eq(result.skipped + skipped),
            bulk_actions::unchanged.eq(result.unchanged + ids.len() as i32 - changed - skipped),
            bulk_actions::failures.eq(0),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

fn finish(tx: &mut OrgTx<'_>, action: &BulkAction) -> anyhow::Result<()> {
    diesel::update(bulk_actions::table.find((tx.organization(), action.id)))
        .set((
            bulk_actions::state.eq(State::Done.as_str()),
            bulk_actions::finished_at.eq(tx.now()),
            bulk_actions::failures.eq(0),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

fn edit(tx: &mut OrgTx<'_>, action: &BulkAction, ids: &[ContactId]) -> anyhow::Result<Vec<BulkContact>> {
    let found = contacts::locked(tx, ids)?;
    let mut became = Vec::new();
    let mut wanted: Vec<(&Contact, ContactDraft)> = Vec::new();
    for contact in &found {
        if contact.deleted_at.is_some() {
            became.push(BulkContact::skipped(contact.id, IN_TRASH));
            continue;
        }
        let before = contact.draft();
        let mut after = before.clone();
        if let Deed::Edit { field, value } = &action.deed {
            field.set(&mut after, value);
        }
        if after == before {
            continue;
        }
        let problems = after.problems();
        if !problems.is_empty() {
            let words: Vec<String> = problems.into_iter().map(|problem| problem.words).collect();
            became.push(BulkContact::skipped(contact.id, words.join(" ")));
            continue;
        }
        became.push(BulkContact::changed(
            contact.id,
            Record::Edited {
                shown: differences::between(&before, &after),
                parts: ChangedParts::between(&before, &after),
            },
        ));
        wanted.push((contact, after));
    }
    let wanted: Vec<(&Contact, &ContactDraft)> = wanted.iter().map(|(contact, draft)| (*contact, draft)).collect();
    contacts::change_many(tx, &wanted, &action.why())?;
    Ok(became)
}

fn trash(tx: &mut OrgTx<'_>, action: &BulkAction, ids: &[ContactId]) -> anyhow::Result<Vec<BulkContact>> {
    let found = contacts::locked(tx, ids)?;
    let living: Vec<ContactId> = found
        .iter()
        .filter(|contact| contact.deleted_at.is_none())
        .map(|contact| contact.id)
        .collect();
    contacts::actions::trash(tx, &living, &action.why())?;
    let now = tx.now().trunc_subsecs(MICROSECONDS);
    Ok(living
        .into_iter()
        .map(|id| BulkContact::changed(id, Record::Trashed(now)))
        .collect())
}

fn restore(tx: &mut OrgTx<'_>, action: &BulkAction, ids: &[ContactId]) -> anyhow::Result<Vec<BulkContact>> {
    let found = contacts::locked(tx, ids)?;
    let restored = contacts::restore_many(tx, &found.iter().collect::<Vec<_>>(), &action.why())?;
    let now = tx.now().trunc_subsecs(MICROSECONDS);
    let back = restored
        .back
        .into_iter()
        .map(|id| BulkContact::changed(id, Record::Restored(now)));
    let taken = restored.taken.into_iter().map(|id| {
        BulkContact::skipped(
            id,
            "Another contact has the same External Identifier by now. Change it there first.",
        )
    });
    Ok(back.chain(taken).collect())
}

/// Those who went into the trash since the action was started, skipped; and those who did not.
pub(super) fn living(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<(Vec<BulkContact>, Vec<ContactId>)> {
    let living = contacts::store::living(tx, ids)?;
    let is_living: HashSet<ContactId> = living.iter().copied().collect();
    let gone = ids.iter().filter(|id| !is_living.contains(id));
    Ok((gone.map(|id| BulkContact::skipped(*id, IN_TRASH)).collect(), living))
}
