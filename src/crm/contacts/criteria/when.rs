//! When something happened or will happen: whenever, or in a period.

use super::Calendar;
use super::controls::{Control, Ops};
use super::period::Period;
use chrono::NaiveDate;

/// What is over: gifts.
pub(super) const PAST: Ops = &[
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
/// What may be still to come as well: activities, deadlines.
const WHENEVER: Ops = &[
    ("ever", "at any time"),
    ("last", "in the last"),
    ("earlier", "longer ago than"),
    ("next", "in the next"),
    ("this", "in this"),
    ("previous", "in the previous"),
    ("on", "on"),
    ("since", "on or after"),
    ("until", "on or before"),
    ("between", "between"),
];

/// A period, or any time at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct When(Option<Period>);

impl When {
    /// Reads a word and what belongs to it; nothing means any time.
    pub(super) fn read(values: &[String]) -> Result<Self, &'static str> {
        Ok(Self(match values.split_first() {
            None => None,
            Some((word, _)) if word == "ever" => None,
            Some((word, period)) => Some(Period::read(word, period)?),
        }))
    }

    pub(super) fn controls(label: &'static str, values: &[String]) -> Vec<Control> {
        let (word, period) = values
            .split_first()
            .map_or(("ever", [].as_slice()), |(word, period)| (word.as_str(), period));
        let when = Control::select_that_decides("value", label, WHENEVER, word);
        let period = Period::controls(when.chosen(), "value", period);
        std::iter::once(when).chain(period).collect()
    }

    /// That a value lies in it, where it is a period; `bound` binds the beginning of a day.
    pub(super) fn sql(
        &self,
        value: &str,
        calendar: &Calendar,
        bound: impl FnMut(NaiveDate) -> String,
    ) -> Option<String> {
        let period = self.0.as_ref()?;
        Some(period.stretch(calendar).sql(value, bound))
    }

    /// That a value lies in the days that came into the period or left it from one day to another; `None`: there are none.
    pub(super) fn moved(
        &self,
        value: &str,
        [before, now]: [&Calendar; 2],
        mut bound: impl FnMut(NaiveDate) -> String,
    ) -> Option<String> {
        let days = self.0.as_ref()?.between(before, now);
        let within: Vec<String> = days.iter().map(|days| days.sql(value, &mut bound)).collect();
        (!within.is_empty()).then(|| format!("({})", within.join(" OR ")))
    }

    /// Whether a day lies in it; no day lies in any period.
    pub(super) fn fits(&self, day: Option<NaiveDate>, calendar: &Calendar) -> bool {
        match &self.0 {
            None => true,
            Some(period) => day.is_some_and(|day| period.stretch(calendar).contains(day)),
        }
    }

    /// "in the last 12 months"
    pub(super) fn words(&self) -> Option<String> {
        self.0.as_ref().map(Period::words)
    }

    pub(super) fn is_relative(&self) -> bool {
        self.0.as_ref().is_some_and(Period::is_relative)
    }
}
