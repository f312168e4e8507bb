//! What an organization has lists of, by title: to choose from, and to name in sentences.

use crate::db::OrgTx;
use crate::db::schema::groups;
use diesel::prelude::*;
use std::collections::BTreeMap;

/// A list to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offer {
    Groups,
}

/// The lists of an organization.
#[derive(Clone, Debug, Default)]
pub struct Offers(BTreeMap<Offer, Vec<(i64, String)>>);

impl Offers {
    /// All lists.
    pub fn load(tx: &mut OrgTx<'_>) -> QueryResult<Self> {
        let groups: Vec<(i64, String)> = groups::table
            .filter(groups::organization_id.eq(tx.organization()))
            .order((groups::title, groups::id))
            .select((groups::id, groups::title))
            .load(&mut **tx)?;
        Ok(Self([(Offer::Groups, groups)].into()))
    }

    /// One list.
    pub fn of(&self, offer: Offer) -> &[(i64, String)] {
        self.0.get(&offer).map_or(&[], Vec::as_slice)
    }

    /// The title of one thing; one that is gone is called so.
    pub fn title(&self, offer: Offer, id: i64) -> &str {
        let found = self.of(offer).iter().find(|(known, _)| *known == id);
        found.map_or("(deleted)", |(_, title)| title)
    }
}
