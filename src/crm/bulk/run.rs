//! A bulk action's own work: a batch in one transaction with its change log, due marks, outcomes and progress. Killed at any
//! line, a batch is done whole or not at all.

use super::model::{BulkAction, BulkContact, Deed, Outcome, Record, State};
use super::store;
use crate::base::ContactId;
use crate::crm::contacts::{self, ChangedParts, Contact, ContactDraft, differences};
use crate::crm::custom_fields;
use crate::db::OrgTx;
use crate::db::schema::bulk_actions;
use chrono::SubsecRound;
use diesel::prelude::*;

/// Digits of a second that Postgres keeps.
pub(super) const MICROSECONDS: u16 = 6;

/// Does the next batch of an action, as `store::locked` gave it.
pub fn batch(tx: &mut OrgTx<'_>, action: &BulkAction) -> anyhow::Result<()> {
    let (number, ids) = match store::batch_after(tx, action.id, action.last_place)? {
        Some(batch) => batch,
        None => return finish(tx, action),
    };
    let found = contacts::locked(tx, &ids)?;
    let became = match &action.deed {
        Deed::Edit { .. } => edit(tx, action, &found)?,
        Deed::Trash => trash(tx, action, &found)?,
        Deed::Restore => restore(tx, action, &found)?,
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

fn edit(tx: &mut OrgTx<'_>, action: &BulkAction, found: &[Contact]) -> anyhow::Result<Vec<BulkContact>> {
    let custom = custom_fields::store::of(tx, custom_fields::Record::Contact)?;
    let mut became = Vec::new();
    let mut wanted: Vec<(&Contact, ContactDraft)> = Vec::new();
    for contact in found {
        if contact.deleted_at.is_some() {
            became.push(skipped(contact.id, "In the trash."));
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
            became.push(skipped(contact.id, words.join(" ")));
            continue;
        }
        became.push(changed(
            contact.id,
            Record::Edited {
                shown: differences::between(&before, &after, &custom),
                parts: ChangedParts::between(&before, &after),
            },
        ));
        wanted.push((contact, after));
    }
    let wanted: Vec<(&Contact, &ContactDraft)> = wanted.iter().map(|(contact, draft)| (*contact, draft)).collect();
    contacts::change_many(tx, &wanted, &action.why())?;
    Ok(became)
}

fn trash(tx: &mut OrgTx<'_>, action: &BulkAction, found: &[Contact]) -> anyhow::Result<Vec<BulkContact>> {
    let living: Vec<ContactId> = found
        .iter()
        .filter(|contact| contact.deleted_at.is_none())
        .map(|contact| contact.id)
        .collect();
    contacts::actions::trash(tx, &living, &action.why())?;
    let now = tx.now().trunc_subsecs(MICROSECONDS);
    Ok(living.into_iter().map(|id| changed(id, Record::Trashed(now))).collect())
}

fn restore(tx: &mut OrgTx<'_>, action: &BulkAction, found: &[Contact]) -> anyhow::Result<Vec<BulkContact>> {
    let restored = contacts::restore_many(tx, &found.iter().collect::<Vec<_>>(), &action.why())?;
    let now = tx.now().trunc_subsecs(MICROSECONDS);
    let back = restored.back.into_iter().map(|id| changed(id, Record::Restored(now)));
    let taken = restored.taken.into_iter().map(|id| {
        skipped(
            id,
            "Another contact has the same External Identifier by now. Change it there first.",
        )
    });
    Ok(back.chain(taken).collect())
}

fn changed(contact: ContactId, record: Record) -> BulkContact {
    BulkContact {
        contact,
        outcome: Outcome::Changed,
        problem: None,
        record: Some(record),
    }
}

fn skipped(contact: ContactId, why: impl Into<String>) -> BulkContact {
    BulkContact {
        contact,
        outcome: Outcome::Skipped,
        problem: Some(why.into()),
        record: None,
    }
}
