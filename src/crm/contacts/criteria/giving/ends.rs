//! When a contact gave for the first time and for the last, to anything or to one fund or campaign.

use super::super::Typed;
use super::super::calendar::Calendar;
use super::super::controls::Control;
use super::super::dates::{self, Stored};
use super::super::facts::Facts;
use super::super::offers::{Offer, Offers};
use super::super::sql::{Place, Sql};
use super::target::Target;
use chrono::NaiveDate;

/// The first contribution or the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    First,
    Last,
}

/// What is asked of its date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    date: dates::Test,
    to: Target,
}

/// What was typed of the date, without the fund or campaign behind it.
fn parts(typed: &Typed) -> (Typed, Target) {
    let (to, date) = Target::last(&typed.values);
    let date = Typed {
        values: date.to_vec(),
        ..typed.clone()
    };
    (date, to)
}

impl End {
    pub fn controls(typed: &Typed, offers: &Offers) -> Vec<Control> {
        let (date, to) = parts(typed);
        let mut controls = dates::Test::controls(&date);
        controls.push(to.control(offers));
        controls
    }

    /// Where the day stands: ever and to anything in `giving_totals`, a row for each currency.
    fn at<T>(self, to: Target, sql: &mut Sql, work: impl FnOnce(Place<'_>, &mut Sql) -> T) -> T {
        let (day, kept) = match self {
            Self::First => ("min(received_on)", "min(first_on)"),
            Self::Last => ("max(received_on)", "max(last_on)"),
        };
        let rows = match to {
            Target::Anything => format!("{kept} AS day FROM giving_totals"),
            to => format!(
                "{day} AS day FROM contributions WHERE status = 'Completed'{}",
                to.sql(sql)
            ),
        };
        let table = format!("(SELECT organization_id, contact_id, {rows} GROUP BY 1, 2) AS ends");
        let place = Place::Rows {
            table: &table,
            value: "day",
        };
        work(place, sql)
    }

    pub fn sql(self, test: &Test, sql: &mut Sql, calendar: &Calendar) -> String {
        self.at(test.to, sql, |place, sql| {
            test.date.sql(place, Stored::Day, sql, calendar)
        })
    }

    /// Whose first or last day came into the period or left it from one day to another.
    pub fn moved(self, test: &Test, sql: &mut Sql, days: [&Calendar; 2]) -> Option<String> {
        self.at(test.to, sql, |place, sql| {
            test.date.moved(place, Stored::Day, sql, days)
        })
    }

    fn of(self, test: &Test, facts: &Facts) -> Option<NaiveDate> {
        let given = facts.given().filter(|gift| test.to.fits(gift));
        let days = given.map(|gift| gift.received_on);
        match self {
            Self::First => days.min(),
            Self::Last => days.max(),
        }
    }

    pub fn holds(self, test: &Test, facts: &Facts, calendar: &Calendar) -> bool {
        let day: Vec<NaiveDate> = self.of(test, facts).into_iter().collect();
        test.date.holds(&day, calendar)
    }

    pub fn value_of(self, test: &Test, facts: &Facts) -> Vec<String> {
        self.of(test, facts)
            .into_iter()
            .map(super::super::period::day)
            .collect()
    }
}

impl Test {
    pub fn read(typed: &Typed) -> Result<Self, &'static str> {
        let (date, to) = parts(typed);
        Ok(Self {
            date: dates::Test::read(&date)?,
            to,
        })
    }

    /// "to the fund Roof is in the last 12 months"
    pub fn words(&self, offers: &Offers) -> String {
        let words = format!("{} {}", self.to.words(offers), self.date.words());
        words.trim_start().to_owned()
    }

    pub fn is_relative(&self) -> bool {
        self.date.is_relative()
    }

    pub fn names(&self, offer: Offer) -> Vec<i64> {
        self.to.names(offer)
    }
}
