//! A selection into a group or out of it, and back to where each stood.

use super::model::{BulkAction, BulkContact, Record};
use super::run;
use crate::base::{ContactId, GroupId};
use crate::crm::groups::standings::{self, PutBack};
use crate::crm::groups::{actions, store};
use crate::db::OrgTx;
use diesel::QueryResult;
use std::collections::{HashMap, HashSet};

/// Why nothing can be done.
const NO_GROUP: &str = "The group no longer exists.";

/// Contacts join the group; whoever is in it already stays as they are.
pub(super) fn add(
    tx: &mut OrgTx<'_>,
    action: &BulkAction,
    group: GroupId,
    ids: &[ContactId],
) -> QueryResult<Vec<BulkContact>> {
    let (mut became, living) = run::living(tx, ids)?;
    became.extend(moved(tx, group, &living, |tx| {
        Ok(actions::add_contacts(tx, group, &living, &action.reason())?.added)
    })?);
    Ok(became)
}

/// Contacts leave the group, those in the trash as well.
pub(super) fn remove(
    tx: &mut OrgTx<'_>,
    action: &BulkAction,
    group: GroupId,
    ids: &[ContactId],
) -> QueryResult<Vec<BulkContact>> {
    moved(tx, group, ids, |tx| {
        actions::remove_contacts(tx, group, ids, &action.reason())
    })
}

fn moved(
    tx: &mut OrgTx<'_>,
    group: GroupId,
    ids: &[ContactId],
    work: impl FnOnce(&mut OrgTx<'_>) -> QueryResult<Vec<ContactId>>,
) -> QueryResult<Vec<BulkContact>> {
    if store::find(tx, group)?.is_none() {
        return Ok(ids.iter().map(|id| BulkContact::skipped(*id, NO_GROUP)).collect());
    }
    let mut before = standings::locked(tx, group, ids)?;
    let moved = work(tx)?;
    let mut after = standings::standings(tx, group, &moved)?;
    let record = |contact: ContactId| {
        let (before, after) = (before.remove(&contact), after.remove(&contact)?);
        Some(BulkContact::changed(contact, Record::Membership { before, after }))
    };
    Ok(moved.into_iter().filter_map(record).collect())
}

/// Each stands where they stood, where nothing was changed since; returns who does not, and why.
pub(super) fn put_back(
    tx: &mut OrgTx<'_>,
    action: &BulkAction,
    group: GroupId,
    changed: &[BulkContact],
) -> QueryResult<HashMap<ContactId, String>> {
    let wanted: Vec<PutBack> = changed.iter().filter_map(wish).collect();
    if store::find(tx, group)?.is_none() {
        return Ok(wanted.into_iter().map(|one| (one.contact, NO_GROUP.into())).collect());
    }
    let put_back: HashSet<ContactId> = standings::put_back(tx, group, &wanted, &action.why())?
        .into_iter()
        .collect();
    let stays = wanted.into_iter().filter(|one| !put_back.contains(&one.contact));
    let why = "Where they stand in the group was changed since, so it was left as it is.";
    Ok(stays.map(|one| (one.contact, why.to_owned())).collect())
}

fn wish(one: &BulkContact) -> Option<PutBack> {
    match one.record.clone()? {
        Record::Membership { before, after } => Some(PutBack {
            contact: one.contact,
            now: after,
            before,
        }),
        _ => None,
    }
}
