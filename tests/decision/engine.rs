//! The sync in memory, for the proofs: the same pure functions in the same order as plan, send and receive use them
//! (`mirror::changes`, `Known::claims`, `who_is`, `Known::people`, `decide`, `Person::stored_after`, `compare_calls`), over
//! maps in place of tables.

use crate::model::{Hint, Mailchimp, Refusal, Truth, moment};
use dms::base::{ContactId, EmailAddress};
use dms::crm::contacts::{Contact, Details, Email, OnHold};
use dms::mailchimp::{Member, Status};
use dms::sync::decide::{self, Agreed, Consent, Decision, Here, Policy, Standing};
use dms::sync::facts::{Known, Person};
use dms::sync::mirror::{self, MirrorMember, Told};
use dms::sync::newcomers::{Arrived, Who, who_is};
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
    /// An address of theirs, this or another, under which they had opted out as far as the sync had looked at it.
    pub opted_out: Option<String>,
}

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
                self.due_members.insert(key.clone(), Due::default());
            }
        }
        assert!(include_audience || self.due_members.is_empty() || keys.is_empty());
        let group = self.group();
        if !include_group {
            for person in self.people(&group, &HashMap::new()) {
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

    // What Mailchimp tells.

    /// As `take_hint`.
    pub fn hear(&mut self, hint: Hint, key: &str) {
        if hint != Hint::Subscribe {
            let waits = |call: &Call| {
                call.key == key && matches!(call.call, decide::There::Add(_)) && call.is_open() && !call.asked
            };
            for call in self.calls.iter_mut().filter(|call| waits(call)) {
                call.settle(Outcome::Superseded);
            }
        }
        let due = self.due_members.entry(key.to_owned()).or_default();
        due.read_first = true;
        due.complained |= hint == Hint::CleanedAbuse;
    }

    /// As `read_due`.
    pub fn read_due(&mut self) -> usize {
        let keys: Vec<String> = self
            .due_members
            .iter()
            .filter(|(_, due)| due.read_first)
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
            let due = self.due_members.remove(key).unwrap_or_default();
            let address_key = key.clone();
            let complaint = due.complained.then_some(Told::Complained { address_key });
            self.take_in(&[told].into_iter().chain(complaint).collect::<Vec<_>>());
            self.due_members.entry(key.clone()).or_default();
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
        let asked = self.calls.iter().filter(|call| call.is_open() && call.asked);
        let asked = asked.map(|call| (call.key.clone(), call.call)).collect();
        let changed = mirror::changes(told, AUDIENCE, &self.mirror, &asked, moment(0));
        for key in &changed.added {
            self.agree_on_additions(key);
        }
        for row in changed.rows {
            self.due_members.entry(row.address_key.clone()).or_default();
            self.mirror.insert(row.address_key.clone(), row);
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
                row.agreed = "in".into();
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
            .filter(|(_, due)| !due.read_first)
            .map(|(key, _)| key.clone());
        let keys: Vec<String> = keys.take(self.batch).collect();
        self.due_contacts.retain(|id| !due.contains(id));
        self.due_members.retain(|key, _| !keys.contains(key));
        self.hold_cleaned_addresses(&keys);
        let arrived = self.resolve(&keys);
        let unheard = |id: &ContactId| {
            let unread = |call: &Call| self.due_members.get(&call.key).is_some_and(|due| due.read_first);
            self.calls
                .iter()
                .any(|call| call.contact == *id && call.is_open() && call.asked && unread(call))
        };
        let ids: BTreeSet<ContactId> = due
            .iter()
            .copied()
            .chain(arrived.contacts.iter().copied())
            .filter(|id| self.known.concerns(*id))
            .chain(arrived.by_address.keys().copied())
            .filter(|id| !unheard(id))
            .collect();
        let ids: Vec<ContactId> = ids.into_iter().collect();
        let people = self.people(&ids, &arrived.by_address);
        for key in arrived.spare(&people) {
            self.leave_alone(Some(key));
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
    fn resolve(&mut self, keys: &[String]) -> Arrived {
        let mut arrived = Arrived::default();
        let claims = self.known.claims();
        let mut found = Vec::new();
        for key in keys {
            let claims = claims.get(key).map_or(&[][..], Vec::as_slice);
            arrived.contacts.extend(claims.iter().map(|claim| claim.contact.id));
            found.push((key, who_is(self.mirror.get(key), claims)));
        }
        for (key, who) in found {
            self.review.remove(key);
            match who {
                Who::NoNewcomer => {}
                Who::Known => arrived.known.push(key.clone()),
                Who::Arrives(contact) => {
                    arrived.by_address.insert(contact, key.clone());
                }
                Who::Stranger => {
                    arrived.by_address.insert(self.add_stranger(key), key.clone());
                }
                Who::Unclear(_) => {
                    self.review.insert(key.clone());
                }
            }
        }
        arrived
    }

    /// Numbered by address, so that two tellings of one history can be compared.
    fn add_stranger(&mut self, key: &str) -> ContactId {
        let mut id = ContactId(1_000 * i64::from(key.as_bytes()[0]));
        while self.known.contacts.contains_key(&id) {
            id.0 += 1;
        }
        let member = &self.mirror[key];
        let names = (member.first_name.clone(), member.last_name.clone());
        self.add_contact_as(id, &[key]);
        let new = self.contact(id);
        (new.details.first_name, new.details.last_name) = names;
        id
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
            Some(Here::LeaveThere) => self.leave_alone(person.address.as_ref()),
            None => {}
        }
        match person.stored_after(decision) {
            Some(after) => self.known.stored.insert(id, after),
            None => self.known.stored.remove(&id),
        };
        self.due_contacts.extend(person.due_after(decision));
        self.settle_call(person, decision.there);
    }

    fn leave_alone(&mut self, key: Option<&String>) {
        if let Some(member) = key.and_then(|key| self.mirror.get_mut(key)) {
            member.here_before = true;
        }
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
        let own = person.contact.emails.iter().map(|email| email.address.key());
        let followed = person.stored.iter().filter_map(|row| row.address_key.clone());
        let has_opted_out = |key: &String| {
            let status = self.mirror.get(key).map(MirrorMember::member_status);
            status.is_some_and(|status| status.is_opt_out()) && !self.due_members.contains_key(key)
        };
        self.sent.push(Sent {
            opted_out: own.chain(followed).find(has_opted_out),
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
            self.due_members.entry(key).or_default().read_first = true;
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
                self.due_members.entry(key).or_default().read_first = true;
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
        if let Some(member) = self.mirror.remove(&key) {
            self.due_members.entry(key.clone()).or_default();
            self.mirror.insert(key, member.ended(call, moment(0)));
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
        let unknown = || MirrorMember::unknown(AUDIENCE, key, moment(0));
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
