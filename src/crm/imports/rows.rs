//! Writing the rows of a file, many in one statement.

use super::file::Record;
use super::model::Outcome;
use crate::base::{ContactId, ImportId};
use crate::db::OrgTx;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text};
use serde_json::Value;
use std::collections::BTreeMap;

/// What was found or done about one row.
#[derive(Clone, Debug)]
pub struct RowOutcome {
    pub number: i32,
    pub outcome: Outcome,
    pub problem: Option<String>,
    pub contact: Option<ContactId>,
    /// Whom it speaks of besides.
    pub others: Vec<ContactId>,
    /// What the row did, in the kind's own form, so that it can be shown (`shown`, a list of field changes) and taken back.
    pub record: Option<Value>,
    /// By what a later row of the file may mean or say the same.
    pub external_identifier: Option<String>,
    pub address_key: Option<String>,
}

impl RowOutcome {
    /// A row that cannot be imported as it is.
    pub fn problem(number: i32, outcome: Outcome, words: String) -> Self {
        Self {
            problem: Some(words),
            ..Self::new(number, outcome)
        }
    }

    /// An outcome with nothing more to say.
    pub fn new(number: i32, outcome: Outcome) -> Self {
        Self {
            number,
            outcome,
            problem: None,
            contact: None,
            others: Vec::new(),
            record: None,
            external_identifier: None,
            address_key: None,
        }
    }
}

/// A row that wrote something, to be taken back.
#[derive(Clone, Debug)]
pub struct WrittenRow {
    pub number: i32,
    /// It added its record; otherwise it changed one.
    pub was_added: bool,
    /// Whom it is about first, where it is about somebody.
    pub contact: Option<ContactId>,
    /// As the outcome had it.
    pub record: Value,
}

/// What an undo leaves as it is, and why, by row.
#[derive(Default)]
pub struct Stays(BTreeMap<i32, Vec<String>>);

impl Stays {
    /// Says why something of a row stays.
    pub fn say(&mut self, row: i32, sentence: String) {
        self.0.entry(row).or_default().push(sentence);
    }

    /// What became of a row's undo.
    pub fn outcome(&self, row: &WrittenRow) -> RowOutcome {
        let stays = self.0.get(&row.number).map(|sentences| sentences.join(" "));
        RowOutcome {
            contact: row.contact,
            record: Some(row.record.clone()).filter(|record| !record.is_null()),
            outcome: if stays.is_some() {
                Outcome::Kept
            } else {
                Outcome::Undone
            },
            problem: stays,
            ..RowOutcome::new(row.number, Outcome::Undone)
        }
    }
}

/// Puts rows of a file aside, to be looked at.
pub fn stage(tx: &mut OrgTx<'_>, import: ImportId, records: &[Record]) -> QueryResult<()> {
    let numbers: Vec<i32> = records
        .iter()
        .map(|record| i32::try_from(record.row).unwrap_or(i32::MAX))
        .collect();
    let cells: Vec<String> = records
        .iter()
        .map(|record| serde_json::json!(record.cells).to_string())
        .collect();
    diesel::sql_query(
        "INSERT INTO import_rows (import_id, row_number, cells) \
         SELECT $1, number, cells::jsonb FROM unnest($2, $3) AS file (number, cells)",
    )
    .bind::<BigInt, _>(import)
    .bind::<Array<Integer>, _>(numbers)
    .bind::<Array<Text>, _>(cells)
    .execute(&mut **tx)?;
    Ok(())
}

/// Writes down what was found or done.
pub fn write_outcomes(tx: &mut OrgTx<'_>, import: ImportId, outcomes: &[RowOutcome]) -> QueryResult<()> {
    let all = |of: fn(&RowOutcome) -> Option<String>| outcomes.iter().map(of).collect::<Vec<Option<String>>>();
    let numbers: Vec<i32> = outcomes.iter().map(|row| row.number).collect();
    let contacts: Vec<Option<i64>> = outcomes.iter().map(|row| row.contact.map(|id| id.0)).collect();
    diesel::sql_query(
        "UPDATE import_rows SET outcome = told.outcome, problem = told.problem, contact_id = told.contact_id, \
             changes = told.changes::jsonb, external_identifier = told.identifier, address_key = told.address, \
             other_contacts = told.others::bigint[] \
         FROM unnest($3, $4, $5, $6, $7, $8, $9, $10) \
             AS told (number, outcome, problem, contact_id, changes, identifier, address, others) \
         WHERE organization_id = $1 AND import_id = $2 AND row_number = told.number",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<BigInt, _>(import)
    .bind::<Array<Integer>, _>(numbers)
    .bind::<Array<Nullable<Text>>, _>(all(|row| Some(row.outcome.as_str().to_owned())))
    .bind::<Array<Nullable<Text>>, _>(all(|row| row.problem.clone()))
    .bind::<Array<Nullable<BigInt>>, _>(contacts)
    .bind::<Array<Nullable<Text>>, _>(all(|row| row.record.as_ref().map(Value::to_string)))
    .bind::<Array<Nullable<Text>>, _>(all(|row| row.external_identifier.clone()))
    .bind::<Array<Nullable<Text>>, _>(all(|row| row.address_key.clone()))
    .bind::<Array<Nullable<Text>>, _>(all(|row| Some(array(&row.others))))
    .execute(&mut **tx)?;
    Ok(())
}

/// Postgres' own writing of an array, which `unnest` would take apart as well.
fn array(ids: &[ContactId]) -> String {
    let ids: Vec<String> = ids.iter().map(ContactId::to_string).collect();
    format!("{{{}}}", ids.join(","))
}
