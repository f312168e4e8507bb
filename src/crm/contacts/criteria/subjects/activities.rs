//! What was done with a contact, or is planned.

use super::{Asks, Section, Subject};

/// The family.
pub(super) const SUBJECTS: &[Subject] = &[Subject {
    key: "activities",
    section: Section::Activities,
    label: "Activities",
    asks: Asks::Activities,
}];
