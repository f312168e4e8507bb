//! Reading imports and the rows of their files.

use super::matching::Matching;
use super::model::{Found, Import, ImportResult, JudgedRow, Outcome, Row, State};
use super::rows::WrittenRow;
use super::value::DateOrder;
use crate::base::{ContactId, GroupId, ImportId};
use crate::changelog::FieldChange;
use crate::crm::groups::smart;
use crate::db::OrgTx;
use crate::db::schema::{changes, import_rows, imports};
use chrono::{DateTime, Utc};
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz};
use std::collections::HashMap;

/// The import with this id.
pub fn find(tx: &mut OrgTx<'_>, id: ImportId) -> QueryResult<Option<Import>> {
    let row: Option<ImportRecord> = imports::table
        .find((tx.organization().0, id.0))
        .select(ImportRecord::as_select())
        .first(&mut **tx)
        .optional()?;
    Ok(row.map(Import::from))
}

/// The import with this id, kept from being worked on by others until the transaction ends.
pub fn locked(tx: &mut OrgTx<'_>, id: ImportId) -> QueryResult<Import> {
    let row: ImportRecord = imports::table
        .find((tx.organization().0, id.0))
        .select(ImportRecord::as_select())
        .for_update()
        .first(&mut **tx)?;
    Ok(row.into())
}

/// The imports, newest first; those whose file is still being taken in are left out.
pub fn list(tx: &mut OrgTx<'_>, offset: i64, limit: i64) -> QueryResult<Vec<Import>> {
    let rows: Vec<ImportRecord> = imports::table
        .filter(imports::organization_id.eq(tx.organization()))
        .filter(imports::state.ne(State::Reading.as_str()))
        .order(imports::id.desc())
        .offset(offset)
        .limit(limit)
        .select(ImportRecord::as_select())
        .load(&mut **tx)?;
    Ok(rows.into_iter().map(Import::from).collect())
}

/// How many there are.
pub fn count(tx: &mut OrgTx<'_>) -> QueryResult<i64> {
    imports::table
        .filter(imports::organization_id.eq(tx.organization()))
        .filter(imports::state.ne(State::Reading.as_str()))
        .count()
        .get_result(&mut **tx)
}

/// The import the background works on next: the oldest that is at work and not stuck.
pub fn next_at_work(tx: &mut OrgTx<'_>) -> QueryResult<Option<Import>> {
    let at_work = [State::Checking, State::Running, State::Undoing].map(State::as_str);
    let row: Option<ImportRecord> = imports::table
        .filter(imports::organization_id.eq(tx.organization()))
        .filter(imports::state.eq_any(at_work))
        .filter(imports::failures.lt(super::model::FAILURES_MAX))
        .order(imports::id)
        .select(ImportRecord::as_select())
        .first(&mut **tx)
        .optional()?;
    Ok(row.map(Import::from))
}

/// Of the imports whose rows are still kept, and of the files that were never imported, the one whose time is up first.
pub fn first_kept(tx: &mut OrgTx<'_>) -> QueryResult<Option<Import>> {
    let resting = State::NEVER_IMPORTED.into_iter().chain([State::Done, State::Undone]);
    let rows = import_rows::table
        .filter(import_rows::organization_id.eq(imports::organization_id))
        .filter(import_rows::import_id.eq(imports::id));
    let row: Option<ImportRecord> = imports::table
        .filter(imports::organization_id.eq(tx.organization()))
        .filter(imports::state.eq_any(resting.map(State::as_str)))
        .filter(
            imports::state
                .eq_any(State::NEVER_IMPORTED.map(State::as_str))
                .or(exists(rows)),
        )
        // As `Import::kept_until`.
        .order(sql::<Timestamptz>(
            "coalesce(imports.undone_at, imports.finished_at, imports.created_at)",
        ))
        .select(ImportRecord::as_select())
        .first(&mut **tx)
        .optional()?;
    Ok(row.map(Import::from))
}

/// How the last file with the same column names was matched.
pub fn remembered_matching(tx: &mut OrgTx<'_>, headers: &[String]) -> QueryResult<Option<Matching>> {
    let stored: Option<serde_json::Value> = imports::table
        .filter(imports::organization_id.eq(tx.organization()))
        .filter(imports::headers.eq(serde_json::json!(headers)))
        .filter(imports::column_meanings.ne(serde_json::json!([])))
        .order(imports::id.desc())
        .select(imports::column_meanings)
        .first(&mut **tx)
        .optional()?;
    Ok(stored.map(Matching::read))
}

/// The next rows of a file after the one with a number.
pub fn rows_after(tx: &mut OrgTx<'_>, import: ImportId, number: i32, limit: i64) -> QueryResult<Vec<Row>> {
    let rows: Vec<(i32, serde_json::Value)> = import_rows::table
        .filter(import_rows::organization_id.eq(tx.organization()))
        .filter(import_rows::import_id.eq(import))
        .filter(import_rows::row_number.gt(number))
        .order(import_rows::row_number)
        .limit(limit)
        .select((import_rows::row_number, import_rows::cells))
        .load(&mut **tx)?;
    Ok(rows.into_iter().map(|(number, cells)| row(number, cells)).collect())
}

/// The rows before one with a number that changed something, the last first.
pub fn written_rows_before(
    tx: &mut OrgTx<'_>,
    import: ImportId,
    number: i32,
    limit: i64,
) -> QueryResult<Vec<WrittenRow>> {
    let written = [Outcome::Added, Outcome::Changed].map(Outcome::as_str);
    let rows: Vec<WrittenRecord> = import_rows::table
        .filter(import_rows::organization_id.eq(tx.organization()))
        .filter(import_rows::import_id.eq(import))
        .filter(import_rows::row_number.lt(number))
        .filter(import_rows::outcome.eq_any(written))
        // The rows of somebody who was erased are empty.
        .filter(
            import_rows::contact_id
                .is_not_null()
                .or(import_rows::changes.is_not_null()),
        )
        .order(import_rows::row_number.desc())
        .limit(limit)
        .select(WrittenRecord::as_select())
        .load(&mut **tx)?;
    Ok(rows.into_iter().filter_map(WrittenRecord::row).collect())
}

/// Rows with an outcome, in the order of the file.
pub fn rows_with(
    tx: &mut OrgTx<'_>,
    import: ImportId,
    outcome: Outcome,
    offset: i64,
    limit: i64,
) -> QueryResult<Vec<JudgedRow>> {
    let rows: Vec<JudgedRecord> = import_rows::table
        .filter(import_rows::organization_id.eq(tx.organization()))
        .filter(import_rows::import_id.eq(import))
        .filter(import_rows::outcome.eq(outcome.as_str()))
        .order(import_rows::row_number)
        .offset(offset)
        .limit(limit)
        .select(JudgedRecord::as_select())
        .load(&mut **tx)?;
    Ok(rows.into_iter().map(JudgedRow::from).collect())
}

/// How many rows have an outcome.
pub fn count_with(tx: &mut OrgTx<'_>, import: ImportId, outcome: Outcome) -> QueryResult<i64> {
    import_rows::table
        .filter(import_rows::organization_id.eq(tx.organization()))
        .filter(import_rows::import_id.eq(import))
        .filter(import_rows::outcome.eq(outcome.as_str()))
        .count()
        .get_result(&mut **tx)
}

/// Up to `limit` values of one column that say something, in the order of the file.
pub fn samples(tx: &mut OrgTx<'_>, import: ImportId, columns: usize, limit: usize) -> QueryResult<Vec<Vec<String>>> {
    /// Rows looked at for samples: enough for columns that are seldom filled in, few enough to be quick.
    const ROWS: i64 = 200;
    let rows = rows_after(tx, import, 0, ROWS)?;
    let of = |column: usize| {
        let mut seen: Vec<String> = Vec::new();
        for cell in rows
            .iter()
            .filter_map(|row| row.cells.get(column))
            .map(|cell| cell.trim())
        {
            if seen.len() < limit && !cell.is_empty() && !seen.iter().any(|other| other == cell) {
                seen.push(cell.to_owned());
            }
        }
        seen
    };
    Ok((0..columns).map(of).collect())
}

/// The different texts in a column, with how many rows have each; the most frequent first.
pub fn distinct(tx: &mut OrgTx<'_>, import: ImportId, column: usize, limit: i64) -> QueryResult<Vec<(String, i64)>> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = Text)]
        text: String,
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let counted: Vec<Counted> = diesel::sql_query(
        "SELECT btrim(cells->>$3) AS text, count(*) AS rows FROM import_rows \
         WHERE organization_id = $1 AND import_id = $2 AND btrim(cells->>$3) <> '' \
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $4",
    )
    .bind::<BigInt, _>(tx.organization().0)
    .bind::<BigInt, _>(import.0)
    .bind::<Integer, _>(i32::try_from(column).unwrap_or(i32::MAX))
    .bind::<BigInt, _>(limit)
    .load(&mut **tx)?;
    Ok(counted
        .into_iter()
        .map(|counted| (counted.text, counted.rows))
        .collect())
}

/// What a column's rows say about dates such as 03/04/2020.
pub fn date_order(tx: &mut OrgTx<'_>, import: ImportId, column: usize) -> QueryResult<DateOrder> {
    use diesel::sql_types::Bool;
    #[derive(QueryableByName)]
    struct Order {
        #[diesel(sql_type = Bool)]
        day_first: bool,
        #[diesel(sql_type = Bool)]
        month_first: bool,
    }
    let order: Order = diesel::sql_query(
        "WITH dates AS (
            SELECT regexp_match(cells->>$3, '^\\s*(\\d{1,2})[-/. ](\\d{1,2})[-/. ]\\d{4}(\\s.*)?$') AS parts
            FROM import_rows WHERE organization_id = $1 AND import_id = $2)
         SELECT coalesce(bool_or(parts[1]::int > 12 AND parts[2]::int <= 12), false) AS day_first,
             coalesce(bool_or(parts[2]::int > 12 AND parts[1]::int <= 12), false) AS month_first
         FROM dates",
    )
    .bind::<BigInt, _>(tx.organization().0)
    .bind::<BigInt, _>(import.0)
    .bind::<Integer, _>(i32::try_from(column).unwrap_or(i32::MAX))
    .get_result(&mut **tx)?;
    Ok(DateOrder {
        day_first: order.day_first,
        month_first: order.month_first,
    })
}

/// Who changed each of these contacts since, other than this import: the last one's name and when. Into which smart groups they came
/// and out of which they went is nobody's doing.
pub fn touched_by_others(
    tx: &mut OrgTx<'_>,
    import: ImportId,
    contacts: &[ContactId],
) -> QueryResult<HashMap<ContactId, (String, DateTime<Utc>)>> {
    let ours = changes::actor_kind
        .eq("import")
        .and(changes::actor_id.is_not_distinct_from(import.0));
    let rows: Vec<(Option<i64>, String, DateTime<Utc>)> = changes::table
        .filter(changes::organization_id.eq(tx.organization()))
        .filter(changes::contact_id.eq_any(contacts.iter().map(|id| Some(id.0))))
        .filter(diesel::dsl::not(ours))
        .filter(diesel::dsl::not(
            changes::actor_kind.eq("system").and(changes::why.eq_any(smart::WHYS)),
        ))
        .order(changes::id)
        .select((changes::contact_id, changes::actor_name, changes::at))
        .load(&mut **tx)?;
    Ok(rows
        .into_iter()
        .filter_map(|(contact, name, at)| Some((ContactId(contact?), (name, at))))
        .collect())
}

pub(super) fn row(number: i32, cells: serde_json::Value) -> Row {
    Row {
        number,
        cells: serde_json::from_value(cells).unwrap_or_default(),
    }
}

/// What every kind's record says in words.
fn shown(mut record: serde_json::Value) -> Vec<FieldChange> {
    let shown = record.get_mut("shown").map(serde_json::Value::take);
    shown
        .and_then(|shown| serde_json::from_value(shown).ok())
        .unwrap_or_default()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = imports)]
struct ImportRecord {
    id: ImportId,
    file_name: String,
    encoding: String,
    delimiter: String,
    state: String,
    headers: serde_json::Value,
    column_meanings: serde_json::Value,
    group_id: Option<GroupId>,
    day_first: bool,
    month_first: bool,
    row_count: i32,
    rows_done: i32,
    last_row: i32,
    found_new: i32,
    found_changing: i32,
    found_unchanged: i32,
    found_problems: i32,
    added: i32,
    changed: i32,
    unchanged: i32,
    rejected: i32,
    joined: i32,
    taken_back: i32,
    kept: i32,
    failures: i32,
    started_by_name: String,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    undone_by_name: Option<String>,
    undone_at: Option<DateTime<Utc>>,
}

impl From<ImportRecord> for Import {
    fn from(row: ImportRecord) -> Self {
        Self {
            id: row.id,
            file_name: row.file_name,
            encoding: row.encoding,
            delimiter: row.delimiter,
            state: State::parse(&row.state).unwrap_or(State::Reading),
            headers: serde_json::from_value(row.headers).unwrap_or_default(),
            matching: Matching::read(row.column_meanings),
            group: row.group_id,
            date_order: DateOrder {
                day_first: row.day_first,
                month_first: row.month_first,
            },
            row_count: row.row_count,
            rows_done: row.rows_done,
            last_row: row.last_row,
            found: Found {
                new: row.found_new,
                changing: row.found_changing,
                unchanged: row.found_unchanged,
                problems: row.found_problems,
            },
            result: ImportResult {
                added: row.added,
                changed: row.changed,
                unchanged: row.unchanged,
                rejected: row.rejected,
                joined: row.joined,
                taken_back: row.taken_back,
                kept: row.kept,
            },
            failures: row.failures,
            started_by_name: row.started_by_name,
            created_at: row.created_at,
            finished_at: row.finished_at,
            undone_by_name: row.undone_by_name,
            undone_at: row.undone_at,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = import_rows)]
struct JudgedRecord {
    row_number: i32,
    cells: serde_json::Value,
    problem: Option<String>,
    contact_id: Option<ContactId>,
    changes: Option<serde_json::Value>,
}

impl From<JudgedRecord> for JudgedRow {
    fn from(record: JudgedRecord) -> Self {
        Self {
            row: row(record.row_number, record.cells),
            problem: record.problem,
            contact: record.contact_id,
            changes: record.changes.map(shown).unwrap_or_default(),
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = import_rows)]
struct WrittenRecord {
    row_number: i32,
    outcome: Option<String>,
    contact_id: Option<ContactId>,
    changes: Option<serde_json::Value>,
}

impl WrittenRecord {
    fn row(self) -> Option<WrittenRow> {
        Some(WrittenRow {
            number: self.row_number,
            was_added: Outcome::parse(&self.outcome?)? == Outcome::Added,
            contact: self.contact_id,
            record: self.changes.unwrap_or_default(),
        })
    }
}
