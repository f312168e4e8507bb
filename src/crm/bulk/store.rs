//! Reading bulk actions, and writing what became of each contact.

use super::model::{BulkAction, BulkContact, BulkResult, Deed, Outcome, Record, State};
use crate::base::{BulkActionId, ContactId, StaffId};
use crate::db::OrgTx;
use crate::db::schema::{bulk_actions, bulk_batches, bulk_contacts, contacts};
use chrono::{DateTime, Utc};
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};

/// The bulk action with this id.
pub fn find(tx: &mut OrgTx<'_>, id: BulkActionId) -> QueryResult<Option<BulkAction>> {
    let row: Option<Row> = bulk_actions::table
        .find((tx.organization(), id))
        .select(Row::as_select())
        .first(&mut **tx)
        .optional()?;
    row.map(Row::action).transpose()
}

/// The bulk action with this id, kept from being worked on by others until the transaction ends.
pub fn locked(tx: &mut OrgTx<'_>, id: BulkActionId) -> QueryResult<BulkAction> {
    let row: Row = bulk_actions::table
        .find((tx.organization(), id))
        .select(Row::as_select())
        .for_update()
        .first(&mut **tx)?;
    row.action()
}

/// The bulk actions, newest first.
pub fn list(tx: &mut OrgTx<'_>, offset: i64, limit: i64) -> QueryResult<Vec<BulkAction>> {
    let rows: Vec<Row> = bulk_actions::table
        .filter(bulk_actions::organization_id.eq(tx.organization()))
        .order(bulk_actions::id.desc())
        .offset(offset)
        .limit(limit)
        .select(Row::as_select())
        .load(&mut **tx)?;
    rows.into_iter().map(Row::action).collect()
}

/// How many there are.
pub fn count(tx: &mut OrgTx<'_>) -> QueryResult<i64> {
    bulk_actions::table
        .filter(bulk_actions::organization_id.eq(tx.organization()))
        .count()
        .get_result(&mut **tx)
}

/// The one the background works on next: the oldest that is at work and not stuck.
pub fn next_at_work(tx: &mut OrgTx<'_>) -> QueryResult<Option<BulkAction>> {
    let row: Option<Row> = bulk_actions::table
        .filter(bulk_actions::organization_id.eq(tx.organization()))
        .filter(bulk_actions::state.eq_any([State::Running, State::Undoing].map(State::as_str)))
        .filter(bulk_actions::failures.lt(super::model::FAILURES_MAX))
        .order(bulk_actions::id)
        .select(Row::as_select())
        .first(&mut **tx)
        .optional()?;
    row.map(Row::action).transpose()
}

/// Of the actions that still keep what was before, the one whose time is up first.
pub fn first_kept(tx: &mut OrgTx<'_>) -> QueryResult<Option<BulkAction>> {
    let batches = bulk_batches::table
        .filter(bulk_batches::organization_id.eq(bulk_actions::organization_id))
        .filter(bulk_batches::bulk_action_id.eq(bulk_actions::id));
    let row: Option<Row> = bulk_actions::table
        .filter(bulk_actions::organization_id.eq(tx.organization()))
        .filter(bulk_actions::state.eq_any([State::Done, State::Undone].map(State::as_str)))
        .filter(exists(batches))
        // As `BulkAction::kept_until`.
        .order(sql::<Timestamptz>(
            "coalesce(bulk_actions.undone_at, bulk_actions.finished_at, bulk_actions.created_at)",
        ))
        .select(Row::as_select())
        .first(&mut **tx)
        .optional()?;
    row.map(Row::action).transpose()
}

/// Whether everybody an action is about is in one batch.
pub(super) fn is_one_step(tx: &mut OrgTx<'_>, action: BulkActionId) -> QueryResult<bool> {
    let batches: i64 = bulk_batches::table
        .filter(bulk_batches::organization_id.eq(tx.organization()))
        .filter(bulk_batches::bulk_action_id.eq(action))
        .count()
        .get_result(&mut **tx)?;
    Ok(batches == 1)
}

/// The batch after the one with a number.
pub fn batch_after(
    tx: &mut OrgTx<'_>,
    action: BulkActionId,
    number: i64,
) -> QueryResult<Option<(i64, Vec<ContactId>)>> {
    bulk_batches::table
        .filter(bulk_batches::organization_id.eq(tx.organization()))
        .filter(bulk_batches::bulk_action_id.eq(action))
        .filter(bulk_batches::number.gt(number))
        .order(bulk_batches::number)
        .select((bulk_batches::number, bulk_batches::contact_ids))
        .first(&mut **tx)
        .optional()
}

/// Who was changed by an action that was done at once.
pub fn changed(tx: &mut OrgTx<'_>, action: BulkActionId) -> QueryResult<Vec<ContactId>> {
    let all = changed_after(tx, action, 0, super::BATCH_CONTACTS_BY_STATEMENT)?;
    Ok(all.into_iter().map(|one| one.contact).collect())
}

/// Contacts that were changed and not taken back yet, after the one with an id.
pub fn changed_after(
    tx: &mut OrgTx<'_>,
    action: BulkActionId,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<BulkContact>> {
    let rows: Vec<ContactRow> = bulk_contacts::table
        .filter(bulk_contacts::organization_id.eq(tx.organization()))
        .filter(bulk_contacts::bulk_action_id.eq(action))
        .filter(bulk_contacts::outcome.eq(Outcome::Changed.as_str()))
        .filter(bulk_contacts::contact_id.gt(after))
        .order(bulk_contacts::contact_id)
        .limit(limit)
        .select(ContactRow::as_select())
        .load(&mut **tx)?;
    Ok(rows.into_iter().map(ContactRow::contact).collect())
}

/// Contacts with an outcome, each with its name.
pub fn contacts_with(
    tx: &mut OrgTx<'_>,
    action: BulkActionId,
    outcome: Outcome,
    offset: i64,
    limit: i64,
) -> QueryResult<Vec<(BulkContact, String)>> {
    let rows: Vec<(ContactRow, String)> = bulk_contacts::table
        .inner_join(
            contacts::table.on(contacts::organization_id
                .eq(bulk_contacts::organization_id)
                .and(contacts::id.eq(bulk_contacts::contact_id))),
        )
        .filter(bulk_contacts::organization_id.eq(tx.organization()))
        .filter(bulk_contacts::bulk_action_id.eq(action))
        .filter(bulk_contacts::outcome.eq(outcome.as_str()))
        .order(bulk_contacts::contact_id)
        .offset(offset)
        .limit(limit)
        .select((ContactRow::as_select(), contacts::sort_name))
        .load(&mut **tx)?;
    Ok(rows.into_iter().map(|(row, name)| (row.contact(), name)).collect())
}

/// How many contacts have an outcome.
pub fn count_with(tx: &mut OrgTx<'_>, action: BulkActionId, outcome: Outcome) -> QueryResult<i64> {
    bulk_contacts::table
        .filter(bulk_contacts::organization_id.eq(tx.organization()))
        .filter(bulk_contacts::bulk_action_id.eq(action))
        .filter(bulk_contacts::outcome.eq(outcome.as_str()))
        .count()
        .get_result(&mut **tx)
}

/// Writes down what became of contacts.
pub(super) fn write_outcomes(tx: &mut OrgTx<'_>, action: BulkActionId, became: &[BulkContact]) -> QueryResult<()> {
    let ids: Vec<i64> = became.iter().map(|one| one.contact.0).collect();
    let outcomes: Vec<&str> = became.iter().map(|one| one.outcome.as_str()).collect();
    let problems: Vec<Option<&str>> = became.iter().map(|one| one.problem.as_deref()).collect();
    let records: Vec<Option<String>> = became
        .iter()
        .map(|one| serde_json::to_string(one.record.as_ref()?).ok())
        .collect();
    diesel::sql_query(
        "INSERT INTO bulk_contacts (bulk_action_id, contact_id, outcome, problem, record) \
         SELECT $1, id, outcome, problem, record::jsonb \
         FROM unnest($2, $3, $4, $5) AS told (id, outcome, problem, record) \
         ON CONFLICT (organization_id, bulk_action_id, contact_id) DO UPDATE \
         SET outcome = excluded.outcome, problem = excluded.problem, record = excluded.record",
    )
    .bind::<BigInt, _>(action)
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Array<Text>, _>(outcomes)
    .bind::<Array<Nullable<Text>>, _>(problems)
    .bind::<Array<Nullable<Text>>, _>(records)
    .execute(&mut **tx)?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = bulk_actions)]
struct Row {
    id: BulkActionId,
    deed: serde_json::Value,
    state: String,
    contact_count: i32,
    contacts_done: i32,
    last_place: i64,
    changed: i32,
    unchanged: i32,
    skipped: i32,
    taken_back: i32,
    kept: i32,
    failures: i32,
    started_by: Option<StaffId>,
    started_by_name: String,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    undone_by: Option<StaffId>,
    undone_by_name: Option<String>,
    undone_at: Option<DateTime<Utc>>,
}

impl Row {
    fn action(self) -> QueryResult<BulkAction> {
        let deed: Deed = serde_json::from_value(self.deed)
            .map_err(|error| diesel::result::Error::DeserializationError(error.into()))?;
        Ok(BulkAction {
            id: self.id,
            deed,
            state: State::parse(&self.state).unwrap_or(State::Done),
            contact_count: self.contact_count,
            contacts_done: self.contacts_done,
            last_place: self.last_place,
            result: BulkResult {
                changed: self.changed,
                unchanged: self.unchanged,
                skipped: self.skipped,
                taken_back: self.taken_back,
                kept: self.kept,
            },
            failures: self.failures,
            started_by: self.started_by,
            started_by_name: self.started_by_name,
            created_at: self.created_at,
            finished_at: self.finished_at,
            undone_by: self.undone_by,
            undone_by_name: self.undone_by_name,
            undone_at: self.undone_at,
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = bulk_contacts)]
struct ContactRow {
    contact_id: ContactId,
    outcome: String,
    problem: Option<String>,
    record: Option<serde_json::Value>,
}

impl ContactRow {
    fn contact(self) -> BulkContact {
        let record: Option<Record> = self.record.and_then(|stored| serde_json::from_value(stored).ok());
        BulkContact {
            contact: self.contact_id,
            outcome: Outcome::parse(&self.outcome).unwrap_or(Outcome::Kept),
            problem: self.problem,
            record,
        }
    }
}
