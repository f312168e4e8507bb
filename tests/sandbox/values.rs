//! What may be written into a member: addresses, merge values, statuses, tags; one by one and in bulk.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::setting::{Setting, setting};

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
    assert!(
        refused("a@-b.ca")
            .await
            .starts_with("The domain portion of the email address is invalid (the portion after the @:")
    );
    assert!(
        refused("busy+news@maplemail.test-charity.ca")
            .await
            .contains("has signed up to a lot of lists very recently")
    );
}

#[tokio::test]
async fn point_31_merge_values_are_checked_in_the_accounts_language() {
    let setting = setting().await;
    let fields = format!("/lists/{}/merge-fields", setting.newsletter);
    setting
        .post(&fields, json!({"name": "Gift", "type": "number", "tag": "GIFT"}))
        .await
        .ok();
    setting
        .post(
            &fields,
            json!({"name": "Since", "type": "date", "tag": "SINCE", "required": true}),
        )
        .await
        .ok();
    let add = async |query: &str, merges: Value| {
        let body = json!({"email_address": NINA, "status": "subscribed", "merge_fields": merges});
        setting.post(&format!("{}{query}", members(&setting)), body).await
    };
    let refused = add("", json!({"GIFT": "much"})).await;
    assert_eq!(refused.detail(), "Your merge fields were invalid.");
    let errors = json!([{"field": "GIFT", "message": "Please enter a number"}, {"field": "SINCE", "message": "Please enter a value"}]);
    assert_eq!(refused.json["errors"], errors);
    setting.settings(json!({"language": "de"})).await;
    assert_eq!(
        add("", json!({})).await.json["errors"][0]["message"],
        "Bitte gib einen Wert ein."
    );
    let added = add("?skip_merge_validation=True", json!({"GIFT": "15.5"})).await.ok();
    assert_eq!(added["merge_fields"]["GIFT"], 15.5);
}

#[tokio::test]
async fn point_32_statuses_and_types_outside_the_schema_are_refused() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    for wrong in ["", "archived", "deleted"] {
        assert_eq!(
            setting.patch(&path, json!({"status": wrong})).await.error(),
            (400, "Invalid Resource"),
            "{wrong}"
        );
    }
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
    assert_eq!(setting.get(&path).await.ok()["tags_count"], 1);
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
