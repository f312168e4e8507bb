//! The groups a contact belongs to now, and those it belonged to.

use super::super::Facts;
use super::super::links::Links;
use super::super::offers::Offer;
use super::{Asks, Section, Subject};
use std::collections::BTreeSet;

const fn groups(
    key: &'static str,
    label: &'static str,
    counts: &'static str,
    of: fn(&Facts) -> &BTreeSet<i64>,
) -> Subject {
    Subject {
        key,
        section: Section::Groups,
        label,
        asks: Asks::Links(Links {
            offer: Offer::Groups,
            table: |_, _| "group_contacts".into(),
            id: "group_id",
            counts,
            moved: None,
            of,
        }),
    }
}

/// The word of the groups a contact belongs to now.
pub(in super::super) const NOW: &str = "groups";

/// The family.
pub(super) const SUBJECTS: &[Subject] = &[
    groups(NOW, "Groups", "status <> 'Removed'", |facts| &facts.groups),
    groups("past_groups", "Past Groups", "status = 'Removed'", |facts| {
        &facts.past_groups
    }),
];
