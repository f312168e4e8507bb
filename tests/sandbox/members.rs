//! Members: how they look, join, change, leave and come back.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::setting::{Setting, setting};

const NINA: &str = "Nina.Roy@maplemail.test-charity.ca";

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
async fn point_23_put_changes_what_it_names_and_status_if_new_only_newcomers() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    let same = setting.get(&path).await.ok();
    setting
        .control(Method::POST, "clock", json!({"advance_seconds": 60}))
        .await;
    let put = setting
        .put(&path, json!({"email_address": NINA, "status_if_new": "pending"}))
        .await
        .ok();
    assert_eq!(
        (&put["status"], &put["last_changed"]),
        (&same["status"], &same["last_changed"]),
        "a no-op"
    );
    let put = setting.put(&path, json!({"merge_fields": {"LNAME": "Roy"}})).await.ok();
    assert_ne!(put["last_changed"], same["last_changed"]);
    let put = setting.put(&path, json!({"status": "unsubscribed"})).await.ok();
    assert_eq!(put["unsubscribe_reason"], "N/A (Unsubscribed by admin)");
    let put = setting
        .put(&path, json!({"email_address": NINA, "merge_fields": {"FNAME": "N"}}))
        .await
        .ok();
    assert_eq!(put["status"], "unsubscribed");
    let put = setting
        .put(&path, json!({"email_address": NINA, "status_if_new": "subscribed"}))
        .await
        .ok();
    assert_eq!(put["status"], "unsubscribed");
    let put = setting.put(&path, json!({"status": "subscribed"})).await.ok();
    assert_eq!(
        (&put["status"], put.get("unsubscribe_reason")),
        (&json!("subscribed"), None)
    );
}

#[tokio::test]
async fn point_23_put_of_an_unknown_hash_adds_and_never_doubles() {
    let setting = setting().await;
    let unknown = format!("{}/17cee0cf256326fd9119bae95bcb47b1", members(&setting));
    let put = setting
        .put(&unknown, json!({"email_address": NINA, "status_if_new": "pending"}))
        .await
        .ok();
    assert_eq!(
        (&put["status"], put["id"] != "17cee0cf256326fd9119bae95bcb47b1"),
        (&json!("pending"), true)
    );
    let again = setting
        .put(&unknown, json!({"email_address": NINA, "status": "subscribed"}))
        .await;
    assert_eq!(again.error(), (400, "Member Exists"));
    let other = json!({"email_address": "omar.gill@maplemail.test-charity.ca"});
    assert_eq!(setting.put(&unknown, other).await.error(), (400, "Invalid Resource"));
    let by_status = json!({"email_address": "omar.gill@maplemail.test-charity.ca", "status": "subscribed"});
    assert_eq!(setting.put(&unknown, by_status).await.ok()["status"], "subscribed");
}

#[tokio::test]
async fn point_24_a_new_address_keeps_the_contact_and_frees_the_old_hash() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    let before = setting.get(&path).await.ok();
    let after = setting
        .put(&path, json!({"email_address": "nina.gill@maplemail.test-charity.ca"}))
        .await
        .ok();
    for changed in ["id", "unique_email_id"] {
        assert_ne!(after[changed], before[changed], "{changed}");
    }
    for kept in ["contact_id", "web_id", "timestamp_opt"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    assert_eq!(setting.get(&path).await.status, StatusCode::NOT_FOUND);
    let path = format!("{}/{}", members(&setting), after["id"].as_str().unwrap());
    setting.act(&path, "clean", json!({})).await;
    let refused = setting.patch(&path, json!({"email_address": NINA})).await;
    let text = "This member's status is \"cleaned.\" You can only update email addresses for members with a status of \"subscribed.\"";
    assert_eq!((refused.status, refused.detail()), (StatusCode::BAD_REQUEST, text));
}

/// From which state; whether it may be set to subscribed, pending, unsubscribed; the status of a DELETE.
type Row = (&'static str, [Result<(), &'static str>; 3], u16);

/// Brings somebody into a state and answers the member's path.
async fn in_state(setting: &Setting, state: &str) -> String {
    let email = format!("{}@maplemail.test-charity.ca", state.replace(' ', "."));
    let start = match state {
        "pending" | "unsubscribed" | "transactional" => state,
        _ => "subscribed",
    };
    let path = setting.add(&email, start).await;
    let (action, details) = match state {
        "unsubscribed by self" | "archived after self" => ("unsubscribe", json!({})),
        "unsubscribed by admin" => ("unsubscribe", json!({"as": "admin"})),
        "complained" => ("abuse", json!({})),
        "cleaned" => ("clean", json!({})),
        "archived" => ("archive", json!({})),
        _ => return path,
    };
    setting.act(&path, action, details).await;
    if state == "archived after self" {
        setting.act(&path, "archive", json!({})).await;
    }
    path
}

#[tokio::test]
async fn point_25_every_transition_of_the_matrix_is_allowed_or_refused_as_known() {
    let setting = setting().await;
    let compliance = Err("Member In Compliance State");
    let matrix: [Row; 10] = [
        ("subscribed", [Ok(()), Ok(()), Ok(())], 204),
        ("pending", [Ok(()), Ok(()), Ok(())], 405),
        ("unsubscribed", [Ok(()), Ok(()), Ok(())], 204),
        ("unsubscribed by admin", [Ok(()), Ok(()), Ok(())], 204),
        ("unsubscribed by self", [compliance, Ok(()), Ok(())], 204),
        ("complained", [compliance, Ok(()), Ok(())], 204),
        ("cleaned", [compliance, compliance, Ok(())], 405),
        ("transactional", [Ok(()), Ok(()), Ok(())], 204),
        ("archived", [Ok(()), Ok(()), Ok(())], 405),
        ("archived after self", [compliance, Ok(()), Ok(())], 405),
    ];
    for (from, expected, deleted) in matrix {
        for (to, expected) in ["subscribed", "pending", "unsubscribed"].into_iter().zip(expected) {
            setting.control(Method::POST, "reset", json!({})).await;
            let setting = again(&setting).await;
            let path = in_state(&setting, from).await;
            let answer = setting.patch(&path, json!({"status": to})).await;
            let got = if answer.status == StatusCode::OK {
                Ok(())
            } else {
                Err(answer.json["title"].as_str().unwrap())
            };
            assert_eq!(got, expected, "from {from} to {to}");
            assert!(got.is_err() || setting.status_of(&path).await == to);
        }
        setting.control(Method::POST, "reset", json!({})).await;
        let setting = again(&setting).await;
        let path = in_state(&setting, from).await;
        assert_eq!(
            setting.delete(&path).await.status.as_u16(),
            deleted,
            "archiving from {from}"
        );
    }
}

/// The same sandbox after a reset: the old token is gone.
async fn again(setting: &Setting) -> Borrowed<'_> {
    let token = setting.control(Method::POST, "tokens", json!({})).await;
    Borrowed {
        setting,
        token: token["access_token"].as_str().unwrap().to_owned(),
    }
}

struct Borrowed<'a> {
    setting: &'a Setting,
    token: String,
}

impl std::ops::Deref for Borrowed<'_> {
    type Target = Setting;
    fn deref(&self) -> &Setting {
        assert_eq!(self.token, self.setting.token, "the same seed draws the same token");
        self.setting
    }
}

#[tokio::test]
async fn point_25_waiting_for_the_persons_click_does_not_lift_the_persons_opt_out() {
    let setting = setting().await;
    let path = in_state(&setting, "unsubscribed by self").await;
    setting.patch(&path, json!({"status": "pending"})).await.ok();
    let refused = setting.patch(&path, json!({"status": "subscribed"})).await;
    assert_eq!(refused.error(), (400, "Member In Compliance State"));
    setting.act(&path, "confirm", json!({})).await;
    assert_eq!(setting.status_of(&path).await, "subscribed");
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
