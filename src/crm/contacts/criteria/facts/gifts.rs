//! What a contact gave, and what it is credited with.

use super::{Above, above, upwards};
use crate::base::{ContactId, Currency, Money};
use crate::crm::custom_fields::CustomValues;
use crate::db::OrgTx;
use crate::db::schema::{campaigns, contributions, soft_credits};
use chrono::NaiveDate;
use diesel::prelude::*;

/// A contribution.
#[derive(Clone, Debug)]
pub struct Gift {
    pub money: Money,
    pub received_on: NaiveDate,
    pub payment_method: String,
    pub status: String,
    pub fund: i64,
    /// Its campaign and those that is a part of.
    pub campaigns: Vec<i64>,
    pub source: String,
    pub transaction_id: String,
    pub cheque_number: String,
    pub in_kind_description: String,
    pub advantage: Money,
    /// "In Honour Of" or "In Memory Of"; empty where it is neither.
    pub dedication: String,
    pub honoree_name: String,
    pub note: String,
    pub thanked_on: Option<NaiveDate>,
    /// Whether it is part of a recurring series.
    pub is_recurring: bool,
    pub custom: CustomValues,
}

/// What a contact is credited with of another's gift.
#[derive(Clone, Debug)]
pub struct Credit {
    pub money: Money,
    pub credit_type: String,
    pub gift: Gift,
}

/// The larger campaign that each is a part of.
pub(super) struct Wholes(Above);

#[derive(Queryable, Selectable)]
#[diesel(table_name = contributions)]
struct Row {
    contact_id: ContactId,
    amount: i64,
    currency: Currency,
    received_on: NaiveDate,
    payment_method: String,
    status: String,
    fund_id: i64,
    campaign_id: Option<i64>,
    source: String,
    transaction_id: String,
    cheque_number: String,
    in_kind_description: String,
    advantage: i64,
    dedication: Option<String>,
    honoree_name: String,
    note: String,
    thanked_on: Option<NaiveDate>,
    recurring_id: Option<i64>,
    custom: CustomValues,
}

impl Gift {
    /// Whether it counts as given.
    pub fn is_completed(&self) -> bool {
        self.status == "Completed"
    }

    fn of(row: Row, Wholes(wholes): &Wholes) -> Self {
        Self {
            money: Money::new(row.amount, row.currency),
            received_on: row.received_on,
            payment_method: row.payment_method,
            status: row.status,
            fund: row.fund_id,
            campaigns: upwards(row.campaign_id, wholes).collect(),
            source: row.source,
            transaction_id: row.transaction_id,
            cheque_number: row.cheque_number,
            in_kind_description: row.in_kind_description,
            advantage: Money::new(row.advantage, row.currency),
            dedication: row.dedication.unwrap_or_default(),
            honoree_name: row.honoree_name,
            note: row.note,
            thanked_on: row.thanked_on,
            is_recurring: row.recurring_id.is_some(),
            custom: row.custom,
        }
    }
}

impl Wholes {
    pub(super) fn load(tx: &mut OrgTx<'_>) -> QueryResult<Self> {
        let rows: Vec<(i64, Option<i64>)> = campaigns::table
            .filter(campaigns::organization_id.eq(tx.organization()))
            .select((campaigns::id, campaigns::parent_id))
            .load(&mut **tx)?;
        Ok(Self(above(rows)))
    }
}

pub(super) fn of(tx: &mut OrgTx<'_>, ids: &[ContactId], wholes: &Wholes) -> QueryResult<Vec<(ContactId, Gift)>> {
    let rows: Vec<Row> = contributions::table
        .filter(contributions::organization_id.eq(tx.organization()))
        .filter(contributions::contact_id.eq_any(ids))
        .order(contributions::id)
        .select(Row::as_select())
        .load(&mut **tx)?;
    let gift = |row: Row| (row.contact_id, Gift::of(row, wholes));
    Ok(rows.into_iter().map(gift).collect())
}

pub(super) fn credited(
    tx: &mut OrgTx<'_>,
    ids: &[ContactId],
    wholes: &Wholes,
) -> QueryResult<Vec<(ContactId, Credit)>> {
    let rows: Vec<(ContactId, i64, String, Row)> = soft_credits::table
        .inner_join(
            contributions::table.on(contributions::organization_id
                .eq(soft_credits::organization_id)
                .and(contributions::id.eq(soft_credits::contribution_id))),
        )
        .filter(soft_credits::organization_id.eq(tx.organization()))
        .filter(soft_credits::contact_id.eq_any(ids))
        .order(soft_credits::id)
        .select((
            soft_credits::contact_id,
            soft_credits::amount,
            soft_credits::credit_type,
            Row::as_select(),
        ))
        .load(&mut **tx)?;
    let credit = |(contact, amount, credit_type, row): (ContactId, i64, String, Row)| {
        let credit = Credit {
            money: Money::new(amount, row.currency),
            credit_type,
            gift: Gift::of(row, wholes),
        };
        (contact, credit)
    };
    Ok(rows.into_iter().map(credit).collect())
}
