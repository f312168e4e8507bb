//! Soft credits: who helped a gift along, or is counted with it, without having given it.

use super::actions::{self, ContributionError};
use super::model::{CreditType, Status};
use crate::base::{ContactId, ContributionId, Currency, Money, SoftCreditId};
use crate::changelog::{self, FieldChange, NewChange};
use crate::crm::contacts::rules::Problem;
use crate::db::OrgTx;
use crate::db::schema::{contacts, contributions, soft_credits};
use crate::work;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::result::Error as QueryError;

/// Somebody's part in another's gift.
#[derive(Clone, Debug, Queryable)]
pub struct SoftCredit {
    pub id: SoftCreditId,
    pub contact: ContactId,
    pub name: String,
    amount: i64,
    currency: Currency,
    pub credit_type: CreditType,
    pub contribution: ContributionId,
    pub contributor: ContactId,
    pub received_on: NaiveDate,
    /// Of the gift: only what is Completed is given.
    pub status: Status,
}

impl SoftCredit {
    /// How much of the gift is credited.
    pub fn amount(&self) -> Money {
        Money::new(self.amount, self.currency)
    }
}

/// Rows as `SoftCredit` reads them.
macro_rules! credits {
    ($tx:expr) => {
        soft_credits::table
            .inner_join(
                contacts::table.on(contacts::organization_id
                    .eq(soft_credits::organization_id)
                    .and(contacts::id.eq(soft_credits::contact_id))),
            )
            .inner_join(
                contributions::table.on(contributions::organization_id
                    .eq(soft_credits::organization_id)
                    .and(contributions::id.eq(soft_credits::contribution_id))),
            )
            .filter(soft_credits::organization_id.eq($tx.organization()))
            .select((
                soft_credits::id,
                soft_credits::contact_id,
                contacts::display_name,
                soft_credits::amount,
                contributions::currency,
                soft_credits::credit_type,
                contributions::id,
                contributions::contact_id,
                contributions::received_on,
                contributions::status,
            ))
    };
}

/// The soft credits of a contribution.
pub fn of_contribution(tx: &mut OrgTx<'_>, id: ContributionId) -> QueryResult<Vec<SoftCredit>> {
    credits!(tx)
        .filter(soft_credits::contribution_id.eq(id))
        .order(soft_credits::id)
        .load(&mut **tx)
}

/// The soft credits of several contributions.
pub fn of_contributions(tx: &mut OrgTx<'_>, ids: &[ContributionId]) -> QueryResult<Vec<SoftCredit>> {
    credits!(tx)
        .filter(soft_credits::contribution_id.eq_any(ids))
        .order(soft_credits::id)
        .load(&mut **tx)
}

/// What soft credits of Completed gifts add up to, an amount a currency.
pub fn sums(credits: &[SoftCredit]) -> Vec<Money> {
    let mut sums: Vec<Money> = Vec::new();
    for credit in credits.iter().filter(|credit| credit.status == Status::Completed) {
        match sums.iter_mut().find(|sum| sum.currency == credit.currency) {
            Some(sum) => sum.minor += credit.amount,
            None => sums.push(credit.amount()),
        }
    }
    sums
}

/// The soft credits of a contact, the newest gift first.
pub fn of_contact(tx: &mut OrgTx<'_>, id: ContactId) -> QueryResult<Vec<SoftCredit>> {
    credits!(tx)
        .filter(soft_credits::contact_id.eq(id))
        .order((contributions::received_on.desc(), soft_credits::id.desc()))
        .load(&mut **tx)
}

/// Credits somebody with a part of a gift; both their change logs tell.
pub fn add(
    tx: &mut OrgTx<'_>,
    contribution: ContributionId,
    contact: ContactId,
    amount: Money,
    credit_type: CreditType,
) -> Result<(), ContributionError> {
    let gift = actions::locked_with(tx, &[contribution], &[contact])?.pop();
    let gift = gift.ok_or(QueryError::NotFound)?.is;
    actions::refuse_gone(tx, &[contact].into())?;
    if amount.currency != gift.currency || amount.minor > gift.amount {
        let words =
            "Somebody changed this contribution at the same moment. Look at what it is now, and add the credit again.";
        return Err(ContributionError::Invalid(vec![Problem::new("amount", words)]));
    }
    diesel::insert_into(soft_credits::table)
        .values((
            soft_credits::contribution_id.eq(contribution),
            soft_credits::contact_id.eq(contact),
            soft_credits::amount.eq(amount.minor),
            soft_credits::credit_type.eq(credit_type),
        ))
        .execute(&mut **tx)?;
    let said = format!("{amount} ({credit_type})");
    log(
        tx,
        [gift.contact_id, contact],
        "Soft credit added",
        FieldChange::between("Soft Credit", "", &said),
    )?;
    Ok(())
}

/// Takes a soft credit away; `NotFound` where there is none of this id.
pub fn delete(tx: &mut OrgTx<'_>, contribution: ContributionId, id: SoftCreditId) -> QueryResult<()> {
    let credits = of_contribution(tx, contribution)?;
    let credit = credits
        .iter()
        .find(|credit| credit.id == id)
        .ok_or(QueryError::NotFound)?;
    diesel::delete(soft_credits::table.find((tx.organization().0, id.0))).execute(&mut **tx)?;
    let said = format!("{} ({})", credit.amount(), credit.credit_type);
    let field = FieldChange::between("Soft Credit", &said, "");
    log(tx, [credit.contributor, credit.contact], "Soft credit deleted", field)
}

/// Whoever is credited with a part of these contributions is due when they change: searches ask about the gift as well.
pub fn credited_are_due(tx: &mut OrgTx<'_>, of: &[ContributionId]) -> QueryResult<()> {
    let credited: Vec<ContactId> = soft_credits::table
        .filter(soft_credits::organization_id.eq(tx.organization()))
        .filter(soft_credits::contribution_id.eq_any(of))
        .order(soft_credits::contact_id)
        .select(soft_credits::contact_id)
        .load(&mut **tx)?;
    work::contacts_are_due(tx, &credited)
}

/// Tells whoever was credited with a part of contributions that are deleted.
pub(super) fn tell_gone(tx: &mut OrgTx<'_>, credits: &[SoftCredit], why: &str) -> QueryResult<()> {
    let said = credits
        .iter()
        .map(|credit| format!("{} ({})", credit.amount(), credit.credit_type));
    let lines: Vec<NewChange<'_>> = credits
        .iter()
        .zip(said)
        .map(|(credit, said)| NewChange {
            contact: Some(credit.contact),
            what: "Soft credit deleted",
            fields: FieldChange::between("Soft Credit", &said, "").into_iter().collect(),
            why,
        })
        .collect();
    changelog::record_all(tx, &lines)?;
    let credited: Vec<ContactId> = credits.iter().map(|credit| credit.contact).collect();
    work::contacts_are_due(tx, &credited)
}

fn log(tx: &mut OrgTx<'_>, concerned: [ContactId; 2], what: &str, field: Option<FieldChange>) -> QueryResult<()> {
    let fields: Vec<FieldChange> = field.into_iter().collect();
    let lines = concerned.map(|contact| NewChange {
        contact: Some(contact),
        what,
        fields: fields.clone(),
        why: "",
    });
    changelog::record_all(tx, &lines)?;
    work::contacts_are_due(tx, &concerned)
}
