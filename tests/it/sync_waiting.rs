//! What waits to be sent is looked at once more before it leaves: nobody is written to on a word that no longer holds, and an
//! opt-out that waits is not dropped unsaid.

use crate::support::rehearsal::Rehearsal;
use crate::support::world::eventually;
use crate::sync_pages::Blocked;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz};
use dms::base::{Actor, ContactId, GroupId, MappingId, StaffId};
use dms::crm::contacts;
use dms::crm::groups;
use dms::crm::merge::actions::merge;
use dms::crm::merge::model::{Choices, Pair};
use dms::db::schema::{audiences, leases, mailchimp_connections, planned_calls};
use dms::mailchimp::SubscriberHash;
use dms::sync::view::View;
use dms::sync::{mirror, receive, slots};
use dms::work::{self, Kind};
use serde_json::{Value, json};
use std::sync::mpsc;

/// Between two looks at Mailchimp.
const A_DAY: u32 = 86_400;
const MEMBER: &str = "lists/{list_id}/members/{subscriber_hash}";

/// Until when Mailchimp takes no new people.
async fn additions_wait(rehearsal: &Rehearsal, until: Option<DateTime<Utc>>) {
    rehearsal
        .write(move |tx| {
            diesel::update(mailchimp_connections::table.find(tx.organization().0))
                .set(mailchimp_connections::additions_wait_until.eq(until))
                .execute(&mut **tx)?;
            let (organization, now) = (tx.organization(), tx.now());
            Ok(work::wake(tx, organization, Kind::Sync, now)?)
        })
        .await;
}

fn tomorrow(rehearsal: &Rehearsal) -> DateTime<Utc> {
    rehearsal.world.db().clock().now() + TimeDelta::days(1)
}

/// The states of the calls of a verb for a contact, the newest last.
async fn calls(rehearsal: &Rehearsal, contact: ContactId, verb: &'static str) -> Vec<String> {
    let found = rehearsal.write(move |tx| {
        Ok(planned_calls::table
            .filter(planned_calls::organization_id.eq(tx.organization()))
            .filter(planned_calls::contact_id.eq(contact))
            .filter(planned_calls::verb.eq(verb))
            .order(planned_calls::id)
            .select(planned_calls::state)
            .load(&mut **tx)?)
    });
    found.await
}

/// Nobody works for the organization, and no call waits.
async fn until_at_rest(rehearsal: &Rehearsal) {
    eventually("the sync is at rest", async || {
        let open = rehearsal.write(|tx| {
            Ok(planned_calls::table
                .filter(planned_calls::organization_id.eq(tx.organization()))
                .filter(planned_calls::settled_at.is_null())
                .count()
                .get_result::<i64>(&mut **tx)?)
        });
        open.await == 0 && is_lease_free(rehearsal).await
    })
    .await;
}

/// The look that follows the switching on of a link is over.
async fn until_looked_at(rehearsal: &Rehearsal) {
    eventually("the audience was looked at", async || {
        let looked_at = rehearsal.write(|tx| {
            Ok(audiences::table
                .filter(audiences::organization_id.eq(tx.organization()))
                .filter(audiences::polled_at.is_not_null())
                .count()
                .get_result::<i64>(&mut **tx)?)
        });
        looked_at.await == 1
    })
    .await;
}

async fn is_lease_free(rehearsal: &Rehearsal) -> bool {
    let organization = rehearsal.ada.organization_id();
    let held = rehearsal.world.db().shared(move |tx| {
        Ok(leases::table
            .filter(leases::organization_id.eq(organization.0))
            .filter(leases::holder.is_not_null())
            .count()
            .get_result(&mut **tx)?)
    });
    let held: anyhow::Result<i64> = held.await;
    held.unwrap() == 0
}

async fn change(
    rehearsal: &Rehearsal,
    contact: ContactId,
    how: impl FnOnce(&mut contacts::ContactDraft) + Send + 'static,
) {
    rehearsal
        .write(move |tx| {
            let mut draft = contacts::store::find(tx, contact)?.expect("the contact").draft();
            how(&mut draft);
            contacts::actions::change(tx, contact, &draft, "").map_err(anyhow::Error::from)?;
            Ok(())
        })
        .await;
}

async fn add(rehearsal: &Rehearsal, group: GroupId, people: Vec<ContactId>) {
    rehearsal
        .write(move |tx| Ok(groups::actions::add_contacts(tx, group, &people, "")?))
        .await;
}

/// All of the user's connections to Mailchimp are in use, or free again.
async fn hold_connections(rehearsal: &Rehearsal, are_held: bool) {
    let login: String = rehearsal
        .write(|tx| {
            let row = mailchimp_connections::table.find(tx.organization().0);
            Ok(row.select(mailchimp_connections::login_id).first(&mut **tx)?)
        })
        .await;
    let until = tomorrow(rehearsal);
    let done: anyhow::Result<()> = rehearsal
        .world
        .db()
        .shared(move |tx| {
            diesel::sql_query("DELETE FROM mailchimp_call_slots").execute(&mut **tx)?;
            if are_held {
                diesel::sql_query(
                    "INSERT INTO mailchimp_call_slots (login_hash, slot, holder, held_until) \
                     SELECT sha256(convert_to($1, 'UTF8')), number, gen_random_uuid(), $2 \
                     FROM generate_series(1, $3) AS number",
                )
                .bind::<Text, _>(login)
                .bind::<Timestamptz, _>(until)
                .bind::<BigInt, _>(i64::from(slots::SLOTS_PER_USER))
                .execute(&mut **tx)?;
            }
            Ok(())
        })
        .await;
    done.unwrap();
}

/// Anne unsubscribed and asked for the newsletter again; Mailchimp is to send its confirmation, and cannot yet.
async fn asked_to_confirm() -> Blocked {
    let blocked = Blocked::start().await;
    additions_wait(&blocked.rehearsal, Some(tomorrow(&blocked.rehearsal))).await;
    let note = [("note", "Called on May 4")];
    let path = format!("{}/confirmation", blocked.why());
    assert_eq!(blocked.rehearsal.ada.post(&path, &note).await.status, 303);
    assert_eq!(calls(&blocked.rehearsal, blocked.anne, "confirm").await, ["planned"]);
    blocked
}

async fn is_never_asked(blocked: &Blocked) {
    eventually("nobody is to be asked any more", async || {
        calls(&blocked.rehearsal, blocked.anne, "confirm").await == ["superseded"]
    })
    .await;
    additions_wait(&blocked.rehearsal, None).await;
    until_at_rest(&blocked.rehearsal).await;
    let status = blocked.rehearsal.status_at_mailchimp(&blocked.anne_at).await;
    assert_eq!(status.as_deref(), Some("unsubscribed"));
}

#[tokio::test]
async fn mailchimp_sends_no_confirmation_to_whom_do_not_email_was_set_for_meanwhile() {
    let blocked = asked_to_confirm().await;
    change(&blocked.rehearsal, blocked.anne, |draft| {
        draft.details.privacy.do_not_email = true;
    })
    .await;
    is_never_asked(&blocked).await;
}

#[tokio::test]
async fn mailchimp_sends_no_confirmation_to_who_left_the_group_meanwhile() {
    let blocked = asked_to_confirm().await;
    let path = format!("contacts/{}/groups/{}/removal", blocked.anne, blocked.group);
    blocked.rehearsal.ada.post(&path, &[]).await;
    is_never_asked(&blocked).await;
}

#[tokio::test]
async fn mailchimp_sends_no_confirmation_to_who_went_to_the_trash_meanwhile() {
    let blocked = asked_to_confirm().await;
    let anne = blocked.anne;
    blocked
        .rehearsal
        .write(move |tx| Ok(contacts::actions::trash(tx, &[anne], "")?))
        .await;
    is_never_asked(&blocked).await;
}

#[tokio::test]
async fn mailchimp_sends_no_confirmation_to_who_was_merged_into_somebody_else_meanwhile() {
    let blocked = asked_to_confirm().await;
    let (ann, _) = blocked.rehearsal.contact("Ann", "Lem").await;
    let merged = blocked
        .rehearsal
        .ada
        .post(&format!("contacts/{ann}/merge/{}", blocked.anne), &[])
        .await;
    assert_eq!(merged.status, 303, "{}", merged.text("main"));
    is_never_asked(&blocked).await;
}

#[tokio::test]
async fn mailchimp_sends_no_confirmation_to_who_unsubscribes_once_more_meanwhile() {
    let blocked = asked_to_confirm().await;
    let (audience, address) = (blocked.rehearsal.audience.clone(), blocked.anne_at.replace('@', "%40"));
    blocked
        .rehearsal
        .write(move |tx| {
            let body = format!("type=unsubscribe&data[list_id]={audience}&data[email]={address}&data[reason]=manual");
            Ok(receive::store_event(tx, &audience, &body, b"a second time")?)
        })
        .await;
    is_never_asked(&blocked).await;
}

#[tokio::test]
async fn whom_do_not_email_is_set_for_while_the_addition_is_under_way_is_not_added() {
    for others in [0, 7] {
        let rehearsal = Rehearsal::start(A_DAY).await;
        let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
        let others: Vec<(String, String, String)> = (0..others)
            .map(|n| {
                (
                    "Pat".into(),
                    format!("Number{n}"),
                    format!("pat{n}@maplemail.test-charity.ca"),
                )
            })
            .collect();
        let others = rehearsal.contacts(others).await;
        let group = rehearsal.group("Newsletter", vec![]).await;
        rehearsal.link(group, "group").await;
        until_looked_at(&rehearsal).await;
        until_at_rest(&rehearsal).await;
        hold_connections(&rehearsal, true).await;
        let all = [vec![anne], others.clone()].concat();
        add(&rehearsal, group, all).await;
        eventually("the addition is being made", async || {
            calls(&rehearsal, anne, "add").await == ["asking"]
        })
        .await;
        change(&rehearsal, anne, |draft| draft.details.privacy.do_not_email = true).await;
        hold_connections(&rehearsal, false).await;
        until_at_rest(&rehearsal).await;
        assert_eq!(rehearsal.status_at_mailchimp(&anne_at).await, None);
        assert_eq!(calls(&rehearsal, anne, "add").await, ["superseded"]);
        assert_eq!(rehearsal.count_at_mailchimp("subscribed").await, others.len());
    }
}

#[tokio::test]
async fn an_unsubscribe_that_waits_for_a_read_does_not_spare_a_look_before_many_are_added() {
    let rehearsal = Rehearsal::start(A_DAY).await;
    rehearsal
        .ask("PATCH", "settings", json!({"webhooks": {"off": true}}))
        .await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![anne]).await;
    rehearsal.link(group, "group").await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
    until_at_rest(&rehearsal).await;

    // Anne cannot be read at present, so that her unsubscribe waits.
    let hash = SubscriberHash::of(&anne_at);
    let unreadable = json!({"kind": "server_error", "method": "GET", "route": MEMBER, "path_contains": hash.as_str()});
    rehearsal.ask("POST", "faults", unreadable).await;
    let audience = rehearsal.audience.clone();
    rehearsal
        .write(move |tx| Ok(mirror::mark_due(tx, &audience, &[anne_at], true)?))
        .await;
    change(&rehearsal, anne, |draft| draft.details.privacy.do_not_email = true).await;
    eventually("her unsubscribe waits", async || {
        calls(&rehearsal, anne, "unsubscribe").await == ["planned"] && is_lease_free(&rehearsal).await
    })
    .await;

    let people: Vec<(String, String, String)> = (0..8)
        .map(|n| {
            (
                "Pat".into(),
                format!("Number{n}"),
                format!("pat{n}@maplemail.test-charity.ca"),
            )
        })
        .collect();
    let archived = people[3].2.clone();
    let members = json!({"members": [{"email_address": archived, "status": "subscribed"}]});
    let path = format!("audiences/{}/members", rehearsal.audience);
    rehearsal.ask("POST", &path, members).await;
    for step in ["unsubscribe", "archive"] {
        rehearsal.member_does(&archived, step, json!({"as": "admin"})).await;
    }
    rehearsal.world.pass(TimeDelta::minutes(2));
    let ids = rehearsal.contacts(people).await;
    add(&rehearsal, group, ids).await;
    eventually("seven were added", async || {
        rehearsal.count_at_mailchimp("subscribed").await == 8
    })
    .await;
    assert_eq!(
        rehearsal.status_at_mailchimp(&archived).await.as_deref(),
        Some("archived")
    );
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    waiting: i64,
}

#[tokio::test]
async fn a_call_for_somebody_who_is_just_being_merged_away_does_not_leave() {
    let rehearsal = Rehearsal::start(A_DAY).await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let (ann, ann_at) = rehearsal.contact("Ann", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![anne]).await;
    rehearsal.link(group, "group").await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
    until_at_rest(&rehearsal).await;
    additions_wait(&rehearsal, Some(tomorrow(&rehearsal))).await;
    add(&rehearsal, group, vec![ann]).await;
    eventually("the addition waits", async || {
        calls(&rehearsal, ann, "add").await == ["planned"] && is_lease_free(&rehearsal).await
    })
    .await;

    let (merged, is_merged) = mpsc::channel();
    let (go_on, is_to_go_on) = mpsc::channel::<()>();
    let (db, organization) = (rehearsal.world.db().clone(), rehearsal.ada.organization_id());
    let merging = tokio::spawn(async move {
        let ada = Actor::Staff {
            id: StaffId(1),
            name: "Ada Lem".into(),
        };
        db.write(organization, ada, move |tx| {
            let pair = Pair {
                survivor: anne,
                loser: ann,
            };
            let id = merge(tx, &View, pair, &Choices::default()).map_err(|error| anyhow::anyhow!("{error}"))?;
            merged.send(())?;
            is_to_go_on.recv()?;
            Ok::<i64, anyhow::Error>(id)
        })
        .await
    });
    tokio::task::spawn_blocking(move || is_merged.recv())
        .await
        .unwrap()
        .unwrap();
    additions_wait(&rehearsal, None).await;
    eventually("the sync waits for the end of the merge", async || {
        let waiting: Waiting = rehearsal
            .write(|tx| {
                Ok(diesel::sql_query(
                    "SELECT count(*) AS waiting FROM pg_stat_activity \
                     WHERE datname = current_database() AND wait_event_type = 'Lock'",
                )
                .get_result(&mut **tx)?)
            })
            .await;
        waiting.waiting > 0 || calls(&rehearsal, ann, "add").await != ["planned"]
    })
    .await;
    go_on.send(()).unwrap();
    merging.await.unwrap().unwrap();
    until_at_rest(&rehearsal).await;
    assert_eq!(calls(&rehearsal, ann, "add").await, ["superseded"]);
    assert_eq!(rehearsal.status_at_mailchimp(&ann_at).await, None);
    assert_eq!(
        rehearsal.status_at_mailchimp(&anne_at).await.as_deref(),
        Some("subscribed")
    );
}

/// Anne opted out here, and Mailchimp refuses to unsubscribe her: that is tried again tomorrow.
async fn refused_unsubscribe() -> (Rehearsal, MappingId, ContactId, String) {
    let rehearsal = Rehearsal::start(A_DAY).await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![anne]).await;
    let link = rehearsal.link(group, "group").await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
    until_at_rest(&rehearsal).await;
    let refused = json!({"kind": "member_exists", "method": "PATCH", "route": MEMBER});
    rehearsal.ask("POST", "faults", refused).await;
    change(&rehearsal, anne, |draft| draft.details.privacy.is_opt_out = true).await;
    eventually("Mailchimp has refused, and that is known", async || {
        let asked = rehearsal.ask("GET", "requests?method=PATCH", Value::Null).await["total_items"].as_u64();
        asked > Some(0)
            && calls(&rehearsal, anne, "unsubscribe").await == ["planned"]
            && is_lease_free(&rehearsal).await
    })
    .await;
    (rehearsal, link, anne, anne_at)
}

#[tokio::test]
async fn a_call_that_mailchimp_answered_holds_up_no_merge() {
    let (rehearsal, _, anne, anne_at) = refused_unsubscribe().await;
    let (ann, _) = rehearsal.contact("Ann", "Lem").await;
    let merged = rehearsal.ada.post(&format!("contacts/{ann}/merge/{anne}"), &[]).await;
    assert_eq!(merged.status, 303, "{}", merged.text("main"));
    rehearsal.ask("DELETE", "faults", Value::Null).await;
    rehearsal.world.pass(TimeDelta::days(2));
    rehearsal.until_at_mailchimp(&anne_at, "unsubscribed").await;
}

#[tokio::test]
async fn a_link_is_not_switched_off_over_the_heads_of_people_whose_opt_out_still_waits() {
    let (rehearsal, link, anne, anne_at) = refused_unsubscribe().await;
    let off = format!("mailchimp/links/{link}/off");
    let asked = rehearsal.ada.get(&off).await;
    assert!(
        asked.has("1 person opted out here and is still subscribed at Mailchimp"),
        "{}",
        asked.text("main")
    );
    assert!(asked.has("Anne Lem"));
    let refused = rehearsal.ada.post(&off, &[]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.has("Nothing was switched off"), "{}", refused.text("main"));
    assert_eq!(calls(&rehearsal, anne, "unsubscribe").await, ["planned"]);

    // Once Mailchimp knows, nothing stands in the way.
    rehearsal.ask("DELETE", "faults", Value::Null).await;
    rehearsal.world.pass(TimeDelta::days(2));
    rehearsal.until_at_mailchimp(&anne_at, "unsubscribed").await;
    until_at_rest(&rehearsal).await;
    let asked = rehearsal.ada.get(&off).await;
    assert!(!asked.has("opted out here and"), "{}", asked.text("main"));
    assert!(asked.has("Mailchimp is no longer told"), "{}", asked.text("main"));
    assert_eq!(rehearsal.ada.post(&off, &[]).await.status, 303);
    assert_eq!(rehearsal.ada.get(&off).await.status, 404);
}

#[tokio::test]
async fn a_link_is_switched_off_all_the_same_where_staff_say_so() {
    let (rehearsal, link, anne, anne_at) = refused_unsubscribe().await;
    let off = format!("mailchimp/links/{link}/off");
    let switched = rehearsal.ada.post(&off, &[("all_the_same", "yes")]).await;
    assert_eq!(switched.status, 303, "{}", switched.text("main"));
    assert_eq!(calls(&rehearsal, anne, "unsubscribe").await, ["superseded"]);
    assert_eq!(
        rehearsal.status_at_mailchimp(&anne_at).await.as_deref(),
        Some("subscribed")
    );
}
