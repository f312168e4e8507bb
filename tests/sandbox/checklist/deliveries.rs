//! Deliveries to webhooks: how they are repeated, how they go wrong on demand, and that programs hear themselves.

use reqwest::Method;
use serde_json::json;

use super::webhooks::{NINA, everybody, hook};
use crate::setting::{Receiver, eventually, setting};

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
async fn point_43_a_receiver_that_keeps_us_waiting_is_tried_again() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    hook(&setting, &receiver, everybody()).await;
    setting.settings(json!({"webhooks": {"patience_seconds": 1}})).await;
    let member = setting.add(NINA, "unsubscribed").await;
    receiver.never_answer();
    setting.patch(&member, json!({"vip": true})).await.ok();
    let outcomes = async || {
        let log = setting.control(Method::GET, "deliveries", json!({})).await;
        let tries = log["deliveries"].as_array().unwrap().clone();
        tries
            .iter()
            .map(|one| one["outcome"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    eventually("losing patience", || async {
        (outcomes().await == ["no answer in time"]).then_some(())
    })
    .await;
    receiver.answer_with(204);
    setting
        .control(Method::POST, "clock", json!({"advance_seconds": 61}))
        .await;
    eventually("the second try", || async {
        (outcomes().await == ["no answer in time", "answered"]).then_some(())
    })
    .await;
    setting
        .control(Method::POST, "clock", json!({"advance_seconds": 4500}))
        .await;
    assert_eq!(receiver.received().len(), 2, "an answer in 2xx ends it");
}

#[tokio::test]
async fn point_44_profile_can_overtake_upemail_and_unsubscribe_subscribe() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    let member = setting.add(NINA, "subscribed").await;
    hook(&setting, &receiver, everybody()).await;
    setting.settings(json!({"webhooks": {"reorder": 1.0}})).await;
    let new = json!({"email_address": "nina.gill@maplemail.test-charity.ca"});
    setting.patch(&member, new).await.ok();
    receiver.wait_for(2).await;
    assert_eq!(receiver.kinds(), ["profile", "upemail"]);
    let hooks = format!("/lists/{}/webhooks", setting.newsletter);
    let id = setting.get(&hooks).await.ok()["webhooks"][0]["id"].clone();
    let hook = format!("{hooks}/{}", id.as_str().unwrap());
    setting.patch(&hook, json!({"events": {"profile": false}})).await.ok();
    let member = setting.add("omar.gill@maplemail.test-charity.ca", "subscribed").await;
    setting.patch(&member, json!({"status": "unsubscribed"})).await.ok();
    receiver.wait_for(4).await;
    assert_eq!(receiver.kinds()[2..], ["unsubscribe", "subscribe"]);
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

#[tokio::test]
async fn point_45_what_a_program_does_echoes_if_it_wants_to_hear_itself() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    let hooks = format!("/lists/{}/webhooks", setting.newsletter);
    let everybody = json!({"user": true, "admin": true, "api": true});
    setting
        .post(&hooks, json!({"url": receiver.url, "sources": everybody}))
        .await
        .ok();
    let member = setting.add(NINA, "subscribed").await;
    setting.patch(&member, json!({"status": "unsubscribed"})).await.ok();
    receiver.wait_for(3).await;
    assert_eq!(receiver.kinds(), ["subscribe", "profile", "unsubscribe"]);
}
