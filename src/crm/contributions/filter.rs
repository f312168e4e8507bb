//! Which contributions of the list are wanted, and in which order, as addresses say it.

use super::bulk::Outcome;
use super::custom_filter::CustomFilter;
use super::model::{PaymentMethod, Status};
use crate::base::{BatchId, CampaignId, ContactId, ContributionActionId, Currency, FundId, Money, RecurringId};
use chrono::NaiveDate;

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
    pub(super) fn order(self, descending: bool) -> String {
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
pub(super) fn in_hundredths() -> String {
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
    /// Part of a number or a name that the gift itself has: see `search::mentions`.
    pub reference: String,
    pub contact: Option<ContactId>,
    pub from: Option<NaiveDate>,
    /// The last day, which counts.
    pub to: Option<NaiveDate>,
    pub fund: Option<FundId>,
    /// With its parts.
    pub campaign: Option<CampaignId>,
    pub method: Option<PaymentMethod>,
    pub status: Option<Status>,
    pub currency: Option<Currency>,
    /// In hundredths of whatever currency.
    pub least: Option<i64>,
    pub most: Option<i64>,
    pub thanked: Option<bool>,
    /// Whether somebody besides the contributor is credited.
    pub has_credit: Option<bool>,
    /// Those that this contact has a soft credit of.
    pub credited: Option<ContactId>,
    pub batch: Option<BatchId>,
    pub recurring: Option<RecurringId>,
    /// Those that came to this with a bulk action.
    pub action: Option<(ContributionActionId, Outcome)>,
    /// Of the organization's own fields.
    pub custom: CustomFilter,
    pub sort: Sort,
    pub descending: bool,
}

impl Default for Filter {
    /// Everything, the newest first.
    fn default() -> Self {
        Self {
            query: String::new(),
            reference: String::new(),
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
            has_credit: None,
            credited: None,
            batch: None,
            recurring: None,
            action: None,
            custom: CustomFilter::default(),
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
            reference: value("reference").to_owned(),
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
            has_credit: match value("soft_credit") {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            credited: value("credited").parse().ok(),
            batch: value("batch").parse().ok(),
            recurring: value("recurring").parse().ok(),
            action: value("action").parse().ok().zip(Outcome::parse(value("outcome"))),
            custom: CustomFilter::of(pairs),
            sort,
            descending: match value("order") {
                "ascending" => false,
                "descending" => true,
                _ => sort.starts_descending(),
            },
        }
    }

    /// The pairs `of` reads again.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let amount = |minor: i64| Money::new(minor, Currency::CAD).digits();
        let given = [
            ("q", Some(self.query.clone()).filter(|query| !query.is_empty())),
            (
                "reference",
                Some(self.reference.clone()).filter(|reference| !reference.is_empty()),
            ),
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
            (
                "soft_credit",
                self.has_credit.map(|is| if is { "yes" } else { "no" }.to_owned()),
            ),
            ("credited", self.credited.map(|id| id.to_string())),
            ("batch", self.batch.map(|id| id.to_string())),
            ("recurring", self.recurring.map(|id| id.to_string())),
            ("action", self.action.map(|(id, _)| id.to_string())),
            ("outcome", self.action.map(|(_, outcome)| outcome.to_string())),
        ];
        let mut pairs: Vec<(String, String)> = given
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .chain(self.custom.pairs().iter().cloned())
            .collect();
        if self.sort != Sort::Date {
            pairs.push(("sort".into(), self.sort.as_str().to_owned()));
        }
        if self.descending != self.sort.starts_descending() {
            let order = if self.descending { "descending" } else { "ascending" };
            pairs.push(("order".into(), order.to_owned()));
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
        self.pairs().iter().all(|(name, _)| order.contains(&name.as_str()))
    }

    /// Whether something is asked for that stands behind "More filters".
    pub fn asks_for_more(&self) -> bool {
        self.method.is_some()
            || self.status.is_some()
            || self.currency.is_some()
            || self.least.is_some()
            || self.most.is_some()
            || self.thanked.is_some()
            || self.has_credit.is_some()
            || !self.custom.pairs().is_empty()
    }
}
