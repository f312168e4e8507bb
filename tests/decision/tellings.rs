//! Invariant 8: events applied once, in any order, twice or never, lead to the same end.
//!
//! A history is told twice. In both tellings the same deeds follow each other, and each is heard of before the next: whoever
//! acts before the sync can know of a deed decides about another world, and Mailchimp tells nobody what a member was in
//! between. How it is heard of differs: by its webhook, by a poll or in the nightly reading, together with webhooks of former
//! deeds that come again or only now, in any order; in batches of another size, and with calls that are lost or put off.
//!
//! Two things are told in one way only. A permanent deletion is in no webhook and in no list: the nightly reading asks for the
//! member. That a member was cleaned for a complaint is only told by its webhook; it comes in both tellings, before or after
//! the member was read, and once, for a stored delivery that comes again is dropped (`receive::store_event`).

use crate::engine::World;
use crate::model::{Hint, There};
use crate::sending::Fate;
use crate::story::{Event, Start, Telling, config, staff, starts, there};
use dms::base::ContactId;
use dms::mailchimp::Status;
use dms::sync::person::StoredStanding;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

/// How a deed is heard of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Webhook,
    Poll,
    Nightly,
    /// By a poll and later by the webhook.
    PollThenWebhook,
}

/// How one telling goes about one deed.
#[derive(Clone, Debug)]
struct Manner {
    how: How,
    /// Former webhooks that are delivered as well, by their number.
    again: Vec<usize>,
    /// What becomes of the calls of each round before everything goes well.
    rounds: Vec<Vec<Fate>>,
}

#[derive(Clone, Debug)]
struct Chapter {
    deed: Event,
    manners: (Manner, Manner),
}

fn manners() -> impl Strategy<Value = Manner> {
    let how = select(&[How::Webhook, How::Poll, How::Nightly, How::PollThenWebhook][..]);
    let fate = select(
        &[
            Fate::Answered,
            Fate::Answered,
            Fate::LostBefore,
            Fate::LostAfter,
            Fate::Throttled,
        ][..],
    );
    (how, vec(0..8_usize, 0..3), vec(vec(fate, 2), 0..3)).prop_map(|(how, again, rounds)| Manner { how, again, rounds })
}

fn chapters() -> impl Strategy<Value = Vec<Chapter>> {
    let chapter = (prop_oneof![staff(), there()], manners(), manners());
    let chapter = chapter.prop_map(|(deed, one, other)| Chapter {
        deed,
        manners: (one, other),
    });
    vec(chapter, 1..12)
}

fn tell<'a>(start: &Start, batch: usize, chapters: impl Iterator<Item = (&'a Event, &'a Manner)>) -> Telling {
    let mut telling = Telling::begin(start);
    telling.world.batch = batch;
    telling.world.run();
    for (deed, manner) in chapters {
        let known = telling.webhooks.len();
        telling.happens(deed);
        telling.comes_to_know(deed, manner, known);
    }
    telling.settle();
    telling
}

impl Telling {
    fn comes_to_know(&mut self, deed: &Event, manner: &Manner, known: usize) {
        let news = self.webhooks.get(known).copied();
        let is_complaint = news.is_some_and(|(hint, _)| hint == Hint::CleanedAbuse);
        let how = match (deed, manner.how) {
            (Event::There(There::AdminErases, _), _) => How::Nightly,
            (_, How::Webhook) if news.is_some() => How::Webhook,
            (_, How::Webhook) => How::Poll,
            (_, how) if is_complaint && how != How::Webhook => How::PollThenWebhook,
            (_, how) => how,
        };
        self.hear_again(manner);
        match how {
            How::Webhook => {}
            How::Poll | How::PollThenWebhook => self.world.poll(),
            How::Nightly => self.world.read_fully(),
        }
        if how == How::PollThenWebhook {
            self.work(manner);
        }
        if let (How::Webhook | How::PollThenWebhook, Some((hint, key))) = (how, news) {
            self.world.hear(hint, key);
        }
        self.work(manner);
        self.hear_again(manner);
        self.world.run();
    }

    fn hear_again(&mut self, manner: &Manner) {
        for at in &manner.again {
            if let Some((hint, key)) = self.webhooks.get(at % self.webhooks.len().max(1)).copied()
                && hint != Hint::CleanedAbuse
            {
                self.world.hear(hint, key);
            }
        }
    }

    fn work(&mut self, manner: &Manner) {
        for fates in &manner.rounds {
            self.world.round(&mut fates.iter().copied());
        }
        self.world.run();
    }
}

/// How everything stands in the end.
#[derive(Debug, PartialEq)]
struct End<'a> {
    group: Vec<ContactId>,
    at_mailchimp: BTreeMap<&'a String, Status>,
    standings: BTreeMap<ContactId, &'a StoredStanding>,
    /// NO BULK EMAILS, and which addresses are on hold.
    flags: BTreeMap<i64, (bool, Vec<bool>)>,
    review: &'a BTreeMap<String, Vec<ContactId>>,
}

fn end(world: &World) -> End<'_> {
    let members = world.mailchimp.members.iter();
    End {
        group: world.group(),
        at_mailchimp: members.map(|(key, truth)| (key, truth.status)).collect(),
        standings: world.known.stored.iter().map(|(id, row)| (*id, row)).collect(),
        flags: world.flags(),
        review: &world.review,
    }
}

/// What the sync did, for whoever reads of two ends that differ.
fn story(world: &World) -> String {
    let here = world
        .here
        .iter()
        .map(|(id, here, key, _)| format!("{here:?} {id} by {key}"));
    let there = world
        .sent
        .iter()
        .map(|sent| format!("{:?} {} for {}", sent.call, sent.key, sent.contact));
    format!(
        "here {:?}, there {:?}",
        here.collect::<Vec<_>>(),
        there.collect::<Vec<_>>()
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn invariant_8_two_tellings_of_one_history_lead_to_the_same_end(
        start in starts(),
        batches in (1..4_usize, 1..4_usize),
        chapters in chapters(),
    ) {
        let one = tell(&start, batches.0, chapters.iter().map(|chapter| (&chapter.deed, &chapter.manners.0)));
        let other = tell(&start, batches.1, chapters.iter().map(|chapter| (&chapter.deed, &chapter.manners.1)));
        prop_assert_eq!(end(&one.world), end(&other.world), "{}\n{}", story(&one.world), story(&other.world));
    }
}
