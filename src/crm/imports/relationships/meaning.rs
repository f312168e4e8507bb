//! What a column of a file of relationships can hold.

use crate::crm::imports::column::{ColumnMeaning, Facts};
use serde::{Deserialize, Serialize};

/// What the cells of one column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    NumberA,
    IdentifierA,
    EmailA,
    NameA,
    Relationship,
    NumberB,
    IdentifierB,
    EmailB,
    NameB,
    StartDate,
    EndDate,
    Active,
    Description,
}

use Meaning::*;

/// The meanings as they are offered, under their headings.
pub const OFFERED: [(&str, &[Meaning]); 3] = [
    ("The first contact", &[NumberA, IdentifierA, EmailA, NameA]),
    ("The second contact", &[NumberB, IdentifierB, EmailB, NameB]),
    (
        "The relationship",
        &[Relationship, StartDate, EndDate, Active, Description],
    ),
];

impl ColumnMeaning for Meaning {
    fn is_date(self) -> bool {
        matches!(self, StartDate | EndDate)
    }

    fn facts(self) -> Facts {
        match self {
            NumberA => (
                "DMS Number of the first contact",
                &["dms number a", "dms number", "numéro dms"],
            ),
            IdentifierA => (
                "External Identifier of the first contact",
                &[
                    "contact id a",
                    "first contact id",
                    "contact a",
                    "contact id",
                    "external identifier",
                ],
            ),
            EmailA => (
                "Email of the first contact",
                &["email a", "first email", "email", "email address", "courriel"],
            ),
            NameA => (
                "Name of the first contact",
                &["name a", "first contact", "name", "display name"],
            ),
            Relationship => (
                "Relationship",
                &[
                    "relationship type",
                    "relation",
                    "type",
                    "lien",
                    "type de relation",
                    "type de lien",
                ],
            ),
            NumberB => (
                "DMS Number of the second contact",
                &["dms number b", "related dms number"],
            ),
            IdentifierB => (
                "External Identifier of the second contact",
                &[
                    "contact id b",
                    "second contact id",
                    "contact b",
                    "related contact id",
                    "with contact id",
                ],
            ),
            EmailB => (
                "Email of the second contact",
                &["email b", "second email", "related email"],
            ),
            NameB => (
                "Name of the second contact",
                &["name b", "second contact", "related contact", "with"],
            ),
            StartDate => ("Start Date", &["start", "from", "since", "date de début", "début"]),
            EndDate => ("End Date", &["end", "until", "to", "date de fin", "fin"]),
            Active => ("Active", &["is active", "current", "enabled", "actif", "en cours"]),
            Description => ("Description", &["note", "notes", "comment", "remarque"]),
        }
    }
}
