//! The sync in memory, for the proofs: the same pure functions in the same order as plan, send and receive use them
//! (`mirror::changes`, `Known::tied_to`, `Known::look`, `decide`, `Person::stored_after`, `compare_calls`), over maps in place
//! of tables. Here are both sides, what staff do, and the rounds of the task; `hearing`, `planning` and `sending` are its steps.

use crate::model::{Mailchimp, Truth, moment};
use crate::sending::{Call, Fate, Sent};
use dms::base::{ContactId, EmailAddress};
use dms::crm::contacts::{Contact, Details, Email, OnHold};
use dms::sync::decide::{Agreed, Decision, Here, Policy, Standing};
use dms::sync::known::Known;
use dms::sync::mirror::MirrorMember;
use dms::sync::person::Person;
use dms::sync::standing;
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub const AUDIENCE: &str = "audience";
/// Rounds after which a run is taken for endless.
const ROUNDS_MAX: usize = 60;

/// What is to be done with a member that is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    pub read_first: bool,
    pub complained: bool,
}

/// Both sides.
#[derive(Clone, Debug)]
pub struct World {
    pub mailchimp: Mailchimp,
    pub known: Known,
    pub mirror: HashMap<String, MirrorMember>,
    pub calls: Vec<Call>,
    pub due_contacts: BTreeSet<ContactId>,
    pub due_members: BTreeMap<String, Due>,
    pub policy: Policy,
    /// The link was switched on.
    pub is_linked: bool,
    /// The organization's policy: an unsubscribe sets NO BULK EMAILS.
    pub sets_no_bulk_emails: bool,
    /// Due contacts decided in one round.
    pub batch: usize,
    /// What was done, for the proofs.
    pub sent: Vec<Sent>,
    pub here: Vec<(ContactId, Here, String, Option<Truth>)>,
    /// Subscribers whom several contacts fit, and these.
    pub review: BTreeMap<String, Vec<ContactId>>,
}

impl World {
    pub fn new(policy: Policy, batch: usize) -> Self {
        Self {
            mailchimp: Mailchimp::default(),
            known: Known::default(),
            mirror: HashMap::new(),
            calls: Vec::new(),
            due_contacts: BTreeSet::new(),
            due_members: BTreeMap::new(),
            policy,
            is_linked: false,
            sets_no_bulk_emails: false,
            batch,
            sent: Vec::new(),
            here: Vec::new(),
            review: BTreeMap::new(),
        }
    }

    pub fn add_contact(&mut self, addresses: &[&str]) -> ContactId {
        let id = ContactId(1 + i64::try_from(self.known.contacts.len()).unwrap());
        self.add_contact_as(id, addresses)
    }

    pub fn add_contact_as(&mut self, id: ContactId, addresses: &[&str]) -> ContactId {
        let emails = addresses
            .iter()
            .enumerate()
            .map(|(at, address)| email(address, at == 0));
        let contact = Contact {
            id,
            display_name: format!("Contact {id}"),
            sort_name: format!("Contact {id}"),
            created_at: moment(0),
            modified_at: moment(0),
            deleted_at: None,
            merged_into: None,
            erased_at: None,
            details: Details {
                first_name: format!("First{id}"),
                last_name: format!("Last{id}"),
                ..Details::default()
            },
            emails: emails.collect(),
            phones: Vec::new(),
            addresses: Vec::new(),
        };
        self.known.contacts.insert(id, contact);
        id
    }

    pub fn contact(&mut self, id: ContactId) -> &mut Contact {
        self.due_contacts.insert(id);
        self.known.contacts.get_mut(&id).unwrap()
    }

    pub fn add_to_group(&mut self, id: ContactId) {
        let is_living = self.known.contacts[&id].deleted_at.is_none();
        if is_living && !self.is_added(id) {
            self.known.places.insert(id, ("Added".into(), moment(id.0)));
            self.due_contacts.insert(id);
        }
    }

    pub fn remove_from_group(&mut self, id: ContactId) {
        if self.is_added(id) {
            self.known.places.insert(id, ("Removed".into(), moment(id.0)));
            self.due_contacts.insert(id);
        }
    }

    fn is_added(&self, id: ContactId) -> bool {
        self.known.places.get(&id).is_some_and(|(status, _)| status == "Added")
    }

    /// The living contacts of the group.
    pub fn group(&self) -> Vec<ContactId> {
        let mut ids: Vec<ContactId> = self.known.contacts.keys().copied().collect();
        ids.retain(|id| self.is_added(*id) && self.known.contacts[id].deleted_at.is_none());
        ids.sort();
        ids
    }

    /// As `switch::on`: reads the audience, then leaves alone who is not included.
    pub fn switch_on(&mut self, include_group: bool, include_audience: bool) {
        self.read_fully();
        self.due_members.clear();
        self.is_linked = true;
        let keys: Vec<String> = self.mirror.keys().cloned().collect();
        for (key, member) in &mut self.mirror {
            member.here_before = !include_audience;
            if include_audience && member.status == "subscribed" {
                self.due_members.insert(key.clone(), Due::default());
            }
        }
        assert!(include_audience || self.due_members.is_empty() || keys.is_empty());
        let group = self.group();
        if !include_group {
            for person in self.people(&group) {
                if person.decide(self.policy).agreed == Agreed::Nothing {
                    let left = Decision {
                        here: None,
                        there: None,
                        standing: Standing::HereBefore,
                        agreed: Agreed::HereBefore,
                    };
                    let stored = person.stored_after(left).unwrap();
                    self.known.stored.insert(person.contact.id, stored);
                }
            }
        }
        self.due_contacts.extend(group);
    }

    /// What the sync may change in the contacts: NO BULK EMAILS, and which addresses are on hold.
    pub fn flags(&self) -> BTreeMap<i64, (bool, Vec<bool>)> {
        let flags = |contact: &Contact| {
            let on_hold = contact.emails.iter().map(|email| email.on_hold.is_some());
            (contact.details.privacy.is_opt_out, on_hold.collect())
        };
        let contacts = self.known.contacts.values();
        contacts.map(|contact| (contact.id.0, flags(contact))).collect()
    }

    /// The facts of some contacts.
    pub fn people(&self, ids: &[ContactId]) -> Vec<Person> {
        self.known.people(ids, &self.mirror)
    }

    /// One round, as `task::rounds`.
    pub fn round(&mut self, fates: &mut dyn Iterator<Item = Fate>) -> usize {
        self.read_due() + self.plan() + self.send(fates)
    }

    /// Rounds with good luck until nothing is left to do.
    pub fn run(&mut self) {
        for _ in 0..ROUNDS_MAX {
            for call in &mut self.calls {
                call.waits = false;
            }
            if self.round(&mut std::iter::empty()) == 0 {
                return;
            }
        }
        panic!(
            "the sync finds no end: {:?}",
            self.sent
                .iter()
                .map(|sent| (sent.contact, sent.call))
                .collect::<Vec<_>>()
        );
    }

    /// How a contact stands, as stored.
    pub fn standing(&self, id: ContactId) -> Standing {
        self.known
            .stored
            .get(&id)
            .map_or(Standing::Out, |row| standing::read(&row.standing, &row.reason))
    }

    pub fn open_calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| call.is_open())
    }
}

/// An email, the primary one for bulk mail too.
pub fn email(address: &str, is_primary: bool) -> Email {
    Email {
        address: EmailAddress::parse(address).unwrap(),
        location_type: "Home".into(),
        is_primary,
        is_bulk_mail: false,
        on_hold: None,
    }
}

pub fn hold() -> OnHold {
    OnHold {
        since: moment(0),
        reason: "It bounced".into(),
    }
}
