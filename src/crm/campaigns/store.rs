//! Reading campaigns.

use super::model::Campaign;
use crate::base::{CampaignId, Currency, Money};
use crate::db::OrgTx;
use crate::db::schema::campaigns;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::HashMap;

diesel::define_sql_function! {
    /// Names are told apart without regard to case, as the unique index does.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

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

/// The campaigns that are parts of one, by name.
pub fn parts(tx: &mut OrgTx<'_>, of: CampaignId) -> QueryResult<Vec<Campaign>> {
    campaigns::table
        .filter(campaigns::organization_id.eq(tx.organization()))
        .filter(campaigns::parent_id.eq(of))
        .order((lower(campaigns::name), campaigns::id))
        .select(Campaign::as_select())
        .load(&mut **tx)
}

/// What was given to a campaign and has arrived.
#[derive(Clone, Debug, Default)]
pub struct Raised {
    pub contributions: i64,
    /// One amount a currency.
    pub amounts: Vec<Money>,
}

/// What each campaign has raised by itself, without its parts; those with nothing are absent.
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
    for row in rows {
        let of = raised.entry(row.campaign_id).or_default();
        of.contributions += row.contributions;
        of.amounts.push(Money::new(row.total, row.currency));
    }
    Ok(raised)
}
