//! The undo: contacts the rows added go to the trash, fields they changed are as before, memberships are put back. Whatever
//! somebody else has changed since stays, and the row says so.

use super::record::RowRecord;
use crate::base::{ContactId, GroupId, TagId};
use crate::crm::contacts::{self, Contact, ContactDraft};
use crate::crm::custom_fields;
use crate::crm::groups::standings::{PutBack, put_back};
use crate::crm::imports::model::Import;
use crate::crm::imports::rows::{RowOutcome, Stays, WrittenRow};
use crate::crm::imports::store;
use crate::crm::tags;
use crate::db::OrgTx;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Takes back what rows did.
pub fn take_back(
    tx: &mut OrgTx<'_>,
    import: &Import,
    rows: &[WrittenRow],
    why: &str,
) -> anyhow::Result<Vec<RowOutcome>> {
    let recorded: Vec<Recorded<'_>> = rows
        .iter()
        .filter_map(|row| Some((row, row.contact?, RowRecord::read(&row.record))))
        .collect();
    let mut stays = Stays::default();
    put_memberships_back(tx, &recorded, why, &mut stays)?;
    take_tags_away(tx, &recorded, why)?;
    put_fields_back(tx, &recorded, why, &mut stays)?;
    trash_added(tx, import, &recorded, why, &mut stays)?;
    Ok(rows.iter().map(|row| stays.outcome(row)).collect())
}

/// A row to be taken back, whom it is about, and what it did.
type Recorded<'r> = (&'r WrittenRow, ContactId, RowRecord);

/// A group at a time; of several rows that changed one membership the first one's "before" counts, and the rows come last
/// first.
fn put_memberships_back(tx: &mut OrgTx<'_>, rows: &[Recorded<'_>], why: &str, stays: &mut Stays) -> anyhow::Result<()> {
    let mut by_group: BTreeMap<GroupId, BTreeMap<ContactId, (PutBack, Vec<i32>)>> = BTreeMap::new();
    let mut titles = HashMap::new();
    for (row, contact, record) in rows {
        for change in &record.memberships {
            titles.insert(change.group, change.title.clone());
            let wanted = by_group.entry(change.group).or_default().entry(*contact);
            let (wanted, numbers) = wanted.or_insert_with(|| {
                let put_back = PutBack {
                    contact: *contact,
                    now: change.after.clone(),
                    before: None,
                };
                (put_back, Vec::new())
            });
            wanted.before.clone_from(&change.before);
            numbers.push(row.number);
        }
    }
    for (group, wanted) in by_group {
        let wishes: Vec<PutBack> = wanted.values().map(|(put_back, _)| put_back.clone()).collect();
        let done: HashSet<ContactId> = put_back(tx, group, &wishes, why)?.into_iter().collect();
        let others = wanted.into_iter().filter(|(contact, _)| !done.contains(contact));
        for number in others.flat_map(|(_, (_, numbers))| numbers) {
            let title = titles.get(&group).map_or("the group", String::as_str);
            stays.say(
                number,
                format!("The membership in {title} was changed since, so it was left as it is."),
            );
        }
    }
    Ok(())
}

/// Who got a tag by a row has it no longer, if they still do.
fn take_tags_away(tx: &mut OrgTx<'_>, rows: &[Recorded<'_>], why: &str) -> anyhow::Result<()> {
    let given = rows
        .iter()
        .flat_map(|(_, contact, record)| record.tags.iter().map(move |given| (given.tag, *contact)));
    let (ids, contacts): (Vec<TagId>, Vec<ContactId>) = given.clone().unzip();
    // A tag that was deleted since is had by nobody.
    let have: HashSet<(TagId, ContactId)> = tags::store::had_by(tx, &ids, &contacts)?.into_iter().collect();
    let mut by_tag: BTreeMap<TagId, BTreeSet<ContactId>> = BTreeMap::new();
    for (tag, contact) in given.filter(|given| have.contains(given)) {
        by_tag.entry(tag).or_default().insert(contact);
    }
    for (tag, contacts) in by_tag {
        tags::actions::untag_contacts(tx, tag, &contacts.into_iter().collect::<Vec<_>>(), why)?;
    }
    Ok(())
}

fn put_fields_back(tx: &mut OrgTx<'_>, rows: &[Recorded<'_>], why: &str, stays: &mut Stays) -> anyhow::Result<()> {
    let ids: BTreeSet<ContactId> = rows
        .iter()
        .filter(|(row, _, record)| !row.was_added && !record.is_only_memberships())
        .map(|(_, contact, _)| *contact)
        .collect();
    let found = contacts::locked(tx, &ids.into_iter().collect::<Vec<_>>())?;
    let custom = custom_fields::store::of(tx, custom_fields::Record::Contact)?;
    let mut drafts: HashMap<ContactId, (Contact, ContactDraft)> = found
        .into_iter()
        .map(|contact| (contact.id, (contact.clone(), contact.draft())))
        .collect();
    for (row, contact, record) in rows.iter().filter(|(row, ..)| !row.was_added) {
        let Some((_, draft)) = drafts.get_mut(contact) else {
            continue;
        };
        let (before, left) = record.taken_back(draft, &custom);
        if before.problems().is_empty() {
            *draft = before;
        }
        if !left.is_empty() {
            stays.say(
                row.number,
                format!("Changed since, so left as it is: {}.", left.join(", ")),
            );
        }
    }
    let wanted: Vec<(&Contact, &ContactDraft)> = drafts.values().map(|(contact, draft)| (contact, draft)).collect();
    contacts::change_many(tx, &wanted, why)?;
    Ok(())
}

fn trash_added(
    tx: &mut OrgTx<'_>,
    import: &Import,
    rows: &[Recorded<'_>],
    why: &str,
    stays: &mut Stays,
) -> anyhow::Result<()> {
    let added: Vec<&Recorded<'_>> = rows.iter().filter(|(row, ..)| row.was_added).collect();
    let ids: Vec<ContactId> = added.iter().map(|(_, contact, _)| *contact).collect();
    // Locked first: whoever changes one of them now waits, and is seen or comes too late.
    contacts::locked(tx, &ids)?;
    let touched = store::touched_by_others(tx, import.id, &ids)?;
    for (row, contact, _) in added {
        if let Some((name, at)) = touched.get(contact) {
            let day = at.format("%b %-d, %Y");
            stays.say(
                row.number,
                format!("{name} changed this contact on {day}, after the import, so it was kept."),
            );
        }
    }
    let untouched: Vec<ContactId> = ids.into_iter().filter(|id| !touched.contains_key(id)).collect();
    contacts::actions::trash(tx, &untouched, why)?;
    Ok(())
}
