//! Trouble on demand, by program and on the page: rules that strike where, when and as often as said, and things that vanish at Mailchimp.

use dms::sandbox::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::setting::{Answered, Setting, answered, eventually, setting, setting_with};

const NINA: &str = "nina.roy@maplemail.test-charity.ca";

impl Setting {
    /// Sends a form of the trouble page.
    async fn trouble(&self, form: &str, fields: &[(&str, &str)]) -> Answered {
        let url = format!("{}/trouble/{form}", self.sandbox.base_url());
        answered(self.http.post(url).form(fields)).await
    }

    async fn page_of_trouble(&self) -> String {
        answered(self.http.get(format!("{}/trouble", self.sandbox.base_url())))
            .await
            .text
    }

    /// Adds a group to the newsletter; its path in the API and its id.
    async fn group(&self, name: &str) -> (String, String) {
        let categories = format!("/lists/{}/interest-categories", self.newsletter);
        let category = self
            .post(&categories, json!({"title": name, "type": "checkboxes"}))
            .await
            .ok();
        let path = format!("{categories}/{}/interests", category["id"].as_str().unwrap());
        let interest = self.post(&path, json!({"name": name})).await.ok();
        let id = interest["id"].as_str().unwrap().to_owned();
        (format!("{path}/{id}"), id)
    }
}

#[tokio::test]
async fn a_rule_strikes_only_its_method_its_route_and_its_part_of_the_path_and_lets_the_first_calls_pass() {
    let setting = setting().await;
    let list = format!("/lists/{}", setting.newsletter);
    let rule = json!({"kind": "server_error", "method": "patch", "route": "/3.0/lists/{list_id}", "path_contains": setting.newsletter, "skip": 1, "count": 2});
    setting.fault(rule).await;
    let rename = async || setting.patch(&list, json!({"name": "News"})).await.status.as_u16();
    assert_eq!(setting.get(&list).await.status, StatusCode::OK);
    let other = format!("/lists/{}", setting.volunteers);
    assert_eq!(
        setting.patch(&other, json!({"name": "Helpers"})).await.status,
        StatusCode::OK
    );
    assert_eq!(
        [rename().await, rename().await, rename().await, rename().await],
        [200, 500, 500, 200]
    );
    let rules = setting.control(Method::GET, "faults", json!({})).await;
    assert_eq!(
        rules["faults"],
        json!([]),
        "a rule that struck as often as said is gone"
    );
}

#[tokio::test]
async fn a_rule_by_probability_strikes_the_same_calls_for_the_same_seed() {
    let mut rehearsals = Vec::new();
    for _ in 0..2 {
        let setting = setting_with(Options {
            seed: 42,
            ..Options::default()
        })
        .await;
        setting
            .fault(json!({"kind": "too_many_requests", "probability": 0.5}))
            .await;
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(setting.get("/ping").await.status.as_u16());
        }
        rehearsals.push(statuses);
    }
    assert!(
        rehearsals[0].contains(&200) && rehearsals[0].contains(&429),
        "{rehearsals:?}"
    );
    assert_eq!(rehearsals[0], rehearsals[1]);
}

#[tokio::test]
async fn a_rule_that_could_never_strike_is_refused() {
    let setting = setting().await;
    for (rule, why) in [
        (
            json!({"kind": "latency", "route": "no/such/route"}),
            "There is no route no/such/route.",
        ),
        (
            json!({"kind": "latency", "probability": 0.0}),
            "The probability lies above 0 and goes up to 1.",
        ),
        (
            json!({"kind": "latency", "probability": 2.0}),
            "The probability lies above 0 and goes up to 1.",
        ),
        (
            json!({"kind": "latency", "count": 0}),
            "A rule has to strike at least once.",
        ),
    ] {
        let url = format!("{}/__sandbox/faults", setting.sandbox.base_url());
        let refused = answered(setting.http.post(url).json(&rule)).await;
        assert_eq!(
            (refused.status, &refused.json["error"]),
            (StatusCode::BAD_REQUEST, &json!(why))
        );
    }
}

#[tokio::test]
async fn what_fails_after_its_effect_was_done_nevertheless() {
    let setting = setting().await;
    let members = format!("/lists/{}/members", setting.newsletter);
    for (kind, status) in [("server_error_after", 500), ("empty_body", 200)] {
        let email = format!("{kind}@maplemail.test-charity.ca");
        setting.fault(json!({"kind": kind, "method": "POST", "count": 1})).await;
        let struck = setting
            .post(&members, json!({"email_address": email, "status": "subscribed"}))
            .await;
        assert_eq!(struck.status.as_u16(), status, "{kind}");
        assert_eq!(struck.text.is_empty(), kind == "empty_body");
        assert_eq!(
            setting.status_of(&format!("{members}/{email}")).await,
            "subscribed",
            "{kind}"
        );
    }
}

#[tokio::test]
async fn a_late_answer_keeps_its_call_running_and_the_log_says_why() {
    let setting = setting().await;
    let an_hour = 3_600_000;
    setting
        .fault(json!({"kind": "latency", "milliseconds": an_hour, "route": "lists"}))
        .await;
    let late = setting.get("/lists");
    let meanwhile = eventually("a call that is late", async || {
        let log = setting.control(Method::GET, "requests?route=lists", json!({})).await;
        log["requests"]
            .as_array()
            .unwrap()
            .iter()
            .find(|call| call["fault"] == "latency")
            .cloned()
    });
    tokio::select! {
        _ = late => panic!("it was not late"),
        call = meanwhile => assert_eq!((&call["finished"], &call["status"]), (&json!(false), &Value::Null)),
    }
}

#[tokio::test]
async fn a_group_that_was_deleted_at_mailchimp_is_gone_from_everybody() {
    let setting = setting().await;
    let ((path, id), (kept, other)) = (setting.group("Choir").await, setting.group("Kitchen").await);
    let member = setting.add(NINA, "subscribed").await;
    setting
        .patch(&member, json!({"interests": {(&*id): true, (&*other): true}}))
        .await
        .ok();
    let of_list = format!("audiences/{}/interests/{id}", setting.newsletter);
    setting.control(Method::DELETE, &of_list, json!({})).await;
    assert_eq!(setting.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(setting.get(&member).await.ok()["interests"], json!({(&*other): true}));
    let refused = setting.patch(&member, json!({"interests": {(&*id): true}})).await;
    assert_eq!(refused.error(), (400, "Invalid Resource"));
    setting
        .trouble("delete-interest", &[("list", &setting.newsletter), ("id", &other)])
        .await;
    assert_eq!(setting.get(&kept).await.status, StatusCode::NOT_FOUND);
    assert!(setting.get(&member).await.ok().get("interests").is_none());
}

#[tokio::test]
async fn an_audience_that_was_deleted_at_mailchimp_answers_404_to_everything() {
    let setting = setting().await;
    let member = setting.add(NINA, "subscribed").await;
    setting
        .control(Method::DELETE, &format!("audiences/{}", setting.newsletter), json!({}))
        .await;
    assert_eq!(setting.get(&member).await.error(), (404, "Resource Not Found"));
    let lists = setting.get("/lists").await.ok();
    assert_eq!(
        (&lists["total_items"], &lists["lists"][0]["id"]),
        (&json!(1), &json!(setting.volunteers))
    );
    setting.trouble("delete-audience", &[("id", &setting.volunteers)]).await;
    assert_eq!(setting.get("/lists").await.ok()["total_items"], 0);
}

#[tokio::test]
async fn people_spoil_calls_on_the_page_as_programs_do() {
    let setting = setting().await;
    let rule = [
        ("kind", "blocked_html"),
        ("route", "ping"),
        ("count", "2"),
        ("percent", "100"),
    ];
    assert_eq!(setting.trouble("add", &rule).await.status, StatusCode::SEE_OTHER);
    assert_eq!(setting.get("/ping").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        setting
            .page_of_trouble()
            .await
            .contains("ping · 1 more times, 100 of 100 calls")
    );
    setting.trouble("remove", &[("id", "1")]).await;
    assert_eq!(setting.get("/ping").await.status, StatusCode::OK);
    for wrong in [
        ("percent", "many"),
        ("percent", "200"),
        ("count", "-1"),
        ("milliseconds", "1e3"),
    ] {
        let refused = setting.trouble("add", &[("kind", "server_error"), wrong]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong:?}");
        assert!(refused.text.contains("Nothing was changed."), "{}", refused.text);
    }
    assert_eq!(setting.get("/ping").await.status, StatusCode::OK);
}

#[tokio::test]
async fn people_trouble_webhooks_and_batches_on_the_page() {
    let setting = setting().await;
    let form = [
        ("off", "on"),
        ("batches_never_finish", "on"),
        ("drop", "7"),
        ("duplicate", "12.5"),
        ("delay_seconds", "600"),
        ("latency_ms", "1"),
    ];
    setting.trouble("webhooks", &form).await;
    let settings = setting.control(Method::GET, "settings", json!({})).await;
    let webhooks = &settings["webhooks"];
    assert_eq!(
        (&webhooks["off"], &webhooks["drop"], &webhooks["duplicate"]),
        (&json!(true), &json!(0.07), &json!(0.125))
    );
    assert_eq!(
        (&webhooks["delay_seconds"], &settings["batches_never_finish"]),
        (&json!(600), &json!(true))
    );
    assert!(setting.page_of_trouble().await.contains("value=\"12.5\""));
    let refused = setting.trouble("webhooks", &[("drop", "a few")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        setting.control(Method::GET, "settings", json!({})).await,
        settings,
        "nothing was changed"
    );
}

#[tokio::test]
async fn people_disconnect_programs_disable_accounts_move_time_and_start_over_on_the_page() {
    let setting = setting().await;
    let overview = setting.control(Method::GET, "accounts", json!({})).await;
    let account = overview["accounts"][0]["id"].as_str().unwrap();
    setting.trouble("disable", &[("id", account)]).await;
    assert_eq!(setting.get("/ping").await.error(), (403, "User Disabled"));
    setting.trouble("enable", &[("id", account)]).await;
    assert_eq!(setting.get("/ping").await.status, StatusCode::OK);
    setting
        .control(
            Method::POST,
            "clock",
            json!({"set": "2026-03-01T10:00:00", "speed": 0.0}),
        )
        .await;
    setting.trouble("clock", &[("hours", "24")]).await;
    let clock = setting.control(Method::GET, "clock", json!({})).await;
    assert_eq!(clock["now"], "2026-03-02T10:00:00+00:00");
    setting.trouble("revoke", &[("id", account)]).await;
    assert_eq!(setting.get("/ping").await.error(), (401, "API Key Invalid"));
    setting.trouble("reset", &[]).await;
    let overview = setting.control(Method::GET, "accounts", json!({})).await;
    assert_eq!(overview["tokens"], 0);
}

#[tokio::test]
async fn the_page_names_whoever_was_to_be_subscribed_against_their_wish() {
    let setting = setting().await;
    assert!(
        setting
            .page_of_trouble()
            .await
            .contains("No program and no admin has subscribed anybody who had left")
    );
    let member = setting.add(NINA, "subscribed").await;
    setting.act(&member, "unsubscribe", json!({})).await;
    setting.patch(&member, json!({"status": "subscribed"})).await;
    let page = setting.page_of_trouble().await;
    assert!(
        page.contains(NINA) && page.contains("was to be subscribed after leaving, which was refused"),
        "{page}"
    );
}
