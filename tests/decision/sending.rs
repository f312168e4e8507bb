//! Sending, in memory: what becomes of planned calls, as `send` and `outcome` do it.

use crate::engine::{AUDIENCE, World};
use crate::model::{Refusal, Truth, moment};
use dms::base::ContactId;
use dms::mailchimp::{Member, Status};
use dms::sync::decide::{self, Consent};
use dms::sync::mirror::{MirrorMember, Told};
use dms::sync::person::Person;

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
    pub row: Vec<u8>,
    /// Has left, and its answer was not heard.
    pub asked: bool,
    pub waits: bool,
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

impl World {
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
            if self.is_as_expected(*at) {
                self.note_sent(*at);
                self.ask(*at, fate);
            } else {
                self.there_already(*at);
            }
        }
        taken.len()
    }

    fn note_sent(&mut self, at: usize) {
        let call = &self.calls[at];
        let person = self.people(&[call.contact]).remove(0);
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

    /// As `send::single` and `send::add`: what Mailchimp says of them is asked right before.
    fn is_as_expected(&self, at: usize) -> bool {
        let call = &self.calls[at];
        let status = self.mailchimp.members.get(&call.key).map(|truth| truth.status);
        match call.call {
            decide::There::Unsubscribe => true,
            decide::There::Archive => status == Some(Status::Subscribed),
            decide::There::Add(_) if self.mirror.contains_key(&call.key) => {
                matches!(status, None | Some(Status::Archived))
            }
            decide::There::Add(_) => status.is_none(),
        }
    }

    /// As `outcome::there_already`: the member is read, and decided anew.
    fn there_already(&mut self, at: usize) {
        let (contact, key) = (self.calls[at].contact, self.calls[at].key.clone());
        self.calls[at].settle(Outcome::Superseded);
        self.due_contacts.insert(contact);
        self.read_one_by_one(&[key]);
    }

    fn ask(&mut self, at: usize, fate: Fate) {
        let (call, key) = (self.calls[at].call, self.calls[at].key.clone());
        if fate == Fate::Throttled {
            self.calls[at].waits = true;
            self.calls[at].asked = false;
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
            Err(Refusal::Exists | Refusal::NotFound | Refusal::NotAllowed) => self.there_already(at),
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
            self.calls[at].asked = false;
            return;
        }
        let person = self.people(&[contact]).remove(0);
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
}

impl Call {
    pub fn is_open(&self) -> bool {
        self.outcomes.is_empty()
    }

    pub fn settle(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    fn settle_if_open(&mut self, outcome: Outcome) {
        if self.is_open() {
            self.settle(outcome);
        }
    }
}
