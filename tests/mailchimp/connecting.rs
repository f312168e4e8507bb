//! The way from "Connect Mailchimp" to a token and the account behind it.

use std::collections::HashMap;

use dms::mailchimp::oauth::App;
use dms::mailchimp::{Kind, http_client};
use secrecy::ExposeSecret;
use serde_json::json;
use url::{Url, form_urlencoded};

use crate::stand_in::{Reply, StandIn};

fn app(server: &StandIn) -> App {
    let redirect = Url::parse("https://donors.example.ca/mailchimp/callback").unwrap();
    App::new(
        &server.url,
        "123456789012".to_owned(),
        &"the-client-secret".to_owned().into(),
        redirect,
    )
    .unwrap()
}

async fn exchanged(reply: Reply) -> (Result<String, dms::mailchimp::Problem>, StandIn) {
    let server = StandIn::answering([reply]).await;
    let token = app(&server)
        .exchange(&http_client().unwrap(), "a-code".to_owned())
        .await;
    (token.map(|token| token.expose_secret().to_owned()), server)
}

#[tokio::test]
async fn the_person_is_sent_with_a_new_state_each_time() {
    let server = StandIn::answering([]).await;
    let (url, state) = app(&server).authorize_url();
    let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!(url.path(), "/oauth2/authorize");
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["client_id"], "123456789012");
    assert_eq!(asked["redirect_uri"], "https://donors.example.ca/mailchimp/callback");
    assert_eq!(asked["state"], state);
    assert_eq!(asked.len(), 4, "no secret, no scope, no PKCE");
    assert_ne!(app(&server).authorize_url().1, state);
}

#[tokio::test]
async fn a_code_becomes_a_token_although_mailchimp_leaves_out_what_the_standard_asks_for() {
    let (token, server) = exchanged(Reply::Json(
        200,
        json!({"access_token": "tok", "expires_in": 0, "scope": null}),
    ))
    .await;
    assert_eq!(token.unwrap(), "tok");
    let asked = &server.asked()[0];
    let form: HashMap<String, String> = form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
    let expected = [
        ("grant_type", "authorization_code"),
        ("client_id", "123456789012"),
        ("client_secret", "the-client-secret"),
        ("redirect_uri", "https://donors.example.ca/mailchimp/callback"),
        ("code", "a-code"),
    ];
    assert_eq!(
        form,
        expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
    );
    assert_eq!(
        (asked.path.as_str(), asked.authorization.as_str()),
        ("/oauth2/token", "")
    );
}

#[tokio::test]
async fn without_a_token_in_the_body_the_exchange_failed_whatever_the_status() {
    for (reply, kind, words) in [
        (Reply::Json(200, json!({})), Kind::Refused, "Mailchimp gave no token"),
        (
            Reply::Json(200, json!({"access_token": ""})),
            Kind::Refused,
            "Mailchimp gave no token",
        ),
        (
            Reply::Json(200, json!({"error": "invalid_grant"})),
            Kind::Refused,
            "invalid_grant",
        ),
        (
            Reply::Json(
                400,
                json!({"error": "invalid_grant", "error_description": "The code has expired."}),
            ),
            Kind::Refused,
            "invalid_grant (The code has expired.)",
        ),
        (
            Reply::Json(401, json!({"error": "invalid_client"})),
            Kind::Refused,
            "invalid_client",
        ),
        (
            Reply::Html(503, "<p>"),
            Kind::Down,
            "Mailchimp did not answer as usual (HTTP 503 without an explanation)",
        ),
        (
            Reply::Html(200, "<p>"),
            Kind::Unreadable,
            "Mailchimp's answer could not be read (it is not JSON)",
        ),
    ] {
        let problem = exchanged(reply).await.0.unwrap_err();
        assert_eq!((problem.kind(), problem.words().as_str()), (kind, words));
    }
}

#[tokio::test]
async fn a_token_names_its_account() {
    let metadata = |endpoint: &str| {
        Reply::Json(
            200,
            json!({"dc": "us3", "role": "admin", "accountname": "Grouparoo", "user_id": 131656250,
                   "login": {"email": "a@b.ch", "avatar": null, "login_id": 131656251, "login_name": "a@b.ch",
                             "login_email": "a@b.ch"},
                   "login_url": "https://login.mailchimp.com", "api_endpoint": endpoint}),
        )
    };
    let server = StandIn::answering([metadata("http://us3.api.localhost"), metadata("file:///etc/passwd")]).await;
    let (http, token) = (http_client().unwrap(), "tok".to_owned().into());
    let account = app(&server).metadata(&http, &token).await.unwrap();
    assert_eq!(
        (
            account.account_name.as_str(),
            account.role.as_str(),
            account.dc.as_str()
        ),
        ("Grouparoo", "admin", "us3")
    );
    assert_eq!(
        (account.user_id.as_str(), account.login.login_id.as_str()),
        ("131656250", "131656251")
    );
    assert_eq!(account.api_endpoint.host_str(), Some("us3.api.localhost"));
    assert_eq!(server.asked()[0].authorization, "OAuth tok");
    assert!(!format!("{account:?}").contains('@'));

    let elsewhere = app(&server).metadata(&http, &token).await.unwrap_err();
    assert_eq!(elsewhere.kind(), Kind::Unreadable, "the token goes nowhere odd");
}

#[tokio::test]
async fn a_refused_token_is_refused_although_the_status_is_200() {
    let server = StandIn::answering([
        Reply::Json(200, json!({"error": "invalid_token"})),
        Reply::Html(502, ""),
    ])
    .await;
    let (http, token) = (http_client().unwrap(), "tok".to_owned().into());
    let refused = app(&server).metadata(&http, &token).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.words().as_str()),
        (Kind::TokenRefused, "invalid_token")
    );
    assert_eq!(
        app(&server).metadata(&http, &token).await.unwrap_err().kind(),
        Kind::Down
    );
}
