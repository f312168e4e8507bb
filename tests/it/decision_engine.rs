//! The sync in memory, for the proofs: the same pure functions in the same order as plan, send and receive use them
//! (`Known::people`, `decide`, `absorb`, `compare_calls`, `find_match`), over maps in place of tables.

use crate::decision_model::{Hint, Mailchimp, Refusal, Truth, moment};
use dms::base::{ContactId, EmailAddress};
use dms::crm::contacts::store::AddressHolder;
use dms::crm::contacts::{Contact, Details, Email, OnHold};
use dms::mailchimp::{Member, Status};
use dms::sync::decide::{self, Agreed, Barrier, Consent, Decision, Here, Policy, Standing};
use dms::sync::facts::{Known, Person, StoredStanding};
use dms::sync::mirror::{self, MirrorMember, Told};
use dms::sync::newcomers::{Match, find_match};
use dms::sync::plan::{CallChange, compare_calls};
use dms::sync::standing;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub const AUDIENCE: &str = "audience";
/// Rounds after which a run is taken for endless.
const ROUNDS_MAX: usize = 60;

/// What becomes of a call that leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Answered,
    /// The process dies, or the connection breaks, before Mailchimp hears of it.
    LostBefore,
    /// Mailchimp does it; nobody here learns so.
    LostAfter,
    /// 429: not done, to be tried again later.
    Throttled,
    /// 400 for the row itself.
    RefusedForGood,
}

/// What became of a planned call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted,
    Refused,
    Superseded,
}

/// A planned call.
#[derive(Clone, Debug)]
pub struct Call {
    pub contact: ContactId,
    pub key: String,
    pub call: decide::There,
    row: Vec<u8>,
    /// Left at least once.
    pub asked: bool,
    waits: bool,
    pub outcomes: Vec<Outcome>,
}

/// A call at the moment it left, with everything known then.
#[derive(Clone, Debug)]
pub struct Sent {
    pub call: decide::There,
    pub contact: ContactId,
    pub key: String,
    pub mirror: Option<MirrorMember>,
    pub truth: Option<Truth>,
    pub person: Person,
}

/// Both sides.
#[derive(Clone, Debug)]
pub struct World {
    pub mailchimp: Mailchimp,
    pub known: Known,
    pub mirror: HashMap<String, MirrorMember>,
    pub calls: Vec<Call>,
    pub due_contacts: BTreeSet<ContactId>,
    /// `true`: to be read first.
    pub due_members: BTreeMap<String, bool>,
    pub policy: Policy,
    /// The organization's policy: an unsubscribe sets NO BULK EMAILS.
    pub sets_no_bulk_emails: bool,
    /// Due contacts decided in one round.
    pub batch: usize,
    /// What was done, for the proofs.
    pub sent: Vec<Sent>,
    pub here: Vec<(ContactId, Here, String, Option<Truth>)>,
    pub review: BTreeSet<String>,
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
            sets_no_bulk_emails: false,
            batch,
            sent: Vec::new(),
            here: Vec::new(),
            review: BTreeSet::new(),
        }
    }

    // What staff do.

    pub fn add_contact(&mut self, addresses: &[&str]) -> ContactId {
        let id = ContactId(1 + i64::try_from(self.known.contacts.len()).unwrap());
        self.add_contact_as(id, addresses)
    }

    fn add_contact_as(&mut self, id: ContactId, addresses: &[&str]) -> ContactId {
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
        let keys: Vec<String> = self.mirror.keys().cloned().collect();
        for (key, member) in &mut self.mirror {
            member.here_before = !include_audience;
            if include_audience && member.status == "subscribed" {
                self.due_members.insert(key.clone(), false);
            }
        }
        assert!(include_audience || self.due_members.is_empty() || keys.is_empty());
        let group = self.group();
        if !include_group {
            for person in self.people(&group, &HashMap::new()) {
                if person.decide(self.policy).agreed == Agreed::Nothing {
                    let stored = stored(&person, Agreed::HereBefore, Standing::HereBefore);
                    self.known.stored.insert(person.contact.id, stored);
                }
            }
        }
        self.due_contacts.extend(group);
    }

    // What Mailchimp tells.

    /// As `take_hint`.
    pub fn hear(&mut self, hint: Hint, key: &str) {
        if hint != Hint::Subscribe {
            let open = |call: &Call| call.key == key && matches!(call.call, decide::There::Add(_)) && call.is_open();
            for call in self.calls.iter_mut().filter(|call| open(call)) {
                call.settle(Outcome::Superseded);
            }
        }
        if let Some(member) = self.mirror.get_mut(key).filter(|_| hint == Hint::CleanedAbuse) {
            member.status = "cleaned_for_abuse".into();
        }
        self.due_members.insert(key.to_owned(), true);
    }

    /// As `read_due`.
    pub fn read_due(&mut self) -> usize {
        let keys: Vec<String> = self
            .due_members
            .iter()
            .filter(|(_, first)| **first)
            .map(|(key, _)| key.clone())
            .collect();
        self.read_one_by_one(&keys);
        keys.len()
    }

    fn read_one_by_one(&mut self, keys: &[String]) {
        for key in keys {
            let told = self.mailchimp.read(key).map_or_else(
                || Told::NotThere {
                    address_key: key.clone(),
                },
                |member| Told::Member(Box::new(member)),
            );
            self.due_members.remove(key);
            self.take_in(&[told]);
            self.due_members.insert(key.clone(), false);
            let waiting = self.calls.iter().filter(|call| call.key == *key && call.is_open());
            self.due_contacts.extend(waiting.map(|call| call.contact));
        }
    }

    /// As `poll`: everybody who is there, archived or not. Who was deleted for good is in no list.
    pub fn poll(&mut self) {
        let page = self.page();
        self.take_in(&page);
    }

    /// What a list shows now.
    pub fn page(&self) -> Vec<Told> {
        let members = self.mailchimp.members.keys().filter_map(|key| self.mailchimp.read(key));
        members.map(|member| Told::Member(Box::new(member))).collect()
    }

    /// As `read_fully`: whoever the mirror has and the lists have not is asked for by themselves.
    pub fn read_fully(&mut self) {
        self.poll();
        let gone = |(key, row): &(&String, &MirrorMember)| {
            row.status != "forgotten" && !self.mailchimp.members.contains_key(*key)
        };
        let missing: Vec<String> = self.mirror.iter().filter(gone).map(|(key, _)| key.clone()).collect();
        self.read_one_by_one(&missing);
    }

    /// As `mirror::take_in`.
    pub fn take_in(&mut self, told: &[Told]) {
        for told in told {
            let key = match told {
                Told::Member(member) => member.email_address.clone(),
                Told::NotThere { address_key } => address_key.clone(),
            };
            let asked = self
                .calls
                .iter()
                .find(|call| call.key == key && call.is_open() && call.asked);
            let before = self.mirror.get(&key);
            let after = mirror::absorb(before, told, AUDIENCE, asked.map(|call| call.call), moment(0));
            let Some(after) = after.filter(|after| before != Some(after)) else {
                continue;
            };
            self.due_members.entry(key.clone()).or_insert(false);
            if after.is_active() {
                self.agree_on_additions(&key);
            }
            self.mirror.insert(key, after);
        }
    }

    fn agree_on_additions(&mut self, key: &str) {
        let added = |call: &&mut Call| {
            call.key == key && call.is_open() && call.asked && matches!(call.call, decide::There::Add(_))
        };
        for call in self.calls.iter_mut().filter(added) {
            call.settle(Outcome::Accepted);
            self.due_contacts.insert(call.contact);
            if let Some(row) = self.known.stored.get_mut(&call.contact) {
                (row.agreed, row.agreed_status) = ("in".into(), None);
                row.address_key = Some(key.to_owned());
            }
        }
    }

    // Deciding.

    /// The facts of some contacts.
    pub fn people(&self, ids: &[ContactId], by_address: &HashMap<ContactId, String>) -> Vec<Person> {
        self.known.people(ids, by_address, &self.mirror)
    }

    /// As `plan::plan`: a batch of due contacts and members.
    pub fn plan(&mut self) -> usize {
        let due: Vec<ContactId> = self.due_contacts.iter().copied().take(self.batch).collect();
        let keys = self
            .due_members
            .iter()
            .filter(|(_, first)| !**first)
            .map(|(key, _)| key.clone());
        let keys: Vec<String> = keys.take(self.batch).collect();
        self.due_contacts.retain(|id| !due.contains(id));
        self.due_members.retain(|key, _| !keys.contains(key));
        self.hold_cleaned_addresses(&keys);
        let (known, known_keys, by_address) = self.resolve(&keys);
        let unheard = |id: &ContactId| {
            let unread = |call: &Call| self.due_members.get(&call.key) == Some(&true);
            self.calls
                .iter()
                .any(|call| call.contact == *id && call.is_open() && call.asked && unread(call))
        };
        let ids: BTreeSet<ContactId> = due.iter().copied().chain(known).collect();
        let mut ids: Vec<ContactId> = ids
            .into_iter()
            .filter(|id| self.is_added(*id) || self.known.stored.contains_key(id))
            .chain(by_address.keys().copied())
            .filter(|id| !unheard(id))
            .collect();
        ids.sort();
        ids.dedup();
        let people = self.people(&ids, &by_address);
        let followed: HashSet<&String> = people.iter().filter_map(|person| person.address.as_ref()).collect();
        for key in known_keys.iter().filter(|key| !followed.contains(key)) {
            if let Some(member) = self.mirror.get_mut(key) {
                member.here_before = true;
            }
        }
        for person in people {
            let decision = person.decide(self.policy);
            self.carry_out(&person, decision);
        }
        due.len() + keys.len()
    }

    fn hold_cleaned_addresses(&mut self, keys: &[String]) {
        let cleaned = |key: &&String| {
            let word = self.mirror.get(*key).map(|member| member.status.as_str());
            matches!(word, Some("cleaned" | "cleaned_for_abuse"))
        };
        let keys: HashSet<String> = keys.iter().filter(cleaned).cloned().collect();
        for contact in self.known.contacts.values_mut() {
            for email in &mut contact.emails {
                if email.on_hold.is_none() && keys.contains(&email.address.key()) {
                    email.on_hold = Some(hold());
                    self.due_contacts.insert(contact.id);
                }
            }
        }
    }

    /// As `newcomers::resolve`.
    fn resolve(&mut self, keys: &[String]) -> (Vec<ContactId>, Vec<String>, HashMap<ContactId, String>) {
        let (mut known, mut known_keys, mut by_address) = (Vec::new(), Vec::new(), HashMap::new());
        for key in keys {
            let holders = self.holders(key);
            let decided = self
                .known
                .stored
                .values()
                .filter(|row| row.address_key.as_ref() == Some(key));
            let decided =
                decided.filter(|row| self.known.contacts[&row.contact_id].deleted_at.is_none() || row.agreed == "in");
            let in_group = holders
                .iter()
                .map(|holder| holder.contact)
                .filter(|id| self.is_added(*id));
            let related: BTreeSet<ContactId> = decided.map(|row| row.contact_id).chain(in_group).collect();
            let is_new = |member: &&MirrorMember| member.status == "subscribed" && !member.here_before;
            let newcomer = self.mirror.get(key).filter(is_new);
            if !related.is_empty() {
                known.extend(related);
                known_keys.extend(newcomer.map(|_| key.clone()));
                continue;
            }
            let Some(member) = newcomer else {
                continue;
            };
            let holders: Vec<&AddressHolder> = holders.iter().collect();
            match find_match(&member.first_name, &member.last_name, &holders) {
                Match::Contact(contact) => {
                    by_address.insert(contact, key.clone());
                }
                Match::Nobody => {
                    // Numbered by address, so that two tellings of one history can be compared.
                    let mut id = ContactId(1_000 * i64::from(key.as_bytes()[0]));
                    while self.known.contacts.contains_key(&id) {
                        id.0 += 1;
                    }
                    let details = (member.first_name.clone(), member.last_name.clone());
                    let contact = self.add_contact_as(id, &[key.as_str()]);
                    let new = self.contact(contact);
                    (new.details.first_name, new.details.last_name) = details;
                    self.due_contacts.insert(contact);
                    by_address.insert(contact, key.clone());
                }
                Match::Several(_) => {
                    self.review.insert(key.clone());
                }
            }
        }
        (known, known_keys, by_address)
    }

    fn holders(&self, key: &str) -> Vec<AddressHolder> {
        let mut living: Vec<&Contact> = self
            .known
            .contacts
            .values()
            .filter(|contact| contact.deleted_at.is_none())
            .collect();
        living.sort_by_key(|contact| contact.id);
        let has = |contact: &&Contact| contact.emails.iter().any(|email| email.address.key() == key);
        let holder = |contact: &Contact| AddressHolder {
            address_key: key.to_owned(),
            contact: contact.id,
            first_name: contact.details.first_name.clone(),
            last_name: contact.details.last_name.clone(),
            display_name: contact.display_name.clone(),
        };
        living.into_iter().filter(has).map(holder).collect()
    }

    /// As `plan::carry_out`.
    fn carry_out(&mut self, person: &Person, decision: Decision) {
        let id = person.contact.id;
        if let Some(here) = decision.here {
            let key = person.address.clone().unwrap_or_default();
            let truth = self.mailchimp.members.get(&key).cloned();
            self.here.push((id, here, key, truth));
        }
        match decision.here {
            Some(Here::Remove) => {
                self.remove_from_group(id);
                if self.sets_no_bulk_emails {
                    self.contact(id).details.privacy.is_opt_out = true;
                }
            }
            Some(Here::Join) => self.add_to_group(id),
            None => {}
        }
        let changed = self.store_standing(person, decision);
        if person.agreed == Agreed::In && decision.agreed != Agreed::In {
            self.due_contacts.insert(id);
        }
        if changed && decision.standing != Standing::Excluded(Barrier::SharesAddress) {
            self.due_contacts.extend(&person.sharers);
        }
        self.settle_call(person, decision.there);
    }

    fn store_standing(&mut self, person: &Person, decision: Decision) -> bool {
        let id = person.contact.id;
        let after = stored(person, decision.agreed, decision.standing);
        if after.standing == "out" && after.agreed == "nothing" {
            return self.known.stored.remove(&id).is_some();
        }
        let changed = person.stored.as_ref() != Some(&after);
        self.known.stored.insert(id, after);
        changed
    }

    fn settle_call(&mut self, person: &Person, there: Option<decide::There>) {
        type Compared = (&'static str, Option<Consent>, Vec<u8>, String);
        let compared = |call: decide::There, row: &Vec<u8>, key: &String| -> Compared {
            let (consent, row) = match call {
                decide::There::Add(consent) => (Some(consent), row.clone()),
                _ => (None, Vec::new()),
            };
            (call.verb(), consent, row, key.clone())
        };
        let id = person.contact.id;
        let wanted = there.zip(person.address.clone());
        let new = wanted.as_ref().map(|(call, key)| compared(*call, &person.row, key));
        let open = self.calls.iter_mut().find(|call| call.contact == id && call.is_open());
        let old = open.as_ref().map(|open| compared(open.call, &open.row, &open.key));
        let change = compare_calls(old.as_ref(), new.as_ref());
        if let (CallChange::Drop | CallChange::Plan, Some(open)) = (change, open) {
            open.settle(Outcome::Superseded);
        }
        if let (CallChange::Plan, Some((call, key))) = (change, wanted) {
            self.calls.push(Call {
                contact: id,
                key,
                call,
                row: person.row.clone(),
                asked: false,
                waits: false,
                outcomes: Vec::new(),
            });
        }
    }

    // Sending.

    /// As `send::send`: one round of the most urgent kind. Nobody who is due is sent anything.
    pub fn send(&mut self, fates: &mut dyn Iterator<Item = Fate>) -> usize {
        let ready = |call: &Call| {
            call.is_open()
                && !call.waits
                && !self.due_contacts.contains(&call.contact)
                && !self.due_members.contains_key(&call.key)
        };
        let ready: Vec<usize> = (0..self.calls.len()).filter(|at| ready(&self.calls[*at])).collect();
        let Some(rank) = ready.iter().map(|at| self.calls[*at].call.rank()).min() else {
            return 0;
        };
        let taken: Vec<usize> = ready
            .into_iter()
            .filter(|at| self.calls[*at].call.rank() == rank)
            .collect();
        for at in &taken {
            self.calls[*at].asked = true;
        }
        for at in &taken {
            let fate = fates.next().unwrap_or(Fate::Answered);
            self.note_sent(*at);
            self.ask(*at, fate);
        }
        taken.len()
    }

    fn note_sent(&mut self, at: usize) {
        let call = &self.calls[at];
        let person = self.people(&[call.contact], &HashMap::new()).remove(0);
        self.sent.push(Sent {
            call: call.call,
            contact: call.contact,
            key: call.key.clone(),
            mirror: self.mirror.get(&call.key).cloned(),
            truth: self.mailchimp.members.get(&call.key).cloned(),
            person,
        });
    }

    fn ask(&mut self, at: usize, fate: Fate) {
        let (call, key) = (self.calls[at].call, self.calls[at].key.clone());
        if fate == Fate::Throttled {
            self.calls[at].waits = true;
            return;
        }
        if fate == Fate::RefusedForGood {
            return self.refused_for_good(at);
        }
        let answer: Result<Option<Member>, Refusal> = if fate == Fate::LostBefore {
            Ok(None)
        } else {
            match call {
                decide::There::Unsubscribe => self.mailchimp.unsubscribe(&key).map(|()| None),
                decide::There::Archive => self.mailchimp.archive(&key).map(|()| None),
                decide::There::Add(Consent::Subscribed) => self.mailchimp.post(&key, Status::Subscribed).map(Some),
                decide::There::Add(Consent::Pending) => self.mailchimp.post(&key, Status::Pending).map(Some),
            }
        };
        if matches!(fate, Fate::LostBefore | Fate::LostAfter) {
            // As `recover`: the member is read before anything else is decided.
            self.due_members.insert(key, true);
            return;
        }
        let contact = self.calls[at].contact;
        match answer {
            Ok(Some(member)) => {
                self.take_in(&[Told::Member(Box::new(member))]);
                self.calls[at].settle_if_open(Outcome::Accepted);
                self.due_contacts.insert(contact);
            }
            Ok(None) => self.ended(at),
            Err(Refusal::Exists | Refusal::NotFound | Refusal::NotAllowed) => {
                self.calls[at].settle(Outcome::Superseded);
                self.due_contacts.insert(contact);
                self.read_one_by_one(&[key]);
            }
            Err(Refusal::Compliance) => {
                self.remember(&key, |member| member.in_compliance = true);
                self.due_members.insert(key, true);
                self.calls[at].settle(Outcome::Refused);
                self.due_contacts.insert(contact);
            }
            Err(Refusal::Forgotten) => {
                self.remember(&key, |member| member.status = "forgotten".into());
                self.calls[at].settle(Outcome::Refused);
                self.due_contacts.insert(contact);
            }
        }
    }

    /// As `send::ended`.
    fn ended(&mut self, at: usize) {
        let (call, key) = (self.calls[at].call, self.calls[at].key.clone());
        if let Some(member) = self.mirror.get_mut(&key) {
            let status = if call == decide::There::Archive {
                "archived"
            } else {
                "unsubscribed"
            };
            if !(member.ended_by_us && member.status == status) {
                member.status_before_end = Some(std::mem::replace(&mut member.status, status.into()));
            }
            member.ended_by_us = true;
            self.due_members.entry(key).or_insert(false);
        }
        self.calls[at].settle(Outcome::Accepted);
        self.due_contacts.insert(self.calls[at].contact);
    }

    /// As `send::refuse` for anything but compliance and forgotten.
    fn refused_for_good(&mut self, at: usize) {
        let (call, contact) = (self.calls[at].call, self.calls[at].contact);
        if !matches!(call, decide::There::Add(_)) {
            self.calls[at].waits = true;
            return;
        }
        let person = self.people(&[contact], &HashMap::new()).remove(0);
        if let Some(row) = self.known.stored.get_mut(&contact) {
            row.refused_row = Some(person.row);
        }
        self.calls[at].settle(Outcome::Refused);
        self.due_contacts.insert(contact);
    }

    fn remember(&mut self, key: &str, change: impl FnOnce(&mut MirrorMember)) {
        let unknown = || MirrorMember {
            mailchimp_contact_id: String::new(),
            last_changed: None,
            ..row(key, "unsubscribed")
        };
        change(self.mirror.entry(key.to_owned()).or_insert_with(unknown));
    }

    // The task.

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

impl Call {
    pub fn is_open(&self) -> bool {
        self.outcomes.is_empty()
    }

    fn settle(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    fn settle_if_open(&mut self, outcome: Outcome) {
        if self.is_open() {
            self.settle(outcome);
        }
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

/// A row of the mirror.
pub fn row(key: &str, status: &str) -> MirrorMember {
    MirrorMember {
        audience_id: AUDIENCE.into(),
        address_key: key.into(),
        address: key.into(),
        status: status.into(),
        mailchimp_contact_id: key.into(),
        first_name: String::new(),
        last_name: String::new(),
        language: String::new(),
        unsubscribe_reason: String::new(),
        unsubscribe_campaign: String::new(),
        last_changed: Some(moment(0)),
        in_compliance: false,
        ended_by_us: false,
        status_before_end: None,
        here_before: false,
        read_at: moment(0),
    }
}

/// What `plan::store_standing` stores.
fn stored(person: &Person, agreed: Agreed, after: Standing) -> StoredStanding {
    let (word, reason) = standing::stored(after);
    let refused = person.wanted.refused_as_it_is && agreed != Agreed::In;
    let (agreed, agreed_status) = standing::stored_agreement(agreed);
    StoredStanding {
        contact_id: person.contact.id,
        address_key: person.address.clone(),
        agreed: agreed.into(),
        agreed_status: agreed_status.map(Into::into),
        standing: word.into(),
        reason: reason.into(),
        words: String::new(),
        refused_row: refused.then(|| person.row.clone()),
    }
}
