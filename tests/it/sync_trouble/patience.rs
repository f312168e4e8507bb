//! What does not work is tried again, less and less often, and holds up nothing else.

use super::{A_DAY, Linked, MEMBER, MEMBERS};
use crate::support::world::eventually;
use chrono::TimeDelta;
use dms::crm::contacts;
use dms::mailchimp::SubscriberHash;
use dms::sync::mirror;
use dms::work::{self, Kind};
use serde_json::json;

#[tokio::test]
async fn one_member_who_cannot_be_read_holds_up_nobody_else() {
    let linked = Linked::start(A_DAY, &[("Anne", "Lem"), ("Bob", "Roy"), ("Cleo", "Moss")]).await;
    let (anne, anne_at) = linked.people[0].clone();
    linked
        .fault(json!({"kind": "server_error", "method": "GET", "route": MEMBER,
            "path_contains": SubscriberHash::of(&anne_at).as_str()}))
        .await;
    let keys: Vec<String> = linked.people.iter().map(|(_, address)| address.clone()).collect();
    for address in &keys {
        linked.rehearsal.member_does(address, "unsubscribe", json!({})).await;
    }
    let audience = linked.rehearsal.audience.clone();
    linked
        .rehearsal
        .write(move |tx| {
            mirror::mark_due(tx, &audience, &keys, true)?;
            let (organization, now) = (tx.organization(), tx.now());
            Ok(work::wake(tx, organization, Kind::Sync, now)?)
        })
        .await;
    for (others, _) in &linked.people[1..] {
        linked.rehearsal.until_groups_tab(*others, "Removed (by API)").await;
    }
    linked.until_lease_free().await;
    let asked = linked.asked("GET", MEMBER).await;
    linked.rehearsal.world.pass(TimeDelta::seconds(3));
    linked.wake().await;
    linked.until_lease_free().await;
    assert_eq!(linked.asked("GET", MEMBER).await, asked, "it waits longer than that");
    linked.no_more_faults().await;
    linked.rehearsal.world.pass(TimeDelta::minutes(1));
    linked.rehearsal.until_groups_tab(anne, "Removed (by API)").await;
}

#[tokio::test]
async fn a_member_who_cannot_be_read_is_asked_for_less_and_less_often() {
    let linked = Linked::start(A_DAY * 30, &[("Anne", "Lem")]).await;
    let (anne, anne_at) = linked.people[0].clone();
    linked
        .fault(json!({"kind": "server_error", "method": "GET", "route": MEMBER}))
        .await;
    linked.rehearsal.member_does(&anne_at, "unsubscribe", json!({})).await;
    let audience = linked.rehearsal.audience.clone();
    let before = linked.asked("GET", MEMBER).await;
    linked
        .rehearsal
        .write(move |tx| Ok(mirror::mark_due(tx, &audience, &[anne_at], true)?))
        .await;
    linked.wake().await;
    // 5, 10, 20 … seconds after each other: seven times within some ten minutes, and not 120 times.
    for (times, wait) in [(1, 6), (2, 11), (3, 21), (4, 41), (5, 81), (6, 161)] {
        eventually("the member was asked for", async || {
            linked.asked("GET", MEMBER).await == before + times
        })
        .await;
        linked.until_lease_free().await;
        linked.rehearsal.world.pass(TimeDelta::seconds(wait));
    }
    eventually("the member was asked for once more", async || {
        linked.asked("GET", MEMBER).await == before + 7
    })
    .await;
    linked.no_more_faults().await;
    linked.until_lease_free().await;
    linked.rehearsal.world.pass(TimeDelta::minutes(20));
    linked.rehearsal.until_groups_tab(anne, "Removed (by API)").await;
}

#[tokio::test]
async fn a_full_plan_at_mailchimp_stops_additions_only_and_ends_by_itself() {
    let linked = Linked::start(A_DAY, &[("Anne", "Lem"), ("Bob", "Roy")]).await;
    let rehearsal = &linked.rehearsal;
    let full = |is: bool| rehearsal.ask("PATCH", "settings", json!({"over_plan_limit": is}));
    full(true).await;
    let (cleo, cleo_at) = rehearsal.contact("Cleo", "Moss").await;
    linked.add(cleo).await;
    linked.until_told("needs you", 1).await;
    let banner = rehearsal.ada.get("contacts").await.text(".banner");
    assert!(banner.contains("Mailchimp takes no new people"), "{banner}");
    rehearsal
        .until_groups_tab(cleo, "They are added as soon as it does")
        .await;

    // Opt-outs and removals go on.
    let (anne, anne_at) = linked.people[0].clone();
    rehearsal
        .write(move |tx| Ok(contacts::actions::set_no_bulk_emails(tx, anne, "On the phone")?))
        .await;
    rehearsal.until_at_mailchimp(&anne_at, "unsubscribed").await;
    let (bob, bob_at) = linked.people[1].clone();
    let removal = format!("contacts/{bob}/groups/{}/removal", linked.group);
    rehearsal.ada.post(&removal, &[]).await;
    rehearsal.until_at_mailchimp(&bob_at, "archived").await;

    // Further additions are not even tried meanwhile.
    let tried = linked.asked("POST", MEMBERS).await;
    let (dan, dan_at) = rehearsal.contact("Dan", "Hill").await;
    linked.add(dan).await;
    rehearsal.until_groups_tab(dan, "takes no new people").await;
    linked.until_lease_free().await;
    assert_eq!(linked.asked("POST", MEMBERS).await, tried);

    full(false).await;
    rehearsal.world.pass(TimeDelta::minutes(61));
    rehearsal.until_at_mailchimp(&cleo_at, "subscribed").await;
    rehearsal.until_at_mailchimp(&dan_at, "subscribed").await;
    linked.until_told("is working again", 1).await;
    assert!(rehearsal.ada.get("contacts").await.texts(".banner").is_empty());
}

#[tokio::test]
async fn somebody_whom_mailchimp_claims_to_have_and_never_shows_is_tried_five_times_and_then_explained() {
    let linked = Linked::start(A_DAY * 30, &[]).await;
    linked
        .fault(json!({"kind": "member_exists", "method": "POST", "route": MEMBERS}))
        .await;
    let (anne, _) = linked.rehearsal.contact("Anne", "Lem").await;
    linked.add(anne).await;
    for (times, wait) in [(1, 2), (2, 15), (3, 90), (4, 600)] {
        eventually("Mailchimp was asked", async || {
            linked.asked("POST", MEMBERS).await == times
        })
        .await;
        linked.until_lease_free().await;
        linked.rehearsal.world.pass(TimeDelta::minutes(wait));
    }
    linked
        .rehearsal
        .until_groups_tab(anne, "is a member already, but does not show it")
        .await;
    linked.until_at_rest().await;
    assert_eq!(linked.asked("POST", MEMBERS).await, 5);
}
