//! What people do with imports: bring a file, say what its columns mean, start it, undo it, throw it away.

use super::column::Column;
use super::file::{CsvFile, FileProblem};
use super::matching::Matching;
use super::model::{Import, State};
use super::value::DateOrder;
use super::{column, custom, kind, rows, store};
use crate::base::{GroupId, ImportId};
use crate::changelog;
use crate::db::OrgTx;
use crate::db::schema::{import_rows, imports};
use crate::web::PageError;
use crate::work::{self, Kind};
use diesel::prelude::*;
use serde_json::json;
use std::collections::HashMap;

/// Rows put aside in one transaction while a file is taken in.
const STAGED_ROWS: usize = 2_000;
/// Characters of a file's name that are kept.
const FILE_NAME_MAX: usize = 120;

/// Begins taking a file in; `stage` follows until it has none left.
pub fn begin(tx: &mut OrgTx<'_>, file_name: &str, file: &CsvFile) -> QueryResult<ImportId> {
    let actor = tx.actor().clone();
    let file_name: String = file_name
        .chars()
        .filter(|c| !c.is_control())
        .take(FILE_NAME_MAX)
        .collect();
    diesel::insert_into(imports::table)
        .values((
            imports::file_name.eq(if file_name.is_empty() {
                "contacts.csv".into()
            } else {
                file_name
            }),
            imports::encoding.eq(file.encoding),
            imports::delimiter.eq(file.delimiter.to_string()),
            imports::state.eq(State::Reading.as_str()),
            imports::headers.eq(json!(file.headers)),
            imports::started_by.eq(actor.id()),
            imports::started_by_name.eq(actor.name()),
            imports::created_at.eq(tx.now()),
        ))
        .returning(imports::id)
        .get_result(&mut **tx)
}

/// Puts the next rows of the file aside; gives the file back while there are more.
pub fn stage(tx: &mut OrgTx<'_>, import: ImportId, mut file: CsvFile) -> Result<Option<CsvFile>, StageError> {
    let records = file.rows(STAGED_ROWS)?;
    rows::stage(tx, import, &records)?;
    diesel::update(imports::table.find((tx.organization(), import)))
        .set(imports::row_count.eq(imports::row_count + records.len() as i32))
        .execute(&mut **tx)?;
    Ok((records.len() == STAGED_ROWS).then_some(file))
}

/// Why rows could not be put aside.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    #[error(transparent)]
    File(#[from] FileProblem),
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    #[error(transparent)]
    Unavailable(#[from] crate::db::Unavailable),
}

/// The whole file stands aside: its columns can be matched. A file with column names and nothing under them is refused.
pub fn staged(tx: &mut OrgTx<'_>, import: ImportId) -> Result<(), StageError> {
    let count: i32 = diesel::update(imports::table.find((tx.organization(), import)))
        .set(imports::state.eq(State::Matching.as_str()))
        .returning(imports::row_count)
        .get_result(&mut **tx)?;
    if count == 0 {
        return Err(FileProblem::NoRows.into());
    }
    // Should nobody go on with it, it is forgotten in time.
    let (organization, now) = (tx.organization(), tx.now());
    Ok(work::wake(tx, organization, Kind::Import, now)?)
}

/// How the file is matched, to begin with: as the last file with the same column names was, else by those names. `kind` is
/// what somebody says the rows are about.
pub fn suggested(tx: &mut OrgTx<'_>, import: &Import, kind: Option<&'static dyn kind::Kind>) -> QueryResult<Matching> {
    let chosen = Some(import.matching.clone()).filter(|matching| !matching.columns.is_empty());
    let before = match chosen {
        Some(chosen) => Some(chosen),
        // That the last file's rows were gifts of their own says nothing of this file's: it may be the same file.
        None => store::remembered_matching(tx, &import.headers)?.map(|matching| Matching {
            adds_alike: false,
            ..matching
        }),
    };
    let fits = |matching: &Matching| kind.is_none_or(|kind| kind.word() == matching.kind);
    if let Some(before) = before.filter(fits) {
        return Ok(before);
    }
    let mut own: HashMap<&str, Vec<Column>> = HashMap::new();
    for kind in kind::KINDS {
        own.insert(kind.word(), custom::columns(tx, kind)?);
    }
    let columns = |kind: &dyn kind::Kind| {
        let own = own.get(kind.word()).cloned().unwrap_or_default();
        [column::of(kind), own].concat()
    };
    let kind = kind.unwrap_or_else(|| column::guess(&import.headers, &columns));
    Ok(Matching {
        kind: kind.word().to_owned(),
        columns: column::recognize(&columns(kind), &import.headers),
        makes_missing: false,
        adds_alike: false,
    })
}

/// Says how the file is matched and which group everybody joins; the rows are checked from the first.
pub fn choose_columns(
    tx: &mut OrgTx<'_>,
    id: ImportId,
    matching: &Matching,
    group: Option<GroupId>,
) -> Result<(), PageError> {
    let import = store::locked(tx, id)?;
    if !matches!(import.state, State::Matching | State::Checking | State::Checked) {
        return Err(gone_on(&import));
    }
    let order = date_order(tx, id, matching)?;
    diesel::update(imports::table.find((tx.organization(), id)))
        .set((
            imports::column_meanings.eq(json!(matching)),
            imports::group_id.eq(group),
            imports::day_first.eq(order.day_first),
            imports::month_first.eq(order.month_first),
            imports::found_new.eq(0),
            imports::found_changing.eq(0),
            imports::found_unchanged.eq(0),
            imports::found_problems.eq(0),
        ))
        .execute(&mut **tx)?;
    let all = import_rows::organization_id
        .eq(tx.organization())
        .and(import_rows::import_id.eq(id));
    diesel::update(import_rows::table.filter(all.and(import_rows::outcome.is_not_null())))
        .set(import_rows::outcome.eq(None::<String>))
        .execute(&mut **tx)?;
    go(tx, id, State::Checking, 0)
}

/// What the rows say about dates such as 03/04/2020, all columns of dates together.
fn date_order(tx: &mut OrgTx<'_>, id: ImportId, matching: &Matching) -> QueryResult<DateOrder> {
    let mut order = DateOrder::default();
    let of_dates: Vec<String> = column::of(matching.kind())
        .into_iter()
        .chain(custom::columns(tx, matching.kind())?)
        .filter(|column| column.is_date)
        .map(|column| column.key)
        .collect();
    for (at, key) in matching.columns.iter().enumerate() {
        if key.as_ref().is_some_and(|key| of_dates.contains(key)) {
            let found = store::date_order(tx, id, at)?;
            order.day_first |= found.day_first;
            order.month_first |= found.month_first;
        }
    }
    Ok(order)
}

/// Starts the import of a file that was checked.
pub fn start(tx: &mut OrgTx<'_>, id: ImportId) -> Result<(), PageError> {
    let import = store::locked(tx, id)?;
    if import.state != State::Checked {
        return Err(gone_on(&import));
    }
    changelog::note(tx, &format!("Import of {} started", import.file_name), Vec::new())?;
    go(tx, id, State::Running, 0)
}

/// Starts taking back what an import did.
pub fn undo(tx: &mut OrgTx<'_>, id: ImportId) -> Result<(), PageError> {
    let import = store::locked(tx, id)?;
    if !import.can_be_undone(tx.now()) {
        return Err(gone_on(&import));
    }
    changelog::note(
        tx,
        &format!("Undo of the import of {} started", import.file_name),
        Vec::new(),
    )?;
    let name = tx.actor().name().to_owned();
    diesel::update(imports::table.find((tx.organization(), id)))
        .set(imports::undone_by_name.eq(name))
        .execute(&mut **tx)?;
    go(tx, id, State::Undoing, i32::MAX)
}

/// Tries again what failed too often.
pub fn try_again(tx: &mut OrgTx<'_>, id: ImportId) -> Result<(), PageError> {
    let import = store::locked(tx, id)?;
    if !import.is_stuck() {
        return Err(gone_on(&import));
    }
    diesel::update(imports::table.find((tx.organization(), id)))
        .set(imports::failures.eq(0))
        .execute(&mut **tx)?;
    let (organization, now) = (tx.organization(), tx.now());
    Ok(work::wake(tx, organization, Kind::Import, now)?)
}

/// Throws a file away before anything of it was written to the records.
pub fn discard(tx: &mut OrgTx<'_>, id: ImportId) -> Result<(), PageError> {
    let import = store::locked(tx, id)?;
    if !import.state.is_before_import() {
        return Err(gone_on(&import));
    }
    let all = import_rows::organization_id
        .eq(tx.organization())
        .and(import_rows::import_id.eq(id));
    diesel::delete(import_rows::table.filter(all)).execute(&mut **tx)?;
    diesel::delete(imports::table.find((tx.organization(), id))).execute(&mut **tx)?;
    Ok(())
}

/// Hands the import to the background: `after` is the row number it goes on from.
fn go(tx: &mut OrgTx<'_>, id: ImportId, state: State, after: i32) -> Result<(), PageError> {
    diesel::update(imports::table.find((tx.organization(), id)))
        .set((
            imports::state.eq(state.as_str()),
            imports::rows_done.eq(0),
            imports::last_row.eq(after),
            imports::failures.eq(0),
        ))
        .execute(&mut **tx)?;
    let (organization, now) = (tx.organization(), tx.now());
    Ok(work::wake(tx, organization, Kind::Import, now)?)
}

/// Forgets the rows of an import whose time to be undone has run out; of a file that was never imported, everything.
pub fn forget(tx: &mut OrgTx<'_>, import: &Import) -> QueryResult<()> {
    if import.kept_until() > tx.now() {
        return Ok(());
    }
    let all = import_rows::organization_id
        .eq(tx.organization())
        .and(import_rows::import_id.eq(import.id));
    diesel::delete(import_rows::table.filter(all)).execute(&mut **tx)?;
    if State::NEVER_IMPORTED.contains(&import.state) {
        diesel::delete(imports::table.find((tx.organization(), import.id))).execute(&mut **tx)?;
    }
    Ok(())
}

fn gone_on(import: &Import) -> PageError {
    PageError::Refused(format!(
        "This import has gone on meanwhile: it is now “{}”. Nothing was changed by this click. Go back to the import to \
         see how it stands.",
        import.state.label()
    ))
}
