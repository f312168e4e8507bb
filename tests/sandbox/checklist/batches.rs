//! Asynchronous batches, their archives and their webhooks.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::{Value, json};

use crate::setting::{Receiver, Setting, answered, setting};

impl Setting {
    async fn submit(&self, operations: Value) -> String {
        let made = self.post("/batches", json!({"operations": operations})).await.ok();
        format!("/batches/{}", made["id"].as_str().unwrap())
    }

    async fn pass(&self, seconds: i64) {
        self.control(Method::POST, "clock", json!({"advance_seconds": seconds}))
            .await;
    }

    /// The files of an archive with the results in each.
    async fn results(&self, url: &str) -> Vec<Vec<Value>> {
        let bytes = self
            .http
            .get(url)
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap()
            .bytes()
            .await
            .unwrap();
        let mut archive = tar::Archive::new(GzDecoder::new(&bytes[..]));
        let mut files = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut text = String::new();
            entry.unwrap().read_to_string(&mut text).unwrap();
            if !text.is_empty() {
                files.push(serde_json::from_str(&text).unwrap());
            }
        }
        files
    }

    /// A batch that stands still until the clock is moved.
    async fn with_stopped_clock(self) -> Setting {
        self.control(Method::POST, "clock", json!({"speed": 0.0})).await;
        self
    }
}

fn adding(setting: &Setting, count: usize) -> Value {
    let operation = |number: usize| {
        json!({
            "method": "POST",
            "path": format!("/lists/{}/members", setting.newsletter),
            "operation_id": format!("add-{number}"),
            "body": json!({"email_address": format!("b{number}@maplemail.test-charity.ca"), "status": "subscribed"}).to_string(),
        })
    };
    (0..count).map(operation).collect()
}

#[tokio::test]
async fn point_36_a_batch_moves_on_with_the_clock_and_hides_its_errors_in_the_results() {
    let setting = setting().await.with_stopped_clock().await;
    let mut operations = adding(&setting, 20);
    operations[7]["body"] = json!(json!({"email_address": "foo@example.com", "status": "subscribed"}).to_string());
    operations[8]["body"] = json!("{broken");
    let made = setting.post("/batches", json!({"operations": operations})).await.ok();
    for (key, value) in [
        ("status", json!("pending")),
        ("total_operations", json!(0)),
        ("finished_operations", json!(0)),
        ("errored_operations", json!(0)),
        ("completed_at", json!("")),
        ("response_body_url", json!("")),
    ] {
        assert_eq!(made[key], value, "{key}");
    }
    let own = format!("/batches/{}", made["id"].as_str().unwrap());
    let mut stages = Vec::new();
    for _ in 0..5 {
        stages.push(setting.get(&own).await.ok()["status"].as_str().unwrap().to_owned());
        setting.pass(1).await;
    }
    assert_eq!(
        stages,
        ["pending", "preprocessing", "started", "finalizing", "finished"]
    );
    let done = setting.get(&own).await.ok();
    assert_eq!(
        (&done["finished_operations"], &done["errored_operations"]),
        (&json!(20), &json!(2))
    );
    let results = setting
        .results(done["response_body_url"].as_str().unwrap())
        .await
        .concat();
    let order: Vec<&str> = results
        .iter()
        .map(|result| result["operation_id"].as_str().unwrap())
        .collect();
    let handed_in: Vec<String> = (0..20).map(|number| format!("add-{number}")).collect();
    assert_ne!(order, handed_in, "in an order nobody chose");
    let by_id: BTreeMap<&str, &Value> = order.iter().copied().zip(&results).collect();
    assert_eq!(
        (&by_id["add-7"]["status_code"], &by_id["add-8"]["status_code"]),
        (&json!(400), &json!(400))
    );
    let added: Value = serde_json::from_str(by_id["add-3"]["response"].as_str().unwrap()).unwrap();
    assert_eq!(added["email_address"], "b3@maplemail.test-charity.ca");
}

#[tokio::test]
async fn point_36_a_malformed_operation_refuses_the_whole_batch() {
    let setting = setting().await;
    for (operation, field) in [
        (
            json!({"method": "POST", "path": "/lists", "body": {"not": "a text"}}),
            "operations.0.body",
        ),
        (json!({"method": "GET"}), "operations.0.path"),
        (json!({"method": "get", "path": "/lists"}), "operations.0.method"),
    ] {
        let refused = setting.post("/batches", json!({"operations": [operation]})).await;
        assert_eq!(
            (refused.error(), &refused.json["errors"][0]["field"]),
            ((400, "Invalid Resource"), &json!(field))
        );
    }
    let many: Vec<Value> = vec![json!({"method": "GET", "path": "/ping"}); 1001];
    assert_eq!(
        setting
            .post("/batches", json!({"operations": many}))
            .await
            .status
            .as_u16(),
        400
    );
}

#[tokio::test]
async fn point_37_an_archive_is_good_for_ten_minutes_needs_no_token_and_has_several_files_when_large() {
    let setting = setting().await.with_stopped_clock().await;
    let mut operations = adding(&setting, 300);
    operations[0] = json!({"method": "DELETE", "path": format!("/lists/{}/members/louise.arsenault@maplemail.test-charity.ca", setting.newsletter)});
    let own = setting.submit(operations).await;
    setting.pass(4).await;
    let url = setting.get(&own).await.ok()["response_body_url"]
        .as_str()
        .unwrap()
        .to_owned();
    let files = setting.results(&url).await;
    assert!(files.len() > 1, "{}", files.len());
    assert_eq!(files.concat().len(), 300);
    assert!(files.concat().iter().all(|result| result["response"].is_string()));
    let with_token = answered(setting.http.get(&url).bearer_auth(&setting.token)).await;
    assert_eq!(
        with_token.status.as_u16(),
        200,
        "an Authorization header is not looked at"
    );
    setting.settings(json!({"archives_refuse_credentials": true})).await;
    let refused = answered(setting.http.get(&url).bearer_auth(&setting.token)).await;
    assert_eq!(
        refused.status.as_u16(),
        400,
        "or spoils the call, if the switch says so"
    );
    assert_eq!(setting.results(&url).await.concat().len(), 300);
    setting.pass(601).await;
    assert_eq!(answered(setting.http.get(&url)).await.status.as_u16(), 403);
    let fresh = setting.get(&own).await.ok()["response_body_url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(fresh, url);
    assert_eq!(setting.results(&fresh).await.concat().len(), 300);
    let forged = url.replace("Expires=", "Expires=9");
    assert_eq!(answered(setting.http.get(forged)).await.status.as_u16(), 403);
}

#[tokio::test]
async fn point_38_a_get_without_count_is_paged_by_itself() {
    let setting = setting().await.with_stopped_clock().await;
    let seed = format!("audiences/{}/members", setting.newsletter);
    setting.control(Method::POST, &seed, json!({"count": 2500})).await;
    let path = format!("/lists/{}/members", setting.newsletter);
    let own = setting
        .submit(json!([{"method": "GET", "path": path, "params": {"fields": "members.email_address,total_items"}}]))
        .await;
    setting.pass(4).await;
    let done = setting.get(&own).await.ok();
    assert_eq!(done["total_operations"], 3, "each page counts");
    let results = setting
        .results(done["response_body_url"].as_str().unwrap())
        .await
        .concat();
    let members: usize = results
        .iter()
        .map(|result| {
            let page: Value = serde_json::from_str(result["response"].as_str().unwrap()).unwrap();
            page["members"].as_array().unwrap().len()
        })
        .sum();
    assert_eq!(members, 2511);
}

#[tokio::test]
async fn point_38_a_deleted_batch_stops_and_the_five_hundred_and_first_is_429() {
    let setting = setting().await.with_stopped_clock().await;
    let own = setting.submit(adding(&setting, 1)).await;
    let deleted = setting.delete(&own).await;
    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    assert_eq!(setting.get(&own).await.status.as_u16(), 404);
    setting.pass(10).await;
    let members = setting
        .control(Method::GET, "members?email=b0@maplemail.test-charity.ca", json!({}))
        .await;
    assert_eq!(members["total_items"], 0, "what was not begun is never done");
    setting.settings(json!({"deleted_batches_are_gone": false})).await;
    let shown = setting.get(&own).await.ok();
    assert_eq!(
        (&shown["status"], &shown["response_body_url"]),
        (&json!("pending"), &json!("")),
        "still shown, if the switch says so"
    );
    setting.settings(json!({"deleted_batches_are_gone": true})).await;
    for _ in 0..500 {
        setting.submit(json!([{"method": "GET", "path": "/ping"}])).await;
    }
    let refused = setting
        .post("/batches", json!({"operations": [{"method": "GET", "path": "/ping"}]}))
        .await;
    assert_eq!(refused.error(), (429, "Too Many Requests"));
    setting.pass(4).await;
    assert_eq!(setting.get("/batches?count=1").await.ok()["total_items"], 500);
    setting.submit(json!([{"method": "GET", "path": "/ping"}])).await;
}

#[tokio::test]
async fn point_38_a_batch_that_never_finishes_stays_started() {
    let setting = setting().await.with_stopped_clock().await;
    setting.settings(json!({"batches_never_finish": true})).await;
    let own = setting.submit(adding(&setting, 1)).await;
    setting.pass(86_400).await;
    assert_eq!(setting.get(&own).await.ok()["status"], "started");
}

#[tokio::test]
async fn point_39_batch_webhooks_are_told_when_a_batch_is_finished() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    receiver.answer_with(500);
    let refused = setting.post("/batch-webhooks", json!({"url": receiver.url})).await;
    assert!(
        refused.detail().contains("We couldn't verify the URL is working"),
        "{}",
        refused.text
    );
    receiver.answer_with(200);
    let hook = setting.post("/batch-webhooks", json!({"url": receiver.url})).await.ok();
    assert_eq!(hook["enabled"], true);
    let own = setting.submit(adding(&setting, 2)).await;
    // The sandbox's clock runs: nobody moves it, and nobody asks.
    let got = receiver.wait_for(1).await;
    assert_eq!(got[0].kind(), "batch_operation_completed");
    assert_eq!(own, format!("/batches/{}", got[0].field("data[id]").unwrap()));
    assert_eq!(got[0].field("data[status]").unwrap(), "finished");
    assert_eq!(got[0].field("data[finished_operations]").unwrap(), "2");
    assert_eq!(got[0].field("data[_links][1][rel]").unwrap(), "self");
    let results = setting.results(&got[0].field("data[response_body_url]").unwrap()).await;
    assert_eq!(results.concat().len(), 2);
    let hook = format!("/batch-webhooks/{}", hook["id"].as_str().unwrap());
    assert_eq!(
        setting.patch(&hook, json!({"enabled": false})).await.ok()["enabled"],
        false
    );
    assert_eq!(setting.get("/batch-webhooks").await.ok()["total_items"], 1);
    assert_eq!(setting.delete(&hook).await.status.as_u16(), 204);
    assert_eq!(setting.get(&hook).await.status.as_u16(), 404);
}
