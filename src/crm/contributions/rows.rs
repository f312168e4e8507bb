//! Writing rows of contributions, many in one statement, because an import brings a hundred thousand of them.

use super::model::ContributionDraft;
use crate::base::{ContactId, ContributionId};
use crate::db::OrgTx;
use crate::db::schema::{contacts, contributions};
use diesel::prelude::*;
use std::collections::BTreeSet;

/// Rows of one insert: Postgres takes 65,535 parameters a statement, and a contribution has 29.
const ROWS_PER_INSERT: usize = 2_000;

/// Keeps others from writing gifts of these contacts until the transaction ends, so that the totals add up everything. In
/// the order of the ids, so that two who lock the same ones cannot lock each other out. `NotFound` where one is missing.
pub fn lock_contacts(tx: &mut OrgTx<'_>, ids: &BTreeSet<ContactId>) -> QueryResult<()> {
    let found: Vec<ContactId> = contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(ids))
        .order(contacts::id)
        .select(contacts::id)
        .for_no_key_update()
        .load(&mut **tx)?;
    match found.len() == ids.len() {
        true => Ok(()),
        false => Err(diesel::result::Error::NotFound),
    }
}

/// Inserts contributions; the ids are in the order of the drafts.
pub(super) fn insert(tx: &mut OrgTx<'_>, drafts: &[ContributionDraft]) -> QueryResult<Vec<ContributionId>> {
    let ids: Vec<ContributionId> = tx.reserve_ids("contributions", drafts.len())?;
    let now = tx.now();
    let all: Vec<(ContributionId, &ContributionDraft)> = ids.iter().copied().zip(drafts).collect();
    for chunk in all.chunks(ROWS_PER_INSERT) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|(id, draft)| {
                (
                    contributions::id.eq(*id),
                    contributions::created_at.eq(now),
                    contributions::modified_at.eq(now),
                    *draft,
                )
            })
            .collect();
        diesel::insert_into(contributions::table)
            .values(rows)
            .execute(&mut **tx)?;
    }
    Ok(ids)
}

/// Writes a contribution over.
pub(super) fn update(tx: &mut OrgTx<'_>, id: ContributionId, draft: &ContributionDraft) -> QueryResult<()> {
    diesel::update(contributions::table.find((tx.organization().0, id.0)))
        .set((draft, contributions::modified_at.eq(tx.now())))
        .execute(&mut **tx)?;
    Ok(())
}

/// Deletes contributions; their soft credits go with them.
pub(super) fn delete(tx: &mut OrgTx<'_>, ids: &[ContributionId]) -> QueryResult<()> {
    let theirs = contributions::organization_id
        .eq(tx.organization())
        .and(contributions::id.eq_any(ids));
    diesel::delete(contributions::table.filter(theirs)).execute(&mut **tx)?;
    Ok(())
}
