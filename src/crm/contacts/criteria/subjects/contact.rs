//! Names, type, and other plain facts of a contact.

use super::super::Facts;
use super::super::choices::Choices;
use super::super::flags::Flag;
use super::super::numbers::Numbers;
use super::super::plain::Plain;
use super::super::sql::Place;
use super::super::text::{Text, Writing};
use super::{Asks, Section, Subject};

const fn text(key: &'static str, label: &'static str, column: &'static str, of: fn(&Facts) -> Vec<&str>) -> Subject {
    Subject {
        key,
        section: Section::Contact,
        label,
        asks: Asks::Plain(Plain::Text(Text {
            place: Place::Own(column),
            writing: Writing::Words,
            of,
        })),
    }
}

/// The answers to "Language".
const LANGUAGES: &[(&str, &str)] = &[("en", "English"), ("fr", "French"), ("other", "another language")];

fn language(facts: &Facts) -> &'static str {
    let stored = &facts.contact.details.preferred_language;
    match stored.get(..2) {
        _ if stored.is_empty() => "",
        Some(code) if code.eq_ignore_ascii_case("en") => "en",
        Some(code) if code.eq_ignore_ascii_case("fr") => "fr",
        _ => "other",
    }
}

/// The family.
pub(super) const SUBJECTS: &[Subject] = &[
    text("name", "Name", "contacts.display_name", |facts| {
        vec![&facts.contact.display_name]
    }),
    text("first_name", "First Name", "contacts.first_name", |facts| {
        vec![&facts.contact.details.first_name]
    }),
    text("middle_name", "Middle Name", "contacts.middle_name", |facts| {
        vec![&facts.contact.details.middle_name]
    }),
    text("last_name", "Last Name", "contacts.last_name", |facts| {
        vec![&facts.contact.details.last_name]
    }),
    text(
        "organization_name",
        "Organization Name",
        "contacts.organization_name",
        |facts| vec![&facts.contact.details.organization_name],
    ),
    text("household_name", "Household Name", "contacts.household_name", |facts| {
        vec![&facts.contact.details.household_name]
    }),
    Subject {
        key: "contact_type",
        section: Section::Contact,
        label: "Contact Type",
        asks: Asks::Plain(Plain::Choices(Choices {
            place: Place::Own("contacts.contact_type"),
            options: &[
                ("individual", "Individual"),
                ("organization", "Organization"),
                ("household", "Household"),
            ],
            may_be_empty: false,
            of: |facts| facts.contact.details.contact_type.as_str(),
        })),
    },
    text(
        "contact_subtype",
        "Contact Subtype",
        "contacts.contact_subtype",
        |facts| vec![&facts.contact.details.contact_subtype],
    ),
    text("prefix", "Prefix", "contacts.prefix", |facts| {
        vec![&facts.contact.details.prefix]
    }),
    text("suffix", "Suffix", "contacts.suffix", |facts| {
        vec![&facts.contact.details.suffix]
    }),
    text("job_title", "Job Title", "contacts.job_title", |facts| {
        vec![&facts.contact.details.job_title]
    }),
    text("gender", "Gender", "contacts.gender", |facts| {
        vec![&facts.contact.details.gender]
    }),
    Subject {
        key: "language",
        section: Section::Contact,
        label: "Language",
        asks: Asks::Plain(Plain::Choices(Choices {
            place: Place::Own(
                "CASE WHEN contacts.preferred_language = '' THEN '' \
                    WHEN lower(left(contacts.preferred_language, 2)) IN ('en', 'fr') \
                    THEN lower(left(contacts.preferred_language, 2)) ELSE 'other' END",
            ),
            options: LANGUAGES,
            may_be_empty: true,
            of: language,
        })),
    },
    Subject {
        key: "deceased",
        section: Section::Contact,
        label: "Deceased",
        asks: Asks::Plain(Plain::Flag(Flag {
            sql: |_, _| "contacts.is_deceased".into(),
            of: |facts, _| facts.contact.details.is_deceased,
            moved: None,
        })),
    },
    text("source", "Contact Source", "contacts.source", |facts| {
        vec![&facts.contact.details.source]
    }),
    Subject {
        key: "dms_number",
        section: Section::Contact,
        label: "DMS Number",
        asks: Asks::Plain(Plain::Numbers(Numbers {
            place: Place::Known("contacts.id"),
            of: |facts| facts.contact.id.0,
        })),
    },
    text(
        "external_identifier",
        "External Identifier",
        "contacts.external_identifier",
        |facts| {
            facts
                .contact
                .details
                .external_identifier
                .iter()
                .map(String::as_str)
                .collect()
        },
    ),
];
