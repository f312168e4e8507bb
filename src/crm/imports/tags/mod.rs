//! Rows that say which contact has which tag, or which tags. Whoever has one keeps it.

mod meaning;

use super::alike::{self, Met};
use super::brings::{Brings, Hold, Judged, NamedHere, ReadRow, Verdict};
use super::cells::Said;
use super::kind::{Makes, Words};
use super::model::Import;
use super::names::{self, Names, several};
use super::value::{self, DateOrder};
use super::whom::{self, Known, SaysWhom, Whom};
use crate::base::{ContactId, TagId};
use crate::crm::tags::model::{self, TagDraft};
use crate::crm::tags::{actions, store};
use crate::db::OrgTx;
use diesel::QueryResult;
use meaning::{Meaning, OFFERED};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The kind.
pub struct Tags;

/// Whom a row tags, and with which tags; it is its own id.
type Record = (ContactId, Vec<TagId>);

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
            found_by: "Several tags in one cell stand between semicolons.",
            unchanged: "The contact has the tag already, or by an earlier row of the file.",
            changed: ["contact tag changed", "contact tags changed"],
            about_changed: "",
            undo: &["{} contact tags that it added are taken away again. Who had a tag before keeps it."],
            undone: "Who got a tag by the file has it no longer.",
            kept: "Somebody took tags away again after the import; what was left of these rows stays.",
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
        (!Meaning::tells_whom(has)).then(|| {
            "Nothing tells yet who has the tag. Match Email or External Identifier of the contact, or DMS \
             Number together with a name."
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
            Meaning::ContactNumber => whom::number(text),
            Meaning::Email => value::email(text),
            Meaning::Tag => tag_names(text),
            _ => Ok(text),
        }
    }

    fn each_name(&self, _: Meaning, cell: &str) -> Vec<String> {
        several(cell).map(str::to_owned).collect()
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
            let cells = fit.filter_map(|(row, _)| row.said.get(Meaning::Tag));
            let named: Vec<&str> = cells.flat_map(|cell| names_in(cell, &tags)).collect();
            tags.make_missing(tx, named.into_iter(), hold, TagId, |tx, name| {
                let draft = TagDraft {
                    name: name.to_owned(),
                    ..TagDraft::default()
                };
                Ok(actions::create(tx, &draft)?)
            })?;
        }
        let mut wanted: Vec<Result<Record, String>> = Vec::new();
        for (row, who) in rows.iter().zip(who) {
            wanted.push(who.and_then(|contact| Ok((contact, meant(row, &tags)?))));
        }
        let mut had = had(tx, wanted.iter().flatten())?;
        let keys: Vec<Option<String>> = rows.iter().zip(&wanted).map(|(row, wanted)| key(row, wanted)).collect();
        let mut met = Met::before(tx, import, &keys.iter().flatten().cloned().collect::<Vec<_>>())?;
        let judged = rows.iter().zip(wanted).zip(keys).map(|((row, wanted), key)| {
            let is_second = key.as_ref().is_some_and(|key| met.meet(key, row.number).is_some());
            let verdict = wanted.map(|(contact, tags)| {
                let mut new = tags.clone();
                new.retain(|tag| !is_second && had.insert((*tag, contact)));
                match new.is_empty() {
                    true => Verdict::unchanged((contact, tags.clone()), (contact, tags)),
                    false => Verdict::new((contact, new)),
                }
            });
            Judged {
                number: row.number,
                key,
                verdict,
            }
        });
        Ok(judged.collect())
    }

    fn contacts(&self, (contact, _): &Record) -> Vec<ContactId> {
        vec![*contact]
    }

    fn add(&self, tx: &mut OrgTx<'_>, new: &[Record]) -> anyhow::Result<Vec<Record>> {
        for (tag, contacts) in by_tag(new) {
            actions::tag_contacts(tx, tag, &contacts, "")?;
        }
        Ok(new.to_vec())
    }

    fn locked(&self, tx: &mut OrgTx<'_>, ids: &[Record]) -> anyhow::Result<HashMap<Record, Record>> {
        let had = had(tx, ids.iter())?;
        let here = ids.iter().filter_map(|(contact, tags)| {
            let mut left = tags.clone();
            left.retain(|tag| had.contains(&(*tag, *contact)));
            (!left.is_empty()).then(|| ((*contact, tags.clone()), (*contact, left)))
        });
        Ok(here.collect())
    }

    fn delete(&self, tx: &mut OrgTx<'_>, ids: &[Record], why: &str) -> anyhow::Result<()> {
        for (tag, contacts) in by_tag(ids) {
            actions::untag_contacts(tx, tag, &contacts, why)?;
        }
        Ok(())
    }
}

/// Checks the names of tags in a cell.
pub fn tag_names(text: String) -> Result<String, String> {
    let names: Vec<&str> = several(&text).collect();
    let wrong = names
        .iter()
        .find_map(|name| Some(format!("“{name}”: {}", model::name(name).err()?)));
    match (wrong, names.is_empty()) {
        (Some(words), _) => Err(words),
        (None, true) => Err(format!("“{text}” names no tag.")),
        (None, false) => Ok(text),
    }
}

/// The names in a cell, the whole of which may be the name of a tag that is here.
fn names_in<'c>(cell: &'c str, tags: &Names<TagId>) -> Vec<&'c str> {
    match tags.find(Some(cell)) {
        Ok(Some(_)) => vec![cell],
        _ => several(cell).collect(),
    }
}

/// The tags a row names, each once.
fn meant(row: &ReadRow<Meaning>, tags: &Names<TagId>) -> Result<Vec<TagId>, String> {
    let cell = row.said.get(Meaning::Tag).ok_or("The row has no tag.")?;
    let mut meant: Vec<TagId> = Vec::new();
    for name in names_in(cell, tags) {
        meant.extend(tags.find(Some(name))?);
    }
    meant.sort_unstable();
    meant.dedup();
    Ok(meant)
}

fn by_tag(records: &[Record]) -> BTreeMap<TagId, Vec<ContactId>> {
    let mut by_tag: BTreeMap<TagId, Vec<ContactId>> = BTreeMap::new();
    for (contact, tags) in records {
        for tag in tags {
            by_tag.entry(*tag).or_default().push(*contact);
        }
    }
    by_tag
}

/// Who of the people of these records has which of their tags.
fn had<'r>(tx: &mut OrgTx<'_>, records: impl Iterator<Item = &'r Record>) -> QueryResult<HashSet<(TagId, ContactId)>> {
    let (mut tags, mut contacts) = (BTreeSet::new(), Vec::new());
    for (contact, of) in records {
        contacts.push(*contact);
        tags.extend(of.iter().copied());
    }
    let tags: Vec<TagId> = tags.into_iter().collect();
    Ok(store::had_by(tx, &tags, &contacts)?.into_iter().collect())
}

/// By their names, since a tag that is only going to be made has no id yet.
fn key(row: &ReadRow<Meaning>, wanted: &Result<Record, String>) -> Option<String> {
    let (contact, _) = wanted.as_ref().ok()?;
    let mut named: Vec<String> = several(row.said.get(Meaning::Tag)?).map(names::key).collect();
    named.sort_unstable();
    named.dedup();
    let contact = contact.to_string();
    let parts: Vec<&str> = named.iter().map(String::as_str).chain([contact.as_str()]).collect();
    Some(alike::key(&parts))
}
