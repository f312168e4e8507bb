//! The groups a contact belongs to now.

use super::super::links::Links;
use super::super::offers::Offer;
use super::{Asks, Section, Subject};

/// The family.
pub(super) const SUBJECTS: &[Subject] = &[Subject {
    key: "groups",
    section: Section::Groups,
    label: "Groups",
    asks: Asks::Links(Links {
        offer: Offer::Groups,
        table: |_, _| "group_contacts".into(),
        id: "group_id",
        counts: "status <> 'Removed'",
        moved: None,
        of: |facts| &facts.groups,
    }),
}];
