//! What Mailchimp was recorded to answer, asked of the sandbox again: the exchanges are replayed in their order against a sandbox that holds
//! what the recorded account held. The recordings lie outside the repository.

use reqwest::Method;
use serde_json::{Value, json};

use crate::setting::{Answered, Setting, answered, setting};
use crate::specification::shared_file;

/// The audience of most exchanges.
const RECORDED_LIST: &str = "a36b032126";
/// Tag, name and type of the fields the recorded account had made.
const FIELDS: [(&str, &str, &str); 4] = [
    ("USERID", "UserID", "number"),
    ("LTV", "LTV", "number"),
    ("TICKET", "TICKET", "number"),
    ("JOINED_AT", "JOINED_AT", "date"),
];
const RECORDED_HOST: &str = "https://us3.api.mailchimp.com";

/// What an answer says of the account rather than of Mailchimp: it has the same type here, and is empty where the recorded one is.
const DATA: [(&str, &str); 38] = [
    ("instance", "drawn for each answer"),
    ("unique_email_id", "Mailchimp's own number of an address"),
    ("contact_id", "drawn when somebody joins"),
    ("web_id", "counted by Mailchimp"),
    ("timestamp_opt", "when the recording was made"),
    ("last_changed", "when the recording was made"),
    ("date_created", "when the audience was made"),
    ("last_sub_date", "when somebody last joined"),
    ("ip_opt", "where the recording was made"),
    ("total_items", "how many others there are"),
    ("tags.id", "counted by Mailchimp"),
    ("tags.name", "Mailchimp's order of tags changes from answer to answer"),
    ("lists.name", "chosen by the account"),
    ("lists.permission_reminder", "chosen by the account"),
    ("campaign_defaults.from_name", "chosen by the account"),
    ("campaign_defaults.from_email", "chosen by the account"),
    ("subscribe_url_short", "an address of the account"),
    ("subscribe_url_long", "an address of the account"),
    ("beamer_address", "an address of the account"),
    ("stats.member_count", "how many members there are"),
    ("stats.unsubscribe_count", "how many members there are"),
    ("stats.cleaned_count", "how many members there are"),
    ("stats.member_count_since_send", "how many members there are"),
    ("stats.unsubscribe_count_since_send", "how many members there are"),
    ("stats.cleaned_count_since_send", "how many members there are"),
    ("stats.merge_field_count", "how many fields the account made"),
    (
        "stats.avg_sub_rate",
        "a rate over months, which the sandbox does not have behind it",
    ),
    ("constraints.may_create", "whether the account is full"),
    ("constraints.max_instances", "the plan of the account"),
    ("constraints.current_total_instances", "how many audiences there are"),
    ("dc", "whose token it is"),
    ("role", "whose token it is"),
    ("accountname", "whose token it is"),
    ("user_id", "whose token it is"),
    ("login_id", "whose token it is"),
    ("login_name", "whose token it is"),
    ("login_email", "whose token it is"),
    ("login.email", "whose token it is"),
];

/// Keys that only one of the two has.
const ONLY_RECORDED: [(&str, &str); 1] = [("__truncated", "written by whoever shortened the recording")];
const ONLY_HERE: [(&str, &str); 2] = [
    (
        "lists.contact",
        "the recorded account's audiences had none; the specification has it",
    ),
    (
        "location.region",
        "came to Mailchimp between the recordings of 2021 and those of 2022",
    ),
];
/// Filled there and empty here.
const EMPTY_HERE: (&str, &str) = ("members.ip_opt", "whoever is seeded came from no computer");
/// What belongs to the connection, and the numbers drawn for each answer.
const HEADERS_OF_NO_CONCERN: [&str; 4] = ["date", "content-length", "connection", "x-request-id"];

struct Replay {
    setting: Setting,
    exchanges: Vec<Value>,
    /// The audience that stands for the recorded one.
    list: String,
    replayed: usize,
    differences: Vec<String>,
}

#[tokio::test]
async fn what_mailchimp_was_recorded_to_answer_the_sandbox_answers() {
    let Some(recorded) = shared_file("recorded-samples.json") else {
        return;
    };
    let setting = account_of_its_own().await;
    let exchanges = recorded["samples"].as_array().unwrap().clone();
    let mut replay = Replay {
        setting,
        exchanges,
        list: String::new(),
        replayed: 0,
        differences: Vec::new(),
    };
    replay.run().await;
    println!("{} recorded exchanges replayed", replay.replayed);
    assert!(replay.differences.is_empty(), "{}", replay.differences.join("\n"));
    assert_eq!(replay.replayed, replay.exchanges.len());
}

/// A sandbox with nothing in it but an account.
async fn account_of_its_own() -> Setting {
    let mut setting = setting().await;
    setting.control(Method::POST, "reset", json!({"empty": true})).await;
    let account = setting
        .control(Method::POST, "accounts", json!({"name": "Grouparoo"}))
        .await;
    let whose = json!({"account_id": account["id"]});
    let token = setting.control(Method::POST, "tokens", whose).await;
    setting.token = token["access_token"].as_str().unwrap().to_owned();
    setting
}

impl Replay {
    async fn run(&mut self) {
        // The first audience of the recorded answer has one subscriber and never lost anybody.
        self.list = self.audience(&[]).await;
        let only = json!({"email_address": "only@maplemail.test-charity.ca", "status": "subscribed"});
        self.setting
            .post(&format!("/lists/{}/members", self.list), only)
            .await
            .ok();
        self.list = self.audience(&FIELDS).await;
        self.until("DELETE", "members/{subscriber_hash} 204").await;
        self.somebody_moves_in_between().await;
        self.until("PUT", "400 Member Exists").await;
        let other = json!({"email_address": "n8htra9b3gb2zhfprw32d4@grouparoo.com", "status": "subscribed"});
        self.setting
            .post(&format!("/lists/{}/members", self.list), other)
            .await
            .ok();
        self.until("GET", "/members 200").await;
        while let Some(page) = self.exchanges[self.replayed]["response_body"]["members"]
            .as_array()
            .cloned()
        {
            self.import(&page).await;
            self.replay_next().await;
        }
        self.until("nothing", "").await;
    }

    /// An audience with the recorded account's own fields.
    async fn audience(&self, fields: &[(&str, &str, &str)]) -> String {
        let made = self
            .setting
            .post("/lists", crate::specification::new_audience())
            .await
            .ok();
        let list = made["id"].as_str().unwrap().to_owned();
        for (tag, name, kind) in fields {
            let body = json!({"tag": tag, "name": name, "type": kind, "public": true});
            self.setting
                .post(&format!("/lists/{list}/merge-fields"), body)
                .await
                .ok();
        }
        list
    }

    /// Between two recordings the member got another address, other details and four tags.
    async fn somebody_moves_in_between(&self) {
        let members = format!("/lists/{}/members", self.list);
        let changed = json!({
            "email_address": "angs8opvojuj3c2qvps6an@grouparoo.com",
            "merge_fields": {"FNAME": "Evan", "LNAME": "", "PHONE": "+5583999999998", "JOINED_AT": "1980-12-21"},
        });
        let path = format!("{members}/wx3ti580f4ycqy185cumm@grouparoo.com");
        let moved = self.setting.put(&path, changed).await.ok();
        let tag = |name: &str| json!({"name": format!("list {name}"), "status": "active"});
        let tags = ["one", "two", "three", "four"].map(tag);
        let tagging = format!("{members}/{}/tags", moved["id"].as_str().unwrap());
        assert_eq!(
            self.setting.post(&tagging, json!({"tags": tags})).await.status.as_u16(),
            204
        );
    }

    /// An audience of 2022, when a field was gone, with the members of one recorded page.
    async fn import(&mut self, page: &[Value]) {
        self.list = self.audience(&[FIELDS[0], FIELDS[1], FIELDS[3]]).await;
        let person =
            |member: &Value| json!({"email_address": member["email_address"], "merge_fields": member["merge_fields"]});
        let people: Vec<Value> = page.iter().map(person).collect();
        let seed = format!("audiences/{}/members", self.list);
        self.setting
            .control(Method::POST, &seed, json!({"members": people}))
            .await;
    }

    /// Replays what comes before the next exchange of a kind.
    async fn until(&mut self, method: &str, template_end: &str) {
        while let Some(exchange) = self.exchanges.get(self.replayed).cloned() {
            let template = exchange["template"].as_str().unwrap();
            if template.starts_with(method) && template.ends_with(template_end) {
                return;
            }
            self.replay_next().await;
        }
    }

    async fn replay_next(&mut self) {
        let exchange = self.exchanges[self.replayed].clone();
        self.replay(&exchange).await;
        self.replayed += 1;
    }

    async fn replay(&mut self, exchange: &Value) {
        let path = exchange["path"].as_str().unwrap().replace(RECORDED_LIST, &self.list);
        let method: Method = exchange["method"].as_str().unwrap().parse().unwrap();
        let answer = match path.strip_prefix("/3.0") {
            Some(path) => {
                let body = Some(exchange["request_body"].clone()).filter(|_| method != Method::GET);
                self.setting.call(method, path, body).await
            }
            None => {
                let url = format!("{}{path}", self.setting.sandbox.base_url());
                answered(self.setting.http.get(url).bearer_auth(&self.setting.token)).await
            }
        };
        let name = format!("{} {}", self.replayed, exchange["template"].as_str().unwrap());
        let mut compared = Comparison {
            name,
            differences: Vec::new(),
        };
        compared.value("status", &exchange["status"], &json!(answer.status.as_u16()));
        let expected = self.translate(&exchange["response_body"], &answer.json);
        if expected.is_object() {
            compared.value("", &expected, &answer.json);
        } else {
            compared.value("body", &json!(""), &json!(answer.text));
        }
        compared.headers(&self.translate(&exchange["response_headers"], &answer.json), &answer);
        self.differences.extend(compared.differences);
    }

    /// A recorded text in the terms of this sandbox: its address and the ids of its audiences.
    fn translate(&self, recorded: &Value, ours: &Value) -> Value {
        let mut text = recorded.to_string().replace(RECORDED_LIST, &self.list);
        text = text.replace(RECORDED_HOST, self.setting.sandbox.base_url());
        text = text.replace("https://login.mailchimp.com", self.setting.sandbox.base_url());
        let ids = |lists: &Value| {
            let lists = lists["lists"].as_array().cloned().unwrap_or_default();
            lists
                .iter()
                .map(|list| list["id"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        for (recorded, ours) in ids(recorded).iter().zip(&ids(ours)) {
            text = text.replace(recorded, ours);
        }
        serde_json::from_str(&text).unwrap()
    }
}

struct Comparison {
    name: String,
    differences: Vec<String>,
}

impl Comparison {
    fn differ(&mut self, at: &str, recorded: &Value, ours: &Value) {
        self.differences
            .push(format!("{}: {at}: recorded {recorded}, here {ours}", self.name));
    }

    fn value(&mut self, at: &str, recorded: &Value, ours: &Value) {
        match (recorded, ours) {
            (Value::Object(was), Value::Object(is)) => {
                let named =
                    |list: &[(&str, &str)], key: &str| list.iter().any(|(name, _)| is_at(&below(at, key), name));
                let was_keys: Vec<&String> = was.keys().filter(|key| !named(&ONLY_RECORDED, key)).collect();
                let is_keys: Vec<&String> = is
                    .keys()
                    .filter(|key| was.contains_key(*key) || !named(&ONLY_HERE, key))
                    .collect();
                if was_keys != is_keys {
                    self.differ(at, &json!(was_keys), &json!(is_keys));
                }
                for (key, was) in was {
                    if let Some(is) = is.get(key) {
                        self.value(&below(at, key), was, is);
                    }
                }
            }
            (Value::Array(was), Value::Array(is)) => {
                // The recorded arrays of records were shortened; the links were not.
                if was.is_empty() != is.is_empty() || (at.ends_with("_links") && was.len() != is.len()) {
                    self.differ(at, recorded, ours);
                }
                for (was, is) in was.iter().zip(is) {
                    self.value(at, was, is);
                }
            }
            _ if is_at(at, EMPTY_HERE.0) && ours == "" => {}
            _ if DATA.iter().any(|(name, _)| is_at(at, name)) => {
                let (was, is) = (kind(recorded), kind(ours));
                if was != is {
                    self.differ(at, recorded, ours);
                }
            }
            _ if recorded != ours => self.differ(at, recorded, ours),
            _ => {}
        }
    }

    /// The same headers, and none besides.
    fn headers(&mut self, recorded: &Value, answer: &Answered) {
        let of_concern = |name: &String| !HEADERS_OF_NO_CONCERN.contains(&name.as_str());
        let recorded = recorded.as_object().unwrap();
        let mut was: Vec<(String, String)> = recorded
            .iter()
            .map(|(name, value)| (name.to_lowercase(), without_dashboard(value.as_str().unwrap())))
            .collect();
        let mut is: Vec<(String, String)> = answer
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), without_dashboard(value.to_str().unwrap())))
            .collect();
        was.retain(|(name, _)| of_concern(name));
        is.retain(|(name, _)| of_concern(name));
        was.sort();
        is.sort();
        if was != is {
            self.differ("headers", &json!(was), &json!(is));
        }
    }
}

/// Where Mailchimp's pages for people are is no matter of the API; that the answer names one is.
fn without_dashboard(header: &str) -> String {
    let parts = header
        .split(", ")
        .map(|part| match part.split_once(">; rel=\"dashboard\"") {
            Some(_) => "dashboard".to_owned(),
            None => part.to_owned(),
        });
    parts.collect::<Vec<_>>().join(", ")
}

fn below(at: &str, key: &str) -> String {
    format!("{at}.{key}")
}

/// Whether a place has this name at its end.
fn is_at(at: &str, name: &str) -> bool {
    at.ends_with(&format!(".{name}"))
}

/// The type of a value, and whether it is empty.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(text) if text.is_empty() => "empty text",
        Value::String(_) => "text",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
        Value::Null => "null",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
