//! A line of the Change Log as people read it.

use crate::accounts::model::Organization;
use crate::base::{ContactId, StepId};
use crate::changelog::{Change, FieldChange};

/// Who, when, what, old → new, why; `templates/changelog/lines.html` writes a `Vec` of them called `lines`.
pub struct Line {
    /// In the organization's time zone.
    pub when: String,
    pub who: String,
    /// "Import", or empty.
    pub kind: &'static str,
    /// The contact and its name.
    pub contact: Option<(ContactId, String)>,
    pub what: String,
    pub fields: Vec<FieldChange>,
    pub why: String,
    /// What can be taken back.
    pub step: Option<StepId>,
}

/// Fields of something new that are shown at once; more are folded away, since all of them stand in the record itself.
const NEW_FIELDS_SHOWN: usize = 3;

impl Line {
    /// Whether the fields are those of something new, and many.
    pub fn is_long_and_new(&self) -> bool {
        self.fields.len() > NEW_FIELDS_SHOWN && self.fields.iter().all(|field| field.old.is_empty())
    }

    /// The line of a change.
    pub fn of(change: Change, organization: &Organization) -> Self {
        Self {
            when: organization.local(change.at),
            kind: match change.actor_kind.as_str() {
                "import" => "Import",
                _ => "",
            },
            who: change.actor_name,
            contact: change.contact,
            what: change.what,
            fields: change.fields,
            why: change.why,
            step: change.step,
        }
    }
}
