//! One walk through everything the sandbox answers, so that each of its routes is held against the specification.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::known::KNOWN;
use super::{SPECIFICATION, parts};
use crate::setting::{Receiver, Setting, setting};

const NINA: &str = "nina.roy@maplemail.test-charity.ca";

fn id(made: &Value) -> String {
    let id = &made["id"];
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// A route's name without the names of its open parts, which differ here and there.
fn shape(method: &str, path: &str) -> String {
    let parts = parts(path).into_iter();
    let parts: Vec<&str> = parts
        .map(|part| if part.starts_with('{') { "{}" } else { part })
        .collect();
    format!("{method} /{}", parts.join("/"))
}

#[tokio::test]
async fn every_route_answers_as_the_specification_says() {
    let Some(specification) = SPECIFICATION.as_ref() else {
        return;
    };
    let (setting, receiver) = (setting().await, Receiver::start().await);
    setting.get("/").await.ok();
    setting.get("/ping").await.ok();
    audiences(&setting).await;
    fields_and_groups(&setting).await;
    members(&setting).await;
    tags_and_segments(&setting).await;
    webhooks(&setting, &receiver).await;
    batches(&setting).await;
    campaigns(&setting).await;
    errors(&setting).await;

    let routes = setting.control(Method::GET, "routes", json!({})).await;
    let routes = routes["routes"].as_array().unwrap().iter();
    let routes: BTreeSet<String> = routes
        .map(|route| shape(route["method"].as_str().unwrap(), route["path"].as_str().unwrap()))
        .collect();
    let checked = setting.checked();
    let answered: BTreeSet<String> = checked
        .iter()
        .filter_map(|checked| checked.operation.as_deref()?.split_once(' '))
        .map(|(method, path)| shape(method, path))
        .collect();
    let forgotten: Vec<&String> = routes.difference(&answered).collect();
    assert!(forgotten.is_empty(), "no answer was checked of {forgotten:?}");
    let met: BTreeSet<usize> = checked.iter().flat_map(|checked| checked.known.clone()).collect();
    for (place, known) in KNOWN.iter().enumerate() {
        let what = format!("{} {}: {}", known.keyword, known.at, known.reason);
        assert!(met.contains(&place), "no longer met, strike it off: {what}");
        println!("known error of the specification: {what}");
    }
    println!(
        "specification {}: all {} routes of the sandbox are among its {} operations; {} answers fit, {} of them errors",
        specification.version,
        routes.len(),
        specification.operations.len(),
        checked.len(),
        checked.iter().filter(|checked| checked.operation.is_none()).count(),
    );
}

async fn audiences(setting: &Setting) {
    let made = setting.post("/lists", new_audience()).await.ok();
    let own = format!("/lists/{}", id(&made));
    setting
        .patch(
            &own,
            json!({"name": "Friends", "double_optin": true, "marketing_permissions": true}),
        )
        .await
        .ok();
    setting.get("/lists?include_total_contacts=true").await.ok();
    setting
        .get("/lists?fields=lists.id,lists.stats.member_count")
        .await
        .ok();
    setting.get(&format!("{own}?include_total_contacts=true")).await.ok();
    setting.delete(&own).await;
}

/// A body that makes an audience.
pub fn new_audience() -> Value {
    let contact =
        json!({"company": "Riverside", "address1": "12 Riverside Drive", "city": "Fredericton", "country": "CA"});
    let defaults = json!({"from_name": "Riverside", "from_email": "owner@riverside.test-charity.ca", "subject": "", "language": "en"});
    json!({"name": "Friends", "contact": contact, "permission_reminder": "You signed up.", "email_type_option": false, "campaign_defaults": defaults})
}

async fn fields_and_groups(setting: &Setting) {
    let list = format!("/lists/{}", setting.newsletter);
    let fields = format!("{list}/merge-fields");
    for kind in [
        "text", "number", "address", "phone", "date", "url", "imageurl", "radio", "dropdown", "birthday", "zip",
    ] {
        let body = json!({"name": kind, "type": kind, "options": {"choices": ["one", "two"]}});
        let body = if ["radio", "dropdown"].contains(&kind) {
            body
        } else {
            json!({"name": kind, "type": kind})
        };
        let made = setting.post(&fields, body).await.ok();
        let own = format!("{fields}/{}", made["merge_id"]);
        setting
            .patch(&own, json!({"required": false, "help_text": "?"}))
            .await
            .ok();
        setting.get(&own).await.ok();
        if kind == "zip" {
            setting.delete(&own).await;
        }
    }
    setting.get(&format!("{fields}?count=100")).await.ok();

    let categories = format!("{list}/interest-categories");
    for kind in ["checkboxes", "dropdown", "radio", "hidden"] {
        let made = setting
            .post(&categories, json!({"title": kind, "type": kind}))
            .await
            .ok();
        let own = format!("{categories}/{}", id(&made));
        setting.patch(&own, json!({"display_order": 3})).await.ok();
        setting.get(&own).await.ok();
        let interests = format!("{own}/interests");
        let interest = setting.post(&interests, json!({"name": "Garden"})).await.ok();
        let inner = format!("{interests}/{}", id(&interest));
        setting.patch(&inner, json!({"name": "Gardens"})).await.ok();
        setting.get(&inner).await.ok();
        setting.get(&interests).await.ok();
        if kind == "hidden" {
            setting.delete(&inner).await;
            setting.delete(&own).await;
        }
    }
    setting.get(&categories).await.ok();
}

async fn members(setting: &Setting) {
    let list = format!("/lists/{}", setting.newsletter);
    let permissions = json!({"marketing_permissions": ["Email", "Direct Mail"]});
    setting
        .control(Method::PATCH, &format!("audiences/{}", setting.newsletter), permissions)
        .await;
    let members = format!("{list}/members");
    let whole = json!({
        "email_address": NINA,
        "status": "subscribed",
        "email_type": "text",
        "language": "fr",
        "vip": true,
        "location": {"latitude": 45.9, "longitude": -66.6},
        "ip_signup": "192.0.2.7",
        "timestamp_signup": "2026-01-02T03:04:05+00:00",
        "merge_fields": {"FNAME": "Nina", "ADDRESS": {"addr1": "12 Riverside Drive", "city": "Fredericton", "state": "NB", "zip": "E3B 1A1"}},
        "tags": ["Choir", "Board"],
    });
    let path = format!("{members}/{}", id(&setting.post(&members, whole).await.ok()));
    setting.put(&path, json!({"merge_fields": {"LNAME": "Roy"}})).await.ok();
    setting.patch(&path, json!({"status": "unsubscribed"})).await.ok();
    setting.get(&path).await.ok();
    for status in [
        "subscribed",
        "unsubscribed",
        "cleaned",
        "pending",
        "transactional",
        "archived",
    ] {
        setting.get(&format!("{members}?status={status}&count=1000")).await.ok();
    }
    let people = json!([
        {"email_address": "one@maplemail.test-charity.ca", "status": "subscribed"},
        {"email_address": NINA, "status": "subscribed", "tags": ["Choir"]},
        {"email_address": "broken", "status": "subscribed"},
    ]);
    for update in [false, true] {
        let body = json!({"members": people, "update_existing": update});
        setting.post(&list, body).await.ok();
    }
    setting.patch(&path, json!({"status": "subscribed"})).await.ok();
    let gone = setting.add("gone@maplemail.test-charity.ca", "subscribed").await;
    setting.delete(&gone).await;
    setting
        .call(Method::POST, &format!("{gone}/actions/delete-permanent"), None)
        .await;
}

async fn tags_and_segments(setting: &Setting) {
    let list = format!("/lists/{}", setting.newsletter);
    let member = format!("{list}/members/{NINA}");
    let tags = json!({"tags": [{"name": "Donors", "status": "active"}]});
    setting.post(&format!("{member}/tags"), tags).await;
    setting.get(&format!("{member}/tags")).await.ok();
    setting.get(&format!("{list}/tag-search?name=do")).await.ok();
    let segments = format!("{list}/segments");
    let made = setting
        .post(&segments, json!({"name": "Friends", "static_segment": [NINA]}))
        .await
        .ok();
    let own = format!("{segments}/{}", id(&made));
    setting.get(&segments).await.ok();
    setting.get(&own).await.ok();
    setting.patch(&own, json!({"name": "Good friends"})).await.ok();
    let change = json!({"members_to_remove": [NINA], "members_to_add": ["one@maplemail.test-charity.ca", "nobody@maplemail.test-charity.ca"]});
    setting.post(&own, change).await.ok();
    setting
        .post(&format!("{own}/members"), json!({"email_address": NINA}))
        .await
        .ok();
    setting.get(&format!("{own}/members")).await.ok();
    setting.delete(&format!("{own}/members/{NINA}")).await;
    setting.delete(&own).await;
}

async fn webhooks(setting: &Setting, receiver: &Receiver) {
    for (hooks, change) in [
        (
            format!("/lists/{}/webhooks", setting.newsletter),
            json!({"events": {"campaign": true}}),
        ),
        ("/batch-webhooks".to_owned(), json!({"enabled": false})),
    ] {
        let made = setting.post(&hooks, json!({"url": receiver.url})).await.ok();
        let own = format!("{hooks}/{}", id(&made));
        setting.get(&hooks).await.ok();
        setting.get(&own).await.ok();
        setting.patch(&own, change).await.ok();
        setting.delete(&own).await;
    }
}

async fn batches(setting: &Setting) {
    let operations = json!([{"method": "GET", "path": "/lists"}, {"method": "GET", "path": "/nothing"}]);
    let made = setting.post("/batches", json!({"operations": operations})).await.ok();
    let own = format!("/batches/{}", id(&made));
    for _ in 0..5 {
        setting.get(&own).await.ok();
        setting
            .control(Method::POST, "clock", json!({"advance_seconds": 1}))
            .await;
    }
    setting.get("/batches").await.ok();
    setting.delete(&own).await;
}

async fn campaigns(setting: &Setting) {
    let body = json!({"type": "regular", "recipients": {"list_id": setting.newsletter}, "settings": {"subject_line": "Spring"}});
    let made = setting.post("/campaigns", body.clone()).await.ok();
    let own = format!("/campaigns/{}", id(&made));
    setting
        .patch(&own, json!({"settings": {"title": "Spring news"}}))
        .await
        .ok();
    let html = json!({"html": "<a href=\"https://riverside.test-charity.ca/news\">Read</a>"});
    setting.put(&format!("{own}/content"), html).await.ok();
    setting.get(&format!("{own}/content")).await.ok();
    setting.get(&own).await.ok();
    let sent = setting.call(Method::POST, &format!("{own}/actions/send"), None).await;
    assert_eq!(sent.status.as_u16(), 204, "{}", sent.text);
    setting.get(&own).await.ok();
    setting.get("/campaigns").await.ok();
    let draft = setting.post("/campaigns", body).await.ok();
    setting.delete(&format!("/campaigns/{}", id(&draft))).await;

    let happenings = format!("campaigns/{}/happenings", id(&made));
    for (who, what) in [
        (NINA, "open"),
        (NINA, "proxy_open"),
        (NINA, "click"),
        ("aline.tremblay@maplemail.test-charity.ca", "hard_bounce"),
        ("bert.okafor@maplemail.test-charity.ca", "soft_bounce"),
        ("esther.macisaac@maplemail.test-charity.ca", "complaint"),
        ("farah.siddiqui@maplemail.test-charity.ca", "unsubscribe"),
    ] {
        setting
            .control(Method::POST, &happenings, json!({"who": who, "what": what}))
            .await;
        let member = format!("/lists/{}/members/{who}", setting.newsletter);
        setting.get(&format!("{member}/activity")).await.ok();
        setting.get(&format!("{member}/activity-feed?count=50")).await.ok();
    }
    let report = format!("/reports/{}", id(&made));
    let by_contact = setting
        .get(&format!(
            "/lists/{}/members/farah.siddiqui@maplemail.test-charity.ca",
            setting.newsletter
        ))
        .await
        .ok();
    setting.get("/reports").await.ok();
    for room in [
        "",
        "/sent-to",
        "/email-activity",
        "/unsubscribed",
        "/open-details",
        "/click-details",
        "/abuse-reports",
    ] {
        setting.get(&format!("{report}{room}")).await.ok();
    }
    for room in ["sent-to", "email-activity", "unsubscribed"] {
        setting.get(&format!("{report}/{room}/{}", id(&by_contact))).await.ok();
    }
    let links = setting.get(&format!("{report}/click-details")).await.ok();
    let link = format!("{report}/click-details/{}", id(&links["urls_clicked"][0]));
    setting.get(&link).await.ok();
    setting.get(&format!("{link}/members")).await.ok();
}

async fn errors(setting: &Setting) {
    let list = format!("/lists/{}", setting.newsletter);
    let members = format!("{list}/members");
    let nina = json!({"email_address": NINA, "status": "subscribed"});
    assert_eq!(setting.post(&members, nina).await.error().1, "Member Exists");
    let broken = setting.post(&members, json!({"email_address": 7})).await;
    assert_eq!(broken.json["errors"][0]["field"], "email_address");
    setting.delete("/ping").await;
    setting.get("/lists/nothing").await;
}
