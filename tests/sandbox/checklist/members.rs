//! Members: how they look, join, change, leave and come back.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::setting::{Setting, setting};

const NINA: &str = "Nina.Roy@maplemail.test-charity.ca";

fn members(setting: &Setting) -> String {
    format!("/lists/{}/members", setting.newsletter)
}

#[tokio::test]
async fn point_22_adding_somebody_present_is_refused_and_somebody_archived_revived() {
    let setting = setting().await;
    let body =
        json!({"email_address": NINA, "status": "subscribed", "merge_fields": {"LNAME": "Roy"}, "tags": ["Choir"]});
    let first = setting.post(&members(&setting), body.clone()).await.ok();
    let again = setting.post(&members(&setting), body).await;
    assert_eq!(again.error(), (400, "Member Exists"));
    assert_eq!(
        again.detail(),
        format!("{NINA} is already a list member. Use PUT to insert or update list members.")
    );
    let path = format!("{}/{}", members(&setting), first["id"].as_str().unwrap());
    assert_eq!(setting.delete(&path).await.status, StatusCode::NO_CONTENT);
    let revived = setting
        .post(
            &members(&setting),
            json!({"email_address": NINA, "status": "subscribed"}),
        )
        .await
        .ok();
    for kept in ["contact_id", "web_id", "merge_fields"] {
        assert_eq!(revived[kept], first[kept], "{kept}");
    }
    assert_eq!(
        (&revived["status"], &revived["tags_count"]),
        (&json!("subscribed"), &json!(1))
    );
}

#[tokio::test]
async fn point_22_whoever_is_present_in_whatever_state_is_not_added_again() {
    let setting = setting().await;
    for status in ["subscribed", "unsubscribed", "pending", "cleaned", "transactional"] {
        let email = format!("{status}@maplemail.test-charity.ca");
        let path = setting.add(&email, status).await;
        let body = json!({"email_address": email, "status": "subscribed"});
        assert_eq!(
            setting.post(&members(&setting), body).await.error(),
            (400, "Member Exists")
        );
        assert_eq!(setting.status_of(&path).await, status);
    }
}

#[tokio::test]
async fn point_22_whether_an_account_over_its_plan_may_add_people_is_a_switch() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    setting.settings(json!({"over_plan_limit": true})).await;
    let other = json!({"email_address": "omar.gill@maplemail.test-charity.ca", "status": "subscribed"});
    let refused = setting.post(&members(&setting), other).await;
    assert_eq!(refused.error(), (403, "User action not permitted"));
    setting.put(&path, json!({"vip": true})).await.ok();
}

#[tokio::test]
async fn point_26_archiving_twice_is_405_with_the_recorded_text() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    assert_eq!(setting.delete(&path).await.status, StatusCode::NO_CONTENT);
    let again = setting.delete(&path).await;
    assert_eq!(again.error(), (405, "Method Not Allowed"));
    assert_eq!(again.headers["allow"], "GET, PUT");
    let text = "This list member cannot be removed. Can not archive a contact that is bounced, pending or archived";
    assert_eq!(again.detail(), text);
    for status in ["pending", "cleaned"] {
        let path = setting
            .add(&format!("{status}@maplemail.test-charity.ca"), status)
            .await;
        let refused = setting.delete(&path).await;
        assert_eq!((refused.status.as_u16(), refused.detail()), (405, text), "{status}");
        assert_eq!(setting.status_of(&path).await, status);
    }
    let unknown = format!("{}/17cee0cf256326fd9119bae95bcb47b1", members(&setting));
    assert_eq!(setting.delete(&unknown).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn point_27_an_erased_address_may_only_come_back_by_itself() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    let erase = format!("{path}/actions/delete-permanent");
    assert_eq!(
        setting.call(Method::POST, &erase, None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(setting.get(&path).await.status, StatusCode::NOT_FOUND);
    for status in ["subscribed", "pending", "unsubscribed"] {
        let refused = setting
            .post(&members(&setting), json!({"email_address": NINA, "status": status}))
            .await;
        assert_eq!(refused.error(), (400, "Forgotten Email Not Subscribed"));
        let put = setting
            .put(&path, json!({"email_address": NINA, "status_if_new": status}))
            .await;
        assert_eq!(put.error(), (400, "Forgotten Email Not Subscribed"));
    }
    let sign_up = format!("audiences/{}/sign-up", setting.newsletter);
    setting
        .control(Method::POST, &sign_up, json!({"email_address": NINA}))
        .await;
    assert_eq!(setting.status_of(&path).await, "subscribed");
}

#[tokio::test]
async fn point_28_the_list_of_members_leaves_archived_ones_out_and_filters_as_documented() {
    let setting = setting().await;
    let list = members(&setting);
    let total = async |query: &str| {
        setting.get(&format!("{list}?{query}")).await.ok()["total_items"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(total("").await, 11);
    assert_eq!(total("status=archived").await, 1);
    assert_eq!(total("status=unsubscribed").await, 3);
    let refused = setting.get(&format!("{list}?since_last_campaign=true")).await;
    assert_eq!(
        refused.detail(),
        "Status is required when using since_last_campaign filter."
    );
    let refused = setting
        .get(&format!(
            "{list}?unsubscribed_since=2020-01-01T00:00:00Z&status=cleaned"
        ))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let crowd = json!({"count": 5, "last_changed": "2030-01-02T10:00:00Z"});
    setting
        .control(
            Method::POST,
            &format!("audiences/{}/members", setting.newsletter),
            crowd,
        )
        .await;
    assert_eq!(total("since_last_changed=2030-01-02T09:59:59%2B00:00").await, 5);
    assert_eq!(
        total("since_last_changed=2030-01-02T10:00:00%2B00:00").await,
        0,
        "strictly later"
    );
    assert_eq!(
        total("since_last_changed=2030-01-02T09:59:59-11:00").await,
        5,
        "the offset is ignored"
    );
}

#[tokio::test]
async fn point_28_whether_since_includes_its_own_second_is_a_switch() {
    let setting = setting().await;
    let crowd = json!({"count": 5, "last_changed": "2030-01-02T10:00:00Z"});
    let seed = format!("audiences/{}/members", setting.newsletter);
    setting.control(Method::POST, &seed, crowd).await;
    let since = format!("{}?since_last_changed=2030-01-02T10:00:00%2B00:00", members(&setting));
    assert_eq!(
        setting.get(&since).await.ok()["total_items"],
        0,
        "later only, by default"
    );
    setting.settings(json!({"since_is_inclusive": true})).await;
    assert_eq!(setting.get(&since).await.ok()["total_items"], 5);
}
