//! Emails and phones: any of a contact's.

use super::super::flags::Flag;
use super::super::plain::Plain;
use super::super::sql::Place;
use super::super::text::{Text, Writing};
use super::{Asks, Section, Subject};

/// The family.
pub(super) const SUBJECTS: &[Subject] = &[
    Subject {
        key: "email",
        section: Section::EmailAndPhone,
        label: "Email",
        asks: Asks::Plain(Plain::Text(Text {
            place: Place::Rows {
                table: "emails",
                value: "address",
            },
            writing: Writing::Words,
            of: |facts| {
                facts
                    .contact
                    .emails
                    .iter()
                    .map(|email| email.address.as_typed())
                    .collect()
            },
        })),
    },
    Subject {
        key: "on_hold",
        section: Section::EmailAndPhone,
        label: "Email On Hold",
        asks: Asks::Plain(Plain::Flag(Flag {
            sql: |sql, _| sql.has_row("emails", "on_hold_since IS NOT NULL"),
            of: |facts, _| facts.contact.emails.iter().any(|email| email.on_hold.is_some()),
            moved: None,
        })),
    },
    Subject {
        key: "phone",
        section: Section::EmailAndPhone,
        label: "Phone",
        asks: Asks::Plain(Plain::Text(Text {
            place: Place::Rows {
                table: "phones",
                value: "number",
            },
            writing: Writing::Digits,
            of: |facts| facts.contact.phones.iter().map(|phone| phone.number.as_str()).collect(),
        })),
    },
];
