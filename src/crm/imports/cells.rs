//! A row's cells as every kind reads them: trimmed, in one line, told apart from nothing; and what is wrong with the row as
//! a whole.

use super::column::ColumnMeaning;
use std::collections::BTreeMap;

/// What a row says, by what its columns hold: trimmed, never empty; what has words of its own (dates, choices) in ours.
#[derive(Clone, Debug)]
pub struct Said<M>(BTreeMap<M, String>);

impl<M: ColumnMeaning> Said<M> {
    /// What the row says under a meaning.
    pub fn get(&self, meaning: M) -> Option<&str> {
        self.0.get(&meaning).map(String::as_str)
    }
}

impl<M> From<BTreeMap<M, String>> for Said<M> {
    fn from(values: BTreeMap<M, String>) -> Self {
        Self(values)
    }
}

/// Between the lines of a cell whose lines are kept.
pub const LINES: &str = "\n";

/// Reads the cells of a row by what its columns hold: what `value` makes of each that says something, and everything wrong
/// with the row in words. `between_lines` is what stands between the lines of a cell.
pub fn read<M: ColumnMeaning>(
    meanings: &[Option<M>],
    cells: &[String],
    between_lines: impl Fn(M) -> &'static str,
    value: impl Fn(M, String) -> Result<String, String>,
) -> (BTreeMap<M, String>, Vec<String>) {
    let mut values = BTreeMap::new();
    if let Some(problem) = wrong_width(meanings.len(), cells) {
        return (values, vec![problem]);
    }
    let mut problems = Vec::new();
    for (meaning, cell) in meanings.iter().zip(cells) {
        let Some(meaning) = *meaning else { continue };
        let text = match between_lines(meaning) {
            LINES => several_lines(cell),
            between => one_line(cell, between),
        };
        if text.is_empty() {
            continue;
        }
        let read = match text.contains('\u{FFFD}') {
            true => Err(format!(
                "“{text}” has a letter that the file does not say properly. Type it again."
            )),
            false => value(meaning, text),
        };
        match read {
            Ok(value) => {
                values.insert(meaning, value);
            }
            Err(problem) => problems.push(problem),
        }
    }
    (values, problems)
}

fn wrong_width(named: usize, cells: &[String]) -> Option<String> {
    let found = cells.len();
    let spills = cells.iter().skip(named).any(|cell| !cell.trim().is_empty());
    (found < named || spills).then(|| {
        format!(
            "The row has {found} cells, but the first row names {named} columns. Perhaps a quotation mark or a \
             separator is missing, or there is one too many."
        )
    })
}

/// A cell in one line: records have no line breaks, spreadsheets do.
pub(super) fn one_line(cell: &str, between: &str) -> String {
    let lines = without_text_mark(cell)
        .split(|c: char| c.is_control())
        .map(str::trim)
        .filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(between)
}

/// A cell with its lines and the empty ones between paragraphs.
fn several_lines(cell: &str) -> String {
    let lines = without_text_mark(cell).replace("\r\n", LINES).replace('\r', LINES);
    let without_signs = lines
        .replace('\t', " ")
        .replace(|c: char| c.is_control() && c != '\n', "");
    without_signs.trim().to_owned()
}

/// An apostrophe before what looks like a formula is how spreadsheets, and our own files, write text.
fn without_text_mark(cell: &str) -> &str {
    let rest = cell
        .strip_prefix('\'')
        .filter(|rest| rest.starts_with(['=', '+', '-', '@', '\t', '\r']));
    rest.unwrap_or(cell)
}
