//! When a contact was born, written down and last changed.

use super::super::dates::{Dates, Stored};
use super::super::plain::Plain;
use super::super::sql::Place;
use super::{Asks, Section, Subject};

/// The family.
pub(super) const SUBJECTS: &[Subject] = &[
    Subject {
        key: "created",
        section: Section::Dates,
        label: "Date Created",
        asks: Asks::Plain(Plain::Dates(Dates {
            place: Place::Own("contacts.created_at"),
            stored: Stored::Moment,
            of: |facts, calendar| vec![calendar.day_of(facts.contact.created_at)],
        })),
    },
    Subject {
        key: "modified",
        section: Section::Dates,
        label: "Last Modified",
        asks: Asks::Plain(Plain::Dates(Dates {
            place: Place::Own("contacts.modified_at"),
            stored: Stored::Moment,
            of: |facts, calendar| vec![calendar.day_of(facts.contact.modified_at)],
        })),
    },
    Subject {
        key: "birth_date",
        section: Section::Dates,
        label: "Birth Date",
        asks: Asks::Plain(Plain::Dates(Dates {
            place: Place::Own("contacts.birth_date"),
            stored: Stored::Day,
            of: |facts, _| facts.contact.details.birth_date.into_iter().collect(),
        })),
    },
];
