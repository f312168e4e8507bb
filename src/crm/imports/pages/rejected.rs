//! The rows that could not be imported, as a file with the same columns and one more that says why: corrected, it can be
//! imported as it is.

use super::super::model::{Import, JudgedRow, Outcome, State};
use super::super::store;
use super::{ImportPath, existing};
use crate::accounts::Member;
use crate::db::OrgTx;
use crate::web::{Answer, PageError, csv_cell};
use actix_web::HttpResponse;
use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use csv::WriterBuilder;

/// Rows read from the database at a time.
const ROWS_AT_A_TIME: i64 = 2_000;
/// Rows of the file: more are of no use to somebody who corrects them by hand, and it is made in memory.
const ROWS_MAX: i64 = 100_000;
/// Without it Excel takes UTF-8 for something else.
const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// `GET /o/{organization}/imports/{import}/rejected.csv`
pub async fn download(member: Member, path: ImportPath) -> Answer {
    let id = path.1;
    let (name, file) = member
        .read(move |tx| {
            let import = existing(tx, id)?;
            Ok::<_, PageError>((import.file_name.clone(), file(tx, &import)?))
        })
        .await?;
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(format!("rejected rows of {}", plain(&name)))],
    };
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(disposition)
        .body(file))
}

fn file(tx: &mut OrgTx<'_>, import: &Import) -> Result<Vec<u8>, PageError> {
    let outcome = if import.state == State::Checked {
        Outcome::Problem
    } else {
        Outcome::Rejected
    };
    let delimiter = import.delimiter.bytes().next().unwrap_or(b',');
    let mut writer = WriterBuilder::new()
        .delimiter(delimiter)
        // A row that was too wide keeps all its cells.
        .flexible(true)
        .from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    let headers = import.headers.iter().map(|header| csv_cell(header).into_owned());
    writer
        .write_record(headers.chain(["Problem".into()]))
        .map_err(anyhow::Error::from)?;
    let mut written = 0;
    loop {
        let rows = store::rows_with(tx, import.id, outcome, written, ROWS_AT_A_TIME)?;
        for row in &rows {
            writer
                .write_record(record(row, import.headers.len()))
                .map_err(anyhow::Error::from)?;
        }
        written += rows.len() as i64;
        if (rows.len() as i64) < ROWS_AT_A_TIME || written >= ROWS_MAX {
            return Ok(writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?);
        }
    }
}

/// The cells under their columns, then the problem, then the cells that had no column.
fn record(row: &JudgedRow, columns: usize) -> Vec<String> {
    let mut cells: Vec<String> = row.row.cells.iter().map(|cell| csv_cell(cell).into_owned()).collect();
    let spilled = cells.split_off(columns.min(cells.len()));
    cells.resize(columns, String::new());
    cells.push(row.problem.clone().unwrap_or_default());
    cells.extend(spilled);
    cells
}

/// A file name that needs no quoting in a header.
fn plain(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_control() || "\"\\/".contains(c) { '_' } else { c })
        .collect()
}
