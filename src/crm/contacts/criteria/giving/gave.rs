//! Whether somebody gave before and stopped.

use super::super::Typed;
use super::super::calendar::{Calendar, Stretch};
use super::super::controls::{Control, Ops};
use super::super::facts::{Facts, Gift};
use super::super::period::{Period, Span};
use super::super::sql::{Bind, Sql};
use super::{gave_on, within};

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
    pub fn read(typed: &Typed) -> Result<Self, &'static str> {
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

    pub fn words(self) -> String {
        let found = GAVE.iter().find(|(op, _)| *op == self.op());
        found.map_or_else(String::new, |(_, words)| (*words).to_owned())
    }

    /// When the contact last gave, for the explanation.
    pub fn value_of(facts: &Facts) -> Vec<String> {
        let last = facts.given().map(|gift| gift.received_on).max();
        last.map(|day| format!("last on {}", super::super::period::day(day)))
            .into_iter()
            .collect()
    }

    pub fn controls(typed: &Typed) -> Vec<Control> {
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

    pub fn sql(self, sql: &mut Sql, calendar: &Calendar) -> String {
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

    pub fn holds(self, facts: &Facts, calendar: &Calendar) -> bool {
        let Some((before, this)) = self.periods() else {
            return facts.given().next().is_none() == (self == Self::Never);
        };
        let this = this.stretch(calendar);
        let gave_before = |gift: &Gift| match &before {
            Some(period) => period.stretch(calendar).contains(gift.received_on),
            None => this.from.is_some_and(|from| gift.received_on < from),
        };
        facts.given().any(gave_before) && !facts.given().any(|gift| this.contains(gift.received_on))
    }

    pub fn is_relative(self) -> bool {
        self.periods().is_some()
    }

    /// Who gave on a day that came into one of the periods or left it from one day to another.
    pub fn moved(self, sql: &mut Sql, before: &Calendar, now: &Calendar) -> Option<String> {
        let (earlier, this) = self.periods()?;
        let periods = earlier.iter().chain([&this]);
        let days: Vec<Stretch> = periods.flat_map(|period| period.between(before, now)).collect();
        gave_on(sql, "contributions", &days)
    }
}

/// That a contribution was received before a period begins.
fn before_sql(sql: &mut Sql, period: &Period, calendar: &Calendar) -> String {
    match period.stretch(calendar).from {
        Some(from) => format!("received_on < {}", sql.bind(Bind::Date(from))),
        None => "false".into(),
    }
}
