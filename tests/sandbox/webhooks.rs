//! Webhooks: how they are taken, what they tell, and how they are repeated.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::setting::{Receiver, Setting, eventually, setting};

const NINA: &str = "nina.roy@maplemail.test-charity.ca";

async fn hook(setting: &Setting, receiver: &Receiver, sources: Value) -> Value {
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

fn everybody() -> Value {
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

#[tokio::test]
async fn point_43_a_failed_delivery_is_repeated_for_75_minutes_and_410_ends_it_all() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    hook(&setting, &receiver, everybody()).await;
    let member = setting.add(NINA, "unsubscribed").await;
    receiver.answer_with(500);
    setting.patch(&member, json!({"vip": true})).await.ok();
    receiver.wait_for(1).await;
    setting
        .control(Method::POST, "clock", json!({"advance_seconds": 61}))
        .await;
    receiver.wait_for(2).await;
    setting
        .control(Method::POST, "clock", json!({"advance_seconds": 4500}))
        .await;
    eventually("giving up", || async {
        let log = setting.control(Method::GET, "deliveries", json!({})).await;
        let last = log["deliveries"].as_array().unwrap().last().cloned()?;
        (last["outcome"] == "given up").then_some(())
    })
    .await;
    assert_eq!(receiver.received().len(), 8);
    receiver.answer_with(410);
    setting.patch(&member, json!({"vip": false})).await.ok();
    receiver.wait_for(9).await;
    receiver.answer_with(200);
    eventually("disabling", || async {
        setting
            .patch(&member, json!({"merge_fields": {"FNAME": "A"}}))
            .await
            .ok();
        Some(())
    })
    .await;
    setting
        .control(Method::POST, "clock", json!({"advance_seconds": 4500}))
        .await;
    assert_eq!(receiver.received().len(), 9);
}

#[tokio::test]
async fn point_44_deliveries_are_lost_doubled_and_swapped_on_demand() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    hook(&setting, &receiver, everybody()).await;
    setting.settings(json!({"webhooks": {"reorder": 1.0}})).await;
    let member = setting.add(NINA, "subscribed").await;
    receiver.wait_for(2).await;
    assert_eq!(receiver.kinds(), ["profile", "subscribe"]);
    setting
        .settings(json!({"webhooks": {"reorder": 0.0, "duplicate": 1.0}}))
        .await;
    setting.patch(&member, json!({"status": "unsubscribed"})).await.ok();
    receiver.wait_for(4).await;
    setting
        .settings(json!({"webhooks": {"duplicate": 0.0, "drop": 1.0}}))
        .await;
    setting.patch(&member, json!({"vip": true})).await.ok();
    eventually("losing", || async {
        let log = setting.control(Method::GET, "deliveries", json!({})).await;
        let last = log["deliveries"].as_array().unwrap().last().cloned()?;
        (last["outcome"] == "lost on purpose").then_some(())
    })
    .await;
    setting
        .settings(json!({"webhooks": {"drop": 0.0, "delay_seconds": 600}}))
        .await;
    setting.patch(&member, json!({"vip": false})).await.ok();
    assert_eq!(receiver.received().len(), 4);
    setting
        .control(Method::POST, "clock", json!({"advance_seconds": 601}))
        .await;
    receiver.wait_for(5).await;
}
