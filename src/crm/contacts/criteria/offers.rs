//! What an organization has lists of, by title: to choose from, and to name in sentences.

use crate::accounts;
use crate::crm::custom_fields::{self, CustomFields};
use crate::db::OrgTx;
use crate::db::schema::groups;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::BTreeMap;

/// A list to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offer {
    Groups,
    Funds,
    Campaigns,
    Tags,
    /// What a contact is to another: the two sides of each type, numbered twice the type and one more; a side that is called
    /// alike from both is one.
    Relationships,
    ActivityTypes,
    /// Who works for the organization.
    Colleagues,
    OpportunityStatuses,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    name: String,
}

/// The lists of an organization.
#[derive(Clone, Debug, Default)]
pub struct Offers {
    lists: BTreeMap<Offer, Vec<(i64, String)>>,
    custom: CustomFields,
}

impl Offers {
    /// All lists.
    pub fn load(tx: &mut OrgTx<'_>) -> QueryResult<Self> {
        let groups: Vec<(i64, String)> = groups::table
            .filter(groups::organization_id.eq(tx.organization()))
            .order((groups::title, groups::id))
            .select((groups::id, groups::title))
            .load(&mut **tx)?;
        let mut named = |sql: &str| -> QueryResult<Vec<(i64, String)>> {
            let rows: Vec<Named> = diesel::sql_query(sql)
                .bind::<BigInt, _>(tx.organization())
                .load(&mut **tx)?;
            Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
        };
        let funds = named("SELECT id, name FROM funds WHERE organization_id = $1 ORDER BY lower(name), id")?;
        // Who asks for a campaign asks for its parts as well, and reads so.
        let campaigns = named(
            "SELECT id, name || CASE WHEN EXISTS (SELECT FROM campaigns AS part WHERE part.organization_id = $1 \
                 AND part.parent_id = whole.id) THEN ' with its parts' ELSE '' END AS name \
             FROM campaigns AS whole WHERE organization_id = $1 ORDER BY lower(whole.name), id",
        )?;
        let tags = named("SELECT id, name FROM tags WHERE organization_id = $1 ORDER BY lower(name), id")?;
        let relationships = named(
            "SELECT id * 2 AS id, label_a_b AS name FROM relationship_types WHERE organization_id = $1 \
             UNION ALL SELECT id * 2 + 1, label_b_a FROM relationship_types \
             WHERE organization_id = $1 AND label_a_b <> label_b_a ORDER BY 2, 1",
        )?;
        let activity_types =
            named("SELECT id, name FROM activity_types WHERE organization_id = $1 ORDER BY lower(name), id")?;
        let statuses =
            named("SELECT id, name FROM opportunity_statuses WHERE organization_id = $1 ORDER BY place, id")?;
        let colleagues = accounts::colleagues(tx)?.into_iter();
        Ok(Self {
            custom: custom_fields::store::all(tx)?,
            lists: [
                (Offer::Groups, groups),
                (Offer::Funds, funds),
                (Offer::Campaigns, campaigns),
                (Offer::Tags, tags),
                (Offer::Relationships, relationships),
                (Offer::ActivityTypes, activity_types),
                (Offer::Colleagues, colleagues.map(|one| (one.id.0, one.name)).collect()),
                (Offer::OpportunityStatuses, statuses),
            ]
            .into(),
        })
    }

    /// One list.
    pub fn of(&self, offer: Offer) -> &[(i64, String)] {
        self.lists.get(&offer).map_or(&[], Vec::as_slice)
    }

    /// The fields it made for itself.
    pub fn custom(&self) -> &CustomFields {
        &self.custom
    }

    /// The title of one thing; one that is gone is called so.
    pub fn title(&self, offer: Offer, id: i64) -> &str {
        let found = self.of(offer).iter().find(|(known, _)| *known == id);
        found.map_or("(deleted)", |(_, title)| title)
    }
}
