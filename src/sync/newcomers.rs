//! Who is who: a member of the audience is matched with a contact by address, then by name; nobody is guessed. Whoever fits
//! nobody becomes a new contact, whoever fits several waits for staff on the review list.

use super::facts::Mapping;
use super::mirror::MirrorMember;
use crate::base::{ContactId, EmailAddress, fold};
use crate::crm::contacts::store::AddressHolder;
use crate::crm::contacts::{self, ContactDraft, Details, EmailDraft};
use crate::crm::groups;
use crate::db::OrgTx;
use crate::db::schema::{contacts as rows, group_contacts, review_members, sync_standings};
use crate::mailchimp::Status;
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// The contacts that changed members stand for.
#[derive(Debug, Default)]
pub struct Arrived {
    /// Known to the mapping already: in the group, or decided before.
    pub contacts: Vec<ContactId>,
    /// The subscribed addresses of these.
    pub known: Vec<String>,
    /// Came in at Mailchimp under this address and may join.
    pub by_address: HashMap<ContactId, String>,
}

/// Whom a subscriber stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    Contact(ContactId),
    Nobody,
    /// Several fit, and names do not tell them apart.
    Several(Vec<ContactId>),
}

/// Matches a subscriber with the contacts that have the address: the only one, else the only one whose names agree. Pure.
pub fn find_match(first_name: &str, last_name: &str, holders: &[&AddressHolder]) -> Match {
    match holders {
        [] => Match::Nobody,
        [only] => Match::Contact(only.contact),
        several => {
            let name = |first: &str, last: &str| (fold(first.trim()), fold(last.trim()));
            let theirs = name(first_name, last_name);
            // Two who have no name do not agree in it.
            let is_named = !theirs.0.is_empty() || !theirs.1.is_empty();
            let agreeing: Vec<_> = several
                .iter()
                .filter(|holder| is_named && name(&holder.first_name, &holder.last_name) == theirs)
                .collect();
            match agreeing.as_slice() {
                [only] => Match::Contact(only.contact),
                _ => Match::Several(several.iter().map(|holder| holder.contact).collect()),
            }
        }
    }
}

/// Finds the contacts behind changed members; makes contacts of subscribers whom nobody knows.
pub fn resolve(
    tx: &mut OrgTx<'_>,
    mapping: &Mapping,
    keys: &[String],
    told: &HashMap<String, MirrorMember>,
) -> QueryResult<Arrived> {
    let mut arrived = Arrived::default();
    if keys.is_empty() {
        return Ok(arrived);
    }
    // Only its search and staff bring anybody into a smart group: a stranger at Mailchimp stays one.
    let is_smart = groups::store::is_smart(tx, mapping.group)?;
    let holders = contacts::store::by_addresses(tx, keys)?;
    let known = known_to(tx, mapping, keys, &holders)?;
    for key in keys {
        let newcomer = told.get(key).filter(|member| is_new(member));
        let related: Vec<ContactId> = known
            .iter()
            .filter(|(_, of)| of == key)
            .map(|(contact, _)| *contact)
            .collect();
        if !related.is_empty() {
            arrived.contacts.extend(related);
            arrived.known.extend(newcomer.map(|_| key.clone()));
            continue;
        }
        if let Some(member) = newcomer.filter(|_| !is_smart) {
            let holders: Vec<&AddressHolder> = holders.iter().filter(|holder| holder.address_key == *key).collect();
            if let Some(contact) = admit(tx, mapping, member, &holders)? {
                arrived.by_address.insert(contact, key.clone());
            }
        }
    }
    Ok(arrived)
}

/// Subscribed, and not in the audience when the mapping was switched on "from now on".
fn is_new(member: &MirrorMember) -> bool {
    member.status == Status::Subscribed.as_str() && !member.here_before
}

fn admit(
    tx: &mut OrgTx<'_>,
    mapping: &Mapping,
    member: &MirrorMember,
    holders: &[&AddressHolder],
) -> QueryResult<Option<ContactId>> {
    match find_match(&member.first_name, &member.last_name, holders) {
        Match::Contact(contact) => Ok(Some(contact)),
        Match::Nobody => add_contact(tx, member),
        Match::Several(candidates) => {
            let now = tx.now();
            diesel::insert_into(review_members::table)
                .values((
                    review_members::audience_id.eq(&mapping.audience),
                    review_members::address_key.eq(&member.address_key),
                    review_members::found_at.eq(now),
                    review_members::candidates.eq(serde_json::json!(candidates)),
                ))
                .on_conflict_do_nothing()
                .execute(&mut **tx)?;
            Ok(None)
        }
    }
}

/// A contact for a subscriber whom nobody knows. An address we cannot read is left to Mailchimp.
fn add_contact(tx: &mut OrgTx<'_>, member: &MirrorMember) -> QueryResult<Option<ContactId>> {
    let Ok(address) = EmailAddress::parse(&member.address) else {
        return Ok(None);
    };
    let draft = ContactDraft {
        details: Details {
            first_name: member.first_name.clone(),
            last_name: member.last_name.clone(),
            preferred_language: member.language.clone(),
            source: "Mailchimp".into(),
            ..Details::default()
        },
        emails: vec![EmailDraft {
            is_primary: true,
            is_bulk_mail: true,
            ..EmailDraft::new(address)
        }],
        ..ContactDraft::default()
    };
    match contacts::actions::add(tx, &draft) {
        Ok(contact) => Ok(Some(contact)),
        Err(contacts::ContactError::Database(error)) => Err(error),
        Err(refused) => {
            tracing::warn!(%refused, "a new subscriber could not become a contact");
            Ok(None)
        }
    }
}

/// Contacts in the group or decided before, with the address (of these) each is known by. Whoever is in the trash and has
/// nothing to do with the member any more is left out: who subscribes again is a new contact.
fn known_to(
    tx: &mut OrgTx<'_>,
    mapping: &Mapping,
    keys: &[String],
    holders: &[AddressHolder],
) -> QueryResult<HashSet<(ContactId, String)>> {
    let decided: Vec<(ContactId, Option<String>)> = sync_standings::table
        .inner_join(
            rows::table.on(rows::organization_id
                .eq(sync_standings::organization_id)
                .and(rows::id.eq(sync_standings::contact_id))),
        )
        .filter(rows::deleted_at.is_null().or(sync_standings::agreed.eq("in")))
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq(mapping.id))
        .filter(sync_standings::address_key.eq_any(keys))
        .select((sync_standings::contact_id, sync_standings::address_key))
        .load(&mut **tx)?;
    let ids: Vec<ContactId> = holders.iter().map(|holder| holder.contact).collect();
    let in_group: HashSet<ContactId> = group_contacts::table
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::group_id.eq(mapping.group))
        .filter(group_contacts::contact_id.eq_any(ids))
        .filter(group_contacts::status.ne("Removed"))
        .select(group_contacts::contact_id)
        .load(&mut **tx)?
        .into_iter()
        .collect();
    Ok(decided
        .into_iter()
        .filter_map(|(contact, key)| Some((contact, key?)))
        .chain(
            holders
                .iter()
                .filter(|holder| in_group.contains(&holder.contact))
                .map(|holder| (holder.contact, holder.address_key.clone())),
        )
        .collect())
}
