//! Deciding, in memory: who is due, what is decided of them and planned for them, as `plan` and `newcomers` do it.

use crate::engine::World;
use crate::sending::{Call, Outcome};
use dms::base::ContactId;
use dms::sync::decide::{self, Consent, Decision, Here};
use dms::sync::known::Look;
use dms::sync::mirror::MirrorMember;
use dms::sync::person::Person;
use dms::sync::plan::{CallChange, compare_calls};
use std::collections::BTreeSet;

impl World {
    /// As `plan::plan`: a batch of due contacts and members, with everybody tied to them.
    pub fn plan(&mut self) -> usize {
        let due: Vec<ContactId> = self.due_contacts.iter().copied().take(self.batch).collect();
        let keys = self.due_members.iter().filter(|(_, due)| !due.read_first);
        let keys: Vec<String> = keys.map(|(key, _)| key.clone()).take(self.batch).collect();
        self.due_contacts.retain(|id| !due.contains(id));
        self.due_members.retain(|key, _| !keys.contains(key));
        let look = self.look(&due, &keys);
        for key in &look.spare {
            self.leave_alone(Some(key));
        }
        for member in &look.strangers {
            self.add_stranger(member);
        }
        for person in look.people {
            let decision = person.decide(self.policy);
            self.carry_out(&person, decision);
        }
        due.len() + keys.len()
    }

    /// As `facts::look`. Whoever has a call whose answer was not heard waits until the member was read.
    fn look(&mut self, due: &[ContactId], keys: &[String]) -> Look {
        let on_review = self
            .review
            .iter()
            .filter(|(_, ids)| due.iter().any(|id| ids.contains(id)));
        let keys: Vec<String> = keys.iter().chain(on_review.map(|(key, _)| key)).cloned().collect();
        let (ids, mut keys) = self.known.tied_to(due.iter().copied(), keys);
        let others: BTreeSet<ContactId> = self
            .known
            .contacts
            .keys()
            .filter(|id| !ids.contains(id))
            .copied()
            .collect();
        let mut known = self.known.clone();
        known.forget(&others);
        let unread = |call: &&Call| self.due_members.get(&call.key).is_some_and(|due| due.read_first);
        let unheard = self
            .calls
            .iter()
            .filter(|call| call.is_open() && call.asked)
            .filter(unread);
        let unheard = unheard.map(|call| call.contact).filter(|id| ids.contains(id));
        let (waiting, their_keys) = known.tied_to(unheard, []);
        known.forget(&waiting);
        keys.retain(|key| !their_keys.contains(key));
        let members = self.mirror.iter().filter(|(key, _)| keys.contains(*key));
        let look = known.look(&members.map(|(key, member)| (key.clone(), member.clone())).collect());
        self.review.retain(|key, _| !keys.contains(key));
        self.review.extend(look.unclear.clone());
        look
    }

    /// Numbered by address, so that two tellings of one history can be compared.
    fn add_stranger(&mut self, member: &MirrorMember) {
        let mut id = ContactId(1_000 * i64::from(member.address_key.as_bytes()[0]));
        while self.known.contacts.contains_key(&id) {
            id.0 += 1;
        }
        self.add_contact_as(id, &[&member.address_key]);
        let details = &mut self.contact(id).details;
        details.first_name = member.first_name.clone();
        details.last_name = member.last_name.clone();
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
        if person.concerns_others(decision) {
            self.due_contacts.insert(id);
        }
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
}
