//! Rows and cells. Our own reader because a spreadsheet's row numbers must be told: the csv crate passes over empty lines
//! without counting them, and lets an open quotation mark swallow the rest of the file without a word.

use super::FileProblem;
use super::decode::Text;

/// What a cell of Excel can hold; a longer one is a quotation mark that was never closed.
pub const CELL_CHARS_MAX: usize = 32_767;

/// One row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number in a spreadsheet: the first row is 1, empty ones count.
    pub row: u32,
    pub cells: Vec<String>,
}

/// A file's rows while they are read.
pub struct Records {
    text: Text,
    delimiter: char,
    row: u32,
}

/// What ended a cell.
enum End {
    Cell,
    Row,
    File,
}

impl Records {
    pub fn of(text: Text, delimiter: char) -> Self {
        Self {
            text,
            delimiter,
            row: 0,
        }
    }

    /// The next row that is not empty: one whose cells are all blank counts as a row but holds nobody.
    pub fn next(&mut self) -> Result<Option<Record>, FileProblem> {
        while self.text.peek()?.is_some() {
            self.row += 1;
            let mut cells = Vec::new();
            loop {
                let mut cell = String::new();
                let end = self.cell(&mut cell)?;
                cells.push(cell);
                if !matches!(end, End::Cell) {
                    break;
                }
            }
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                return Ok(Some(Record { row: self.row, cells }));
            }
        }
        Ok(None)
    }

    fn cell(&mut self, cell: &mut String) -> Result<End, FileProblem> {
        if self.text.peek()? == Some('"') {
            self.text.next()?;
            self.quoted(cell)?;
        }
        // After a closing quotation mark too: whatever follows it belongs to the cell.
        loop {
            match self.text.next()? {
                None => return Ok(End::File),
                Some('\0') => return Err(FileProblem::NotText),
                Some(c) if c == self.delimiter => return Ok(End::Cell),
                Some('\n') => return Ok(End::Row),
                Some('\r') => {
                    if self.text.peek()? == Some('\n') {
                        self.text.next()?;
                    }
                    return Ok(End::Row);
                }
                Some(c) => cell.push(c),
            }
        }
    }

    fn quoted(&mut self, cell: &mut String) -> Result<(), FileProblem> {
        loop {
            match self.text.next()? {
                None => return Err(FileProblem::OpenQuote(self.row)),
                Some('\0') => return Err(FileProblem::NotText),
                Some('"') if self.text.peek()? == Some('"') => {
                    self.text.next()?;
                    cell.push('"');
                }
                Some('"') => return Ok(()),
                Some(c) => cell.push(c),
            }
            if cell.len() > CELL_CHARS_MAX * char::MAX.len_utf8() {
                return Err(FileProblem::OpenQuote(self.row));
            }
        }
    }
}
