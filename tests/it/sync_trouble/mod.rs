//! Trouble between us and Mailchimp costs nobody else anything, is told to the people who can help, and ends by itself.

mod patience;

use crate::support::rehearsal::Rehearsal;
use crate::support::world::eventually;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use dms::base::{ContactId, GroupId, MappingId};
use dms::db::schema::{audience_members, audiences, leases, mailchimp_connections, planned_calls, webhook_events};
use dms::work::{self, Kind};
use serde_json::{Value, json};

/// Between two looks at Mailchimp; a test that wants one moves the clock.
const A_DAY: u32 = 86_400;
const MEMBERS: &str = "lists/{list_id}/members";
const MEMBER: &str = "lists/{list_id}/members/{subscriber_hash}";
const AUDIENCE: &str = "lists/{list_id}";
const WEBHOOKS: &str = "lists/{list_id}/webhooks";

/// A linked group whose people are at Mailchimp; no webhook is delivered.
struct Linked {
    rehearsal: Rehearsal,
    group: GroupId,
    link: MappingId,
    people: Vec<(ContactId, String)>,
}

impl Linked {
    async fn start(poll_seconds: u32, people: &[(&str, &str)]) -> Self {
        let rehearsal = Rehearsal::start(poll_seconds).await;
        rehearsal
            .ask("PATCH", "settings", json!({"webhooks": {"off": true}}))
            .await;
        Self::link(rehearsal, people).await
    }

    async fn link(rehearsal: Rehearsal, people: &[(&str, &str)]) -> Self {
        let mut known = Vec::new();
        for (first_name, last_name) in people {
            known.push(rehearsal.contact(first_name, last_name).await);
        }
        let ids = known.iter().map(|(id, _)| *id).collect();
        let group = rehearsal.group("Newsletter", ids).await;
        let link = rehearsal.link(group, "group").await;
        let linked = Self {
            rehearsal,
            group,
            link,
            people: known,
        };
        for (_, address) in &linked.people {
            linked.rehearsal.until_at_mailchimp(address, "subscribed").await;
        }
        eventually("the first look at the audience is over", async || {
            linked.polled_at().await.is_some()
        })
        .await;
        linked.until_at_rest().await;
        linked
    }

    async fn fault(&self, rule: Value) {
        self.rehearsal.ask("POST", "faults", rule).await;
    }

    async fn no_more_faults(&self) {
        self.rehearsal.ask("DELETE", "faults", Value::Null).await;
    }

    async fn add(&self, contact: ContactId) {
        let group = self.group.to_string();
        self.rehearsal
            .ada
            .post(&format!("contacts/{contact}/groups"), &[("group", &group)])
            .await;
    }

    /// Nobody works for the organization, and no call waits.
    async fn until_at_rest(&self) {
        eventually("the sync is at rest", async || {
            self.is_lease_free().await && self.open_calls().await == 0
        })
        .await;
    }

    async fn open_calls(&self) -> i64 {
        let count = self.rehearsal.write(|tx| {
            Ok(planned_calls::table
                .filter(planned_calls::organization_id.eq(tx.organization()))
                .filter(planned_calls::settled_at.is_null())
                .count()
                .get_result(&mut **tx)?)
        });
        count.await
    }

    /// How often Mailchimp was asked this since the log was emptied.
    async fn asked(&self, method: &str, route: &str) -> usize {
        let path = format!("requests?method={method}&route={}", urlencoded(route));
        let found = self.rehearsal.ask("GET", &path, Value::Null).await;
        usize::try_from(found["total_items"].as_u64().unwrap()).unwrap()
    }

    async fn mirrored(&self) -> i64 {
        let count = self.rehearsal.write(|tx| {
            Ok(audience_members::table
                .filter(audience_members::organization_id.eq(tx.organization()))
                .count()
                .get_result(&mut **tx)?)
        });
        count.await
    }

    async fn polled_at(&self) -> Option<DateTime<Utc>> {
        let audience = self.rehearsal.audience.clone();
        let at = self.rehearsal.write(move |tx| {
            let row = audiences::table.find((tx.organization().0, audience));
            Ok(row.select(audiences::polled_at).first(&mut **tx)?)
        });
        at.await
    }

    async fn polled_until(&self) -> Option<DateTime<Utc>> {
        let audience = self.rehearsal.audience.clone();
        let until = self.rehearsal.write(move |tx| {
            let row = audiences::table.find((tx.organization().0, audience));
            Ok(row.select(audiences::polled_until).first(&mut **tx)?)
        });
        until.await
    }

    async fn subjects(&self) -> Vec<String> {
        let mails = self.rehearsal.world.mails_to("ada@riverside.test").await;
        mails.into_iter().map(|mail| mail.subject).collect()
    }

    async fn until_told(&self, words: &str, times: usize) {
        eventually(&format!("{times} letters say: {words}"), async || {
            let subjects = self.subjects().await;
            subjects.iter().filter(|subject| subject.ends_with(words)).count() == times
        })
        .await;
    }

    async fn until_page(&self, path: &str, words: &str) {
        eventually(&format!("{path} shows: {words}"), async || {
            self.rehearsal.ada.get(path).await.has(words)
        })
        .await;
    }

    async fn wake(&self) {
        let wake = self.rehearsal.write(|tx| {
            let (organization, now) = (tx.organization(), tx.now());
            Ok(work::wake(tx, organization, Kind::Sync, now)?)
        });
        wake.await;
    }

    /// Nobody works for the organization; calls may wait.
    async fn until_lease_free(&self) {
        eventually("nobody holds the lease", async || self.is_lease_free().await).await;
    }

    async fn is_lease_free(&self) -> bool {
        let organization = self.rehearsal.ada.organization_id();
        let held = self.rehearsal.world.db().shared(move |tx| {
            Ok(leases::table
                .filter(leases::organization_id.eq(organization.0))
                .filter(leases::holder.is_not_null())
                .count()
                .get_result(&mut **tx)?)
        });
        let held: anyhow::Result<i64> = held.await;
        held.unwrap() == 0
    }

    async fn kept_hints(&self) -> i64 {
        let count = self.rehearsal.write(|tx| {
            Ok(webhook_events::table
                .filter(webhook_events::organization_id.eq(tx.organization()))
                .count()
                .get_result(&mut **tx)?)
        });
        count.await
    }

    async fn calls_with_addresses(&self) -> i64 {
        let count = self.rehearsal.write(|tx| {
            Ok(planned_calls::table
                .filter(planned_calls::organization_id.eq(tx.organization()))
                .filter(planned_calls::address_key.ne(""))
                .count()
                .get_result(&mut **tx)?)
        });
        count.await
    }

    /// Somebody at Mailchimp removes our webhook.
    async fn remove_our_webhook(&self) {
        let token = self.rehearsal.ask("POST", "tokens", json!({})).await;
        let token = token["access_token"].as_str().unwrap();
        let base = self.rehearsal.sandbox.base_url();
        let webhooks = format!("{base}/3.0/lists/{}/webhooks", self.rehearsal.audience);
        let http = reqwest::Client::new();
        let all: Value = http
            .get(&webhooks)
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        for webhook in all["webhooks"].as_array().unwrap() {
            let url = format!("{webhooks}/{}", webhook["id"].as_str().unwrap());
            let gone = http.delete(url).bearer_auth(token).send().await.unwrap();
            assert!(gone.status().is_success());
        }
    }

    /// A run has begun after now, and ended in trouble.
    async fn until_failed_again(&self) {
        let now = self.rehearsal.world.db().clock().now();
        eventually("another run has failed", async || {
            let last: Option<DateTime<Utc>> = self
                .rehearsal
                .write(|tx| {
                    let row = mailchimp_connections::table.find(tx.organization().0);
                    Ok(row.select(mailchimp_connections::last_run_at).first(&mut **tx)?)
                })
                .await;
            last > Some(now)
        })
        .await;
    }
}

fn urlencoded(text: &str) -> String {
    text.replace('{', "%7B").replace('}', "%7D")
}

#[tokio::test]
async fn a_look_that_breaks_off_keeps_the_pages_it_has_and_begins_again_where_it_began() {
    let linked = Linked::start(A_DAY, &[]).await;
    let until = linked.polled_until().await;
    let seeds = json!({"count": 1_200, "prefix": "seeded"});
    let path = format!("audiences/{}/members", linked.rehearsal.audience);
    linked.rehearsal.ask("POST", &path, seeds).await;
    linked
        .fault(json!({"kind": "server_error", "method": "GET", "route": MEMBERS, "skip": 1}))
        .await;
    linked.rehearsal.world.pass(TimeDelta::days(1));
    eventually("the first page is kept", async || linked.mirrored().await == 1_000).await;
    assert_eq!(linked.polled_until().await, until);
    linked.no_more_faults().await;
    linked.rehearsal.world.pass(TimeDelta::minutes(20));
    eventually("all pages are there", async || linked.mirrored().await == 1_200).await;
    eventually("the next look begins later", async || {
        linked.polled_until().await > until
    })
    .await;
}

#[tokio::test]
async fn an_audience_missing_from_the_list_breaks_its_link_and_tells_once() {
    let linked = Linked::start(A_DAY, &[("Anne", "Lem")]).await;
    let audience = format!("audiences/{}", linked.rehearsal.audience);
    linked.rehearsal.ask("DELETE", &audience, Value::Null).await;
    linked.rehearsal.ada.post("mailchimp/audiences", &[]).await;
    let groups = linked.rehearsal.ada.get("groups").await;
    assert!(groups.has("Broken"), "{}", groups.text("main"));
    let page = linked
        .rehearsal
        .ada
        .get(&format!("mailchimp/links/{}", linked.link))
        .await;
    assert!(page.has("This link is broken"));
    linked.rehearsal.ada.post("mailchimp/audiences", &[]).await;
    linked.until_told("needs you", 1).await;
    assert!(
        linked
            .rehearsal
            .ada
            .get("contacts")
            .await
            .text(".banner")
            .contains("Newsletter")
    );
}

#[tokio::test]
async fn a_link_whose_audience_is_back_goes_on_with_what_waited() {
    let linked = Linked::start(1, &[("Anne", "Lem")]).await;
    linked.fault(json!({"kind": "not_found", "route": AUDIENCE})).await;
    linked.until_page("groups", "Broken").await;
    linked.until_told("needs you", 1).await;
    let (bob, bob_at) = linked.rehearsal.contact("Bob", "Roy").await;
    linked.add(bob).await;
    linked.until_at_rest().await;
    assert_eq!(linked.rehearsal.status_at_mailchimp(&bob_at).await, None);
    linked.no_more_faults().await;
    linked.rehearsal.until_at_mailchimp(&bob_at, "subscribed").await;
    linked.until_page("groups", "In sync").await;
    linked.until_told("is working again", 1).await;
}

#[tokio::test]
async fn what_was_not_sent_yet_when_a_link_is_switched_off_is_never_sent() {
    let linked = Linked::start(A_DAY, &[]).await;
    linked
        .fault(json!({"kind": "latency", "milliseconds": 1_500, "method": "POST", "route": MEMBERS}))
        .await;
    let mut joining = Vec::new();
    for name in ["Anne", "Bob", "Cleo", "Dan", "Eve"] {
        joining.push(linked.rehearsal.contact(name, "Lem").await.0);
    }
    let group = linked.group;
    linked
        .rehearsal
        .write(move |tx| Ok(dms::crm::groups::actions::add_contacts(tx, group, &joining, "")?))
        .await;
    eventually("the first call is under way", async || {
        linked.asked("POST", MEMBERS).await > 0
    })
    .await;
    let off = format!("mailchimp/links/{}/off", linked.link);
    assert_eq!(linked.rehearsal.ada.post(&off, &[]).await.status, 303);
    linked.until_at_rest().await;
    assert!(
        linked.asked("POST", MEMBERS).await < 5,
        "four are sent at once, the fifth waited"
    );
}

#[tokio::test]
async fn what_mailchimp_told_and_was_told_is_forgotten_in_time() {
    let linked = Linked::link(Rehearsal::start(A_DAY).await, &[("Anne", "Lem")]).await;
    let (anne, anne_at) = linked.people[0].clone();
    linked.rehearsal.member_does(&anne_at, "unsubscribe", json!({})).await;
    linked.rehearsal.until_groups_tab(anne, "Removed (by API)").await;
    linked.until_at_rest().await;
    assert!(linked.kept_hints().await > 0);
    linked.rehearsal.world.pass(TimeDelta::days(31));
    eventually("hints are forgotten", async || linked.kept_hints().await == 0).await;
    assert_eq!(linked.calls_with_addresses().await, 1);
    linked.until_lease_free().await;
    linked.rehearsal.world.pass(TimeDelta::days(60));
    eventually("addresses are forgotten", async || {
        linked.calls_with_addresses().await == 0
    })
    .await;
    let kept: Vec<(String, String, Value)> = linked
        .rehearsal
        .write(|tx| {
            Ok(planned_calls::table
                .filter(planned_calls::organization_id.eq(tx.organization()))
                .select((planned_calls::verb, planned_calls::state, planned_calls::body))
                .load(&mut **tx)?)
        })
        .await;
    assert_eq!(kept, [("add".to_owned(), "accepted".to_owned(), json!({}))]);
}

#[tokio::test]
async fn a_webhook_that_cannot_be_repaired_is_told_and_so_is_its_return() {
    let linked = Linked::link(Rehearsal::start(A_DAY).await, &[]).await;
    linked
        .until_page("mailchimp", "Mailchimp tells us of changes at once")
        .await;
    linked.remove_our_webhook().await;
    linked
        .fault(json!({"kind": "member_exists", "method": "POST", "route": WEBHOOKS}))
        .await;
    linked.rehearsal.world.pass(TimeDelta::days(1));
    linked.until_told("needs you", 1).await;
    let banner = linked.rehearsal.ada.get("contacts").await.text(".banner");
    assert!(banner.contains("no longer tells us of changes"), "{banner}");
    linked.no_more_faults().await;
    linked.until_lease_free().await;
    linked.rehearsal.world.pass(TimeDelta::days(1));
    linked.until_told("is working again", 1).await;
    linked
        .until_page("mailchimp", "Mailchimp tells us of changes at once")
        .await;
}

#[tokio::test]
async fn when_nothing_has_succeeded_for_26_hours_somebody_is_told_daily_until_it_does() {
    let linked = Linked::start(A_DAY / 24, &[("Anne", "Lem")]).await;
    linked.fault(json!({"kind": "server_error"})).await;
    linked.until_lease_free().await;
    linked.rehearsal.world.pass(TimeDelta::hours(25));
    linked.until_failed_again().await;
    linked.until_told("needs you", 0).await;
    linked.rehearsal.world.pass(TimeDelta::hours(2));
    linked.until_told("needs you", 1).await;
    let banner = linked.rehearsal.ada.get("contacts").await.text(".banner");
    assert!(banner.contains("Nothing has gone through"), "{banner}");
    linked.rehearsal.world.pass(TimeDelta::hours(23));
    linked.until_failed_again().await;
    linked.until_told("still needs you", 0).await;
    linked.rehearsal.world.pass(TimeDelta::hours(2));
    linked.until_told("still needs you", 1).await;
    // Letters are written at the beginning of a run, the time of the next one is set at its end.
    linked.until_lease_free().await;
    linked.no_more_faults().await;
    linked.rehearsal.world.pass(TimeDelta::minutes(20));
    linked.until_told("is working again", 1).await;
    assert!(linked.rehearsal.ada.get("contacts").await.texts(".banner").is_empty());
}
