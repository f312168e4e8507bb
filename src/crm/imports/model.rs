//! An import as people follow it: a file whose columns are matched, whose rows are checked, then written, and perhaps taken
//! back again.

use super::kind::Kind;
use super::matching::Matching;
use super::value::DateOrder;
use crate::base::{Actor, ContactId, GroupId, ImportId};
use chrono::{DateTime, TimeDelta, Utc};

/// How often in a row the same step may fail before it waits for people.
pub const FAILURES_MAX: i32 = 5;

/// How long an import's rows are kept: so long it can be undone. They hold personal data, so not for ever.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The file is being taken in.
    Reading,
    /// Its columns wait to be matched.
    Matching,
    /// Its rows are looked at; nothing is written to the records.
    Checking,
    /// Waits for somebody to press Import.
    Checked,
    Running,
    Done,
    Undoing,
    Undone,
}

impl State {
    const ALL: [Self; 8] = [
        Self::Reading,
        Self::Matching,
        Self::Checking,
        Self::Checked,
        Self::Running,
        Self::Done,
        Self::Undoing,
        Self::Undone,
    ];

    /// The word the database stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Matching => "matching",
            Self::Checking => "checking",
            Self::Checked => "checked",
            Self::Running => "running",
            Self::Done => "done",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// The word people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Reading => "Being read",
            Self::Matching => "Columns to match",
            Self::Checking => "Being checked",
            Self::Checked => "Ready to import",
            Self::Running => "Importing",
            Self::Done => "Imported",
            Self::Undoing => "Being undone",
            Self::Undone => "Undone",
        }
    }

    /// The colour of its badge.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Reading | Self::Checking | Self::Running | Self::Undoing => "info",
            Self::Matching | Self::Checked => "warn",
            Self::Done => "good",
            Self::Undone => "quiet",
        }
    }

    /// Whether the background works on it.
    pub fn is_at_work(self) -> bool {
        matches!(self, Self::Checking | Self::Running | Self::Undoing)
    }

    /// A file that was brought and not imported, and waits for people.
    pub const NEVER_IMPORTED: [Self; 3] = [Self::Reading, Self::Matching, Self::Checked];

    /// Whether nothing has been written to the records yet.
    pub fn is_before_import(self) -> bool {
        matches!(self, Self::Reading | Self::Matching | Self::Checking | Self::Checked)
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What a row is found to be, or became.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Would add something.
    New,
    /// Would change something that is here.
    Changing,
    /// Says nothing that is not there already.
    Unchanged,
    /// Cannot be imported as it is.
    Problem,
    Added,
    Changed,
    Rejected,
    /// What the row did was taken back.
    Undone,
    /// Somebody changed it since; the rest was taken back, this was not.
    Kept,
}

impl Outcome {
    const ALL: [Self; 9] = [
        Self::New,
        Self::Changing,
        Self::Unchanged,
        Self::Problem,
        Self::Added,
        Self::Changed,
        Self::Rejected,
        Self::Undone,
        Self::Kept,
    ];

    /// The word the database stores and addresses use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changing => "changing",
            Self::Unchanged => "unchanged",
            Self::Problem => "problem",
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Rejected => "rejected",
            Self::Undone => "undone",
            Self::Kept => "kept",
        }
    }

    /// The heading of the list of such rows, for a kind of "contacts".
    pub fn heading(self, things: &str) -> String {
        let mut letters = things.chars();
        let capital: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .chain(letters)
            .collect();
        match self {
            Self::New => format!("New {things}"),
            Self::Changing => format!("{capital} that would change"),
            Self::Unchanged => "Rows that change nothing".into(),
            Self::Problem => "Rows with problems".into(),
            Self::Added => format!("{capital} added"),
            Self::Changed => format!("{capital} changed"),
            Self::Rejected => "Rejected rows".into(),
            Self::Undone => "Rows taken back".into(),
            Self::Kept => "Rows not taken back".into(),
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// A file on its way in, or that has been.
#[derive(Clone, Debug)]
pub struct Import {
    pub id: ImportId,
    pub file_name: String,
    /// "UTF-8", "Windows-1252".
    pub encoding: String,
    pub delimiter: String,
    pub state: State,
    pub headers: Vec<String>,
    /// What its rows are about and what each column holds.
    pub matching: Matching,
    /// Everybody of the file joins it as well.
    pub group: Option<GroupId>,
    pub date_order: DateOrder,
    pub row_count: i32,
    /// Rows the present state has come past, and the last of them.
    pub rows_done: i32,
    pub last_row: i32,
    pub found: Found,
    pub result: ImportResult,
    pub failures: i32,
    pub started_by_name: String,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub undone_by_name: Option<String>,
    pub undone_at: Option<DateTime<Utc>>,
}

/// How many rows the check found of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub new: i32,
    pub changing: i32,
    pub unchanged: i32,
    pub problems: i32,
}

/// What the import and its undo did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportResult {
    pub added: i32,
    pub changed: i32,
    pub unchanged: i32,
    pub rejected: i32,
    /// Memberships added.
    pub joined: i32,
    pub taken_back: i32,
    pub kept: i32,
}

impl Import {
    /// Its page inside the organization.
    pub fn path(&self) -> String {
        format!("imports/{}", self.id)
    }

    /// Who acts while the import runs.
    pub fn actor(&self) -> Actor {
        Actor::Import {
            id: self.id,
            name: format!("Import of {}", self.file_name),
        }
    }

    /// Whether the work has failed so often that it waits for people.
    pub fn is_stuck(&self) -> bool {
        self.state.is_at_work() && self.failures >= FAILURES_MAX
    }

    /// Until when its rows are kept, and it can be undone.
    pub fn kept_until(&self) -> DateTime<Utc> {
        self.undone_at.or(self.finished_at).unwrap_or(self.created_at) + KEPT_FOR
    }

    /// Whether it can be undone now.
    pub fn can_be_undone(&self, now: DateTime<Utc>) -> bool {
        let was_written = self.state == State::Done || (self.state == State::Running && self.is_stuck());
        was_written && now < self.kept_until()
    }

    /// What separates the cells, as people call it.
    pub fn delimiter_name(&self) -> &'static str {
        match self.delimiter.as_str() {
            "," => "commas",
            ";" => "semicolons",
            "\t" => "tabs",
            _ => "bars",
        }
    }

    /// What its rows are about.
    pub fn kind(&self) -> &'static dyn Kind {
        self.matching.kind()
    }
}

/// A row as it stands in the file.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number in a spreadsheet.
    pub number: i32,
    pub cells: Vec<String>,
}

/// A row with what was found or done about it.
#[derive(Clone, Debug)]
pub struct JudgedRow {
    pub row: Row,
    pub problem: Option<String>,
    pub contact: Option<ContactId>,
    /// Field, before, after.
    pub changes: Vec<crate::changelog::FieldChange>,
}

/// A column's letter in a spreadsheet: A, B … Z, AA.
pub fn column_letter(position: usize) -> String {
    let mut rest = position + 1;
    let mut letters = String::new();
    while rest > 0 {
        rest -= 1;
        letters.insert(0, char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::column_letter;

    #[test]
    fn columns_have_the_letters_of_a_spreadsheet() {
        let letters: Vec<_> = [0, 25, 26, 51, 52, 701, 702].map(column_letter).into();
        assert_eq!(letters, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
