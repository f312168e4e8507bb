//! Whom Mailchimp still has, and what the sync forgets when a person is erased for good. One thing stays: the address, among
//! those that were deleted and must never be written to again.

use super::connection;
use super::decide::MemberStatus;
use super::mirror::status_of;
use crate::base::ContactId;
use crate::crm::groups::mailchimp::HeldThere;
use crate::db::OrgTx;
use crate::db::schema::{
    audience_members, audience_snapshots, audiences, emails, planned_calls, review_members, sync_standings,
    webhook_events,
};
use diesel::prelude::*;
use url::form_urlencoded;

/// A member of an audience under an address of somebody.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Held {
    pub audience: String,
    pub address_key: String,
    name: String,
    address: String,
    status: String,
}

/// Whom Mailchimp still has under an address of these contacts, in words.
pub(super) fn held(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<Vec<HeldThere>> {
    let there = members(tx, contacts)?.into_iter();
    Ok(there
        .map(|member| HeldThere {
            audience: member.name,
            address: member.address,
            status: member.status,
        })
        .collect())
}

/// Whom Mailchimp still has under an address of these contacts, in an audience we know. Nobody, where we are not connected:
/// then nothing comes from there either.
pub(super) fn members(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<Vec<Held>> {
    if connection::find(tx)?.is_none_or(|connection| connection.is_disconnected()) {
        return Ok(Vec::new());
    }
    let keys = addresses(tx, contacts)?;
    let mut there: Vec<Held> = audience_members::table
        .inner_join(
            audiences::table.on(audiences::organization_id
                .eq(audience_members::organization_id)
                .and(audiences::id.eq(audience_members::audience_id))),
        )
        .filter(audience_members::organization_id.eq(tx.organization()))
        .filter(audience_members::address_key.eq_any(&keys))
        .filter(audiences::gone_at.is_null())
        .select((
            audience_members::audience_id,
            audience_members::address_key,
            audiences::name,
            audience_members::address,
            audience_members::status,
        ))
        .load(&mut **tx)?;
    there.retain(|member| status_of(&member.status) != MemberStatus::Forgotten);
    Ok(there)
}

/// Empties the mirror, the calls, the webhooks, the saved audiences and the review list of these people.
pub(super) fn erase(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> anyhow::Result<()> {
    let keys = addresses(tx, contacts)?;
    diesel::update(audience_members::table)
        .filter(audience_members::organization_id.eq(tx.organization()))
        .filter(audience_members::address_key.eq_any(&keys))
        .set((
            audience_members::address.eq(audience_members::address_key),
            audience_members::mailchimp_contact_id.eq(""),
            audience_members::first_name.eq(""),
            audience_members::last_name.eq(""),
            audience_members::language.eq(""),
            audience_members::unsubscribe_reason.eq(""),
            audience_members::unsubscribe_campaign.eq(""),
        ))
        .execute(&mut **tx)?;
    empty_calls(tx, contacts)?;
    diesel::delete(review_members::table)
        .filter(review_members::organization_id.eq(tx.organization()))
        .filter(review_members::address_key.eq_any(&keys))
        .execute(&mut **tx)?;
    delete_webhooks(tx, &keys)?;
    strike_from_snapshots(tx, &keys)
}

/// Every address of these contacts, and those they are followed by, in lower case.
fn addresses(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<Vec<String>> {
    let mut keys: Vec<String> = emails::table
        .filter(emails::organization_id.eq(tx.organization()))
        .filter(emails::contact_id.eq_any(contacts))
        .select(emails::address_key)
        .load(&mut **tx)?;
    let followed: Vec<Option<String>> = sync_standings::table
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::contact_id.eq_any(contacts))
        .select(sync_standings::address_key)
        .load(&mut **tx)?;
    keys.extend(followed.into_iter().flatten());
    keys.sort();
    keys.dedup();
    Ok(keys)
}

/// What was asked stays counted, without for whom; what was not asked yet is no longer wanted.
fn empty_calls(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<()> {
    let organization = tx.organization();
    let theirs = || {
        planned_calls::table
            .filter(planned_calls::organization_id.eq(organization))
            .filter(planned_calls::contact_id.eq_any(contacts))
    };
    diesel::update(theirs().filter(planned_calls::settled_at.is_null()))
        .set((
            planned_calls::state.eq("superseded"),
            planned_calls::settled_at.eq(tx.now()),
        ))
        .execute(&mut **tx)?;
    diesel::update(theirs())
        .set((
            planned_calls::address_key.eq(""),
            planned_calls::body.eq(serde_json::json!({})),
            planned_calls::words.eq(""),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Mailchimp sends forms, so an address stands there as it is or with its signs encoded.
fn delete_webhooks(tx: &mut OrgTx<'_>, keys: &[String]) -> QueryResult<()> {
    for key in keys {
        let encoded: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
        for written in [key.clone(), encoded] {
            let pattern = format!(
                "%{}%",
                written.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
            );
            diesel::delete(webhook_events::table)
                .filter(webhook_events::organization_id.eq(tx.organization()))
                .filter(webhook_events::body.ilike(pattern))
                .execute(&mut **tx)?;
        }
    }
    Ok(())
}

/// The audiences saved before a link was switched on lose the lines of these addresses.
fn strike_from_snapshots(tx: &mut OrgTx<'_>, keys: &[String]) -> anyhow::Result<()> {
    let snapshots: Vec<(i64, String)> = audience_snapshots::table
        .filter(audience_snapshots::organization_id.eq(tx.organization()))
        .select((audience_snapshots::id, audience_snapshots::csv))
        .load(&mut **tx)?;
    for (id, csv) in snapshots {
        let Some(struck) = without(&csv, keys)? else { continue };
        diesel::update(audience_snapshots::table.find((tx.organization().0, id)))
            .set(audience_snapshots::csv.eq(struck))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// The file without the lines that hold one of these addresses; `None` where there are none.
fn without(csv: &str, keys: &[String]) -> anyhow::Result<Option<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(csv.as_bytes());
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let mut found = false;
    for record in reader.records() {
        let record = record?;
        let holds = |cell: &str| keys.contains(&cell.trim().trim_start_matches('\'').to_lowercase());
        if record.iter().any(holds) {
            found = true;
        } else {
            writer.write_record(&record)?;
        }
    }
    let struck = String::from_utf8(writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?)?;
    Ok(found.then_some(struck))
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn a_saved_audience_loses_only_the_lines_of_the_erased() {
        let csv = "Email,Name\nanne@x.test,\"Lem, Anne\"\nANN@x.test,Ann\nbo@x.test,Bo\n";
        let struck = without(csv, &["ann@x.test".into()]).unwrap().unwrap();
        assert_eq!(struck, "Email,Name\nanne@x.test,\"Lem, Anne\"\nbo@x.test,Bo\n");
        assert!(without(csv, &["cy@x.test".into()]).unwrap().is_none());
    }
}
