//! How a member is named and looks, and what an address change leaves as it was.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::setting::{Setting, setting};

const NINA: &str = "Nina.Roy@maplemail.test-charity.ca";
const TAKEN: &str = "omar.gill@maplemail.test-charity.ca";

fn members(setting: &Setting) -> String {
    format!("/lists/{}/members", setting.newsletter)
}

#[tokio::test]
async fn point_20_a_member_is_found_by_hash_address_and_contact_id() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    let member = setting.get(&path).await.ok();
    let contact = member["contact_id"].as_str().unwrap();
    let hash = member["id"].as_str().unwrap().to_uppercase();
    for who in [hash.as_str(), "nina.roy%40maplemail.test-charity.ca", contact] {
        assert_eq!(
            setting.get(&format!("{}/{who}", members(&setting))).await.ok()["id"],
            member["id"],
            "{who}"
        );
    }
    assert_eq!(member["email_address"], NINA);
}

#[tokio::test]
async fn point_21_a_new_member_has_the_recorded_keys_in_their_order() {
    let setting = setting().await;
    let body = json!({"email_address": NINA, "status": "subscribed", "merge_fields": {"FNAME": "Nina", "unknown": 1}});
    let member = setting.post(&members(&setting), body).await.ok();
    let keys: Vec<&str> = member.as_object().unwrap().keys().map(String::as_str).collect();
    let recorded = [
        "id",
        "email_address",
        "unique_email_id",
        "contact_id",
        "full_name",
        "web_id",
        "email_type",
        "status",
        "consents_to_one_to_one_messaging",
        "merge_fields",
        "stats",
        "ip_signup",
        "timestamp_signup",
        "ip_opt",
        "timestamp_opt",
        "member_rating",
        "last_changed",
        "language",
        "vip",
        "email_client",
        "location",
        "source",
        "tags_count",
        "tags",
        "list_id",
        "_links",
    ];
    assert_eq!(keys, recorded);
    assert_eq!(
        member["merge_fields"],
        json!({"FNAME": "Nina", "LNAME": "", "ADDRESS": "", "PHONE": ""})
    );
    assert_eq!(
        (&member["timestamp_signup"], &member["source"]),
        (&json!(""), &json!("API - Generic"))
    );
    assert_eq!(
        (&member["full_name"], &member["member_rating"]),
        (&json!("Nina"), &json!(2))
    );
    let rels: Vec<&str> = member["_links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| link["rel"].as_str().unwrap())
        .collect();
    let recorded = [
        "self",
        "parent",
        "update",
        "upsert",
        "delete",
        "activity",
        "goals",
        "notes",
        "events",
        "delete_permanent",
    ];
    assert_eq!(rels, recorded);
}

#[tokio::test]
async fn point_20_whether_capitals_in_a_hash_matter_is_a_switch() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    let hash = path.rsplit('/').next().unwrap().to_uppercase();
    let capitals = format!("{}/{hash}", members(&setting));
    assert_eq!(setting.get(&capitals).await.status, StatusCode::OK, "not by default");
    setting.settings(json!({"hashes_ignore_case": false})).await;
    assert_eq!(setting.get(&capitals).await.error(), (404, "Resource Not Found"));
    assert_eq!(setting.get(&path).await.status, StatusCode::OK);
    let by_address = format!("{}/{}", members(&setting), NINA.to_uppercase());
    assert_eq!(
        setting.get(&by_address).await.status,
        StatusCode::OK,
        "addresses are no hashes"
    );
}

#[tokio::test]
async fn point_21_what_only_some_members_have_stands_in_its_recorded_place() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    let categories = format!("/lists/{}/interest-categories", setting.newsletter);
    let category = setting
        .post(&categories, json!({"title": "Topics", "type": "checkboxes"}))
        .await
        .ok();
    let interests = format!("{categories}/{}/interests", category["id"].as_str().unwrap());
    setting.post(&interests, json!({"name": "Garden"})).await.ok();
    let permissions = json!({"marketing_permissions": ["Email"]});
    setting
        .control(Method::PATCH, &format!("audiences/{}", setting.newsletter), permissions)
        .await;
    setting.act(&path, "unsubscribe", json!({})).await;
    let member = setting.get(&path).await.ok();
    let keys: Vec<&str> = member.as_object().unwrap().keys().map(String::as_str).collect();
    let before = |key: &str| keys[keys.iter().position(|found| *found == key).unwrap() - 1];
    assert_eq!(before("unsubscribe_reason"), "status");
    assert_eq!(before("interests"), "merge_fields");
    assert_eq!(before("marketing_permissions"), "location");
    let location: Vec<&String> = member["location"].as_object().unwrap().keys().collect();
    assert_eq!(
        location,
        [
            "latitude",
            "longitude",
            "gmtoff",
            "dstoff",
            "country_code",
            "timezone",
            "region"
        ]
    );
}

#[tokio::test]
async fn point_24_a_new_address_keeps_the_contact_and_frees_the_old_hash() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    let tags = json!({"tags": [{"name": "Choir", "status": "active"}]});
    setting.post(&format!("{path}/tags"), tags).await;
    let before = setting.get(&path).await.ok();
    let after = setting
        .put(&path, json!({"email_address": "nina.gill@maplemail.test-charity.ca"}))
        .await
        .ok();
    for changed in ["id", "unique_email_id"] {
        assert_ne!(after[changed], before[changed], "{changed}");
    }
    for kept in ["contact_id", "web_id", "timestamp_opt", "tags"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    assert_eq!(setting.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn point_24_only_a_subscribed_member_may_have_another_address_and_no_taken_one() {
    let setting = setting().await;
    setting.add(TAKEN, "subscribed").await;
    for status in ["unsubscribed", "pending", "cleaned", "transactional", "archived"] {
        let email = format!("{status}@maplemail.test-charity.ca");
        let start = if status == "archived" { "subscribed" } else { status };
        let path = setting.add(&email, start).await;
        if status == "archived" {
            setting.delete(&path).await;
        }
        let refused = setting
            .patch(&path, json!({"email_address": format!("new.{email}")}))
            .await;
        let text = format!(
            "This member's status is \"{status}.\" You can only update email addresses for members with a status of \"subscribed.\""
        );
        assert_eq!((refused.status.as_u16(), refused.detail()), (400, text.as_str()));
    }
    let path = setting.add(NINA, "subscribed").await;
    let refused = setting.patch(&path, json!({"email_address": TAKEN})).await;
    assert_eq!(refused.error(), (400, "Member Exists"));
    assert_eq!(setting.get(&path).await.ok()["email_address"], NINA);
}
