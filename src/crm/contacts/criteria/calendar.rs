//! What "today", "this fiscal year" and "the last 12 months" mean for an organization at a moment.

use crate::accounts;
use crate::db::OrgTx;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use diesel::QueryResult;

/// The day and the zone in which relative dates are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    pub today: NaiveDate,
    pub zone: Tz,
    /// The month in which the fiscal year begins, 1 to 12.
    pub fiscal_year_month: u32,
}

/// A stretch of days, both ends included; open where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub from: Option<NaiveDate>,
    pub until: Option<NaiveDate>,
}

impl Calendar {
    /// The organization's calendar at the moment of the transaction.
    pub fn of(tx: &mut OrgTx<'_>) -> QueryResult<Self> {
        let (id, now) = (tx.organization(), tx.now());
        let organization = accounts::organization(tx, id)?;
        Ok(Self {
            today: now.with_timezone(&organization.time_zone).date_naive(),
            zone: organization.time_zone,
            fiscal_year_month: organization.fiscal_year_month,
        })
    }

    /// When the next day begins: the next moment at which a relative date may move somebody in or out.
    pub fn next_day(&self) -> DateTime<Utc> {
        self.beginning_of(self.today + Days::new(1))
    }

    /// The moment at which a day begins in the zone. Where clocks skip midnight, the first moment after it.
    pub(super) fn beginning_of(&self, day: NaiveDate) -> DateTime<Utc> {
        let hours = (0..24).filter_map(|hour| day.and_hms_opt(hour, 0, 0));
        let first = hours
            .into_iter()
            .find_map(|local| self.zone.from_local_datetime(&local).earliest());
        first.map_or_else(
            || day.and_time(chrono::NaiveTime::MIN).and_utc(),
            |local| local.to_utc(),
        )
    }

    pub(super) fn day_of(&self, moment: DateTime<Utc>) -> NaiveDate {
        moment.with_timezone(&self.zone).date_naive()
    }

    /// The first day of the fiscal year that `day` is in.
    pub(super) fn fiscal_year_of(&self, day: NaiveDate) -> NaiveDate {
        let back = (12 + day.month() - self.fiscal_year_month) % 12;
        let first = day.with_day(1).unwrap_or(day);
        first.checked_sub_months(Months::new(back)).unwrap_or(first)
    }
}

impl Stretch {
    /// The days that only one of two stretches has whose ends have moved.
    pub(super) fn between(self, other: Self) -> Vec<Self> {
        let day = Days::new(1);
        let ends = |one: Option<NaiveDate>, other: Option<NaiveDate>| {
            let (one, other) = one.zip(other).filter(|(one, other)| one != other)?;
            Some((one.min(other), one.max(other)))
        };
        let days = |from, until| Self {
            from: Some(from),
            until: Some(until),
        };
        let begun = ends(self.from, other.from).map(|(first, last)| days(first, last - day));
        let ended = ends(self.until, other.until).map(|(first, last)| days(first + day, last));
        begun.into_iter().chain(ended).collect()
    }

    /// That a value lies in it; `bound` binds the beginning of a day.
    pub(super) fn sql(&self, value: &str, mut bound: impl FnMut(NaiveDate) -> String) -> String {
        let from = self.from.map(|day| format!("{value} >= {}", bound(day)));
        let until = self.until.map(|day| format!("{value} < {}", bound(day + Days::new(1))));
        let parts: Vec<String> = from.into_iter().chain(until).collect();
        format!("({})", parts.join(" AND "))
    }

    pub(super) fn contains(&self, date: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date <= until)
    }
}
