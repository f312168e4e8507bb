//! What staff do with opportunities. Each action writes a line in the prospect's Change Log and the due mark.

use super::model::{Details, Opportunity, differences};
use super::store;
use crate::base::{ContactId, OpportunityId};
use crate::changelog::{self, NewChange};
use crate::db::OrgTx;
use crate::db::schema::opportunities;
use crate::work;
use diesel::prelude::*;
use diesel::result::Error as QueryError;

/// Writes an opportunity down.
pub fn add(tx: &mut OrgTx<'_>, details: &Details) -> QueryResult<OpportunityId> {
    let id: OpportunityId = diesel::insert_into(opportunities::table)
        .values((
            details,
            opportunities::created_by.eq(tx.actor().name().to_owned()),
            opportunities::created_at.eq(tx.now()),
        ))
        .returning(opportunities::id)
        .get_result(&mut **tx)?;
    let new = existing(tx, id)?;
    log(tx, "Opportunity added", None, Some(&new))?;
    Ok(id)
}

/// Makes an opportunity what the details say; `false`: it was that already.
pub fn change(tx: &mut OrgTx<'_>, id: OpportunityId, details: &Details) -> QueryResult<bool> {
    let before = locked(tx, id)?;
    if before.is == *details {
        return Ok(false);
    }
    diesel::update(opportunities::table.find((tx.organization(), id)))
        .set(details)
        .execute(&mut **tx)?;
    let after = existing(tx, id)?;
    log(tx, "Opportunity changed", Some(&before), Some(&after))?;
    Ok(true)
}

/// Deletes an opportunity; what it was stays in the Change Log.
pub fn delete(tx: &mut OrgTx<'_>, id: OpportunityId) -> QueryResult<()> {
    let before = locked(tx, id)?;
    diesel::delete(opportunities::table.find((tx.organization(), id))).execute(&mut **tx)?;
    log(tx, "Opportunity deleted", Some(&before), None)
}

fn existing(tx: &mut OrgTx<'_>, id: OpportunityId) -> QueryResult<Opportunity> {
    store::find(tx, id)?.ok_or(QueryError::NotFound)
}

/// The opportunity with this id, kept from being changed by others until the transaction ends.
pub fn locked(tx: &mut OrgTx<'_>, id: OpportunityId) -> QueryResult<Opportunity> {
    opportunities::table
        .find((tx.organization(), id))
        .select(opportunities::id)
        .for_update()
        .first::<OpportunityId>(&mut **tx)?;
    existing(tx, id)
}

/// One line for the prospect; where it has become another's, one for each.
fn log(tx: &mut OrgTx<'_>, what: &str, old: Option<&Opportunity>, new: Option<&Opportunity>) -> QueryResult<()> {
    let fields = differences(old, new);
    let name = new.or(old).map(|one| one.is.name.as_str()).unwrap_or_default();
    let what = format!("{what}: {name}");
    let mut prospects: Vec<ContactId> = [old, new].into_iter().flatten().map(|one| one.is.contact_id).collect();
    prospects.dedup();
    for contact in &prospects {
        changelog::record(
            tx,
            NewChange {
                contact: Some(*contact),
                what: &what,
                fields: fields.clone(),
                why: "",
            },
        )?;
    }
    work::contacts_are_due(tx, &prospects)
}
