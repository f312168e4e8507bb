//! What a column of a file of notes can hold.

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
    Subject,
    Note,
    Date,
}

use Meaning::*;

/// The meanings as they are offered, under their headings.
pub const OFFERED: [(&str, &[Meaning]); 2] = [
    (
        "Whom it is about",
        &[ContactNumber, ContactIdentifier, Email, FirstName, LastName, Name],
    ),
    ("The note", &[Subject, Note, Date]),
];

impl SaysWhom for Meaning {
    const WHOM: [Self; 6] = [ContactNumber, ContactIdentifier, Email, FirstName, LastName, Name];
}

impl ColumnMeaning for Meaning {
    fn is_date(self) -> bool {
        self == Date
    }

    fn facts(self) -> Facts {
        match self {
            ContactNumber => whom::NUMBER,
            ContactIdentifier => whom::IDENTIFIER,
            Email => whom::EMAIL,
            FirstName => whom::FIRST_NAME,
            LastName => whom::LAST_NAME,
            Name => whom::NAME,
            Subject => ("Subject", &["note subject", "title", "objet", "sujet"]),
            Note => (
                "Note",
                &[
                    "notes",
                    "note text",
                    "text",
                    "body",
                    "comment",
                    "comments",
                    "remarque",
                    "commentaire",
                ],
            ),
            Date => (
                "Date",
                &[
                    "note date",
                    "date of note",
                    "noted on",
                    "date added",
                    "created date",
                    "date de la note",
                ],
            ),
        }
    }
}
