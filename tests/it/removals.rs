//! The circuit breaker: unusually many removals wait until staff have looked at them, and opt-outs do not.

use crate::support::rehearsal::{DOMAIN, Rehearsal};
use crate::support::world::eventually;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use dms::base::{ContactId, GroupId, MappingId};
use dms::crm::{contacts, groups};
use dms::db::schema::audiences;
use dms::work;
use serde_json::json;

/// The people of the group; a tenth of them is less than the number that is never asked about.
const PEOPLE: usize = 30;
/// More than one run removes by itself.
const MANY: usize = 25;

/// A linked group of subscribed people. Mailchimp is looked at when the test says so, and tells nothing by itself.
struct Linked {
    rehearsal: Rehearsal,
    group: GroupId,
    link: MappingId,
    people: Vec<(ContactId, String)>,
}

impl Linked {
    async fn start() -> Self {
        let rehearsal = Rehearsal::start(86_400).await;
        let settings = json!({"webhooks": {"off": true}});
        rehearsal.ask("PATCH", "settings", settings).await;
        let drafts: Vec<(String, String, String)> = (0..PEOPLE)
            .map(|n| ("Pat".into(), format!("Number{n}"), format!("pat{n}@{DOMAIN}")))
            .collect();
        let addresses: Vec<String> = drafts.iter().map(|draft| draft.2.clone()).collect();
        let ids = rehearsal.contacts(drafts).await;
        let group = rehearsal.group("Newsletter", ids.clone()).await;
        let link = rehearsal.link(group, "group").await;
        eventually("all are subscribed", async || {
            rehearsal.count_at_mailchimp("subscribed").await == PEOPLE
        })
        .await;
        let people = ids.into_iter().zip(addresses).collect();
        Self {
            rehearsal,
            group,
            link,
            people,
        }
    }

    async fn look_at_mailchimp(&self) {
        self.rehearsal
            .write(|tx| {
                let organization = tx.organization();
                diesel::update(audiences::table.filter(audiences::organization_id.eq(organization)))
                    .set(audiences::polled_at.eq(None::<DateTime<Utc>>))
                    .execute(&mut **tx)?;
                let now = tx.now();
                Ok(work::wake(tx, organization, work::Kind::Sync, now)?)
            })
            .await;
    }

    async fn in_group(&self) -> i64 {
        let group = self.group;
        self.rehearsal
            .write(move |tx| Ok(groups::store::member_count(tx, group)?))
            .await
    }

    fn page(&self) -> String {
        format!("mailchimp/links/{}/removals", self.link)
    }

    async fn until_the_page_says(&self, text: &str) {
        eventually(&format!("the page says: {text}"), async || {
            self.rehearsal.ada.get(&self.page()).await.has(text)
        })
        .await;
    }

    async fn answer(&self, answer: &str, people: usize) {
        let page = self.rehearsal.ada.get(&self.page()).await;
        let seen = page.attribute("input[name=seen_until]", "value").unwrap();
        let fields = [("answer", answer), ("seen_until", seen.as_str())];
        let sent = self.rehearsal.ada.post(&self.page(), &fields).await;
        let page = self.rehearsal.ada.follow(sent).await;
        assert!(page.has(&format!("{people} people are")), "{}", page.text("main"));
    }
}

#[tokio::test]
async fn many_who_unsubscribed_at_once_leave_the_group_only_when_staff_have_looked() {
    let linked = Linked::start().await;
    let rehearsal = &linked.rehearsal;
    let (leavers, others) = linked.people.split_at(MANY);
    for (_, address) in leavers {
        rehearsal.member_does(address, "unsubscribe", json!({})).await;
    }
    linked.look_at_mailchimp().await;
    linked
        .until_the_page_says("unsubscribed at Mailchimp and would leave the group")
        .await;
    assert_eq!(linked.in_group().await, PEOPLE as i64, "nobody left");
    let page = rehearsal.ada.get(&format!("mailchimp/links/{}", linked.link)).await;
    assert!(page.has(&format!("Look at the {MANY} people")), "{}", page.text("main"));
    assert!(
        page.has("Far more people than usual"),
        "the banner says it on every page"
    );
    let letters = rehearsal.world.mails_to("ada@riverside.test").await;
    let told = letters
        .iter()
        .filter(|letter| letter.body.contains("Far more people than usual"));
    assert_eq!(told.count(), 1, "told once");

    // An opt-out given here waits for nobody.
    let (opted_out, address) = others[0].clone();
    rehearsal
        .write(move |tx| Ok(contacts::actions::set_no_bulk_emails(tx, opted_out, "On the phone")?))
        .await;
    rehearsal.until_at_mailchimp(&address, "unsubscribed").await;
    assert_eq!(linked.in_group().await, PEOPLE as i64);

    linked.answer("approve", MANY).await;
    rehearsal.until_groups_tab(leavers[0].0, "Removed (by API)").await;
    eventually("all who unsubscribed left", async || {
        linked.in_group().await == (PEOPLE - MANY) as i64
    })
    .await;
    linked.until_the_page_says("Nothing waits").await;
    rehearsal.assert_nobody_subscribed_against_their_will().await;
}

#[tokio::test]
async fn removals_that_trickle_in_add_up_until_staff_have_looked() {
    let linked = Linked::start().await;
    let rehearsal = &linked.rehearsal;
    // Twelve, found by one look: fewer than are asked about.
    for (_, address) in &linked.people[..12] {
        rehearsal.member_does(address, "unsubscribe", json!({})).await;
    }
    linked.look_at_mailchimp().await;
    eventually("twelve left", async || linked.in_group().await == PEOPLE as i64 - 12).await;
    // Twelve more an hour later are too many for one day.
    rehearsal.world.pass(chrono::TimeDelta::hours(1));
    for (_, address) in &linked.people[12..24] {
        rehearsal.member_does(address, "unsubscribe", json!({})).await;
    }
    linked.look_at_mailchimp().await;
    linked
        .until_the_page_says("12 unsubscribed at Mailchimp and would leave the group")
        .await;
    assert_eq!(linked.in_group().await, PEOPLE as i64 - 12);
    linked.answer("approve", 12).await;
    eventually("all who unsubscribed left", async || {
        linked.in_group().await == PEOPLE as i64 - 24
    })
    .await;
    // Looked at, they count no more: the next one is an ordinary removal.
    rehearsal
        .member_does(&linked.people[24].1, "unsubscribe", json!({}))
        .await;
    linked.look_at_mailchimp().await;
    eventually("one more left", async || linked.in_group().await == PEOPLE as i64 - 25).await;
}

#[tokio::test]
async fn many_whom_staff_removed_at_once_stay_subscribed_where_staff_say_so() {
    let linked = Linked::start().await;
    let rehearsal = &linked.rehearsal;
    let gone: Vec<ContactId> = linked.people[..MANY].iter().map(|(id, _)| *id).collect();
    let group = linked.group;
    rehearsal
        .write(move |tx| Ok(groups::actions::remove_contacts(tx, group, &gone, "")?))
        .await;
    linked
        .until_the_page_says("would no longer be subscribed at Mailchimp")
        .await;
    assert_eq!(rehearsal.count_at_mailchimp("subscribed").await, PEOPLE);

    linked.answer("keep", MANY).await;
    linked.until_the_page_says("Nothing waits").await;

    // One more removed by itself is an ordinary removal; the others stay as they are.
    let (one, address) = linked.people[MANY].clone();
    rehearsal
        .ada
        .post(&format!("contacts/{one}/groups/{group}/removal"), &[])
        .await;
    rehearsal.until_at_mailchimp(&address, "archived").await;
    assert_eq!(rehearsal.count_at_mailchimp("subscribed").await, PEOPLE - 1);
}
