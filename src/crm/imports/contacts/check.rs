//! The check: what the import would make of each row, without writing to the records.

use super::judge::{JudgedEntry, Judgement, judge};
use super::memberships;
use super::record::RowRecord;
use super::tags;
use crate::changelog::FieldChange;
use crate::crm::imports::brings::Hold;
use crate::crm::imports::model::{Import, Outcome, Row};
use crate::crm::imports::rows::RowOutcome;
use crate::db::OrgTx;
use diesel::QueryResult;

/// What would become of rows.
pub fn check(tx: &mut OrgTx<'_>, import: &Import, rows: &[Row]) -> QueryResult<Vec<RowOutcome>> {
    let judgement = judge(tx, import, rows, Hold::Look)?;
    Ok(judgement.rows.iter().map(|row| foreseen(&judgement, row)).collect())
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
        others: Vec::new(),
        record: record.stored(),
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
    let given = row.tags.iter().filter(|name| judgement.tags.is_open(name, contact));
    same.into_iter()
        .chain(row.record.shown.iter().cloned())
        .chain(groups)
        .chain(given.map(|name| tags::shown(name)))
        .collect()
}
