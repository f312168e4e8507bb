//! The list of contributions: what is searched and filtered, in which order, and what it adds up to.

use super::model::{PaymentMethod, Status};
use crate::base::{BatchId, CampaignId, ContactId, ContributionId, Currency, FundId, Money, RecurringId};
use crate::crm::contacts::{self, ListFilter, Selection};
use crate::db::OrgTx;
use crate::db::schema::contributions;
use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date, Nullable, Text};

/// The columns the list can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Date,
    Name,
    Amount,
    Fund,
    Campaign,
    Source,
    Method,
    Thanked,
}

impl Sort {
    /// In the order of the columns.
    pub const ALL: [Self; 8] = [
        Self::Date,
        Self::Name,
        Self::Amount,
        Self::Fund,
        Self::Campaign,
        Self::Source,
        Self::Method,
        Self::Thanked,
    ];

    /// The word in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Name => "name",
            Self::Amount => "amount",
            Self::Fund => "fund",
            Self::Campaign => "campaign",
            Self::Source => "source",
            Self::Method => "method",
            Self::Thanked => "thanked",
        }
    }

    /// The heading of the column.
    pub fn label(self) -> &'static str {
        match self {
            Self::Date => "Date",
            Self::Name => "Name",
            Self::Amount => "Amount",
            Self::Fund => "Fund",
            Self::Campaign => "Campaign",
            Self::Source => "Source",
            Self::Method => "Method",
            Self::Thanked => "Thanked",
        }
    }

    /// Whether somebody who chooses the column wants its largest first.
    pub fn starts_descending(self) -> bool {
        matches!(self, Self::Date | Self::Amount)
    }

    /// The id makes the order of equals firm; what is empty comes last either way.
    fn order(self, descending: bool) -> String {
        let way = if descending { "DESC" } else { "ASC" };
        let named = |table: &str, column: &str, name: &str| {
            format!(
                "(SELECT named.{name} FROM {table} named WHERE named.organization_id = contributions.organization_id \
                 AND named.id = contributions.{column}) COLLATE \"und-x-icu\" {way} NULLS LAST"
            )
        };
        let first = match self {
            Self::Date => format!("contributions.received_on {way}"),
            Self::Name => named("contacts", "contact_id", "sort_name"),
            Self::Amount => format!("{} {way}", in_hundredths()),
            Self::Fund => named("funds", "fund_id", "name"),
            Self::Campaign => named("campaigns", "campaign_id", "name"),
            Self::Source => format!("nullif(contributions.source, '') COLLATE \"und-x-icu\" {way} NULLS LAST"),
            Self::Method => format!("contributions.payment_method {way}"),
            Self::Thanked => format!("contributions.thanked_on {way} NULLS LAST"),
        };
        format!("{first}, contributions.id {way}")
    }
}

/// Amounts of all currencies as numbers people can compare: in hundredths of the currency.
fn in_hundredths() -> String {
    let list = |codes: &str| {
        let quoted: Vec<String> = codes.split_whitespace().map(|code| format!("'{code}'")).collect();
        quoted.join(", ")
    };
    format!(
        "(CASE WHEN contributions.currency IN ({}) THEN contributions.amount * 100 \
         WHEN contributions.currency IN ({}) THEN contributions.amount / 10 ELSE contributions.amount END)",
        list(crate::base::WHOLE_CURRENCIES),
        list(crate::base::THOUSANDTHS_CURRENCIES)
    )
}

/// Which contributions are wanted, and in which order.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Words of the contributor, as in the search box.
    pub query: String,
    pub contact: Option<ContactId>,
    pub from: Option<NaiveDate>,
    /// The last day, which counts.
    pub to: Option<NaiveDate>,
    pub fund: Option<FundId>,
    pub campaign: Option<CampaignId>,
    pub method: Option<PaymentMethod>,
    pub status: Option<Status>,
    pub currency: Option<Currency>,
    /// In hundredths of whatever currency.
    pub least: Option<i64>,
    pub most: Option<i64>,
    pub thanked: Option<bool>,
    pub batch: Option<BatchId>,
    pub recurring: Option<RecurringId>,
    pub sort: Sort,
    pub descending: bool,
}

impl Default for Filter {
    /// Everything, the newest first.
    fn default() -> Self {
        Self {
            query: String::new(),
            contact: None,
            from: None,
            to: None,
            fund: None,
            campaign: None,
            method: None,
            status: None,
            currency: None,
            least: None,
            most: None,
            thanked: None,
            batch: None,
            recurring: None,
            sort: Sort::Date,
            descending: true,
        }
    }
}

impl Filter {
    /// Reads a query string; what it does not know is passed over.
    pub fn of(pairs: &[(String, String)]) -> Self {
        let value = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.trim()).unwrap_or_default()
        };
        let amount = |name: &str| Money::parse(value(name), Currency::CAD).ok().map(|money| money.minor);
        let sort = Sort::ALL
            .into_iter()
            .find(|sort| sort.as_str() == value("sort"))
            .unwrap_or_default();
        Self {
            query: value("q").to_owned(),
            contact: value("contact").parse().ok(),
            from: value("from").parse().ok(),
            to: value("to").parse().ok(),
            fund: value("fund").parse().ok(),
            campaign: value("campaign").parse().ok(),
            method: PaymentMethod::parse(value("method")),
            status: Status::parse(value("status")),
            currency: Currency::parse(value("currency")),
            least: amount("amount_from"),
            most: amount("amount_to"),
            thanked: match value("thanked") {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            batch: value("batch").parse().ok(),
            recurring: value("recurring").parse().ok(),
            sort,
            descending: match value("order") {
                "ascending" => false,
                "descending" => true,
                _ => sort.starts_descending(),
            },
        }
    }

    /// The pairs `of` reads again.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let amount = |minor: i64| Money::new(minor, Currency::CAD).digits();
        let given = [
            ("q", Some(self.query.clone()).filter(|query| !query.is_empty())),
            ("contact", self.contact.map(|id| id.to_string())),
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
            ("fund", self.fund.map(|id| id.to_string())),
            ("campaign", self.campaign.map(|id| id.to_string())),
            ("method", self.method.map(|one| one.to_string())),
            ("status", self.status.map(|one| one.to_string())),
            ("currency", self.currency.map(|one| one.to_string())),
            ("amount_from", self.least.map(amount)),
            ("amount_to", self.most.map(amount)),
            (
                "thanked",
                self.thanked.map(|is| if is { "yes" } else { "no" }.to_owned()),
            ),
            ("batch", self.batch.map(|id| id.to_string())),
            ("recurring", self.recurring.map(|id| id.to_string())),
        ];
        let mut pairs: Vec<(&'static str, String)> = given
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        if self.sort != Sort::Date {
            pairs.push(("sort", self.sort.as_str().to_owned()));
        }
        if self.descending != self.sort.starts_descending() {
            let order = if self.descending { "descending" } else { "ascending" };
            pairs.push(("order", order.to_owned()));
        }
        pairs
    }

    /// The same of one status only.
    pub fn with_status(&self, status: Status) -> Self {
        Self {
            status: Some(status),
            ..self.clone()
        }
    }

    /// Whether everything is wanted, in whatever order.
    pub fn is_open(&self) -> bool {
        let order = ["sort", "order"];
        self.pairs().iter().all(|(name, _)| order.contains(name))
    }

    /// Whether something is asked for that stands behind "More filters".
    pub fn asks_for_more(&self) -> bool {
        self.method.is_some()
            || self.status.is_some()
            || self.currency.is_some()
            || self.least.is_some()
            || self.most.is_some()
            || self.thanked.is_some()
    }
}

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
    pub donors: i64,
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

type Fits = Box<dyn BoxableExpression<contributions::table, Pg, SqlType = Bool>>;

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
        fits = Box::new(fits.and(dsl::campaign_id.assume_not_null().eq(campaign)));
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
    if let Some(batch) = filter.batch {
        fits = Box::new(fits.and(dsl::batch_id.assume_not_null().eq(batch)));
    }
    if let Some(recurring) = filter.recurring {
        fits = Box::new(fits.and(dsl::recurring_id.assume_not_null().eq(recurring)));
    }
    Ok(Some(fits))
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

/// What fits, added up: a line for each currency and status, the currency with most gifts first.
pub fn totals(tx: &mut OrgTx<'_>, filter: &Filter) -> QueryResult<Vec<Total>> {
    use diesel::dsl::{count, count_star};
    let Some(fits) = fitting(tx, filter)? else {
        return Ok(Vec::new());
    };
    let rows: Vec<(Currency, Status, i64, i64, i64)> = contributions::table
        .filter(fits)
        .group_by((contributions::currency, contributions::status))
        .select((
            contributions::currency,
            contributions::status,
            count_star(),
            count(contributions::contact_id).aggregate_distinct(),
            sql::<BigInt>("sum(contributions.amount)::bigint"),
        ))
        .load(&mut **tx)?;
    let mut totals: Vec<Total> = rows
        .into_iter()
        .map(|(currency, status, contributions, donors, total)| Total {
            currency,
            status,
            contributions,
            donors,
            total,
        })
        .collect();
    totals.sort_by_key(|total| (total.status, -total.contributions, total.currency));
    Ok(totals)
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
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    Ok(rows)
}
