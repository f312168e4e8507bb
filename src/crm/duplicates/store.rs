//! Reading and writing what the search for duplicates found.

use crate::base::ContactId;
use crate::crm::contacts::{self, Selection};
use crate::db::OrgTx;
use crate::db::schema::{contacts as contact_rows, duplicate_keys, duplicate_pairs, duplicate_scans};
use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Integer, Jsonb, Text, Timestamptz};
use std::collections::BTreeSet;

/// Contacts that may have one key in common. More are no duplicates but an office address or a switchboard, and comparing
/// each with each would never end.
const BLOCK_MAX: i64 = 20;

/// How far the search has come.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = duplicate_scans)]
pub struct Scan {
    /// `running` or `done`.
    pub state: String,
    pub position_at: DateTime<Utc>,
    pub position_id: i64,
    /// Changes after this moment are looked at by the next search.
    pub until: DateTime<Utc>,
    pub contact_count: i32,
    pub contacts_done: i32,
    pub failures: i32,
    pub started_by_name: String,
    pub finished_at: Option<DateTime<Utc>>,
}

impl Scan {
    /// What stands for the last search where there was none.
    pub(super) fn never() -> Self {
        Self {
            state: "done".into(),
            position_at: DateTime::<Utc>::UNIX_EPOCH,
            position_id: 0,
            until: DateTime::<Utc>::UNIX_EPOCH,
            contact_count: 0,
            contacts_done: 0,
            failures: 0,
            started_by_name: String::new(),
            finished_at: None,
        }
    }

    /// Whether it has not come to its end.
    pub fn is_running(&self) -> bool {
        self.state == "running"
    }
}

/// The search of this organization, if there ever was one.
pub fn scan(tx: &mut OrgTx<'_>) -> QueryResult<Option<Scan>> {
    duplicate_scans::table
        .find(tx.organization().0)
        .select(Scan::as_select())
        .first(&mut **tx)
        .optional()
}

/// The same, kept from being worked on by others until the transaction ends.
pub(super) fn locked_scan(tx: &mut OrgTx<'_>) -> QueryResult<Option<Scan>> {
    duplicate_scans::table
        .find(tx.organization().0)
        .select(Scan::as_select())
        .for_update()
        .first(&mut **tx)
        .optional()
}

/// How many contacts were changed after a moment, up to another.
pub fn changed_between(tx: &mut OrgTx<'_>, after: DateTime<Utc>, until: DateTime<Utc>) -> QueryResult<i64> {
    contact_rows::table
        .filter(contact_rows::organization_id.eq(tx.organization()))
        .filter(contact_rows::modified_at.gt(after))
        .filter(contact_rows::modified_at.le(until))
        .count()
        .get_result(&mut **tx)
}

/// The next contacts to compare, in the order of their last change.
pub(super) fn next_contacts(
    tx: &mut OrgTx<'_>,
    scan: &Scan,
    limit: i64,
) -> QueryResult<Vec<(ContactId, DateTime<Utc>)>> {
    let is_after = contact_rows::modified_at
        .gt(scan.position_at)
        .or(contact_rows::id.gt(scan.position_id));
    contact_rows::table
        .filter(contact_rows::organization_id.eq(tx.organization()))
        .filter(contact_rows::modified_at.ge(scan.position_at))
        .filter(contact_rows::modified_at.le(scan.until))
        .filter(is_after)
        .order((contact_rows::modified_at, contact_rows::id))
        .limit(limit)
        .select((contact_rows::id, contact_rows::modified_at))
        .load(&mut **tx)
}

/// Writes the keys of contacts anew; who is in the trash has none.
pub(super) fn write_keys(
    tx: &mut OrgTx<'_>,
    ids: &[ContactId],
    keys: &[(ContactId, BTreeSet<String>)],
) -> QueryResult<()> {
    diesel::delete(duplicate_keys::table)
        .filter(duplicate_keys::organization_id.eq(tx.organization()))
        .filter(duplicate_keys::contact_id.eq_any(ids))
        .execute(&mut **tx)?;
    let all = keys
        .iter()
        .flat_map(|(id, keys)| keys.iter().map(|key| (id.0, key.as_str())));
    let (owners, words): (Vec<i64>, Vec<&str>) = all.unzip();
    diesel::sql_query("INSERT INTO duplicate_keys (contact_id, key) SELECT * FROM unnest($1, $2)")
        .bind::<Array<BigInt>, _>(owners)
        .bind::<Array<Text>, _>(words)
        .execute(&mut **tx)?;
    Ok(())
}

/// Whoever has a key in common with one of these contacts, pair by pair, the smaller id first.
pub(super) fn with_a_common_key(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<(ContactId, ContactId)>> {
    #[derive(QueryableByName)]
    struct Two {
        #[diesel(sql_type = BigInt)]
        first_id: ContactId,
        #[diesel(sql_type = BigInt)]
        second_id: ContactId,
    }
    let pairs: Vec<Two> = diesel::sql_query(
        "WITH mine AS MATERIALIZED ( \
            SELECT DISTINCT key FROM duplicate_keys WHERE organization_id = $1 AND contact_id = ANY($2)), \
         blocks AS MATERIALIZED ( \
            SELECT mine.key, block.contact_id, count(*) OVER (PARTITION BY mine.key) AS size \
            FROM mine CROSS JOIN LATERAL ( \
                SELECT contact_id FROM duplicate_keys WHERE organization_id = $1 AND key = mine.key \
                ORDER BY contact_id LIMIT $3 + 1) AS block) \
         SELECT DISTINCT one.contact_id AS first_id, other.contact_id AS second_id \
         FROM blocks AS one JOIN blocks AS other ON one.key = other.key AND one.contact_id < other.contact_id \
         WHERE one.size BETWEEN 2 AND $3 AND (one.contact_id = ANY($2) OR other.contact_id = ANY($2))",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<BigInt>, _>(ids)
    .bind::<BigInt, _>(BLOCK_MAX)
    .load(&mut **tx)?;
    Ok(pairs.into_iter().map(|pair| (pair.first_id, pair.second_id)).collect())
}

/// Two contacts that may be one.
#[derive(Clone, Debug)]
pub struct Pair {
    pub first: ContactId,
    pub second: ContactId,
    /// From 0 to 100.
    pub score: i32,
    pub reasons: Vec<String>,
}

/// Writes down which pairs these contacts are in now. Those that somebody dismissed stay dismissed.
pub(super) fn write_pairs(tx: &mut OrgTx<'_>, ids: &[ContactId], pairs: &[Pair]) -> QueryResult<()> {
    let theirs = duplicate_pairs::first_id
        .eq_any(ids)
        .or(duplicate_pairs::second_id.eq_any(ids));
    diesel::delete(duplicate_pairs::table)
        .filter(duplicate_pairs::organization_id.eq(tx.organization()))
        .filter(duplicate_pairs::dismissed_at.is_null())
        .filter(theirs)
        .execute(&mut **tx)?;
    let now = tx.now();
    let of = |id: fn(&Pair) -> ContactId| pairs.iter().map(|pair| id(pair).0).collect::<Vec<i64>>();
    let reasons: Vec<String> = pairs
        .iter()
        .map(|pair| serde_json::json!(pair.reasons).to_string())
        .collect();
    diesel::sql_query(
        "INSERT INTO duplicate_pairs (first_id, second_id, score, reasons, found_at) \
         SELECT first, second, score, reasons::jsonb, $5 \
         FROM unnest($1, $2, $3, $4) AS found (first, second, score, reasons) \
         ON CONFLICT (organization_id, first_id, second_id) DO UPDATE \
         SET score = excluded.score, reasons = excluded.reasons",
    )
    .bind::<Array<BigInt>, _>(of(|pair| pair.first))
    .bind::<Array<BigInt>, _>(of(|pair| pair.second))
    .bind::<Array<Integer>, _>(pairs.iter().map(|pair| pair.score).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(reasons)
    .bind::<Timestamptz, _>(now)
    .execute(&mut **tx)?;
    Ok(())
}

/// Which pairs are wanted: those to look at, or those that were dismissed.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    pub dismissed: bool,
    /// Only those of whom both are among these contacts.
    pub among: Option<Selection>,
}

/// Pairs of which both are there.
const SHOWN: &str = "FROM duplicate_pairs AS pair \
    JOIN contacts AS one ON one.organization_id = pair.organization_id AND one.id = pair.first_id \
        AND one.deleted_at IS NULL \
    JOIN contacts AS other ON other.organization_id = pair.organization_id AND other.id = pair.second_id \
        AND other.deleted_at IS NULL \
    WHERE pair.organization_id = $1";

/// In which order they are looked through: the most likely first.
const ORDER: &str = "ORDER BY pair.score DESC, pair.first_id, pair.second_id";

/// The beginning of a statement about the pairs that are wanted, and how many parameters it has; `None` where nobody is chosen.
fn shown<'q>(
    tx: &mut OrgTx<'_>,
    queue: &Queue,
    wanted: &str,
) -> QueryResult<Option<(BoxedSqlQuery<'q, Pg, SqlQuery>, usize)>> {
    let dismissed = if queue.dismissed { "IS NOT NULL" } else { "IS NULL" };
    let shown = format!("SELECT {wanted} {SHOWN} AND pair.dismissed_at {dismissed}");
    let Some(among) = &queue.among else {
        let query = diesel::sql_query(shown).into_boxed();
        return Ok(Some((query.bind::<BigInt, _>(tx.organization()), 1)));
    };
    let chosen = contacts::chosen(tx, among, "WITH chosen AS MATERIALIZED (SELECT contacts.id", "")?;
    Ok(chosen.map(|(query, parameters)| {
        let query = query.sql(format!(
            ") {shown} AND pair.first_id IN (SELECT id FROM chosen) AND pair.second_id IN (SELECT id FROM chosen)"
        ));
        (query, parameters)
    }))
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    first_id: ContactId,
    #[diesel(sql_type = BigInt)]
    second_id: ContactId,
    #[diesel(sql_type = Integer)]
    score: i32,
    #[diesel(sql_type = Jsonb)]
    reasons: serde_json::Value,
}

impl From<Row> for Pair {
    fn from(row: Row) -> Self {
        Self {
            first: row.first_id,
            second: row.second_id,
            score: row.score,
            reasons: serde_json::from_value(row.reasons).unwrap_or_default(),
        }
    }
}

const COLUMNS: &str = "pair.first_id, pair.second_id, pair.score, pair.reasons";

/// The pairs that are wanted, the most likely first.
pub fn pairs(tx: &mut OrgTx<'_>, queue: &Queue, offset: i64, limit: i64) -> QueryResult<Vec<Pair>> {
    let Some((query, parameters)) = shown(tx, queue, COLUMNS)? else {
        return Ok(Vec::new());
    };
    let rows: Vec<Row> = query
        .sql(format!(" {ORDER} OFFSET ${} LIMIT ${}", parameters + 1, parameters + 2))
        .bind::<BigInt, _>(offset)
        .bind::<BigInt, _>(limit)
        .load(&mut **tx)?;
    Ok(rows.into_iter().map(Pair::from).collect())
}

/// The pair that comes behind these two, whatever was decided about them; none behind two who were never a pair.
pub fn next(tx: &mut OrgTx<'_>, queue: &Queue, one: ContactId, other: ContactId) -> QueryResult<Option<Pair>> {
    let Some((query, parameters)) = shown(tx, queue, COLUMNS)? else {
        return Ok(None);
    };
    let (first, second) = (parameters + 1, parameters + 2);
    let row: Option<Row> = query
        .sql(format!(
            " AND (-pair.score, pair.first_id, pair.second_id) > ( \
                SELECT -score, first_id, second_id FROM duplicate_pairs \
                WHERE organization_id = $1 AND first_id = ${first} AND second_id = ${second}) {ORDER} LIMIT 1"
        ))
        .bind::<BigInt, _>(one.min(other))
        .bind::<BigInt, _>(one.max(other))
        .get_result(&mut **tx)
        .optional()?;
    Ok(row.map(Pair::from))
}

/// How many pairs there are to look at, or were dismissed.
pub fn count(tx: &mut OrgTx<'_>, dismissed: bool) -> QueryResult<i64> {
    count_of(tx, &Queue { dismissed, among: None })
}

/// How many pairs are wanted.
pub fn count_of(tx: &mut OrgTx<'_>, queue: &Queue) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        pairs: i64,
    }
    let Some((query, _)) = shown(tx, queue, "count(*) AS pairs")? else {
        return Ok(0);
    };
    let counted: Count = query.get_result(&mut **tx)?;
    Ok(counted.pairs)
}
