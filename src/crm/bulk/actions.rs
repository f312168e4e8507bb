//! Starting a bulk action, trying again and taking back. Each says what the background is to do and wakes it in the same
//! transaction.

use super::model::{BulkAction, Deed, State};
use super::{run, store};
use crate::base::{BulkActionId, StaffId};
use crate::changelog;
use crate::crm::contacts::{self, Selection};
use crate::db::OrgTx;
use crate::db::schema::{bulk_actions, bulk_batches, bulk_contacts};
use crate::web::PageError;
use crate::work::{self, Kind};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// Starts a bulk action on whoever is chosen now, and does it where it is no more than one step; returns it as it stands then.
/// `None`: nobody is chosen, and nothing was started.
pub fn start(tx: &mut OrgTx<'_>, selection: &Selection, deed: &Deed) -> Result<Option<BulkAction>, PageError> {
    Ok(start_all(tx, selection, std::slice::from_ref(deed))?.pop())
}

/// The same for several deeds, all of them about whoever is chosen now: what one does may change whom the list finds.
pub fn start_all(tx: &mut OrgTx<'_>, selection: &Selection, deeds: &[Deed]) -> Result<Vec<BulkAction>, PageError> {
    let mut started = Vec::new();
    for deed in deeds {
        started.extend(set_down(tx, selection, deed)?);
    }
    let mut actions = Vec::new();
    for id in started {
        if store::is_one_step(tx, id)? {
            do_at_once(tx, id)?;
        }
        // Also where it is done already: what was before is forgotten in time.
        wake(tx)?;
        actions.push(store::locked(tx, id)?);
    }
    Ok(actions)
}

fn do_at_once(tx: &mut OrgTx<'_>, id: BulkActionId) -> Result<(), PageError> {
    loop {
        let action = store::locked(tx, id)?;
        if !action.state.is_at_work() {
            return Ok(());
        }
        run::batch(tx, &action)?;
    }
}

/// Writes a bulk action down with whom it is about. `None`: nobody is chosen.
fn set_down(tx: &mut OrgTx<'_>, selection: &Selection, deed: &Deed) -> Result<Option<BulkActionId>, PageError> {
    let batch_contacts = deed.batch_contacts();
    let (by, name, now) = (staff_id(tx), tx.actor().name().to_owned(), tx.now());
    let deed = serde_json::to_value(deed).map_err(anyhow::Error::from)?;
    let id: BulkActionId = diesel::insert_into(bulk_actions::table)
        .values((
            bulk_actions::deed.eq(deed),
            bulk_actions::state.eq(State::Running.as_str()),
            bulk_actions::contact_count.eq(0),
            bulk_actions::started_by.eq(by),
            bulk_actions::started_by_name.eq(name),
            bulk_actions::created_at.eq(now),
        ))
        .returning(bulk_actions::id)
        .get_result(&mut **tx)?;
    let count = set_aside(tx, id, selection, batch_contacts)?;
    if count == 0 {
        diesel::delete(bulk_actions::table.find((tx.organization(), id))).execute(&mut **tx)?;
        return Ok(None);
    }
    diesel::update(bulk_actions::table.find((tx.organization(), id)))
        .set(bulk_actions::contact_count.eq(i32::try_from(count).unwrap_or(i32::MAX)))
        .execute(&mut **tx)?;
    let action = store::locked(tx, id)?;
    let contacts = if count == 1 { "contact" } else { "contacts" };
    let what = format!("Bulk action on {count} {contacts} started: {}", action.deed.name());
    changelog::note(tx, &what, Vec::new())?;
    Ok(Some(id))
}

/// Starts taking back what a bulk action did.
pub fn undo(tx: &mut OrgTx<'_>, id: BulkActionId) -> Result<(), PageError> {
    let action = store::locked(tx, id)?;
    if !action.can_be_undone(tx.now()) {
        return Err(gone_on(&action));
    }
    let what = format!("Undo of a bulk action started: {}", action.deed.name());
    changelog::note(tx, &what, Vec::new())?;
    let (by, name) = (staff_id(tx), tx.actor().name().to_owned());
    diesel::update(bulk_actions::table.find((tx.organization(), id)))
        .set((
            bulk_actions::state.eq(State::Undoing.as_str()),
            bulk_actions::contacts_done.eq(0),
            bulk_actions::last_place.eq(0),
            bulk_actions::failures.eq(0),
            bulk_actions::undone_by.eq(by),
            bulk_actions::undone_by_name.eq(name),
        ))
        .execute(&mut **tx)?;
    Ok(wake(tx)?)
}

/// Tries again what failed too often.
pub fn try_again(tx: &mut OrgTx<'_>, id: BulkActionId) -> Result<(), PageError> {
    let action = store::locked(tx, id)?;
    if !action.is_stuck() {
        return Err(gone_on(&action));
    }
    diesel::update(bulk_actions::table.find((tx.organization(), id)))
        .set(bulk_actions::failures.eq(0))
        .execute(&mut **tx)?;
    Ok(wake(tx)?)
}

/// Writes down who is chosen, in batches; returns how many. What the list finds later does not matter.
fn set_aside(tx: &mut OrgTx<'_>, id: BulkActionId, selection: &Selection, batch_contacts: i64) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Batch {
        #[diesel(sql_type = BigInt)]
        contacts: i64,
    }
    let head = format!(
        "INSERT INTO bulk_batches (bulk_action_id, number, contact_ids) \
         SELECT {id}, (place - 1) / {batch_contacts} + 1, array_agg(id ORDER BY id) FROM ( \
            SELECT contacts.id, row_number() OVER (ORDER BY contacts.id) AS place"
    );
    let Some((query, _)) = contacts::chosen(tx, selection, &head, "")? else {
        return Ok(0);
    };
    let tail = ") AS chosen GROUP BY 2 RETURNING cardinality(contact_ids)::bigint AS contacts";
    let batches: Vec<Batch> = query.sql(tail).load(&mut **tx)?;
    Ok(batches.into_iter().map(|batch| batch.contacts).sum())
}

/// Forgets the values before of a bulk action whose time to be undone has run out.
pub fn forget(tx: &mut OrgTx<'_>, action: &BulkAction) -> QueryResult<()> {
    if action.kept_until() > tx.now() {
        return Ok(());
    }
    diesel::delete(bulk_contacts::table)
        .filter(bulk_contacts::organization_id.eq(tx.organization()))
        .filter(bulk_contacts::bulk_action_id.eq(action.id))
        .execute(&mut **tx)?;
    diesel::delete(bulk_batches::table)
        .filter(bulk_batches::organization_id.eq(tx.organization()))
        .filter(bulk_batches::bulk_action_id.eq(action.id))
        .execute(&mut **tx)?;
    Ok(())
}

fn staff_id(tx: &OrgTx<'_>) -> Option<StaffId> {
    match tx.actor() {
        crate::base::Actor::Staff { id, .. } => Some(*id),
        _ => None,
    }
}

fn wake(tx: &mut OrgTx<'_>) -> QueryResult<()> {
    let (organization, now) = (tx.organization(), tx.now());
    work::wake(tx, organization, Kind::Bulk, now)
}

fn gone_on(action: &BulkAction) -> PageError {
    PageError::Refused(format!(
        "This action has gone on meanwhile: it is now “{}”. Nothing was changed by this click. Go back to it to see how it \
         stands.",
        action.state.label()
    ))
}
