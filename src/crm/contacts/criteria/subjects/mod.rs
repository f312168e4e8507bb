//! What can be asked about. A family of questions is a list in a file of its own; whatever stands in one of them can be
//! searched, is explained in words, judged for one contact, and tested against the SQL.

mod address;
mod contact;
mod dates;
mod email_and_phone;
mod giving;
mod groups;
mod privacy;
mod records;

use super::choices::{self, Choices};
use super::dates::{self as date, Dates};
use super::draft::Control;
use super::flags::{self, Flag};
use super::giving::{self as giving_kind, Gave, Measure};
use super::links::{self, Links};
use super::offers::{Offer, Offers};
use super::sql::Sql;
use super::text::{self, Text};
use super::{Calendar, Facts, Typed};

/// All families, in the order in which they are offered.
pub const ALL: &[&[Subject]] = &[
    contact::SUBJECTS,
    address::SUBJECTS,
    email_and_phone::SUBJECTS,
    privacy::SUBJECTS,
    groups::SUBJECTS,
    giving::SUBJECTS,
    records::SUBJECTS,
    dates::SUBJECTS,
];

/// Something that can be asked about.
pub struct Subject {
    /// The word in addresses and stored searches; it never changes.
    pub key: &'static str,
    pub section: Section,
    pub label: &'static str,
    asks: Asks,
}

/// The parts of the search form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Contact,
    Address,
    EmailAndPhone,
    Privacy,
    Groups,
    Contributions,
    Records,
    Dates,
}

/// The kind of question.
enum Asks {
    Text(Text),
    Dates(Dates),
    Choices(Choices),
    Flag(Flag),
    Links(Links),
    Giving(Measure),
    Gave,
}

/// A question with what is asked.
#[derive(Clone)]
pub(super) enum Asked {
    Text(&'static Text, text::Test),
    Dates(&'static Dates, date::Test),
    Choices(&'static Choices, choices::Test),
    Flag(&'static Flag, bool),
    Links(&'static Links, links::Test),
    Giving(Measure, giving_kind::Test),
    Gave(Gave),
}

impl Section {
    /// In the order of the form.
    pub const ALL: [Self; 8] = [
        Self::Contact,
        Self::Address,
        Self::EmailAndPhone,
        Self::Privacy,
        Self::Groups,
        Self::Contributions,
        Self::Records,
        Self::Dates,
    ];

    /// Its heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::Contact => "Contact",
            Self::Address => "Address",
            Self::EmailAndPhone => "Email and Phone",
            Self::Privacy => "Privacy",
            Self::Groups => "Groups",
            Self::Contributions => "Contributions",
            Self::Records => "Tags, Relationships and Notes",
            Self::Dates => "Dates",
        }
    }
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.key)
    }
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(_, test) => test.fmt(f),
            Self::Dates(_, test) => test.fmt(f),
            Self::Choices(_, test) => test.fmt(f),
            Self::Flag(_, wanted) => wanted.fmt(f),
            Self::Links(_, test) => test.fmt(f),
            Self::Giving(_, test) => test.fmt(f),
            Self::Gave(gave) => gave.fmt(f),
        }
    }
}

impl Subject {
    /// The subject of a key.
    pub fn find(key: &str) -> Option<&'static Self> {
        ALL.iter().copied().flatten().find(|subject| subject.key == key)
    }

    pub(super) fn read(&'static self, typed: &Typed) -> Result<Asked, &'static str> {
        Ok(match &self.asks {
            Asks::Text(text) => Asked::Text(text, text.read(typed)?),
            Asks::Dates(dates) => Asked::Dates(dates, date::Test::read(typed)?),
            Asks::Choices(choices) => Asked::Choices(choices, choices.read(typed)?),
            Asks::Flag(flag) => Asked::Flag(flag, flags::read(typed)?),
            Asks::Links(links) => Asked::Links(links, links::Test::read(typed)?),
            Asks::Giving(measure) => Asked::Giving(*measure, measure.read(typed)?),
            Asks::Gave => Asked::Gave(Gave::read(typed)?),
        })
    }

    pub(super) fn controls(&self, typed: &Typed, offers: &Offers) -> Vec<Control> {
        match &self.asks {
            Asks::Text(_) => text::Test::controls(typed),
            Asks::Dates(_) => date::Test::controls(typed),
            Asks::Choices(choices) => choices.controls(typed),
            Asks::Flag(_) => flags::controls(typed),
            Asks::Links(links) => links.controls(typed, offers),
            Asks::Giving(measure) => measure.controls(typed, offers),
            Asks::Gave => Gave::controls(typed),
        }
    }
}

impl Asked {
    pub(super) fn sql(&self, sql: &mut Sql, calendar: &Calendar) -> String {
        match self {
            Self::Text(text, test) => text.sql(test, sql),
            Self::Dates(dates, test) => dates.sql(test, sql, calendar),
            Self::Choices(choices, test) => choices.sql(test, sql),
            Self::Flag(flag, wanted) => flag.sql(*wanted, sql),
            Self::Links(links, test) => links.sql(test, sql, calendar),
            Self::Giving(measure, test) => measure.sql(test, sql, calendar),
            Self::Gave(gave) => gave.sql(sql, calendar),
        }
    }

    pub(super) fn holds(&self, facts: &Facts, calendar: &Calendar) -> bool {
        match self {
            Self::Text(text, test) => text.holds(test, facts),
            Self::Dates(dates, test) => dates.holds(test, facts, calendar),
            Self::Choices(choices, test) => choices.holds(test, facts),
            Self::Flag(flag, wanted) => (flag.of)(facts) == *wanted,
            Self::Links(links, test) => links.holds(test, facts),
            Self::Giving(measure, test) => measure.holds(test, facts, calendar),
            Self::Gave(gave) => gave.holds(facts, calendar),
        }
    }

    pub(super) fn words(&self, offers: &Offers) -> String {
        match self {
            Self::Text(_, test) => test.words(),
            Self::Dates(_, test) => test.words(),
            Self::Choices(choices, test) => choices.words(test),
            Self::Flag(_, wanted) => flags::words(*wanted),
            Self::Links(links, test) => links.words(test, offers),
            Self::Giving(_, test) => test.words(offers),
            Self::Gave(gave) => gave.words(),
        }
    }

    pub(super) fn value_of(&self, facts: &Facts, calendar: &Calendar, offers: &Offers) -> Vec<String> {
        match self {
            Self::Text(text, _) => text.value_of(facts),
            Self::Dates(dates, _) => (dates.of)(facts, calendar).into_iter().map(date::day).collect(),
            Self::Choices(choices, _) => choices.value_of(facts),
            Self::Flag(flag, _) => vec![if (flag.of)(facts) { "Yes" } else { "No" }.into()],
            Self::Links(links, _) => links.value_of(facts, offers),
            Self::Giving(measure, test) => measure.value_of(test, facts, calendar),
            Self::Gave(_) => Gave::value_of(facts),
        }
    }

    pub(super) fn is_relative(&self) -> bool {
        match self {
            Self::Dates(_, test) => test.is_relative(),
            Self::Giving(_, test) => test.is_relative(),
            Self::Gave(gave) => gave.is_relative(),
            Self::Links(links, _) => links.is_relative,
            Self::Text(..) | Self::Choices(..) | Self::Flag(..) => false,
        }
    }

    /// For whom the answer may be another than on an earlier day, though nothing about them has changed; nobody where there
    /// is no condition.
    pub(super) fn moved(&self, sql: &mut Sql, before: &Calendar, now: &Calendar) -> Option<String> {
        match self {
            Self::Dates(dates, test) => dates.moved(test, sql, before, now),
            Self::Giving(_, test) => test.moved(sql, before, now),
            Self::Gave(gave) => gave.moved(sql, before, now),
            // What else asks for today cannot tell: everybody.
            _ => self.is_relative().then(|| "true".into()),
        }
    }

    pub(super) fn names(&self, offer: Offer) -> Vec<i64> {
        match self {
            Self::Links(links, test) if links.offer == offer => test.names(),
            Self::Giving(_, test) => test.names(offer),
            _ => Vec::new(),
        }
    }
}
