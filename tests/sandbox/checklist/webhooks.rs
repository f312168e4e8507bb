//! Webhooks: how they are taken and what they tell.

use hmac::{Hmac, KeyInit, Mac};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::setting::{Received, Receiver, Setting, eventually, setting};

pub const NINA: &str = "nina.roy@maplemail.test-charity.ca";

/// The members' data of an unsubscribe told after one was brought about; how does it call itself?
async fn action_of(setting: &Setting, receiver: &Receiver, deed: &str) -> Option<String> {
    let number = receiver.received().len();
    let member = setting
        .add(&format!("m{number}@maplemail.test-charity.ca"), "subscribed")
        .await;
    setting.act(&member, deed, json!({"as": "admin"})).await;
    let is_unsubscribe = |received: &Received| received.kind() == "unsubscribe";
    eventually("an unsubscribe", || async {
        let received = receiver.received();
        received[number..]
            .iter()
            .find(|received| is_unsubscribe(received))
            .cloned()
    })
    .await
    .field("data[action]")
}

pub async fn hook(setting: &Setting, receiver: &Receiver, sources: Value) -> Value {
    let body = json!({
        "url": receiver.url,
        "events": {"subscribe": true, "unsubscribe": true, "profile": true, "cleaned": true, "upemail": true, "campaign": true},
        "sources": sources,
    });
    setting
        .post(&format!("/lists/{}/webhooks", setting.newsletter), body)
        .await
        .ok()
}

pub fn everybody() -> Value {
    json!({"user": true, "admin": true, "api": true})
}

#[tokio::test]
async fn point_40_a_webhook_is_asked_before_it_is_taken_and_its_secret_shown_once() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    let hooks = format!("/lists/{}/webhooks", setting.newsletter);
    receiver.answer_with(400);
    let refused = setting.post(&hooks, json!({"url": receiver.url})).await;
    let text = "We couldn't verify the URL is working. Please double check and try again. HTTP Code: 400";
    assert_eq!((refused.status, refused.detail()), (StatusCode::BAD_REQUEST, text));
    assert_eq!(refused.json["errors"][0]["field"], "url");
    receiver.answer_with(200);
    let made = hook(&setting, &receiver, everybody()).await;
    assert!(made["signing_secret"].is_string());
    assert!(
        receiver.checks()[1]
            .head
            .to_lowercase()
            .contains("mailchimp.com webhook validator")
    );
    let seen = setting
        .get(&format!("{hooks}/{}", made["id"].as_str().unwrap()))
        .await
        .ok();
    assert!(seen.get("signing_secret").is_none());
    let same = setting
        .post(&hooks, json!({"url": format!("{}?secret=1", receiver.url)}))
        .await;
    assert_eq!(same.detail(), "Sorry, you can't set up multiple WebHooks for one URL");
    let nonsense = setting.post(&hooks, json!({"url": "not a URL"})).await;
    assert_eq!(
        nonsense.json["errors"],
        json!([{"field": "url", "message": "Invalid URL"}])
    );
}

#[tokio::test]
async fn point_40_a_receiver_that_does_not_answer_in_time_is_not_taken() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    setting.settings(json!({"webhooks": {"patience_seconds": 1}})).await;
    receiver.never_answer();
    let hooks = format!("/lists/{}/webhooks", setting.newsletter);
    let refused = setting.post(&hooks, json!({"url": receiver.url})).await;
    assert!(refused.detail().starts_with("We couldn't verify the URL is working."));
    assert_eq!(setting.get(&hooks).await.ok()["total_items"], 0);
}

#[tokio::test]
async fn point_40_whether_a_new_webhook_is_signed_is_a_switch() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    setting.settings(json!({"webhooks": {"unsigned": true}})).await;
    let made = hook(&setting, &receiver, everybody()).await;
    assert!(made.get("signing_secret").is_none() && made.get("signing_enabled").is_none());
    setting.add(NINA, "subscribed").await;
    let got = receiver.wait_for(1).await;
    assert!(!got[0].head.to_lowercase().contains("x-mailchimp-signature"));
}

#[tokio::test]
async fn point_40_what_a_webhook_hears_that_names_nothing_is_a_switch() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    let hooks = format!("/lists/{}/webhooks", setting.newsletter);
    let usual = setting.post(&hooks, json!({"url": receiver.url})).await.ok();
    let everything_but_campaigns = json!({"subscribe": true, "unsubscribe": true, "profile": true, "cleaned": true, "upemail": true, "campaign": false});
    assert_eq!(
        (&usual["events"], &usual["sources"]),
        (&everything_but_campaigns, &everybody())
    );
    setting
        .settings(json!({"webhooks": {"new_ones_hear_nothing": true}}))
        .await;
    let other = json!({"url": format!("{}/other", receiver.url), "events": {"upemail": true}});
    let deaf = setting.post(&hooks, other).await.ok();
    let only_one = json!({"subscribe": false, "unsubscribe": false, "profile": false, "cleaned": false, "upemail": true, "campaign": false});
    assert_eq!(deaf["events"], only_one);
}

#[tokio::test]
async fn point_19_webhooks_come_all_at_once() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    hook(&setting, &receiver, everybody()).await;
    let hooks = setting
        .get(&format!("/lists/{}/webhooks?count=0&offset=7", setting.newsletter))
        .await
        .ok();
    assert_eq!(hooks["webhooks"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn point_41_only_the_wished_sources_are_told() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    hook(&setting, &receiver, json!({"user": true, "admin": true, "api": false})).await;
    let member = setting.add(NINA, "subscribed").await;
    setting
        .act(&member, "unsubscribe", json!({"reason": "Too many emails"}))
        .await;
    let got = receiver.wait_for(1).await;
    assert_eq!(got[0].kind(), "unsubscribe");
    let head = got[0].head.to_lowercase();
    assert!(
        head.contains("content-type: application/x-www-form-urlencoded"),
        "{head}"
    );
    assert!(
        head.contains("user-agent: mailchimp.com") && head.contains("x-mailchimp-signature: t="),
        "{head}"
    );
    assert_eq!(receiver.kinds(), ["unsubscribe"]);
}

#[tokio::test]
async fn point_41_each_source_and_each_event_can_be_left_out() {
    let setting = setting().await;
    let hooks = format!("/lists/{}/webhooks", setting.newsletter);
    let all = ["user", "admin", "api"];
    let mut receivers = Vec::new();
    for source in all {
        let receiver = Receiver::start().await;
        let sources: Value = all
            .iter()
            .map(|name| ((*name).to_owned(), json!(*name == source)))
            .collect();
        let events = json!({"subscribe": false, "unsubscribe": true, "profile": false, "cleaned": false, "upemail": false, "campaign": false});
        let body = json!({"url": receiver.url, "events": events, "sources": sources});
        setting.post(&hooks, body).await.ok();
        receivers.push(receiver);
    }
    for (who, deed) in [("user", "contact"), ("admin", "admin")] {
        let member = setting
            .add(&format!("{who}@maplemail.test-charity.ca"), "subscribed")
            .await;
        setting.act(&member, "unsubscribe", json!({"as": deed})).await;
    }
    let member = setting.add("api@maplemail.test-charity.ca", "subscribed").await;
    setting.patch(&member, json!({"status": "unsubscribed"})).await.ok();
    for (source, receiver) in all.into_iter().zip(&receivers) {
        receiver.wait_for(1).await;
        let told: Vec<String> = receiver
            .received()
            .iter()
            .map(|received| received.field("data[email]").unwrap())
            .collect();
        assert_eq!(told, [format!("{source}@maplemail.test-charity.ca")]);
    }
}

#[tokio::test]
async fn point_41_the_signature_is_that_of_the_raw_body_with_the_secret_shown_once() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    let made = hook(&setting, &receiver, everybody()).await;
    setting.add(NINA, "subscribed").await;
    let got = receiver.wait_for(1).await;
    let header = got[0].header("x-mailchimp-signature").unwrap();
    let (at, shown) = header.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let secret = made["signing_secret"].as_str().unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.{}", got[0].body).as_bytes());
    assert_eq!(shown, hex::encode(mac.finalize().into_bytes()));
}

#[tokio::test]
async fn point_42_payloads_have_the_known_fields() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    hook(&setting, &receiver, everybody()).await;
    let member = setting.add(NINA, "subscribed").await;
    let unique = setting.get(&member).await.ok()["unique_email_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let got = receiver.wait_for(2).await;
    assert_eq!(receiver.kinds(), ["subscribe", "profile"]);
    assert_eq!(got[0].field("data[id]").unwrap(), unique);
    assert_eq!(got[0].field("data[merges][EMAIL]").unwrap(), NINA);
    assert_eq!(got[0].field("data[list_id]").unwrap(), setting.newsletter);
    setting.patch(&member, json!({"status": "unsubscribed"})).await.ok();
    let got = receiver.wait_for(3).await;
    assert_eq!(got[2].field("data[action]").unwrap(), "unsub");
    assert_eq!(got[2].field("data[reason]").unwrap(), "manual");
}

#[tokio::test]
async fn point_42_a_payload_has_the_recorded_keys_in_their_order_and_groups_by_name() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    let categories = format!("/lists/{}/interest-categories", setting.newsletter);
    let category = setting
        .post(&categories, json!({"title": "Newsletter?", "type": "checkboxes"}))
        .await
        .ok();
    let id = category["id"].as_str().unwrap();
    let mut chosen = json!({});
    for name in ["Yes", "Perhaps, later"] {
        let made = setting
            .post(&format!("{categories}/{id}/interests"), json!({"name": name}))
            .await
            .ok();
        chosen[made["id"].as_str().unwrap()] = json!(true);
    }
    hook(&setting, &receiver, everybody()).await;
    let body = json!({"email_address": NINA, "status": "subscribed", "interests": chosen});
    setting
        .post(&format!("/lists/{}/members", setting.newsletter), body)
        .await
        .ok();
    let got = receiver.wait_for(1).await;
    let keys: Vec<String> = got[0].fields().into_iter().map(|(key, _)| key).collect();
    assert_eq!(
        keys,
        [
            "type",
            "fired_at",
            "data[id]",
            "data[email]",
            "data[email_type]",
            "data[ip_opt]",
            "data[web_id]",
            "data[merges][EMAIL]",
            "data[merges][FNAME]",
            "data[merges][LNAME]",
            "data[merges][ADDRESS]",
            "data[merges][PHONE]",
            "data[merges][INTERESTS]",
            "data[merges][GROUPINGS][0][id]",
            "data[merges][GROUPINGS][0][unique_id]",
            "data[merges][GROUPINGS][0][name]",
            "data[merges][GROUPINGS][0][groups]",
            "data[list_id]",
        ]
    );
    let field = |key: &str| got[0].field(&format!("data[merges]{key}")).unwrap();
    assert_eq!(field("[GROUPINGS][0][unique_id]"), id);
    assert_eq!(field("[GROUPINGS][0][name]"), "Newsletter?");
    assert_eq!(field("[GROUPINGS][0][groups]"), "Yes, Perhaps\\, later");
}

#[tokio::test]
async fn point_42_how_an_unsubscribe_calls_itself_is_a_switch() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    hook(&setting, &receiver, everybody()).await;
    let action = async |deed: &str| action_of(&setting, &receiver, deed).await;
    assert_eq!(action("unsubscribe").await.as_deref(), Some("unsub"));
    assert_eq!(action("archive").await.as_deref(), Some("delete"), "by default");
    setting
        .settings(json!({"webhooks": {"archiving_is_unsub": true}}))
        .await;
    assert_eq!(action("archive").await.as_deref(), Some("unsub"));
    setting.settings(json!({"webhooks": {"omit_action": true}})).await;
    assert_eq!(action("unsubscribe").await, None, "as has been seen");
}

#[tokio::test]
async fn point_24_a_new_address_is_told_as_upemail_and_profile() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    let member = setting.add(NINA, "subscribed").await;
    hook(&setting, &receiver, everybody()).await;
    setting
        .act(
            &member,
            "change-address",
            json!({"email_address": "nina.gill@maplemail.test-charity.ca"}),
        )
        .await;
    let got = receiver.wait_for(2).await;
    assert_eq!(receiver.kinds(), ["upemail", "profile"]);
    assert_eq!(got[0].field("data[old_email]").unwrap(), NINA);
    assert_eq!(
        got[0].field("data[new_email]").unwrap(),
        "nina.gill@maplemail.test-charity.ca"
    );
}

#[tokio::test]
async fn point_33_a_pending_member_is_told_when_the_person_confirms() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    hook(&setting, &receiver, json!({"user": true, "admin": false, "api": true})).await;
    let member = setting.add(NINA, "pending").await;
    setting.act(&member, "confirm", json!({})).await;
    receiver.wait_for(2).await;
    assert_eq!(receiver.kinds(), ["subscribe", "profile"]);
}
