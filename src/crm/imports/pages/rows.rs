//! The rows behind a number, in the order of the file.

use super::super::model::{Import, JudgedRow, Outcome};
use super::super::store;
use super::existing;
use crate::accounts::Member;
use crate::base::{ContactId, ImportId};
use crate::changelog::FieldChange;
use crate::web::{self, Answer, PAGE_SIZE, Page, PageError, Pager, page_number};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "imports/rows.html")]
struct RowsPage {
    page: Page,
    import: Import,
    heading: String,
    is_problems: bool,
    rows: Vec<RowView>,
    pager: Pager,
}

/// A row as people recognize it.
pub struct RowView {
    pub number: i32,
    /// Its name and email, or its first cells where it has none.
    pub who: String,
    pub contact: Option<ContactId>,
    pub problem: Option<String>,
    pub changes: Vec<FieldChange>,
}

/// Which part of the list.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default, deserialize_with = "page_number")]
    page: i64,
}

/// `GET /o/{organization}/imports/{import}/rows/{outcome}`
pub async fn show(member: Member, path: Path<(String, ImportId, String)>, wanted: Query<Wanted>) -> Answer {
    let (_, id, word) = path.into_inner();
    let outcome = Outcome::parse(&word).ok_or(PageError::NotFound)?;
    let number = wanted.page.clamp(1, i64::from(i32::MAX));
    let (import, rows, total) = member
        .read(move |tx| {
            let import = existing(tx, id)?;
            let rows = store::rows_with(tx, id, outcome, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            let rows: Vec<RowView> = rows
                .into_iter()
                .map(|row| RowView::of(&import, row, tx.now()))
                .collect();
            Ok::<_, PageError>((import, rows, store::count_with(tx, id, outcome)?))
        })
        .await?;
    let at = member.at(&format!("imports/{id}/rows/{word}"));
    web::show(RowsPage {
        heading: outcome.heading(import.kind().words().noun[1]),
        is_problems: matches!(outcome, Outcome::Problem | Outcome::Rejected),
        rows,
        pager: Pager::of(number, total, |number| format!("{at}?page={number}")),
        page: member.page("imports"),
        import,
    })
}

impl RowView {
    /// How a row is shown.
    pub fn of(import: &Import, judged: JudgedRow, now: DateTime<Utc>) -> Self {
        Self {
            number: judged.row.number,
            who: who(import, &judged.row.cells, now),
            contact: judged.contact,
            problem: judged.problem,
            changes: judged.changes,
        }
    }
}

fn who(import: &Import, cells: &[String], now: DateTime<Utc>) -> String {
    /// Cells that stand for a row whose name cannot be read.
    const CELLS: usize = 3;
    if let Some(name) = import.kind().called(import, cells, now) {
        return name;
    }
    let says = cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    says.take(CELLS).collect::<Vec<_>>().join(" · ")
}
