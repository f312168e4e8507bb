//! The kinds of question that are asked alike of a contact and of each record that hangs on it.

use super::amounts::{self, Amounts};
use super::choices::{self, Choices};
use super::controls::Control;
use super::dates::{self, Dates};
use super::flags::{self, Flag};
use super::links;
use super::listed::Listed;
use super::numbers::{self, Numbers};
use super::offers::{Offer, Offers};
use super::sql::Sql;
use super::text::{self, Text};
use super::{Calendar, Facts, Typed};

/// A kind of question with what it is asked of: a contact, or one of its records.
pub enum Plain<R: 'static = Facts> {
    Text(Text<R>),
    Dates(Dates<R>),
    Choices(Choices<R>),
    Flag(Flag<R>),
    Numbers(Numbers<R>),
    Amounts(Amounts<R>),
    Listed(Listed<R>),
}

/// What is asked.
#[derive(Clone)]
pub(super) enum Asked<R: 'static = Facts> {
    Text(&'static Text<R>, text::Test),
    Dates(&'static Dates<R>, dates::Test),
    Choices(&'static Choices<R>, choices::Test),
    Flag(&'static Flag<R>, bool),
    Numbers(&'static Numbers<R>, numbers::Test),
    Amounts(&'static Amounts<R>, amounts::Test),
    Listed(&'static Listed<R>, links::Test),
}

impl<R> std::fmt::Debug for Asked<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(_, test) => test.fmt(f),
            Self::Dates(_, test) => test.fmt(f),
            Self::Choices(_, test) => test.fmt(f),
            Self::Flag(_, wanted) => wanted.fmt(f),
            Self::Numbers(_, test) => test.fmt(f),
            Self::Amounts(_, test) => test.fmt(f),
            Self::Listed(_, test) => test.fmt(f),
        }
    }
}

impl<R> Plain<R> {
    pub(super) fn read(&'static self, typed: &Typed) -> Result<Asked<R>, &'static str> {
        Ok(match self {
            Self::Text(text) => Asked::Text(text, text::Test::read(typed, text.writing)?),
            Self::Dates(dates) => Asked::Dates(dates, dates::Test::read(typed)?),
            Self::Choices(choices) => Asked::Choices(choices, choices.read(typed)?),
            Self::Flag(flag) => Asked::Flag(flag, flags::read(typed)?),
            Self::Numbers(numbers) => Asked::Numbers(numbers, Numbers::<R>::read(typed)?),
            Self::Amounts(amounts) => Asked::Amounts(amounts, Amounts::<R>::read(typed)?),
            Self::Listed(listed) => Asked::Listed(listed, Listed::<R>::read(typed)?),
        })
    }

    pub(super) fn controls(&self, typed: &Typed, offers: &Offers) -> Vec<Control> {
        match self {
            Self::Text(_) => text::Test::controls(typed),
            Self::Dates(_) => dates::Test::controls(typed),
            Self::Choices(choices) => choices.controls(typed),
            Self::Flag(_) => flags::controls(typed),
            Self::Numbers(_) => Numbers::<R>::controls(typed),
            Self::Amounts(amounts) => amounts.controls(typed),
            Self::Listed(listed) => listed.controls(typed, offers),
        }
    }
}

impl<R> Asked<R> {
    /// That it holds, of a row that is at hand.
    pub(super) fn sql(&self, sql: &mut Sql, calendar: &Calendar) -> String {
        match self {
            Self::Text(text, test) => test.sql(text.place, text.writing, sql),
            Self::Dates(dates, test) => test.sql(dates.place, dates.stored, sql, calendar),
            Self::Choices(choices, test) => choices.sql(test, sql),
            Self::Flag(flag, wanted) => flag.sql(*wanted, sql, calendar),
            Self::Numbers(numbers, test) => test.sql(numbers.place, numbers::Stored::Whole, sql),
            Self::Amounts(amounts, test) => amounts.sql(*test, sql),
            Self::Listed(listed, test) => listed.sql(test, sql),
        }
    }

    pub(super) fn holds(&self, of: &R, calendar: &Calendar) -> bool {
        match self {
            Self::Text(text, test) => test.holds(&(text.of)(of), text.writing),
            Self::Dates(dates, test) => test.holds(&(dates.of)(of, calendar), calendar),
            Self::Choices(choices, test) => choices.holds(test, of),
            Self::Flag(flag, wanted) => (flag.of)(of, calendar) == *wanted,
            Self::Numbers(numbers, test) => test.holds(&[(numbers.of)(of)]),
            Self::Amounts(amounts, test) => amounts.holds(*test, of),
            Self::Listed(listed, test) => listed.holds(test, of),
        }
    }

    pub(super) fn words(&self, offers: &Offers) -> String {
        match self {
            Self::Text(_, test) => test.words(),
            Self::Dates(_, test) => test.words(),
            Self::Choices(choices, test) => choices.words(test),
            Self::Flag(_, wanted) => flags::words(*wanted),
            Self::Numbers(_, test) => test.words(|number| number.to_string()),
            Self::Amounts(_, test) => test.words(),
            Self::Listed(listed, test) => listed.words(test, offers),
        }
    }

    /// What there is, in words; nothing where there is nothing.
    pub(super) fn value_of(&self, of: &R, calendar: &Calendar, offers: &Offers) -> Vec<String> {
        match self {
            Self::Text(text, _) => text.value_of(of),
            Self::Dates(dates, _) => (dates.of)(of, calendar).into_iter().map(super::period::day).collect(),
            Self::Choices(choices, _) => choices.value_of(of),
            Self::Flag(flag, _) => vec![if (flag.of)(of, calendar) { "Yes" } else { "No" }.into()],
            Self::Numbers(numbers, _) => vec![(numbers.of)(of).to_string()],
            Self::Amounts(amounts, _) => (amounts.of)(of).iter().map(ToString::to_string).collect(),
            Self::Listed(listed, _) => {
                let theirs = (listed.of)(of).into_iter();
                theirs.map(|id| offers.title(listed.offer, id).to_owned()).collect()
            }
        }
    }

    pub(super) fn is_relative(&self) -> bool {
        match self {
            Self::Dates(_, test) => test.is_relative(),
            Self::Flag(flag, _) => flag.moved.is_some(),
            _ => false,
        }
    }

    /// That the answer may be another than on an earlier day, though nothing about the row has changed; `None` where it cannot.
    pub(super) fn moved(&self, sql: &mut Sql, days: [&Calendar; 2]) -> Option<String> {
        match self {
            Self::Dates(dates, test) => test.moved(dates.place, dates.stored, sql, days),
            Self::Flag(flag, _) => flag.moved.map(|moved| moved(sql, days)),
            _ => None,
        }
    }

    pub(super) fn names(&self, offer: Offer) -> Vec<i64> {
        match self {
            Self::Listed(listed, test) if listed.offer == offer => test.names(),
            _ => Vec::new(),
        }
    }
}
