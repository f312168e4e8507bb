//! What a row of a file is about: the seam between the mechanism (reading, matching, checking, running, undoing, the pages)
//! and each kind of record. A new kind is one folder beside this file that implements `Kind`, and its line in `KINDS`; what
//! belongs to contacts who are here already implements `Brings`, which does most of it.

use super::column::Column;
use super::model::{Import, Row};
use super::rows::{RowOutcome, WrittenRow};
use super::{activities, contacts, contributions, notes, relationships, tags};
use crate::crm::custom_fields::Record;
use crate::db::OrgTx;
use chrono::{DateTime, Utc};
use diesel::QueryResult;

/// Every kind, in the order in which they are offered. Of two that recognize a file equally well the first is meant.
pub const KINDS: [&dyn Kind; 6] = [
    &contacts::Contacts,
    &contributions::Contributions,
    &notes::Notes,
    &tags::Tags,
    &relationships::Relationships,
    &activities::Activities,
];

/// A kind of record that files bring.
pub trait Kind: Sync {
    /// The word stored and sent by forms.
    fn word(&self) -> &'static str;

    /// What people are told and asked in.
    fn words(&self) -> &'static Words;

    /// What has the custom fields that such a file can bring.
    fn record(&self) -> Option<Record> {
        None
    }

    /// What columns of such a file can hold, under their headings.
    fn offered(&self) -> Vec<(&'static str, Vec<Column>)>;

    /// What is missing before the rows can be understood, in a sentence. `columns` are keys of `offered`.
    fn unfit(&self, columns: &[&str], everybody_joins_a_group: bool) -> Option<String>;

    /// Whether everybody of the file can be made to join a group.
    fn can_join_a_group(&self) -> bool {
        false
    }

    /// Whether rows with these columns bring people by their names, who may not be here yet.
    fn brings_people(&self, _columns: &[&str]) -> bool {
        false
    }

    /// What the file may name that is not here and is made where somebody says so.
    fn can_make(&self) -> Option<Makes> {
        None
    }

    /// The question whether a row that says the same as what is here brings another one.
    fn asks_about_alike(&self) -> Option<Question> {
        None
    }

    /// What is named by the file, for people to see before they import it.
    fn named(&self, tx: &mut OrgTx<'_>, import: &Import) -> QueryResult<Vec<Named>>;

    /// Who or what a row is about, also where something else in it is wrong.
    fn called(&self, import: &Import, cells: &[String], now: DateTime<Utc>) -> Option<String>;

    /// Looks at rows without writing to the records: what the import would make of each.
    fn check(&self, tx: &mut OrgTx<'_>, import: &Import, rows: &[Row]) -> anyhow::Result<Vec<RowOutcome>>;

    /// Writes rows to the records with their change log, histories and due marks, all within the transaction.
    fn write(&self, tx: &mut OrgTx<'_>, import: &Import, rows: &[Row]) -> anyhow::Result<Written>;

    /// Takes back what rows did, the last row first; what somebody has changed since stays, and the outcome says so.
    fn take_back(
        &self,
        tx: &mut OrgTx<'_>,
        import: &Import,
        rows: &[WrittenRow],
        why: &str,
    ) -> anyhow::Result<Vec<RowOutcome>>;
}

/// What a file may name that is not here.
#[derive(Clone, Copy)]
pub struct Makes {
    /// "funds and campaigns"
    pub things: &'static str,
    /// What is to be known before some are made.
    pub hint: &'static str,
}

/// A question with a box to tick.
#[derive(Clone, Copy)]
pub struct Question {
    pub label: &'static str,
    pub hint: &'static str,
}

/// What became of rows that were written.
pub struct Written {
    pub outcomes: Vec<RowOutcome>,
    /// Group memberships that came along.
    pub joined: usize,
}

/// Something a file names: a group, a fund.
pub struct Named {
    /// "Group", "Fund".
    pub what: &'static str,
    pub name: String,
    pub rows: i64,
    /// What is to be said of it: "will be made".
    pub remark: Option<&'static str>,
}

impl Named {
    /// Beside what the file names and is not here.
    pub const WILL_BE_MADE: &'static str = "will be made";
    /// The same where it is not to be made.
    pub const IS_LEFT_OUT: &'static str = "is not here, so its rows are left out";
}

/// The words of a kind.
pub struct Words {
    /// "a contact, or who belongs to a group"
    pub each_row_is: &'static str,
    /// For one and for several: "contact", "contacts".
    pub noun: [&'static str; 2],
    /// How a row that fits something is spoken of, for one and for several: "matches somebody".
    pub matches: [&'static str; 2],
    /// How what is here is found: "Found by External Identifier, else by email and name."
    pub found_by: &'static str,
    /// Of those that change nothing.
    pub unchanged: &'static str,
    /// "row changed somebody", "rows changed somebody"
    pub changed: [&'static str; 2],
    /// What it is that they changed.
    pub about_changed: &'static str,
    /// What an undo does, a sentence each; `{}` stands for how many were added.
    pub undo: &'static [&'static str],
    /// What an undo did to what was added: "Contacts added are in the trash, the others are as before."
    pub undone: &'static str,
    /// What was not taken back: "Somebody changed these contacts after the import …"
    pub kept: &'static str,
    /// What is left of an undone import; empty where nothing is.
    pub left_over: &'static str,
}

/// The kind of a word; contacts for one that is not known.
pub fn named(word: &str) -> &'static dyn Kind {
    let found = KINDS.into_iter().find(|kind| kind.word() == word);
    found.unwrap_or(&contacts::Contacts)
}
