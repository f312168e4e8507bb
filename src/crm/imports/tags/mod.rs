//! Rows that say which contact has which tag. Whoever has it keeps it.

mod meaning;

use super::alike::{self, Met};
use super::brings::{Brings, Hold, Judged, NamedHere, ReadRow, Verdict};
use super::cells::Said;
use super::kind::{Makes, Words};
use super::model::Import;
use super::names::{self, Names};
use super::value::{self, DateOrder};
use super::whom::{Known, Whom};
use crate::base::{ContactId, TagId};
use crate::crm::tags::model::{self, TagDraft};
use crate::crm::tags::{actions, store};
use crate::db::OrgTx;
use diesel::QueryResult;
use meaning::{Meaning, OFFERED};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The kind.
pub struct Tags;

/// A tag and who has it; it is its own id.
type Record = (TagId, ContactId);

/// What is made where somebody ticks it.
const MADE: &str = "tags";

impl Brings for Tags {
    type Meaning = Meaning;
    type Id = Record;
    type Record = Record;

    fn word(&self) -> &'static str {
        "tags"
    }

    fn words(&self) -> &'static Words {
        &Words {
            each_row_is: "a tag of a contact who is here already",
            noun: ["contact tag", "contact tags"],
            matches: ["is here already", "are here already"],
            found_by: "",
            unchanged: "The contact has the tag already, or by an earlier row of the file.",
            changed: ["contact tag changed", "contact tags changed"],
            about_changed: "",
            undo: &["{} contact tags that it added are taken away again. Who had a tag before keeps it."],
            undone: "Who got a tag by the file has it no longer.",
            kept: "",
            left_over: "Tags that the import made are still there; delete them under Tags if nobody needs them.",
        }
    }

    fn offered(&self) -> &'static [(&'static str, &'static [Meaning])] {
        &OFFERED
    }

    fn unfit(&self, has: &dyn Fn(Meaning) -> bool) -> Option<String> {
        if !has(Meaning::Tag) {
            return Some("Nothing tells yet which tag it is. Match Tag.".into());
        }
        (!has(Meaning::ContactIdentifier) && !has(Meaning::Email)).then(|| {
            "Nothing tells yet who has the tag. Match External Identifier of the contact, or Email, best with First Name and \
             Last Name."
                .into()
        })
    }

    fn can_make(&self) -> Option<Makes> {
        Some(Makes {
            things: MADE,
            hint: "New tags are grey; their colour and place can be changed under Tags.",
        })
    }

    fn names(&self, tx: &mut OrgTx<'_>) -> QueryResult<NamedHere<Meaning>> {
        let here = store::all(tx)?.into_iter().map(|tag| names::key(&tag.name));
        Ok(vec![("Tag", Meaning::Tag, here.collect())])
    }

    fn value(&self, meaning: Meaning, text: String, _: DateOrder) -> Result<String, String> {
        match meaning {
            Meaning::Email => value::email(text),
            Meaning::Tag => model::name(&text).map_err(|words| format!("“{text}”: {words}")),
            _ => Ok(text),
        }
    }

    fn called(&self, said: &Said<Meaning>) -> Option<String> {
        let tag = said.get(Meaning::Tag).map(str::to_owned);
        let said: Vec<String> = [said.whom().called(), tag].into_iter().flatten().collect();
        (!said.is_empty()).then(|| said.join(" · "))
    }

    fn judge(
        &self,
        tx: &mut OrgTx<'_>,
        import: &Import,
        rows: Vec<ReadRow<Meaning>>,
        hold: Hold,
    ) -> anyhow::Result<Vec<Judged<Record, Record>>> {
        let whoms: Vec<Whom> = rows.iter().map(|row| row.said.whom()).collect();
        let known = Known::find(tx, whoms.iter())?;
        let who: Vec<Result<ContactId, String>> = rows
            .iter()
            .zip(&whoms)
            .map(|(row, whom)| row.fit(known.meant(whom)))
            .collect();
        let here = store::all(tx)?.into_iter().map(|tag| (tag.id, tag.name));
        let mut tags = Names::here("tag", MADE, here);
        if import.matching.makes_missing {
            let fit = rows.iter().zip(&who).filter(|(_, who)| who.is_ok());
            let named = fit.filter_map(|(row, _)| row.said.get(Meaning::Tag));
            tags.make_missing(tx, named, hold, TagId, |tx, name| {
                let draft = TagDraft {
                    name: name.to_owned(),
                    ..TagDraft::default()
                };
                Ok(actions::create(tx, &draft)?)
            })?;
        }
        let mut wanted: Vec<Result<Record, String>> = Vec::new();
        for (row, who) in rows.iter().zip(who) {
            let tag = || tags.find(row.said.get(Meaning::Tag));
            wanted.push(who.and_then(|contact| Ok((tag()?.ok_or("The row has no tag.")?, contact))));
        }
        let had = had(tx, &wanted)?;
        let keys: Vec<Option<String>> = rows.iter().zip(&wanted).map(|(row, wanted)| key(row, wanted)).collect();
        let mut met = Met::before(tx, import, &keys.iter().flatten().cloned().collect::<Vec<_>>())?;
        let judged = rows.iter().zip(wanted).zip(keys).map(|((row, wanted), key)| {
            let is_second = key.as_ref().is_some_and(|key| met.meet(key, row.number).is_some());
            let verdict = wanted.map(|record| match is_second || had.contains(&record) {
                true => Verdict::unchanged(record, record),
                false => Verdict::new(record),
            });
            Judged {
                number: row.number,
                key,
                verdict,
            }
        });
        Ok(judged.collect())
    }

    fn contacts(&self, (_, contact): &Record) -> Vec<ContactId> {
        vec![*contact]
    }

    fn add(&self, tx: &mut OrgTx<'_>, new: &[Record]) -> anyhow::Result<Vec<Record>> {
        for (tag, contacts) in by_tag(new) {
            actions::tag_contacts(tx, tag, &contacts, "")?;
        }
        Ok(new.to_vec())
    }

    fn locked(&self, tx: &mut OrgTx<'_>, ids: &[Record]) -> anyhow::Result<HashMap<Record, Record>> {
        let (tags, contacts): (Vec<TagId>, Vec<ContactId>) = ids.iter().copied().unzip();
        let here = store::had_by(tx, &tags, &contacts)?.into_iter();
        Ok(here.map(|record| (record, record)).collect())
    }

    fn delete(&self, tx: &mut OrgTx<'_>, ids: &[Record], why: &str) -> anyhow::Result<()> {
        for (tag, contacts) in by_tag(ids) {
            actions::untag_contacts(tx, tag, &contacts, why)?;
        }
        Ok(())
    }
}

fn by_tag(records: &[Record]) -> BTreeMap<TagId, Vec<ContactId>> {
    let mut by_tag: BTreeMap<TagId, Vec<ContactId>> = BTreeMap::new();
    for (tag, contact) in records {
        by_tag.entry(*tag).or_default().push(*contact);
    }
    by_tag
}

fn had(tx: &mut OrgTx<'_>, wanted: &[Result<Record, String>]) -> QueryResult<HashSet<Record>> {
    let (tags, contacts): (Vec<TagId>, Vec<ContactId>) = wanted.iter().flatten().copied().unzip();
    Ok(store::had_by(tx, &tags, &contacts)?.into_iter().collect())
}

/// By its name, since a tag that is only going to be made has no id yet.
fn key(row: &ReadRow<Meaning>, wanted: &Result<Record, String>) -> Option<String> {
    let (_, contact) = wanted.as_ref().ok()?;
    let tag = names::key(row.said.get(Meaning::Tag)?);
    Some(alike::key(&[&tag, &contact.to_string()]))
}
