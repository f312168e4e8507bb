//! Reading merges.

use super::model::Pair;
use crate::base::ContactId;
use crate::changelog::FieldChange;
use crate::crm::contacts::{ChangedParts, Privacy};
use crate::crm::groups::standings::MembershipChange;
use crate::db::OrgTx;
use crate::db::schema::{contacts, merges};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A merge as it was done.
#[derive(Clone, Debug)]
pub struct Merge {
    pub id: i64,
    pub pair: Pair,
    pub record: Record,
    pub merged_by_name: String,
    pub merged_at: DateTime<Utc>,
    pub undone_by_name: Option<String>,
    pub undone_at: Option<DateTime<Utc>>,
}

/// What a merge made another, with what stood before.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Record {
    /// The survivor, in the words of the Change Log.
    pub shown: Vec<FieldChange>,
    pub parts: ChangedParts,
    /// What the survivor asked not to have done, right after. Where it was not kept yet, every wish counts as a later one.
    #[serde(default)]
    pub privacy: Privacy,
    pub memberships: Vec<MembershipChange>,
    /// What the survivor took over of the sync; only the sync reads it.
    pub mailchimp: serde_json::Value,
    /// Who had been merged into the one who went, and leads to the survivor since.
    pub adopted: Vec<ContactId>,
}

/// The merge with this id.
pub fn find(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<Option<Merge>> {
    let row: Option<Row> = merges::table
        .find((tx.organization().0, id))
        .select(Row::as_select())
        .first(&mut **tx)
        .optional()?;
    Ok(row.map(Merge::from))
}

/// The merge with this id, kept from being undone by others until the transaction ends.
pub fn locked(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<Merge> {
    let row: Row = merges::table
        .find((tx.organization().0, id))
        .select(Row::as_select())
        .for_update()
        .first(&mut **tx)?;
    Ok(row.into())
}

/// The merges, newest first.
pub fn list(tx: &mut OrgTx<'_>, offset: i64, limit: i64) -> QueryResult<Vec<Merge>> {
    let rows: Vec<Row> = merges::table
        .filter(merges::organization_id.eq(tx.organization()))
        .order(merges::id.desc())
        .offset(offset)
        .limit(limit)
        .select(Row::as_select())
        .load(&mut **tx)?;
    Ok(rows.into_iter().map(Merge::from).collect())
}

/// How many there are.
pub fn count(tx: &mut OrgTx<'_>) -> QueryResult<i64> {
    merges::table
        .filter(merges::organization_id.eq(tx.organization()))
        .count()
        .get_result(&mut **tx)
}

/// The names of contacts, also of those in the trash.
pub fn names(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<HashMap<ContactId, String>> {
    let rows: Vec<(ContactId, String)> = contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(ids))
        .select((contacts::id, contacts::display_name))
        .load(&mut **tx)?;
    Ok(rows.into_iter().collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = merges)]
struct Row {
    id: i64,
    survivor_id: ContactId,
    loser_id: ContactId,
    record: serde_json::Value,
    merged_by_name: String,
    merged_at: DateTime<Utc>,
    undone_by_name: Option<String>,
    undone_at: Option<DateTime<Utc>>,
}

impl From<Row> for Merge {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            pair: Pair {
                survivor: row.survivor_id,
                loser: row.loser_id,
            },
            record: serde_json::from_value(row.record).unwrap_or_default(),
            merged_by_name: row.merged_by_name,
            merged_at: row.merged_at,
            undone_by_name: row.undone_by_name,
            undone_at: row.undone_at,
        }
    }
}
