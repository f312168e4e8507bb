//! The undo of a bulk action: each contact is as it was before. Whatever somebody else has changed since stays, and is told.

use super::model::{BulkAction, BulkContact, Deed, Outcome, Record, State};
use super::{BATCH_CONTACTS, membership, planned, store, tagging};
use crate::base::ContactId;
use crate::crm::contacts::{self, Contact, ContactDraft};
use crate::db::OrgTx;
use crate::db::schema::bulk_actions;
use diesel::prelude::*;
use std::collections::HashMap;

/// Takes the next contacts of an action back, as `store::locked` gave it.
pub fn batch(tx: &mut OrgTx<'_>, action: &BulkAction) -> anyhow::Result<()> {
    let changed = store::changed_after(tx, action.id, action.last_place, BATCH_CONTACTS)?;
    let mut stays = match &action.deed {
        Deed::Edit { .. } | Deed::Trash | Deed::Restore => as_before(tx, action, &changed)?,
        Deed::AddToGroup { group, .. } | Deed::RemoveFromGroup { group, .. } => {
            membership::put_back(tx, action, *group, &changed)?
        }
        Deed::Tag { tag, .. } | Deed::Untag { tag, .. } => tagging::put_back(tx, action, *tag, &changed)?,
        Deed::AddActivity { activity, .. } => planned::delete(tx, action, activity, &changed)?,
    };
    let became: Vec<BulkContact> = changed
        .into_iter()
        .map(|one| taken_back(stays.remove(&one.contact), one))
        .collect();
    store::write_outcomes(tx, action.id, &became)?;
    let kept = became.iter().filter(|one| one.outcome == Outcome::Kept).count() as i32;
    let is_done = (became.len() as i64) < BATCH_CONTACTS;
    diesel::update(bulk_actions::table.find((tx.organization(), action.id)))
        .set((
            bulk_actions::state.eq(if is_done { State::Undone } else { State::Undoing }.as_str()),
            bulk_actions::undone_at.eq(is_done.then_some(tx.now())),
            bulk_actions::contacts_done.eq(action.contacts_done + became.len() as i32),
            bulk_actions::last_place.eq(became.last().map_or(action.last_place, |one| one.contact.0)),
            bulk_actions::taken_back.eq(action.result.taken_back + became.len() as i32 - kept),
            bulk_actions::kept.eq(action.result.kept + kept),
            bulk_actions::failures.eq(0),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

fn taken_back(stays: Option<String>, one: BulkContact) -> BulkContact {
    BulkContact {
        outcome: match stays {
            Some(_) => Outcome::Kept,
            None => Outcome::Undone,
        },
        problem: stays,
        ..one
    }
}

/// Contacts have the values they had before, and are where they were; returns who stays as they are, and why.
fn as_before(
    tx: &mut OrgTx<'_>,
    action: &BulkAction,
    changed: &[BulkContact],
) -> anyhow::Result<HashMap<ContactId, String>> {
    let ids: Vec<ContactId> = changed.iter().map(|one| one.contact).collect();
    let found: HashMap<ContactId, Contact> = contacts::locked(tx, &ids)?
        .into_iter()
        .map(|contact| (contact.id, contact))
        .collect();
    let mut back = Back::default();
    for one in changed {
        if let (Some(contact), Some(record)) = (found.get(&one.contact), &one.record) {
            back.sort_out(contact, record);
        }
    }
    back.write(tx, &action.why())?;
    Ok(back.stays)
}

/// What is to be done, and what stays and why.
#[derive(Default)]
struct Back<'f> {
    edits: Vec<(&'f Contact, ContactDraft)>,
    out_of_trash: Vec<&'f Contact>,
    into_trash: Vec<ContactId>,
    stays: HashMap<ContactId, String>,
}

impl<'f> Back<'f> {
    fn sort_out(&mut self, contact: &'f Contact, record: &Record) {
        match record {
            Record::Edited { parts, .. } => {
                let now = contact.draft();
                let (before, left) = parts.taken_back(&now);
                if !left.is_empty() {
                    self.stay(
                        contact,
                        format!("Changed since, so left as it is: {}.", left.join(", ")),
                    );
                }
                if before.problems().is_empty() {
                    self.edits.push((contact, before));
                } else {
                    self.stay(
                        contact,
                        "Other changes since then rest on this one, so it was left as it is.".into(),
                    );
                }
            }
            Record::Trashed(at) if contact.deleted_at == Some(*at) => self.out_of_trash.push(contact),
            Record::Trashed(_) if contact.deleted_at.is_some() => {
                self.stay(
                    contact,
                    "Restored and moved to the trash again since, so it stays there.".into(),
                );
            }
            // Somebody restored it already.
            Record::Trashed(_) => {}
            Record::Restored(_) if contact.deleted_at.is_some() => {}
            Record::Restored(at) if contact.modified_at == *at => self.into_trash.push(contact.id),
            Record::Restored(_) => self.stay(contact, "Changed since, so it was not moved to the trash again.".into()),
            // Of other deeds, which have ways back of their own.
            Record::Membership { .. } | Record::Tagged(_) | Record::Untagged(_) | Record::Activity(_) => {}
        }
    }

    fn stay(&mut self, contact: &Contact, why: String) {
        self.stays.insert(contact.id, why);
    }

    fn write(&mut self, tx: &mut OrgTx<'_>, why: &str) -> anyhow::Result<()> {
        let edits: Vec<(&Contact, &ContactDraft)> =
            self.edits.iter().map(|(contact, draft)| (*contact, draft)).collect();
        contacts::change_many(tx, &edits, why)?;
        for id in contacts::restore_many(tx, &self.out_of_trash, why)?.taken {
            let why = "Another contact has the same External Identifier by now, so it stays in the trash.";
            self.stays.insert(id, why.into());
        }
        contacts::actions::trash(tx, &self.into_trash, why)?;
        Ok(())
    }
}
