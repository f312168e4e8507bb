//! Reads the file somebody chose: whatever encoding, delimiter and line ends a spreadsheet produced, row by row, so that a
//! file of any size takes the same little memory. What cannot be told is said, not guessed.

mod decode;
mod delimiter;
mod encoding;
mod records;

use decode::Text;
pub use records::Record;
use records::Records;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// More columns than any list of contacts has; a file with more was read with the wrong delimiter or is something else.
pub const COLUMNS_MAX: usize = 300;
/// How much of the beginning is looked at to tell what the file is and what separates its cells.
const BEGINNING_BYTES: usize = 64 * 1024;

/// Why a file cannot be read, in a sentence for whoever chose it.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    #[error("This file is empty.")]
    Empty,
    #[error(
        "This is {0}, not a CSV file. Open it in your spreadsheet program, choose “Save as” or “Download”, take the \
         format CSV, and choose the new file here."
    )]
    OtherKind(&'static str),
    #[error("This is not a text file. Save the list as CSV in your spreadsheet program and choose the new file here.")]
    NotText,
    #[error(
        "Row 1 holds an email address, so the names of the columns seem to be missing. Add a first row that names the \
         columns, such as First Name, Last Name, Email."
    )]
    HeadersAreData,
    #[error("The file names its columns, but there are no rows under them.")]
    NoRows,
    #[error("The file has {0} columns; up to {COLUMNS_MAX} can be read. Leave only the columns with contacts.")]
    TooManyColumns(usize),
    #[error(
        "A quotation mark is opened in row {0} and not closed, so the rows after it cannot be told apart. Correct that \
         row and choose the file again."
    )]
    OpenQuote(u32),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A file that is being read, past its column names.
pub struct CsvFile {
    /// The column names, as they stand in the file.
    pub headers: Vec<String>,
    /// The encoding as people call it: "UTF-8", "Windows-1252".
    pub encoding: &'static str,
    pub delimiter: char,
    records: Records,
}

impl CsvFile {
    /// Finds out how the file is written and reads its column names.
    pub fn open(mut file: File) -> Result<Self, FileProblem> {
        refuse_other_kinds(&beginning(&mut file)?)?;
        let encoding = encoding::detect(&mut file)?;
        let delimiter = delimiter::detect(Text::of(rewound(&file)?, encoding))?;
        let mut records = Records::of(Text::of(rewound(&file)?, encoding), delimiter);
        let mut first = records.next()?.ok_or(FileProblem::Empty)?;
        if delimiter::is_declaration(&first.cells, delimiter) {
            first = records.next()?.ok_or(FileProblem::NoRows)?;
        }
        let headers: Vec<String> = first.cells.iter().map(|cell| cell.trim().to_owned()).collect();
        if headers.len() > COLUMNS_MAX {
            return Err(FileProblem::TooManyColumns(headers.len()));
        }
        if headers
            .iter()
            .any(|header| crate::base::EmailAddress::parse(header).is_ok())
        {
            return Err(FileProblem::HeadersAreData);
        }
        Ok(Self {
            headers,
            encoding: encoding::label(encoding),
            delimiter,
            records,
        })
    }

    /// Up to `count` more rows; fewer, and then none, at the end. Empty rows are passed over but counted.
    pub fn rows(&mut self, count: usize) -> Result<Vec<Record>, FileProblem> {
        let mut rows = Vec::with_capacity(count);
        while rows.len() < count {
            match self.records.next()? {
                Some(record) => rows.push(record),
                None => break,
            }
        }
        Ok(rows)
    }
}

fn rewound(file: &File) -> std::io::Result<File> {
    let mut file = file.try_clone()?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

fn beginning(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    rewound(file)?.take(BEGINNING_BYTES as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// People often choose the workbook itself; the first bytes tell.
fn refuse_other_kinds(beginning: &[u8]) -> Result<(), FileProblem> {
    let kinds: [(&[u8], &str); 5] = [
        (b"PK\x03\x04", "a workbook (Excel, Numbers or OpenDocument)"),
        (b"\xD0\xCF\x11\xE0", "an old Excel workbook"),
        (b"%PDF", "a PDF"),
        (b"\x1F\x8B", "a compressed file"),
        (b"<!DOCTYPE", "a web page"),
    ];
    if beginning.is_empty() {
        return Err(FileProblem::Empty);
    }
    match kinds.iter().find(|(magic, _)| beginning.starts_with(magic)) {
        Some((_, kind)) => Err(FileProblem::OtherKind(kind)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
