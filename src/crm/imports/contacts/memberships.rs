//! The groups a file speaks of: who is in them already, and who joins or leaves by a row.

use super::entry::Entry;
use super::meaning::Meaning;
use super::record::MembershipChange;
use crate::base::{ContactId, GroupId};
use crate::changelog::FieldChange;
use crate::crm::groups::actions::{self, TitleError};
use crate::crm::groups::standings::{Standing, standings};
use crate::crm::groups::store;
use crate::db::OrgTx;
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// What a row wants of a group, by its title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub title: String,
    /// Joins, or is recorded as one who left.
    pub joins: bool,
}

/// The groups that the rows at hand name.
#[derive(Debug, Default)]
pub struct NamedGroups {
    /// By title in lower case: titles differ in more than their case.
    known: HashMap<String, (GroupId, String)>,
    standings: HashMap<(GroupId, ContactId), Standing>,
}

/// What a row wants: the group it names, and the one everybody of the file joins.
pub fn wishes(entry: &Entry, everybody: Option<&str>) -> Vec<Wish> {
    let named = entry.get(Meaning::Group).map(|title| Wish {
        title: title.to_owned(),
        joins: entry.get(Meaning::GroupStatus) != Some("Removed"),
    });
    let everybody = everybody.filter(|title| named.as_ref().is_none_or(|named| key(&named.title) != key(title)));
    let joined = everybody.map(|title| Wish {
        title: title.to_owned(),
        joins: true,
    });
    named.into_iter().chain(joined).collect()
}

impl NamedGroups {
    /// Finds the groups by their titles, and where the contacts stand in them.
    pub fn find<'a>(
        tx: &mut OrgTx<'_>,
        titles: impl Iterator<Item = &'a str>,
        contacts: &[ContactId],
    ) -> QueryResult<Self> {
        let mut found = Self::default();
        let distinct: HashMap<String, &str> = titles.map(|title| (key(title), title)).collect();
        for (key, title) in distinct {
            if let Some(group) = store::find_by_title(tx, title)? {
                let of_group = standings(tx, group.id, contacts)?;
                let keyed = of_group
                    .into_iter()
                    .map(|(contact, standing)| ((group.id, contact), standing));
                found.standings.extend(keyed);
                found.known.insert(key, (group.id, group.title));
            }
        }
        Ok(found)
    }

    /// Whether a wish is not fulfilled yet.
    pub fn is_open(&self, wish: &Wish, contact: Option<ContactId>) -> bool {
        match (self.standing(wish, contact), wish.joins) {
            (Some(standing), joins) => standing.is_current() != joins,
            (None, _) => true,
        }
    }

    fn standing(&self, wish: &Wish, contact: Option<ContactId>) -> Option<&Standing> {
        let (group, _) = self.known.get(&key(&wish.title))?;
        self.standings.get(&(*group, contact?))
    }

    /// Fulfils the wishes, a group at a time: groups that do not exist yet are made. Returns what changed, by the wish's
    /// place.
    pub fn fulfil(
        &mut self,
        tx: &mut OrgTx<'_>,
        wanted: &[(ContactId, Wish)],
    ) -> Result<HashMap<usize, MembershipChange>, TitleError> {
        let mut by_group: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, (contact, wish)) in wanted.iter().enumerate() {
            if self.is_open(wish, Some(*contact)) {
                by_group.entry(key(&wish.title)).or_default().push(place);
            }
        }
        let mut changed = HashMap::new();
        for places in by_group.into_values() {
            let group = self.existing(tx, &wanted[places[0]].1.title)?;
            // A file may say both of somebody: the last row decides.
            let last: BTreeMap<ContactId, usize> = places.iter().map(|place| (wanted[*place].0, *place)).collect();
            let (join, leave): (Vec<_>, Vec<_>) = last.into_iter().partition(|(_, place)| wanted[*place].1.joins);
            self.write(tx, &group, &join, &leave, &mut changed)?;
        }
        Ok(changed)
    }

    fn existing(&mut self, tx: &mut OrgTx<'_>, title: &str) -> Result<(GroupId, String), TitleError> {
        if let Some(known) = self.known.get(&key(title)) {
            return Ok(known.clone());
        }
        let made = (actions::create(tx, title, "")?, title.to_owned());
        self.known.insert(key(title), made.clone());
        Ok(made)
    }

    fn write(
        &mut self,
        tx: &mut OrgTx<'_>,
        group: &(GroupId, String),
        join: &[(ContactId, usize)],
        leave: &[(ContactId, usize)],
        changed: &mut HashMap<usize, MembershipChange>,
    ) -> QueryResult<()> {
        let ids = |of: &[(ContactId, usize)]| of.iter().map(|(contact, _)| *contact).collect::<Vec<_>>();
        let (joining, leaving) = (ids(join), ids(leave));
        // One who was never in it is recorded as having been, so that the group stands among their past ones.
        let unknown: Vec<ContactId> = leaving
            .iter()
            .copied()
            .filter(|contact| !self.standings.contains_key(&(group.0, *contact)))
            .collect();
        actions::add_contacts(tx, group.0, &[joining.clone(), unknown].concat(), "")?;
        actions::remove_contacts(tx, group.0, &leaving, "")?;
        let after = standings(tx, group.0, &[joining, leaving].concat())?;
        for (contact, place) in join.iter().chain(leave) {
            let Some(after) = after.get(contact).cloned() else {
                continue;
            };
            let before = self.standings.insert((group.0, *contact), after.clone());
            let change = MembershipChange {
                group: group.0,
                title: group.1.clone(),
                before,
                after,
            };
            changed.insert(*place, change);
        }
        Ok(())
    }
}

/// How a change of membership reads beside the changes of fields.
pub fn shown(title: &str, joins: bool) -> FieldChange {
    FieldChange {
        field: "Group".into(),
        old: String::new(),
        new: if joins {
            title.to_owned()
        } else {
            format!("{title} (Removed)")
        },
    }
}

fn key(title: &str) -> String {
    title.to_lowercase()
}
