//! The rows of the mirror, the marks of members that are due, and the calls that a read answers.

use super::super::decide::{Consent, There};
use super::super::send::ADDS;
use super::told::{address_key, changes};
use super::{MirrorMember, Told, moved};
use crate::base::{ContactId, MappingId};
use crate::crm::contacts;
use crate::db::OrgTx;
use crate::db::schema::{audience_members, due_members, mappings, planned_calls, sync_standings};
use crate::work;
use diesel::dsl::{exists, select};
use diesel::prelude::*;
use diesel::upsert::excluded;
use std::collections::HashMap;

/// Rows of one insert: Postgres takes 65,535 parameters a statement.
const ROWS_PER_INSERT: usize = 2_000;

/// The mirror's rows of some addresses.
pub fn members(tx: &mut OrgTx<'_>, audience: &str, keys: &[String]) -> QueryResult<HashMap<String, MirrorMember>> {
    let rows: Vec<MirrorMember> = audience_members::table
        .filter(audience_members::organization_id.eq(tx.organization().0))
        .filter(audience_members::audience_id.eq(audience))
        .filter(audience_members::address_key.eq_any(keys))
        .select(MirrorMember::as_select())
        .load(&mut **tx)?;
    Ok(rows
        .into_iter()
        .map(|member| (member.address_key.clone(), member))
        .collect())
}

/// Takes reads into the mirror. Returns the addresses whose row is now another, each marked as due.
pub fn take_in(tx: &mut OrgTx<'_>, audience: &str, told: &[Told]) -> QueryResult<Vec<String>> {
    let told = moved::follow(tx, audience, told)?;
    let keys: Vec<String> = told.iter().map(address_key).collect();
    let before = members(tx, audience, &keys)?;
    let asked = calls_under_way(tx, audience, &keys)?;
    let changed = changes(&told, audience, &before, &asked, tx.now());
    put(tx, &changed.rows)?;
    agree_on_additions(tx, audience, &changed.added)?;
    hold_cleaned(tx, audience, &changed.cleaned)?;
    let keys: Vec<String> = changed.rows.into_iter().map(|row| row.address_key).collect();
    mark_due(tx, audience, &keys, false)?;
    Ok(keys)
}

/// Mail to these addresses bounced for good: on hold wherever they stand, with date and reason. Once, when it happened: staff
/// may take an address off hold for their own letters. Only where a group is linked.
fn hold_cleaned(tx: &mut OrgTx<'_>, audience: &str, cleaned: &[(String, &'static str)]) -> QueryResult<()> {
    if cleaned.is_empty() {
        return Ok(());
    }
    let is_linked: bool = select(exists(
        mappings::table
            .filter(mappings::organization_id.eq(tx.organization()))
            .filter(mappings::audience_id.eq(audience)),
    ))
    .get_result(&mut **tx)?;
    for (key, why) in cleaned.iter().filter(|_| is_linked) {
        contacts::actions::hold_address(tx, key, why)?;
    }
    Ok(())
}

/// Writes rows as they are.
pub fn put(tx: &mut OrgTx<'_>, rows: &[MirrorMember]) -> QueryResult<()> {
    use audience_members::dsl;
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(dsl::audience_members)
            .values(chunk)
            .on_conflict((dsl::organization_id, dsl::audience_id, dsl::address_key))
            .do_update()
            .set((
                dsl::address.eq(excluded(dsl::address)),
                dsl::status.eq(excluded(dsl::status)),
                dsl::mailchimp_contact_id.eq(excluded(dsl::mailchimp_contact_id)),
                dsl::first_name.eq(excluded(dsl::first_name)),
                dsl::last_name.eq(excluded(dsl::last_name)),
                dsl::language.eq(excluded(dsl::language)),
                dsl::unsubscribe_reason.eq(excluded(dsl::unsubscribe_reason)),
                dsl::unsubscribe_campaign.eq(excluded(dsl::unsubscribe_campaign)),
                dsl::last_changed.eq(excluded(dsl::last_changed)),
                dsl::in_compliance.eq(excluded(dsl::in_compliance)),
                dsl::ended_by_us.eq(excluded(dsl::ended_by_us)),
                dsl::status_before_end.eq(excluded(dsl::status_before_end)),
                dsl::here_before.eq(excluded(dsl::here_before)),
                dsl::read_at.eq(excluded(dsl::read_at)),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Members who are to bring nobody into the group as they stand, so that whom staff removed does not come back by them.
pub fn leave_alone(tx: &mut OrgTx<'_>, audience: &str, keys: &[String]) -> QueryResult<usize> {
    diesel::update(audience_members::table)
        .filter(audience_members::organization_id.eq(tx.organization()))
        .filter(audience_members::audience_id.eq(audience))
        .filter(audience_members::address_key.eq_any(keys))
        .filter(audience_members::here_before.eq(false))
        .set(audience_members::here_before.eq(true))
        .execute(&mut **tx)
}

/// Marks members as due; `read_first`: ask Mailchimp for the member before comparing.
pub fn mark_due(tx: &mut OrgTx<'_>, audience: &str, keys: &[String], read_first: bool) -> QueryResult<()> {
    use due_members::dsl;
    let now = tx.now();
    for chunk in keys.chunks(ROWS_PER_INSERT) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|key| {
                (
                    dsl::audience_id.eq(audience),
                    dsl::address_key.eq(key),
                    dsl::read_first.eq(read_first),
                    dsl::due_since.eq(now),
                )
            })
            .collect();
        diesel::insert_into(dsl::due_members)
            .values(rows)
            .on_conflict((dsl::organization_id, dsl::audience_id, dsl::address_key))
            .do_update()
            .set((
                dsl::read_first.eq(diesel::dsl::sql::<diesel::sql_types::Bool>(
                    "due_members.read_first OR excluded.read_first",
                )),
                dsl::mark.eq(excluded(dsl::mark)),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Notes for members that are marked as to be read first that a webhook told of a complaint.
pub fn note_complaint(tx: &mut OrgTx<'_>, audience: &str, keys: &[String]) -> QueryResult<usize> {
    diesel::update(due_members::table)
        .filter(due_members::organization_id.eq(tx.organization()))
        .filter(due_members::audience_id.eq(audience))
        .filter(due_members::address_key.eq_any(keys))
        .set(due_members::complained.eq(true))
        .execute(&mut **tx)
}

/// Additions and confirmations of ours whose outcome we did not hear and which were carried out. Both sides agree on an addition
/// at once, so that a contact who left the group meanwhile is archived and does not join again, and one who unsubscribed leaves
/// it.
fn agree_on_additions(tx: &mut OrgTx<'_>, audience: &str, added: &[String]) -> QueryResult<()> {
    let carried_out: Vec<(MappingId, ContactId, String, String)> = diesel::update(planned_calls::table)
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::audience_id.eq(audience))
        .filter(planned_calls::address_key.eq_any(added))
        .filter(planned_calls::verb.eq_any(ADDS))
        .filter(planned_calls::settled_at.is_null())
        .filter(planned_calls::asked_at.is_not_null())
        .set((
            planned_calls::state.eq("accepted"),
            planned_calls::settled_at.eq(tx.now()),
        ))
        .returning((
            planned_calls::mapping_id,
            planned_calls::contact_id,
            planned_calls::address_key,
            planned_calls::verb,
        ))
        .get_results(&mut **tx)?;
    for (mapping, contact, key, _) in carried_out.iter().filter(|(.., verb)| verb == "add") {
        diesel::update(sync_standings::table.find((tx.organization().0, mapping.0, contact.0)))
            .set((sync_standings::agreed.eq("in"), sync_standings::address_key.eq(key)))
            .execute(&mut **tx)?;
    }
    let contacts: Vec<ContactId> = carried_out.into_iter().map(|(_, contact, ..)| contact).collect();
    work::contacts_are_due(tx, &contacts)
}

/// Calls that we have made and whose outcome we do not know yet.
fn calls_under_way(tx: &mut OrgTx<'_>, audience: &str, keys: &[String]) -> QueryResult<HashMap<String, There>> {
    let rows: Vec<(String, String)> = planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization().0))
        .filter(planned_calls::audience_id.eq(audience))
        .filter(planned_calls::address_key.eq_any(keys))
        .filter(planned_calls::settled_at.is_null())
        .filter(planned_calls::asked_at.is_not_null())
        .select((planned_calls::address_key, planned_calls::verb))
        .load(&mut **tx)?;
    Ok(rows
        .into_iter()
        .filter_map(|(key, verb)| match verb.as_str() {
            "unsubscribe" => Some((key, There::Unsubscribe)),
            "archive" => Some((key, There::Archive)),
            "add" | "confirm" => Some((key, There::Add(Consent::Pending))),
            _ => None,
        })
        .collect())
}
