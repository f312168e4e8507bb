//! What a column of a file of contact tags can hold.

use crate::crm::imports::column::{ColumnMeaning, Facts};
use crate::crm::imports::whom::{self, SaysWhom};
use serde::{Deserialize, Serialize};

/// What the cells of one column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    ContactNumber,
    ContactIdentifier,
    Email,
    FirstName,
    LastName,
    Name,
    Tag,
}

use Meaning::*;

/// The meanings as they are offered, under their headings.
pub const OFFERED: [(&str, &[Meaning]); 2] = [
    (
        "Who has it",
        &[ContactNumber, ContactIdentifier, Email, FirstName, LastName, Name],
    ),
    ("The tag", &[Tag]),
];

impl SaysWhom for Meaning {
    const WHOM: [Self; 6] = [ContactNumber, ContactIdentifier, Email, FirstName, LastName, Name];
}

impl ColumnMeaning for Meaning {
    fn facts(self) -> Facts {
        match self {
            ContactNumber => whom::NUMBER,
            ContactIdentifier => whom::IDENTIFIER,
            Email => whom::EMAIL,
            FirstName => whom::FIRST_NAME,
            LastName => whom::LAST_NAME,
            Name => whom::NAME,
            Tag => ("Tag", &["tag name", "keyword", "étiquette", "mot-clé"]),
        }
    }
}
