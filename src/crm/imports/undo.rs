//! The undo of a whole import, from its last row to its first: contacts it added go to the trash, fields it changed are as
//! before, memberships are put back. Whatever somebody else has changed since stays, and the row says so.

use super::model::{Import, Outcome, State};
use super::record::WrittenRow;
use super::rows::{self, RowOutcome};
use super::{CHUNK_ROWS, store};
use crate::base::{ContactId, GroupId};
use crate::crm::contacts::{self, Contact, ContactDraft};
use crate::crm::groups::standings::{PutBack, put_back};
use crate::db::OrgTx;
use crate::db::schema::imports;
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Takes back the next rows of an import, as `store::locked` gave it.
pub fn chunk(tx: &mut OrgTx<'_>, import: &Import) -> anyhow::Result<()> {
    let rows = store::written_rows_before(tx, import.id, import.last_row, CHUNK_ROWS)?;
    let why = format!("The import of {} was undone", import.file_name);
    let mut stays = Stays::default();
    put_memberships_back(tx, &rows, &why, &mut stays)?;
    put_fields_back(tx, &rows, &why, &mut stays)?;
    trash_added(tx, import, &rows, &why, &mut stays)?;
    let outcomes: Vec<RowOutcome> = rows.iter().map(|row| stays.outcome(row)).collect();
    rows::write_outcomes(tx, import.id, &outcomes)?;
    let kept = outcomes.iter().filter(|row| row.outcome == Outcome::Kept).count() as i32;
    let is_done = (rows.len() as i64) < CHUNK_ROWS;
    diesel::update(imports::table.find((tx.organization(), import.id)))
        .set((
            imports::state.eq(if is_done { State::Undone } else { State::Undoing }.as_str()),
            imports::undone_at.eq(is_done.then_some(tx.now())),
            imports::rows_done.eq(import.rows_done + rows.len() as i32),
            imports::last_row.eq(rows.last().map_or(import.last_row, |row| row.number)),
            imports::taken_back.eq(import.result.taken_back + outcomes.len() as i32 - kept),
            imports::kept.eq(import.result.kept + kept),
            imports::failures.eq(0),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// What stays, and why, by row.
#[derive(Default)]
struct Stays(BTreeMap<i32, Vec<String>>);

impl Stays {
    fn say(&mut self, row: i32, sentence: String) {
        self.0.entry(row).or_default().push(sentence);
    }

    fn outcome(&self, row: &WrittenRow) -> RowOutcome {
        let stays = self.0.get(&row.number).map(|sentences| sentences.join(" "));
        RowOutcome {
            number: row.number,
            outcome: if stays.is_some() {
                Outcome::Kept
            } else {
                Outcome::Undone
            },
            problem: stays,
            contact: Some(row.contact),
            record: Some(row.record.clone()).filter(|record| !record.is_empty()),
            external_identifier: None,
            address_key: None,
        }
    }
}

/// A group at a time; of several rows that changed one membership the first one's "before" counts, and the rows come last
/// first.
fn put_memberships_back(tx: &mut OrgTx<'_>, rows: &[WrittenRow], why: &str, stays: &mut Stays) -> anyhow::Result<()> {
    let mut by_group: BTreeMap<GroupId, BTreeMap<ContactId, (PutBack, Vec<i32>)>> = BTreeMap::new();
    let mut titles = HashMap::new();
    for row in rows {
        for change in &row.record.memberships {
            titles.insert(change.group, change.title.clone());
            let wanted = by_group.entry(change.group).or_default().entry(row.contact);
            let (wanted, numbers) = wanted.or_insert_with(|| {
                let put_back = PutBack {
                    contact: row.contact,
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

fn put_fields_back(tx: &mut OrgTx<'_>, rows: &[WrittenRow], why: &str, stays: &mut Stays) -> anyhow::Result<()> {
    let ids: BTreeSet<ContactId> = rows
        .iter()
        .filter(|row| !row.was_added && !row.record.is_only_memberships())
        .map(|row| row.contact)
        .collect();
    let found = contacts::locked(tx, &ids.into_iter().collect::<Vec<_>>())?;
    let mut drafts: HashMap<ContactId, (Contact, ContactDraft)> = found
        .into_iter()
        .map(|contact| (contact.id, (contact.clone(), contact.draft())))
        .collect();
    for row in rows.iter().filter(|row| !row.was_added) {
        let Some((_, draft)) = drafts.get_mut(&row.contact) else {
            continue;
        };
        let (before, left) = row.record.taken_back(draft);
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
    rows: &[WrittenRow],
    why: &str,
    stays: &mut Stays,
) -> anyhow::Result<()> {
    let added: Vec<&WrittenRow> = rows.iter().filter(|row| row.was_added).collect();
    let ids: Vec<ContactId> = added.iter().map(|row| row.contact).collect();
    // Locked first: whoever changes one of them now waits, and is seen or comes too late.
    contacts::locked(tx, &ids)?;
    let touched = store::touched_by_others(tx, import.id, &ids)?;
    for row in added {
        if let Some((name, at)) = touched.get(&row.contact) {
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
