//! PUT of a member, row by row of what was observed; and what dates a member anew.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::setting::{Setting, setting};

const NINA: &str = "nina.roy@maplemail.test-charity.ca";
const OMAR: &str = "omar.gill@maplemail.test-charity.ca";
const NOBODYS_HASH: &str = "17cee0cf256326fd9119bae95bcb47b1";

fn of(setting: &Setting, who: &str) -> String {
    format!("/lists/{}/members/{who}", setting.newsletter)
}

#[tokio::test]
async fn point_23_known_with_details_only_keeps_its_status() {
    let setting = setting().await;
    for status in ["subscribed", "unsubscribed", "pending", "transactional"] {
        let path = setting
            .add(&format!("{status}@maplemail.test-charity.ca"), status)
            .await;
        let put = setting.put(&path, json!({"merge_fields": {"LNAME": "Roy"}})).await.ok();
        assert_eq!(
            (&put["status"], &put["merge_fields"]["LNAME"]),
            (&json!(status), &json!("Roy"))
        );
    }
}

#[tokio::test]
async fn point_23_known_set_to_unsubscribed_was_unsubscribed_by_the_admin() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    let put = setting.put(&path, json!({"status": "unsubscribed"})).await.ok();
    assert_eq!(
        (&put["status"], &put["unsubscribe_reason"]),
        (&json!("unsubscribed"), &json!("N/A (Unsubscribed by admin)"))
    );
}

#[tokio::test]
async fn point_23_known_and_unsubscribed_by_a_program_can_be_subscribed_by_one() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    setting.put(&path, json!({"status": "unsubscribed"})).await.ok();
    let put = setting.put(&path, json!({"status": "subscribed"})).await.ok();
    assert_eq!(
        (&put["status"], put.get("unsubscribe_reason")),
        (&json!("subscribed"), None)
    );
}

#[tokio::test]
async fn point_23_known_and_unsubscribed_stays_so_when_details_and_address_are_put() {
    let setting = setting().await;
    let path = setting.add(NINA, "unsubscribed").await;
    let put = setting
        .put(&path, json!({"email_address": NINA, "merge_fields": {"FNAME": "Nina"}}))
        .await
        .ok();
    assert_eq!(put["status"], "unsubscribed");
}

#[tokio::test]
async fn point_23_known_with_another_address_moves_to_it() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    let before = setting.get(&path).await.ok();
    let put = setting.put(&path, json!({"email_address": OMAR})).await.ok();
    for changed in ["id", "unique_email_id"] {
        assert_ne!(put[changed], before[changed], "{changed}");
    }
    assert_eq!(setting.get(&path).await.error(), (404, "Resource Not Found"));
}

#[tokio::test]
async fn point_23_unknown_hash_with_an_address_of_another_hash_adds_that_address() {
    let setting = setting().await;
    let put = setting
        .put(
            &of(&setting, NOBODYS_HASH),
            json!({"email_address": NINA, "status": "subscribed"}),
        )
        .await
        .ok();
    assert_ne!(put["id"], NOBODYS_HASH);
    let found = setting.get(&of(&setting, put["id"].as_str().unwrap())).await.ok();
    assert_eq!(found["email_address"], NINA);
}

#[tokio::test]
async fn point_23_unknown_hash_with_an_address_on_the_list_is_refused() {
    let setting = setting().await;
    setting.add(NINA, "unsubscribed").await;
    let refused = setting
        .put(
            &of(&setting, NOBODYS_HASH),
            json!({"email_address": NINA, "status": "subscribed"}),
        )
        .await;
    assert_eq!(refused.error(), (400, "Member Exists"));
    assert_eq!(setting.status_of(&of(&setting, NINA)).await, "unsubscribed");
}

#[tokio::test]
async fn point_23_unknown_with_status_alone_is_added_with_it() {
    let setting = setting().await;
    for status in ["subscribed", "unsubscribed", "pending", "cleaned", "transactional"] {
        let email = format!("{status}@maplemail.test-charity.ca");
        let put = setting
            .put(&of(&setting, &email), json!({"email_address": email, "status": status}))
            .await
            .ok();
        assert_eq!(put["status"], status);
    }
}

#[tokio::test]
async fn point_23_unknown_without_any_status_is_refused() {
    let setting = setting().await;
    let refused = setting.put(&of(&setting, NINA), json!({"email_address": NINA})).await;
    assert_eq!(refused.error(), (400, "Invalid Resource"));
    assert_eq!(setting.get(&of(&setting, NINA)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn point_23_status_if_new_is_for_newcomers_only() {
    let setting = setting().await;
    let new = setting
        .put(
            &of(&setting, OMAR),
            json!({"email_address": OMAR, "status_if_new": "pending"}),
        )
        .await
        .ok();
    assert_eq!(new["status"], "pending");
    let path = setting.add(NINA, "subscribed").await;
    for action in ["unsubscribe", "clean"] {
        setting.act(&path, action, json!({})).await;
        let before = setting.get(&path).await.ok();
        let put = setting
            .put(&path, json!({"email_address": NINA, "status_if_new": "subscribed"}))
            .await
            .ok();
        assert_eq!(put["status"], before["status"], "{action}");
    }
}

#[tokio::test]
async fn point_23_whether_somebody_archived_is_new_is_a_switch() {
    let setting = setting().await;
    let revive = async |email: &str| {
        let path = of(&setting, email);
        setting
            .put(&path, json!({"email_address": email, "status_if_new": "subscribed"}))
            .await
    };
    for email in [NINA, OMAR] {
        let path = setting.add(email, "subscribed").await;
        setting.delete(&path).await;
    }
    assert_eq!(revive(NINA).await.ok()["status"], "subscribed", "by default");
    setting.settings(json!({"archived_counts_as_new": false})).await;
    assert_eq!(revive(OMAR).await.ok()["status"], "archived", "the other way");
}

#[tokio::test]
async fn point_23_nothing_new_leaves_the_date_and_every_change_sets_it() {
    let setting = setting().await;
    let category = setting
        .post(
            &format!("/lists/{}/interest-categories", setting.newsletter),
            json!({"title": "Topics", "type": "checkboxes"}),
        )
        .await
        .ok();
    let interests = format!(
        "/lists/{}/interest-categories/{}/interests",
        setting.newsletter,
        category["id"].as_str().unwrap()
    );
    let garden = setting.post(&interests, json!({"name": "Garden"})).await.ok();
    let garden = garden["id"].as_str().unwrap();
    let path = setting.add(NINA, "subscribed").await;
    let dated = async |path: &str| setting.get(path).await.ok()["last_changed"].clone();
    let tags = format!("{path}/tags");
    let choir = json!({"tags": [{"name": "Choir", "status": "active"}]});
    // Each is made twice: the first time it is news.
    let calls: [(Method, &str, Value); 5] = [
        (Method::PUT, &path, json!({"merge_fields": {"FNAME": "Nina"}})),
        (Method::PUT, &path, json!({"interests": {garden: true}})),
        (Method::POST, &tags, choir),
        (Method::PUT, &path, json!({"vip": true})),
        (Method::PUT, &path, json!({"status": "unsubscribed"})),
    ];
    for (method, to, body) in calls {
        for is_news in [true, false] {
            let before = dated(&path).await;
            setting
                .control(Method::POST, "clock", json!({"advance_seconds": 60}))
                .await;
            let answer = setting.call(method.clone(), to, Some(body.clone())).await;
            assert!(answer.status.is_success(), "{}", answer.text);
            assert_eq!(dated(&path).await != before, is_news, "{body}");
        }
    }
    setting.put(&path, json!({"status": "subscribed"})).await.ok();
    let before = dated(&path).await;
    setting
        .control(Method::POST, "clock", json!({"advance_seconds": 60}))
        .await;
    let moved = setting.put(&path, json!({"email_address": OMAR})).await.ok();
    assert_ne!(moved["last_changed"], before, "another address");
}
