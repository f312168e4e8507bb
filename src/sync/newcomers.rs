//! Who is who: a member of the audience is matched with a contact by address, then by name; nobody is guessed. Whoever fits
//! nobody becomes a new contact, whoever fits several waits for staff on the review list.

use super::decide::{Agreed, Place};
use super::facts::{Claim, Known, Mapping, Person};
use super::mirror::MirrorMember;
use crate::base::{ContactId, EmailAddress, fold};
use crate::crm::contacts::{self, ContactDraft, Details, EmailDraft};
use crate::crm::groups;
use crate::db::OrgTx;
use crate::db::schema::{review_members, sync_standings};
use crate::mailchimp::Status;
use diesel::prelude::*;
use diesel::upsert::excluded;
use std::collections::{HashMap, HashSet};

/// The contacts that changed members stand for.
#[derive(Debug, Default)]
pub struct Arrived {
    /// Known to the mapping already: in the group, or decided before.
    pub contacts: Vec<ContactId>,
    /// The subscribed addresses that somebody in the group stands for.
    pub known: Vec<String>,
    /// Came in at Mailchimp under this address and may join.
    pub by_address: HashMap<ContactId, String>,
}

impl Arrived {
    /// The known addresses by which none of these people is followed: further ones of somebody in the group. They are to bring
    /// nobody in when that one leaves it.
    pub fn spare(&self, people: &[Person]) -> Vec<&String> {
        let stands = |person: &&Person| person.wanted.place == Place::InGroup || person.agreed == Agreed::In;
        let followed: HashSet<&String> = people
            .iter()
            .filter(stands)
            .filter_map(|person| person.address.as_ref())
            .collect();
        self.known.iter().filter(|key| !followed.contains(key)).collect()
    }
}

/// Whom a member stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Not subscribed, or left alone: nobody who comes in.
    NoNewcomer,
    /// Somebody in the group stands for the address, or is just being removed.
    Known,
    /// Subscribed by themselves, and is this contact.
    Arrives(ContactId),
    /// Subscribed by themselves, and is nobody we know.
    Stranger,
    /// Several fit, and names do not tell them apart.
    Unclear(Vec<ContactId>),
}

/// Finds out whom a member stands for: among the contacts that were followed by the address, else among those who have it,
/// the only one, else the only one whose names agree. Nobody is in the trash: who subscribes again is a new contact. Pure.
pub fn who_is(member: Option<&MirrorMember>, claims: &[Claim<'_>]) -> Who {
    let Some(member) = member.filter(|member| is_new(member)) else {
        return Who::NoNewcomer;
    };
    if claims.iter().any(Claim::stands) {
        return Who::Known;
    }
    let living = || claims.iter().filter(|claim| claim.place != Place::Deleted);
    let followed: Vec<&Claim<'_>> = living().filter(|claim| claim.linked.is_some()).collect();
    let fitting = if followed.is_empty() {
        living().collect()
    } else {
        followed
    };
    let named: Vec<_> = fitting.iter().filter(|claim| is_named_as(claim, member)).collect();
    match (fitting.as_slice(), named.as_slice()) {
        ([], _) => Who::Stranger,
        ([only], _) => Who::Arrives(only.contact.id),
        (_, [only]) => Who::Arrives(only.contact.id),
        (several, _) => Who::Unclear(several.iter().map(|claim| claim.contact.id).collect()),
    }
}

/// Subscribed, and nothing says that they bring nobody in.
fn is_new(member: &MirrorMember) -> bool {
    member.status == Status::Subscribed.as_str() && !member.here_before
}

/// Two who have no name do not agree in it.
fn is_named_as(claim: &Claim<'_>, member: &MirrorMember) -> bool {
    let name = |first: &str, last: &str| (fold(first.trim()), fold(last.trim()));
    let theirs = name(&member.first_name, &member.last_name);
    let details = &claim.contact.details;
    theirs != Default::default() && theirs == name(&details.first_name, &details.last_name)
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
    let mut ids: Vec<ContactId> = contacts::store::by_addresses(tx, keys)?
        .into_iter()
        .map(|holder| holder.contact)
        .chain(followed_by(tx, mapping, keys)?)
        .collect();
    ids.sort();
    ids.dedup();
    let known = Known::of(tx, mapping, &ids)?;
    let claims = known.claims();
    let mut unclear: Vec<(&String, Vec<ContactId>)> = Vec::new();
    for key in keys {
        let claims = claims.get(key).map_or(&[][..], Vec::as_slice);
        let contacts = claims.iter().map(|claim| claim.contact.id);
        arrived.contacts.extend(contacts.filter(|id| known.concerns(*id)));
        match who_is(told.get(key), claims) {
            Who::NoNewcomer => {}
            Who::Known => arrived.known.push(key.clone()),
            Who::Arrives(_) | Who::Stranger | Who::Unclear(_) if is_smart => {}
            Who::Arrives(contact) => {
                arrived.by_address.insert(contact, key.clone());
            }
            Who::Stranger => {
                let contact = told.get(key).map_or(Ok(None), |member| add_contact(tx, member))?;
                arrived.by_address.extend(contact.map(|contact| (contact, key.clone())));
            }
            Who::Unclear(candidates) => unclear.push((key, candidates)),
        }
    }
    review(tx, mapping, keys, &unclear)?;
    Ok(arrived)
}

/// Puts members whom several contacts fit on the review list, and takes off whoever of these is clear by now.
fn review(
    tx: &mut OrgTx<'_>,
    mapping: &Mapping,
    keys: &[String],
    unclear: &[(&String, Vec<ContactId>)],
) -> QueryResult<()> {
    use review_members::dsl;
    diesel::delete(dsl::review_members)
        .filter(dsl::organization_id.eq(tx.organization()))
        .filter(dsl::audience_id.eq(&mapping.audience))
        .filter(dsl::address_key.eq_any(keys))
        .filter(dsl::address_key.ne_all(unclear.iter().map(|(key, _)| *key)))
        .execute(&mut **tx)?;
    if unclear.is_empty() {
        return Ok(());
    }
    let now = tx.now();
    let rows: Vec<_> = unclear
        .iter()
        .map(|(key, candidates)| {
            (
                dsl::audience_id.eq(&mapping.audience),
                dsl::address_key.eq(*key),
                dsl::found_at.eq(now),
                dsl::candidates.eq(serde_json::json!(candidates)),
            )
        })
        .collect();
    diesel::insert_into(dsl::review_members)
        .values(rows)
        .on_conflict((dsl::organization_id, dsl::audience_id, dsl::address_key))
        .do_update()
        .set(dsl::candidates.eq(excluded(dsl::candidates)))
        .execute(&mut **tx)?;
    Ok(())
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

/// Contacts whom the mapping follows by one of these addresses, in the trash or not.
fn followed_by(tx: &mut OrgTx<'_>, mapping: &Mapping, keys: &[String]) -> QueryResult<Vec<ContactId>> {
    let followed: Vec<ContactId> = sync_standings::table
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq(mapping.id))
        .filter(sync_standings::address_key.eq_any(keys))
        .select(sync_standings::contact_id)
        .load(&mut **tx)?;
    Ok(followed)
}
