//! One step of the work in the background, the same for every kind of record: the next rows are checked, written or taken
//! back, their outcomes noted, and how far the import has come. Killed at any line, a step is done whole or not at all.

use super::kind::Written;
use super::model::{Found, Import, Outcome, State};
use super::rows::{self, RowOutcome};
use super::{CHUNK_ROWS, store};
use crate::crm::duplicates;
use crate::db::OrgTx;
use crate::db::schema::imports;
use diesel::prelude::*;

/// Checks the next rows of an import, as `store::locked` gave it.
pub fn check(tx: &mut OrgTx<'_>, import: &Import) -> anyhow::Result<()> {
    let rows = store::rows_after(tx, import.id, import.last_row, CHUNK_ROWS)?;
    let outcomes = import.kind().check(tx, import, &rows)?;
    rows::write_outcomes(tx, import.id, &outcomes)?;
    let found = Found {
        new: import.found.new + count(&outcomes, Outcome::New),
        changing: import.found.changing + count(&outcomes, Outcome::Changing),
        unchanged: import.found.unchanged + count(&outcomes, Outcome::Unchanged),
        problems: import.found.problems + count(&outcomes, Outcome::Problem),
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

/// Imports the next rows of an import, as `store::locked` gave it.
pub fn run(tx: &mut OrgTx<'_>, import: &Import) -> anyhow::Result<()> {
    let rows = store::rows_after(tx, import.id, import.last_row, CHUNK_ROWS)?;
    let Written { outcomes, joined } = import.kind().write(tx, import, &rows)?;
    rows::write_outcomes(tx, import.id, &outcomes)?;
    let (result, is_done) = (import.result, (rows.len() as i64) < CHUNK_ROWS);
    diesel::update(imports::table.find((tx.organization(), import.id)))
        .set((
            imports::state.eq(if is_done { State::Done } else { State::Running }.as_str()),
            imports::finished_at.eq(is_done.then_some(tx.now())),
            imports::rows_done.eq(import.rows_done + rows.len() as i32),
            imports::last_row.eq(rows.last().map_or(import.last_row, |row| row.number)),
            imports::added.eq(result.added + count(&outcomes, Outcome::Added)),
            imports::changed.eq(result.changed + count(&outcomes, Outcome::Changed)),
            imports::unchanged.eq(result.unchanged + count(&outcomes, Outcome::Unchanged)),
            imports::rejected.eq(result.rejected + count(&outcomes, Outcome::Rejected)),
            imports::joined.eq(result.joined + joined as i32),
            imports::failures.eq(0),
        ))
        .execute(&mut **tx)?;
    if is_done {
        duplicates::actions::search(tx)?;
    }
    Ok(())
}

/// Takes back the next rows of an import, from the last of the file to the first, as `store::locked` gave it.
pub fn undo(tx: &mut OrgTx<'_>, import: &Import) -> anyhow::Result<()> {
    let rows = store::written_rows_before(tx, import.id, import.last_row, CHUNK_ROWS)?;
    let why = format!("The import of {} was undone", import.file_name);
    let outcomes = import.kind().take_back(tx, import, &rows, &why)?;
    rows::write_outcomes(tx, import.id, &outcomes)?;
    let kept = count(&outcomes, Outcome::Kept);
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

fn count(outcomes: &[RowOutcome], outcome: Outcome) -> i32 {
    outcomes.iter().filter(|row| row.outcome == outcome).count() as i32
}
