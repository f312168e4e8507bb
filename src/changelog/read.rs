//! Reading the log: of one contact, or of the whole organization with filters. Newest first.

use super::{FieldChange, steps};
use crate::base::{ContactId, StaffId, StepId};
use crate::db::OrgTx;
use crate::db::schema::contacts;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz};

/// A line of the log.
#[derive(Clone, Debug)]
pub struct Change {
    pub at: DateTime<Utc>,
    /// The contact and the name to show for it.
    pub contact: Option<(ContactId, String)>,
    /// `staff`, `import`, `mailchimp` or `system`.
    pub actor_kind: String,
    pub actor_name: String,
    pub what: String,
    pub fields: Vec<FieldChange>,
    pub why: String,
    /// The step it tells of, while that can be taken back.
    pub step: Option<StepId>,
}

/// Which lines are wanted; the default is all of them.
#[derive(Clone, Debug, Default)]
pub struct ChangeFilter {
    pub contact: Option<ContactId>,
    /// `staff`, `import`, `mailchimp` or `system`.
    pub actor_kind: Option<String>,
    /// The colleague who did it.
    pub by: Option<StaffId>,
    /// Words in what happened or in its reason; capitals do not matter.
    pub words: Option<String>,
    pub from: Option<DateTime<Utc>>,
    /// Exclusive.
    pub until: Option<DateTime<Utc>>,
}

/// The parameters of `FITS` are numbered alike in both queries.
const FITS: &str = "changes.organization_id = $1 \
    AND ($2::bigint[] IS NULL OR changes.contact_id = ANY($2)) \
    AND ($3::text IS NULL OR changes.actor_kind = $3) \
    AND ($4::timestamptz IS NULL OR changes.at >= $4) \
    AND ($5::timestamptz IS NULL OR changes.at < $5) \
    AND ($6::bigint IS NULL OR changes.actor_kind = 'staff' AND changes.actor_id = $6) \
    AND ($7::text IS NULL OR strpos(lower(changes.what), lower($7)) > 0 OR strpos(lower(changes.why), lower($7)) > 0)";

/// The lines that fit, newest first.
pub fn list(tx: &mut OrgTx<'_>, filter: &ChangeFilter, offset: i64, limit: i64) -> QueryResult<Vec<Change>> {
    let contacts = with_merged(tx, filter.contact)?;
    let rows: Vec<Row> = diesel::sql_query(format!(
        "SELECT changes.at, changes.contact_id, contacts.display_name, changes.actor_kind, changes.actor_name, \
             changes.what, changes.fields, changes.why, steps.id AS step_id \
         FROM changes LEFT JOIN contacts \
             ON contacts.organization_id = changes.organization_id AND contacts.id = changes.contact_id \
         LEFT JOIN steps ON steps.organization_id = changes.organization_id AND steps.at = changes.at AND steps.at >= $10 \
             AND changes.actor_kind = 'staff' AND steps.staff_id = changes.actor_id AND steps.undone_at IS NULL \
         WHERE {FITS} ORDER BY changes.id DESC OFFSET $8 LIMIT $9"
    ))
    .bind::<BigInt, _>(tx.organization().0)
    .bind::<Nullable<Array<BigInt>>, _>(contacts)
    .bind::<Nullable<Text>, _>(filter.actor_kind.as_deref())
    .bind::<Nullable<Timestamptz>, _>(filter.from)
    .bind::<Nullable<Timestamptz>, _>(filter.until)
    .bind::<Nullable<BigInt>, _>(filter.by.map(|by| by.0))
    .bind::<Nullable<Text>, _>(filter.words.as_deref())
    .bind::<BigInt, _>(offset)
    .bind::<BigInt, _>(limit)
    .bind::<Timestamptz, _>(tx.now() - steps::KEPT)
    .load(&mut **tx)?;
    Ok(rows.into_iter().map(Change::from).collect())
}

/// How many lines fit.
pub fn count(tx: &mut OrgTx<'_>, filter: &ChangeFilter) -> QueryResult<i64> {
    let contacts = with_merged(tx, filter.contact)?;
    let row: Count = diesel::sql_query(format!("SELECT count(*) AS lines FROM changes WHERE {FITS}"))
        .bind::<BigInt, _>(tx.organization().0)
        .bind::<Nullable<Array<BigInt>>, _>(contacts)
        .bind::<Nullable<Text>, _>(filter.actor_kind.as_deref())
        .bind::<Nullable<Timestamptz>, _>(filter.from)
        .bind::<Nullable<Timestamptz>, _>(filter.until)
        .bind::<Nullable<BigInt>, _>(filter.by.map(|by| by.0))
        .bind::<Nullable<Text>, _>(filter.words.as_deref())
        .get_result(&mut **tx)?;
    Ok(row.lines)
}

/// A contact and those who were merged into it: their history is one.
fn with_merged(tx: &mut OrgTx<'_>, contact: Option<ContactId>) -> QueryResult<Option<Vec<i64>>> {
    let Some(contact) = contact else { return Ok(None) };
    let mut all: Vec<i64> = contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::merged_into.eq(contact))
        .select(contacts::id)
        .load(&mut **tx)?;
    all.push(contact.0);
    Ok(Some(all))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    lines: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<BigInt>)]
    contact_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    display_name: Option<String>,
    #[diesel(sql_type = Text)]
    actor_kind: String,
    #[diesel(sql_type = Text)]
    actor_name: String,
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = Jsonb)]
    fields: serde_json::Value,
    #[diesel(sql_type = Text)]
    why: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    step_id: Option<i64>,
}

impl From<Row> for Change {
    fn from(row: Row) -> Self {
        Self {
            at: row.at,
            contact: row
                .contact_id
                .map(|id| (ContactId(id), row.display_name.unwrap_or_default())),
            actor_kind: row.actor_kind,
            actor_name: row.actor_name,
            what: row.what,
            fields: serde_json::from_value(row.fields).unwrap_or_default(),
            why: row.why,
            step: row.step_id.map(StepId),
        }
    }
}
