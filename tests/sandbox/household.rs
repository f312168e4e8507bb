//! What the sandbox does for those who run it: it keeps its state, starts over, and has pages for people.

use dms::sandbox::{self, Options};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::setting::{answered, http, setting, setting_with};

const NINA: &str = "nina.roy@maplemail.test-charity.ca";

#[tokio::test]
async fn the_state_survives_a_stop_and_a_line_cut_short_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("sandbox.state");
    let options = || Options {
        state: Some(state.clone()),
        ..Options::default()
    };
    let setting = setting_with(options()).await;
    let member = setting.add(NINA, "subscribed").await;
    setting.act(&member, "unsubscribe", json!({})).await;
    let (token, lists) = (
        setting.token.clone(),
        setting.get("/lists?fields=lists.stats,total_items").await.ok(),
    );
    let lost = sandbox::start(options()).await;
    assert!(lost.is_err(), "two sandboxes must not write one file");
    setting.sandbox.stop().await;
    let mut half_a_line = std::fs::read(&state).unwrap();
    half_a_line.extend_from_slice(b"[{\"Ground\":{\"ids\"");
    std::fs::write(&state, half_a_line).unwrap();
    let sandbox = sandbox::start(options()).await.unwrap();
    let get = async |path: &str| {
        answered(
            http()
                .get(format!("{}/3.0{path}", sandbox.base_url()))
                .bearer_auth(&token),
        )
        .await
    };
    assert_eq!(get("/lists?fields=lists.stats,total_items").await.ok(), lists);
    let patched = http()
        .patch(format!("{}/3.0{member}", sandbox.base_url()))
        .bearer_auth(&token);
    let refused = answered(patched.json(&json!({"status": "subscribed"}))).await;
    assert_eq!(
        refused.error(),
        (400, "Member In Compliance State"),
        "the cause survives"
    );
}

#[tokio::test]
async fn a_reset_starts_over() {
    let setting = setting().await;
    setting.add(NINA, "subscribed").await;
    setting.control(Method::POST, "reset", json!({})).await;
    let members = setting
        .control(Method::GET, &format!("members?email={NINA}"), json!({}))
        .await;
    assert_eq!(members["total_items"], 0);
    assert_eq!(setting.get("/ping").await.error(), (401, "API Key Invalid"));
}

#[tokio::test]
async fn it_refuses_to_listen_to_other_machines_unless_told() {
    let refused = sandbox::start(Options {
        bind: "0.0.0.0:0".to_owned(),
        ..Options::default()
    })
    .await;
    assert!(refused.err().unwrap().to_string().contains("--listen-publicly"));
}

#[tokio::test]
async fn accounts_and_audiences_are_made_on_demand() {
    let setting = setting().await;
    let account = setting
        .control(Method::POST, "accounts", json!({"name": "Harbour Choir"}))
        .await;
    let audiences = format!("accounts/{}/audiences", account["id"].as_str().unwrap());
    let audience = setting
        .control(
            Method::POST,
            &audiences,
            json!({"name": "Friends", "double_optin": true}),
        )
        .await;
    let token = setting
        .control(Method::POST, "tokens", json!({"account_id": account["id"]}))
        .await;
    let lists = setting
        .http
        .get(setting.url("/lists"))
        .bearer_auth(token["access_token"].as_str().unwrap());
    assert_eq!(answered(lists).await.ok()["lists"][0]["id"], audience["id"]);
    assert_eq!(
        setting
            .get(&format!("/lists/{}", audience["id"].as_str().unwrap()))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_person_signs_up_confirms_changes_the_address_and_leaves_on_the_pages() {
    let setting = setting().await;
    let base = setting.sandbox.base_url();
    let list = &setting.volunteers;
    let send = async |path: String, form: &[(&str, &str)]| {
        answered(setting.http.post(format!("{base}{path}")).form(form)).await
    };
    let truth = async || {
        setting
            .control(Method::GET, &format!("members?list={list}"), json!({}))
            .await["members"][0]
            .clone()
    };
    let refused = send(format!("/subscribe?id={list}"), &[("email_address", "foo@example.com")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let signed_up = send(
        format!("/subscribe?id={list}"),
        &[("email_address", NINA), ("first_name", "Nina")],
    )
    .await;
    assert!(signed_up.text.contains("Almost there"));
    let member = truth().await;
    let contact = member["contact_id"].as_str().unwrap();
    assert_eq!(
        (&member["status"], &member["merge_fields"]["FNAME"]),
        (&json!("pending"), &json!("Nina"))
    );
    send(format!("/confirm/{list}/{contact}"), &[]).await;
    assert_eq!(truth().await["status"], "subscribed");
    let new = "nina.gill@maplemail.test-charity.ca";
    send(
        format!("/profile/{list}/{contact}"),
        &[("email_address", new), ("first_name", "Nina"), ("last_name", "Gill")],
    )
    .await;
    assert_eq!(truth().await["email_address"], new);
    send(
        format!("/unsubscribe/{list}/{contact}"),
        &[("reason", "Too many emails")],
    )
    .await;
    let member = truth().await;
    assert_eq!(
        (&member["status"], &member["opt_out"]),
        (&json!("unsubscribed"), &json!("by_contact"))
    );
    let seen = setting.get(&format!("/lists/{list}/members/{contact}")).await.ok();
    assert_eq!(seen["unsubscribe_reason"], "Too many emails");
}

#[tokio::test]
async fn every_page_says_that_it_is_a_rehearsal() {
    let setting = setting().await;
    let base = setting.sandbox.base_url();
    let list = &setting.newsletter;
    let member = setting.get(&format!("/lists/{list}/members?count=1")).await.ok()["members"][0]["contact_id"].clone();
    let member = member.as_str().unwrap();
    let pages = [
        "/".to_owned(),
        "/trouble".to_owned(),
        "/nothing".to_owned(),
        format!("/audiences/{list}?search=e"),
        format!("/audiences/{list}/members/{member}"),
        format!("/subscribe?id={list}"),
        format!("/unsubscribe/{list}/{member}"),
        format!("/profile/{list}/{member}"),
        format!("/confirm/{list}/{member}"),
    ];
    for page in pages {
        let shown = answered(setting.http.get(format!("{base}{page}"))).await;
        assert!(
            shown.text.contains("This is a rehearsal Mailchimp, no mail is sent"),
            "{page}"
        );
        assert!(shown.headers.contains_key("content-security-policy"), "{page}");
    }
}
