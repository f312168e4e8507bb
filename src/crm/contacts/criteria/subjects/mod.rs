//! What can be asked about. A family of questions is a list in a file of its own; whatever stands in one of them can be
//! searched, is explained in words, judged for one contact, and tested against the SQL.

mod activities;
mod address;
mod contact;
mod dates;
mod email_and_phone;
mod giving;
mod groups;
mod opportunities;
mod privacy;
mod records;

use super::activities as happened;
use super::choices::{self, Choices};
use super::controls::Control;
use super::custom::{self, Custom};
use super::dates::{self as date, Dates};
use super::flags::{self, Flag};
use super::giving::{self as giving_kind, Gave, Measure};
use super::links::{self, Links};
use super::offers::{Offer, Offers};
use super::opportunities as prospects;
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
    activities::SUBJECTS,
    opportunities::SUBJECTS,
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
    Activities,
    Opportunities,
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
    Activities,
    Opportunities,
}

/// What a condition is about.
#[derive(Clone, Copy, Debug)]
pub enum About {
    Listed(&'static Subject),
    /// A field that the organization made for itself.
    Custom(Custom),
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
    Custom(Custom, custom::Test),
    Activities(happened::Test),
    Opportunities(prospects::Test),
}

impl Section {
    /// In the order of the form.
    pub const ALL: [Self; 10] = [
        Self::Contact,
        Self::Address,
        Self::EmailAndPhone,
        Self::Privacy,
        Self::Groups,
        Self::Contributions,
        Self::Records,
        Self::Activities,
        Self::Opportunities,
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
            Self::Activities => "Activities",
            Self::Opportunities => "Opportunities",
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
            Self::Custom(_, test) => test.fmt(f),
            Self::Activities(test) => test.fmt(f),
            Self::Opportunities(test) => test.fmt(f),
        }
    }
}

impl About {
    /// What a key is about.
    pub fn find(key: &str) -> Option<Self> {
        let listed = Subject::find(key).map(Self::Listed);
        listed.or_else(|| Custom::find(key).map(Self::Custom))
    }

    /// As people call it.
    pub fn label(self, offers: &Offers) -> String {
        match self {
            Self::Listed(subject) => subject.label.into(),
            Self::Custom(custom) => custom.label(offers),
        }
    }

    pub(super) fn read(self, typed: &Typed) -> Result<Asked, &'static str> {
        match self {
            Self::Listed(subject) => subject.read(typed),
            Self::Custom(custom) => Ok(Asked::Custom(custom, custom.read(typed)?)),
        }
    }

    pub(super) fn controls(self, typed: &Typed, offers: &Offers) -> Vec<Control> {
        match self {
            Self::Listed(subject) => subject.controls(typed, offers),
            Self::Custom(custom) => custom.controls(typed, offers),
        }
    }
}

impl Subject {
    /// The subject of a key.
    pub fn find(key: &str) -> Option<&'static Self> {
        ALL.iter().copied().flatten().find(|subject| subject.key == key)
    }

    fn read(&'static self, typed: &Typed) -> Result<Asked, &'static str> {
        Ok(match &self.asks {
            Asks::Text(text) => Asked::Text(text, text::Test::read(typed, text.writing)?),
            Asks::Dates(dates) => Asked::Dates(dates, date::Test::read(typed)?),
            Asks::Choices(choices) => Asked::Choices(choices, choices.read(typed)?),
            Asks::Flag(flag) => Asked::Flag(flag, flags::read(typed)?),
            Asks::Links(links) => Asked::Links(links, links::Test::read(typed)?),
            Asks::Giving(measure) => Asked::Giving(*measure, measure.read(typed)?),
            Asks::Gave => Asked::Gave(Gave::read(typed)?),
            Asks::Activities => Asked::Activities(happened::Test::read(typed)?),
            Asks::Opportunities => Asked::Opportunities(prospects::Test::read(typed)?),
        })
    }

    fn controls(&self, typed: &Typed, offers: &Offers) -> Vec<Control> {
        match &self.asks {
            Asks::Text(_) => text::Test::controls(typed),
            Asks::Dates(_) => date::Test::controls(typed),
            Asks::Choices(choices) => choices.controls(typed),
            Asks::Flag(_) => flags::controls(typed),
            Asks::Links(links) => links.controls(typed, offers),
            Asks::Giving(measure) => measure.controls(typed, offers),
            Asks::Gave => Gave::controls(typed),
            Asks::Activities => happened::Test::controls(typed, offers),
            Asks::Opportunities => prospects::Test::controls(typed, offers),
        }
    }
}

impl Asked {
    pub(super) fn sql(&self, sql: &mut Sql, calendar: &Calendar) -> String {
        match self {
            Self::Text(text, test) => test.sql(text.place, text.writing, sql),
            Self::Dates(dates, test) => test.sql(dates.place, dates.stored, sql, calendar),
            Self::Choices(choices, test) => choices.sql(test, sql),
            Self::Flag(flag, wanted) => flag.sql(*wanted, sql),
            Self::Links(links, test) => links.sql(test, sql, calendar),
            Self::Giving(measure, test) => measure.sql(test, sql, calendar),
            Self::Gave(gave) => gave.sql(sql, calendar),
            Self::Custom(custom, test) => custom.sql(test, sql, calendar),
            Self::Activities(test) => test.sql(sql, calendar),
            Self::Opportunities(test) => test.sql(sql, calendar),
        }
    }

    pub(super) fn holds(&self, facts: &Facts, calendar: &Calendar) -> bool {
        match self {
            Self::Text(text, test) => test.holds(&(text.of)(facts), text.writing),
            Self::Dates(dates, test) => test.holds(&(dates.of)(facts, calendar), calendar),
            Self::Choices(choices, test) => choices.holds(test, facts),
            Self::Flag(flag, wanted) => (flag.of)(facts) == *wanted,
            Self::Links(links, test) => links.holds(test, facts),
            Self::Giving(measure, test) => measure.holds(test, facts, calendar),
            Self::Gave(gave) => gave.holds(facts, calendar),
            Self::Custom(custom, test) => custom.holds(test, facts, calendar),
            Self::Activities(test) => test.holds(facts, calendar),
            Self::Opportunities(test) => test.holds(facts, calendar),
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
            Self::Custom(custom, test) => custom.words(test, offers),
            Self::Activities(test) => test.words(offers),
            Self::Opportunities(test) => test.words(offers),
        }
    }

    pub(super) fn value_of(&self, facts: &Facts, calendar: &Calendar, offers: &Offers) -> Vec<String> {
        match self {
            Self::Text(text, _) => text.value_of(facts),
            Self::Dates(dates, _) => (dates.of)(facts, calendar)
                .into_iter()
                .map(super::period::day)
                .collect(),
            Self::Choices(choices, _) => choices.value_of(facts),
            Self::Flag(flag, _) => vec![if (flag.of)(facts) { "Yes" } else { "No" }.into()],
            Self::Links(links, _) => links.value_of(facts, offers),
            Self::Giving(measure, test) => measure.value_of(test, facts, calendar),
            Self::Gave(_) => Gave::value_of(facts),
            Self::Custom(custom, _) => custom.value_of(facts, offers),
            Self::Activities(_) => happened::Test::value_of(facts, offers),
            Self::Opportunities(_) => prospects::Test::value_of(facts, offers),
        }
    }

    pub(super) fn is_relative(&self) -> bool {
        match self {
            Self::Dates(_, test) => test.is_relative(),
            Self::Giving(_, test) => test.is_relative(),
            Self::Gave(gave) => gave.is_relative(),
            Self::Custom(_, test) => test.is_relative(),
            Self::Activities(test) => test.is_relative(),
            Self::Opportunities(test) => test.is_relative(),
            Self::Links(links, _) => links.moved.is_some(),
            Self::Text(..) | Self::Choices(..) | Self::Flag(..) => false,
        }
    }

    /// For whom the answer may be another than on an earlier day, though nothing about them has changed; nobody where there
    /// is no condition.
    pub(super) fn moved(&self, sql: &mut Sql, before: &Calendar, now: &Calendar) -> Option<String> {
        match self {
            Self::Dates(dates, test) => test.moved(dates.place, dates.stored, sql, [before, now]),
            Self::Custom(custom, test) => custom.moved(test, sql, [before, now]),
            Self::Giving(_, test) => test.moved(sql, before, now),
            Self::Gave(gave) => gave.moved(sql, before, now),
            Self::Activities(test) => test.moved(sql, [before, now]),
            Self::Opportunities(test) => test.moved(sql, [before, now]),
            Self::Links(links, _) => links.moved.map(|moved| moved(sql, [before, now])),
            Self::Text(..) | Self::Choices(..) | Self::Flag(..) => None,
        }
    }

    pub(super) fn is_about_all(&self, offer: Offer) -> bool {
        matches!(self, Self::Links(links, links::Test::Empty | links::Test::Filled) if links.offer == offer)
    }

    pub(super) fn names(&self, offer: Offer) -> Vec<i64> {
        match self {
            Self::Links(links, test) if links.offer == offer => test.names(),
            Self::Giving(_, test) => test.names(offer),
            _ => Vec::new(),
        }
    }
}
