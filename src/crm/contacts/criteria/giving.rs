//! Questions about what a contact gave: how much, how often, how much at once; ever or in a period, to anything or to one
//! fund or campaign. Only Completed contributions count. Who gave nothing gave less than anything.

use super::Typed;
use super::calendar::{Calendar, Stretch};
use super::controls::{Control, Ops, things_of};
use super::facts::{Facts, Gift};
use super::offers::{Offer, Offers};
use super::period::{Period, Span};
use super::sql::{Bind, Sql};
use super::when::PAST;
use crate::base::{Currency, Money};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Total,
    Largest,
    Count,
}

/// What is asked of a measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// At least as much, or else less.
    at_least: bool,
    bound: Bound,
    /// Ever, where there is none.
    when: Option<Period>,
    to: Target,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    Money(Money),
    Number(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Anything,
    Fund(i64),
    Campaign(i64),
}

const OPS: Ops = &[("at_least", "is at least"), ("less_than", "is less than")];
const CURRENCIES: Ops = &[
    ("CAD", "CAD"),
    ("USD", "USD"),
    ("EUR", "EUR"),
    ("GBP", "GBP"),
    ("AUD", "AUD"),
    ("CHF", "CHF"),
];

/// What was typed, in its order: the amount and its currency or the number, when, and to what.
struct Parts<'t> {
    bound: &'t str,
    currency: &'t str,
    when: &'t str,
    period: Vec<String>,
    to: &'t str,
}

impl Measure {
    fn is_money(self) -> bool {
        self != Self::Count
    }

    fn parts(self, typed: &Typed) -> Parts<'_> {
        let (bound, rest) = typed
            .values
            .split_first()
            .map_or(("", [].as_slice()), |(bound, rest)| (bound.as_str(), rest));
        let (currency, rest) = match (self.is_money(), rest) {
            (true, [currency, rest @ ..]) => (currency.as_str(), rest),
            (_, rest) => ("CAD", rest),
        };
        let (when, rest) = rest
            .split_first()
            .map_or(("ever", [].as_slice()), |(when, rest)| (when.as_str(), rest));
        let (to, period) = match rest.split_last() {
            Some((to, period)) if Target::read(to).is_some() => (to.as_str(), period),
            _ => ("any", rest),
        };
        Parts {
            bound: bound.trim(),
            currency,
            when,
            period: period.to_vec(),
            to,
        }
    }

    pub(super) fn read(self, typed: &Typed) -> Result<Test, &'static str> {
        let at_least = match typed.op.as_str() {
            "at_least" => true,
            "less_than" => false,
            _ => return Err("Choose how to compare."),
        };
        let parts = self.parts(typed);
        let bound = match self.is_money() {
            true => {
                let currency = Currency::parse(parts.currency).ok_or("Choose a currency.")?;
                Bound::Money(Money::parse(parts.bound, currency)?)
            }
            false => Bound::Number(
                parts
                    .bound
                    .parse()
                    .map_err(|_| "Write how many, as a number from 1 up.")?,
            ),
        };
        if bound.minor() < 1 {
            return Err("Write an amount above zero.");
        }
        Ok(Test {
            at_least,
            bound,
            when: match parts.when {
                "ever" => None,
                when => Some(Period::read(when, &parts.period)?),
            },
            to: Target::read(parts.to).ok_or("Choose a fund or a campaign.")?,
        })
    }

    pub(super) fn sql(self, test: &Test, sql: &mut Sql, calendar: &Calendar) -> String {
        let enough = match test {
            Test {
                when: None,
                to: Target::Anything,
                ..
            } => self.of_totals(test, sql),
            _ => self.of_contributions(test, sql, calendar),
        };
        if test.at_least { enough } else { format!("NOT {enough}") }
    }

    /// All that was ever given stands in `giving_totals`, a row for each currency.
    fn of_totals(self, test: &Test, sql: &mut Sql) -> String {
        let currency = test.currency_sql(sql);
        let bound = sql.bind(Bind::Number(test.bound.minor()));
        match self {
            Self::Total => sql.has_row("giving_totals", &format!("{currency} AND total >= {bound}")),
            Self::Largest => sql.has_row("giving_totals", &format!("{currency} AND largest >= {bound}")),
            Self::Count => sql.has_rows_that("giving_totals", &currency, &format!("sum(contributions) >= {bound}")),
        }
    }

    fn of_contributions(self, test: &Test, sql: &mut Sql, calendar: &Calendar) -> String {
        let mut counts = format!("status = 'Completed' AND {}", test.currency_sql(sql));
        if let Some(period) = &test.when {
            counts.push_str(" AND ");
            counts.push_str(&within(sql, period, calendar));
        }
        counts.push_str(&test.to.sql(sql));
        let bound = sql.bind(Bind::Number(test.bound.minor()));
        match self {
            Self::Total => sql.has_rows_that("contributions", &counts, &format!("sum(amount) >= {bound}")),
            Self::Largest => sql.has_row("contributions", &format!("{counts} AND amount >= {bound}")),
            Self::Count => sql.has_rows_that("contributions", &counts, &format!("count(*) >= {bound}")),
        }
    }

    pub(super) fn holds(self, test: &Test, facts: &Facts, calendar: &Calendar) -> bool {
        (self.of(test, facts, calendar) >= test.bound.minor()) == test.at_least
    }

    fn of(self, test: &Test, facts: &Facts, calendar: &Calendar) -> i64 {
        let amounts = facts
            .gifts
            .iter()
            .filter(|gift| test.counts(gift, calendar))
            .map(|gift| gift.money.minor);
        match self {
            Self::Total => amounts.sum(),
            Self::Largest => amounts.max().unwrap_or(0),
            Self::Count => i64::try_from(amounts.count()).unwrap_or(i64::MAX),
        }
    }

    pub(super) fn value_of(self, test: &Test, facts: &Facts, calendar: &Calendar) -> Vec<String> {
        let value = self.of(test, facts, calendar);
        vec![match test.bound {
            Bound::Money(bound) => Money::new(value, bound.currency).to_string(),
            Bound::Number(_) => value.to_string(),
        }]
    }

    pub(super) fn controls(self, typed: &Typed, offers: &Offers) -> Vec<Control> {
        let parts = self.parts(typed);
        let mut controls = vec![Control::op(OPS, &typed.op)];
        match self.is_money() {
            true => controls.extend([
                Control::input("value", "Amount", "text", parts.bound),
                Control::select("value", "Currency", CURRENCIES, parts.currency),
            ]),
            false => controls.push(Control::input("value", "How many", "number", parts.bound)),
        }
        let when = Control::select_that_decides("value", "When", PAST, parts.when);
        let period = Period::controls(when.chosen(), "value", &parts.period);
        controls.push(when);
        controls.extend(period);
        controls.push(Target::control(parts.to, offers));
        controls
    }
}

/// Who gave on one of these days.
fn gave_on(sql: &mut Sql, days: &[Stretch]) -> Option<String> {
    let on = |days: &Stretch| days.sql("received_on", |day| sql.bind(Bind::Date(day)));
    let on: Vec<String> = days.iter().map(on).collect();
    let fits = format!("status = 'Completed' AND ({})", on.join(" OR "));
    (!days.is_empty()).then(|| sql.has_row("contributions", &fits))
}

/// That a contribution was received in a period.
fn within(sql: &mut Sql, period: &Period, calendar: &Calendar) -> String {
    period
        .stretch(calendar)
        .sql("received_on", |day| sql.bind(Bind::Date(day)))
}

impl Bound {
    fn minor(self) -> i64 {
        match self {
            Self::Money(money) => money.minor,
            Self::Number(number) => number,
        }
    }
}

impl Test {
    fn currency_sql(&self, sql: &mut Sql) -> String {
        match self.bound {
            Bound::Money(money) => format!("currency = {}", sql.bind(Bind::Text(money.currency.code().to_owned()))),
            Bound::Number(_) => "true".into(),
        }
    }

    fn counts(&self, gift: &Gift, calendar: &Calendar) -> bool {
        let in_currency = match self.bound {
            Bound::Money(bound) => gift.money.currency == bound.currency,
            Bound::Number(_) => true,
        };
        let in_period = |period: &Period| period.stretch(calendar).contains(gift.received_on);
        in_currency && self.when.as_ref().is_none_or(in_period) && self.to.fits(gift)
    }

    pub(super) fn words(&self, offers: &Offers) -> String {
        let op = if self.at_least { "is at least" } else { "is less than" };
        let bound = match self.bound {
            Bound::Money(money) => money.to_string(),
            Bound::Number(number) => number.to_string(),
        };
        let when = self
            .when
            .as_ref()
            .map_or_else(String::new, |period| format!(" {}", period.words()));
        let to = self.to.words(offers);
        format!("{op} {bound}{when}{to}")
    }

    pub(super) fn is_relative(&self) -> bool {
        self.when.as_ref().is_some_and(Period::is_relative)
    }

    /// Who gave on a day that came into the period or left it from one day to another.
    pub(super) fn moved(&self, sql: &mut Sql, before: &Calendar, now: &Calendar) -> Option<String> {
        gave_on(sql, &self.when.as_ref()?.between(before, now))
    }

    pub(super) fn names(&self, offer: Offer) -> Vec<i64> {
        match (self.to, offer) {
            (Target::Fund(id), Offer::Funds) | (Target::Campaign(id), Offer::Campaigns) => vec![id],
            _ => Vec::new(),
        }
    }
}

/// A campaign and its parts, and theirs.
fn with_parts(campaign: &str) -> String {
    format!(
        "(WITH RECURSIVE parts (id) AS (SELECT {campaign} UNION SELECT campaigns.id FROM parts \
             JOIN campaigns ON campaigns.organization_id = $1 AND campaigns.parent_id = parts.id) SELECT id FROM parts)"
    )
}

impl Target {
    fn read(word: &str) -> Option<Self> {
        match word.split_once(':') {
            None => (word == "any").then_some(Self::Anything),
            Some(("fund", id)) => id.parse().ok().map(Self::Fund),
            Some(("campaign", id)) => id.parse().ok().map(Self::Campaign),
            Some(_) => None,
        }
    }

    fn sql(self, sql: &mut Sql) -> String {
        match self {
            Self::Anything => String::new(),
            Self::Fund(id) => format!(" AND fund_id = {}", sql.bind(Bind::Number(id))),
            Self::Campaign(id) => format!(" AND campaign_id IN {}", with_parts(&sql.bind(Bind::Number(id)))),
        }
    }

    fn fits(self, gift: &Gift) -> bool {
        match self {
            Self::Anything => true,
            Self::Fund(id) => gift.fund == id,
            Self::Campaign(id) => gift.campaigns.contains(&id),
        }
    }

    fn words(self, offers: &Offers) -> String {
        match self {
            Self::Anything => String::new(),
            Self::Fund(id) => format!(" to the fund {}", offers.title(Offer::Funds, id)),
            Self::Campaign(id) => format!(" to the campaign {}", offers.title(Offer::Campaigns, id)),
        }
    }

    fn control(chosen: &str, offers: &Offers) -> Control {
        let any = ("any".to_owned(), "to anything".to_owned());
        let funds = offers
            .of(Offer::Funds)
            .iter()
            .map(|(id, title)| (format!("fund:{id}"), format!("to the fund {title}")));
        let campaigns = offers.of(Offer::Campaigns).iter();
        let campaigns = campaigns.map(|(id, title)| (format!("campaign:{id}"), format!("to the campaign {title}")));
        Control::Select {
            name: "value",
            label: "To what",
            choices: things_of(std::iter::once(any).chain(funds).chain(campaigns), chosen),
            decides: false,
        }
    }
}

/// Whether somebody gave before and stopped: "last year but not this year" (LYBNT) and the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gave {
    LastButNotThis(Span),
    EarlierButNotThis(Span),
    Ever,
    Never,
}

const GAVE: Ops = &[
    ("last_year", "last calendar year but not this year"),
    ("last_fiscal_year", "last fiscal year but not this one"),
    ("earlier_year", "in an earlier calendar year but not this year"),
    ("earlier_fiscal_year", "in an earlier fiscal year but not this one"),
    ("ever", "at least once"),
    ("never", "never"),
];

impl Gave {
    pub(super) fn read(typed: &Typed) -> Result<Self, &'static str> {
        Ok(match typed.op.as_str() {
            "last_year" => Self::LastButNotThis(Span::Year),
            "last_fiscal_year" => Self::LastButNotThis(Span::FiscalYear),
            "earlier_year" => Self::EarlierButNotThis(Span::Year),
            "earlier_fiscal_year" => Self::EarlierButNotThis(Span::FiscalYear),
            "ever" => Self::Ever,
            "never" => Self::Never,
            _ => return Err("Choose when they gave."),
        })
    }

    fn op(self) -> &'static str {
        match self {
            Self::LastButNotThis(Span::FiscalYear) => "last_fiscal_year",
            Self::LastButNotThis(_) => "last_year",
            Self::EarlierButNotThis(Span::FiscalYear) => "earlier_fiscal_year",
            Self::EarlierButNotThis(_) => "earlier_year",
            Self::Ever => "ever",
            Self::Never => "never",
        }
    }

    pub(super) fn words(self) -> String {
        let found = GAVE.iter().find(|(op, _)| *op == self.op());
        found.map_or_else(String::new, |(_, words)| (*words).to_owned())
    }

    /// When the contact last gave, for the explanation.
    pub(super) fn value_of(facts: &Facts) -> Vec<String> {
        let last = facts.gifts.iter().map(|gift| gift.received_on).max();
        last.map(|day| format!("last on {}", super::period::day(day)))
            .into_iter()
            .collect()
    }

    pub(super) fn controls(typed: &Typed) -> Vec<Control> {
        vec![Control::op(GAVE, &typed.op)]
    }

    /// The period in which they gave, and the one in which they did not.
    fn periods(self) -> Option<(Option<Period>, Period)> {
        match self {
            Self::LastButNotThis(span) => Some((Some(Period::Previous(span)), Period::This(span))),
            Self::EarlierButNotThis(span) => Some((None, Period::This(span))),
            Self::Ever | Self::Never => None,
        }
    }

    pub(super) fn sql(self, sql: &mut Sql, calendar: &Calendar) -> String {
        let Some((before, this)) = self.periods() else {
            let ever = sql.has_row("giving_totals", "true");
            return if self == Self::Ever {
                ever
            } else {
                format!("NOT {ever}")
            };
        };
        let gave_before = match before {
            Some(period) => within(sql, &period, calendar),
            None => before_sql(sql, &this, calendar),
        };
        let gave_now = within(sql, &this, calendar);
        let before = sql.has_row("contributions", &format!("status = 'Completed' AND {gave_before}"));
        let now = sql.has_row("contributions", &format!("status = 'Completed' AND {gave_now}"));
        format!("({before} AND NOT {now})")
    }

    pub(super) fn holds(self, facts: &Facts, calendar: &Calendar) -> bool {
        let Some((before, this)) = self.periods() else {
            return facts.gifts.is_empty() == (self == Self::Never);
        };
        let this = this.stretch(calendar);
        let gave_before = |gift: &Gift| match &before {
            Some(period) => period.stretch(calendar).contains(gift.received_on),
            None => this.from.is_some_and(|from| gift.received_on < from),
        };
        facts.gifts.iter().any(gave_before) && !facts.gifts.iter().any(|gift| this.contains(gift.received_on))
    }

    pub(super) fn is_relative(self) -> bool {
        self.periods().is_some()
    }

    /// Who gave on a day that came into one of the periods or left it from one day to another.
    pub(super) fn moved(self, sql: &mut Sql, before: &Calendar, now: &Calendar) -> Option<String> {
        let (earlier, this) = self.periods()?;
        let periods = earlier.iter().chain([&this]);
        let days: Vec<Stretch> = periods.flat_map(|period| period.between(before, now)).collect();
        gave_on(sql, &days)
    }
}

/// That a contribution was received before a period begins.
fn before_sql(sql: &mut Sql, period: &Period, calendar: &Calendar) -> String {
    match period.stretch(calendar).from {
        Some(from) => format!("received_on < {}", sql.bind(Bind::Date(from))),
        None => "false".into(),
    }
}
