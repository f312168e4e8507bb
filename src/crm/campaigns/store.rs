//! Reading campaigns.

use super::model::Campaign;
use crate::base::{CampaignId, Currency, Money};
use crate::db::schema::campaigns;
use crate::db::{OrgTx, lower};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::HashMap;

/// The campaign with this id.
pub fn find(tx: &mut OrgTx<'_>, id: CampaignId) -> QueryResult<Option<Campaign>> {
    campaigns::table
        .find((tx.organization().0, id.0))
        .select(Campaign::as_select())
        .first(&mut **tx)
        .optional()
}

/// All campaigns by name.
pub fn list(tx: &mut OrgTx<'_>) -> QueryResult<Vec<Campaign>> {
    campaigns::table
        .filter(campaigns::organization_id.eq(tx.organization()))
        .order((lower(campaigns::name), campaigns::id))
        .select(Campaign::as_select())
        .load(&mut **tx)
}

/// All campaigns, kept from being changed by others until the transaction ends: two people could make two campaigns parts
/// of each other.
pub fn locked(tx: &mut OrgTx<'_>) -> QueryResult<Vec<Campaign>> {
    campaigns::table
        .filter(campaigns::organization_id.eq(tx.organization()))
        .order(campaigns::id)
        .select(Campaign::as_select())
        .for_update()
        .load(&mut **tx)
}

/// The campaigns that are parts of one, by name.
pub fn parts(tx: &mut OrgTx<'_>, of: CampaignId) -> QueryResult<Vec<Campaign>> {
    campaigns::table
        .filter(campaigns::organization_id.eq(tx.organization()))
        .filter(campaigns::parent_id.eq(of))
        .order((lower(campaigns::name), campaigns::id))
        .select(Campaign::as_select())
        .load(&mut **tx)
}

/// A campaign and all that are parts of it, or of its parts.
pub fn with_parts(tx: &mut OrgTx<'_>, of: CampaignId) -> QueryResult<Vec<CampaignId>> {
    let all: Vec<(CampaignId, Option<CampaignId>)> = campaigns::table
        .filter(campaigns::organization_id.eq(tx.organization()))
        .select((campaigns::id, campaigns::parent_id))
        .load(&mut **tx)?;
    Ok(tree(of, &all))
}

/// From the top downwards; no campaign is a part of itself, so this ends.
fn tree(top: CampaignId, all: &[(CampaignId, Option<CampaignId>)]) -> Vec<CampaignId> {
    let mut found = vec![top];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        let parts = all.iter().filter(|(_, of)| *of == Some(parent)).map(|(id, _)| *id);
        found.extend(parts);
        at += 1;
    }
    found
}

/// What was given to a campaign and has arrived.
#[derive(Clone, Debug, Default)]
pub struct Raised {
    pub contributions: i64,
    /// One amount a currency.
    pub amounts: Vec<Money>,
}

impl Raised {
    fn add(&mut self, contributions: i64, amount: Money) {
        self.contributions += contributions;
        match self.amounts.iter_mut().find(|one| one.currency == amount.currency) {
            Some(one) => one.minor += amount.minor,
            None => self.amounts.push(amount),
        }
    }
}

/// What each campaign has raised with its parts; those with nothing are absent.
pub fn raised(tx: &mut OrgTx<'_>) -> QueryResult<HashMap<CampaignId, Raised>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        campaign_id: CampaignId,
        #[diesel(sql_type = Text)]
        currency: Currency,
        #[diesel(sql_type = BigInt)]
        contributions: i64,
        #[diesel(sql_type = BigInt)]
        total: i64,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT campaign_id, currency, count(*) AS contributions, sum(amount)::bigint AS total FROM contributions \
         WHERE organization_id = $1 AND campaign_id IS NOT NULL AND status = 'Completed' \
         GROUP BY campaign_id, currency ORDER BY campaign_id, currency",
    )
    .bind::<BigInt, _>(tx.organization())
    .load(&mut **tx)?;
    let mut raised: HashMap<CampaignId, Raised> = HashMap::new();
    let above: HashMap<CampaignId, Option<CampaignId>> = campaigns::table
        .filter(campaigns::organization_id.eq(tx.organization()))
        .select((campaigns::id, campaigns::parent_id))
        .load::<(CampaignId, Option<CampaignId>)>(&mut **tx)?
        .into_iter()
        .collect();
    for row in rows {
        let mut next = Some(row.campaign_id);
        while let Some(campaign) = next {
            raised
                .entry(campaign)
                .or_default()
                .add(row.contributions, Money::new(row.total, row.currency));
            next = above.get(&campaign).copied().flatten();
        }
    }
    Ok(raised)
}
