//! Cells of the CSV files people download: a spreadsheet must never run one as a formula.

use std::borrow::Cow;

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The cell as it may be written: one that a spreadsheet would run begins with an apostrophe instead.
pub fn csv_cell(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(FORMULA_STARTS) {
        format!("'{cell}").into()
    } else {
        cell.into()
    }
}
