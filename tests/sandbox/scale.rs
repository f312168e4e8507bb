//! Large audiences and many callers: nothing is left out, repeated or made to wait for another. How fast it is, `bin/bench sandbox` measures.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dms::sandbox::Options;
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Barrier;

use super::setting::{Setting, eventually, setting, setting_with};

/// Simultaneous connections of a user.
const CONNECTIONS: usize = 10;

impl Setting {
    async fn crowd(&self, count: usize) {
        let path = format!("audiences/{}/members", self.newsletter);
        self.control(Method::POST, &path, json!({"count": count})).await;
    }

    async fn page(&self, offset: usize, question: &str) -> Vec<Value> {
        let path = format!(
            "/lists/{}/members?count=1000&offset={offset}{question}",
            self.newsletter
        );
        self.get(&path).await.ok()["members"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn the_same_seed_makes_the_same_crowd() {
    let mut crowds = Vec::new();
    for seed in [7, 7, 8] {
        let setting = setting_with(Options {
            seed,
            ..Options::default()
        })
        .await;
        setting.crowd(500).await;
        let fields = "&fields=members.email_address,members.full_name,members.contact_id,members.web_id";
        crowds.push(setting.page(0, fields).await);
    }
    assert_eq!(crowds[0], crowds[1]);
    assert_ne!(crowds[0], crowds[2]);
}

#[tokio::test]
async fn every_member_of_a_large_audience_is_on_exactly_one_page() {
    let setting = setting().await;
    setting.crowd(4_500).await;
    for order in [
        "",
        "&sort_field=last_changed&sort_dir=DESC",
        "&status=subscribed&sort_field=timestamp_opt",
    ] {
        let mut seen = HashSet::new();
        let mut offset = 0;
        loop {
            let page = setting.page(offset, &format!("{order}&fields=members.id")).await;
            if page.is_empty() {
                break;
            }
            offset += page.len();
            seen.extend(page.iter().map(|member| member["id"].as_str().unwrap().to_owned()));
        }
        // The newsletter's twelve, without the archived one and, among the subscribed, without five others.
        let all = if order.contains("subscribed") { 4_506 } else { 4_511 };
        assert_eq!((seen.len(), offset), (all, all), "{order}");
    }
}

#[tokio::test]
async fn a_member_of_a_crowd_is_found_by_address_hash_and_contact_id_wherever_it_went() {
    let setting = setting().await;
    setting.crowd(3_000).await;
    let member = |who: &str| format!("/lists/{}/members/{who}", setting.newsletter);
    let old = "member002000@maplemail.test-charity.ca";
    let found = setting.get(&member(old)).await.ok();
    let contact = member(found["contact_id"].as_str().unwrap());
    let new = "moved@maplemail.test-charity.ca";
    setting.patch(&contact, json!({"email_address": new})).await.ok();
    for who in [member(new), contact.clone()] {
        assert_eq!(setting.get(&who).await.ok()["email_address"], new);
    }
    assert_eq!(setting.get(&member(old)).await.status, StatusCode::NOT_FOUND);
    setting.add(old, "subscribed").await;
    assert_ne!(setting.get(&member(old)).await.ok()["contact_id"], found["contact_id"]);
    setting
        .post(&format!("{contact}/actions/delete-permanent"), Value::Null)
        .await;
    assert_eq!(setting.get(&contact).await.status, StatusCode::NOT_FOUND);
    assert_eq!(setting.get(&member(old)).await.status, StatusCode::OK);
}

/// A receiver that lets everybody wait who asks whether it works, until it is told to answer.
async fn patient_receiver(gate: Arc<Barrier>, waiting: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (gate, waiting) = (Arc::clone(&gate), Arc::clone(&waiting));
            tokio::spawn(async move {
                let asked = stream.read(&mut [0; 4096]).await.unwrap();
                assert!(asked > 0, "whoever connects asks something");
                waiting.fetch_add(1, Ordering::SeqCst);
                gate.wait().await;
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                stream.write_all(answer).await.unwrap();
            });
        }
    });
    url
}

/// Each call waits for its webhook's URL, and no URL answers before all ten were asked: one after the other they would never end.
#[tokio::test]
async fn ten_calls_of_a_user_run_side_by_side_and_an_eleventh_is_refused() {
    let setting = setting().await;
    let (gate, waiting) = (Arc::new(Barrier::new(CONNECTIONS + 1)), Arc::new(AtomicUsize::new(0)));
    let url = patient_receiver(Arc::clone(&gate), Arc::clone(&waiting)).await;
    let hooks = format!("/lists/{}/webhooks", setting.newsletter);
    let calls = (0..CONNECTIONS).map(|number| setting.post(&hooks, json!({"url": format!("{url}/{number}")})));
    let eleventh = async {
        eventually("all ten waiting", async || {
            (waiting.load(Ordering::SeqCst) == CONNECTIONS).then_some(())
        })
        .await;
        let refused = setting.get("/ping").await;
        gate.wait().await;
        refused
    };
    let (answers, refused) = tokio::join!(join_all(calls), eleventh);
    assert_eq!(refused.error(), (429, "Too Many Requests"));
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    assert_eq!(
        setting.get("/ping").await.status,
        StatusCode::OK,
        "the connections are free again"
    );
}
