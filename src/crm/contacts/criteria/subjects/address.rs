//! Postal addresses: any of a contact's.

use super::super::Facts;
use super::super::plain::Plain;
use super::super::sql::Place;
use super::super::text::{Text, Writing};
use super::{Asks, Section, Subject};

const fn text(key: &'static str, label: &'static str, writing: Writing, of: fn(&Facts) -> Vec<&str>) -> Subject {
    Subject {
        key,
        section: Section::Address,
        label,
        asks: Asks::Plain(Plain::Text(Text {
            place: Place::Rows {
                table: "addresses",
                value: key,
            },
            writing,
            of,
        })),
    }
}

/// The family; each key is the name of its column.
pub(super) const SUBJECTS: &[Subject] = &[
    text("street_address", "Street Address", Writing::Words, |facts| {
        facts
            .contact
            .addresses
            .iter()
            .map(|address| address.street_address.as_str())
            .collect()
    }),
    text(
        "supplemental_address_1",
        "Supplemental Address 1",
        Writing::Words,
        |facts| {
            let addresses = facts.contact.addresses.iter();
            addresses
                .map(|address| address.supplemental_address_1.as_str())
                .collect()
        },
    ),
    text(
        "supplemental_address_2",
        "Supplemental Address 2",
        Writing::Words,
        |facts| {
            let addresses = facts.contact.addresses.iter();
            addresses
                .map(|address| address.supplemental_address_2.as_str())
                .collect()
        },
    ),
    text("city", "City", Writing::Words, |facts| {
        facts
            .contact
            .addresses
            .iter()
            .map(|address| address.city.as_str())
            .collect()
    }),
    text("province", "Province", Writing::Words, |facts| {
        facts
            .contact
            .addresses
            .iter()
            .map(|address| address.province.as_str())
            .collect()
    }),
    text("postal_code", "Postal Code", Writing::PostalCode, |facts| {
        facts
            .contact
            .addresses
            .iter()
            .map(|address| address.postal_code.as_str())
            .collect()
    }),
    text("country", "Country", Writing::Words, |facts| {
        facts
            .contact
            .addresses
            .iter()
            .map(|address| address.country.as_str())
            .collect()
    }),
];
