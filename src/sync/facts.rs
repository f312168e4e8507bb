//! Brings the decision its facts: for some contacts of one mapping, what our records want, what the mirror shows, what was
//! agreed. Preview, run and "why?" all gather here.

use super::decide::{self, Agreed, Barrier, Decision, MemberStatus, Place, Policy, Removal, Seen, Standing, Wanted};
use super::mirror::{self, MirrorMember};
use super::standing;
use crate::base::{ContactId, GroupId, MappingId};
use crate::crm::contacts::{self, Contact};
use crate::crm::groups;
use crate::db::OrgTx;
use crate::db::schema::{audiences, group_contacts, mappings, sync_standings};
use crate::mailchimp::Status;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

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

/// Everything about one contact of one mapping.
#[derive(Clone, Debug)]
pub struct Person {
    pub contact: Contact,
    pub wanted: Wanted,
    /// The address the contact is followed by at Mailchimp, or would be sent as.
    pub address: Option<String>,
    /// With whom the address is shared, where that one owns it.
    pub owner: Option<ContactId>,
    /// Everybody else in the group with this address.
    pub sharers: Vec<ContactId>,
    pub member: Option<MirrorMember>,
    pub agreed: Agreed,
    /// What would be sent, as a hash: a refused row waits until this differs.
    pub row: Vec<u8>,
    /// As stored before this decision.
    pub stored: Option<StoredStanding>,
}

impl Person {
    /// What the decision says of this person.
    pub fn decide(&self, policy: Policy) -> Decision {
        decide::decide(&self.wanted, &self.seen(), self.agreed, policy)
    }

    /// What the mirror shows of this person.
    pub fn seen(&self) -> Seen {
        mirror::seen(self.member.as_ref())
    }

    /// What is stored of this person once that was decided; `None`: nothing any more.
    pub fn stored_after(&self, decision: Decision) -> Option<StoredStanding> {
        if decision.standing == Standing::Out && decision.agreed == Agreed::Nothing {
            return None;
        }
        // Whoever is a member after all is tried again when they come back.
        let refused = self.wanted.refused_as_it_is && decision.agreed != Agreed::In;
        let words = self.stored.as_ref().filter(|_| refused);
        let (standing, reason) = standing::stored(decision.standing);
        Some(StoredStanding {
            contact_id: self.contact.id,
            address_key: self.address.clone(),
            agreed: standing::stored_agreement(decision.agreed).into(),
            standing: standing.into(),
            reason: reason.into(),
            words: words.map(|stored| stored.words.clone()).unwrap_or_default(),
            refused_row: refused.then(|| self.row.clone()),
        })
    }

    /// Who has to be decided anew after that: whom it makes the owner of the address, or no longer.
    pub fn due_after(&self, decision: Decision) -> &[ContactId] {
        let is_guest = decision.standing == Standing::Excluded(Barrier::SharesAddress);
        if is_guest || self.stored == self.stored_after(decision) {
            &[]
        } else {
            &self.sharers
        }
    }
}

/// A stored standing.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = sync_standings)]
pub struct StoredStanding {
    pub contact_id: ContactId,
    pub address_key: Option<String>,
    pub agreed: String,
    pub standing: String,
    pub reason: String,
    pub words: String,
    pub refused_row: Option<Vec<u8>>,
}

impl StoredStanding {
    fn agreement(&self) -> Agreed {
        standing::read_agreement(&self.agreed)
    }
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

/// Gathers the facts of some contacts. `by_address` names the address under which somebody just came in at Mailchimp, where
/// that is not the one they would be sent as.
pub fn gather(
    tx: &mut OrgTx<'_>,
    mapping: &Mapping,
    ids: &[ContactId],
    by_address: &HashMap<ContactId, String>,
) -> QueryResult<Vec<Person>> {
    let mut known = Known::of(tx, mapping, ids)?;
    known.extend_with_sharers(tx, mapping, by_address)?;
    let all_keys: Vec<String> = known.keys(by_address).into_iter().collect();
    let members = mirror::members(tx, &mapping.audience, &all_keys)?;
    Ok(known.people(ids, by_address, &members))
}

/// Contacts with what is stored of them.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub contacts: HashMap<ContactId, Contact>,
    /// "Added", "Smart" or "Removed", and since when, for whoever is or was in the group.
    pub places: HashMap<ContactId, (String, DateTime<Utc>)>,
    pub stored: HashMap<ContactId, StoredStanding>,
    /// A search decides who is in the group.
    pub is_smart: bool,
}

/// A contact that may stand for an address at Mailchimp: it has the address, or is followed by it.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    pub contact: &'a Contact,
    pub place: Place,
    /// Followed by this address, with that agreement.
    pub linked: Option<Agreed>,
}

impl Claim<'_> {
    /// Stands for the member already, or does until our removal is carried out.
    pub fn stands(&self) -> bool {
        self.place == Place::InGroup || self.linked == Some(Agreed::In)
    }
}

impl Known {
    /// The facts of some of these contacts, when the mirror shows `members`. Pure.
    pub fn people(
        &self,
        ids: &[ContactId],
        by_address: &HashMap<ContactId, String>,
        members: &HashMap<String, MirrorMember>,
    ) -> Vec<Person> {
        let holders = self.holders(by_address, members);
        ids.iter()
            .filter_map(|id| self.person(*id, by_address, members, &holders))
            .collect()
    }

    /// What is stored of some contacts.
    pub fn of(tx: &mut OrgTx<'_>, mapping: &Mapping, ids: &[ContactId]) -> QueryResult<Self> {
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
        Ok(Self {
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

    /// Adds the other members of the group who have one of the same addresses.
    fn extend_with_sharers(
        &mut self,
        tx: &mut OrgTx<'_>,
        mapping: &Mapping,
        by_address: &HashMap<ContactId, String>,
    ) -> QueryResult<()> {
        let keys: Vec<String> = self.keys(by_address).into_iter().collect();
        let holders = contacts::store::by_addresses(tx, &keys)?;
        let others: HashSet<ContactId> = holders
            .into_iter()
            .map(|holder| holder.contact)
            .filter(|id| !self.contacts.contains_key(id))
            .collect();
        if others.is_empty() {
            return Ok(());
        }
        let others = Self::of(tx, mapping, &others.into_iter().collect::<Vec<_>>())?;
        self.contacts.extend(others.contacts);
        self.places.extend(others.places);
        self.stored.extend(others.stored);
        Ok(())
    }

    /// Every address that matters for these contacts, in lower case.
    fn keys(&self, by_address: &HashMap<ContactId, String>) -> HashSet<String> {
        let own = self
            .contacts
            .values()
            .flat_map(|contact| contact.emails.iter().map(|email| email.address.key()));
        let followed = self.stored.values().filter_map(|row| row.address_key.clone());
        own.chain(followed).chain(by_address.values().cloned()).collect()
    }

    fn place(&self, contact: &Contact) -> Place {
        match self.places.get(&contact.id) {
            _ if contact.deleted_at.is_some() => Place::Deleted,
            Some((status, _)) if status != "Removed" => Place::InGroup,
            _ if self.is_smart => Place::OutOfSearch,
            _ => Place::OutOfGroup,
        }
    }

    /// What was agreed about the address: together is a contact with the one that is followed, not with another of theirs.
    fn agreed_about(&self, contact: &Contact, address: Option<&String>) -> Agreed {
        let followed = self.stored.get(&contact.id).and_then(|row| row.address_key.as_ref());
        match self.agreed(contact.id) {
            Agreed::In if followed != address => Agreed::Out,
            agreed => agreed,
        }
    }

    fn agreed(&self, id: ContactId) -> Agreed {
        self.stored.get(&id).map_or(Agreed::Nothing, StoredStanding::agreement)
    }

    /// The address by which a contact is known at Mailchimp, or would be sent as. Outside the group it is the one that was
    /// followed: no other of theirs is sent, nor brings anybody in unless they arrive by it.
    fn address(
        &self,
        contact: &Contact,
        by_address: &HashMap<ContactId, String>,
        members: &HashMap<String, MirrorMember>,
    ) -> Option<String> {
        if let Some(key) = by_address.get(&contact.id) {
            return Some(key.clone());
        }
        let followed = self.stored.get(&contact.id).and_then(|row| row.address_key.clone());
        if self.place(contact) != Place::InGroup {
            return followed;
        }
        let chosen = contact.bulk_mail_address().map(|email| email.address.key());
        let own: Vec<String> = contact.emails.iter().map(|email| email.address.key()).collect();
        // As long as it is theirs, or was when we last looked.
        let is_kept = |key: &&String| self.agreed(contact.id) == Agreed::In || own.contains(*key);
        let is_active = |key: &&String| members.get(*key).is_some_and(MirrorMember::is_active);
        if let Some(active) = followed.iter().filter(is_kept).chain(&chosen).find(is_active) {
            return Some(active.clone());
        }
        // A person who opted out under one address is not written to under another: the new address gains no consent. Nor
        // does it where the one we followed was archived by somebody at Mailchimp; nor where it was cleaned, which may turn out
        // to be a complaint, until staff take it off the contact.
        let opted_out = |key: &&String| members.get(*key).is_some_and(has_opted_out);
        let holds = |key: &&String| {
            let is_own = own.contains(*key);
            let holds = |member: &MirrorMember| is_archived_by_others(member) || is_own && is_cleaned(member);
            members.get(*key).is_some_and(holds)
        };
        let blocked = own.iter().chain(&followed).find(opted_out);
        let blocked = blocked.or(followed.as_ref().filter(holds)).cloned();
        blocked.or(chosen).or(followed)
    }

    /// Everybody who may stand for an address, as the mapping knows them, by address. Pure.
    pub fn claims(&self) -> HashMap<String, Vec<Claim<'_>>> {
        let mut contacts: Vec<&Contact> = self.contacts.values().collect();
        contacts.sort_by_key(|contact| contact.id);
        let mut claims: HashMap<String, Vec<Claim<'_>>> = HashMap::new();
        for contact in contacts {
            let place = self.place(contact);
            let stored = self.stored.get(&contact.id);
            let followed = stored.and_then(|row| row.address_key.clone());
            let own = contact.emails.iter().map(|email| email.address.key());
            let keys: HashSet<String> = own
                .filter(|_| place != Place::Deleted)
                .chain(followed.clone())
                .collect();
            for key in keys {
                let linked = stored.filter(|_| followed.as_ref() == Some(&key));
                let claim = Claim {
                    contact,
                    place,
                    linked: linked.map(StoredStanding::agreement),
                };
                claims.entry(key).or_default().push(claim);
            }
        }
        claims
    }

    /// Whether the mapping has anything to do with the contact: in its group, or decided before.
    pub fn concerns(&self, id: ContactId) -> bool {
        let is_added = self.places.get(&id).is_some_and(|(status, _)| status != "Removed");
        is_added || self.stored.contains_key(&id)
    }

    /// The members of the group by address, its owner first: whoever opted out here, so that nobody else's wish overrules
    /// that one; not who is dead or does not have the address (any more); not who is left as before the link, unless
    /// everybody is; then the contact whose primary address it is, then the longest in the group.
    fn holders(
        &self,
        by_address: &HashMap<ContactId, String>,
        members: &HashMap<String, MirrorMember>,
    ) -> HashMap<String, Vec<ContactId>> {
        let mut ranked = Vec::new();
        for contact in self.contacts.values() {
            let Some((_, added)) = self
                .places
                .get(&contact.id)
                .filter(|_| self.place(contact) == Place::InGroup)
            else {
                continue;
            };
            let Some(key) = self.address(contact, by_address, members) else {
                continue;
            };
            let email = contact.emails.iter().find(|email| email.address.key() == key);
            let opted_out = contact.details.privacy.do_not_email || contact.details.privacy.is_opt_out;
            let can_be_mailed = !contact.details.is_deceased && email.is_some_and(|email| email.on_hold.is_none());
            let is_left_alone = self.agreed(contact.id) == Agreed::HereBefore;
            let is_primary = email.is_some_and(|email| email.is_primary);
            ranked.push((
                (
                    !opted_out,
                    !can_be_mailed,
                    is_left_alone,
                    !is_primary,
                    *added,
                    contact.id,
                ),
                key,
            ));
        }
        ranked.sort();
        let mut holders: HashMap<String, Vec<ContactId>> = HashMap::new();
        for ((.., id), key) in ranked {
            holders.entry(key).or_default().push(id);
        }
        holders
    }

    fn person(
        &self,
        id: ContactId,
        by_address: &HashMap<ContactId, String>,
        members: &HashMap<String, MirrorMember>,
        holders: &HashMap<String, Vec<ContactId>>,
    ) -> Option<Person> {
        let contact = self.contacts.get(&id)?;
        let place = self.place(contact);
        let address = self.address(contact, by_address, members);
        let holders: &[ContactId] = address
            .as_ref()
            .and_then(|key| holders.get(key))
            .map_or(&[], Vec::as_slice);
        let owner = holders.first().copied().filter(|owner| *owner != id);
        let stored = self.stored.get(&id).cloned();
        let row = row_mark(contact, address.as_deref());
        let agreed = self.agreed_about(contact, address.as_ref());
        let wanted = Wanted {
            place,
            barrier: barrier(contact, address.as_deref(), owner.is_some() && place == Place::InGroup),
            address_stays: owner.is_some(),
            refused_as_it_is: stored
                .as_ref()
                .is_some_and(|stored| stored.refused_row.as_ref() == Some(&row)),
            arrives: by_address.contains_key(&id),
        };
        Some(Person {
            contact: contact.clone(),
            wanted,
            member: address.as_ref().and_then(|key| members.get(key)).cloned(),
            address,
            owner,
            sharers: holders.iter().copied().filter(|other| *other != id).collect(),
            agreed,
            row,
            stored,
        })
    }
}

fn has_opted_out(member: &MirrorMember) -> bool {
    member.member_status().is_opt_out() || !member.is_active() && member.in_compliance
}

fn is_archived_by_others(member: &MirrorMember) -> bool {
    member.member_status() == MemberStatus::Known(Status::Archived) && member.seen().comes_back_as().is_none()
}

fn is_cleaned(member: &MirrorMember) -> bool {
    member.member_status() == MemberStatus::Known(Status::Cleaned)
}

/// Why the contact may not be mailed under the address; the first that holds.
fn barrier(contact: &Contact, address: Option<&str>, is_shared: bool) -> Option<Barrier> {
    let details = &contact.details;
    let email = address.and_then(|key| contact.emails.iter().find(|email| email.address.key() == key));
    if details.privacy.do_not_email {
        Some(Barrier::DoNotEmail)
    } else if details.privacy.is_opt_out {
        Some(Barrier::NoBulkEmails)
    } else if details.is_deceased {
        Some(Barrier::Deceased)
    } else if contact.emails.is_empty() {
        Some(Barrier::NoEmail)
    } else if email.map_or_else(
        || contact.bulk_mail_address().is_none(),
        |email| email.on_hold.is_some(),
    ) {
        Some(Barrier::OnHold)
    } else if address.is_some() && email.is_none() {
        Some(Barrier::AddressChanged)
    } else if is_shared {
        Some(Barrier::SharesAddress)
    } else {
        None
    }
}

/// A hash of what Mailchimp would be sent of this contact.
fn row_mark(contact: &Contact, address: Option<&str>) -> Vec<u8> {
    let details = &contact.details;
    let parts = [
        address.unwrap_or_default(),
        &details.first_name,
        &details.last_name,
        &details.preferred_language,
    ];
    Sha256::digest(parts.join("\n")).to_vec()
}
