//! Whom Mailchimp still has, and what the sync forgets when a person is erased for good. One thing stays: the address, among
//! those that were deleted and must never be written to again.

use super::decide::MemberStatus;
use super::mirror::status_of;
use super::send::ADDS;
use super::{connection, deleting};
use crate::base::ContactId;
use crate::crm::erasure::actions::{addresses_ever, with_merged};
use crate::crm::groups::mailchimp::{HeldThere, PersonThere, Reach, StaysThere};
use crate::db::OrgTx;
use crate::db::schema::{
    audience_members, audience_snapshots, audiences, contacts as contact_rows, emails, planned_calls, review_members,
    sync_standings, webhook_events,
};
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::collections::HashMap;
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

impl Held {
    /// The same member, in whatever state.
    pub fn is_same(&self, other: &Self) -> bool {
        self.audience == other.audience && self.address_key == other.address_key
    }
}

/// A person as Mailchimp has them, as far as we know.
pub(super) fn there(tx: &mut OrgTx<'_>, person: ContactId) -> QueryResult<PersonThere> {
    let reach = match connection::find(tx)? {
        Some(now) if now.is_connected() => Reach::Connected,
        Some(now) if !now.is_disconnected() => Reach::Refused,
        _ => Reach::Off,
    };
    let everybody = with_merged(tx, person)?;
    let keys = addresses(tx, &everybody)?;
    let others = others(tx, &everybody, &keys)?;
    let mut found = PersonThere {
        held: Vec::new(),
        stays: Vec::new(),
        reach,
        deletion: deleting::of(tx, person)?,
    };
    for member in shown(tx, &keys)? {
        let (audience, address) = (member.name, member.address);
        match others.get(&member.address_key) {
            Some((contact, name)) => found.stays.push(StaysThere {
                audience,
                address,
                contact: *contact,
                name: name.clone(),
            }),
            None => found.held.push(HeldThere {
                audience,
                address,
                status: member.status,
            }),
        }
    }
    Ok(found)
}

/// Whom Mailchimp still has of these contacts, who are one person. Nobody, where we are not connected: nothing can be asked
/// there. Whoever stands for another contact, too, is not theirs alone and stays.
pub(super) fn members(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<Vec<Held>> {
    if connection::find(tx)?.is_none_or(|connection| connection.is_disconnected()) {
        return Ok(Vec::new());
    }
    let keys = own_addresses(tx, contacts)?;
    shown(tx, &keys)
}

/// The members under these addresses, in audiences we know; also whom we are just adding, for all we know.
fn shown(tx: &mut OrgTx<'_>, keys: &[String]) -> QueryResult<Vec<Held>> {
    let mut shown: Vec<Held> = audience_members::table
        .inner_join(
            audiences::table.on(audiences::organization_id
                .eq(audience_members::organization_id)
                .and(audiences::id.eq(audience_members::audience_id))),
        )
        .filter(audience_members::organization_id.eq(tx.organization()))
        .filter(audience_members::address_key.eq_any(keys))
        .filter(audiences::gone_at.is_null())
        .order((audiences::name, audience_members::address_key))
        .select((
            audience_members::audience_id,
            audience_members::address_key,
            audiences::name,
            audience_members::address,
            audience_members::status,
        ))
        .load(&mut **tx)?;
    shown.retain(|member| status_of(&member.status) != MemberStatus::Forgotten);
    let added: Vec<Held> = planned_calls::table
        .inner_join(
            audiences::table.on(audiences::organization_id
                .eq(planned_calls::organization_id)
                .and(audiences::id.eq(planned_calls::audience_id))),
        )
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::address_key.eq_any(keys))
        .filter(planned_calls::verb.eq_any(ADDS))
        .filter(planned_calls::asked_at.is_not_null())
        .filter(planned_calls::settled_at.is_null())
        .filter(audiences::gone_at.is_null())
        .select((
            planned_calls::audience_id,
            planned_calls::address_key,
            audiences::name,
            planned_calls::address_key,
            "being added".into_sql::<Text>(),
        ))
        .load(&mut **tx)?;
    for member in added {
        if !shown.iter().any(|known| known.is_same(&member)) {
            shown.push(member);
        }
    }
    Ok(shown)
}

/// Empties the mirror, the calls, the webhooks, the saved audiences and the review list of these people.
pub(super) fn erase(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> anyhow::Result<()> {
    let mut keys = addresses(tx, contacts)?;
    keys.extend(addresses_ever(tx, contacts)?);
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
    // Where Mailchimp could not be asked to delete them, they bring nobody back when it is connected again.
    let own = own_addresses(tx, contacts)?;
    diesel::update(audience_members::table)
        .filter(audience_members::organization_id.eq(tx.organization()))
        .filter(audience_members::address_key.eq_any(&own))
        .set(audience_members::here_before.eq(true))
        .execute(&mut **tx)?;
    empty_calls(tx, contacts)?;
    diesel::delete(review_members::table)
        .filter(review_members::organization_id.eq(tx.organization()))
        .filter(review_members::address_key.eq_any(&keys))
        .execute(&mut **tx)?;
    delete_webhooks(tx, &keys)?;
    strike_from_snapshots(tx, &keys)
}

/// Every address of these contacts, those they are followed by, and those that were ever sent for them, in lower case.
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
    let sent: Vec<String> = planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::contact_id.eq_any(contacts))
        .filter(planned_calls::address_key.ne(""))
        .select(planned_calls::address_key)
        .distinct()
        .load(&mut **tx)?;
    keys.extend(sent);
    keys.sort();
    keys.dedup();
    Ok(keys)
}

/// Those of them that no other contact has.
fn own_addresses(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<Vec<String>> {
    let mut keys = addresses(tx, contacts)?;
    let others = others(tx, contacts, &keys)?;
    keys.retain(|key| !others.contains_key(key));
    Ok(keys)
}

/// Who else has these addresses, by address; not who is in the trash.
fn others(
    tx: &mut OrgTx<'_>,
    contacts: &[ContactId],
    keys: &[String],
) -> QueryResult<HashMap<String, (ContactId, String)>> {
    let rows: Vec<(String, ContactId, String)> = emails::table
        .inner_join(
            contact_rows::table.on(contact_rows::organization_id
                .eq(emails::organization_id)
                .and(contact_rows::id.eq(emails::contact_id))),
        )
        .filter(emails::organization_id.eq(tx.organization()))
        .filter(emails::address_key.eq_any(keys))
        .filter(emails::contact_id.ne_all(contacts))
        .filter(contact_rows::deleted_at.is_null())
        .select((emails::address_key, contact_rows::id, contact_rows::display_name))
        .load(&mut **tx)?;
    Ok(rows.into_iter().map(|(key, id, name)| (key, (id, name))).collect())
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
    let mut theirs: Vec<i64> = Vec::new();
    for key in keys {
        let encoded: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
        for written in [key.clone(), encoded] {
            let pattern = format!(
                "%{}%",
                written.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
            );
            let found: Vec<(i64, String)> = webhook_events::table
                .filter(webhook_events::organization_id.eq(tx.organization()))
                .filter(webhook_events::body.ilike(pattern))
                .select((webhook_events::id, webhook_events::body))
                .load(&mut **tx)?;
            let named = found.into_iter().filter(|(_, body)| names(body, key));
            theirs.extend(named.map(|(id, _)| id));
        }
    }
    diesel::delete(webhook_events::table)
        .filter(webhook_events::organization_id.eq(tx.organization()))
        .filter(webhook_events::id.eq_any(theirs))
        .execute(&mut **tx)?;
    Ok(())
}

/// Whether a form names an address, and not only a longer one that ends like it.
fn names(body: &str, key: &str) -> bool {
    let is_of_an_address = |c: char| c.is_alphanumeric() || "._%+-@".contains(c);
    form_urlencoded::parse(body.as_bytes()).any(|(_, value)| {
        let words = value.to_lowercase();
        words.match_indices(key).any(|(at, _)| {
            let before = words[..at].chars().next_back();
            let after = words[at + key.len()..].chars().next();
            !before.is_some_and(is_of_an_address) && !after.is_some_and(is_of_an_address)
        })
    })
}

/// The audiences saved before a link was switched on lose the lines of these addresses.
fn strike_from_snapshots(tx: &mut OrgTx<'_>, keys: &[String]) -> anyhow::Result<()> {
    let snapshots: Vec<i64> = audience_snapshots::table
        .filter(audience_snapshots::organization_id.eq(tx.organization()))
        .select(audience_snapshots::id)
        .load(&mut **tx)?;
    // One at a time: each may be a whole audience.
    for id in snapshots {
        let row = audience_snapshots::table.find((tx.organization().0, id));
        let csv: String = row.select(audience_snapshots::csv).first(&mut **tx)?;
        let Some(struck) = without(&csv, keys)? else { continue };
        diesel::update(row)
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
    use super::{names, without};

    #[test]
    fn a_webhook_names_an_address_and_not_a_longer_one() {
        assert!(names(
            "type=unsubscribe&data%5Bemail%5D=A%40x.ca&data%5Bid%5D=7",
            "a@x.ca"
        ));
        assert!(names("data[email]=a@x.ca", "a@x.ca"));
        for longer in [
            "data[email]=anna@x.ca",
            "data[email]=a%40x.ca.uk",
            "data[email]=b.a%40x.ca",
        ] {
            assert!(!names(longer, "a@x.ca"), "{longer}");
        }
    }

    #[test]
    fn a_saved_audience_loses_only_the_lines_of_the_erased() {
        let csv = "Email,Name\nanne@x.test,\"Lem, Anne\"\nANN@x.test,Ann\nbo@x.test,Bo\n";
        let struck = without(csv, &["ann@x.test".into()]).unwrap().unwrap();
        assert_eq!(struck, "Email,Name\nanne@x.test,\"Lem, Anne\"\nbo@x.test,Bo\n");
        assert!(without(csv, &["cy@x.test".into()]).unwrap().is_none());
    }
}
