//! Steps that can be taken back. How the rows of a record stood before somebody did something to it, and after, is kept as it
//! is, whatever the record, so that no room needs an undo of its own. What was done the lines of the log tell; a step and its
//! lines are known by their moment and whoever did it.

use super::FieldChange;
use crate::base::{ContactId, Role, StepId};
use crate::db::OrgTx;
use crate::db::schema::{changes, step_rows, steps};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sql_types::{Array, BigInt, Bool, Text};

/// How long a step can be taken back. What it did stays in the log.
pub const KEPT: TimeDelta = TimeDelta::days(30);

/// A kind of record whose steps are kept.
#[derive(Debug)]
pub struct Record {
    /// The word the database stores.
    pub word: &'static str,
    /// Its own row first, then those that hang on it; no table twice.
    pub rows: &'static [Rows],
    /// The page on which it is seen: below its id, or below the contact whose it is.
    pub page: Place,
    /// Who may do something to it, and so take it back.
    pub needs: Role,
    /// Belongs to the organization as a whole, so that what it means may concern everybody.
    pub is_shared: bool,
    /// Keeps it from being changed by others until the transaction ends, the contacts it is about before it.
    pub hold: fn(&mut OrgTx<'_>, i64) -> QueryResult<()>,
}

/// Where a record is seen.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// "tags"
    List(&'static str),
    /// "contributions/7"
    Own(&'static str),
    /// "contacts/7/notes"
    Tab(&'static str),
}

/// Rows of one table that make up a record.
#[derive(Debug)]
pub struct Rows {
    pub table: &'static str,
    /// Which of them: SQL about `t`, with `$3` for the id of the record.
    pub which: &'static str,
    /// Whether a row is known by an `id`; else it is only there or not.
    pub has_id: bool,
    /// Columns that change by themselves and are nobody's doing.
    pub passing: &'static [&'static str],
}

/// A step as it is kept.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = steps)]
pub struct Step {
    pub id: StepId,
    pub record: String,
    pub record_id: i64,
    pub at: DateTime<Utc>,
    pub staff_id: Option<i64>,
    pub undone_at: Option<DateTime<Utc>>,
}

/// A line of the log that tells of a step.
#[derive(Clone, Debug, Queryable)]
pub struct Told {
    pub contact: Option<ContactId>,
    pub what: String,
    pub fields: Vec<FieldChange>,
}

/// Why a step cannot be taken back; the transaction must be given up.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error("it was changed since")]
    ChangedSince,
    #[error("what it needs is gone, or its name was given to another")]
    NoRoom,
    #[error(transparent)]
    Query(QueryError),
}

impl From<QueryError> for StepError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::DatabaseError(
                DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::ForeignKeyViolation
                | DatabaseErrorKind::CheckViolation,
                _,
            ) => Self::NoRoom,
            other => Self::Query(other),
        }
    }
}

/// Does something to a record and keeps how it stood before; no step where nothing was different.
pub fn remember<T, E: From<QueryError>>(
    tx: &mut OrgTx<'_>,
    record: &Record,
    id: i64,
    deed: impl FnOnce(&mut OrgTx<'_>) -> Result<T, E>,
) -> Result<(T, Option<StepId>), E> {
    forget_old(tx)?;
    let step: StepId = diesel::insert_into(steps::table)
        .values((
            steps::record.eq(record.word),
            steps::record_id.eq(id),
            steps::at.eq(tx.now()),
            steps::staff_id.eq(tx.actor().id()),
        ))
        .returning(steps::id)
        .get_result(&mut **tx)?;
    // Whoever changes it at the same time has committed before it is looked at: what they wrote, an opt-out above all, belongs to
    // how it stood before.
    (record.hold)(tx, id)?;
    for rows in record.rows {
        rows.keep_before(tx, step, id)?;
    }
    let done = deed(tx)?;
    for rows in record.rows {
        rows.keep_after(tx, step, id)?;
    }
    let kept = step_rows::organization_id
        .eq(tx.organization())
        .and(step_rows::step_id.eq(step));
    let was_different: bool =
        diesel::select(diesel::dsl::exists(step_rows::table.filter(kept))).get_result(&mut **tx)?;
    if !was_different {
        diesel::delete(steps::table.find((tx.organization(), step))).execute(&mut **tx)?;
    }
    Ok((done, was_different.then_some(step)))
}

fn forget_old(tx: &mut OrgTx<'_>) -> QueryResult<usize> {
    diesel::delete(steps::table)
        .filter(steps::organization_id.eq(tx.organization()))
        .filter(steps::at.lt(tx.now() - KEPT))
        .execute(&mut **tx)
}

/// The step with this id, kept from being taken back twice.
pub fn locked(tx: &mut OrgTx<'_>, id: StepId) -> QueryResult<Option<Step>> {
    steps::table
        .find((tx.organization(), id))
        .filter(steps::at.ge(tx.now() - KEPT))
        .select(Step::as_select())
        .for_update()
        .first(&mut **tx)
        .optional()
}

/// The step with this id, while it can be taken back.
pub fn find(tx: &mut OrgTx<'_>, id: StepId) -> QueryResult<Option<Step>> {
    steps::table
        .find((tx.organization(), id))
        .filter(steps::at.ge(tx.now() - KEPT))
        .select(Step::as_select())
        .first(&mut **tx)
        .optional()
}

/// Whether the record is there.
pub fn is_there(tx: &mut OrgTx<'_>, record: &Record, id: i64) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct There {
        #[diesel(sql_type = Bool)]
        is_there: bool,
    }
    let Some(own) = record.rows.first() else {
        return Ok(false);
    };
    let (table, which) = (own.table, own.which);
    let there: There = diesel::sql_query(format!(
        "SELECT EXISTS (SELECT FROM {table} t WHERE t.organization_id = $2 AND {which}) AS is_there"
    ))
    .bind::<BigInt, _>(id)
    .bind::<BigInt, _>(tx.organization())
    .bind::<BigInt, _>(id)
    .get_result(&mut **tx)?;
    Ok(there.is_there)
}

/// What the log tells of a step.
pub fn told(tx: &mut OrgTx<'_>, step: &Step) -> QueryResult<Vec<Told>> {
    let lines: Vec<(Option<ContactId>, String, serde_json::Value)> = changes::table
        .filter(changes::organization_id.eq(tx.organization()))
        .filter(changes::at.eq(step.at))
        .filter(changes::actor_kind.eq("staff"))
        .filter(changes::actor_id.eq(step.staff_id))
        .order(changes::id)
        .select((changes::contact_id, changes::what, changes::fields))
        .load(&mut **tx)?;
    let told = lines.into_iter().map(|(contact, what, fields)| Told {
        contact,
        what,
        fields: serde_json::from_value(fields).unwrap_or_default(),
    });
    Ok(told.collect())
}

/// Brings the rows of a record back to how they stood before a step. Each must still be as the step left it.
pub fn put_back(tx: &mut OrgTx<'_>, record: &Record, step: &Step) -> Result<(), StepError> {
    if let Some((own, hanging)) = record.rows.split_first() {
        for rows in hanging.iter().filter(|rows| rows.has_id) {
            rows.refuse_newer(tx, step, own.table)?;
        }
    }
    for rows in record.rows.iter().rev() {
        rows.take_away(tx, step)?;
    }
    for rows in record.rows {
        rows.bring_again(tx, step)?;
    }
    for rows in record.rows {
        rows.change_back(tx, step)?;
    }
    diesel::update(steps::table.find((tx.organization(), step.id)))
        .set(steps::undone_at.eq(tx.now()))
        .execute(&mut **tx)?;
    Ok(())
}

impl Rows {
    fn keep_before(&self, tx: &mut OrgTx<'_>, step: StepId, id: i64) -> QueryResult<usize> {
        let (table, which) = (self.table, self.which);
        let keep = format!(
            "INSERT INTO step_rows (step_id, table_name, before) \
             SELECT $1, '{table}', to_jsonb(t) FROM {table} t WHERE t.organization_id = $2 AND {which}"
        );
        execute(tx, &keep, step, id)
    }

    /// What is as it was before is not kept.
    fn keep_after(&self, tx: &mut OrgTx<'_>, step: StepId, id: i64) -> QueryResult<()> {
        let (table, which, kept) = (self.table, self.which, self.kept());
        let same = match self.has_id {
            true => "t.id = (s.before ->> 'id')::bigint".to_owned(),
            false => format!("{which} AND to_jsonb(t) = s.before"),
        };
        let unlike = self.passing();
        for keep in [
            format!(
                "UPDATE step_rows s SET after = to_jsonb(t) FROM {table} t \
                 WHERE {kept} AND t.organization_id = $2 AND {same}"
            ),
            format!(
                "INSERT INTO step_rows (step_id, table_name, after) \
                 SELECT $1, '{table}', to_jsonb(t) FROM {table} t WHERE t.organization_id = $2 AND {which} \
                     AND NOT EXISTS (SELECT FROM step_rows s WHERE {kept} AND {same})"
            ),
            format!("DELETE FROM step_rows s WHERE {kept} AND s.before - {unlike} = s.after - {unlike}"),
        ] {
            execute(tx, &keep, step, id)?;
        }
        Ok(())
    }

    fn take_away(&self, tx: &mut OrgTx<'_>, step: &Step) -> Result<(), StepError> {
        let (table, kept, as_left) = (self.table, self.kept(), self.as_left());
        let delete = format!(
            "DELETE FROM {table} t USING step_rows s \
             WHERE {kept} AND s.before IS NULL AND t.organization_id = $2 AND {as_left}"
        );
        self.done_to_all(tx, step, "s.before IS NULL", &delete)
    }

    /// Where the record itself would go, what others hung on it since would go with it.
    fn refuse_newer(&self, tx: &mut OrgTx<'_>, step: &Step, own: &str) -> Result<(), StepError> {
        let (table, which, kept) = (self.table, self.which, self.kept());
        let newer = format!(
            "SELECT t.id FROM {table} t WHERE t.organization_id = $2 AND {which} \
             AND EXISTS (SELECT FROM step_rows s WHERE s.organization_id = $2 AND s.step_id = $1 \
                 AND s.table_name = '{own}' AND s.before IS NULL) \
             AND NOT EXISTS (SELECT FROM step_rows s WHERE {kept} AND (s.after ->> 'id')::bigint = t.id)"
        );
        match execute(tx, &newer, step.id, step.record_id)? {
            0 => Ok(()),
            _ => Err(StepError::ChangedSince),
        }
    }

    fn bring_again(&self, tx: &mut OrgTx<'_>, step: &Step) -> Result<(), StepError> {
        let (table, kept) = (self.table, self.kept());
        let columns = self.columns(tx, step, &[])?;
        if columns.is_empty() {
            return Ok(());
        }
        let insert = format!(
            "INSERT INTO {table} ({}) SELECT {} FROM step_rows s, jsonb_populate_record(NULL::{table}, s.before) r \
             WHERE {kept} AND s.after IS NULL ORDER BY s.id",
            columns.join(", "),
            of_r(&columns)
        );
        execute(tx, &insert, step.id, step.record_id)?;
        Ok(())
    }

    fn change_back(&self, tx: &mut OrgTx<'_>, step: &Step) -> Result<(), StepError> {
        let (table, kept, as_left) = (self.table, self.kept(), self.as_left());
        let columns = self.columns(tx, step, self.passing)?;
        if columns.is_empty() {
            return Ok(());
        }
        let update = format!(
            "UPDATE {table} t SET ({}) = (SELECT {} FROM jsonb_populate_record(NULL::{table}, s.before) r) \
             FROM step_rows s WHERE {kept} AND s.before IS NOT NULL AND t.organization_id = $2 AND {as_left}",
            columns.join(", "),
            of_r(&columns)
        );
        self.done_to_all(tx, step, "s.before IS NOT NULL AND s.after IS NOT NULL", &update)
    }

    /// Does it and makes sure that it was done to every row meant.
    fn done_to_all(&self, tx: &mut OrgTx<'_>, step: &Step, meant: &str, statement: &str) -> Result<(), StepError> {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            rows: i64,
        }
        let done = execute(tx, statement, step.id, step.record_id)?;
        let count = format!(
            "SELECT count(*) AS rows FROM step_rows s WHERE {} AND {meant}",
            self.kept()
        );
        let meant: Count = diesel::sql_query(count)
            .bind::<BigInt, _>(step.id)
            .bind::<BigInt, _>(tx.organization())
            .get_result(&mut **tx)?;
        match i64::try_from(done) == Ok(meant.rows) {
            true => Ok(()),
            false => Err(StepError::ChangedSince),
        }
    }

    /// The columns that the rows kept have; one that has come into the table since begins with its default.
    fn columns(&self, tx: &mut OrgTx<'_>, step: &Step, without: &[&str]) -> QueryResult<Vec<String>> {
        #[derive(QueryableByName)]
        struct Column {
            #[diesel(sql_type = Text)]
            name: String,
        }
        let (table, kept) = (self.table, self.kept());
        let columns: Vec<Column> = diesel::sql_query(format!(
            "SELECT quote_ident(attname)::text AS name FROM pg_attribute \
             WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL ($3) \
                AND EXISTS (SELECT FROM step_rows s WHERE {kept} AND s.before ? attname::text) ORDER BY attnum"
        ))
        .bind::<BigInt, _>(step.id)
        .bind::<BigInt, _>(tx.organization())
        .bind::<Array<Text>, _>(without)
        .load(&mut **tx)?;
        Ok(columns.into_iter().map(|column| column.name).collect())
    }

    /// The rows of this table among those of the step, as `s`.
    fn kept(&self) -> String {
        let table = self.table;
        format!("s.organization_id = $2 AND s.step_id = $1 AND s.table_name = '{table}'")
    }

    /// The row `t` is as the step left `s`.
    fn as_left(&self) -> String {
        let passing = self.passing();
        let known = match self.has_id {
            true => "t.id = (s.after ->> 'id')::bigint",
            false => self.which,
        };
        format!("{known} AND to_jsonb(t) - {passing} = s.after - {passing}")
    }

    fn passing(&self) -> String {
        format!("'{{{}}}'::text[]", self.passing.join(","))
    }
}

fn of_r(columns: &[String]) -> String {
    let of_r: Vec<String> = columns.iter().map(|column| format!("r.{column}")).collect();
    of_r.join(", ")
}

fn execute(tx: &mut OrgTx<'_>, statement: &str, step: StepId, record_id: i64) -> QueryResult<usize> {
    diesel::sql_query(statement)
        .bind::<BigInt, _>(step)
        .bind::<BigInt, _>(tx.organization())
        .bind::<BigInt, _>(record_id)
        .execute(&mut **tx)
}
