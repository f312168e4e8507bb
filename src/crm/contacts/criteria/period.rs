//! Stretches of time, fixed or relative to today: "in the last 12 months", "in this fiscal year".

use super::calendar::{Calendar, Stretch};
use super::controls::{Control, Ops};
use chrono::{Datelike, Days, Months, NaiveDate};

/// The most units of a relative date: a century of weeks.
const UNITS_MAX: u32 = 5_200;

/// A stretch of time, fixed or relative to today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Period {
    On(NaiveDate),
    Since(NaiveDate),
    Until(NaiveDate),
    Between(NaiveDate, NaiveDate),
    /// Today and the days before it, so many units in all.
    Last(u32, Unit),
    /// Before the last so many units.
    Earlier(u32, Unit),
    /// Today and the days after it, so many units in all.
    Next(u32, Unit),
    This(Span),
    Previous(Span),
}

/// What relative dates count in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Days,
    Weeks,
    Months,
    Years,
}

/// A stretch of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    Month,
    Quarter,
    Year,
    FiscalYear,
}

const UNITS: Ops = &[
    ("days", "days"),
    ("weeks", "weeks"),
    ("months", "months"),
    ("years", "years"),
];
const SPANS: Ops = &[
    ("month", "month"),
    ("quarter", "quarter"),
    ("year", "calendar year"),
    ("fiscal_year", "fiscal year"),
];

impl Period {
    /// Reads a word and what belongs to it.
    pub(super) fn read(word: &str, values: &[String]) -> Result<Self, &'static str> {
        let value = |at: usize| values.get(at).map_or("", |value| value.trim());
        let date = |at: usize| {
            let date: Option<NaiveDate> = value(at).parse().ok();
            // Four digits, as the date fields of browsers have them; beyond, Postgres and chrono differ.
            let date = date.filter(|date| (1..=9_999).contains(&date.year()));
            date.ok_or("Choose a date.")
        };
        let units = || -> Result<(u32, Unit), &'static str> {
            let count = value(0).parse().ok().filter(|count| (1..=UNITS_MAX).contains(count));
            Ok((
                count.ok_or("Write how many, as a number from 1 up.")?,
                Unit::read(value(1))?,
            ))
        };
        Ok(match word {
            "on" => Self::On(date(0)?),
            "since" => Self::Since(date(0)?),
            "until" => Self::Until(date(0)?),
            "between" => match (date(0)?, date(1)?) {
                (from, until) if from <= until => Self::Between(from, until),
                _ => return Err("The first date must not come after the second."),
            },
            "last" => units().map(|(count, unit)| Self::Last(count, unit))?,
            "earlier" => units().map(|(count, unit)| Self::Earlier(count, unit))?,
            "next" => units().map(|(count, unit)| Self::Next(count, unit))?,
            "this" => Self::This(Span::read(value(0))?),
            "previous" => Self::Previous(Span::read(value(0))?),
            _ => return Err("Choose when."),
        })
    }

    /// The days that are meant when today is what the calendar says.
    pub(super) fn stretch(&self, calendar: &Calendar) -> Stretch {
        let today = calendar.today;
        let between = |from, until| Stretch {
            from: Some(from),
            until: Some(until),
        };
        let day = Days::new(1);
        match *self {
            Self::On(date) => between(date, date),
            Self::Since(date) => Stretch {
                from: Some(date),
                until: None,
            },
            Self::Until(date) => Stretch {
                from: None,
                until: Some(date),
            },
            Self::Between(from, until) => between(from, until),
            Self::Last(count, unit) => between(unit.before(today, count) + day, today),
            Self::Earlier(count, unit) => Stretch {
                from: None,
                until: Some(unit.before(today, count)),
            },
            Self::Next(count, unit) => between(today, unit.after(today, count) - day),
            Self::This(span) => span.of(today, calendar),
            Self::Previous(span) => {
                let this = span.of(today, calendar);
                span.of(this.from.unwrap_or(today) - day, calendar)
            }
        }
    }

    /// The days that came into the period or left it from one day to another.
    pub(super) fn between(&self, before: &Calendar, now: &Calendar) -> Vec<Stretch> {
        self.stretch(before).between(self.stretch(now))
    }

    pub(super) fn is_relative(&self) -> bool {
        !matches!(self, Self::On(_) | Self::Since(_) | Self::Until(_) | Self::Between(..))
    }

    /// "in the last 12 months"
    pub(super) fn words(&self) -> String {
        match self {
            Self::On(date) => day(*date),
            Self::Since(date) => format!("on or after {}", day(*date)),
            Self::Until(date) => format!("on or before {}", day(*date)),
            Self::Between(from, until) => format!("between {} and {}", day(*from), day(*until)),
            Self::Last(count, unit) => format!("in the last {}", unit.words(*count)),
            Self::Earlier(count, unit) => format!("longer ago than {}", unit.words(*count)),
            Self::Next(count, unit) => format!("in the next {}", unit.words(*count)),
            Self::This(span) => format!("in this {}", span.words()),
            Self::Previous(span) => format!("in the previous {}", span.words()),
        }
    }

    /// The fields that belong to a word.
    pub(super) fn controls(word: &str, name: &'static str, values: &[String]) -> Vec<Control> {
        let value = |at: usize| values.get(at).map_or("", |value| value.trim());
        let date = |label, at| Control::input(name, label, "date", value(at));
        match word {
            "on" | "since" | "until" => vec![date("Date", 0)],
            "between" => vec![date("From", 0), date("Until", 1)],
            "last" | "earlier" | "next" => vec![
                Control::input(name, "How many", "number", value(0)),
                Control::select(
                    name,
                    "Unit",
                    UNITS,
                    if value(1).is_empty() { "months" } else { value(1) },
                ),
            ],
            "this" | "previous" => vec![Control::select(name, "Period", SPANS, value(0))],
            _ => Vec::new(),
        }
    }
}

/// "Aug 4, 2020"
pub(super) fn day(date: NaiveDate) -> String {
    date.format("%b %-d, %Y").to_string()
}

impl Unit {
    fn read(word: &str) -> Result<Self, &'static str> {
        match word {
            "days" => Ok(Self::Days),
            "weeks" => Ok(Self::Weeks),
            "months" => Ok(Self::Months),
            "years" => Ok(Self::Years),
            _ => Err("Choose days, weeks, months or years."),
        }
    }

    fn before(self, day: NaiveDate, count: u32) -> NaiveDate {
        let moved = match self {
            Self::Days => day.checked_sub_days(Days::new(count.into())),
            Self::Weeks => day.checked_sub_days(Days::new(u64::from(count) * 7)),
            Self::Months => day.checked_sub_months(Months::new(count)),
            Self::Years => day.checked_sub_months(Months::new(count * 12)),
        };
        moved.filter(|date| date.year() > 0).unwrap_or(FIRST_DAY)
    }

    fn after(self, day: NaiveDate, count: u32) -> NaiveDate {
        let moved = match self {
            Self::Days => day.checked_add_days(Days::new(count.into())),
            Self::Weeks => day.checked_add_days(Days::new(u64::from(count) * 7)),
            Self::Months => day.checked_add_months(Months::new(count)),
            Self::Years => day.checked_add_months(Months::new(count * 12)),
        };
        moved.unwrap_or(day)
    }

    fn words(self, count: u32) -> String {
        let unit = match self {
            Self::Days => "day",
            Self::Weeks => "week",
            Self::Months => "month",
            Self::Years => "year",
        };
        match count {
            1 => format!("1 {unit}"),
            more => format!("{more} {unit}s"),
        }
    }
}

/// Before anything that is written down here.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a date");

impl Span {
    fn read(word: &str) -> Result<Self, &'static str> {
        match word {
            "month" => Ok(Self::Month),
            "quarter" => Ok(Self::Quarter),
            "year" => Ok(Self::Year),
            "fiscal_year" => Ok(Self::FiscalYear),
            _ => Err("Choose a month, a quarter or a year."),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "calendar year",
            Self::FiscalYear => "fiscal year",
        }
    }

    /// The span that a day is in.
    pub(super) fn of(self, day: NaiveDate, calendar: &Calendar) -> Stretch {
        let month_start = day.with_day(1).unwrap_or(day);
        let (from, months) = match self {
            Self::Month => (month_start, 1),
            Self::Quarter => (back(month_start, day.month0() % 3), 3),
            Self::Year => (back(month_start, day.month0()), 12),
            Self::FiscalYear => (calendar.fiscal_year_of(day), 12),
        };
        let next = from.checked_add_months(Months::new(months)).unwrap_or(from);
        Stretch {
            from: Some(from),
            until: Some(next - Days::new(1)),
        }
    }
}

fn back(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_sub_months(Months::new(months)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn stretch(word: &str, values: &[&str], today: &str) -> (String, String) {
        let calendar = Calendar {
            today: date(today),
            zone: chrono_tz::America::Toronto,
            fiscal_year_month: 4,
        };
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        let stretch = Period::read(word, &values).unwrap().stretch(&calendar);
        let text = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
        (text(stretch.from), text(stretch.until))
    }

    fn is(from: &str, until: &str) -> (String, String) {
        (from.into(), until.into())
    }

    #[test]
    fn relative_dates_end_or_begin_today_and_count_whole_units() {
        assert_eq!(
            stretch("last", &["12", "months"], "2026-11-24"),
            is("2025-11-25", "2026-11-24")
        );
        assert_eq!(
            stretch("last", &["7", "days"], "2026-11-24"),
            is("2026-11-18", "2026-11-24")
        );
        assert_eq!(
            stretch("last", &["1", "months"], "2026-03-31"),
            is("2026-03-01", "2026-03-31")
        );
        assert_eq!(
            stretch("earlier", &["12", "months"], "2026-11-24"),
            is("", "2025-11-24")
        );
        assert_eq!(
            stretch("next", &["1", "weeks"], "2026-11-24"),
            is("2026-11-24", "2026-11-30")
        );
    }

    #[test]
    fn spans_of_the_calendar_and_of_the_fiscal_year() {
        assert_eq!(
            stretch("this", &["month"], "2024-02-10"),
            is("2024-02-01", "2024-02-29")
        );
        assert_eq!(
            stretch("this", &["quarter"], "2026-11-24"),
            is("2026-10-01", "2026-12-31")
        );
        assert_eq!(
            stretch("previous", &["year"], "2026-11-24"),
            is("2025-01-01", "2025-12-31")
        );
        assert_eq!(
            stretch("this", &["fiscal_year"], "2026-11-24"),
            is("2026-04-01", "2027-03-31")
        );
        assert_eq!(
            stretch("this", &["fiscal_year"], "2026-03-31"),
            is("2025-04-01", "2026-03-31")
        );
        assert_eq!(
            stretch("previous", &["fiscal_year"], "2026-04-01"),
            is("2025-04-01", "2026-03-31")
        );
    }

    #[test]
    fn what_cannot_be_read_says_what_is_missing() {
        let read = |word: &str, values: &[&str]| {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            Period::read(word, &values).unwrap_err()
        };
        assert_eq!(read("last", &["0", "days"]), "Write how many, as a number from 1 up.");
        assert_eq!(
            read("between", &["2026-02-01", "2026-01-01"]),
            "The first date must not come after the second."
        );
        assert_eq!(read("on", &["+12026-02-01"]), "Choose a date.");
        assert_eq!(read("sometime", &[]), "Choose when.");
    }
}
