//! The invariants over histories: staff, people and Mailchimp do what they like in any order, webhooks come late, twice or
//! never, calls are refused or lost; the sync works in between, a little or until nothing is left.

use crate::decision_engine::{Fate, Sent, World, hold};
use crate::decision_model::{Hint, There};
use dms::base::ContactId;
use dms::mailchimp::Status;
use dms::sync::decide::{self, Barrier, Consent, Here, MemberStatus, Policy, Refusal, Removal, Standing, Wait};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::{BTreeSet, HashMap, HashSet};

const CASES: u32 = 10_000;
const ADDRESSES: [&str; 4] = ["a@example.ca", "b@example.ca", "c@example.ca", "d@example.ca"];
const CONTACTS: usize = 3;

/// What staff do with a contact.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Staff {
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
enum Event {
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
struct Start {
    policy: Policy,
    batch: usize,
    sets_no_bulk_emails: bool,
    contacts: Vec<(Vec<usize>, bool)>,
    members: Vec<Option<Status>>,
    include_group: bool,
    include_audience: bool,
}

#[derive(Clone, Debug)]
struct History {
    start: Start,
    events: Vec<Event>,
}

fn starts() -> impl Strategy<Value = Start> {
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

fn staff() -> impl Strategy<Value = Event> {
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

fn there() -> impl Strategy<Value = Event> {
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

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Answered),
        2 => Just(Fate::LostBefore),
        3 => Just(Fate::LostAfter),
        1 => Just(Fate::Throttled),
        1 => Just(Fate::RefusedForGood),
    ]
}

fn histories() -> impl Strategy<Value = History> {
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
struct Telling {
    world: World,
    webhooks: Vec<(Hint, &'static str)>,
    /// Addresses that belonged to a contact of the group at some time.
    ever_in_group: HashSet<String>,
    /// Addresses whose people (or staff at Mailchimp) subscribed them after staff last removed or deleted their contact.
    came_by_themselves: HashSet<String>,
    /// Addresses that were opted out there by somebody else than us.
    ever_opted_out: HashSet<String>,
    /// Who joined or left here, and whether that was right.
    looked_at: usize,
}

impl Telling {
    fn begin(start: &Start) -> Self {
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
            let truth = crate::decision_model::Truth {
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

    fn tell(history: &History) -> Self {
        let mut telling = Self::begin(&history.start);
        for event in &history.events {
            telling.happens(event);
            telling.look();
        }
        telling
    }

    /// Nightly readings until both sides are at rest: what webhooks told in vain is found all the same. The second reads what
    /// our own calls of the first changed.
    fn settle(&mut self) {
        for _ in 0..2 {
            self.world.read_fully();
            self.world.run();
        }
        self.look();
    }

    fn happens(&mut self, event: &Event) {
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
                // Who subscribed there without our knowing yet is a new subscriber all the same.
                if told == truth && self.world.due_members.is_empty() {
                    self.came_by_themselves.remove(&key);
                }
            }
        }
        let contact = self.world.contact(id);
        match does {
            Staff::Adds => self.world.add_to_group(id),
            Staff::Removes => self.world.remove_from_group(id),
            Staff::Deletes => contact.deleted_at = Some(crate::decision_model::moment(0)),
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
                        .push(crate::decision_engine::email(key, contact.emails.is_empty()));
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
    fn look(&mut self) {
        for id in self.world.group() {
            let contact = &self.world.known.contacts[&id];
            self.ever_in_group
                .extend(contact.emails.iter().map(|email| email.address.key()));
        }
    }
}

fn there_calls(sent: &Sent) -> bool {
    matches!(sent.call, decide::There::Archive | decide::There::Unsubscribe)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invariant_1_no_call_upgrades_a_consent_that_we_know_of(history in histories()) {
        let mut telling = Telling::tell(&history);
        telling.settle();
        for sent in &telling.world.sent {
            let decide::There::Add(consent) = sent.call else { continue };
            let known = sent.mirror.as_ref();
            let status = known.map(|member| member.member_status());
            let ours = known.is_some_and(|member| member.ended_by_us && !member.in_compliance);
            let before = known.and_then(|member| member.status_before_end.as_deref()).map(Status::parse);
            match (consent, status) {
                (_, None) => {}
                (Consent::Subscribed, Some(MemberStatus::Known(Status::Archived))) => {
                    prop_assert!(ours && before == Some(Status::Subscribed), "{sent:?}");
                }
                (Consent::Pending, Some(MemberStatus::Known(Status::Archived))) => {
                    prop_assert!(ours && before == Some(Status::Pending), "{sent:?}");
                }
                _ => prop_assert!(false, "{sent:?}"),
            }
            // Somebody else's archiving that we know of is never undone.
            let truth = sent.truth.as_ref();
            if truth.is_some_and(|truth| truth.status == Status::Archived && !truth.by_api) {
                prop_assert!(
                    known.is_none() || known.is_some_and(|member| member.ended_by_us),
                    "archived there by somebody else: {sent:?}"
                );
            }
        }
    }

    #[test]
    fn invariant_1_nobody_is_subscribed_against_their_own_later_word(history in histories()) {
        let mut telling = Telling::begin(&history.start);
        let mut opted_out: BTreeSet<&str> = BTreeSet::new();
        for event in history.events.iter().chain([&Event::Nightly, &Event::Run]) {
            telling.happens(event);
            if let Event::There(what, whose) = event {
                let key = ADDRESSES[*whose];
                let truth = telling.world.mailchimp.members.get(key).map(|truth| truth.status);
                match what {
                    There::Unsubscribes if truth == Some(Status::Unsubscribed) => { opted_out.insert(key); }
                    There::Complains if truth == Some(Status::Cleaned) => { opted_out.insert(key); }
                    There::Subscribes | There::Confirms if truth == Some(Status::Subscribed) => { opted_out.remove(key); }
                    There::AdminRestores if truth == Some(Status::Subscribed) => { opted_out.remove(key); }
                    _ => {}
                }
            }
            for key in &opted_out {
                let truth = telling.world.mailchimp.members.get(*key);
                prop_assert!(truth.is_none_or(|truth| truth.status != Status::Subscribed), "{key} after {event:?}");
            }
        }
    }

    #[test]
    fn invariant_2_each_call_has_the_reason_that_its_verb_needs(history in histories()) {
        let mut telling = Telling::tell(&history);
        telling.settle();
        for sent in &telling.world.sent {
            let details = &sent.person.contact.details;
            let opted_out = details.privacy.do_not_email || details.privacy.is_opt_out;
            let is_deleted = sent.person.contact.deleted_at.is_some();
            let in_group = sent.person.wanted.place == decide::Place::InGroup;
            let removal = telling.world.policy.removal;
            match sent.call {
                decide::There::Unsubscribe => prop_assert!(
                    opted_out || !in_group && !is_deleted && removal == Removal::Unsubscribe,
                    "{sent:?}"
                ),
                decide::There::Archive => {
                    prop_assert!(!opted_out, "{sent:?}");
                    let removed = !in_group && (is_deleted || removal == Removal::Archive);
                    let held = matches!(sent.person.wanted.barrier, Some(Barrier::Deceased | Barrier::OnHold));
                    prop_assert!(removed || held, "{sent:?}");
                }
                decide::There::Add(_) => prop_assert!(in_group && sent.person.wanted.barrier.is_none(), "{sent:?}"),
            }
        }
    }

    #[test]
    fn invariant_2_who_leaves_by_api_opted_out_there_and_who_joins_came_there_by_themselves(history in histories()) {
        let mut telling = Telling::begin(&history.start);
        for event in history.events.iter().chain([&Event::Nightly, &Event::Run]) {
            telling.happens(event);
            telling.look();
            for (id, here, key, truth) in &telling.world.here[telling.looked_at..] {
                match here {
                    Here::Remove => prop_assert!(telling.ever_opted_out.contains(key), "{id} {key} by {event:?}"),
                    Here::Join => {
                        let by_us = truth.as_ref().is_some_and(|truth| truth.by_api);
                        prop_assert!(!by_us, "{id} joins through our own call for {key}: {event:?}");
                        prop_assert!(
                            telling.came_by_themselves.contains(key),
                            "{id} was removed by staff, and nobody subscribed {key} since: {event:?}"
                        );
                    }
                }
            }
            telling.looked_at = telling.world.here.len();
        }
    }

    #[test]
    fn invariant_3_strangers_and_who_was_here_before_are_left_alone(history in histories()) {
        let mut telling = Telling::tell(&history);
        telling.settle();
        for sent in telling.world.sent.iter().filter(|sent| there_calls(sent)) {
            let in_group = sent.person.wanted.place == decide::Place::InGroup;
            let opted_out = matches!(
                sent.person.wanted.barrier,
                Some(Barrier::DoNotEmail | Barrier::NoBulkEmails)
            );
            prop_assert!(telling.ever_in_group.contains(&sent.key), "nobody of the group had this address: {sent:?}");
            let was_here_before = sent.person.stored.as_ref().is_none_or(|row| row.agreed == "here_before");
            prop_assert!(!was_here_before || in_group || opted_out, "{sent:?}");
        }
    }

    #[test]
    fn invariant_5_every_call_has_exactly_one_outcome(history in histories()) {
        let mut telling = Telling::begin(&history.start);
        for event in &history.events {
            telling.happens(event);
            let mut open = BTreeSet::new();
            for call in &telling.world.calls {
                prop_assert!(call.outcomes.len() <= 1, "{call:?}");
                prop_assert!(!call.is_open() || open.insert(call.contact), "two open calls for one contact: {call:?}");
            }
        }
        telling.settle();
        for call in &telling.world.calls {
            prop_assert_eq!(call.outcomes.len(), 1, "{:?}", call);
        }
    }

    #[test]
    fn invariant_7_the_standings_add_up_to_the_group_and_are_true(history in histories()) {
        let mut telling = Telling::tell(&history);
        telling.settle();
        let world = &telling.world;
        let group = world.group();
        let mut counted: HashMap<Standing, usize> = HashMap::new();
        for id in &group {
            *counted.entry(world.standing(*id)).or_default() += 1;
        }
        prop_assert_eq!(counted.get(&Standing::Out), None, "{:?}", world.known.stored);
        prop_assert_eq!(counted.values().sum::<usize>(), group.len());
        prop_assert_eq!(counted.get(&Standing::Waiting(Wait::Call)), None, "nothing is left to wait for");
        for person in world.people(&group, &HashMap::new()) {
            let truth = person.address.as_ref().and_then(|key| world.mailchimp.members.get(key));
            let status = truth.map(|truth| truth.status);
            let standing = world.standing(person.contact.id);
            match standing {
                Standing::InSync => prop_assert_eq!(status, Some(Status::Subscribed), "{:?}", person),
                Standing::Waiting(_) => prop_assert_eq!(status, Some(Status::Pending), "{:?}", person),
                Standing::Excluded(Barrier::DoNotEmail | Barrier::NoBulkEmails) => {
                    prop_assert!(!matches!(status, Some(Status::Subscribed | Status::Pending)), "{person:?}");
                }
                Standing::Refused(Refusal::Unsubscribed) => {
                    prop_assert_eq!(status, Some(Status::Unsubscribed), "{:?}", person);
                }
                Standing::Refused(Refusal::Archived) => {
                    prop_assert!(truth.is_some_and(|truth| !truth.by_api), "we archived them: {person:?}");
                }
                Standing::Refused(Refusal::Forgotten) => prop_assert_eq!(status, None, "{:?}", person),
                _ => {}
            }
        }
        for (key, member) in &world.mirror {
            let truth = world.mailchimp.members.get(key).map(|truth| truth.status);
            match member.member_status() {
                MemberStatus::Known(status) => {
                    prop_assert!(truth == Some(status) || truth.is_none() && member.in_compliance, "{member:?}");
                }
                MemberStatus::Forgotten => prop_assert_eq!(truth, None),
                MemberStatus::CleanedForAbuse => prop_assert_eq!(truth, Some(Status::Cleaned)),
            }
        }
    }

    #[test]
    fn invariant_9_an_opt_out_that_came_in_cancels_what_was_queued(history in histories()) {
        let mut telling = Telling::begin(&history.start);
        for event in &history.events {
            telling.happens(event);
            if let Event::Webhook(at) = event
                && let Some((hint, key)) = telling.webhooks.get(at % telling.webhooks.len().max(1))
                && *hint != Hint::Subscribe
            {
                let mut open = telling.world.open_calls();
                prop_assert!(!open.any(|call| call.key == *key && matches!(call.call, decide::There::Add(_))));
            }
        }
        // And no addition left for an address that the mirror showed as opted out, or of which a hint was not looked at yet.
        for sent in &telling.world.sent {
            let opted_out = sent.mirror.as_ref().is_some_and(|member| member.member_status().is_opt_out());
            prop_assert!(!opted_out || there_calls(sent), "{sent:?}");
        }
    }
}
