//! What people do with batches: begin one, keep what was typed, post it, throw a draft away.

use super::model::{Batch, BatchRow};
use super::store;
use crate::base::{BatchId, ContributionId, Money};
use crate::changelog;
use crate::crm::campaigns::UsualFunds;
use crate::crm::contacts::rules::Problem;
use crate::crm::contributions::{ContributionDraft, ContributionError, actions as contributions};
use crate::crm::custom_fields::CustomFields;
use crate::db::schema::batches;
use crate::db::{OrgTx, Unavailable};
use crate::web::PageError;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;

/// Why a batch was not posted; nothing of it was, and what was typed must be kept in a transaction of its own.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error("this batch is posted already")]
    Posted,
    #[error("no gift was typed in")]
    Empty,
    /// What is wrong with which row.
    #[error("some rows are not complete")]
    Rows(HashMap<usize, Vec<Problem>>),
    #[error("count or total differ from what was counted")]
    Differs,
    #[error(transparent)]
    Contribution(#[from] ContributionError),
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// What a batch begins with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewBatch {
    pub name: String,
    pub description: String,
    pub control_count: i32,
    pub control_total: Money,
}

/// Begins a batch.
pub fn create(tx: &mut OrgTx<'_>, new: &NewBatch) -> QueryResult<BatchId> {
    diesel::insert_into(batches::table)
        .values((
            batches::name.eq(&new.name),
            batches::description.eq(&new.description),
            batches::state.eq("Draft"),
            batches::currency.eq(new.control_total.currency),
            batches::control_count.eq(new.control_count),
            batches::control_total.eq(new.control_total.minor),
            batches::created_by.eq(tx.actor().name().to_owned()),
            batches::created_at.eq(tx.now()),
        ))
        .returning(batches::id)
        .get_result(&mut **tx)
}

/// Keeps what was typed, right or wrong.
pub fn save(tx: &mut OrgTx<'_>, id: BatchId, rows: &[BatchRow]) -> Result<(), PageError> {
    let batch = store::locked(tx, id)?;
    if batch.is_posted {
        return Err(already_posted());
    }
    diesel::update(batches::table.find((tx.organization().0, id.0)))
        .set(batches::rows.eq(json!(rows)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Posts a batch: every row becomes a contribution, or none does. `anyway`: also where count or total differ from what was
/// counted. Returns how many there are.
pub fn post(
    tx: &mut OrgTx<'_>,
    id: BatchId,
    rows: Vec<BatchRow>,
    today: NaiveDate,
    anyway: bool,
) -> Result<usize, PostError> {
    let batch = store::locked(tx, id)?;
    if batch.is_posted {
        return Err(PostError::Posted);
    }
    let batch = Batch { rows, ..batch };
    let (usual, own) = (UsualFunds::load(tx)?, store::own_fields(tx)?);
    let drafts = read(&batch, &usual, &own, today)?;
    if !anyway && !batch.agrees() {
        return Err(PostError::Differs);
    }
    contributions::add_many(tx, &drafts, today)?;
    diesel::update(batches::table.find((tx.organization().0, id.0)))
        .set((
            batches::rows.eq(json!(batch.rows)),
            batches::state.eq("Posted"),
            batches::posted_by.eq(tx.actor().name().to_owned()),
            batches::posted_at.eq(tx.now()),
        ))
        .execute(&mut **tx)?;
    let what = format!("Batch {} posted with {} contributions", batch.name, drafts.len());
    changelog::note(tx, &what, Vec::new())?;
    Ok(drafts.len())
}

fn read(
    batch: &Batch,
    usual: &UsualFunds,
    own: &CustomFields,
    today: NaiveDate,
) -> Result<Vec<ContributionDraft>, PostError> {
    let (mut drafts, mut wrong) = (Vec::new(), HashMap::new());
    for (at, row) in batch.rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
        match row.read(batch, usual, own, today) {
            Ok(draft) => drafts.push(draft),
            Err(problems) => {
                wrong.insert(at, problems);
            }
        }
    }
    match (wrong.is_empty(), drafts.is_empty()) {
        (false, _) => Err(PostError::Rows(wrong)),
        (true, true) => Err(PostError::Empty),
        (true, false) => Ok(drafts),
    }
}

/// Makes the head of a draft what somebody wants it to be.
pub fn change(tx: &mut OrgTx<'_>, id: BatchId, new: &NewBatch) -> QueryResult<()> {
    diesel::update(batches::table.find((tx.organization().0, id.0)))
        .set((
            batches::name.eq(&new.name),
            batches::description.eq(&new.description),
            batches::currency.eq(new.control_total.currency),
            batches::control_count.eq(new.control_count),
            batches::control_total.eq(new.control_total.minor),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Takes a posted batch back: its contributions are deleted, and it is a draft again with all its rows. Refused where one of them
/// was changed since. Returns how many there were.
pub fn take_back(tx: &mut OrgTx<'_>, id: BatchId) -> Result<usize, PageError> {
    let batch = store::locked(tx, id)?;
    if !batch.is_posted {
        return Err(PageError::Refused(
            "This batch is a draft already, so there is nothing to take back. Nothing was changed.".into(),
        ));
    }
    let gifts = store::contributions(tx, id)?;
    let gifts = contributions::locked(tx, &gifts)?;
    if !store::changed_since(tx, &gifts)?.is_empty() {
        return Err(PageError::Refused(
            "Nothing was taken back: somebody changed one of its contributions a moment ago. Look at the batch again."
                .into(),
        ));
    }
    let ids: Vec<ContributionId> = gifts.iter().map(|gift| gift.id).collect();
    contributions::delete(tx, &ids, &format!("Batch {} taken back", batch.name))?;
    diesel::update(batches::table.find((tx.organization().0, id.0)))
        .set((
            batches::state.eq("Draft"),
            batches::posted_by.eq(None::<String>),
            batches::posted_at.eq(None::<chrono::DateTime<chrono::Utc>>),
        ))
        .execute(&mut **tx)?;
    let what = format!("Batch {} taken back with {} contributions", batch.name, ids.len());
    changelog::note(tx, &what, Vec::new())?;
    Ok(ids.len())
}

/// Throws a draft away; a posted batch stays.
pub fn delete(tx: &mut OrgTx<'_>, id: BatchId) -> Result<String, PageError> {
    let batch = store::locked(tx, id)?;
    if batch.is_posted {
        return Err(already_posted());
    }
    diesel::delete(batches::table.find((tx.organization().0, id.0))).execute(&mut **tx)?;
    changelog::note(tx, &format!("Draft of batch {} thrown away", batch.name), Vec::new())?;
    Ok(batch.name)
}

/// What is said of a batch that is posted already.
pub fn already_posted() -> PageError {
    PageError::Refused(
        "This batch is posted already, perhaps by a colleague a moment ago. Nothing was changed. Its contributions can be \
         changed one by one, or the whole batch taken back."
            .into(),
    )
}
