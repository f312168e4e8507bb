//! What a column of a file of activities can hold.

use crate::crm::imports::column::{ColumnMeaning, Facts};
use crate::crm::imports::whom;
use serde::{Deserialize, Serialize};

/// What the cells of one column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    ContactNumber,
    WithIdentifiers,
    Email,
    FirstName,
    LastName,
    Name,
    AddedBy,
    Type,
    Subject,
    Date,
    Duration,
    Status,
    Priority,
    AssignedTo,
    DueDate,
    Details,
    ExternalIdentifier,
}

use Meaning::*;

/// The meanings as they are offered, under their headings.
pub const OFFERED: [(&str, &[Meaning]); 2] = [
    (
        "Whom it is with",
        &[
            ContactNumber,
            WithIdentifiers,
            Email,
            FirstName,
            LastName,
            Name,
            AddedBy,
        ],
    ),
    (
        "The activity",
        &[
            Type,
            Subject,
            Date,
            Duration,
            Status,
            Priority,
            AssignedTo,
            DueDate,
            Details,
            ExternalIdentifier,
        ],
    ),
];

impl ColumnMeaning for Meaning {
    fn is_date(self) -> bool {
        matches!(self, Date | DueDate)
    }

    fn facts(self) -> Facts {
        match self {
            WithIdentifiers => (
                "External Identifiers of those it is with",
                &[
                    "with contact ids",
                    "with contact id",
                    "contact id",
                    "contact ids",
                    "target contact id",
                    "external identifier",
                    "donor id",
                ],
            ),
            ContactNumber => whom::NUMBER,
            Email => whom::EMAIL,
            FirstName => whom::FIRST_NAME,
            LastName => whom::LAST_NAME,
            Name => whom::NAME,
            AddedBy => (
                "External Identifier of who added it",
                &["added by contact id", "added by", "source contact id"],
            ),
            Type => ("Activity Type", &["type", "type d'activité"]),
            Subject => ("Subject", &["activity subject", "title", "objet", "sujet"]),
            Date => (
                "Activity Date",
                &["date", "activity date time", "date and time", "date de l'activité"],
            ),
            Duration => ("Duration", &["duration minutes", "minutes", "durée"]),
            Status => ("Status", &["activity status", "statut"]),
            Priority => ("Priority", &["priorité"]),
            AssignedTo => (
                "Assigned To",
                &[
                    "assignee",
                    "assignee name",
                    "assignee email",
                    "assigned",
                    "responsible",
                    "attribué à",
                    "assigné à",
                    "responsable",
                ],
            ),
            DueDate => ("Due Date", &["due", "due on", "échéance"]),
            Details => (
                "Details",
                &["activity details", "description", "note", "notes", "détails"],
            ),
            ExternalIdentifier => ("Activity ID", &["external activity id", "identifiant de l'activité"]),
        }
    }
}
