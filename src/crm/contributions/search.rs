//! The list of contributions: what fits a filter, in its order, and what it adds up to.

use super::filter::in_hundredths;
pub use super::filter::{Filter, Sort};
use super::model::{PaymentMethod, Status};
use crate::base::{CampaignId, ContactId, ContributionId, Currency, FundId, Money};
use crate::crm::contacts::{self, ListFilter, Selection};
use crate::crm::custom_fields::{self, Record};
use crate::crm::{campaigns, funds};
use crate::db::OrgTx;
use crate::db::schema::{contribution_action_rows, contributions, soft_credits};
use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date, Nullable, Text};
use std::collections::HashMap;

/// A line of the list.
#[derive(Clone, Debug, QueryableByName)]
pub struct ContributionRow {
    #[diesel(sql_type = BigInt)]
    pub id: ContributionId,
    #[diesel(sql_type = BigInt)]
    pub contact_id: ContactId,
    /// "Lem, Anne"
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Text)]
    currency: Currency,
    #[diesel(sql_type = Date)]
    pub received_on: NaiveDate,
    #[diesel(sql_type = BigInt)]
    pub fund_id: FundId,
    #[diesel(sql_type = Text)]
    pub fund: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub campaign_id: Option<CampaignId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub campaign: Option<String>,
    #[diesel(sql_type = Text)]
    pub source: String,
    #[diesel(sql_type = Text)]
    pub payment_method: PaymentMethod,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = Nullable<Date>)]
    pub thanked_on: Option<NaiveDate>,
}

impl ContributionRow {
    /// How much it is.
    pub fn amount(&self) -> Money {
        Money::new(self.amount, self.currency)
    }
}

/// What a list adds up to in one currency, of one status.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Total {
    #[diesel(sql_type = Text)]
    pub currency: Currency,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = BigInt)]
    pub contributions: i64,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

impl Total {
    /// The sum.
    pub fn total(&self) -> Money {
        Money::new(self.total, self.currency)
    }

    /// The sum by the number of gifts, to the nearest smallest unit.
    pub fn average(&self) -> Money {
        let count = self.contributions.max(1);
        Money::new((self.total + count / 2) / count, self.currency)
    }
}

/// A condition on contributions.
pub(super) type Fits = Box<dyn BoxableExpression<contributions::table, Pg, SqlType = Bool>>;

/// What fits; `None` when the search has found nobody.
fn fitting(tx: &mut OrgTx<'_>, filter: &Filter) -> QueryResult<Option<Fits>> {
    use contributions::dsl;
    let mut fits: Fits = Box::new(dsl::organization_id.eq(tx.organization()));
    if !filter.query.is_empty() {
        let asked = ListFilter {
            query: filter.query.clone(),
            ..ListFilter::default()
        };
        let found = contacts::select(tx, &Selection::All(asked))?;
        if found.is_empty() {
            return Ok(None);
        }
        fits = Box::new(fits.and(dsl::contact_id.eq_any(found)));
    }
    if !filter.reference.is_empty() {
        fits = Box::new(fits.and(mentions(&filter.reference)));
    }
    if let Some(contact) = filter.contact {
        fits = Box::new(fits.and(dsl::contact_id.eq(contact)));
    }
    if let Some(from) = filter.from {
        fits = Box::new(fits.and(dsl::received_on.ge(from)));
    }
    if let Some(to) = filter.to {
        fits = Box::new(fits.and(dsl::received_on.le(to)));
    }
    if let Some(fund) = filter.fund {
        fits = Box::new(fits.and(dsl::fund_id.eq(fund)));
    }
    if let Some(campaign) = filter.campaign {
        let campaigns = campaigns::store::with_parts(tx, campaign)?;
        fits = Box::new(fits.and(dsl::campaign_id.assume_not_null().eq_any(campaigns)));
    }
    if let Some(method) = filter.method {
        fits = Box::new(fits.and(dsl::payment_method.eq(method)));
    }
    if let Some(status) = filter.status {
        fits = Box::new(fits.and(dsl::status.eq(status)));
    }
    if let Some(currency) = filter.currency {
        fits = Box::new(fits.and(dsl::currency.eq(currency)));
    }
    if let Some(least) = filter.least {
        fits = Box::new(fits.and(sql::<Bool>(&format!("{} >= ", in_hundredths())).bind::<BigInt, _>(least)));
    }
    if let Some(most) = filter.most {
        fits = Box::new(fits.and(sql::<Bool>(&format!("{} <= ", in_hundredths())).bind::<BigInt, _>(most)));
    }
    match filter.thanked {
        Some(true) => fits = Box::new(fits.and(dsl::thanked_on.is_not_null())),
        Some(false) => fits = Box::new(fits.and(dsl::thanked_on.is_null())),
        None => {}
    }
    let organization = tx.organization();
    let credits = || soft_credits::table.filter(soft_credits::organization_id.eq(organization));
    match filter.has_credit {
        Some(true) => fits = Box::new(fits.and(dsl::id.eq_any(credits().select(soft_credits::contribution_id)))),
        Some(false) => fits = Box::new(fits.and(dsl::id.ne_all(credits().select(soft_credits::contribution_id)))),
        None => {}
    }
    if let Some(credited) = filter.credited {
        let theirs = credits().filter(soft_credits::contact_id.eq(credited));
        fits = Box::new(fits.and(dsl::id.eq_any(theirs.select(soft_credits::contribution_id))));
    }
    if let Some(batch) = filter.batch {
        fits = Box::new(fits.and(dsl::batch_id.assume_not_null().eq(batch)));
    }
    if let Some(recurring) = filter.recurring {
        fits = Box::new(fits.and(dsl::recurring_id.assume_not_null().eq(recurring)));
    }
    if let Some((action, outcome)) = filter.action {
        let came_to = contribution_action_rows::table
            .filter(contribution_action_rows::organization_id.eq(tx.organization()))
            .filter(contribution_action_rows::action_id.eq(action))
            .filter(contribution_action_rows::outcome.eq(outcome))
            .select(contribution_action_rows::contribution_id);
        fits = Box::new(fits.and(dsl::id.eq_any(came_to)));
    }
    if !filter.custom.pairs().is_empty() {
        let fields = custom_fields::store::of(tx, Record::Contribution)?;
        for fits_field in filter.custom.fits(&fields) {
            fits = Box::new(fits.and(fits_field));
        }
    }
    Ok(Some(fits))
}

/// Whether a contribution has these letters, great or small, in its transaction id, cheque number, source, honoree, in-kind
/// description, external identifier, or in the name of its batch.
fn mentions(reference: &str) -> Fits {
    let letters = reference.to_lowercase();
    Box::new(
        sql::<Bool>(
            "(strpos(lower(concat_ws(E'\\n', contributions.transaction_id, contributions.cheque_number, contributions.source, \
                contributions.honoree_name, contributions.in_kind_description, contributions.external_identifier) \
                COLLATE \"und-x-icu\"), ",
        )
        .bind::<Text, _>(letters.clone())
        .sql(
            ") > 0 OR contributions.batch_id IN (SELECT b.id FROM batches b \
                WHERE b.organization_id = contributions.organization_id \
                AND strpos(lower(b.name COLLATE \"und-x-icu\"), ",
        )
        .bind::<Text, _>(letters)
        .sql(") > 0))"),
    )
}

/// The lines that fit, in order.
pub fn list(tx: &mut OrgTx<'_>, filter: &Filter, offset: i64, limit: i64) -> QueryResult<Vec<ContributionRow>> {
    let Some(fits) = fitting(tx, filter)? else {
        return Ok(Vec::new());
    };
    let ids: Vec<ContributionId> = contributions::table
        .filter(fits)
        .order(sql::<Text>(&filter.sort.order(filter.descending)))
        .offset(offset)
        .limit(limit)
        .select(contributions::id)
        .load(&mut **tx)?;
    rows(tx, &ids)
}

/// All that fit, by id, in order.
pub fn ids(tx: &mut OrgTx<'_>, filter: &Filter) -> QueryResult<Vec<ContributionId>> {
    let Some(fits) = fitting(tx, filter)? else {
        return Ok(Vec::new());
    };
    contributions::table
        .filter(fits)
        .order(sql::<Text>(&filter.sort.order(filter.descending)))
        .select(contributions::id)
        .load(&mut **tx)
}

/// What fits, added up: a line for each currency and status, the currency with most gifts first.
pub fn totals(tx: &mut OrgTx<'_>, filter: &Filter) -> QueryResult<Vec<Total>> {
    use diesel::dsl::count_star;
    let Some(fits) = fitting(tx, filter)? else {
        return Ok(Vec::new());
    };
    let rows: Vec<(Currency, Status, i64, i64)> = contributions::table
        .filter(fits)
        .group_by((contributions::currency, contributions::status))
        .select((
            contributions::currency,
            contributions::status,
            count_star(),
            sql::<BigInt>("sum(contributions.amount)::bigint"),
        ))
        .load(&mut **tx)?;
    let mut totals: Vec<Total> = rows
        .into_iter()
        .map(|(currency, status, contributions, total)| Total {
            currency,
            status,
            contributions,
            total,
        })
        .collect();
    totals.sort_by_key(|total| (total.status, -total.contributions, total.currency));
    Ok(totals)
}

/// From how many donors what fits and is Completed came, by currency. Costs more than adding up: every donor is looked at.
pub fn donors(tx: &mut OrgTx<'_>, filter: &Filter) -> QueryResult<HashMap<Currency, i64>> {
    use diesel::dsl::count;
    let Some(fits) = fitting(tx, &filter.with_status(Status::Completed))? else {
        return Ok(HashMap::new());
    };
    let rows: Vec<(Currency, i64)> = contributions::table
        .filter(fits)
        .group_by(contributions::currency)
        .select((
            contributions::currency,
            count(contributions::contact_id).aggregate_distinct(),
        ))
        .load(&mut **tx)?;
    Ok(rows.into_iter().collect())
}

/// What fits and is Completed, by fund and currency, in the order of the funds' names.
pub fn by_fund(tx: &mut OrgTx<'_>, filter: &Filter) -> QueryResult<Vec<(FundId, String, Money)>> {
    let Some(fits) = fitting(tx, &filter.with_status(Status::Completed))? else {
        return Ok(Vec::new());
    };
    let sums: Vec<(FundId, Currency, i64)> = contributions::table
        .filter(fits)
        .group_by((contributions::fund_id, contributions::currency))
        .order(contributions::currency)
        .select((
            contributions::fund_id,
            contributions::currency,
            sql::<BigInt>("sum(contributions.amount)::bigint"),
        ))
        .load(&mut **tx)?;
    let of_fund = |fund: funds::Fund| {
        let own = sums.iter().filter(move |(id, ..)| *id == fund.id);
        let named: Vec<_> = own
            .map(|(id, currency, total)| (*id, fund.is.name.clone(), Money::new(*total, *currency)))
            .collect();
        named
    };
    Ok(funds::store::list(tx)?.into_iter().flat_map(of_fund).collect())
}

/// What was given in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub month: NaiveDate,
    /// In the smallest unit of the currency asked for.
    pub total: i64,
    pub contributions: i64,
}

/// What fits, is Completed and of one currency, month by month; those with nothing are absent.
pub fn by_month(tx: &mut OrgTx<'_>, filter: &Filter, currency: Currency) -> QueryResult<Vec<Month>> {
    use diesel::dsl::count_star;
    let completed = Filter {
        currency: Some(currency),
        ..filter.with_status(Status::Completed)
    };
    let Some(fits) = fitting(tx, &completed)? else {
        return Ok(Vec::new());
    };
    const MONTH: &str = "date_trunc('month', contributions.received_on)::date";
    let rows: Vec<(NaiveDate, i64, i64)> = contributions::table
        .filter(fits)
        .group_by(sql::<Date>(MONTH))
        .order(sql::<Date>(MONTH))
        .select((
            sql::<Date>(MONTH),
            sql::<BigInt>("sum(contributions.amount)::bigint"),
            count_star(),
        ))
        .load(&mut **tx)?;
    let months = rows.into_iter().map(|(month, total, contributions)| Month {
        month,
        total,
        contributions,
    });
    Ok(months.collect())
}

/// The lines of certain contributions, in the order of the ids given.
pub fn rows(tx: &mut OrgTx<'_>, ids: &[ContributionId]) -> QueryResult<Vec<ContributionRow>> {
    let wanted: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let mut rows: Vec<ContributionRow> = diesel::sql_query(
        "SELECT contributions.id, contributions.contact_id, contacts.sort_name AS name, contributions.amount, \
            contributions.currency, contributions.received_on, contributions.fund_id, funds.name AS fund, \
            contributions.campaign_id, campaigns.name AS campaign, contributions.source, contributions.payment_method, \
            contributions.status, contributions.thanked_on \
         FROM contributions \
         JOIN contacts ON contacts.organization_id = contributions.organization_id \
            AND contacts.id = contributions.contact_id \
         JOIN funds ON funds.organization_id = contributions.organization_id AND funds.id = contributions.fund_id \
         LEFT JOIN campaigns ON campaigns.organization_id = contributions.organization_id \
            AND campaigns.id = contributions.campaign_id \
         WHERE contributions.organization_id = $1 AND contributions.id = ANY($2)",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<BigInt>, _>(wanted)
    .load(&mut **tx)?;
    let places: HashMap<_, _> = ids.iter().zip(0..).collect();
    rows.sort_by_key(|row| places.get(&row.id).copied().unwrap_or(usize::MAX));
    Ok(rows)
}
