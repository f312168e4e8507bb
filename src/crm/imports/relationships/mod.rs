//! Rows about relationships between contacts who are here already: the first is this to the second.

mod judge;
mod meaning;

use super::brings::{Brings, Hold, Judged, NamedHere, ReadRow};
use super::cells::Said;
use super::kind::Words;
use super::model::Import;
use super::value::{self, DateOrder};
use crate::base::{ContactId, RelationshipId};
use crate::crm::relationships::model::{self, Details, Tie};
use crate::crm::relationships::{actions, types};
use crate::db::OrgTx;
use diesel::QueryResult;
use meaning::{Meaning, OFFERED};
use std::collections::HashMap;

/// The kind.
pub struct Relationships;

/// Who is tied to whom, and how.
type Record = (Tie, Details);

impl Brings for Relationships {
    type Meaning = Meaning;
    type Id = RelationshipId;
    type Record = Record;

    fn word(&self) -> &'static str {
        "relationships"
    }

    fn words(&self) -> &'static Words {
        &Words {
            each_row_is: "a relationship between two contacts who are here already",
            noun: ["relationship", "relationships"],
            matches: ["is here already", "are here already"],
            found_by: "Found by the two contacts, the type and the time: two may be related twice, one after the other. Empty cells never blank what is here.",
            unchanged: "The two are related so already.",
            changed: ["relationship changed", "relationships changed"],
            about_changed: "The two were related so already; the file says more about it.",
            undo: &[
                "{} relationships that it added are deleted. Those that somebody has changed since are kept.",
                "Relationships that it changed are as they were before. One that somebody has changed since stays as it is.",
            ],
            undone: "Relationships added are deleted, the others are as before.",
            kept: "Somebody changed these relationships after the import; they were left as they are.",
            left_over: "",
        }
    }

    fn offered(&self) -> &'static [(&'static str, &'static [Meaning])] {
        &OFFERED
    }

    fn unfit(&self, has: &dyn Fn(Meaning) -> bool) -> Option<String> {
        use Meaning::*;
        if !has(Relationship) {
            return Some("Nothing tells yet what the two are to each other. Match Relationship.".into());
        }
        let tells = |[number, identifier, email, name]: [Meaning; 4]| {
            has(identifier) || has(email) || (has(number) && has(name))
        };
        let tells_both = tells([NumberA, IdentifierA, EmailA, NameA]) && tells([NumberB, IdentifierB, EmailB, NameB]);
        (!tells_both).then(|| {
            "Nothing tells yet who the two contacts are. Match Email or External Identifier of the first and of the second \
             contact, or DMS Number together with the name."
                .into()
        })
    }

    fn names(&self, tx: &mut OrgTx<'_>) -> QueryResult<NamedHere<Meaning>> {
        let labels = judge::labels(&types::stored(tx)?);
        Ok(vec![("Relationship", Meaning::Relationship, labels)])
    }

    fn value(&self, meaning: Meaning, text: String, order: DateOrder) -> Result<String, String> {
        match meaning {
            Meaning::EmailA | Meaning::EmailB => value::email(text),
            Meaning::StartDate | Meaning::EndDate => match value::date(&text, order) {
                Ok(day) => Ok(day.to_string()),
                Err(problem) => Err(problem.words(&text)),
            },
            Meaning::Active => match value::yes_or_no(&text) {
                Some(is_active) => Ok(if is_active { "Yes" } else { "No" }.into()),
                None => Err(format!("“{text}” under Active is neither Yes nor No.")),
            },
            Meaning::Description => model::description(&text).map_err(str::to_owned),
            _ => Ok(text),
        }
    }

    fn has_lines(&self, meaning: Meaning) -> bool {
        meaning == Meaning::Description
    }

    fn contradictions(&self, said: &Said<Meaning>) -> Vec<String> {
        let day = |meaning| said.get(meaning);
        match (day(Meaning::StartDate), day(Meaning::EndDate)) {
            (Some(start), Some(end)) if end < start => vec!["The end date is before the start date.".into()],
            _ => Vec::new(),
        }
    }

    fn called(&self, said: &Said<Meaning>) -> Option<String> {
        let [a, b] = said.whoms().map(|whom| whom.called());
        let label = said.get(Meaning::Relationship).map(str::to_owned);
        let said: Vec<String> = [a, label, b].into_iter().flatten().collect();
        (!said.is_empty()).then(|| said.join(" · "))
    }

    fn judge(
        &self,
        tx: &mut OrgTx<'_>,
        import: &Import,
        rows: Vec<ReadRow<Meaning>>,
        _: Hold,
    ) -> anyhow::Result<Vec<Judged<RelationshipId, Record>>> {
        judge::judge(tx, import, &rows)
    }

    fn contacts(&self, (tie, _): &Record) -> Vec<ContactId> {
        vec![tie.contact_a, tie.contact_b]
    }

    fn add(&self, tx: &mut OrgTx<'_>, new: &[Record]) -> anyhow::Result<Vec<RelationshipId>> {
        Ok(actions::add_many(tx, new)?)
    }

    fn change(&self, tx: &mut OrgTx<'_>, id: RelationshipId, (_, details): &Record, why: &str) -> anyhow::Result<()> {
        actions::change(tx, id, details, why)?;
        Ok(())
    }

    fn locked(&self, tx: &mut OrgTx<'_>, ids: &[RelationshipId]) -> anyhow::Result<HashMap<RelationshipId, Record>> {
        let here = actions::locked(tx, ids)?.into_iter();
        Ok(here.map(|one| (one.id, (one.tie, one.details))).collect())
    }

    fn delete(&self, tx: &mut OrgTx<'_>, ids: &[RelationshipId], why: &str) -> anyhow::Result<()> {
        Ok(actions::delete(tx, ids, why)?)
    }
}
