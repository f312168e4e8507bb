//! The invariants over histories: staff, people and Mailchimp do what they like in any order, webhooks come late, twice or
//! never, calls are refused or lost; the sync works in between, a little or until nothing is left.

use crate::model::{Hint, There};
use crate::sending::Sent;
use crate::story::{ADDRESSES, Event, Telling, config, histories};
use dms::mailchimp::Status;
use dms::sync::decide::{self, Barrier, Consent, Here, MemberStatus, Refusal, Removal, Standing, Wait};
use proptest::prelude::*;
use std::collections::{BTreeSet, HashMap};

fn there_calls(sent: &Sent) -> bool {
    matches!(sent.call, decide::There::Archive | decide::There::Unsubscribe)
}

proptest! {
    #![proptest_config(config())]

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
            prop_assert_eq!(&sent.opted_out, &None, "no other address gains consent: {:?}", sent);
            // Somebody else's archiving that we know of is never undone.
            let truth = sent.truth.as_ref();
            if truth.is_some_and(|truth| truth.status == Status::Archived && !truth.by_api) {
                prop_assert!(
                    known.is_some_and(|member| member.ended_by_us),
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
                    // By staff at Mailchimp for them, too: as a rule somebody wrote or called.
                    There::Unsubscribes | There::AdminUnsubscribes if truth == Some(Status::Unsubscribed) => {
                        opted_out.insert(key);
                    }
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
                    Here::LeaveThere => {}
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
    fn invariant_6_an_unchanged_world_makes_a_run_that_writes_nothing_on_either_side(history in histories()) {
        let mut telling = Telling::tell(&history);
        telling.settle();
        let before = telling.world.clone();
        telling.world.read_fully();
        telling.world.run();
        let after = &telling.world;
        prop_assert_eq!(&before.known.places, &after.known.places);
        prop_assert_eq!(before.flags(), after.flags());
        prop_assert_eq!(&before.known.stored, &after.known.stored);
        prop_assert_eq!(&before.mirror, &after.mirror);
        prop_assert_eq!(&before.review, &after.review);
        prop_assert_eq!(before.calls.len(), after.calls.len(), "planned: {:?}", after.calls.last());
        prop_assert_eq!(before.sent.len(), after.sent.len(), "sent: {:?}", after.sent.last());
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
        for person in world.people(&group) {
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
                // One that has left, and whose answer was not heard, is not asked again before the member was read.
                let mut queued = telling.world.open_calls().filter(|call| !call.asked);
                prop_assert!(!queued.any(|call| call.key == *key && matches!(call.call, decide::There::Add(_))));
            }
        }
        // And no addition left for an address that the mirror showed as opted out, or of which a hint was not looked at yet.
        for sent in &telling.world.sent {
            let opted_out = sent.mirror.as_ref().is_some_and(|member| member.member_status().is_opt_out());
            prop_assert!(!opted_out || there_calls(sent), "{sent:?}");
        }
    }
}
