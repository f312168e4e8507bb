//! The sign-in of applications.

use dms::sandbox::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::setting::{Setting, answered, setting, setting_with};

const REDIRECT: &str = "http://127.0.0.1:4000/mailchimp/back";

fn authorize_url(setting: &Setting, redirect: &str) -> Url {
    let mut url = Url::parse(&format!("{}/oauth2/authorize", setting.sandbox.base_url())).unwrap();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", setting.sandbox.client_id())
        .append_pair("redirect_uri", redirect)
        .append_pair("state", "s p/+ä");
    url
}

/// Sends the consent page's form and answers where it leads.
async fn decide(setting: &Setting, decision: &str, account: &str) -> Url {
    let form = [
        ("response_type", "code"),
        ("client_id", setting.sandbox.client_id()),
        ("redirect_uri", REDIRECT),
        ("state", "s p/+ä"),
        ("account", account),
        ("decision", decision),
    ];
    let url = format!("{}/oauth2/authorize", setting.sandbox.base_url());
    let answer = setting.http.post(url).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

async fn account_named(setting: &Setting, name: &str) -> String {
    let overview = setting.control(Method::GET, "accounts", json!({})).await;
    let accounts = overview["accounts"].as_array().unwrap().clone();
    accounts.iter().find(|account| account["name"] == name).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn redeem(setting: &Setting, code: &str, secret: &str, redirect: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", setting.sandbox.client_id()),
        ("client_secret", secret),
        ("redirect_uri", redirect),
        ("code", code),
    ];
    let url = format!("{}/oauth2/token", setting.sandbox.base_url());
    let answer = answered(setting.http.post(url).form(&form)).await;
    (answer.status.as_u16(), answer.json)
}

#[tokio::test]
async fn point_10_consent_shows_the_accounts_and_leads_back_with_code_and_unchanged_state() {
    let setting = setting().await;
    let page = answered(setting.http.get(authorize_url(&setting, REDIRECT))).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Riverside Food Bank") && page.text.contains("Riverside Youth Club"));
    let account = account_named(&setting, "Riverside Youth Club").await;
    let back = decide(&setting, "allow", &account).await;
    assert_eq!(parameter(&back, "state").unwrap(), "s p/+ä");
    assert_eq!(parameter(&back, "code").unwrap().len(), 32);
    let refused = decide(&setting, "deny", &account).await;
    assert_eq!(parameter(&refused, "error").unwrap(), "access_denied");
    assert_eq!(parameter(&refused, "code"), None);
    assert_eq!(parameter(&refused, "state").unwrap(), "s p/+ä");
}

#[tokio::test]
async fn point_10_a_foreign_redirect_uri_gets_an_error_page_and_no_redirect() {
    let setting = setting().await;
    let page = answered(setting.http.get(authorize_url(&setting, "https://evil.test/back"))).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text.contains("redirect_uri_mismatch"));
    assert!(!page.headers.contains_key("location"));
}

#[tokio::test]
async fn point_10_with_registered_uris_only_exactly_those_are_led_back_to() {
    let setting = setting_with(Options {
        redirect_uri: vec![REDIRECT.to_owned()],
        ..Options::default()
    })
    .await;
    let good = answered(setting.http.get(authorize_url(&setting, REDIRECT))).await;
    assert_eq!(good.status, StatusCode::OK);
    let slash = format!("{REDIRECT}/");
    let query = format!("{REDIRECT}?more=1");
    for other in [
        &slash,
        &query,
        "http://localhost:4000/mailchimp/back",
        "http://127.0.0.1:4000/",
    ] {
        let page = answered(setting.http.get(authorize_url(&setting, other))).await;
        assert_eq!(
            (page.status.as_u16(), page.text.contains("redirect_uri_mismatch")),
            (400, true),
            "{other}"
        );
        assert!(!page.headers.contains_key("location"), "{other}");
    }
    let url = authorize_url(&setting, REDIRECT).to_string();
    let foreign = url.replace(setting.sandbox.client_id(), "999999999999");
    let page = answered(setting.http.get(foreign)).await;
    assert_eq!(
        (page.status.as_u16(), page.text.contains("invalid_client")),
        (400, true)
    );
    assert!(!page.headers.contains_key("location"));
}

#[tokio::test]
async fn point_10_auto_approval_needs_no_page() {
    let setting = setting().await;
    setting.settings(json!({"auto_approve": true})).await;
    let answer = answered(setting.http.get(authorize_url(&setting, REDIRECT))).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let back = Url::parse(answer.headers["location"].to_str().unwrap()).unwrap();
    assert_eq!(parameter(&back, "state").unwrap(), "s p/+ä");
    assert!(parameter(&back, "code").is_some());
}

#[tokio::test]
async fn point_11_a_code_is_redeemed_once_within_thirty_seconds_by_the_right_client() {
    let setting = setting().await;
    let account = account_named(&setting, "Riverside Food Bank").await;
    let secret = setting.sandbox.client_secret();
    let code = async || parameter(&decide(&setting, "allow", &account).await, "code").unwrap();
    let first = code().await;
    let (status, token) = redeem(&setting, &first, secret, REDIRECT).await;
    assert_eq!(status, 200);
    let keys: Vec<&String> = token.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["access_token", "expires_in", "scope"]);
    assert_eq!((&token["expires_in"], &token["scope"]), (&json!(0), &Value::Null));
    let (_, reused) = redeem(&setting, &first, secret, REDIRECT).await;
    assert_eq!(reused["error"], "invalid_grant");
    let (_, wrong_secret) = redeem(&setting, &code().await, "wrong", REDIRECT).await;
    assert_eq!(wrong_secret["error"], "invalid_client");
    let (_, wrong_uri) = redeem(&setting, &code().await, secret, "http://127.0.0.1:4000/other").await;
    assert_eq!(wrong_uri["error"], "invalid_grant");
    let late = code().await;
    setting
        .control(Method::POST, "clock", json!({"advance_seconds": 31}))
        .await;
    let (_, expired) = redeem(&setting, &late, secret, REDIRECT).await;
    assert_eq!(expired["error"], "invalid_grant");
    let url = format!("{}/oauth2/token", setting.sandbox.base_url());
    let as_json = answered(
        setting
            .http
            .post(url)
            .json(&json!({"grant_type": "authorization_code"})),
    )
    .await;
    assert!(as_json.status.is_client_error() && as_json.json.get("access_token").is_none());
}

#[tokio::test]
async fn point_11_the_status_of_a_refused_exchange_is_a_switch_and_no_refusal_carries_a_token() {
    let setting = setting().await;
    for (switch, statuses) in [(false, [400, 401]), (true, [200, 200])] {
        setting.settings(json!({"token_errors_are_200": switch})).await;
        let bad_code = redeem(&setting, "0", setting.sandbox.client_secret(), REDIRECT).await;
        let bad_client = redeem(&setting, "0", "wrong", REDIRECT).await;
        assert_eq!([bad_code.0, bad_client.0], statuses);
        assert_eq!(
            (&bad_code.1["error"], &bad_client.1["error"]),
            (&json!("invalid_grant"), &json!("invalid_client"))
        );
        for (_, body) in [bad_code, bad_client] {
            let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["error", "error_description"]);
        }
    }
}

#[tokio::test]
async fn point_12_metadata_tells_whose_token_it_is_and_answers_200_to_an_unknown_one() {
    let setting = setting().await;
    let url = format!("{}/oauth2/metadata", setting.sandbox.base_url());
    for scheme in ["OAuth", "Bearer"] {
        let request = setting
            .http
            .get(&url)
            .header("Authorization", format!("{scheme} {}", setting.token));
        let metadata = answered(request).await.ok();
        assert_eq!(metadata["accountname"], "Riverside Food Bank");
        assert_eq!(
            metadata["api_endpoint"],
            setting.sandbox.base_url(),
            "without /3.0 behind it"
        );
        let keys = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let known = [
            "dc",
            "role",
            "accountname",
            "user_id",
            "login",
            "login_url",
            "api_endpoint",
        ];
        assert_eq!(keys(&metadata), known);
        let known = ["email", "avatar", "login_id", "login_name", "login_email"];
        assert_eq!(keys(&metadata["login"]), known);
    }
    let unknown = answered(setting.http.get(&url).header("Authorization", "OAuth nothing")).await;
    assert_eq!(unknown.ok(), json!({"error": "invalid_token"}));
}

#[tokio::test]
async fn point_13_a_revoked_token_and_a_disabled_account_are_told_apart() {
    let setting = setting().await;
    let account = account_named(&setting, "Riverside Food Bank").await;
    setting
        .control(Method::PATCH, &format!("accounts/{account}"), json!({"disabled": true}))
        .await;
    assert_eq!(setting.get("/lists").await.error(), (403, "User Disabled"));
    setting
        .control(
            Method::PATCH,
            &format!("accounts/{account}"),
            json!({"disabled": false}),
        )
        .await;
    setting
        .control(Method::POST, "tokens/revoke", json!({"access_token": setting.token}))
        .await;
    assert_eq!(setting.get("/lists").await.error(), (401, "API Key Invalid"));
    let metadata = setting
        .http
        .get(format!("{}/oauth2/metadata", setting.sandbox.base_url()));
    assert_eq!(
        answered(metadata.bearer_auth(&setting.token)).await.ok(),
        json!({"error": "invalid_token"})
    );
}
