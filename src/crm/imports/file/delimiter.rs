//! What separates the cells: English spreadsheets write commas, French ones semicolons, and some write tabs.

use super::FileProblem;
use super::decode::Text;
use super::records::Records;
use encoding_rs::UTF_8;
use std::io::Cursor;

/// The delimiters spreadsheets write, the likeliest first.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];
/// Rows that are compared to tell which delimiter makes them alike.
const SAMPLE_ROWS: usize = 30;
/// Characters of the beginning that are looked at.
const SAMPLE_CHARS: usize = 32 * 1024;

/// The delimiter that splits most rows into as many cells as the first one, and into the most.
pub fn detect(mut text: Text) -> Result<char, FileProblem> {
    let mut sample = String::new();
    while sample.len() < SAMPLE_CHARS {
        match text.next()? {
            Some(c) => sample.push(c),
            None => break,
        }
    }
    let first_line = sample.lines().next().unwrap_or_default().trim();
    if let Some(declared) = declared(first_line) {
        return Ok(declared);
    }
    let best = DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(|delimiter| alike(&sample, *delimiter));
    Ok(best.unwrap_or(','))
}

/// Excel's own way to say it, in a line before the column names: `sep=;`.
fn declared(line: &str) -> Option<char> {
    let line = line.trim_matches('"');
    let rest = line
        .get(..4)
        .filter(|word| word.eq_ignore_ascii_case("sep="))
        .map(|_| &line[4..])?;
    let mut chars = rest.chars();
    // A tab at the end of the line was trimmed away.
    let declared = chars.next().unwrap_or('\t');
    (chars.next().is_none() && DELIMITERS.contains(&declared)).then_some(declared)
}

/// Whether a row is such a line, which its own delimiter has split in two.
pub fn is_declaration(cells: &[String], delimiter: char) -> bool {
    let line = cells.join(&delimiter.to_string());
    cells.len() <= 2 && declared(line.trim()) == Some(delimiter)
}

/// How many cells the rows have that are as wide as the first; 0 where nothing is split at all.
fn alike(sample: &str, delimiter: char) -> usize {
    let widths = sample_widths(sample, delimiter);
    let Some(first) = widths.first().copied().filter(|width| *width > 1) else {
        return 0;
    };
    let same = widths.iter().filter(|width| **width == first).count();
    first * same * same / widths.len()
}

fn sample_widths(sample: &str, delimiter: char) -> Vec<usize> {
    let mut widths = Vec::new();
    let mut records = Records::of(Text::of(Cursor::new(sample.to_owned().into_bytes()), UTF_8), delimiter);
    while let Ok(Some(record)) = records.next() {
        widths.push(record.cells.len());
        if widths.len() == SAMPLE_ROWS {
            break;
        }
    }
    widths
}
