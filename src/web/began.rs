//! Nobody saves over what somebody else changed: a form carries the state of the record it began with.
//! `templates/parts/began.html` writes it into the form.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// The state of a record that a form began with.
#[derive(Clone, Debug, Default)]
pub struct Began {
    /// As the form's hidden field has it; empty for a new record.
    pub with: String,
    /// Somebody else changed the record while the form was open.
    pub is_outdated: bool,
}

impl Began {
    /// A form that begins with the record as it is.
    pub fn with(record: &impl Serialize) -> Self {
        Self {
            with: state_of(record),
            is_outdated: false,
        }
    }

    /// What a form sent.
    pub fn sent(state: &str) -> Self {
        Self {
            with: state.to_owned(),
            is_outdated: false,
        }
    }

    /// The form is shown again because the record has become this meanwhile. Saved once more, it is meant.
    pub fn again(record: &impl Serialize) -> Self {
        Self {
            with: state_of(record),
            is_outdated: true,
        }
    }

    /// Whether saving `wanted` would undo what somebody else did while the form was open. Ask under the lock of the row.
    pub fn misses<T: Serialize + PartialEq>(&self, is: &T, wanted: &T) -> bool {
        is != wanted && self.with != state_of(is)
    }
}

/// A hash, because it stands in pages: a record that cannot be written down has no state, and a form of it is never outdated.
fn state_of(record: &impl Serialize) -> String {
    let written = serde_json::to_vec(record).unwrap_or_default();
    hex::encode(Sha256::digest(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_outdated_when_the_record_is_neither_what_it_began_with_nor_what_is_wanted() {
        let began = Began::with(&"Anne");
        assert!(!began.misses(&"Anne", &"Ann"));
        assert!(began.misses(&"Bob", &"Ann"));
        assert!(!began.misses(&"Ann", &"Ann"), "somebody else wanted the same");
        assert!(
            Began::sent("").misses(&"Anne", &"Ann"),
            "a form that does not say is not trusted"
        );
        assert!(
            !Began::again(&"Bob").misses(&"Bob", &"Ann"),
            "saved once more, it is meant"
        );
    }
}
