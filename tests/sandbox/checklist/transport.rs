//! Headers, credentials, methods, the limit of connections.

use std::collections::HashSet;

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::setting::{Receiver, answered, setting};
use crate::specification::new_audience;

#[tokio::test]
async fn point_01_it_answers_by_plain_http_under_whatever_name_it_is_called() {
    let setting = setting().await;
    let lists = setting.http.get(setting.url("/lists")).bearer_auth(&setting.token);
    let lists = answered(lists.header("Host", "mailchimp.rehearsal:8090")).await.ok();
    let own = &lists["_links"][0]["href"];
    assert_eq!(
        own, "http://mailchimp.rehearsal:8090/3.0/lists",
        "links lead back the way the caller came"
    );
    for (path, status) in [("/oauth2/metadata", 200), ("/oauth2/authorize", 400)] {
        let url = format!("{}{path}", setting.sandbox.base_url());
        assert_eq!(answered(setting.http.get(url)).await.status.as_u16(), status, "{path}");
    }
    let token = format!("{}/oauth2/token", setting.sandbox.base_url());
    assert_eq!(
        answered(setting.http.post(token)).await.json["error"],
        "invalid_request"
    );
    setting.settings(json!({"refuse_plain_http": true})).await;
    assert_eq!(
        setting.get("/ping").await.error(),
        (426, "Upgrade Required"),
        "as Mailchimp does, if the switch says so"
    );
}

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
    let ping = setting.get("/ping").await;
    assert_eq!(ping.ok(), json!({"health_status": "Everything's Chimpy!"}));
}

#[tokio::test]
async fn point_02_every_create_and_every_read_answers_200_with_a_fresh_id() {
    let (setting, receiver) = (setting().await, Receiver::start().await);
    let list = format!("/lists/{}", setting.newsletter);
    let member = json!({"email_address": "nina.roy@maplemail.test-charity.ca", "status": "subscribed"});
    let operation = json!({"method": "GET", "path": "/ping"});
    let mut answers = Vec::new();
    for (path, body) in [
        ("/lists".to_owned(), new_audience()),
        (
            format!("{list}/merge-fields"),
            json!({"name": "Gift", "type": "number"}),
        ),
        (
            format!("{list}/interest-categories"),
            json!({"title": "Topics", "type": "radio"}),
        ),
        (format!("{list}/members"), member),
        (
            format!("{list}/segments"),
            json!({"name": "Board", "static_segment": []}),
        ),
        (format!("{list}/webhooks"), json!({"url": receiver.url})),
        ("/batches".to_owned(), json!({"operations": [operation]})),
        ("/batch-webhooks".to_owned(), json!({"url": receiver.url})),
        (
            "/campaigns".to_owned(),
            json!({"type": "regular", "recipients": {"list_id": setting.newsletter}}),
        ),
        (list.clone(), json!({"members": []})),
    ] {
        answers.push(setting.post(&path, body).await);
        answers.push(setting.get(&path).await);
    }
    let mut ids = HashSet::new();
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
        assert_eq!(answer.headers["server"], "openresty");
        assert!(answer.headers["link"].to_str().unwrap().contains("rel=\"describedBy\""));
        ids.insert(
            answer.headers["x-request-id"]
                .to_str()
                .unwrap()
                .parse::<Uuid>()
                .unwrap(),
        );
    }
    assert_eq!(ids.len(), answers.len());
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
async fn point_03_the_type_is_missing_for_exactly_three_errors() {
    let setting = setting().await;
    let titles = [
        ("BadRequest", 400),
        ("JSONParseError", 400),
        ("InvalidResource", 400),
        ("InvalidAction", 400),
        ("MemberExists", 400),
        ("MemberInComplianceState", 400),
        ("ForgottenEmailNotSubscribed", 400),
        ("APIKeyMissing", 401),
        ("APIKeyInvalid", 401),
        ("Forbidden", 403),
        ("UserDisabled", 403),
        ("WrongDatacenter", 403),
        ("ResourceNotFound", 404),
        ("MethodNotAllowed", 405),
        ("ResourceNestingTooDeep", 414),
        ("InvalidMethodOverride", 422),
        ("RequestedFieldsInvalid", 422),
        ("UpgradeRequired", 426),
        ("TooManyRequests", 429),
        ("InternalServerError", 500),
        ("ComplianceRelated", 503),
    ];
    let untyped = ["MemberExists", "MemberInComplianceState", "ForgottenEmailNotSubscribed"];
    for (name, status) in titles {
        let ping = setting.http.get(setting.url("/ping")).bearer_auth(&setting.token);
        let answer = answered(ping.header("X-Trigger-Error", name)).await;
        assert_eq!(answer.json["title"].as_str().unwrap().replace(' ', ""), name);
        assert_eq!(
            (answer.status.as_u16(), &answer.json["status"]),
            (status, &json!(status))
        );
        assert_eq!(
            answer.headers["content-type"],
            "application/problem+json; charset=utf-8"
        );
        assert_eq!(
            answer.json["instance"],
            answer.headers["x-request-id"].to_str().unwrap()
        );
        assert_eq!(answer.json.get("type").is_none(), untyped.contains(&name), "{name}");
    }
}

#[tokio::test]
async fn point_04_nothing_to_say_is_204_without_body_or_link() {
    let setting = setting().await;
    let member = setting.add("nina.roy@maplemail.test-charity.ca", "subscribed").await;
    let list = format!("/lists/{}", setting.newsletter);
    let field = setting
        .post(
            &format!("{list}/merge-fields"),
            json!({"name": "Gift", "type": "number"}),
        )
        .await
        .ok();
    for answer in [
        setting.post(&format!("{member}/tags"), json!({"tags": []})).await,
        setting
            .delete(&format!("{list}/merge-fields/{}", field["merge_id"]))
            .await,
        setting.delete(&format!("/lists/{}", setting.volunteers)).await,
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
    let lists = setting.patch("/lists", json!({})).await;
    assert_eq!(
        (lists.error(), lists.headers["allow"].to_str().unwrap()),
        ((405, "Method Not Allowed"), "GET, POST")
    );
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
    for (method, body) in [("PATCH", "{\"vip\":true}"), ("PUT", "{\"vip\":true}")] {
        let overridden = answered(post(body).header("X-HTTP-Method-Override", method)).await;
        assert_eq!(overridden.ok()["vip"], true, "{method}");
    }
    let deleted = answered(post("").header("X-HTTP-Method-Override", "DELETE")).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
        let misused = setting
            .http
            .request(method, setting.url(&member))
            .bearer_auth(&setting.token);
        let misused = answered(
            misused
                .header("X-HTTP-Method-Override", "PATCH")
                .body("{\"vip\":false}"),
        )
        .await;
        assert_eq!(misused.error(), (422, "Invalid Method Override"));
    }
    let broken = setting
        .http
        .put(setting.url(&member))
        .bearer_auth(&setting.token)
        .body("{");
    assert_eq!(answered(broken).await.error(), (400, "JSON Parse Error"));
    for (who, body) in [("omar", "null"), ("olga", "")] {
        let member = setting
            .add(&format!("{who}@maplemail.test-charity.ca"), "subscribed")
            .await;
        let erase = setting
            .http
            .post(setting.url(&format!("{member}/actions/delete-permanent")));
        let erase = answered(erase.bearer_auth(&setting.token).body(body)).await;
        assert_eq!(erase.status, StatusCode::NO_CONTENT, "{body}");
    }
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
