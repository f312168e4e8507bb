//! An activity planned for each of a selection, and deleted again where nobody has touched it since.

use super::model::{BulkAction, BulkContact, Record};
use super::run;
use crate::base::{ActivityId, ContactId};
use crate::crm::activities::model::{Activity, ActivityDraft};
use crate::crm::activities::{actions, store};
use crate::db::OrgTx;
use diesel::QueryResult;
use std::collections::HashMap;

/// Each contact gets an activity of its own.
pub(super) fn add(
    tx: &mut OrgTx<'_>,
    action: &BulkAction,
    activity: &ActivityDraft,
    ids: &[ContactId],
) -> QueryResult<Vec<BulkContact>> {
    let (mut became, living) = run::living(tx, ids)?;
    let added = actions::add_for_each(tx, activity, &living, &action.why())?;
    let record = |(contact, id)| BulkContact::changed(contact, Record::Activity(id));
    became.extend(added.into_iter().map(record));
    Ok(became)
}

/// Deletes what was added, where it is still as it was added; returns whose stays, and why.
pub(super) fn delete(
    tx: &mut OrgTx<'_>,
    action: &BulkAction,
    activity: &ActivityDraft,
    changed: &[BulkContact],
) -> QueryResult<HashMap<ContactId, String>> {
    let added: HashMap<ActivityId, ContactId> = changed.iter().filter_map(added).collect();
    let ids: Vec<ActivityId> = added.keys().copied().collect();
    let (untouched, touched): (Vec<Activity>, Vec<Activity>) = store::locked(tx, &ids)?
        .into_iter()
        .partition(|now| is_as_added(activity, now, added.get(&now.id)));
    let untouched: Vec<ActivityId> = untouched.into_iter().map(|now| now.id).collect();
    actions::delete_many(tx, &untouched, &action.why())?;
    let why = "The activity was changed since, so it was left as it is.";
    let stays = touched.into_iter().filter_map(|now| added.get(&now.id).copied());
    Ok(stays.map(|contact| (contact, why.to_owned())).collect())
}

/// Who went into the trash since is no longer named, which is no change of the activity.
fn is_as_added(activity: &ActivityDraft, now: &Activity, contact: Option<&ContactId>) -> bool {
    let with = now.is.with.clone();
    let only_them = with.iter().all(|one| Some(one) == contact);
    let expected = ActivityDraft {
        with,
        ..activity.clone()
    };
    only_them && now.is == expected
}

fn added(one: &BulkContact) -> Option<(ActivityId, ContactId)> {
    match one.record {
        Some(Record::Activity(id)) => Some((id, one.contact)),
        _ => None,
    }
}
