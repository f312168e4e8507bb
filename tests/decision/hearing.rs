//! Hearing from Mailchimp, in memory: webhooks, single reads and whole lists, as `receive`, `poll` and `mirror::take_in` do it.

use crate::engine::{AUDIENCE, World, hold};
use crate::model::{Hint, moment};
use crate::sending::{Call, Outcome};
use dms::sync::decide;
use dms::sync::mirror::{self, MirrorMember, Told};

impl World {
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

    pub fn read_one_by_one(&mut self, keys: &[String]) {
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
        for (key, _) in &changed.cleaned {
            self.hold_address(key);
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

    /// As `contacts::actions::hold_address`.
    fn hold_address(&mut self, key: &str) {
        for contact in self.known.contacts.values_mut() {
            for email in &mut contact.emails {
                if email.on_hold.is_none() && email.address.key() == key && self.is_linked {
                    email.on_hold = Some(hold());
                    self.due_contacts.insert(contact.id);
                }
            }
        }
    }
}
