//! Processes die at any line, calls fail in every way the stand-in knows, several processes share the work: both sides agree
//! in the end, every planned call has one outcome, and nobody was subscribed against their will.

use crate::support::patience::patiently;
use crate::support::rehearsal::{DOMAIN, Rehearsal};
use crate::support::world::World;
use diesel::prelude::*;
use dms::base::{ContactId, GroupId};
use dms::crm::groups;
use dms::db::schema::{due_contacts, planned_calls};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Who are synced while processes die.
const PEOPLE: usize = 2_000;
/// How often a process is killed.
const KILLS: usize = 5;
/// The same moments every time; others are another seed.
const SEED: u64 = 20_261_124;
/// One call in ten fails, in one of these ways.
const FAULTS: [&str; 11] = [
    "too_many_requests",
    "server_error",
    "server_error_after",
    "blocked_html",
    "denied_html",
    "gateway_html",
    "empty_too_many",
    "empty_forbidden",
    "empty_body",
    "drop_before",
    "drop_after",
];
/// Backoff after the last failure included.
const PATIENCE: Duration = Duration::from_secs(180);

/// A process of the product, killed when it is dropped.
struct Process(Child);

impl Process {
    fn start(world: &World) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dms"));
        command
            .arg("--var")
            .arg(world.var())
            .arg("serve")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(command.envs(world.settings()).spawn().unwrap())
    }

    /// SIGKILL: no line of clean-up runs.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_here_and_there_with_a_tenth_of_the_calls_failing_both_sides_agree_in_the_end() {
    let (mut rehearsal, group, people) = two_thousand_linked().await;
    for kind in FAULTS {
        let probability = 0.1 / FAULTS.len() as f64;
        rehearsal
            .ask("POST", "faults", json!({"kind": kind, "probability": probability}))
            .await;
    }
    rehearsal.world.stop().await;
    join(&rehearsal, group, people.iter().map(|(id, _)| *id).collect()).await;

    let mut process = Process::start(&rehearsal.world);
    for settled in moments() {
        until_settled_are(&rehearsal, settled).await;
        process.kill();
        process = Process::start(&rehearsal.world);
    }
    // While it goes on: some leave by themselves, some are removed by staff.
    let leavers = subscribed(&rehearsal, &people, 20).await;
    for (_, address) in &leavers {
        rehearsal.member_does(address, "unsubscribe", json!({})).await;
    }
    let removed: Vec<ContactId> = people.iter().rev().take(20).map(|(id, _)| *id).collect();
    let gone = removed.clone();
    rehearsal
        .write(move |tx| Ok(groups::actions::remove_contacts(tx, group, &gone, "")?))
        .await;
    rehearsal.ask("DELETE", "faults", serde_json::Value::Null).await;

    until_settled(&rehearsal).await;
    let left: usize = leavers.iter().filter(|(id, _)| !removed.contains(id)).count();
    let expected = PEOPLE - removed.len() - left;
    let both = async || {
        let here = members_of(&rehearsal, group).await;
        (here, rehearsal.count_at_mailchimp("subscribed").await)
    };
    let agreed = async || (both().await == (expected, expected)).then_some(());
    patiently(PATIENCE, agreed, async || {
        format!("{expected} here and there: {:?}", both().await)
    })
    .await;
    until_settled(&rehearsal).await;
    rehearsal.assert_nobody_subscribed_against_their_will().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_do_nothing_twice_and_one_takes_over_from_the_other() {
    let (mut rehearsal, group, people) = two_thousand_linked().await;
    rehearsal.world.stop().await;
    let (one, other) = (Process::start(&rehearsal.world), Process::start(&rehearsal.world));
    let (first, rest) = people.split_at(PEOPLE / 2);
    for chunk in first.chunks(100) {
        join(&rehearsal, group, chunk.iter().map(|(id, _)| *id).collect()).await;
    }
    until_count(&rehearsal, first.len()).await;
    until_settled(&rehearsal).await;
    let calls = calls_by_contact(&rehearsal).await;
    assert!(calls.values().all(|count| *count == 1), "somebody was planned twice");
    assert_eq!(calls.len(), first.len());

    one.kill();
    join(&rehearsal, group, rest.iter().map(|(id, _)| *id).collect()).await;
    until_count(&rehearsal, PEOPLE).await;
    until_settled(&rehearsal).await;
    rehearsal.assert_nobody_subscribed_against_their_will().await;
    other.kill();
}

/// Two thousand contacts with addresses, and an empty group that is linked.
async fn two_thousand_linked() -> (Rehearsal, GroupId, Vec<(ContactId, String)>) {
    let rehearsal = Rehearsal::start(1).await;
    rehearsal
        .ask("PATCH", "settings", json!({"webhooks": {"off": true}}))
        .await;
    let group = rehearsal.group("Newsletter", Vec::new()).await;
    rehearsal.link(group, "none").await;
    let addresses: Vec<String> = (0..PEOPLE).map(|number| format!("donor{number}@{DOMAIN}")).collect();
    let drafts = addresses.iter().enumerate();
    let drafts = drafts
        .map(|(number, at)| ("Donor".to_owned(), format!("Number{number}"), at.clone()))
        .collect();
    let ids = rehearsal.contacts(drafts).await;
    (rehearsal, group, ids.into_iter().zip(addresses).collect())
}

async fn join(rehearsal: &Rehearsal, group: GroupId, contacts: Vec<ContactId>) {
    rehearsal
        .write(move |tx| Ok(groups::actions::add_contacts(tx, group, &contacts, "")?))
        .await;
}

/// How many calls are settled each time a process dies: anything, so that it dies amid planning, calling and taking in.
fn moments() -> Vec<i64> {
    let mut dice = StdRng::seed_from_u64(SEED);
    let mut moments: Vec<i64> = (0..KILLS).map(|_| dice.random_range(1..PEOPLE as i64)).collect();
    moments.sort_unstable();
    moments
}

async fn until_settled_are(rehearsal: &Rehearsal, wanted: i64) {
    let settled = async || {
        rehearsal
            .write(|tx| {
                let settled = planned_calls::table
                    .filter(planned_calls::organization_id.eq(tx.organization()))
                    .filter(planned_calls::settled_at.is_not_null());
                Ok(settled.count().get_result::<i64>(&mut **tx)?)
            })
            .await
    };
    let are_there = async || (settled().await >= wanted).then_some(());
    patiently(PATIENCE, are_there, async || {
        format!("{wanted} settled calls: {}", settled().await)
    })
    .await;
}

/// The first people who have arrived at Mailchimp.
async fn subscribed(rehearsal: &Rehearsal, people: &[(ContactId, String)], wanted: usize) -> Vec<(ContactId, String)> {
    let arrived = async || {
        let mut found = Vec::new();
        for (id, address) in people.iter().take(wanted * 5) {
            if rehearsal.status_at_mailchimp(address).await.as_deref() == Some("subscribed") {
                found.push((*id, address.clone()));
            }
            if found.len() == wanted {
                return Some(found);
            }
        }
        None
    };
    patiently(PATIENCE, arrived, async || format!("{wanted} arrived")).await
}

async fn members_of(rehearsal: &Rehearsal, group: GroupId) -> usize {
    let count = rehearsal
        .write(move |tx| Ok(groups::store::member_count(tx, group)?))
        .await;
    usize::try_from(count).unwrap()
}

async fn until_count(rehearsal: &Rehearsal, expected: usize) {
    let are_there = async || (rehearsal.count_at_mailchimp("subscribed").await == expected).then_some(());
    patiently(PATIENCE, are_there, async || format!("{expected} at Mailchimp")).await;
}

/// Nothing is due any more and every planned call has its outcome.
async fn until_settled(rehearsal: &Rehearsal) {
    let open = async || {
        rehearsal
            .write(|tx| {
                let calls: i64 = planned_calls::table
                    .filter(planned_calls::organization_id.eq(tx.organization()))
                    .filter(planned_calls::settled_at.is_null())
                    .count()
                    .get_result(&mut **tx)?;
                let due: i64 = due_contacts::table
                    .filter(due_contacts::organization_id.eq(tx.organization()))
                    .count()
                    .get_result(&mut **tx)?;
                Ok(calls + due)
            })
            .await
    };
    patiently(
        PATIENCE,
        async || (open().await == 0).then_some(()),
        async || format!("the end of {} calls and marks", open().await),
    )
    .await;
}

async fn calls_by_contact(rehearsal: &Rehearsal) -> HashMap<i64, i64> {
    rehearsal
        .write(|tx| {
            let rows: Vec<(i64, i64)> = planned_calls::table
                .filter(planned_calls::organization_id.eq(tx.organization()))
                .group_by(planned_calls::contact_id)
                .select((planned_calls::contact_id, diesel::dsl::count_star()))
                .load(&mut **tx)?;
            Ok(rows.into_iter().collect())
        })
        .await
}
