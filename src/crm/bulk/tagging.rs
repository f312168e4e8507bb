//! A selection gets a tag or loses it, and the way back.

use super::model::{BulkAction, BulkContact, Record};
use super::run::{self, MICROSECONDS};
use crate::base::{ContactId, TagId};
use crate::crm::tags::{actions, store};
use crate::db::OrgTx;
use chrono::{DateTime, SubsecRound, Utc};
use diesel::QueryResult;
use std::collections::HashMap;

/// Why nothing can be done.
const NO_TAG: &str = "The tag no longer exists.";

/// Contacts get the tag; whoever has it keeps it.
pub(super) fn tag(
    tx: &mut OrgTx<'_>,
    action: &BulkAction,
    tag: TagId,
    ids: &[ContactId],
) -> QueryResult<Vec<BulkContact>> {
    if store::find(tx, tag)?.is_none() {
        return Ok(nothing_done(ids));
    }
    let (mut became, living) = run::living(tx, ids)?;
    let record = Record::Tagged(tx.now().trunc_subsecs(MICROSECONDS));
    let tagged = actions::tag_contacts(tx, tag, &living, &action.reason())?;
    became.extend(tagged.into_iter().map(|id| BulkContact::changed(id, record.clone())));
    Ok(became)
}

/// Contacts lose the tag.
pub(super) fn untag(
    tx: &mut OrgTx<'_>,
    action: &BulkAction,
    tag: TagId,
    ids: &[ContactId],
) -> QueryResult<Vec<BulkContact>> {
    if store::find(tx, tag)?.is_none() {
        return Ok(nothing_done(ids));
    }
    let since = store::locked_since(tx, tag, ids)?;
    let untagged = actions::untag_contacts(tx, tag, ids, &action.reason())?;
    let record = |contact: ContactId| {
        let had_since = since.get(&contact)?;
        Some(BulkContact::changed(contact, Record::Untagged(*had_since)))
    };
    Ok(untagged.into_iter().filter_map(record).collect())
}

/// Who was tagged loses the tag, who lost it has it again as before; returns with whom that could not be, and why.
pub(super) fn put_back(
    tx: &mut OrgTx<'_>,
    action: &BulkAction,
    tag: TagId,
    changed: &[BulkContact],
) -> QueryResult<HashMap<ContactId, String>> {
    if store::find(tx, tag)?.is_none() {
        return Ok(changed.iter().map(|one| (one.contact, NO_TAG.to_owned())).collect());
    }
    let ids: Vec<ContactId> = changed.iter().map(|one| one.contact).collect();
    let since = store::locked_since(tx, tag, &ids)?;
    let mut loses: Vec<ContactId> = Vec::new();
    let mut gets: Vec<(ContactId, DateTime<Utc>)> = Vec::new();
    let mut stays = HashMap::new();
    for one in changed {
        match (&one.record, since.get(&one.contact)) {
            (Some(Record::Tagged(at)), Some(since)) if since == at => loses.push(one.contact),
            (Some(Record::Tagged(_)), Some(_)) => {
                stays.insert(one.contact, "Tagged anew since, so it keeps the tag.".to_owned());
            }
            (Some(Record::Untagged(at)), None) => gets.push((one.contact, *at)),
            // Somebody brought it about already.
            _ => {}
        }
    }
    actions::untag_contacts(tx, tag, &loses, &action.why())?;
    let got = actions::put_back(tx, tag, &gets, &action.why())?;
    for (contact, _) in gets.into_iter().filter(|(contact, _)| !got.contains(contact)) {
        stays.insert(contact, "In the trash by now, so it was not tagged again.".to_owned());
    }
    Ok(stays)
}

fn nothing_done(ids: &[ContactId]) -> Vec<BulkContact> {
    ids.iter().map(|id| BulkContact::skipped(*id, NO_TAG)).collect()
}
