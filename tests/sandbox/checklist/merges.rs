//! Values of merge fields: which are taken, how they come back, and the words in which the others are refused.

use serde_json::{Value, json};

use crate::setting::{Setting, setting};

const NINA: &str = "nina.roy@maplemail.test-charity.ca";

impl Setting {
    async fn field(&self, tag: &str, kind: &str, more: Value) {
        let mut body = json!({"name": tag, "type": kind, "tag": tag});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post(&format!("/lists/{}/merge-fields", self.newsletter), body)
            .await
            .ok();
    }

    /// Writes one value into a member: what it is afterwards, or the message of the refusal.
    async fn write(&self, path: &str, tag: &str, value: &Value) -> Result<Value, String> {
        let answer = self.patch(path, json!({"merge_fields": {tag: value}})).await;
        if answer.status.is_success() {
            return Ok(answer.json["merge_fields"][tag].clone());
        }
        assert_eq!(answer.error(), (400, "Invalid Resource"));
        let error = &answer.json["errors"][0];
        assert!(error["field"].as_str().unwrap().ends_with(tag), "{error}");
        Err(error["message"].as_str().unwrap().to_owned())
    }
}

#[tokio::test]
async fn point_31_each_kind_of_field_takes_what_it_is_for_and_says_what_is_wrong() {
    let setting = setting().await;
    for (tag, kind, more) in [
        ("GIFT", "number", json!({})),
        ("SINCE", "date", json!({})),
        ("BIRTH", "birthday", json!({})),
        ("GEBURT", "birthday", json!({"options": {"date_format": "DD/MM"}})),
        ("SIZE", "radio", json!({"options": {"choices": ["S", "M"]}})),
        ("ROUTE", "dropdown", json!({"options": {"choices": ["North"]}})),
        ("ZIP", "zip", json!({})),
    ] {
        setting.field(tag, kind, more).await;
    }
    let path = setting.add(NINA, "subscribed").await;
    let day = "Please enter a month (01-12) and a day (01-31)";
    let schema = "Data did not match any of the schemas described in anyOf.";
    let cases: [(&str, Value, Result<Value, &str>); 21] = [
        ("GIFT", json!("15.5"), Ok(json!(15.5))),
        ("GIFT", json!(3), Ok(json!(3))),
        ("GIFT", json!("AAAAA"), Err("Please enter a number")),
        ("GIFT", json!(""), Ok(json!(""))),
        ("SINCE", json!("2021-11-23"), Ok(json!("2021-11-23"))),
        ("SINCE", json!("2021/11/23"), Ok(json!("2021-11-23"))),
        ("SINCE", json!("11/23/2021"), Ok(json!("2021-11-23"))),
        ("SINCE", json!("23-11-2021"), Ok(json!("2021-11-23"))),
        ("SINCE", json!("yesterday"), Err("Please enter the date")),
        ("BIRTH", json!("11/23"), Ok(json!("11/23"))),
        ("BIRTH", json!("23/11"), Err(day)),
        ("GEBURT", json!("23/11"), Ok(json!("11/23"))),
        ("SIZE", json!("S"), Ok(json!("S"))),
        ("SIZE", json!("XXL"), Err("Please select an option")),
        ("ROUTE", json!("South"), Err("Please select an option")),
        ("ZIP", json!("90210"), Ok(json!("90210"))),
        ("ZIP", json!("E3B 1A1"), Err("Please enter a zip code (5 digits)")),
        ("FNAME", json!("x".repeat(300)), Ok(json!("x".repeat(255)))),
        ("FNAME", json!(""), Ok(json!(""))),
        ("FNAME", Value::Null, Err(schema)),
        ("FNAME", json!(["Nina"]), Err(schema)),
    ];
    for (tag, value, expected) in cases {
        let got = setting.write(&path, tag, &value).await;
        assert_eq!(got, expected.map_err(str::to_owned), "{tag} {value}");
    }
}

#[tokio::test]
async fn point_31_unknown_fields_are_ignored_without_a_word() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    let put = setting
        .put(&path, json!({"merge_fields": {"email_address": NINA, "NOSUCH": 1}}))
        .await
        .ok();
    let tags: Vec<&String> = put["merge_fields"].as_object().unwrap().keys().collect();
    assert_eq!(tags, ["FNAME", "LNAME", "ADDRESS", "PHONE"]);
}

#[tokio::test]
async fn point_31_whether_an_incomplete_address_is_dropped_or_refused_is_a_switch() {
    let setting = setting().await;
    setting.field("HOME", "address", json!({"required": true})).await;
    let whole = json!({"addr1": "12 Riverside Drive", "city": "Fredericton", "state": "", "zip": "E3B 1A1"});
    let path = format!("/lists/{}/members/{NINA}", setting.newsletter);
    let new = json!({"email_address": NINA, "status": "subscribed", "merge_fields": {"HOME": whole, "ADDRESS": whole}});
    let address = setting.put(&path, new).await.ok()["merge_fields"]["ADDRESS"].clone();
    assert_eq!(
        address,
        json!({"addr1": "12 Riverside Drive", "addr2": "", "city": "Fredericton", "state": "", "zip": "E3B 1A1", "country": "US"})
    );
    let refusal = Err("Please enter a complete address".to_owned());
    for lacking in ["addr1", "city", "zip", "state"] {
        let mut part = whole.as_object().unwrap().clone();
        part.remove(lacking);
        let part = json!(part);
        setting.settings(json!({"strict_addresses": false})).await;
        assert_eq!(
            setting.write(&path, "ADDRESS", &part).await,
            Ok(address.clone()),
            "dropped without {lacking}"
        );
        assert_eq!(
            setting.write(&path, "HOME", &part).await,
            refusal,
            "a required one is refused"
        );
        setting.settings(json!({"strict_addresses": true})).await;
        assert_eq!(setting.write(&path, "ADDRESS", &part).await, refusal, "{lacking}");
    }
}

#[tokio::test]
async fn point_31_messages_come_in_the_language_of_the_account() {
    let setting = setting().await;
    setting.field("GIFT", "number", json!({})).await;
    let path = setting.add(NINA, "subscribed").await;
    for (language, message) in [
        ("en", "Please enter a number"),
        ("de", "Bitte gib eine Zahl ein."),
        ("fr", "Veuillez saisir un nombre"),
        ("it", "Inserisci un numero"),
    ] {
        setting.settings(json!({"language": language})).await;
        let refused = setting.write(&path, "GIFT", &json!("much")).await;
        assert_eq!(refused, Err(message.to_owned()));
    }
}

#[tokio::test]
async fn point_31_required_fields_are_asked_for_unless_the_caller_skips_the_check() {
    let setting = setting().await;
    setting.field("SINCE", "date", json!({"required": true})).await;
    let members = format!("/lists/{}/members", setting.newsletter);
    let add = async |query: &str, number: u32| {
        let email = format!("m{number}@maplemail.test-charity.ca");
        let body = json!({"email_address": email, "status": "subscribed"});
        setting.post(&format!("{members}{query}"), body).await
    };
    let refused = add("", 0).await;
    assert_eq!(refused.detail(), "Your merge fields were invalid.");
    assert_eq!(
        refused.json["errors"],
        json!([{"field": "SINCE", "message": "Please enter a value"}])
    );
    for (number, skip) in (1..).zip(["true", "True", "1"]) {
        add(&format!("?skip_merge_validation={skip}"), number).await.ok();
    }
    for (number, other) in (4..).zip(["false", "0", "yes"]) {
        assert_eq!(
            add(&format!("?skip_merge_validation={other}"), number).await.error(),
            (400, "Invalid Resource"),
            "{other}"
        );
    }
    setting.settings(json!({"query_flags_ignore_case": false})).await;
    assert_eq!(
        add("?skip_merge_validation=True", 7).await.error(),
        (400, "Invalid Resource"),
        "a switch"
    );
    add("?skip_merge_validation=true", 8).await.ok();
}

#[tokio::test]
async fn point_31_whether_an_update_answers_for_fields_it_does_not_name_is_a_switch() {
    let setting = setting().await;
    let path = setting.add(NINA, "subscribed").await;
    setting.field("SINCE", "date", json!({"required": true})).await;
    let update = json!({"merge_fields": {"FNAME": "Nina"}});
    let refused = setting.patch(&path, update.clone()).await;
    assert_eq!(refused.json["errors"][0]["field"], "SINCE", "by default");
    setting.settings(json!({"updates_need_required_fields": false})).await;
    setting.patch(&path, update).await.ok();
    let emptied = setting.write(&path, "SINCE", &json!("")).await;
    assert_eq!(
        emptied,
        Err("Please enter a value".to_owned()),
        "what it names is checked"
    );
}
