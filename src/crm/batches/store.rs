//! Reading batches.

use super::model::Batch;
use crate::base::{BatchId, ContactId, ContributionId, Currency};
use crate::crm::contributions::Contribution;
use crate::crm::custom_fields::{self, CustomFields, CustomValues, Record};
use crate::db::OrgTx;
use crate::db::schema::{batches, contacts, contributions, soft_credits};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// The batch with this id.
pub fn find(tx: &mut OrgTx<'_>, id: BatchId) -> QueryResult<Option<Batch>> {
    let row: Option<Row> = batches::table
        .find((tx.organization().0, id.0))
        .select(Row::as_select())
        .first(&mut **tx)
        .optional()?;
    Ok(row.map(Batch::from))
}

/// The batch with this id, kept from being changed by others until the transaction ends.
pub fn locked(tx: &mut OrgTx<'_>, id: BatchId) -> QueryResult<Batch> {
    let row: Row = batches::table
        .find((tx.organization().0, id.0))
        .select(Row::as_select())
        .for_update()
        .first(&mut **tx)?;
    Ok(row.into())
}

/// The contributions that a batch became, as far as they are here.
pub fn contributions(tx: &mut OrgTx<'_>, id: BatchId) -> QueryResult<Vec<ContributionId>> {
    contributions::table
        .filter(contributions::organization_id.eq(tx.organization()))
        .filter(contributions::batch_id.eq(id))
        .order(contributions::id)
        .select(contributions::id)
        .load(&mut **tx)
}

/// Those of these contributions that are not as they were posted: changed in whatever way, credited to somebody besides, or of
/// somebody who was erased, whose gifts are kept.
pub fn changed_since(tx: &mut OrgTx<'_>, gifts: &[Contribution]) -> QueryResult<Vec<ContributionId>> {
    let ids: Vec<ContributionId> = gifts.iter().map(|gift| gift.id).collect();
    let credited: Vec<ContributionId> = soft_credits::table
        .filter(soft_credits::organization_id.eq(tx.organization()))
        .filter(soft_credits::contribution_id.eq_any(ids))
        .select(soft_credits::contribution_id)
        .load(&mut **tx)?;
    let of: Vec<ContactId> = gifts.iter().map(|gift| gift.is.contact_id).collect();
    let erased: Vec<ContactId> = contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(of))
        .filter(contacts::erased_at.is_not_null())
        .select(contacts::id)
        .load(&mut **tx)?;
    let is_changed = |gift: &&Contribution| {
        gift.modified_at != gift.created_at || credited.contains(&gift.id) || erased.contains(&gift.is.contact_id)
    };
    Ok(gifts.iter().filter(is_changed).map(|gift| gift.id).collect())
}

/// The organization's own fields that a row asks for: those the form of a new contribution shows.
pub fn own_fields(tx: &mut OrgTx<'_>) -> QueryResult<CustomFields> {
    let all = custom_fields::store::of(tx, Record::Contribution)?;
    Ok(all.of_form("", &CustomValues::default()))
}

/// The batches, newest first.
pub fn list(tx: &mut OrgTx<'_>, offset: i64, limit: i64) -> QueryResult<Vec<Batch>> {
    let rows: Vec<Row> = batches::table
        .filter(batches::organization_id.eq(tx.organization()))
        .order(batches::id.desc())
        .offset(offset)
        .limit(limit)
        .select(Row::as_select())
        .load(&mut **tx)?;
    Ok(rows.into_iter().map(Batch::from).collect())
}

/// How many there are.
pub fn count(tx: &mut OrgTx<'_>) -> QueryResult<i64> {
    batches::table
        .filter(batches::organization_id.eq(tx.organization()))
        .count()
        .get_result(&mut **tx)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = batches)]
struct Row {
    id: BatchId,
    name: String,
    description: String,
    currency: Currency,
    control_count: i32,
    control_total: i64,
    rows: serde_json::Value,
    created_by: String,
    created_at: DateTime<Utc>,
    posted_by: Option<String>,
    posted_at: Option<DateTime<Utc>>,
}

impl From<Row> for Batch {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            is_posted: row.posted_at.is_some(),
            currency: row.currency,
            control_count: row.control_count,
            control_total: row.control_total,
            rows: serde_json::from_value(row.rows).unwrap_or_default(),
            created_by: row.created_by,
            created_at: row.created_at,
            posted_by: row.posted_by,
            posted_at: row.posted_at,
        }
    }
}
