//! Who makes a change: the change log names them.

use super::{ImportId, StaffId};

/// Who acts in a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person.
    Staff { id: StaffId, name: String },
    /// A file that a person imports.
    Import { id: ImportId, name: String },
    /// What happened at Mailchimp.
    Mailchimp,
    /// The product itself: the timetable, the demo, a migration.
    System,
}

impl Actor {
    /// The word the change log stores: `staff`, `import`, `mailchimp` or `system`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Staff { .. } => "staff",
            Self::Import { .. } => "import",
            Self::Mailchimp => "mailchimp",
            Self::System => "system",
        }
    }

    /// The id of the person or import, where there is one.
    pub fn id(&self) -> Option<i64> {
        match self {
            Self::Staff { id, .. } => Some(id.0),
            Self::Import { id, .. } => Some(id.0),
            Self::Mailchimp | Self::System => None,
        }
    }

    /// The name shown to people.
    pub fn name(&self) -> &str {
        match self {
            Self::Staff { name, .. } | Self::Import { name, .. } => name,
            Self::Mailchimp => "Mailchimp",
            Self::System => "DMS",
        }
    }

    /// How a group change of theirs is recorded, in CiviCRM's words: `Admin`, `Import` or `API`.
    pub fn method(&self) -> &'static str {
        match self {
            Self::Staff { .. } | Self::System => "Admin",
            Self::Import { .. } => "Import",
            Self::Mailchimp => "API",
        }
    }
}
