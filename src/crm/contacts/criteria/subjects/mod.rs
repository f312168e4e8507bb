//! What can be asked about. A family of questions is a list in a file of its own; whatever stands in one of them can be
//! searched, is explained in words, judged for one contact, and tested against the SQL.

mod activities;
mod address;
mod contact;
mod contributions;
mod dates;
mod email_and_phone;
mod giving;
pub(super) mod groups;
mod opportunities;
mod privacy;
mod records;
mod relationships;

use super::controls::Control;
use super::custom::{self, Custom};
use super::giving::{self as giving_kind, End, Gave, Measure};
use super::links::{self, Links};
use super::offers::{Offer, Offers};
use super::plain::{self, Plain};
use super::records as records_kind;
use super::sql::Sql;
use super::{Calendar, Facts, Typed};
use std::sync::Arc;

/// Words that are stored as they are shown, as what there is to choose from.
macro_rules! words {
    ($($word:literal),+ $(,)?) => { &[$(($word, $word)),+] };
}
use words;

/// All families, in the order in which they are offered.
pub const ALL: &[&[Subject]] = &[
    contact::SUBJECTS,
    address::SUBJECTS,
    email_and_phone::SUBJECTS,
    privacy::SUBJECTS,
    groups::SUBJECTS,
    giving::SUBJECTS,
    contributions::SUBJECTS,
    records::SUBJECTS,
    relationships::SUBJECTS,
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
    Plain(Plain),
    Links(Links),
    Giving(Measure),
    End(End),
    Gave,
    Records(&'static dyn records_kind::Kind),
}

/// What a condition is about.
#[derive(Clone, Copy, Debug)]
pub enum About {
    Listed(&'static Subject),
    /// A field that the organization made for itself.
    Custom(Custom),
}

/// A question with what is asked.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Plain(plain::Asked),
    Links(&'static Links, links::Test),
    Giving(Measure, giving_kind::Test),
    End(End, giving_kind::EndTest),
    Gave(Gave),
    Custom(Custom, custom::Test),
    Records(Arc<dyn records_kind::Question>),
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

    /// Where it is about records of a kind: what can be asked of each.
    pub(super) fn records(self) -> Option<&'static dyn records_kind::Kind> {
        match self {
            Self::Listed(Subject {
                asks: Asks::Records(records),
                ..
            }) => Some(*records),
            _ => None,
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
            Asks::Plain(plain) => Asked::Plain(plain.read(typed)?),
            Asks::Links(links) => Asked::Links(links, links::Test::read(typed)?),
            Asks::Giving(measure) => Asked::Giving(*measure, measure.read(typed)?),
            Asks::End(end) => Asked::End(*end, giving_kind::EndTest::read(typed)?),
            Asks::Gave => Asked::Gave(Gave::read(typed)?),
            Asks::Records(records) => Asked::Records(records.read(typed)?),
        })
    }

    fn controls(&self, typed: &Typed, offers: &Offers) -> Vec<Control> {
        match &self.asks {
            Asks::Plain(plain) => plain.controls(typed, offers),
            Asks::Links(links) => links.controls(typed, offers),
            Asks::Giving(measure) => measure.controls(typed, offers),
            Asks::End(_) => End::controls(typed, offers),
            Asks::Gave => Gave::controls(typed),
            Asks::Records(_) => vec![records_kind::op(typed)],
        }
    }
}

impl Asked {
    pub(super) fn sql(&self, sql: &mut Sql, calendar: &Calendar) -> String {
        match self {
            Self::Plain(plain) => plain.sql(sql, calendar),
            Self::Links(links, test) => links.sql(test, sql, calendar),
            Self::Giving(measure, test) => measure.sql(test, sql, calendar),
            Self::End(end, test) => end.sql(test, sql, calendar),
            Self::Gave(gave) => gave.sql(sql, calendar),
            Self::Custom(custom, test) => custom.sql(test, sql, calendar),
            Self::Records(question) => question.sql(sql, calendar),
        }
    }

    pub(super) fn holds(&self, facts: &Facts, calendar: &Calendar) -> bool {
        match self {
            Self::Plain(plain) => plain.holds(facts, calendar),
            Self::Links(links, test) => links.holds(test, facts),
            Self::Giving(measure, test) => measure.holds(test, facts, calendar),
            Self::End(end, test) => end.holds(test, facts, calendar),
            Self::Gave(gave) => gave.holds(facts, calendar),
            Self::Custom(custom, test) => custom.holds(test, facts, calendar),
            Self::Records(question) => question.holds(facts, calendar),
        }
    }

    pub(super) fn words(&self, offers: &Offers) -> String {
        match self {
            Self::Plain(plain) => plain.words(offers),
            Self::Links(links, test) => links.words(test, offers),
            Self::Giving(_, test) => test.words(offers),
            Self::End(_, test) => test.words(offers),
            Self::Gave(gave) => gave.words(),
            Self::Custom(custom, test) => custom.words(test, offers),
            Self::Records(question) => question.words(offers),
        }
    }

    pub(super) fn value_of(&self, facts: &Facts, calendar: &Calendar, offers: &Offers) -> Vec<String> {
        match self {
            Self::Plain(plain) => plain.value_of(facts, calendar, offers),
            Self::Links(links, _) => links.value_of(facts, offers),
            Self::Giving(measure, test) => measure.value_of(test, facts, calendar),
            Self::End(end, test) => end.value_of(test, facts),
            Self::Gave(_) => Gave::value_of(facts),
            Self::Custom(custom, _) => custom.value_of(facts, offers),
            Self::Records(question) => question.value_of(facts, offers),
        }
    }

    pub(super) fn is_relative(&self) -> bool {
        match self {
            Self::Plain(plain) => plain.is_relative(),
            Self::Links(links, _) => links.moved.is_some(),
            Self::Giving(_, test) => test.is_relative(),
            Self::End(_, test) => test.is_relative(),
            Self::Gave(gave) => gave.is_relative(),
            Self::Custom(_, test) => test.is_relative(),
            Self::Records(question) => question.is_relative(),
        }
    }

    /// For whom the answer may be another than on an earlier day, though nothing about them has changed; nobody where there
    /// is no condition.
    pub(super) fn moved(&self, sql: &mut Sql, before: &Calendar, now: &Calendar) -> Option<String> {
        let days = [before, now];
        match self {
            Self::Plain(plain) => plain.moved(sql, days),
            Self::Links(links, _) => links.moved.map(|moved| moved(sql, days)),
            Self::Giving(measure, test) => measure.moved(test, sql, days),
            Self::End(end, test) => end.moved(test, sql, days),
            Self::Gave(gave) => gave.moved(sql, before, now),
            Self::Custom(custom, test) => custom.moved(test, sql, days),
            Self::Records(question) => question.moved(sql, days),
        }
    }

    /// Whether it asks for anything of a list, or nothing.
    pub(super) fn names_nothing(&self) -> bool {
        matches!(self, Self::Links(_, links::Test::Empty | links::Test::Filled))
    }

    pub(super) fn names(&self, offer: Offer) -> Vec<i64> {
        match self {
            Self::Plain(plain) => plain.names(offer),
            Self::Links(links, test) if links.offer == offer => test.names(),
            Self::Giving(_, test) => test.names(offer),
            Self::End(_, test) => test.names(offer),
            Self::Records(question) => question.names(offer),
            Self::Links(..) | Self::Gave(_) | Self::Custom(..) => Vec::new(),
        }
    }
}
