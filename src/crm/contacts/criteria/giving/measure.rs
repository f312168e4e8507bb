//! How much, how often, how much at once. Who gave nothing gave zero: less than anything, and not more than anything.

use super::super::Typed;
use super::super::amounts::Amount;
use super::super::calendar::Calendar;
use super::super::compared::{Compared, OPS};
use super::super::controls::{Control, Ops};
use super::super::facts::{Facts, Gift};
use super::super::offers::{Offer, Offers};
use super::super::period::Period;
use super::super::sql::{Bind, Sql};
use super::target::Target;
use super::{CREDITS, gave_on, within};
use crate::base::{Currency, Money};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Total,
    Largest,
    Count,
    /// All it is credited with of others' gifts.
    Credited,
}

/// What is asked of a measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    compared: Compared,
    /// Of amounts.
    currency: Option<Currency>,
    /// Ever, where there is none.
    when: Option<Period>,
    to: Target,
}

/// When something was given.
const WHEN: Ops = &[
    ("ever", "ever"),
    ("last", "in the last"),
    ("earlier", "longer ago than"),
    ("this", "in this"),
    ("previous", "in the previous"),
    ("on", "on"),
    ("since", "on or after"),
    ("until", "on or before"),
    ("between", "between"),
];

/// What was typed behind the numbers, of which there may be one more or less than is asked for, where how to compare was just
/// chosen anew.
fn behind_numbers(values: &[String]) -> &[String] {
    let is_when = |value: &String| WHEN.iter().any(|(word, _)| word == value);
    let first = values.iter().position(is_when);
    first.map_or(&[], |first| &values[first..])
}

impl Measure {
    /// Reads what was typed, in its order: the amounts and their currency or the numbers, when, and to what.
    pub fn read(self, typed: &Typed) -> Result<Test, &'static str> {
        let (compared, currency, rest) = match self {
            Self::Count => {
                let number = |at: usize| {
                    let typed = typed.value(at).parse().ok().filter(|number| *number >= 0);
                    typed.ok_or("Write how many, as a number.")
                };
                let compared = Compared::read(&typed.op, number)?;
                (compared, None, behind_numbers(&typed.values))
            }
            _ => {
                let (amount, rest) = Amount::read(&typed.op, &typed.values)?;
                (amount.compared, Some(amount.currency), rest)
            }
        };
        // Everybody gave as much, and nobody gave less.
        if matches!(compared, Compared::AtLeast(0) | Compared::LessThan(0)) {
            return Err("Write an amount above zero.");
        }
        let (to, when) = Target::last(rest);
        Ok(Test {
            compared,
            currency,
            when: match when.split_first() {
                None => None,
                Some((word, _)) if word == "ever" => None,
                Some((word, period)) => Some(Period::read(word, period)?),
            },
            to,
        })
    }

    pub fn controls(self, typed: &Typed, offers: &Offers) -> Vec<Control> {
        let op = Control::op(OPS, &typed.op);
        let (bounds, rest) = match self {
            Self::Count => {
                let inputs = Compared::inputs(op.chosen(), "How many", "number", &typed.values);
                (inputs, behind_numbers(&typed.values))
            }
            _ => Amount::controls(op.chosen(), &typed.values),
        };
        let (to, rest) = Target::last(rest);
        let (word, period) = rest
            .split_first()
            .map_or(("ever", [].as_slice()), |(word, period)| (word.as_str(), period));
        let when = Control::select_that_decides("value", "When", WHEN, word);
        let period = Period::controls(when.chosen(), "value", period);
        let mut controls = vec![op];
        controls.extend(bounds);
        controls.push(when);
        controls.extend(period);
        controls.push(to.control(offers));
        controls
    }

    /// Who has no row has zero: where that fits, those are left out for whom it does not.
    pub fn sql(self, test: &Test, sql: &mut Sql, calendar: &Calendar) -> String {
        match test.compared.holds(0) {
            true => format!("NOT {}", self.rows(test, false, sql, calendar)),
            false => self.rows(test, true, sql, calendar),
        }
    }

    /// Who has rows that fit, or that do not. All that was ever given stands in `giving_totals`, a row for each currency.
    fn rows(self, test: &Test, fit: bool, sql: &mut Sql, calendar: &Calendar) -> String {
        let in_currency = test.currency_sql(sql);
        let fits = |sql: &mut Sql, value: &str| {
            let compared = test.compared.sql(value, |number| sql.bind(Bind::Number(number)));
            if fit { compared } else { format!("NOT {compared}") }
        };
        let ever_to_anything = test.when.is_none() && test.to == Target::Anything;
        match self {
            Self::Total if ever_to_anything => {
                let fits = fits(sql, "total");
                return sql.has_row("giving_totals", &format!("{in_currency} AND {fits}"));
            }
            Self::Largest if ever_to_anything => {
                let fits = fits(sql, "largest");
                return sql.has_row("giving_totals", &format!("{in_currency} AND {fits}"));
            }
            Self::Count if ever_to_anything => {
                let fits = fits(sql, "sum(contributions)");
                return sql.has_rows_that("giving_totals", &in_currency, &fits);
            }
            _ => {}
        }
        let mut counts = format!("status = 'Completed' AND {in_currency}");
        if let Some(period) = &test.when {
            counts.push_str(" AND ");
            counts.push_str(&within(sql, period, calendar));
        }
        counts.push_str(&test.to.sql(sql));
        let measured = match self {
            Self::Total | Self::Credited => "sum(amount)",
            Self::Largest => "max(amount)",
            Self::Count => "count(*)",
        };
        let fits = fits(sql, measured);
        sql.has_rows_that(self.table(), &counts, &fits)
    }

    fn table(self) -> &'static str {
        match self {
            Self::Total | Self::Largest | Self::Count => "contributions",
            Self::Credited => CREDITS,
        }
    }

    pub fn holds(self, test: &Test, facts: &Facts, calendar: &Calendar) -> bool {
        test.compared.holds(self.of(test, facts, calendar))
    }

    fn of(self, test: &Test, facts: &Facts, calendar: &Calendar) -> i64 {
        let given = facts.given().map(|gift| (gift.money, gift));
        let credited = facts.credits.iter().filter(|credit| credit.gift.is_completed());
        let credited = credited.map(|credit| (credit.money, &credit.gift));
        let all: Vec<(Money, &Gift)> = match self {
            Self::Total | Self::Largest | Self::Count => given.collect(),
            Self::Credited => credited.collect(),
        };
        let counting = all.into_iter().filter(|(_, gift)| test.counts(gift, calendar));
        let amounts = counting.map(|(money, _)| money.minor);
        match self {
            Self::Total | Self::Credited => amounts.sum(),
            Self::Largest => amounts.max().unwrap_or(0),
            Self::Count => i64::try_from(amounts.count()).unwrap_or(i64::MAX),
        }
    }

    pub fn value_of(self, test: &Test, facts: &Facts, calendar: &Calendar) -> Vec<String> {
        let value = self.of(test, facts, calendar);
        vec![match test.currency {
            Some(currency) => Money::new(value, currency).to_string(),
            None => value.to_string(),
        }]
    }

    /// Who gave on a day that came into the period or left it from one day to another.
    pub fn moved(self, test: &Test, sql: &mut Sql, [before, now]: [&Calendar; 2]) -> Option<String> {
        gave_on(sql, self.table(), &test.when.as_ref()?.between(before, now))
    }
}

impl Test {
    fn currency_sql(&self, sql: &mut Sql) -> String {
        match self.currency {
            Some(currency) => format!("currency = {}", sql.bind(Bind::Text(currency.code().to_owned()))),
            None => "true".into(),
        }
    }

    fn counts(&self, gift: &Gift, calendar: &Calendar) -> bool {
        let in_currency = self.currency.is_none_or(|currency| gift.money.currency == currency);
        let in_period = |period: &Period| period.stretch(calendar).contains(gift.received_on);
        in_currency && self.when.as_ref().is_none_or(in_period) && self.to.fits(gift)
    }

    /// "is at least $100.00 in the last 12 months to the fund Roof"
    pub fn words(&self, offers: &Offers) -> String {
        let compared = match self.currency {
            Some(currency) => Amount {
                compared: self.compared,
                currency,
            }
            .words(),
            None => self.compared.words(|number| number.to_string()),
        };
        let when = self.when.as_ref();
        let when = when.map_or_else(String::new, |period| format!(" {}", period.words()));
        let to = self.to.words(offers);
        format!("{compared}{when}{to}")
    }

    pub fn is_relative(&self) -> bool {
        self.when.as_ref().is_some_and(Period::is_relative)
    }

    pub fn names(&self, offer: Offer) -> Vec<i64> {
        self.to.names(offer)
    }
}
