//! Brings the decision its facts: for some contacts of one mapping, what our records want, what the mirror shows, what was
//! agreed. Preview, run and "why?" all gather here.

use super::decide::{Policy, Removal};
use super::known::{Known, Look};
use super::mirror;
use super::person::{Person, StoredStanding};
use crate::base::{ContactId, GroupId, MappingId};
use crate::crm::{contacts, groups};
use crate::db::OrgTx;
use crate::db::schema::{audiences, due_members, group_contacts, mappings, planned_calls, sync_standings};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashSet};

/// A link between a group and an audience.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub id: MappingId,
    pub group: GroupId,
    pub audience: String,
    pub policy: Policy,
    /// `false`: broken, resting until somebody mends it.
    pub is_on: bool,
}

type MappingRow = (MappingId, GroupId, String, String, bool, bool, String);

/// The organization's mappings.
pub fn mappings_of(tx: &mut OrgTx<'_>) -> QueryResult<Vec<Mapping>> {
    let rows: Vec<MappingRow> = mappings::table
        .inner_join(
            audiences::table.on(audiences::organization_id
                .eq(mappings::organization_id)
                .and(audiences::id.eq(mappings::audience_id))),
        )
        .filter(mappings::organization_id.eq(tx.organization()))
        .order(mappings::id)
        .select((
            mappings::id,
            mappings::group_id,
            mappings::audience_id,
            mappings::removal,
            mappings::double_optin,
            audiences::double_optin,
            mappings::state,
        ))
        .load(&mut **tx)?;
    Ok(rows.into_iter().map(mapping).collect())
}

fn mapping((id, group, audience, removal, wants, asks, state): MappingRow) -> Mapping {
    let removal = match removal.as_str() {
        "unsubscribe" => Removal::Unsubscribe,
        "leave" => Removal::Leave,
        _ => Removal::Archive,
    };
    Mapping {
        id,
        group,
        audience,
        policy: Policy {
            removal,
            double_optin: wants || asks,
        },
        is_on: state == "on",
    }
}

/// Gathers the facts of some contacts.
pub fn gather(tx: &mut OrgTx<'_>, mapping: &Mapping, ids: &[ContactId]) -> QueryResult<Vec<Person>> {
    let (known, keys) = around(tx, mapping, ids, &[])?;
    let members = mirror::members(tx, &mapping.audience, &keys)?;
    Ok(known.people(ids, &members))
}

/// What there is to decide about some contacts and members, and about everybody tied to them by addresses. Returns it with the
/// addresses that were looked at. Whoever has a call whose answer was not heard waits until the member was read, and is due again
/// then.
pub fn look(
    tx: &mut OrgTx<'_>,
    mapping: &Mapping,
    ids: &[ContactId],
    keys: &[String],
) -> QueryResult<(Look, Vec<String>)> {
    let (mut known, mut keys) = around(tx, mapping, ids, keys)?;
    let waiting: Vec<ContactId> = unheard(tx, mapping)?
        .into_iter()
        .filter(|id| known.contacts.contains_key(id))
        .collect();
    let (waiting, their_keys) = known.tied_to(waiting, []);
    known.forget(&waiting);
    keys.retain(|key| !their_keys.contains(key));
    let members = mirror::members(tx, &mapping.audience, &keys)?;
    Ok((known.look(&members), keys))
}

/// What is known of some contacts and addresses, and of everybody tied to them by addresses; with all those addresses.
fn around(
    tx: &mut OrgTx<'_>,
    mapping: &Mapping,
    ids: &[ContactId],
    keys: &[String],
) -> QueryResult<(Known, Vec<String>)> {
    let mut known = of(tx, mapping, ids)?;
    let mut keys: HashSet<String> = keys.iter().cloned().collect();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    loop {
        keys.extend(known.keys());
        let new: Vec<String> = keys.drain().filter(|key| !seen.contains(key)).collect();
        if new.is_empty() {
            return Ok((known, seen.into_iter().collect()));
        }
        let holders = contacts::store::by_addresses(tx, &new)?;
        let mut tied: Vec<ContactId> = holders.into_iter().map(|holder| holder.contact).collect();
        tied.extend(followed_by(tx, mapping, &new)?);
        tied.retain(|id| !known.contacts.contains_key(id));
        tied.sort();
        tied.dedup();
        seen.extend(new);
        if !tied.is_empty() {
            let others = of(tx, mapping, &tied)?;
            known.contacts.extend(others.contacts);
            known.places.extend(others.places);
            known.stored.extend(others.stored);
        }
    }
}

/// What is stored of some contacts.
fn of(tx: &mut OrgTx<'_>, mapping: &Mapping, ids: &[ContactId]) -> QueryResult<Known> {
    let places: Vec<(ContactId, String, DateTime<Utc>)> = group_contacts::table
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::group_id.eq(mapping.group))
        .filter(group_contacts::contact_id.eq_any(ids))
        .select((
            group_contacts::contact_id,
            group_contacts::status,
            group_contacts::added_at,
        ))
        .load(&mut **tx)?;
    let stored: Vec<StoredStanding> = sync_standings::table
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq(mapping.id))
        .filter(sync_standings::contact_id.eq_any(ids))
        .select(StoredStanding::as_select())
        .load(&mut **tx)?;
    Ok(Known {
        contacts: contacts::store::find_all(tx, ids)?
            .into_iter()
            .map(|contact| (contact.id, contact))
            .collect(),
        places: places
            .into_iter()
            .map(|(id, status, added)| (id, (status, added)))
            .collect(),
        stored: stored.into_iter().map(|row| (row.contact_id, row)).collect(),
        is_smart: groups::store::is_smart(tx, mapping.group)?,
    })
}

/// Contacts whom the mapping follows by one of these addresses, in the trash or not.
fn followed_by(tx: &mut OrgTx<'_>, mapping: &Mapping, keys: &[String]) -> QueryResult<Vec<ContactId>> {
    sync_standings::table
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq(mapping.id))
        .filter(sync_standings::address_key.eq_any(keys))
        .select(sync_standings::contact_id)
        .load(&mut **tx)
}

/// Whoever has a call whose outcome we did not hear.
pub fn unheard(tx: &mut OrgTx<'_>, mapping: &Mapping) -> QueryResult<Vec<ContactId>> {
    planned_calls::table
        .inner_join(
            due_members::table.on(due_members::organization_id
                .eq(planned_calls::organization_id)
                .and(due_members::audience_id.eq(planned_calls::audience_id))
                .and(due_members::address_key.eq(planned_calls::address_key))),
        )
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::mapping_id.eq(mapping.id))
        .filter(planned_calls::settled_at.is_null())
        .filter(planned_calls::asked_at.is_not_null())
        .filter(due_members::read_first)
        .select(planned_calls::contact_id)
        .load(&mut **tx)
}
