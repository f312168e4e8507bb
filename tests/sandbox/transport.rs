//! Headers, credentials, methods, the limit of connections.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::setting::{answered, setting};

#[tokio::test]
async fn point_02_a_good_answer_carries_mailchimps_headers_and_a_create_is_200() {
    let setting = setting().await;
    let members = format!("/lists/{}/members", setting.newsletter);
    let created = setting
        .post(
            &members,
            json!({"email_address": "nina.roy@maplemail.test-charity.ca", "status": "subscribed"}),
        )
        .await;
    assert_eq!(created.status, StatusCode::OK);
    assert_eq!(created.headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(created.headers["server"], "openresty");
    let link = created.headers["link"].to_str().unwrap();
    assert!(
        link.contains("/schema/3.0/Lists/Members/Instance.json>; rel=\"describedBy\""),
        "{link}"
    );
    assert!(link.contains("rel=\"dashboard\""), "{link}");
    let other = setting.get("/ping").await;
    assert_ne!(created.headers["x-request-id"], other.headers["x-request-id"]);
    assert_eq!(other.ok(), json!({"health_status": "Everything's Chimpy!"}));
}

#[tokio::test]
async fn point_03_an_error_is_a_problem_document_naming_its_request() {
    let setting = setting().await;
    let missing = setting.get("/lists/0000000000").await;
    assert_eq!(missing.error(), (404, "Resource Not Found"));
    assert_eq!(missing.detail(), "The requested resource could not be found.");
    assert_eq!(
        missing.headers["content-type"],
        "application/problem+json; charset=utf-8"
    );
    assert_eq!(
        missing.json["instance"],
        missing.headers["x-request-id"].to_str().unwrap()
    );
    assert_eq!(
        missing.json["type"],
        "https://mailchimp.com/developer/marketing/docs/errors/"
    );
    let member = setting.add("nina.roy@maplemail.test-charity.ca", "subscribed").await;
    let members = format!("/lists/{}/members", setting.newsletter);
    let again = json!({"email_address": "nina.roy@maplemail.test-charity.ca", "status": "subscribed"});
    assert!(setting.post(&members, again.clone()).await.json.get("type").is_none());
    setting.act(&member, "unsubscribe", json!({})).await;
    assert!(
        setting
            .patch(&member, json!({"status": "subscribed"}))
            .await
            .json
            .get("type")
            .is_none()
    );
    setting.act(&member, "erase", json!({})).await;
    assert!(setting.post(&members, again).await.json.get("type").is_none());
}

#[tokio::test]
async fn point_04_nothing_to_say_is_204_without_body_or_link() {
    let setting = setting().await;
    let member = setting.add("nina.roy@maplemail.test-charity.ca", "subscribed").await;
    for answer in [
        setting.post(&format!("{member}/tags"), json!({"tags": []})).await,
        setting.delete(&member).await,
        setting
            .call(
                Method::POST,
                &format!("{member}/actions/delete-permanent"),
                Some(json!(null)),
            )
            .await,
    ] {
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert_eq!(answer.text, "");
        assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
        assert!(!answer.headers.contains_key("link"));
        assert!(answer.headers.contains_key("x-request-id"));
    }
}

#[tokio::test]
async fn point_05_credentials_come_as_bearer_oauth_or_basic_and_nothing_else_gets_in() {
    let setting = setting().await;
    let token = &setting.token;
    let ping = setting.url("/ping");
    let get = || setting.http.get(&ping);
    for good in [
        get().bearer_auth(token),
        get().header("Authorization", format!("OAuth {token}")),
        get().basic_auth("anything", Some(token)),
        get().basic_auth("anything", Some(format!("{token}-us1"))),
        setting.http.get(format!("{ping}?apikey={token}")),
    ] {
        assert_eq!(answered(good).await.status, StatusCode::OK);
    }
    assert_eq!(answered(get()).await.error(), (401, "API Key Missing"));
    let unknown = answered(get().bearer_auth("0123456789abcdef0123456789abcdef")).await;
    assert_eq!(unknown.error(), (401, "API Key Invalid"));
    assert_eq!(
        unknown.detail(),
        "Your API key may be invalid, or you've attempted to access the wrong datacenter."
    );
    let conflict = answered(setting.http.get(format!("{ping}?apikey=other")).bearer_auth(token)).await;
    assert_eq!(conflict.status, StatusCode::UNAUTHORIZED);
    assert!(
        conflict
            .detail()
            .starts_with("The API key included in the query parameters is not consistent")
    );
}

#[tokio::test]
async fn point_06_a_wrong_method_is_405_with_the_right_ones_and_a_wrong_path_404() {
    let setting = setting().await;
    let wrong = setting.delete("/ping").await;
    assert_eq!(wrong.error(), (405, "Method Not Allowed"));
    assert_eq!(wrong.headers["allow"], "GET");
    assert_eq!(setting.get("/no-such-thing").await.error(), (404, "Resource Not Found"));
}

#[tokio::test]
async fn point_07_odd_bodies_overridden_methods_and_triggered_errors_are_taken_as_mailchimp_takes_them() {
    let setting = setting().await;
    let member = setting.add("nina.roy@maplemail.test-charity.ca", "subscribed").await;
    let post = |body: &'static str| {
        setting
            .http
            .post(setting.url(&member))
            .bearer_auth(&setting.token)
            .body(body)
    };
    let overridden = answered(post("{\"vip\":true}").header("X-HTTP-Method-Override", "PATCH")).await;
    assert_eq!(overridden.ok()["vip"], true);
    let misused = setting.http.get(setting.url("/ping")).bearer_auth(&setting.token);
    let misused = answered(misused.header("X-HTTP-Method-Override", "DELETE")).await;
    assert_eq!(misused.error(), (422, "Invalid Method Override"));
    let broken = setting
        .http
        .put(setting.url(&member))
        .bearer_auth(&setting.token)
        .body("{");
    assert_eq!(answered(broken).await.status, StatusCode::BAD_REQUEST);
    let triggered = setting.http.get(setting.url("/ping")).bearer_auth(&setting.token);
    assert_eq!(
        answered(triggered.header("X-Trigger-Error", "APIKeyMissing"))
            .await
            .error(),
        (401, "API Key Missing")
    );
}

#[tokio::test]
async fn point_08_the_eleventh_simultaneous_call_of_a_user_is_429_whatever_the_token() {
    let setting = setting().await;
    setting.settings(json!({"latency_ms": 500})).await;
    let other = setting.control(Method::POST, "tokens", json!({})).await;
    let other = other["access_token"].as_str().unwrap();
    let calls = (0..11).map(|number| {
        let token = if number % 2 == 0 { &setting.token } else { other };
        answered(setting.http.get(setting.url("/ping")).bearer_auth(token))
    });
    let answers = join_all(calls).await;
    let refused: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS)
        .collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(
        refused[0].detail(),
        "You have exceeded the limit of 10 simultaneous connections."
    );
    assert!(!refused[0].headers.contains_key("retry-after"));
}

#[tokio::test]
async fn point_08_a_caller_that_goes_away_keeps_its_connection_busy() {
    let setting = setting().await;
    setting
        .settings(json!({"latency_ms": 1500, "connection_limit": 1}))
        .await;
    let hasty = setting.http.get(setting.url("/ping")).bearer_auth(&setting.token);
    let given_up = hasty.timeout(std::time::Duration::from_millis(300)).send().await;
    assert!(given_up.unwrap_err().is_timeout());
    assert_eq!(setting.get("/ping").await.status, StatusCode::TOO_MANY_REQUESTS);
}
