//! Reading funds.

use super::model::Fund;
use crate::base::{Currency, FundId, Money};
use crate::db::schema::{contributions, funds};
use crate::db::{OrgTx, lower};
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::collections::HashMap;

/// The fund with this id.
pub fn find(tx: &mut OrgTx<'_>, id: FundId) -> QueryResult<Option<Fund>> {
    funds::table
        .find((tx.organization().0, id.0))
        .select(Fund::as_select())
        .first(&mut **tx)
        .optional()
}

/// The fund with this id, kept from being changed by others until the transaction ends.
pub fn locked(tx: &mut OrgTx<'_>, id: FundId) -> QueryResult<Fund> {
    funds::table
        .find((tx.organization().0, id.0))
        .select(Fund::as_select())
        .for_update()
        .first(&mut **tx)
}

/// All funds by name.
pub fn list(tx: &mut OrgTx<'_>) -> QueryResult<Vec<Fund>> {
    funds::table
        .filter(funds::organization_id.eq(tx.organization()))
        .order((lower(funds::name), funds::id))
        .select(Fund::as_select())
        .load(&mut **tx)
}

/// The fund that is chosen where nobody says otherwise.
pub fn default(tx: &mut OrgTx<'_>) -> QueryResult<Fund> {
    funds::table
        .filter(funds::organization_id.eq(tx.organization()))
        .filter(funds::is_default)
        .select(Fund::as_select())
        .first(&mut **tx)
}

/// What each fund was given and has arrived: how many contributions, and an amount a currency; those with nothing are absent.
pub fn raised(tx: &mut OrgTx<'_>) -> QueryResult<HashMap<FundId, (i64, Vec<Money>)>> {
    let rows: Vec<(FundId, Currency, i64, i64)> = contributions::table
        .filter(contributions::organization_id.eq(tx.organization()))
        .filter(contributions::status.eq("Completed"))
        .group_by((contributions::fund_id, contributions::currency))
        .order((contributions::fund_id, contributions::currency))
        .select((
            contributions::fund_id,
            contributions::currency,
            count_star(),
            sql::<BigInt>("sum(contributions.amount)::bigint"),
        ))
        .load(&mut **tx)?;
    let mut raised: HashMap<FundId, (i64, Vec<Money>)> = HashMap::new();
    for (fund, currency, contributions, total) in rows {
        let (count, amounts) = raised.entry(fund).or_default();
        *count += contributions;
        amounts.push(Money::new(total, currency));
    }
    Ok(raised)
}

/// How many contributions went to each fund, of whatever status; those with none are absent.
pub fn contribution_counts(tx: &mut OrgTx<'_>) -> QueryResult<HashMap<FundId, i64>> {
    let counts: Vec<(FundId, i64)> = contributions::table
        .filter(contributions::organization_id.eq(tx.organization()))
        .group_by(contributions::fund_id)
        .select((contributions::fund_id, count_star()))
        .load(&mut **tx)?;
    Ok(counts.into_iter().collect())
}
