//! Contacts with what is stored of them, and what follows from it for each address: who stands for it, who owns it, who comes
//! in by it. Pure.
//!
//! Contacts that share addresses are looked at together, and all of them each time: what becomes of one never depends on which
//! of them, or which member, happened to be due.

use super::decide::{Agreed, Barrier, MemberStatus, Place, Standing, Wanted};
use super::mirror::MirrorMember;
use super::person::{Person, StoredStanding, barrier, row_mark};
use super::standing;
use super::who::{Claim, Who, who_is};
use crate::base::ContactId;
use crate::crm::contacts::Contact;
use crate::mailchimp::Status;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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

/// What there is to decide about these contacts and members.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Whoever concerns the mapping: in its group, decided before, or just coming in.
    pub people: Vec<Person>,
    /// Subscribed by themselves, and nobody we know.
    pub strangers: Vec<MirrorMember>,
    /// Subscribed by themselves, and several fit: these.
    pub unclear: BTreeMap<String, Vec<ContactId>>,
    /// Subscribed further addresses of somebody who is in the group or comes in, and is followed by another. They are to bring
    /// nobody in when that one leaves it.
    pub spare: Vec<String>,
}

impl Known {
    /// The facts of some of these contacts, when the mirror shows `members`.
    pub fn people(&self, ids: &[ContactId], members: &HashMap<String, MirrorMember>) -> Vec<Person> {
        self.people_arriving(ids, members, &HashMap::new())
    }

    /// Everything there is to decide, when the mirror shows `members`.
    pub fn look(&self, members: &HashMap<String, MirrorMember>) -> Look {
        let claims = self.claims();
        let (mut arriving, mut taken, mut look) = (HashMap::new(), Vec::new(), Look::default());
        for (key, member) in members.iter().collect::<BTreeMap<_, _>>() {
            match who_is(member, claims.get(key).map_or(&[][..], Vec::as_slice)) {
                Who::NoNewcomer => {}
                Who::Known => taken.push(key.clone()),
                // Only its search and staff bring anybody into a smart group: a stranger at Mailchimp stays one.
                _ if self.is_smart => {}
                Who::Arrive(contacts) => {
                    taken.push(key.clone());
                    for contact in contacts {
                        self.note_arrival(&mut arriving, contact, key);
                    }
                }
                Who::Stranger => look.strangers.push(member.clone()),
                Who::Unclear(candidates) => {
                    look.unclear.insert(key.clone(), candidates);
                }
            }
        }
        let mut ids: Vec<ContactId> = self.contacts.keys().copied().collect();
        ids.retain(|id| self.concerns(*id) || arriving.contains_key(id));
        ids.sort();
        look.people = self.people_arriving(&ids, members, &arriving);
        // Who comes in by an address keeps it, whatever becomes of those who had it before.
        let strangers = look.strangers.iter().map(|stranger| &stranger.address_key);
        let coming: HashSet<&String> = arriving.values().chain(strangers).collect();
        for person in look.people.iter_mut().filter(|person| !person.wanted.arrives) {
            let is_taken = person.address.as_ref().is_some_and(|key| coming.contains(key));
            person.wanted.address_stays |= is_taken;
        }
        let_one_end_it(&mut look.people);
        let followed: HashSet<&String> = look
            .people
            .iter()
            .filter(|person| person.stands())
            .filter_map(|person| person.address.as_ref())
            .collect();
        taken.retain(|key| !followed.contains(key));
        look.spare = taken;
        look
    }

    /// Who subscribed under several of their addresses comes in by the one they are followed by, or would be sent as.
    fn note_arrival(&self, arriving: &mut HashMap<ContactId, String>, contact: ContactId, key: &str) {
        let followed = self.followed(contact) == Some(key);
        let own = self.contacts.get(&contact).and_then(Contact::bulk_mail_address);
        let chosen = own.is_some_and(|email| email.address.key() == key);
        let is_better = followed || chosen && arriving.get(&contact).map(String::as_str) != self.followed(contact);
        if is_better || !arriving.contains_key(&contact) {
            arriving.insert(contact, key.to_owned());
        }
    }

    /// Every address that matters for these contacts, in lower case.
    pub fn keys(&self) -> HashSet<String> {
        self.contacts.keys().flat_map(|id| self.keys_of(*id)).collect()
    }

    /// Everybody tied to these contacts and addresses by addresses, and all those addresses.
    pub fn tied_to(
        &self,
        ids: impl IntoIterator<Item = ContactId>,
        keys: impl IntoIterator<Item = String>,
    ) -> (BTreeSet<ContactId>, BTreeSet<String>) {
        let claims = self.claims();
        let mut tied: BTreeSet<ContactId> = BTreeSet::new();
        let mut tied_keys: BTreeSet<String> = BTreeSet::new();
        let mut new: Vec<ContactId> = ids.into_iter().collect();
        let mut new_keys: Vec<String> = keys.into_iter().collect();
        while !new.is_empty() || !new_keys.is_empty() {
            new.retain(|id| tied.insert(*id));
            new_keys.extend(new.drain(..).flat_map(|id| self.keys_of(id)));
            new_keys.retain(|key| tied_keys.insert(key.clone()));
            for key in new_keys.drain(..) {
                let holders = claims.get(&key).map_or(&[][..], Vec::as_slice);
                new.extend(holders.iter().map(|claim| claim.contact.id));
            }
        }
        (tied, tied_keys)
    }

    /// Forgets contacts.
    pub fn forget(&mut self, ids: &BTreeSet<ContactId>) {
        self.contacts.retain(|id, _| !ids.contains(id));
        self.places.retain(|id, _| !ids.contains(id));
        self.stored.retain(|id, _| !ids.contains(id));
    }

    /// Whether the mapping has anything to do with the contact: in its group, or decided before.
    fn concerns(&self, id: ContactId) -> bool {
        let is_added = self.places.get(&id).is_some_and(|(status, _)| status != "Removed");
        is_added || self.stored.contains_key(&id)
    }

    /// Everybody who may stand for an address, by address.
    fn claims(&self) -> HashMap<String, Vec<Claim<'_>>> {
        let mut contacts: Vec<&Contact> = self.contacts.values().collect();
        contacts.sort_by_key(|contact| contact.id);
        let mut claims: HashMap<String, Vec<Claim<'_>>> = HashMap::new();
        for contact in contacts {
            let place = self.place(contact);
            let stored = self.stored.get(&contact.id);
            let followed = self.followed(contact.id);
            let own = contact.emails.iter().map(|email| email.address.key());
            let keys: HashSet<String> = own
                .filter(|_| place != Place::Deleted)
                .chain(followed.map(str::to_owned))
                .collect();
            for key in keys {
                let linked = stored.filter(|_| followed == Some(&key)).map(StoredStanding::agreement);
                claims.entry(key).or_default().push(Claim { contact, place, linked });
            }
        }
        claims
    }

    /// The addresses of a contact, and the one they are followed by.
    fn keys_of(&self, id: ContactId) -> Vec<String> {
        let emails = self.contacts.get(&id).map_or(&[][..], |contact| &contact.emails);
        let own = emails.iter().map(|email| email.address.key());
        own.chain(self.followed(id).map(str::to_owned)).collect()
    }

    fn followed(&self, id: ContactId) -> Option<&str> {
        self.stored.get(&id).and_then(|row| row.address_key.as_deref())
    }

    fn is_excluded_by(&self, id: ContactId, barrier: Barrier) -> bool {
        let row = self.stored.get(&id);
        row.is_some_and(|row| standing::read(&row.standing, &row.reason) == Standing::Excluded(barrier))
    }

    fn place(&self, contact: &Contact) -> Place {
        match self.places.get(&contact.id) {
            _ if contact.deleted_at.is_some() => Place::Deleted,
            Some((status, _)) if status != "Removed" => Place::InGroup,
            _ if self.is_smart => Place::OutOfSearch,
            _ => Place::OutOfGroup,
        }
    }

    fn agreed(&self, id: ContactId) -> Agreed {
        self.stored.get(&id).map_or(Agreed::Nothing, StoredStanding::agreement)
    }

    /// What was agreed about the address: together is a contact with the one that is followed, not with another of theirs.
    fn agreed_about(&self, contact: &Contact, address: Option<&str>) -> Agreed {
        match self.agreed(contact.id) {
            Agreed::In if self.followed(contact.id) != address => Agreed::Out,
            agreed => agreed,
        }
    }

    /// The address by which a contact is known at Mailchimp, or would be sent as. Outside the group it is the one that was
    /// followed: no other of theirs is sent, nor brings anybody in unless they arrive by it.
    fn address(&self, contact: &Contact, members: &HashMap<String, MirrorMember>) -> Option<String> {
        let followed = self.followed(contact.id).map(str::to_owned);
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
        // to be a complaint, until staff take it off the contact, or had done so before and add the contact anew.
        let opted_out = |key: &&String| members.get(*key).is_some_and(has_opted_out);
        let holds = |key: &&String| {
            let is_theirs = own.contains(*key) || self.is_excluded_by(contact.id, Barrier::AddressChanged);
            let holds = |member: &MirrorMember| is_archived_by_others(member) || is_theirs && is_cleaned(member);
            members.get(*key).is_some_and(holds)
        };
        let blocked = followed.as_ref().filter(|key| opted_out(key) || holds(key));
        let blocked = blocked.or_else(|| own.iter().find(opted_out)).cloned();
        blocked.or(chosen).or(followed)
    }

    /// The members of the group by address, its owner first: whoever opted out here, so that nobody else's wish overrules
    /// that one; not who is dead or does not have the address (any more); not who is left as before the link, unless
    /// everybody is; then the contact whose primary address it is, then the longest in the group.
    fn holders(&self, members: &HashMap<String, MirrorMember>) -> HashMap<String, Vec<ContactId>> {
        let mut ranked = Vec::new();
        for contact in self.contacts.values() {
            let in_group = self.place(contact) == Place::InGroup;
            let Some((_, added)) = self.places.get(&contact.id).filter(|_| in_group) else {
                continue;
            };
            let Some(key) = self.address(contact, members) else {
                continue;
            };
            let email = contact.emails.iter().find(|email| email.address.key() == key);
            let opted_out = contact.details.privacy.do_not_email || contact.details.privacy.is_opt_out;
            let can_be_mailed = !contact.details.is_deceased && email.is_some_and(|email| email.on_hold.is_none());
            let is_left_alone = self.agreed(contact.id) == Agreed::HereBefore;
            let is_primary = email.is_some_and(|email| email.is_primary);
            let rank = (
                !opted_out,
                !can_be_mailed,
                is_left_alone,
                !is_primary,
                *added,
                contact.id,
            );
            ranked.push((rank, key));
        }
        ranked.sort();
        let mut holders: HashMap<String, Vec<ContactId>> = HashMap::new();
        for ((.., id), key) in ranked {
            holders.entry(key).or_default().push(id);
        }
        holders
    }

    /// `arriving`: who comes in at Mailchimp, and by which address.
    fn people_arriving(
        &self,
        ids: &[ContactId],
        members: &HashMap<String, MirrorMember>,
        arriving: &HashMap<ContactId, String>,
    ) -> Vec<Person> {
        let (claims, holders) = (self.claims(), self.holders(members));
        let is_shared = |key: &String| claims.get(key).is_some_and(|claims| claims.len() > 1);
        ids.iter()
            .filter_map(|id| {
                let contact = self.contacts.get(id)?;
                let arrives_by = arriving.get(id).cloned();
                let arrives = arrives_by.is_some();
                let address = arrives_by.or_else(|| self.address(contact, members));
                let owner = address.as_ref().and_then(|key| holders.get(key)?.first()).copied();
                let person = self.person(contact, address, owner.filter(|owner| owner != id), arrives);
                Some(Person {
                    member: person.address.as_ref().and_then(|key| members.get(key)).cloned(),
                    is_tied: self.keys_of(*id).iter().any(is_shared),
                    ..person
                })
            })
            .collect()
    }

    fn person(&self, contact: &Contact, address: Option<String>, owner: Option<ContactId>, arrives: bool) -> Person {
        let place = self.place(contact);
        let is_guest = owner.is_some() && place == Place::InGroup;
        let stored = self.stored.get(&contact.id).cloned();
        let row = row_mark(contact, address.as_deref());
        let refused = stored.as_ref().and_then(|stored| stored.refused_row.as_ref());
        let wanted = Wanted {
            place,
            barrier: barrier(contact, address.as_deref(), is_guest),
            address_stays: owner.is_some(),
            another_ends_it: false,
            refused_as_it_is: refused == Some(&row),
            arrives,
        };
        Person {
            contact: contact.clone(),
            wanted,
            agreed: self.agreed_about(contact, address.as_deref()),
            address,
            owner,
            is_tied: false,
            member: None,
            row,
            stored,
        }
    }
}

/// Several who are out of the group may have had one address: the membership ends once, by whoever opted out here, else by the
/// first of them.
fn let_one_end_it(people: &mut [Person]) {
    let rank = |person: &Person| (!person.wanted.opted_out_here(), person.contact.id);
    let mut first: HashMap<String, (bool, ContactId)> = HashMap::new();
    for person in people.iter().filter(|person| person.may_end_it()) {
        if let Some(key) = &person.address {
            let rank = rank(person);
            first
                .entry(key.clone())
                .and_modify(|first| *first = rank.min(*first))
                .or_insert(rank);
        }
    }
    for person in people.iter_mut().filter(|person| person.may_end_it()) {
        let first = person.address.as_ref().and_then(|key| first.get(key));
        person.wanted.another_ends_it = first.is_some_and(|first| *first != rank(person));
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
