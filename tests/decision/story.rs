//! Histories: what staff, people and Mailchimp do in any order, and how the sync of the engine comes to know of it.

use crate::engine::{World, hold};
use crate::model::{Hint, There};
use crate::sending::Fate;
use dms::base::ContactId;
use dms::mailchimp::Status;
use dms::sync::decide::{MemberStatus, Policy, Removal};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngAlgorithm, RngSeed};
use std::collections::HashSet;

const CASES: u32 = 10_000;
const SEED: u64 = 2;
pub const ADDRESSES: [&str; 4] = ["a@example.ca", "b@example.ca", "c@example.ca", "d@example.ca"];
pub const CONTACTS: usize = 3;

/// What staff do with a contact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Staff {
    Adds,
    Removes,
    Deletes,
    Restores,
    DoNotEmail(bool),
    NoBulkEmails(bool),
    Deceased(bool),
    OnHold(bool),
    Renames,
    /// Writes mailings to another address of theirs, which is added where it is new.
    Prefers(usize),
    DropsAddress,
}

#[derive(Clone, Debug)]
pub enum Event {
    Staff(Staff, usize),
    There(There, usize),
    /// One of the webhooks that were sent so far is delivered, again perhaps.
    Webhook(usize),
    Poll,
    Nightly,
    Round(Vec<Fate>),
    Run,
}

#[derive(Clone, Debug)]
pub struct Start {
    pub policy: Policy,
    pub batch: usize,
    pub sets_no_bulk_emails: bool,
    pub contacts: Vec<(Vec<usize>, bool)>,
    pub members: Vec<Option<Status>>,
    pub include_group: bool,
    pub include_audience: bool,
}

#[derive(Clone, Debug)]
pub struct History {
    pub start: Start,
    pub events: Vec<Event>,
}

pub fn starts() -> impl Strategy<Value = Start> {
    let policy = (
        select(&[Removal::Archive, Removal::Unsubscribe, Removal::Leave][..]),
        any::<bool>(),
    );
    let addresses = select(vec![vec![0], vec![1], vec![0, 1], vec![2, 0], vec![]]);
    let status = select(vec![
        None,
        None,
        Some(Status::Subscribed),
        Some(Status::Unsubscribed),
        Some(Status::Cleaned),
        Some(Status::Pending),
        Some(Status::Archived),
        Some(Status::Transactional),
    ]);
    (
        policy,
        1..4_usize,
        any::<bool>(),
        vec((addresses, any::<bool>()), CONTACTS),
        vec(status, ADDRESSES.len()),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |((removal, double_optin), batch, sets_no_bulk_emails, contacts, members, group, audience)| Start {
                policy: Policy { removal, double_optin },
                batch,
                sets_no_bulk_emails,
                contacts,
                members,
                include_group: group,
                include_audience: audience,
            },
        )
}

pub fn staff() -> impl Strategy<Value = Event> {
    let does = prop_oneof![
        4 => Just(Staff::Adds),
        4 => Just(Staff::Removes),
        1 => Just(Staff::Deletes),
        1 => Just(Staff::Restores),
        1 => any::<bool>().prop_map(Staff::DoNotEmail),
        1 => any::<bool>().prop_map(Staff::NoBulkEmails),
        1 => any::<bool>().prop_map(Staff::Deceased),
        1 => any::<bool>().prop_map(Staff::OnHold),
        1 => Just(Staff::Renames),
        1 => (0..ADDRESSES.len()).prop_map(Staff::Prefers),
        1 => Just(Staff::DropsAddress),
    ];
    (does, 0..CONTACTS).prop_map(|(does, who)| Event::Staff(does, who))
}

pub fn there() -> impl Strategy<Value = Event> {
    let happens = prop_oneof![
        3 => Just(There::Subscribes),
        2 => Just(There::Confirms),
        3 => Just(There::Unsubscribes),
        1 => Just(There::Bounces),
        1 => Just(There::Complains),
        1 => Just(There::AdminUnsubscribes),
        1 => Just(There::AdminArchives),
        1 => Just(There::AdminRestores),
        1 => Just(There::AdminErases),
    ];
    (happens, 0..ADDRESSES.len()).prop_map(|(what, whose)| Event::There(what, whose))
}

pub fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Answered),
        2 => Just(Fate::LostBefore),
        3 => Just(Fate::LostAfter),
        1 => Just(Fate::Throttled),
        1 => Just(Fate::RefusedForGood),
    ]
}

pub fn histories() -> impl Strategy<Value = History> {
    let event = prop_oneof![
        5 => staff(),
        4 => there(),
        3 => (0..8_usize).prop_map(Event::Webhook),
        1 => Just(Event::Poll),
        1 => Just(Event::Nightly),
        6 => vec(fate(), 2).prop_map(Event::Round),
        2 => Just(Event::Run),
    ];
    (starts(), vec(event, 1..24)).prop_map(|(start, events)| History { start, events })
}

/// A history as it unfolds, with what the proofs remember of it.
pub struct Telling {
    pub world: World,
    pub webhooks: Vec<(Hint, &'static str)>,
    /// Addresses that belonged to a contact of the group at some time.
    pub ever_in_group: HashSet<String>,
    /// Addresses whose people (or staff at Mailchimp) subscribed them after staff last removed or deleted their contact.
    pub came_by_themselves: HashSet<String>,
    /// Addresses that were opted out there by somebody else than us.
    pub ever_opted_out: HashSet<String>,
    /// Who joined or left here, and whether that was right.
    pub looked_at: usize,
}

impl Telling {
    pub fn begin(start: &Start) -> Self {
        let mut world = World::new(start.policy, start.batch);
        world.sets_no_bulk_emails = start.sets_no_bulk_emails;
        for (addresses, in_group) in &start.contacts {
            let addresses: Vec<&str> = addresses.iter().map(|at| ADDRESSES[*at]).collect();
            let id = world.add_contact(&addresses);
            if *in_group {
                world.add_to_group(id);
            }
        }
        for (address, status) in ADDRESSES.iter().zip(&start.members) {
            let Some(status) = status else { continue };
            let truth = crate::model::Truth {
                status: *status,
                in_compliance: matches!(status, Status::Unsubscribed | Status::Cleaned),
                by_api: false,
                changed_at: 0,
            };
            world.mailchimp.members.insert((*address).into(), truth);
        }
        world.switch_on(start.include_group, start.include_audience);
        let members: HashSet<String> = ADDRESSES.map(str::to_owned).into();
        let mut telling = Self {
            world,
            webhooks: Vec::new(),
            ever_in_group: HashSet::new(),
            came_by_themselves: members.clone(),
            ever_opted_out: members,
            looked_at: 0,
        };
        telling.ever_opted_out.retain(|key| {
            let truth = telling.world.mailchimp.members.get(key);
            truth.is_some_and(|truth| truth.status != Status::Subscribed)
        });
        telling.look();
        telling
    }

    pub fn tell(history: &History) -> Self {
        let mut telling = Self::begin(&history.start);
        for event in &history.events {
            telling.happens(event);
            telling.look();
        }
        telling
    }

    /// Nightly readings until both sides are at rest: what webhooks told in vain is found all the same. The second reads what
    /// our own calls of the first changed.
    pub fn settle(&mut self) {
        for _ in 0..2 {
            self.world.read_fully();
            self.world.run();
        }
        self.look();
    }

    pub fn happens(&mut self, event: &Event) {
        match event {
            Event::Staff(does, who) => self.staff(*does, ContactId(1 + i64::try_from(*who).unwrap())),
            Event::There(what, whose) => self.there(*what, ADDRESSES[*whose]),
            Event::Webhook(at) => {
                if let Some((hint, key)) = self.webhooks.get(at % self.webhooks.len().max(1)).copied() {
                    self.world.hear(hint, key);
                }
            }
            Event::Poll => self.world.poll(),
            Event::Nightly => self.world.read_fully(),
            Event::Round(fates) => {
                self.world.round(&mut fates.iter().copied());
            }
            Event::Run => self.world.run(),
        }
    }

    fn there(&mut self, what: There, key: &'static str) {
        let Some(hint) = self.world.mailchimp.happens(what, key) else {
            return;
        };
        match what {
            There::Subscribes | There::Confirms | There::AdminRestores => {
                self.came_by_themselves.insert(key.into());
            }
            _ => {
                self.ever_opted_out.insert(key.into());
            }
        }
        // Mailchimp sends no webhook for a permanent deletion.
        if what != There::AdminErases {
            self.webhooks.push((hint, key));
        }
    }

    fn staff(&mut self, does: Staff, id: ContactId) {
        if matches!(does, Staff::Removes | Staff::Deletes) && self.world.group().contains(&id) {
            let emails = &self.world.known.contacts[&id].emails;
            let followed = self.world.known.stored.get(&id).and_then(|row| row.address_key.clone());
            for key in emails.iter().map(|email| email.address.key()).chain(followed) {
                let told = self.world.mirror.get(&key).map(|member| member.member_status());
                let truth = self
                    .world
                    .mailchimp
                    .members
                    .get(&key)
                    .map(|truth| MemberStatus::Known(truth.status));
                // Who subscribed there is a new subscriber all the same, as long as the sync has not looked at it, has just made
                // a contact of them, or waits for staff to say who it is.
                let has_it = |id: &ContactId| {
                    self.world.known.contacts[id]
                        .emails
                        .iter()
                        .any(|e| e.address.key() == key)
                };
                let is_new = self.world.due_contacts.iter().any(|due| *due != id && has_it(due));
                let is_awaited = self.world.due_members.contains_key(&key) || self.world.review.contains_key(&key);
                let is_open = is_new || is_awaited;
                if told == truth && !is_open {
                    self.came_by_themselves.remove(&key);
                }
            }
        }
        let contact = self.world.contact(id);
        match does {
            Staff::Adds => self.world.add_to_group(id),
            Staff::Removes => self.world.remove_from_group(id),
            Staff::Deletes => contact.deleted_at = Some(crate::model::moment(0)),
            Staff::Restores => contact.deleted_at = None,
            Staff::DoNotEmail(is) => contact.details.privacy.do_not_email = is,
            Staff::NoBulkEmails(is) => contact.details.privacy.is_opt_out = is,
            Staff::Deceased(is) => contact.details.is_deceased = is,
            Staff::OnHold(is) => {
                for email in &mut contact.emails {
                    email.on_hold = is.then(hold);
                }
            }
            Staff::Renames => contact.details.first_name.push('!'),
            Staff::Prefers(at) => {
                let key = ADDRESSES[at];
                if !contact.emails.iter().any(|email| email.address.key() == key) {
                    contact
                        .emails
                        .push(crate::engine::email(key, contact.emails.is_empty()));
                }
                for email in &mut contact.emails {
                    email.is_bulk_mail = email.address.key() == key;
                }
            }
            Staff::DropsAddress => {
                contact.emails.pop();
            }
        }
    }

    /// What must hold at every moment; and remembers.
    pub fn look(&mut self) {
        for id in self.world.group() {
            let contact = &self.world.known.contacts[&id];
            self.ever_in_group
                .extend(contact.emails.iter().map(|email| email.address.key()));
        }
    }
}

/// The same histories on every run; `PROPTEST_RNG_SEED` and `PROPTEST_CASES` ask for others and for more.
pub fn config() -> ProptestConfig {
    ProptestConfig {
        cases: CASES,
        // Half of an unoptimized run would be proptest's usual, cryptographic generator.
        rng_algorithm: RngAlgorithm::XorShift,
        rng_seed: RngSeed::Fixed(SEED),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
