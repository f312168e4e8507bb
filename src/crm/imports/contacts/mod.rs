//! Rows about contacts, and about who belongs to which group.

mod check;
mod entry;
mod judge;
mod meaning;
mod memberships;
mod onto;
mod people;
mod record;
mod run;
mod tags;
mod undo;

use super::column::{Column, ColumnMeaning};
use super::kind::{Kind, Named, Words, Written};
use super::model::{Import, Row};
use super::rows::{RowOutcome, WrittenRow};
use super::{names, store};
use crate::crm::custom_fields::Record;
use crate::crm::groups;
use crate::crm::tags::store as tag_store;
use crate::db::OrgTx;
use chrono::{DateTime, Utc};
use diesel::QueryResult;
use entry::Reading;
use meaning::{Meaning, OFFERED};

/// Groups and tags of the file that are named.
const NAMED_MAX: i64 = 20;

/// The kind.
pub struct Contacts;

impl Kind for Contacts {
    fn word(&self) -> &'static str {
        "contacts"
    }

    fn words(&self) -> &'static Words {
        &Words {
            each_row_is: "a contact, or who belongs to a group",
            noun: ["contact", "contacts"],
            matches: ["matches somebody", "match somebody"],
            found_by: "Found by External Identifier, in a file exported here by DMS Number and name, else by email and name. Empty \
                       cells never blank what is here.",
            unchanged: "Everything they say is here already.",
            changed: ["row changed somebody", "rows changed somebody"],
            about_changed: "A contact, or who belongs to a group.",
            undo: &[
                "{} contacts that it added go to the trash. Those that somebody has changed since are kept.",
                "What it changed about other contacts is as it was before, field by field. A field that somebody has \
                 changed since stays as it is.",
                "Group memberships that it added are taken back. Groups kept in step with Mailchimp follow. Tags that it gave are \
                 taken away again.",
            ],
            undone: "Contacts added are in the trash, the others are as before.",
            kept: "Somebody changed these contacts after the import; what they changed was left as it is.",
            left_over: "Groups that the import made are still there; delete them under Groups if nobody needs them.",
        }
    }

    fn record(&self) -> Option<Record> {
        Some(Record::Contact)
    }

    fn offered(&self) -> Vec<(&'static str, Vec<Column>)> {
        let columns = |meanings: &[Meaning]| meanings.iter().map(|meaning| meaning.column()).collect();
        OFFERED
            .iter()
            .map(|(heading, meanings)| (*heading, columns(meanings)))
            .collect()
    }

    fn brings_people(&self, columns: &[&str]) -> bool {
        let has = |meaning: Meaning| columns.contains(&meaning.key().as_str());
        has(Meaning::OrganizationName)
            || has(Meaning::HouseholdName)
            || (has(Meaning::FirstName) && has(Meaning::LastName))
    }

    fn unfit(&self, columns: &[&str], everybody_joins_a_group: bool) -> Option<String> {
        let has = |meaning: Meaning| columns.contains(&meaning.key().as_str());
        let joins = has(Meaning::Group) || everybody_joins_a_group;
        let names = has(Meaning::Email) || self.brings_people(columns);
        if !names && !has(Meaning::ExternalIdentifier) && !has(Meaning::DmsNumber) {
            return Some(
                "Nothing tells yet who the rows are about. Match at least First Name and Last Name, or Email, or \
                 Organization Name, or External Identifier."
                    .into(),
            );
        }
        (!names && columns.len() == 1 && !joins)
            .then(|| "An identifier alone changes nothing. Match another column, or choose a group.".into())
    }

    fn can_join_a_group(&self) -> bool {
        true
    }

    fn named(&self, tx: &mut OrgTx<'_>, import: &Import) -> QueryResult<Vec<Named>> {
        let mut named = Vec::new();
        if let Some(column) = import.matching.position(Meaning::Group) {
            for (name, rows) in store::distinct(tx, import.id, column, NAMED_MAX)? {
                let exists = groups::store::find_by_title(tx, &name)?.is_some();
                named.push(Named {
                    what: "Group",
                    name,
                    rows,
                    remark: (!exists).then_some(Named::WILL_BE_MADE),
                });
            }
        }
        if let Some(column) = import.matching.position(Meaning::Tags) {
            let here = tag_store::all(tx)?;
            let cells = store::distinct(tx, import.id, column, NAMED_MAX)?;
            for (name, rows) in names::one_by_one(cells, |cell| names::several(cell).map(str::to_owned).collect()) {
                let exists = here.iter().any(|tag| names::key(&tag.name) == names::key(&name));
                named.push(Named {
                    what: "Tag",
                    name,
                    rows,
                    remark: (!exists).then_some(Named::WILL_BE_MADE),
                });
            }
        }
        Ok(named)
    }

    fn called(&self, import: &Import, cells: &[String], now: DateTime<Utc>) -> Option<String> {
        Reading::of(import, now).called(cells)
    }

    fn check(&self, tx: &mut OrgTx<'_>, import: &Import, rows: &[Row]) -> anyhow::Result<Vec<RowOutcome>> {
        Ok(check::check(tx, import, rows)?)
    }

    fn write(&self, tx: &mut OrgTx<'_>, import: &Import, rows: &[Row]) -> anyhow::Result<Written> {
        run::write(tx, import, rows)
    }

    fn take_back(
        &self,
        tx: &mut OrgTx<'_>,
        import: &Import,
        rows: &[WrittenRow],
        why: &str,
    ) -> anyhow::Result<Vec<RowOutcome>> {
        undo::take_back(tx, import, rows, why)
    }
}
