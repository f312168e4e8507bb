//! Trouble on demand, the log, and the question a sync is judged by.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::setting::setting;

const NINA: &str = "nina.roy@maplemail.test-charity.ca";

#[tokio::test]
async fn point_09_each_trouble_strikes_the_route_it_is_meant_for_and_as_often_as_said() {
    let setting = setting().await;
    let pages = [
        ("blocked_html", 503, "Request Blocked"),
        ("denied_html", 403, "Access Denied"),
        ("gateway_html", 502, "502"),
    ];
    for (kind, status, text) in pages {
        setting.fault(json!({"kind": kind, "route": "ping", "count": 1})).await;
        assert_eq!(setting.get("/lists").await.status, StatusCode::OK);
        let struck = setting.get("/ping").await;
        assert_eq!(struck.status.as_u16(), status);
        assert!(struck.text.contains(text) && struck.headers["content-type"] == "text/html");
        assert_eq!(setting.get("/ping").await.status, StatusCode::OK, "{kind} strikes once");
    }
    for (kind, status) in [
        ("too_many_requests", 429),
        ("server_error", 500),
        ("empty_too_many", 429),
        ("empty_forbidden", 403),
    ] {
        setting.fault(json!({"kind": kind, "count": 1})).await;
        let struck = setting.get("/ping").await;
        assert_eq!(struck.status.as_u16(), status);
        assert_eq!(struck.text.is_empty(), kind.starts_with("empty"));
    }
}

#[tokio::test]
async fn point_09_a_connection_is_cut_before_or_after_the_effect() {
    let setting = setting().await;
    let members = format!("/lists/{}/members", setting.newsletter);
    let body = json!({"email_address": NINA, "status": "subscribed"});
    for (kind, applied) in [("drop_before", false), ("drop_after", true)] {
        setting
            .fault(json!({"kind": kind, "method": "POST", "route": "lists/{list_id}/members", "count": 1}))
            .await;
        let cut = setting
            .http
            .post(setting.url(&members))
            .bearer_auth(&setting.token)
            .json(&body)
            .send()
            .await;
        assert!(cut.is_err(), "{kind}: {cut:?}");
        let there = setting.get(&format!("{members}/{NINA}")).await.status == StatusCode::OK;
        assert_eq!(there, applied, "{kind}");
    }
}

#[tokio::test]
async fn point_09_a_late_answer_comes_and_others_overtake_it() {
    let setting = setting().await;
    setting
        .fault(json!({"kind": "latency", "milliseconds": 700, "route": "ping", "count": 1}))
        .await;
    let first = tokio::select! {
        _ = setting.get("/ping") => "ping",
        _ = setting.get("/lists") => "lists",
    };
    assert_eq!(first, "lists");
}

#[tokio::test]
async fn point_09_an_answer_can_be_lost_although_the_call_did_its_work() {
    let setting = setting().await;
    let members = format!("/lists/{}/members", setting.newsletter);
    for (kind, status) in [("server_error_after", 500), ("empty_body", 200)] {
        let email = format!("{kind}@maplemail.test-charity.ca");
        setting.fault(json!({"kind": kind, "method": "POST", "count": 1})).await;
        let answer = setting
            .post(&members, json!({"email_address": email, "status": "subscribed"}))
            .await;
        assert_eq!(answer.status.as_u16(), status, "{kind}");
        assert_eq!(setting.status_of(&format!("{members}/{email}")).await, "subscribed");
    }
}

#[tokio::test]
async fn ten_calls_with_latency_run_side_by_side_and_leave_everything_consistent() {
    let setting = setting().await;
    setting.settings(json!({"latency_ms": 50})).await;
    let calls = (0..10).map(|number| {
        setting.add(
            Box::leak(format!("p{number}@maplemail.test-charity.ca").into()),
            "subscribed",
        )
    });
    assert_eq!(join_all(calls).await.len(), 10);
    setting.settings(json!({"latency_ms": 0})).await;
    let list = setting.get(&format!("/lists/{}", setting.newsletter)).await.ok();
    assert_eq!(list["stats"]["member_count"], 16);
}

#[tokio::test]
async fn point_50_every_call_is_logged_without_its_token() {
    let setting = setting().await;
    setting.add(NINA, "subscribed").await;
    let log = setting
        .control(Method::GET, "requests?method=post&body_contains=nina.roy", json!({}))
        .await;
    assert_eq!(log["total_items"], 1);
    let call = &log["requests"][0];
    assert_eq!(
        (&call["status"], &call["token"], &call["finished"]),
        (&json!(200), &json!(1), &json!(true))
    );
    assert_eq!(call["route"], "lists/{list_id}/members");
    let everything = setting.control(Method::GET, "requests", json!({})).await.to_string();
    assert!(!everything.contains(&setting.token));
}

#[tokio::test]
async fn point_50_an_attempt_to_subscribe_against_the_persons_will_is_found() {
    let setting = setting().await;
    let member = setting.add(NINA, "subscribed").await;
    let report = setting.control(Method::GET, "violations", json!({})).await;
    assert_eq!((&report["violations"], &report["attempts"]), (&json!([]), &json!([])));
    setting.act(&member, "unsubscribe", json!({})).await;
    setting.put(&member, json!({"status": "subscribed"})).await;
    let report = setting.control(Method::GET, "violations", json!({})).await;
    assert_eq!(report["violations"], json!([]), "Mailchimp refuses it");
    assert_eq!(report["attempts"][0]["email_address"], NINA);
    assert_eq!(report["attempts"][0]["opted_out_through"], "contact");
}

#[tokio::test]
async fn a_program_that_overrides_the_admin_or_skips_the_confirmation_is_found() {
    let setting = setting().await;
    let member = setting.add(NINA, "subscribed").await;
    setting.act(&member, "unsubscribe", json!({"as": "admin"})).await;
    setting.patch(&member, json!({"status": "subscribed"})).await.ok();
    let waiting = setting.add("omar.gill@maplemail.test-charity.ca", "pending").await;
    setting.patch(&waiting, json!({"status": "subscribed"})).await.ok();
    let report = setting.control(Method::GET, "violations", json!({})).await;
    assert_eq!(report["against_admin"][0]["email_address"], NINA);
    assert_eq!(
        report["unconfirmed"][0]["email_address"],
        "omar.gill@maplemail.test-charity.ca"
    );
}
