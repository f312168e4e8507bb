//! What may be written into a member: addresses, merge values, statuses, tags; one by one and in bulk.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::setting::{Setting, setting};

const NINA: &str = "Nina.Roy@maplemail.test-charity.ca";

fn members(setting: &Setting) -> String {
    format!("/lists/{}/members", setting.newsletter)
}

#[tokio::test]
async fn point_30_addresses_that_mailchimp_refuses_are_refused_in_its_words() {
    let setting = setting().await;
    setting
        .settings(json!({"throttled_addresses": ["busy@maplemail.test-charity.ca"]}))
        .await;
    let refused = async |email: &str| {
        let answer = setting
            .post(
                &members(&setting),
                json!({"email_address": email, "status": "subscribed"}),
            )
            .await;
        assert_eq!(answer.error(), (400, "Invalid Resource"));
        answer.detail().to_owned()
    };
    assert_eq!(refused("AAAAA").await, "Please provide a valid email address.");
    assert_eq!(
        refused("foo@example.com").await,
        "foo@example.com looks fake or invalid, please enter a real email address."
    );
    assert_eq!(
        refused("a@-b.ca").await,
        "The domain portion of the email address is invalid (the portion after the @: -b.ca)"
    );
    for busy in ["busy@maplemail.test-charity.ca", "busy+news@maplemail.test-charity.ca"] {
        assert_eq!(
            refused(busy).await,
            format!("{busy} has signed up to a lot of lists very recently; we're not allowing more signups for now")
        );
    }
    for fake in [
        "a@example.org",
        "a@example.net",
        "test@maplemail.test-charity.ca",
        "noreply@maplemail.test-charity.ca",
    ] {
        assert!(refused(fake).await.contains("looks fake or invalid"), "{fake}");
    }
    setting
        .settings(json!({"fake_domains": ["maplemail.test-charity.ca"]}))
        .await;
    assert!(
        refused("nina@maplemail.test-charity.ca")
            .await
            .contains("looks fake or invalid")
    );
    let no_longer = json!({"email_address": "foo@example.com", "status": "subscribed"});
    setting.post(&members(&setting), no_longer).await.ok();
}

#[tokio::test]
async fn point_32_statuses_and_types_outside_the_schema_are_refused() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    let list = format!("/lists/{}", setting.newsletter);
    for wrong in ["", "archived", "deleted"] {
        let new = json!({"email_address": "omar.gill@maplemail.test-charity.ca", "status": wrong});
        for answer in [
            setting.patch(&path, json!({"status": wrong})).await,
            setting.put(&path, json!({"status": wrong})).await,
            setting
                .put(&path, json!({"email_address": NINA, "status_if_new": wrong}))
                .await,
            setting.post(&members(&setting), new.clone()).await,
        ] {
            assert_eq!(answer.error(), (400, "Invalid Resource"), "{wrong}");
        }
        let bulk = setting.post(&list, json!({"members": [new]})).await.ok();
        assert_eq!(bulk["errors"][0]["error_code"], "ERROR_GENERIC", "{wrong}");
    }
    assert_eq!(
        setting.patch(&path, json!({"status": "transactional"})).await.error(),
        (400, "Invalid Resource"),
        "the specification lets PATCH set four statuses only"
    );
    let refused = setting.patch(&path, json!({"marketing_permissions": {}})).await;
    assert_eq!(
        refused.json["errors"][0],
        json!({"field": "marketing_permissions", "message": "This value should be of type array"})
    );
}

#[tokio::test]
async fn point_34_tags_are_made_on_demand_and_ignored_in_updates() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    let tags = format!("{path}/tags");
    let body = json!({"tags": [{"name": "Choir", "status": "active"}, {"name": "Unknown", "status": "inactive"}]});
    assert_eq!(setting.post(&tags, body).await.status, StatusCode::NO_CONTENT);
    let got = setting.get(&tags).await.ok();
    assert_eq!(
        (&got["total_items"], &got["tags"][0]["name"]),
        (&json!(1), &json!("Choir"))
    );
    setting.put(&path, json!({"tags": ["Other"]})).await.ok();
    setting.patch(&path, json!({"tags": ["Other"]})).await.ok();
    assert_eq!(setting.get(&path).await.ok()["tags_count"], 1);
    let nothing = setting.post(&tags, json!({"tags": []})).await;
    assert_eq!(nothing.status, StatusCode::NO_CONTENT);
    let second = json!({"tags": [{"name": "Board", "status": "active"}, {"name": "CHOIR", "status": "active"}]});
    setting.post(&tags, second).await;
    let page = setting.get(&format!("{tags}?count=1&offset=1")).await.ok();
    assert_eq!(
        (&page["total_items"], &page["tags"][0]["name"]),
        (&json!(2), &json!("Board"))
    );
    let missing = format!("{}/17cee0cf256326fd9119bae95bcb47b1/tags", members(&setting));
    assert_eq!(
        setting.post(&missing, json!({"tags": []})).await.error(),
        (404, "Resource Not Found")
    );
}

#[tokio::test]
async fn point_35_bulk_takes_five_hundred_and_tells_the_fate_of_each() {
    let setting = setting().await;
    let list = format!("/lists/{}", setting.newsletter);
    let person =
        |name: &str| json!({"email_address": format!("{name}@maplemail.test-charity.ca"), "status": "subscribed"});
    let gone = setting.add("gone@maplemail.test-charity.ca", "subscribed").await;
    setting.act(&gone, "unsubscribe", json!({})).await;
    setting.add("known@maplemail.test-charity.ca", "subscribed").await;
    let members = json!([person("new"), person("new"), person("known"), person("gone"), {"email_address": "AAA", "status": "subscribed"}]);
    let done = setting.post(&list, json!({"members": members})).await.ok();
    let keys: Vec<&String> = done.as_object().unwrap().keys().collect();
    let known = [
        "new_members",
        "updated_members",
        "errors",
        "total_created",
        "total_updated",
        "error_count",
        "_links",
    ];
    assert_eq!(keys, known);
    let codes: Vec<&str> = done["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["error_code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "ERROR_GENERIC",
            "ERROR_CONTACT_EXISTS",
            "ERROR_CONTACT_EXISTS",
            "ERROR_GENERIC"
        ]
    );
    let updating = json!({"members": members, "update_existing": true});
    let done = setting
        .post(&format!("{list}?skip_duplicate_check=true"), updating)
        .await
        .ok();
    assert_eq!((&done["total_created"], &done["total_updated"]), (&json!(0), &json!(2)));
    assert!(
        done["errors"][0]["error"]
            .as_str()
            .unwrap()
            .contains("is in a compliance state due to unsubscribe")
    );
    let many: Vec<Value> = (0..501).map(|number| person(&format!("m{number}"))).collect();
    assert_eq!(
        setting.post(&list, json!({"members": many})).await.error(),
        (400, "Invalid Resource")
    );
    assert_eq!(
        setting
            .get(&format!("{list}/members/m1@maplemail.test-charity.ca"))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn point_35_of_two_entries_for_one_address_the_first_counts() {
    let setting = setting().await;
    let list = format!("/lists/{}", setting.newsletter);
    let named = |name: &str| json!({"email_address": NINA, "status": "subscribed", "merge_fields": {"FNAME": name}});
    let twice = json!({"members": [named("First"), named("Second")]});
    let done = setting
        .post(&format!("{list}?skip_duplicate_check=true"), twice)
        .await
        .ok();
    assert_eq!((&done["error_count"], &done["total_created"]), (&json!(0), &json!(1)));
    assert_eq!(done["new_members"][0]["merge_fields"]["FNAME"], "First");
}

#[tokio::test]
async fn point_35_sync_tags_leaves_only_the_tags_of_the_call() {
    let setting = setting().await;
    let list = format!("/lists/{}", setting.newsletter);
    let tagged = |tags: Value, sync: bool| json!({"members": [{"email_address": NINA, "status": "subscribed", "tags": tags}], "update_existing": true, "sync_tags": sync});
    let tags_after = async |body: Value| {
        let done = setting.post(&list, body).await.ok();
        let member = done["new_members"]
            .get(0)
            .or(done["updated_members"].get(0))
            .unwrap()
            .clone();
        let tags = member["tags"].as_array().unwrap().clone();
        tags.iter()
            .map(|tag| tag["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        tags_after(tagged(json!(["Choir", "Board"]), false)).await,
        ["Choir", "Board"]
    );
    assert_eq!(
        tags_after(tagged(json!(["Garden"]), false)).await,
        ["Choir", "Board", "Garden"]
    );
    assert_eq!(tags_after(tagged(json!(["Board"]), true)).await, ["Board"]);
}

#[tokio::test]
async fn point_35_whoever_comes_back_from_the_archive_counts_as_created() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    setting.delete(&path).await;
    let back = json!({"members": [{"email_address": NINA, "status": "subscribed"}], "update_existing": true});
    let done = setting.post(&format!("/lists/{}", setting.newsletter), back).await.ok();
    assert_eq!((&done["total_created"], &done["total_updated"]), (&json!(1), &json!(0)));
}
