//! What somebody said a file is: what its rows are about and what each column holds. Kept with the import, and remembered
//! for the next file with the same column names.

use super::column::ColumnMeaning;
use super::kind::{self, Kind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a file is matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matching {
    /// The word of the kind.
    pub kind: String,
    /// By position, keys of the kind's columns; `None` is left out. Empty until they are chosen.
    pub columns: Vec<Option<String>>,
    /// Whether what the file names and is not here (funds, campaigns) is made.
    #[serde(default)]
    pub makes_missing: bool,
    /// Whether a row that says the same as what is here brings another one, where nothing tells the two apart.
    #[serde(default)]
    pub adds_alike: bool,
}

impl Matching {
    /// Reads what was stored: before there were kinds, the columns of a file of contacts alone.
    pub fn read(stored: Value) -> Self {
        let columns_of_contacts = |stored: Value| Self {
            kind: kind::KINDS[0].word().into(),
            columns: serde_json::from_value(stored).unwrap_or_default(),
            makes_missing: false,
            adds_alike: false,
        };
        match stored {
            Value::Object(_) => serde_json::from_value(stored).unwrap_or_else(|_| columns_of_contacts(Value::Null)),
            other => columns_of_contacts(other),
        }
    }

    /// What the rows are about.
    pub fn kind(&self) -> &'static dyn Kind {
        kind::named(&self.kind)
    }

    /// What the columns hold, in the words of a kind.
    pub fn meanings<M: ColumnMeaning>(&self) -> Vec<Option<M>> {
        let columns = self.columns.iter();
        columns.map(|key| key.as_deref().and_then(M::parse)).collect()
    }

    /// The column that holds something.
    pub fn position<M: ColumnMeaning>(&self, meaning: M) -> Option<usize> {
        let key = meaning.key();
        self.columns.iter().position(|of| of.as_ref() == Some(&key))
    }
}
