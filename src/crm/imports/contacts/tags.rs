//! The tags a file gives people: who has them already, and who gets them by a row. Nobody loses one by a file.

use super::entry::Entry;
use super::meaning::Meaning;
use crate::base::{ContactId, TagId};
use crate::changelog::FieldChange;
use crate::crm::imports::names::{key, several};
use crate::crm::tags::actions::{self, TagError};
use crate::crm::tags::model::TagDraft;
use crate::crm::tags::store;
use crate::db::OrgTx;
use diesel::QueryResult;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A tag that somebody got by a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenTag {
    pub tag: TagId,
    pub name: String,
}

/// The tags there are, and who of the people at hand has which.
#[derive(Debug, Default)]
pub struct NamedTags {
    known: HashMap<String, (TagId, String)>,
    had: HashSet<(TagId, ContactId)>,
}

/// The names a row gives, each once.
pub fn named(entry: &Entry) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in entry.get(Meaning::Tags).into_iter().flat_map(several) {
        if !names.iter().any(|known| key(known) == key(name)) {
            names.push(name.to_owned());
        }
    }
    names
}

impl NamedTags {
    /// Who of these contacts has which tags; nothing is asked where no row names one.
    pub fn find(tx: &mut OrgTx<'_>, are_named: bool, contacts: &[ContactId]) -> QueryResult<Self> {
        if !are_named {
            return Ok(Self::default());
        }
        let all = store::all(tx)?;
        let ids: Vec<TagId> = all.iter().map(|tag| tag.id).collect();
        Ok(Self {
            known: all
                .into_iter()
                .map(|tag| (key(&tag.name), (tag.id, tag.name)))
                .collect(),
            had: store::had_by(tx, &ids, contacts)?.into_iter().collect(),
        })
    }

    /// Whether somebody does not have the tag yet.
    pub fn is_open(&self, name: &str, contact: Option<ContactId>) -> bool {
        let known = self.known.get(&key(name)).zip(contact);
        known.is_none_or(|((tag, _), contact)| !self.had.contains(&(*tag, contact)))
    }

    /// Gives tags, one at a time: those that do not exist yet are made. Returns what was given, by the place among the wanted.
    pub fn give(
        &mut self,
        tx: &mut OrgTx<'_>,
        wanted: &[(ContactId, String)],
    ) -> Result<HashMap<usize, GivenTag>, TagError> {
        let mut by_tag: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, (_, name)) in wanted.iter().enumerate() {
            by_tag.entry(key(name)).or_default().push(place);
        }
        let mut given = HashMap::new();
        for places in by_tag.into_values() {
            let (tag, name) = self.existing(tx, &wanted[places[0]].1)?;
            let mut new = Vec::new();
            for place in places {
                let contact = wanted[place].0;
                if self.had.insert((tag, contact)) {
                    new.push(contact);
                    let name = name.clone();
                    given.insert(place, GivenTag { tag, name });
                }
            }
            actions::tag_contacts(tx, tag, &new, "")?;
        }
        Ok(given)
    }

    fn existing(&mut self, tx: &mut OrgTx<'_>, name: &str) -> Result<(TagId, String), TagError> {
        if let Some(known) = self.known.get(&key(name)) {
            return Ok(known.clone());
        }
        let draft = TagDraft {
            name: name.split_whitespace().collect::<Vec<_>>().join(" "),
            ..TagDraft::default()
        };
        let made = (actions::create(tx, &draft)?, draft.name);
        self.known.insert(key(name), made.clone());
        Ok(made)
    }
}

/// How a tag that somebody gets reads beside the changes of fields.
pub fn shown(name: &str) -> FieldChange {
    FieldChange {
        field: "Tag".into(),
        old: String::new(),
        new: name.to_owned(),
    }
}
