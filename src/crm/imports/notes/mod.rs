//! Rows about notes on contacts who are here already. Notes have no id of their own: the same contact, date, subject and text
//! are the same note.

mod meaning;

use super::alike;
use super::brings::{Brings, Hold, Judged, ReadRow};
use super::cells::Said;
use super::kind::Words;
use super::model::Import;
use super::value::{self, DateOrder};
use super::whom::{self, Known, SaysWhom, Whom};
use crate::accounts::{self, model::Organization};
use crate::base::{ContactId, NoteId};
use crate::crm::notes::model::{self, NoteDraft};
use crate::crm::notes::{actions, store};
use crate::db::OrgTx;
use chrono::{DateTime, NaiveTime, Utc};
use meaning::{Meaning, OFFERED};
use std::collections::HashMap;

/// The kind.
pub struct Notes;

/// A note and whom it is about.
type Record = (ContactId, NoteDraft);

impl Brings for Notes {
    type Meaning = Meaning;
    type Id = NoteId;
    type Record = Record;

    fn word(&self) -> &'static str {
        "notes"
    }

    fn words(&self) -> &'static Words {
        &Words {
            each_row_is: "a note about a contact who is here already",
            noun: ["note", "notes"],
            matches: ["is here already", "are here already"],
            found_by: "Found by contact, date, subject and text.",
            unchanged: "The same contact has a note of the same date and the same words.",
            changed: ["note changed", "notes changed"],
            about_changed: "",
            undo: &["{} notes that it added are deleted. Those that somebody has changed since are kept."],
            undone: "The notes are deleted; what they said stays in the Change Log.",
            kept: "Somebody changed these notes after the import; they were left as they are.",
            left_over: "",
        }
    }

    fn offered(&self) -> &'static [(&'static str, &'static [Meaning])] {
        &OFFERED
    }

    fn unfit(&self, has: &dyn Fn(Meaning) -> bool) -> Option<String> {
        if !has(Meaning::Note) {
            return Some("Nothing tells yet what the notes say. Match Note.".into());
        }
        (!Meaning::tells_whom(has)).then(|| {
            "Nothing tells yet whom the notes are about. Match Email or External Identifier of the contact, or DMS \
             Number together with a name."
                .into()
        })
    }

    fn has_lines(&self, meaning: Meaning) -> bool {
        meaning == Meaning::Note
    }

    fn value(&self, meaning: Meaning, text: String, order: DateOrder) -> Result<String, String> {
        match meaning {
            Meaning::ContactNumber => whom::number(text),
            Meaning::Email => value::email(text),
            Meaning::Date => value::date_and_time(&text, order),
            Meaning::Subject => model::subject(&text).map_err(str::to_owned),
            Meaning::Note => model::text(&text).map_err(str::to_owned),
            _ => Ok(text),
        }
    }

    fn called(&self, said: &Said<Meaning>) -> Option<String> {
        said.whom().called()
    }

    fn judge(
        &self,
        tx: &mut OrgTx<'_>,
        import: &Import,
        rows: Vec<ReadRow<Meaning>>,
        _: Hold,
    ) -> anyhow::Result<Vec<Judged<NoteId, Record>>> {
        let (organization, now) = (tx.organization(), tx.now());
        let here = accounts::organization(tx, organization)?;
        let whoms: Vec<Whom> = rows.iter().map(|row| row.said.whom()).collect();
        let known = Known::find(tx, whoms.iter())?;
        let wanted: Vec<Result<Record, String>> = rows
            .iter()
            .zip(&whoms)
            .map(|(row, whom)| row.fit(known.meant(whom).and_then(|contact| note(row, contact, &here, now))))
            .collect();
        let contacts: Vec<ContactId> = wanted.iter().flatten().map(|(contact, _)| *contact).collect();
        let mut same: HashMap<String, Vec<(NoteId, Record)>> = HashMap::new();
        for (id, contact, draft) in store::all_of(tx, &contacts)? {
            let record = (contact, draft);
            // A row that gives no date means the note of any.
            for is_dated in [true, false] {
                let of_key = same.entry(key(&record, is_dated)).or_default();
                of_key.push((id, record.clone()));
            }
        }
        let keys = rows.iter().zip(wanted).map(|(row, wanted)| {
            let key = wanted
                .as_ref()
                .map(|record| key(record, row.said.get(Meaning::Date).is_some()));
            (row.number, key.ok(), wanted)
        });
        alike::judge(tx, import, keys.collect(), &same)
    }

    fn contacts(&self, (contact, _): &Record) -> Vec<ContactId> {
        vec![*contact]
    }

    fn add(&self, tx: &mut OrgTx<'_>, notes: &[Record]) -> anyhow::Result<Vec<NoteId>> {
        Ok(actions::add_many(tx, notes)?)
    }

    fn locked(&self, tx: &mut OrgTx<'_>, ids: &[NoteId]) -> anyhow::Result<HashMap<NoteId, Record>> {
        let here = actions::all_locked(tx, ids)?.into_iter();
        Ok(here.map(|(id, contact, draft)| (id, (contact, draft))).collect())
    }

    fn delete(&self, tx: &mut OrgTx<'_>, ids: &[NoteId], why: &str) -> anyhow::Result<()> {
        Ok(actions::delete(tx, ids, why)?)
    }
}

/// The note of a row. One without a date is of now.
fn note(row: &ReadRow<Meaning>, contact: ContactId, here: &Organization, now: DateTime<Utc>) -> Result<Record, String> {
    let text = row.said.get(Meaning::Note).ok_or("The row has no note.")?;
    let moment = row.said.get(Meaning::Date).and_then(value::written_date_and_time);
    let moment = moment.and_then(|(day, time)| here.moment(day.and_time(time.unwrap_or(NaiveTime::MIN))));
    let draft = NoteDraft {
        subject: row.said.get(Meaning::Subject).unwrap_or_default().to_owned(),
        text: text.to_owned(),
        noted_at: moment.unwrap_or(now),
    };
    Ok((contact, draft))
}

fn key((contact, note): &Record, is_dated: bool) -> String {
    let moment = if is_dated {
        note.noted_at.to_rfc3339()
    } else {
        String::new()
    };
    alike::key(&[&contact.to_string(), &note.subject, &note.text, &moment])
}
