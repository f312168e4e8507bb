//! Rows, the people they mean, and what they make of them: the same for the check, which writes nothing, and for the import.

use super::entry::{Entry, Reading};
use super::meaning::Meaning;
use super::memberships::{NamedGroups, Wish, wishes};
use super::people::{People, Person, Verdict};
use super::record::RowRecord;
use super::tags::{self, NamedTags};
use crate::base::ContactId;
use crate::crm::contacts;
use crate::crm::custom_fields::{self, CustomFields};
use crate::crm::groups;
use crate::crm::imports::brings::Hold;
use crate::crm::imports::custom::OwnColumns;
use crate::crm::imports::earlier;
use crate::crm::imports::model::{Import, Outcome, Row};
use crate::db::OrgTx;
use diesel::prelude::*;
use std::collections::BTreeSet;

/// Rows that were read and judged together, with the people they are about.
pub struct Judgement {
    pub people: People,
    pub rows: Vec<JudgedEntry>,
    pub groups: NamedGroups,
    pub tags: NamedTags,
}

/// A row and what it comes to.
pub struct JudgedEntry {
    pub number: i32,
    pub verdict: Result<Verdict, Vec<String>>,
    /// What it changes about the contact.
    pub record: RowRecord,
    pub wishes: Vec<Wish>,
    /// The tags it gives, by name.
    pub tags: Vec<String>,
    /// What later rows may know a new person by.
    pub identifier: Option<String>,
    pub address_key: Option<String>,
}

/// Judges rows of an import; with `Hold::Make` nobody else changes the contacts until the transaction ends.
pub fn judge(tx: &mut OrgTx<'_>, import: &Import, rows: &[Row], hold: Hold) -> QueryResult<Judgement> {
    let reading = Reading {
        own: OwnColumns::of(tx, import)?,
        ..Reading::of(import, tx.now())
    };
    let entries: Vec<(i32, Result<Entry, Vec<String>>)> =
        rows.iter().map(|row| (row.number, reading.entry(&row.cells))).collect();
    let mut people = people(tx, &entries, hold)?;
    if hold == Hold::Look {
        people_of_earlier_rows(tx, import, &reading, &entries, &mut people)?;
    }
    let everybody = match import.group {
        Some(group) => groups::store::find(tx, group)?.map(|group| group.title),
        None => None,
    };
    let is_memberships_only = reading.is_memberships_only();
    let custom = custom_fields::store::of(tx, custom_fields::Record::Contact)?;
    let rows: Vec<JudgedEntry> = entries
        .into_iter()
        .map(|(number, entry)| {
            one(
                number,
                entry,
                &mut people,
                everybody.as_deref(),
                is_memberships_only,
                &custom,
            )
        })
        .collect();
    let known: Vec<ContactId> = people.all().iter().filter_map(Person::contact).collect();
    let titles = rows.iter().flat_map(|row| &row.wishes).map(|wish| wish.title.as_str());
    let groups = NamedGroups::find(tx, titles, &known)?;
    let tags = NamedTags::find(tx, rows.iter().any(|row| !row.tags.is_empty()), &known)?;
    Ok(Judgement {
        people,
        rows,
        groups,
        tags,
    })
}

fn one(
    number: i32,
    entry: Result<Entry, Vec<String>>,
    people: &mut People,
    everybody: Option<&str>,
    is_memberships_only: bool,
    custom: &CustomFields,
) -> JudgedEntry {
    let judged = entry.and_then(|entry| Ok((people.take(number, &entry, is_memberships_only)?, entry)));
    match judged {
        Ok((verdict, entry)) => JudgedEntry {
            number,
            record: match verdict.is_new {
                true => RowRecord::default(),
                false => RowRecord::between(&verdict.draft_before, &people.at(verdict.person).draft, custom),
            },
            wishes: wishes(&entry, everybody),
            tags: tags::named(&entry),
            identifier: entry.get(Meaning::ExternalIdentifier).map(str::to_owned),
            address_key: entry.address_keys().into_iter().next(),
            verdict: Ok(verdict),
        },
        Err(problems) => JudgedEntry {
            number,
            verdict: Err(problems),
            record: RowRecord::default(),
            wishes: Vec::new(),
            tags: Vec::new(),
            identifier: None,
            address_key: None,
        },
    }
}

/// The contacts these rows can mean.
fn people(tx: &mut OrgTx<'_>, entries: &[(i32, Result<Entry, Vec<String>>)], hold: Hold) -> QueryResult<People> {
    let (identifiers, address_keys) = named(entries);
    let numbers = entries.iter().filter_map(|(_, entry)| entry.as_ref().ok()?.number());
    let mut ids: BTreeSet<ContactId> = numbers.collect();
    ids.extend(contacts::store::by_external_identifiers(tx, &identifiers)?.into_values());
    ids.extend(
        contacts::store::by_addresses(tx, &address_keys)?
            .into_iter()
            .map(|holder| holder.contact),
    );
    let ids: Vec<ContactId> = ids.into_iter().collect();
    let found = match hold {
        Hold::Look => contacts::store::find_all(tx, &ids)?,
        Hold::Make => contacts::locked(tx, &ids)?,
    };
    let mut people = People::default();
    // Somebody may have put one into the trash between looking and locking.
    for contact in found.into_iter().filter(|contact| contact.deleted_at.is_none()) {
        people.add(Person {
            draft: contact.draft(),
            before: Some(contact),
            first_row: None,
        });
    }
    Ok(people)
}

/// While nothing is written, the people whom earlier rows of the file bring.
fn people_of_earlier_rows(
    tx: &mut OrgTx<'_>,
    import: &Import,
    reading: &Reading,
    entries: &[(i32, Result<Entry, Vec<String>>)],
    people: &mut People,
) -> QueryResult<()> {
    let (identifiers, address_keys) = named(entries);
    for row in earlier::new_rows(tx, import.id, import.last_row, &identifiers, &address_keys)? {
        if let Ok(entry) = reading.entry(&row.cells) {
            // It was judged before; a second time it can only be found fit again.
            let _ = people.take(row.number, &entry, false);
        }
    }
    Ok(())
}

fn named(entries: &[(i32, Result<Entry, Vec<String>>)]) -> (Vec<String>, Vec<String>) {
    let readable = || entries.iter().filter_map(|(_, entry)| entry.as_ref().ok());
    let identifiers = readable().filter_map(|entry| entry.get(Meaning::ExternalIdentifier).map(str::to_owned));
    (
        identifiers.collect(),
        readable().flat_map(Entry::address_keys).collect(),
    )
}

impl Judgement {
    /// The contact a row is about, where the records have one.
    pub fn contact(&self, verdict: &Verdict) -> Option<ContactId> {
        self.people.at(verdict.person).contact()
    }

    /// What the import would make of a row.
    pub fn foreseen(&self, row: &JudgedEntry) -> Outcome {
        match &row.verdict {
            Err(_) => Outcome::Problem,
            Ok(verdict) if verdict.is_new => Outcome::New,
            Ok(verdict) => {
                let contact = self.contact(verdict);
                let is_open = row.wishes.iter().any(|wish| self.groups.is_open(wish, contact));
                let gets_tags = row.tags.iter().any(|name| self.tags.is_open(name, contact));
                if row.record.is_empty() && !is_open && !gets_tags {
                    Outcome::Unchanged
                } else {
                    Outcome::Changing
                }
            }
        }
    }
}
