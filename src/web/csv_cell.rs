//! Cells of the CSV files people download: a spreadsheet must never run one as a formula.

use std::borrow::Cow;

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The cell as it may be written: one that a spreadsheet would run begins with an apostrophe, which our own import takes off
/// again.
pub fn csv_cell(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(FORMULA_STARTS) {
        format!("'{cell}").into()
    } else {
        cell.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_can_be_run_as_a_formula() {
        for cell in ["=1+1", "+1 613 555 0100", "-2", "@SUM(A1)", "\t=1"] {
            assert_eq!(csv_cell(cell), format!("'{cell}"));
        }
        assert_eq!(csv_cell("a=b"), "a=b");
    }
}
