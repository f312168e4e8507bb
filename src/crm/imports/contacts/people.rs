//! Who a row means: an existing contact by its external identifier, else by email and name; never by an address alone
//! where the names differ. And what the row makes of them.

use super::entry::Entry;
use super::meaning::Meaning;
use super::onto::onto;
use crate::base::ContactId;
use crate::crm::contacts::{Contact, ContactDraft, ContactType};
use crate::crm::imports::whom::name_key;
use std::collections::HashMap;

/// Somebody a row can mean.
#[derive(Clone, Debug)]
pub struct Person {
    /// As the records have them; `None` for somebody whom the file brings.
    pub before: Option<Contact>,
    /// As they are after the rows so far.
    pub draft: ContactDraft,
    /// The row of the file that brings them.
    pub first_row: Option<i32>,
}

impl Person {
    /// Their contact, where the records have one.
    pub fn contact(&self) -> Option<ContactId> {
        self.before.as_ref().map(|contact| contact.id)
    }
}

/// Everybody the rows at hand can mean.
#[derive(Debug, Default)]
pub struct People {
    all: Vec<Person>,
    by_number: HashMap<ContactId, usize>,
    by_identifier: HashMap<String, usize>,
    by_address: HashMap<String, Vec<usize>>,
}

/// What a row is about: who, and whether it brings or changes them.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Their place among the people.
    pub person: usize,
    pub is_new: bool,
    /// As they were before the row.
    pub draft_before: ContactDraft,
}

impl People {
    /// Somebody more whom rows can mean; returns their place.
    pub fn add(&mut self, person: Person) -> usize {
        let place = self.all.len();
        if let Some(contact) = person.contact() {
            self.by_number.insert(contact, place);
        }
        self.all.push(person);
        self.index(place);
        place
    }

    /// Whoever stands at a place.
    pub fn at(&self, place: usize) -> &Person {
        &self.all[place]
    }

    /// Everybody, in their places.
    pub fn all(&self) -> &[Person] {
        &self.all
    }

    /// Takes a row: finds whom it means and makes of them what it says. The error is in words; then nothing happened.
    pub fn take(&mut self, row: i32, entry: &Entry, is_memberships_only: bool) -> Result<Verdict, Vec<String>> {
        match self.meant(entry)? {
            Some(place) => self.change(place, entry),
            None if is_memberships_only => Err(vec![match entry.get(Meaning::ExternalIdentifier) {
                Some(identifier) => format!("No contact has the External Identifier “{identifier}”."),
                None => "The row does not say whom it is about: its External Identifier is empty.".into(),
            }]),
            None => self.bring(row, entry),
        }
    }

    fn bring(&mut self, row: i32, entry: &Entry) -> Result<Verdict, Vec<String>> {
        let draft = onto(ContactDraft::default(), entry);
        refuse_unfit(&draft)?;
        let person = self.add(Person {
            before: None,
            draft,
            first_row: Some(row),
        });
        Ok(Verdict {
            person,
            is_new: true,
            draft_before: ContactDraft::default(),
        })
    }

    fn change(&mut self, place: usize, entry: &Entry) -> Result<Verdict, Vec<String>> {
        let draft_before = self.all[place].draft.clone();
        let (is, said) = (draft_before.details.contact_type, entry.contact_type());
        if entry.get(Meaning::ContactType).is_some() && is != said {
            let name = draft_before.display_name();
            return Err(vec![format!(
                "{name} is an {} here, but the row says {}.",
                is.label(),
                said.label()
            )]);
        }
        let draft = onto(draft_before.clone(), entry);
        refuse_unfit(&draft)?;
        self.all[place].draft = draft;
        self.index(place);
        Ok(Verdict {
            person: place,
            is_new: false,
            draft_before,
        })
    }

    fn index(&mut self, place: usize) {
        let draft = &self.all[place].draft;
        if let Some(identifier) = &draft.details.external_identifier {
            self.by_identifier.insert(identifier.clone(), place);
        }
        for email in &draft.emails {
            let places = self.by_address.entry(email.address.key()).or_default();
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }

    fn meant(&self, entry: &Entry) -> Result<Option<usize>, Vec<String>> {
        let identified = entry
            .get(Meaning::ExternalIdentifier)
            .and_then(|identifier| self.by_identifier.get(identifier));
        if identified.is_some() {
            return Ok(identified.copied());
        }
        if let Some(place) = entry.number().and_then(|number| self.by_number.get(&number)) {
            return match is_numbered(entry, &self.all[*place].draft) {
                true => Ok(Some(*place)),
                false => Err(vec![of_another(entry, &self.all[*place].draft)]),
            };
        }
        let mut fitting: Vec<usize> = Vec::new();
        for key in entry.address_keys() {
            let holders = self.by_address.get(&key).into_iter().flatten().copied();
            fitting.extend(holders.filter(|place| is_same_person(entry, &self.all[*place].draft)));
        }
        fitting.sort_unstable();
        fitting.dedup();
        match fitting.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            several => Err(vec![format!(
                "{} contacts fit this row's email and name, so it cannot be told which is meant. Give the row the \
                 External Identifier of the right one.",
                several.len()
            )]),
        }
    }
}

/// Whether somebody with the row's DMS Number is whom the row means: the file may come from elsewhere, where another has that
/// number. So something else has to be theirs as well.
fn is_numbered(entry: &Entry, draft: &ContactDraft) -> bool {
    let identifier = draft.details.external_identifier.as_deref();
    let said = entry.get(Meaning::ExternalIdentifier);
    if said.is_some() && identifier.is_some() {
        return said == identifier;
    }
    let is_sorted_so = entry.get(Meaning::SortName).map(name_key) == Some(name_key(&draft.sort_name()));
    let is_called_so = entry.name_key().is_some_and(|name| names_of(draft).contains(&name));
    let keys = entry.address_keys();
    is_sorted_so || is_called_so || draft.emails.iter().any(|email| keys.contains(&email.address.key()))
}

fn of_another(entry: &Entry, draft: &ContactDraft) -> String {
    format!(
        "The DMS Number {} is that of {} here, and neither the name nor the email of the row is theirs. If the file was not \
         exported here, leave the column DMS Number out.",
        entry.text(Meaning::DmsNumber),
        draft.display_name()
    )
}

/// Whether somebody with the row's address is whom the row means: nothing that both say may differ.
fn is_same_person(entry: &Entry, draft: &ContactDraft) -> bool {
    let differ =
        |said: Option<&str>, has: &str| said.is_some_and(|said| !has.is_empty() && name_key(said) != name_key(has));
    let identifier = draft.details.external_identifier.as_deref().unwrap_or_default();
    let said = entry.get(Meaning::ExternalIdentifier);
    if said.is_some_and(|said| !identifier.is_empty() && said != identifier)
        || differ(entry.get(Meaning::Suffix), &draft.details.suffix)
    {
        return false;
    }
    match (entry.name_key(), names_of(draft)) {
        (Some(name), names) if !names.is_empty() => names.contains(&name),
        _ => true,
    }
}

/// The names somebody is compared by; none for one who is known by an address alone.
fn names_of(draft: &ContactDraft) -> Vec<String> {
    let of = &draft.details;
    let name = match of.contact_type {
        ContactType::Individual => format!("{} {}", of.first_name, of.last_name),
        ContactType::Organization => of.organization_name.clone(),
        ContactType::Household => of.household_name.clone(),
    };
    if name.trim().is_empty() {
        return Vec::new();
    }
    vec![name_key(&name), name_key(&draft.display_name())]
}

fn refuse_unfit(draft: &ContactDraft) -> Result<(), Vec<String>> {
    let problems = draft.problems();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems.into_iter().map(|problem| problem.words).collect()),
    }
}
