//! Grants and large gifts that may come from a contact.

use super::{Asks, Section, Subject};

/// The family.
pub(super) const SUBJECTS: &[Subject] = &[Subject {
    key: "opportunities",
    section: Section::Opportunities,
    label: "Opportunities",
    asks: Asks::Opportunities,
}];
