//! The import itself: rows become contacts and memberships, a chunk in one transaction with its change log, history, due
//! marks, outcomes and progress. Killed at any line, a chunk is written whole or not at all.

use super::judge::{Hold, JudgedEntry, Judgement, judge};
use super::memberships::{self, Wish};
use super::model::{Import, Outcome, State};
use super::record::RowRecord;
use super::rows::{self, RowOutcome};
use super::{CHUNK_ROWS, store};
use crate::base::ContactId;
use crate::crm::contacts::{self, Contact, ContactDraft};
use crate::crm::groups::standings::MembershipChange;
use crate::db::OrgTx;
use crate::db::schema::imports;
use diesel::prelude::*;
use std::collections::HashMap;

/// Imports the next rows of an import, as `store::locked` gave it.
pub fn chunk(tx: &mut OrgTx<'_>, import: &Import) -> anyhow::Result<()> {
    let rows = store::rows_after(tx, import.id, import.last_row, CHUNK_ROWS)?;
    let mut judgement = judge(tx, import, &rows, Hold::Locked)?;
    let contacts = write_people(tx, &judgement)?;
    let changed = write_memberships(tx, &mut judgement, &contacts)?;
    let outcomes: Vec<RowOutcome> = judgement
        .rows
        .iter()
        .zip(changed)
        .map(|(row, memberships)| outcome(row, &contacts, memberships))
        .collect();
    rows::write_outcomes(tx, import.id, &outcomes)?;
    let of = |outcome| outcomes.iter().filter(|row| row.outcome == outcome).count() as i32;
    let joined = outcomes
        .iter()
        .filter_map(|row| row.record.as_ref())
        .flat_map(|record| &record.memberships);
    let joined = joined.filter(|change| change.after.is_current()).count() as i32;
    let (result, is_done) = (import.result, (rows.len() as i64) < CHUNK_ROWS);
    diesel::update(imports::table.find((tx.organization(), import.id)))
        .set((
            imports::state.eq(if is_done { State::Done } else { State::Running }.as_str()),
            imports::finished_at.eq(is_done.then_some(tx.now())),
            imports::rows_done.eq(import.rows_done + rows.len() as i32),
            imports::last_row.eq(rows.last().map_or(import.last_row, |row| row.number)),
            imports::added.eq(result.added + of(Outcome::Added)),
            imports::changed.eq(result.changed + of(Outcome::Changed)),
            imports::unchanged.eq(result.unchanged + of(Outcome::Unchanged)),
            imports::rejected.eq(result.rejected + of(Outcome::Rejected)),
            imports::joined.eq(result.joined + joined),
            imports::failures.eq(0),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Adds whom the rows bring and changes whom they mean; returns everybody's contact, in their places.
fn write_people(tx: &mut OrgTx<'_>, judgement: &Judgement) -> anyhow::Result<Vec<ContactId>> {
    let people = judgement.people.all();
    let new: Vec<ContactDraft> = people
        .iter()
        .filter(|person| person.before.is_none())
        .map(|person| person.draft.clone())
        .collect();
    let mut added = contacts::actions::add_many(tx, &new)?.into_iter();
    let known: Vec<(&Contact, &ContactDraft)> = people
        .iter()
        .filter_map(|person| Some((person.before.as_ref()?, &person.draft)))
        .collect();
    contacts::change_many(tx, &known, "")?;
    let all: Option<Vec<ContactId>> = people
        .iter()
        .map(|person| person.contact().or_else(|| added.next()))
        .collect();
    all.ok_or_else(|| anyhow::anyhow!("fewer contacts were added than the rows bring"))
}

/// Fulfils what the rows want of groups; returns what changed, row by row.
fn write_memberships(
    tx: &mut OrgTx<'_>,
    judgement: &mut Judgement,
    contacts: &[ContactId],
) -> anyhow::Result<Vec<Vec<MembershipChange>>> {
    let mut wanted: Vec<(ContactId, Wish)> = Vec::new();
    let mut of_row = Vec::new();
    for (at, row) in judgement.rows.iter().enumerate() {
        if let Ok(verdict) = &row.verdict {
            of_row.extend(row.wishes.iter().map(|_| at));
            wanted.extend(row.wishes.iter().map(|wish| (contacts[verdict.person], wish.clone())));
        }
    }
    let mut fulfilled: HashMap<usize, MembershipChange> = judgement.groups.fulfil(tx, &wanted)?;
    let mut by_row = vec![Vec::new(); judgement.rows.len()];
    for (place, at) in of_row.into_iter().enumerate() {
        by_row[at].extend(fulfilled.remove(&place));
    }
    Ok(by_row)
}

fn outcome(row: &JudgedEntry, contacts: &[ContactId], memberships: Vec<MembershipChange>) -> RowOutcome {
    let mut record = row.record.clone();
    record.shown.extend(
        memberships
            .iter()
            .map(|change| memberships::shown(&change.title, change.after.is_current())),
    );
    record.memberships = memberships;
    let (outcome, contact) = match &row.verdict {
        Err(_) => (Outcome::Rejected, None),
        Ok(verdict) if verdict.is_new => (Outcome::Added, Some(contacts[verdict.person])),
        Ok(verdict) if record.is_empty() => (Outcome::Unchanged, Some(contacts[verdict.person])),
        Ok(verdict) => (Outcome::Changed, Some(contacts[verdict.person])),
    };
    RowOutcome {
        number: row.number,
        outcome,
        problem: row.verdict.as_ref().err().map(|problems| problems.join(" ")),
        contact,
        record: Some(record).filter(|record: &RowRecord| !record.is_empty()),
        external_identifier: None,
        address_key: None,
    }
}
