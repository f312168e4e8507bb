//! Campaigns: sent on demand, with reports, activity, and inboxes in which people act.

use reqwest::Method;
use serde_json::{Value, json};

use crate::setting::{Receiver, Setting, answered, setting, setting_with};
use dms::sandbox::Options;

const NINA: &str = "nina.roy@maplemail.test-charity.ca";
const NEWS: &str = "https://riverside.test-charity.ca/news";

impl Setting {
    async fn send(&self, outcome: Value) -> Value {
        let body = json!({
            "subject": "Spring news",
            "html": format!("<p>Dear friends</p><a href=\"{NEWS}\">Read</a>"),
            "outcome": outcome,
        });
        self.control(Method::POST, &format!("audiences/{}/campaigns", self.newsletter), body)
            .await
    }

    async fn happen(&self, campaign: &Value, who: &str, what: &str) -> Value {
        let path = format!("campaigns/{}/happenings", campaign["id"].as_str().unwrap());
        self.control(Method::POST, &path, json!({"who": who, "what": what}))
            .await
    }

    async fn report(&self, campaign: &Value, room: &str) -> Value {
        self.get(&format!("/reports/{}{room}", campaign["id"].as_str().unwrap()))
            .await
            .ok()
    }
}

fn of<'a>(list: &'a Value, email: &str) -> &'a Value {
    let mut entries = list.as_array().unwrap().iter();
    entries.find(|entry| entry["email_address"] == email).unwrap()
}

#[tokio::test]
async fn point_46_a_campaign_goes_to_the_subscribed_and_keeps_the_hash_of_that_day() {
    let setting = setting().await;
    let member = setting.add(NINA, "subscribed").await;
    let campaign = setting.send(json!({})).await;
    let sent_to = setting.report(&campaign, "/sent-to?count=100").await;
    assert_eq!(sent_to["total_items"], 7, "six of the newsletter, and Nina");
    let hash = of(&sent_to["sent_to"], NINA)["email_id"].clone();
    assert_eq!(member.rsplit('/').next(), hash.as_str());
    setting
        .patch(&member, json!({"email_address": "nina.gill@maplemail.test-charity.ca"}))
        .await
        .ok();
    let later = setting
        .report(&campaign, &format!("/sent-to/{}", hash.as_str().unwrap()))
        .await;
    assert_eq!(
        (&later["email_address"], &later["status"]),
        (&json!(NINA), &json!("sent"))
    );
    let list = setting.get(&format!("/lists/{}", setting.newsletter)).await.ok();
    assert_eq!(list["stats"]["campaign_count"], 1);
    assert_ne!(list["stats"]["campaign_last_sent"], "");
}

#[tokio::test]
async fn point_46_bounces_unsubscribes_and_complaints_change_the_members_and_are_told() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    let hooks = format!("/lists/{}/webhooks", setting.newsletter);
    let events = json!({"unsubscribe": true, "cleaned": true, "campaign": true, "subscribe": false, "profile": false, "upemail": false});
    setting
        .post(&hooks, json!({"url": receiver.url, "events": events}))
        .await
        .ok();
    let (aline, bert, esther) = (
        "aline.tremblay@maplemail.test-charity.ca",
        "bert.okafor@maplemail.test-charity.ca",
        "esther.macisaac@maplemail.test-charity.ca",
    );
    let campaign = setting.send(json!({})).await;
    setting.happen(&campaign, aline, "hard_bounce").await;
    setting.happen(&campaign, bert, "unsubscribe").await;
    setting.happen(&campaign, esther, "complaint").await;
    let got = receiver.wait_for(4).await;
    assert_eq!(receiver.kinds(), ["campaign", "cleaned", "unsubscribe", "unsubscribe"]);
    assert_eq!(got[0].field("data[status]").unwrap(), "sent");
    for told in &got[1..] {
        assert_eq!(
            told.field("data[campaign_id]").unwrap(),
            campaign["id"].as_str().unwrap()
        );
    }
    assert_eq!(got[3].field("data[reason]").unwrap(), "abuse");
    let member = |email: &str| format!("/lists/{}/members/{email}", setting.newsletter);
    assert_eq!(setting.status_of(&member(aline)).await, "cleaned");
    assert_eq!(setting.status_of(&member(esther)).await, "unsubscribed");
    let refused = setting.patch(&member(bert), json!({"status": "subscribed"})).await;
    assert_eq!(refused.error(), (400, "Member In Compliance State"));
    let report = setting.report(&campaign, "").await;
    assert_eq!(report["bounces"]["hard_bounces"], 1);
    assert_eq!(
        (&report["unsubscribed"], &report["abuse_reports"]),
        (&json!(1), &json!(1))
    );
    let left = setting.report(&campaign, "/unsubscribed").await;
    assert_eq!(
        (
            &left["unsubscribes"][0]["email_address"],
            &left["unsubscribes"][0]["reason"]
        ),
        (&json!(bert), &json!("None given"))
    );
    assert_eq!(
        setting.report(&campaign, "/abuse-reports").await["abuse_reports"][0]["email_address"],
        esther
    );
}

#[tokio::test]
async fn point_46_proxy_opens_are_told_apart_from_opens_of_people() {
    let setting = setting().await;
    let campaign = setting.send(json!({"proxy_opens": 1.0})).await;
    setting
        .happen(&campaign, "aline.tremblay@maplemail.test-charity.ca", "open")
        .await;
    setting
        .happen(&campaign, "aline.tremblay@maplemail.test-charity.ca", "click")
        .await;
    let opens = setting
        .report(&campaign, "/open-details?sort_field=opens_count&sort_dir=DESC")
        .await;
    assert_eq!(
        (&opens["total_opens"], &opens["total_proxy_excluded_opens"]),
        (&json!(7), &json!(1))
    );
    let most = &opens["members"][0];
    assert_eq!(
        (&most["opens_count"], &most["proxy_excluded_opens_count"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(
        (&most["opens"][0]["is_proxy_open"], &most["opens"][1]["is_proxy_open"]),
        (&json!(true), &json!(false))
    );
    let report = setting.report(&campaign, "").await;
    assert_eq!(
        (
            &report["opens"]["unique_opens"],
            &report["opens"]["proxy_excluded_unique_opens"]
        ),
        (&json!(6), &json!(1))
    );
    let links = setting.report(&campaign, "/click-details").await;
    let link = &links["urls_clicked"][0];
    assert_eq!((&link["url"], &link["total_clicks"]), (&json!(NEWS), &json!(1)));
    let clickers = setting
        .report(
            &campaign,
            &format!("/click-details/{}/members", link["id"].as_str().unwrap()),
        )
        .await;
    assert_eq!(
        (&clickers["total_items"], &clickers["members"][0]["clicks"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn point_46_a_soft_bounce_is_reported_and_leaves_the_member_subscribed() {
    let setting = setting().await;
    let campaign = setting.send(json!({})).await;
    let aline = "aline.tremblay@maplemail.test-charity.ca";
    setting.happen(&campaign, aline, "soft_bounce").await;
    let sent_to = setting.report(&campaign, "/sent-to").await;
    assert_eq!(of(&sent_to["sent_to"], aline)["status"], "soft");
    assert_eq!(setting.report(&campaign, "").await["bounces"]["soft_bounces"], 1);
    let member = format!("/lists/{}/members/{aline}", setting.newsletter);
    assert_eq!(setting.status_of(&member).await, "subscribed");
}

#[tokio::test]
async fn point_47_activity_names_every_recipient_and_since_filters_what_they_did() {
    let setting = setting().await;
    setting.control(Method::POST, "clock", json!({"speed": 0.0})).await;
    let campaign = setting.send(json!({})).await;
    let aline = "aline.tremblay@maplemail.test-charity.ca";
    setting.happen(&campaign, aline, "open").await;
    setting
        .control(Method::POST, "clock", json!({"advance_seconds": 3600}))
        .await;
    setting.happen(&campaign, aline, "click").await;
    let all = setting.report(&campaign, "/email-activity").await;
    assert_eq!(
        (&all["total_items"], all["emails"].as_array().unwrap().len()),
        (&json!(6), 6)
    );
    assert_eq!(
        of(&all["emails"], "bert.okafor@maplemail.test-charity.ca")["activity"],
        json!([])
    );
    let opened = &of(&all["emails"], aline)["activity"];
    assert_eq!(
        (&opened[0]["action"], &opened[1]["action"], &opened[1]["url"]),
        (&json!("open"), &json!("click"), &json!(NEWS))
    );
    let since = opened[0]["timestamp"].as_str().unwrap().replace('+', "%2B");
    let later = setting
        .report(&campaign, &format!("/email-activity?since={since}"))
        .await;
    assert_eq!(of(&later["emails"], aline)["activity"].as_array().unwrap().len(), 1);
    assert_eq!(later["total_items"], 6);
}

#[tokio::test]
async fn point_47_a_campaign_without_a_sending_has_no_time_and_no_report() {
    let setting = setting().await;
    let made = setting
        .post("/campaigns", json!({"type": "regular", "recipients": {"list_id": setting.newsletter}, "settings": {"subject_line": "Later"}}))
        .await
        .ok();
    assert_eq!((&made["status"], &made["send_time"]), (&json!("save"), &json!("")));
    let id = made["id"].as_str().unwrap();
    for room in [
        "",
        "/sent-to",
        "/email-activity",
        "/unsubscribed",
        "/open-details",
        "/click-details",
    ] {
        assert_eq!(
            setting.get(&format!("/reports/{id}{room}")).await.error(),
            (404, "Resource Not Found"),
            "{room}"
        );
    }
    let content = setting
        .put(&format!("/campaigns/{id}/content"), json!({"html": "<p>Hello</p>"}))
        .await
        .ok();
    assert_eq!(content["plain_text"], "Hello");
    setting.settings(json!({"campaign_outcome": {"opens": 1.0}})).await;
    let sent = setting
        .post(&format!("/campaigns/{id}/actions/send"), json!(null))
        .await;
    assert_eq!(sent.status.as_u16(), 204, "{}", sent.text);
    let again = setting
        .post(&format!("/campaigns/{id}/actions/send"), json!(null))
        .await;
    assert_eq!(again.error(), (400, "Invalid Action"));
    let seen = setting.get(&format!("/campaigns/{id}")).await.ok();
    assert_eq!(
        (&seen["status"], &seen["report_summary"]["unique_opens"]),
        (&json!("sent"), &json!(6))
    );
    let of_member = setting
        .get("/campaigns?status=sent&member_id=0123456789abcdef0123456789abcdef")
        .await
        .ok();
    assert_eq!(of_member["total_items"], 0);
}

#[tokio::test]
async fn point_48_a_members_activity_and_feed_tell_the_same_story() {
    let setting = setting().await;
    let campaign = setting.send(json!({})).await;
    let aline = "aline.tremblay@maplemail.test-charity.ca";
    for what in ["open", "click", "unsubscribe"] {
        setting.happen(&campaign, aline, what).await;
    }
    let member = format!("/lists/{}/members/{aline}", setting.newsletter);
    let activity = setting.get(&format!("{member}/activity")).await.ok();
    let mut actions: Vec<&str> = activity["activity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    actions.sort_unstable();
    assert_eq!(actions, ["click", "open", "sent", "unsub"]);
    let feed = setting.get(&format!("{member}/activity-feed?count=50")).await.ok();
    assert!(feed.get("total_items").is_none(), "the feed has no total");
    let mut kinds: Vec<&str> = feed["activity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["activity_type"].as_str().unwrap())
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["click", "open", "sent", "squatter_signup", "unsub"]);
    let clicks = setting
        .get(&format!("{member}/activity-feed?activity_filters=click"))
        .await
        .ok();
    assert_eq!(clicks["activity"][0]["link_clicked"], NEWS);
    for _ in 0..60 {
        setting.happen(&campaign, aline, "open").await;
    }
    let activity = setting.get(&format!("{member}/activity")).await.ok();
    assert_eq!(activity["activity"].as_array().unwrap().len(), 50, "the latest fifty");
}

#[tokio::test]
async fn point_49_the_same_seed_brings_the_same_outcome_and_time_brings_it_on() {
    let mut outcomes = Vec::new();
    for _ in 0..2 {
        let setting = setting_with(Options {
            seed: 42,
            ..Options::default()
        })
        .await;
        setting
            .control(
                Method::POST,
                "clock",
                json!({"set": "2026-03-01T10:00:00", "speed": 0.0}),
            )
            .await;
        let seed = format!("audiences/{}/members", setting.newsletter);
        setting.control(Method::POST, &seed, json!({"count": 300})).await;
        let outcome =
            json!({"opens": 0.5, "clicks": 0.5, "unsubscribes": 0.2, "hard_bounces": 0.1, "spread_seconds": 86_400});
        let campaign = setting.send(outcome).await;
        let first = setting.report(&campaign, "").await;
        setting
            .control(Method::POST, "clock", json!({"advance_seconds": 86_400}))
            .await;
        let later = setting.report(&campaign, "").await;
        assert!(first["opens"]["opens_total"].as_u64() < later["opens"]["opens_total"].as_u64());
        assert!(first["unsubscribed"].as_u64() < later["unsubscribed"].as_u64());
        assert!(later["bounces"]["hard_bounces"].as_u64().unwrap() > 10);
        let outcome = ["opens", "clicks", "bounces", "unsubscribed"].map(|key| later[key].clone());
        outcomes.push(outcome);
    }
    assert_eq!(outcomes[0], outcomes[1]);
}

#[tokio::test]
async fn point_49_control_is_never_under_the_api() {
    let setting = setting().await;
    assert_eq!(
        setting.get("/__sandbox/accounts").await.error(),
        (404, "Resource Not Found")
    );
}

#[tokio::test]
async fn a_campaign_sent_on_the_page_arrives_in_inboxes_whose_links_work() {
    let setting = setting().await;
    let base = setting.sandbox.base_url();
    let page = async |path: &str| answered(setting.http.get(format!("{base}{path}"))).await.text;
    let list = &setting.newsletter;
    let form = [
        ("subject", "Hello <b>"),
        ("text", "Read https://riverside.test-charity.ca/news"),
        ("reaction", "quiet"),
        ("pace", "at_once"),
    ];
    assert!(
        page(&format!("/audiences/{list}/send"))
            .await
            .contains("6 subscribed members")
    );
    let sent = setting
        .http
        .post(format!("{base}/audiences/{list}/send"))
        .form(&form)
        .send()
        .await
        .unwrap();
    let campaign = sent.headers()["location"].to_str().unwrap().to_owned();
    assert!(page(&campaign).await.contains("nothing yet"));
    assert!(page("/campaigns").await.contains("Hello &#60;b&#62;"));
    let id = campaign.rsplit('/').next().unwrap();
    let aline = setting
        .get(&format!(
            "/lists/{list}/members/aline.tremblay@maplemail.test-charity.ca"
        ))
        .await
        .ok();
    let contact = aline["contact_id"].as_str().unwrap();
    assert!(
        page(&format!("/inbox/{list}/{contact}"))
            .await
            .contains("Hello &#60;b&#62;")
    );
    let mail = page(&format!("/mail/{id}/{contact}")).await;
    let unsubscribe = format!("/unsubscribe/{list}/{contact}?campaign={id}");
    assert!(
        mail.contains(&unsubscribe) && mail.contains(&format!("/profile/{list}/{contact}")),
        "{mail}"
    );
    assert!(page(&format!("/click/{id}/{contact}/0")).await.contains("/news"));
    assert!(
        page(&unsubscribe).await.contains(&format!("?campaign={id}")),
        "the form keeps the campaign"
    );
    setting
        .http
        .post(format!("{base}{unsubscribe}"))
        .form(&[("reason", "Too many emails")])
        .send()
        .await
        .unwrap();
    let report = setting.get(&format!("/reports/{id}")).await.ok();
    assert_eq!(
        (&report["opens"]["opens_total"], &report["clicks"]["clicks_total"]),
        (&json!(1), &json!(1))
    );
    let left = setting.get(&format!("/reports/{id}/unsubscribed")).await.ok();
    assert_eq!(left["unsubscribes"][0]["reason"], "Too many emails");
    let member = setting.get(&format!("/lists/{list}/members/{contact}")).await.ok();
    assert_eq!(member["status"], "unsubscribed");
    assert!(page(&campaign).await.contains("opened, clicked, unsubscribed"));
}
