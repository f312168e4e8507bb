//! The matrix of a member's status: from where to where a program may move somebody, and whose opt-out forbids it.

use reqwest::Method;
use serde_json::json;

use crate::setting::{Setting, setting};

const COMPLIANCE: Result<(), &str> = Err("Member In Compliance State");
const FORGOTTEN: Result<(), &str> = Err("Forgotten Email Not Subscribed");
const GOALS: [&str; 3] = ["subscribed", "pending", "unsubscribed"];

/// Brings an address into a state and answers its path.
async fn in_state(setting: &Setting, state: &str, email: &str) -> String {
    if state == "absent" {
        return format!("/lists/{}/members/{email}", setting.newsletter);
    }
    let start = match state {
        "pending" | "unsubscribed" | "transactional" => state,
        _ => "subscribed",
    };
    let path = setting.add(email, start).await;
    let admin = json!({"as": "admin"});
    let steps: &[_] = match state {
        "unsubscribed by self" => &[("unsubscribe", json!({}))],
        "unsubscribed by admin" => &[("unsubscribe", admin)],
        "complained" => &[("abuse", json!({}))],
        "cleaned" => &[("clean", json!({}))],
        "archived" => &[("archive", json!({}))],
        "archived after admin" => &[("unsubscribe", admin), ("archive", json!({}))],
        "archived after self" => &[("unsubscribe", json!({})), ("archive", json!({}))],
        "archived after complaint" => &[("abuse", json!({})), ("archive", json!({}))],
        "forgotten" => &[("erase", json!({}))],
        _ => &[],
    };
    for (action, details) in steps {
        setting.act(&path, action, details.clone()).await;
    }
    path
}

/// Sets the status of an address by PUT, whatever state it is in; the title of the refusal.
async fn set(setting: &Setting, from: &str, to: &str) -> (String, Result<(), String>) {
    let email = format!("{}.{to}@maplemail.test-charity.ca", from.replace(' ', "."));
    let path = in_state(setting, from, &email).await;
    let answer = setting.put(&path, json!({"email_address": email, "status": to})).await;
    let result = if answer.status.is_success() {
        assert_eq!(setting.status_of(&path).await, to);
        Ok(())
    } else {
        Err(answer.error().1.to_owned())
    };
    (path, result)
}

/// From which state; whether it may be set to each goal; the status of a DELETE.
type Row = (&'static str, [Result<(), &'static str>; 3], u16);

#[tokio::test]
async fn point_25_every_transition_of_the_matrix_is_allowed_or_refused_as_known() {
    let setting = setting().await;
    let matrix: [Row; 14] = [
        ("absent", [Ok(()), Ok(()), Ok(())], 404),
        ("subscribed", [Ok(()), Ok(()), Ok(())], 204),
        ("pending", [Ok(()), Ok(()), Ok(())], 405),
        ("unsubscribed", [Ok(()), Ok(()), Ok(())], 204),
        ("unsubscribed by admin", [Ok(()), Ok(()), Ok(())], 204),
        ("unsubscribed by self", [COMPLIANCE, Ok(()), Ok(())], 204),
        ("complained", [COMPLIANCE, Ok(()), Ok(())], 204),
        ("cleaned", [COMPLIANCE, COMPLIANCE, Ok(())], 405),
        ("transactional", [Ok(()), Ok(()), Ok(())], 204),
        ("archived", [Ok(()), Ok(()), Ok(())], 405),
        ("archived after admin", [Ok(()), Ok(()), Ok(())], 405),
        ("archived after self", [COMPLIANCE, Ok(()), Ok(())], 405),
        ("archived after complaint", [COMPLIANCE, Ok(()), Ok(())], 405),
        ("forgotten", [FORGOTTEN, FORGOTTEN, FORGOTTEN], 404),
    ];
    for (from, expected, deleted) in matrix {
        for (to, expected) in GOALS.into_iter().zip(expected) {
            let (_, got) = set(&setting, from, to).await;
            assert_eq!(got, expected.map_err(str::to_owned), "from {from} to {to}");
        }
        let email = format!("{}.gone@maplemail.test-charity.ca", from.replace(' ', "."));
        let path = in_state(&setting, from, &email).await;
        assert_eq!(
            setting.delete(&path).await.status.as_u16(),
            deleted,
            "archiving from {from}"
        );
    }
}

#[tokio::test]
async fn point_25_what_becomes_of_bounced_and_forgotten_addresses_are_switches() {
    let setting = setting().await;
    let other_way = json!({
        "cleaned_can_be_pending": true,
        "cleaned_can_be_unsubscribed": false,
        "forgotten_can_be_unsubscribed": true,
    });
    setting.settings(other_way).await;
    let refused = Err("Member In Compliance State".to_owned());
    assert_eq!(set(&setting, "cleaned", "pending").await.1, Ok(()));
    assert_eq!(set(&setting, "cleaned", "unsubscribed").await.1, refused);
    assert_eq!(set(&setting, "cleaned", "subscribed").await.1, refused);
    let (path, got) = set(&setting, "forgotten", "unsubscribed").await;
    assert_eq!(got, Ok(()));
    let subscribed = setting.patch(&path, json!({"status": "subscribed"})).await;
    assert_eq!(
        subscribed.error(),
        (400, "Member In Compliance State"),
        "only the person may come back"
    );
}

#[tokio::test]
async fn point_25_waiting_for_the_persons_click_does_not_lift_the_persons_opt_out() {
    let setting = setting().await;
    let (path, _) = set(&setting, "unsubscribed by self", "pending").await;
    let refused = setting.patch(&path, json!({"status": "subscribed"})).await;
    assert_eq!(refused.error(), (400, "Member In Compliance State"));
    setting.act(&path, "confirm", json!({})).await;
    assert_eq!(setting.status_of(&path).await, "subscribed");
}

#[tokio::test]
async fn point_25_how_long_a_confirmation_is_waited_for_is_a_switch() {
    let setting = setting().await;
    let years = async |years: i64| {
        let passing = json!({"advance_seconds": years * 366 * 86_400});
        setting.control(Method::POST, "clock", passing).await
    };
    let path = setting.add("nina.roy@maplemail.test-charity.ca", "pending").await;
    years(10).await;
    assert_eq!(setting.status_of(&path).await, "pending", "for ever by default");
    setting.settings(json!({"pending_days": 30})).await;
    assert_eq!(setting.status_of(&path).await, "archived");
    let path = setting.add("omar.gill@maplemail.test-charity.ca", "pending").await;
    assert_eq!(setting.status_of(&path).await, "pending");
    years(1).await;
    assert_eq!(setting.status_of(&path).await, "archived");
}

#[tokio::test]
async fn point_25_the_cause_of_an_opt_out_is_kept_through_the_archive() {
    let setting = setting().await;
    let causes = [
        ("unsubscribed", "by_api"),
        ("unsubscribed by admin", "by_admin"),
        ("unsubscribed by self", "by_contact"),
        ("complained", "complaint"),
        ("archived after admin", "by_admin"),
        ("archived after self", "by_contact"),
        ("archived after complaint", "complaint"),
        ("cleaned", "bounced"),
    ];
    for (state, cause) in causes {
        let email = format!("{}@maplemail.test-charity.ca", state.replace(' ', "."));
        in_state(&setting, state, &email).await;
        let truth = setting
            .control(Method::GET, &format!("members?email={email}"), json!({}))
            .await;
        assert_eq!(truth["members"][0]["opt_out"], cause, "{state}");
    }
}
