//! Kinds whose rows each bring one record that belongs to contacts who are here already: a gift, a note, a tag, a
//! relationship, an activity. What they have in common stands here; each says what its columns hold, which record a row means
//! and how its room writes it.

use super::cells::{self, LINES, Said};
use super::column::{Column, ColumnMeaning};
use super::custom::OwnColumns;
use super::kind::{Kind, Makes, Named, Question, Words, Written};
use super::model::{Import, Outcome, Row};
use super::names;
use super::rows::{RowOutcome, Stays, WrittenRow};
use super::store;
use super::value::{self, DateOrder};
use crate::accounts;
use crate::base::ContactId;
use crate::changelog::FieldChange;
use crate::crm::custom_fields::{CustomValues, Record as CustomRecord};
use crate::db::OrgTx;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::QueryResult;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::hash::Hash;

/// How often rows are judged before a step is given up for now: those who change the same records have ended by then.
const READINGS_MAX: usize = 3;
/// Names of one thing that are shown before the import.
const NAMED_MAX: i64 = 20;

/// Whether what may be made is made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Only looked at: what would be made has a negative id that stands nowhere.
    Look,
    Make,
}

/// What the cells of columns name: what such a thing is, the column, and the keys of the names that are here.
pub type NamedHere<Meaning> = Vec<(&'static str, Meaning, Vec<String>)>;

/// Such a kind. `Kind` says what the methods of the same names are for.
pub trait Brings: Sync {
    /// What its columns can hold.
    type Meaning: ColumnMeaning + 'static;
    /// How its room knows a record.
    type Id: Clone + Eq + Hash + Serialize + DeserializeOwned;
    /// A record as its room writes it.
    type Record: Clone + PartialEq + Serialize + DeserializeOwned;

    fn word(&self) -> &'static str;
    fn words(&self) -> &'static Words;
    fn record(&self) -> Option<CustomRecord> {
        None
    }

    fn offered(&self) -> &'static [(&'static str, &'static [Self::Meaning])];
    fn unfit(&self, has: &dyn Fn(Self::Meaning) -> bool) -> Option<String>;

    fn can_make(&self) -> Option<Makes> {
        None
    }

    fn asks_about_alike(&self) -> Option<Question> {
        None
    }

    /// The columns whose cells name things other than contacts: what such a thing is, and the keys of the names that are here.
    fn names(&self, _tx: &mut OrgTx<'_>) -> QueryResult<NamedHere<Self::Meaning>> {
        Ok(Vec::new())
    }

    /// The names in a cell of a column that `names` tells of; as a rule it is one.
    fn each_name(&self, _meaning: Self::Meaning, cell: &str) -> Vec<String> {
        vec![cell.to_owned()]
    }

    /// Whether a cell may have several lines.
    fn has_lines(&self, _meaning: Self::Meaning) -> bool {
        false
    }

    /// Reads a cell; the error is a sentence that names it.
    fn value(&self, meaning: Self::Meaning, text: String, order: DateOrder) -> Result<String, String>;

    /// What is wrong between the cells of a row each of which is right.
    fn contradictions(&self, _said: &Said<Self::Meaning>) -> Vec<String> {
        Vec::new()
    }

    fn called(&self, said: &Said<Self::Meaning>) -> Option<String>;

    /// Finds whom and which record the rows mean, and what they make of it; the same for the check and for the import.
    fn judge(
        &self,
        tx: &mut OrgTx<'_>,
        import: &Import,
        rows: Vec<ReadRow<Self::Meaning>>,
        hold: Hold,
    ) -> anyhow::Result<Vec<Judged<Self::Id, Self::Record>>>;

    /// Everybody a record belongs to, whom it is about first.
    fn contacts(&self, record: &Self::Record) -> Vec<ContactId>;

    /// Adds records; the ids are in their order.
    fn add(&self, tx: &mut OrgTx<'_>, records: &[Self::Record]) -> anyhow::Result<Vec<Self::Id>>;

    /// Makes one what it is to be. Only for kinds whose rows can mean a record and say something else of it.
    fn change(&self, _tx: &mut OrgTx<'_>, _id: Self::Id, _record: &Self::Record, _why: &str) -> anyhow::Result<()> {
        Ok(())
    }

    /// Why one cannot be made again what it was, a sentence; `None`: it can. Something it named may be gone by now.
    fn unfit_again(
        &self,
        _tx: &mut OrgTx<'_>,
        _id: &Self::Id,
        _record: &Self::Record,
    ) -> anyhow::Result<Option<String>> {
        Ok(None)
    }

    /// Why one that a row added is not deleted, a sentence: something was hung on it since that would go with it.
    fn kept_by(&self, _tx: &mut OrgTx<'_>, _id: &Self::Id) -> anyhow::Result<Option<String>> {
        Ok(None)
    }

    /// Those that are still here, kept from being changed by others until the transaction ends.
    fn locked(&self, tx: &mut OrgTx<'_>, ids: &[Self::Id]) -> anyhow::Result<HashMap<Self::Id, Self::Record>>;

    /// Deletes records.
    fn delete(&self, tx: &mut OrgTx<'_>, ids: &[Self::Id], why: &str) -> anyhow::Result<()>;
}

/// A row that was read, with everything that is wrong in its cells, a sentence each.
#[derive(Clone)]
pub struct ReadRow<M> {
    pub number: i32,
    pub said: Said<M>,
    /// What it says of the organization's own fields.
    pub own: CustomValues,
    pub problems: Vec<String>,
}

impl<M> ReadRow<M> {
    /// What was found out from the row, unless something is wrong with it.
    pub fn fit<T>(&self, found: Result<T, String>) -> Result<T, String> {
        match (self.problems.is_empty(), found) {
            (true, found) => found,
            (false, Ok(_)) => Err(self.problems.join(" ")),
            (false, Err(problem)) => Err(format!("{} {problem}", self.problems.join(" "))),
        }
    }
}

/// A row and what it comes to.
pub struct Judged<I, R> {
    pub number: i32,
    /// By what a later row of the file may say the same.
    pub key: Option<String>,
    /// The error is the sentence shown at the row.
    pub verdict: Result<Verdict<I, R>, String>,
}

/// What a row makes of which record.
pub struct Verdict<I, R> {
    /// The record that is here already.
    pub before: Option<(I, R)>,
    pub record: R,
    /// What it changes, in words.
    pub shown: Vec<FieldChange>,
}

impl<I, R: Clone> Verdict<I, R> {
    /// One that is here as the row says it.
    pub fn unchanged(id: I, record: R) -> Self {
        Self {
            before: Some((id, record.clone())),
            record,
            shown: Vec::new(),
        }
    }

    /// A record that is not here yet.
    pub fn new(record: R) -> Self {
        Self {
            before: None,
            record,
            shown: Vec::new(),
        }
    }
}

/// What a row did, to be shown and taken back.
#[derive(Serialize, Deserialize)]
struct Done<I, R> {
    shown: Vec<FieldChange>,
    id: I,
    /// Nothing for one that the row added.
    before: Option<R>,
    after: R,
}

impl<B: Brings> Kind for B {
    fn word(&self) -> &'static str {
        Brings::word(self)
    }

    fn words(&self) -> &'static Words {
        Brings::words(self)
    }

    fn record(&self) -> Option<CustomRecord> {
        Brings::record(self)
    }

    fn offered(&self) -> Vec<(&'static str, Vec<Column>)> {
        let columns = |meanings: &[B::Meaning]| meanings.iter().map(|meaning| meaning.column()).collect();
        let offered = Brings::offered(self).iter();
        offered
            .map(|(heading, meanings)| (*heading, columns(meanings)))
            .collect()
    }

    fn unfit(&self, columns: &[&str], _: bool) -> Option<String> {
        Brings::unfit(self, &|meaning| columns.contains(&meaning.key().as_str()))
    }

    fn can_make(&self) -> Option<Makes> {
        Brings::can_make(self)
    }

    fn asks_about_alike(&self) -> Option<Question> {
        Brings::asks_about_alike(self)
    }

    fn named(&self, tx: &mut OrgTx<'_>, import: &Import) -> QueryResult<Vec<Named>> {
        let mut named = Vec::new();
        for (what, meaning, here) in self.names(tx)? {
            let Some(column) = import.matching.position(meaning) else {
                continue;
            };
            let cells = store::distinct(tx, import.id, column, NAMED_MAX)?;
            for (name, rows) in names::one_by_one(cells, |cell| self.each_name(meaning, cell)) {
                let is_made = import.matching.makes_missing && Brings::can_make(self).is_some();
                let remark = match (here.contains(&names::key(&name)), is_made) {
                    (true, _) => None,
                    (false, true) => Some(Named::WILL_BE_MADE),
                    (false, false) => Some(Named::IS_LEFT_OUT),
                };
                named.push(Named {
                    what,
                    name,
                    rows,
                    remark,
                });
            }
        }
        Ok(named)
    }

    fn called(&self, import: &Import, cells: &[String], _: DateTime<Utc>) -> Option<String> {
        Brings::called(self, &read(self, import, cells, None).0)
    }

    fn check(&self, tx: &mut OrgTx<'_>, import: &Import, rows: &[Row]) -> anyhow::Result<Vec<RowOutcome>> {
        let rows = read_all(self, tx, import, rows)?;
        let judged = self.judge(tx, import, rows, Hold::Look)?;
        Ok(judged.into_iter().map(|row| foreseen(self, row)).collect())
    }

    fn write(&self, tx: &mut OrgTx<'_>, import: &Import, rows: &[Row]) -> anyhow::Result<Written> {
        let rows = read_all(self, tx, import, rows)?;
        let judged = judge_held(self, tx, import, &rows)?;
        let new = judged.iter().filter_map(|row| row.verdict.as_ref().ok());
        let new: Vec<B::Record> = new
            .filter(|verdict| verdict.before.is_none())
            .map(|verdict| verdict.record.clone())
            .collect();
        let mut added = self.add(tx, &new)?.into_iter();
        let mut outcomes = Vec::new();
        for row in judged {
            outcomes.push(written(self, tx, row, &mut added)?);
        }
        Ok(Written { outcomes, joined: 0 })
    }

    fn take_back(
        &self,
        tx: &mut OrgTx<'_>,
        _: &Import,
        rows: &[WrittenRow],
        why: &str,
    ) -> anyhow::Result<Vec<RowOutcome>> {
        let read = |row: &WrittenRow| Done::<B::Id, B::Record>::deserialize(&row.record).ok();
        let done: Vec<_> = rows.iter().filter_map(|row| Some((row, read(row)?))).collect();
        let ids: Vec<B::Id> = done.iter().map(|(_, done)| done.id.clone()).collect();
        let here = self.locked(tx, &ids)?;
        let mut stays = Stays::default();
        let mut gone = Vec::new();
        for (row, done) in &done {
            match (here.get(&done.id), &done.before) {
                // Somebody has deleted it already.
                (None, _) => {}
                (Some(now), _) if *now != done.after => {
                    let noun = Brings::words(self).noun[0];
                    let sentence = format!("This {noun} was changed since, so it was left as it is.");
                    stays.say(row.number, sentence);
                }
                (Some(_), None) => match self.kept_by(tx, &done.id)? {
                    Some(sentence) => stays.say(row.number, sentence),
                    None => gone.push(done.id.clone()),
                },
                (Some(_), Some(before)) => match self.unfit_again(tx, &done.id, before)? {
                    Some(sentence) => stays.say(row.number, sentence),
                    None => self.change(tx, done.id.clone(), before, why)?,
                },
            }
        }
        self.delete(tx, &gone, why)?;
        Ok(rows.iter().map(|row| stays.outcome(row)).collect())
    }
}

/// Judges rows whose records nobody else changes until the transaction ends. One that was changed between its reading and its
/// holding is read again, so that nothing a colleague saved meanwhile is written over.
fn judge_held<B: Brings>(
    kind: &B,
    tx: &mut OrgTx<'_>,
    import: &Import,
    rows: &[ReadRow<B::Meaning>],
) -> anyhow::Result<Vec<Judged<B::Id, B::Record>>> {
    for _ in 0..READINGS_MAX {
        let judged = kind.judge(tx, import, rows.to_vec(), Hold::Make)?;
        let verdicts = judged.iter().filter_map(|row| row.verdict.as_ref().ok());
        let changing: Vec<&(B::Id, B::Record)> = verdicts
            .filter_map(|verdict| verdict.before.as_ref().filter(|(_, before)| *before != verdict.record))
            .collect();
        let ids: Vec<B::Id> = changing.iter().map(|(id, _)| id.clone()).collect();
        let held = kind.locked(tx, &ids)?;
        if changing.iter().all(|(id, before)| held.get(id) == Some(before)) {
            return Ok(judged);
        }
    }
    anyhow::bail!("records kept changing while rows about them were read")
}

fn read_all<B: Brings>(
    kind: &B,
    tx: &mut OrgTx<'_>,
    import: &Import,
    rows: &[Row],
) -> QueryResult<Vec<ReadRow<B::Meaning>>> {
    let own_columns = OwnColumns::of(tx, import)?;
    let organization = tx.organization();
    let zone = accounts::organization(tx, organization)?.time_zone;
    let read = |row: &Row| {
        let (said, mut problems) = read(kind, import, &row.cells, Some(zone));
        let (own, wrong) = own_columns.read(&row.cells);
        problems.extend(wrong);
        ReadRow {
            number: row.number,
            said,
            own,
            problems,
        }
    };
    Ok(rows.iter().map(read).collect())
}

/// What the cells of a row say, with everything that is wrong in them. `zone`: where moments that say their zone are told; nothing
/// where only names are asked for.
pub(super) fn read<B: Brings>(
    kind: &B,
    import: &Import,
    cells: &[String],
    zone: Option<Tz>,
) -> (Said<B::Meaning>, Vec<String>) {
    let between = |meaning| if kind.has_lines(meaning) { LINES } else { " " };
    let value = |meaning: B::Meaning, text: String| {
        let text = match zone.filter(|_| meaning.is_date()) {
            Some(zone) => value::in_zone(text, zone),
            None => text,
        };
        kind.value(meaning, text, import.date_order)
    };
    let (values, mut problems) = cells::read(&import.matching.meanings(), cells, between, value);
    let said = Said::from(values);
    if problems.is_empty() {
        problems = kind.contradictions(&said);
    }
    (said, problems)
}

/// What the import would make of a row.
fn foreseen<B: Brings>(kind: &B, row: Judged<B::Id, B::Record>) -> RowOutcome {
    let verdict = match row.verdict {
        Err(words) => return RowOutcome::problem(row.number, Outcome::Problem, words),
        Ok(verdict) => verdict,
    };
    let outcome = match &verdict.before {
        None => Outcome::New,
        Some((_, before)) if *before == verdict.record => Outcome::Unchanged,
        Some(_) => Outcome::Changing,
    };
    let record = (!verdict.shown.is_empty()).then(|| json!({ "shown": verdict.shown }));
    about(kind, row.number, outcome, &verdict.record, row.key, record)
}

/// Changes the record a row means and says what became of the row; what rows add is added already.
fn written<B: Brings>(
    kind: &B,
    tx: &mut OrgTx<'_>,
    row: Judged<B::Id, B::Record>,
    added: &mut impl Iterator<Item = B::Id>,
) -> anyhow::Result<RowOutcome> {
    let verdict = match row.verdict {
        Err(words) => return Ok(RowOutcome::problem(row.number, Outcome::Rejected, words)),
        Ok(verdict) => verdict,
    };
    let (outcome, id, before) = match verdict.before {
        None => {
            let id = added.next();
            let id = id.ok_or_else(|| anyhow::anyhow!("fewer records were added than the rows bring"))?;
            (Outcome::Added, id, None)
        }
        Some((_, before)) if before == verdict.record => {
            let record = (!verdict.shown.is_empty()).then(|| json!({ "shown": verdict.shown }));
            return Ok(about(
                kind,
                row.number,
                Outcome::Unchanged,
                &verdict.record,
                row.key,
                record,
            ));
        }
        Some((id, before)) => {
            kind.change(tx, id.clone(), &verdict.record, "")?;
            (Outcome::Changed, id, Some(before))
        }
    };
    let done = Done {
        shown: verdict.shown,
        id,
        before,
        after: verdict.record.clone(),
    };
    let done = Some(serde_json::to_value(done)?);
    Ok(about(kind, row.number, outcome, &verdict.record, row.key, done))
}

fn about<B: Brings>(
    kind: &B,
    number: i32,
    outcome: Outcome,
    of: &B::Record,
    key: Option<String>,
    record: Option<Value>,
) -> RowOutcome {
    let mut contacts = kind.contacts(of).into_iter();
    RowOutcome {
        contact: contacts.next(),
        others: contacts.collect(),
        record,
        external_identifier: key,
        ..RowOutcome::new(number, outcome)
    }
}
