//! Questions about dates: on, before, after, between, and relative ones such as "in the last 12 months".

use super::calendar::{Calendar, Stretch};
use super::controls::{Control, Ops};
use super::period::Period;
use super::sql::{Bind, Place, Sql};
use super::{Facts, Typed};
use chrono::{Datelike, NaiveDate};

/// A date of a contact, or several.
pub struct Dates<R = Facts> {
    pub(super) place: Place<'static>,
    pub(super) stored: Stored,
    pub(super) of: fn(&R, &Calendar) -> Vec<NaiveDate>,
}

/// How a date is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    Day,
    /// A moment, which falls on a day of the organization's zone.
    Moment,
    /// Written as 2026-11-24: such texts are in the order of their days.
    Text,
}

/// What is asked of a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    In(Period),
    Empty,
    Filled,
}

const OPS: Ops = &[
    ("last", "is in the last"),
    ("earlier", "is longer ago than"),
    ("this", "is in this"),
    ("previous", "is in the previous"),
    ("next", "is in the next"),
    ("on", "is"),
    ("since", "is on or after"),
    ("until", "is on or before"),
    ("between", "is between"),
    ("empty", "is empty"),
    ("filled", "is not empty"),
];

impl Stored {
    /// That a value lies in a stretch.
    fn within(self, sql: &mut Sql, value: &str, stretch: Stretch, calendar: &Calendar) -> String {
        match self {
            Self::Day => stretch.sql(value, |day| sql.bind(Bind::Date(day))),
            Self::Moment => stretch.sql(value, |day| sql.bind(Bind::Moment(calendar.beginning_of(day)))),
            Self::Text => stretch.sql(&format!("({value} COLLATE \"C\")"), |day| {
                sql.bind(Bind::Text(written(day)))
            }),
        }
    }
}

/// A day as text. The one after the last that has four digits stands behind them all.
fn written(day: NaiveDate) -> String {
    match day.year() {
        ..=9_999 => day.to_string(),
        _ => "after".into(),
    }
}

impl Test {
    pub(super) fn sql(&self, place: Place<'_>, stored: Stored, sql: &mut Sql, calendar: &Calendar) -> String {
        match self {
            Self::Filled => place.some(sql, |_, value| format!("{value} IS NOT NULL")),
            Self::Empty => format!("NOT {}", Self::Filled.sql(place, stored, sql, calendar)),
            Self::In(period) => {
                let stretch = period.stretch(calendar);
                place.some(sql, |sql, value| stored.within(sql, value, stretch, calendar))
            }
        }
    }

    /// Who has a date that came into the period or left it from one day to another.
    pub(super) fn moved(
        &self,
        place: Place<'_>,
        stored: Stored,
        sql: &mut Sql,
        [before, now]: [&Calendar; 2],
    ) -> Option<String> {
        let Self::In(period) = self else { return None };
        let days = period.between(before, now);
        let some = |sql: &mut Sql, value: &str| {
            let within = days.iter().map(|days| stored.within(sql, value, *days, now));
            format!("({})", within.collect::<Vec<_>>().join(" OR "))
        };
        (!days.is_empty()).then(|| place.some(sql, some))
    }

    pub(super) fn holds(&self, dates: &[NaiveDate], calendar: &Calendar) -> bool {
        match self {
            Self::Filled => !dates.is_empty(),
            Self::Empty => dates.is_empty(),
            Self::In(period) => {
                let stretch = period.stretch(calendar);
                dates.iter().any(|date| stretch.contains(*date))
            }
        }
    }

    pub(super) fn read(typed: &Typed) -> Result<Self, &'static str> {
        Ok(match typed.op.as_str() {
            "empty" => Self::Empty,
            "filled" => Self::Filled,
            _ => Self::In(Period::read(&typed.op, &typed.values)?),
        })
    }

    pub(super) fn words(&self) -> String {
        match self {
            Self::Empty => "is empty".into(),
            Self::Filled => "is not empty".into(),
            Self::In(period) => format!("is {}", period.words()),
        }
    }

    pub(super) fn is_relative(&self) -> bool {
        matches!(self, Self::In(period) if period.is_relative())
    }

    pub(super) fn controls(typed: &Typed) -> Vec<Control> {
        let op = Control::op(OPS, &typed.op);
        let inputs = Period::controls(op.chosen(), "value", &typed.values);
        std::iter::once(op).chain(inputs).collect()
    }
}
