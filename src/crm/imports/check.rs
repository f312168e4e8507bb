//! The check: looks at every row without writing to the records, so that people see before they press Import what would
//! become of each.

use super::judge::{Hold, JudgedEntry, Judgement, judge};
use super::memberships;
use super::model::{Found, Import, Outcome, State};
use super::record::RowRecord;
use super::rows::{self, RowOutcome};
use super::{CHUNK_ROWS, store};
use crate::changelog::FieldChange;
use crate::db::OrgTx;
use crate::db::schema::imports;
use diesel::prelude::*;

/// Checks the next rows of an import, as `store::locked` gave it.
pub fn chunk(tx: &mut OrgTx<'_>, import: &Import) -> QueryResult<()> {
    let rows = store::rows_after(tx, import.id, import.last_row, CHUNK_ROWS)?;
    let judgement = judge(tx, import, &rows, Hold::Loose)?;
    let outcomes: Vec<RowOutcome> = judgement.rows.iter().map(|row| foreseen(&judgement, row)).collect();
    rows::write_outcomes(tx, import.id, &outcomes)?;
    let of = |outcome| outcomes.iter().filter(|row| row.outcome == outcome).count() as i32;
    let found = Found {
        new: import.found.new + of(Outcome::New),
        changing: import.found.changing + of(Outcome::Changing),
        unchanged: import.found.unchanged + of(Outcome::Unchanged),
        problems: import.found.problems + of(Outcome::Problem),
    };
    let is_done = (rows.len() as i64) < CHUNK_ROWS;
    diesel::update(imports::table.find((tx.organization(), import.id)))
        .set((
            imports::state.eq(if is_done { State::Checked } else { State::Checking }.as_str()),
            imports::rows_done.eq(import.rows_done + rows.len() as i32),
            imports::last_row.eq(rows.last().map_or(import.last_row, |row| row.number)),
            imports::found_new.eq(found.new),
            imports::found_changing.eq(found.changing),
            imports::found_unchanged.eq(found.unchanged),
            imports::found_problems.eq(found.problems),
            imports::failures.eq(0),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

fn foreseen(judgement: &Judgement, row: &JudgedEntry) -> RowOutcome {
    let outcome = judgement.foreseen(row);
    let verdict = row.verdict.as_ref();
    let contact = verdict.ok().and_then(|verdict| judgement.contact(verdict));
    let mut record = RowRecord::default();
    if outcome == Outcome::Changing {
        record.shown = shown(judgement, row);
    }
    let is_new = outcome == Outcome::New;
    RowOutcome {
        number: row.number,
        outcome,
        problem: verdict.err().map(|problems| problems.join(" ")),
        contact,
        record: Some(record).filter(|record| !record.is_empty()),
        external_identifier: row.identifier.clone().filter(|_| is_new),
        address_key: row.address_key.clone().filter(|_| is_new),
    }
}

/// What a row would change, in words.
fn shown(judgement: &Judgement, row: &JudgedEntry) -> Vec<FieldChange> {
    let person = row
        .verdict
        .as_ref()
        .ok()
        .map(|verdict| judgement.people.at(verdict.person));
    let contact = person.and_then(|person| person.contact());
    let same = person.and_then(|person| person.first_row).map(|first| FieldChange {
        field: "Same person as".into(),
        old: String::new(),
        new: format!("row {first}"),
    });
    let open = row.wishes.iter().filter(|wish| judgement.groups.is_open(wish, contact));
    let groups = open.map(|wish| memberships::shown(&wish.title, wish.joins));
    same.into_iter()
        .chain(row.record.shown.iter().cloned())
        .chain(groups)
        .collect()
}
