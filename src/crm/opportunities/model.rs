//! What an opportunity is, what it is worth, and how it is read from a form.

use super::statuses::OpportunityStatus;
use crate::base::{ContactId, Currency, Money, OpportunityId, OpportunityStatusId, StaffId, choice};
use crate::changelog::{self, FieldChange};
use crate::db::schema::opportunities;
use crate::web;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

/// The longest name of an opportunity, in characters: a line.
pub const NAME_LENGTH_MAX: usize = 200;
/// The longest type, in characters.
pub const TYPE_LENGTH_MAX: usize = 60;
/// The longest notes, in characters: ten pages.
pub const NOTES_LENGTH_MAX: usize = 20_000;
/// Types that are suggested before anybody wrote another.
pub const SUGGESTED_TYPES: [&str; 6] = ["Grant", "Major Gift", "Sponsorship", "Bequest", "Event", "In-kind Gift"];

choice! {
    /// What has become of an opportunity, whatever an organization calls it.
    pub enum Outcome {
        /// Still to be decided.
        Open = "Open",
        Won = "Won",
        Lost = "Lost",
    }
}

impl Outcome {
    /// How it looks as a badge.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Open => "info",
            Self::Won => "good",
            Self::Lost => "quiet",
        }
    }
}

choice! {
    /// How likely it is.
    pub enum Probability {
        Low = "Low",
        Medium = "Medium",
        High = "High",
    }
}

impl Probability {
    /// How much of an amount counts in a weighted sum, in percent.
    pub fn percent(self) -> i64 {
        match self {
            Self::Low => 25,
            Self::Medium => 50,
            Self::High => 75,
        }
    }
}

/// Everything of an opportunity that can be written down; the names are those of its row.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = opportunities, treat_none_as_null = true)]
pub struct Details {
    /// The prospect.
    pub contact_id: ContactId,
    pub name: String,
    pub opportunity_type: String,
    pub status_id: OpportunityStatusId,
    /// `None`: as usual for its status.
    pub probability: Option<Probability>,
    pub owner_id: Option<StaffId>,
    /// In the smallest unit of the currency, like the amount received.
    pub amount: Option<i64>,
    pub amount_received: Option<i64>,
    pub currency: Currency,
    pub application_deadline: Option<NaiveDate>,
    pub is_submitted: bool,
    pub decision_date: Option<NaiveDate>,
    pub report_due: Option<NaiveDate>,
    pub notes: String,
}

impl Details {
    /// What is asked for.
    pub fn amount(&self) -> Option<Money> {
        self.amount.map(|minor| Money::new(minor, self.currency))
    }

    /// What came.
    pub fn received(&self) -> Option<Money> {
        self.amount_received.map(|minor| Money::new(minor, self.currency))
    }

    fn in_words(&self, status: &str, prospect: &str, owner: &str) -> Vec<(&'static str, String)> {
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let money = |money: Option<Money>| money.map(|money| money.to_string()).unwrap_or_default();
        vec![
            ("Name", self.name.clone()),
            ("Prospect", prospect.to_owned()),
            ("Opportunity Type", self.opportunity_type.clone()),
            ("Status", status.to_owned()),
            (
                "Probability",
                self.probability.map(|likely| likely.to_string()).unwrap_or_default(),
            ),
            ("Owner", owner.to_owned()),
            ("Amount", money(self.amount())),
            ("Amount Received", money(self.received())),
            ("Application Deadline", day(self.application_deadline)),
            (
                "Application Submitted",
                if self.is_submitted { "Yes" } else { "No" }.to_owned(),
            ),
            ("Decision Date", day(self.decision_date)),
            ("Report Due", day(self.report_due)),
            ("Notes", self.notes.clone()),
        ]
    }
}

/// An opportunity as it stands.
#[derive(Clone, Debug)]
pub struct Opportunity {
    pub id: OpportunityId,
    pub is: Details,
    pub status: OpportunityStatus,
    pub prospect: String,
    pub owner: Option<String>,
}

impl Opportunity {
    /// Dates that are still to be kept, each with what it is.
    pub fn deadlines(&self) -> Vec<(&'static str, NaiveDate)> {
        let is_open = self.status.is_open();
        let apply = self
            .is
            .application_deadline
            .filter(|_| is_open && !self.is.is_submitted);
        let decide = self.is.decision_date.filter(|_| is_open);
        let report = self.is.report_due.filter(|_| self.status.outcome == Outcome::Won);
        [("Application", apply), ("Decision", decide), ("Report", report)]
            .into_iter()
            .filter_map(|(what, day)| Some((what, day?)))
            .collect()
    }
}

/// What differs between an opportunity before and after, for the Change Log; `None` where there is none.
pub(super) fn differences(old: Option<&Opportunity>, new: Option<&Opportunity>) -> Vec<FieldChange> {
    let words = |one: Option<&Opportunity>| {
        one.map(|one| {
            let owner = one.owner.as_deref().unwrap_or_default();
            one.is.in_words(&one.status.name, &one.prospect, owner)
        })
    };
    changelog::differences(words(old), words(new))
}

/// Reads a name as somebody typed it.
pub fn name(typed: &str) -> Result<String, &'static str> {
    web::required_line(
        typed,
        NAME_LENGTH_MAX,
        "Give the opportunity a name.",
        "A name may have up to 200 characters.",
    )
}

/// Reads a type as somebody typed it; it may be empty.
pub fn opportunity_type(typed: &str) -> Result<String, &'static str> {
    web::one_line(typed, TYPE_LENGTH_MAX, "A type may have up to 60 characters.")
}

/// Reads notes as somebody typed them; they may be empty.
pub fn notes(typed: &str) -> Result<String, &'static str> {
    web::several_lines(typed, NOTES_LENGTH_MAX, "Notes may have up to 20,000 characters.")
}

/// Reads an amount that may be left out.
pub fn amount(typed: &str, currency: Currency) -> Result<Option<i64>, &'static str> {
    match typed.trim() {
        "" => Ok(None),
        typed => match Money::parse(typed, currency)?.minor {
            0 => Err("Leave the amount out where there is none."),
            minor => Ok(Some(minor)),
        },
    }
}
