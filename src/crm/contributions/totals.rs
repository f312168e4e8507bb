//! What every donor has given, per currency: count, sum, largest, first and last day of the Completed contributions. Kept in
//! `giving_totals` so that searches, smart groups and dashboards need not add up millions of gifts. `refresh` is the one
//! function that writes it, called in the transaction of every change.

use crate::base::{ContactId, Currency, Money};
use crate::db::OrgTx;
use crate::db::schema::giving_totals;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};

/// What a contact has given in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = giving_totals)]
pub struct GivingTotal {
    pub currency: Currency,
    pub contributions: i32,
    pub total: i64,
    pub largest: i64,
    pub first_on: NaiveDate,
    pub last_on: NaiveDate,
}

impl GivingTotal {
    /// All of it.
    pub fn total(&self) -> Money {
        Money::new(self.total, self.currency)
    }

    /// The largest single gift.
    pub fn largest(&self) -> Money {
        Money::new(self.largest, self.currency)
    }
}

/// Writes the totals of these contacts anew. Whoever calls it has locked the contacts before changing their gifts: else two
/// transactions could each miss the other's.
pub fn refresh(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<()> {
    let ids: Vec<i64> = contacts.iter().map(|id| id.0).collect();
    let theirs = giving_totals::organization_id
        .eq(tx.organization().0)
        .and(giving_totals::contact_id.eq_any(&ids));
    diesel::delete(giving_totals::table.filter(theirs)).execute(&mut **tx)?;
    diesel::sql_query(
        "INSERT INTO giving_totals (contact_id, currency, contributions, total, largest, first_on, last_on) \
         SELECT contact_id, currency, count(*), sum(amount)::bigint, max(amount), min(received_on), max(received_on) \
         FROM contributions WHERE organization_id = $1 AND contact_id = ANY($2) AND status = 'Completed' \
         GROUP BY contact_id, currency",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<BigInt>, _>(ids)
    .execute(&mut **tx)?;
    Ok(())
}

/// What a contact has given, the currency with most gifts first.
pub fn of(tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<Vec<GivingTotal>> {
    giving_totals::table
        .filter(giving_totals::organization_id.eq(tx.organization().0))
        .filter(giving_totals::contact_id.eq(contact.0))
        .order((giving_totals::contributions.desc(), giving_totals::currency))
        .select(GivingTotal::as_select())
        .load(&mut **tx)
}
