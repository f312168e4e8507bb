//! Paging, partial answers, audiences, merge fields.

use std::collections::HashSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::setting::{Setting, setting};

async fn crowd(setting: &Setting, count: u32) {
    let path = format!("audiences/{}/members", setting.newsletter);
    setting
        .control(
            Method::POST,
            &path,
            json!({"count": count, "last_changed": "2026-01-02T03:04:05Z"}),
        )
        .await;
}

#[tokio::test]
async fn point_14_a_page_has_ten_records_unless_asked_and_never_more_than_a_thousand() {
    let setting = setting().await;
    crowd(&setting, 1200).await;
    let members = format!("/lists/{}/members", setting.newsletter);
    let length = |json: &Value| json["members"].as_array().unwrap().len();
    assert_eq!(length(&setting.get(&members).await.ok()), 10);
    assert_eq!(
        length(
            &setting
                .get(&format!("{members}?count=10000&fields=members.id"))
                .await
                .ok()
        ),
        1000
    );
    let past = setting.get(&format!("{members}?offset=5000")).await.ok();
    assert_eq!((length(&past), &past["total_items"]), (0, &json!(1211)));
    let wrong = ["count=-1", "count=ten", "offset=-1", "offset=x"];
    for wrong in wrong {
        let refused = setting.get(&format!("{members}?{wrong}")).await;
        assert_eq!(refused.error(), (400, "Invalid Resource"), "{wrong}");
    }
    setting.settings(json!({"odd_pages_are_refused": false})).await;
    for wrong in wrong {
        let page = setting.get(&format!("{members}?{wrong}")).await.ok();
        assert_eq!(length(&page), 10, "{wrong} counts as absent if the switch says so");
    }
}

#[tokio::test]
async fn point_15_fields_choose_and_exclude_by_paths_from_the_root() {
    let setting = setting().await;
    let members = format!("/lists/{}/members", setting.newsletter);
    let chosen = setting
        .get(&format!(
            "{members}?fields=members.email_address%2Ctotal_items,nonsense"
        ))
        .await
        .ok();
    assert_eq!(
        chosen.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["members", "total_items"]
    );
    assert_eq!(chosen["members"][0].as_object().unwrap().len(), 1);
    let whole = setting
        .get(&format!("{members}?exclude_fields=email_address"))
        .await
        .ok();
    assert!(whole["members"][0]["email_address"].is_string());
    let without = setting
        .get(&format!("{members}?exclude_fields=members._links,_links"))
        .await
        .ok();
    assert!(without["members"][0].get("_links").is_none() && without.get("_links").is_none());
    let one = whole["members"][0]["id"].as_str().unwrap();
    let one = setting
        .get(&format!("{members}/{one}?fields=status,stats.avg_open_rate"))
        .await
        .ok();
    assert_eq!(one, json!({"status": "subscribed", "stats": {"avg_open_rate": 0}}));
}

#[tokio::test]
async fn point_15_what_counts_if_both_lists_of_fields_are_given_is_a_switch() {
    let setting = setting().await;
    let both = "/lists?fields=total_items&exclude_fields=total_items";
    assert_eq!(
        setting.get(both).await.ok(),
        json!({"total_items": 2}),
        "fields, by default"
    );
    setting.settings(json!({"both_field_lists_are_refused": true})).await;
    assert_eq!(setting.get(both).await.error(), (422, "Requested Fields Invalid"));
}

#[tokio::test]
async fn point_16_audiences_have_constraints_and_numbers_worked_out_from_their_members() {
    let setting = setting().await;
    let lists = setting.get("/lists?include_total_contacts=true").await.ok();
    assert_eq!(
        lists["constraints"],
        json!({"may_create": true, "max_instances": 5, "current_total_instances": 2})
    );
    let stats = &lists["lists"][0]["stats"];
    assert_eq!(stats["member_count"], 6);
    assert_eq!(stats["unsubscribe_count"], 3);
    assert_eq!(stats["cleaned_count"], 1);
    assert_eq!(stats["total_contacts"], 12);
    assert_eq!(lists["lists"][1]["stats"]["last_sub_date"], "");
    assert_eq!(lists["lists"][1]["double_optin"], true);
}

#[tokio::test]
async fn point_17_merge_fields_are_sorted_checked_and_deleted_with_their_values() {
    let setting = setting().await;
    let fields = format!("/lists/{}/merge-fields", setting.newsletter);
    let made = setting
        .post(&fields, json!({"name": "Gift", "type": "number", "tag": "gift"}))
        .await
        .ok();
    assert_eq!(made["tag"], "GIFT");
    let unnamed = setting
        .post(&fields, json!({"name": "More", "type": "text"}))
        .await
        .ok();
    assert_eq!(unnamed["tag"], "MERGE6");
    let all = setting.get(&format!("{fields}?count=100")).await.ok();
    let tags: Vec<&str> = all["merge_fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["tag"].as_str().unwrap())
        .collect();
    assert_eq!(tags, ["ADDRESS", "FNAME", "GIFT", "LNAME", "MERGE6", "PHONE"]);
    for wrong in ["ELEVENCHARS", "fname", "EMAIL"] {
        let refused = setting
            .post(&fields, json!({"name": "X", "type": "text", "tag": wrong}))
            .await;
        assert_eq!(refused.error(), (400, "Invalid Resource"), "{wrong}");
    }
    let gift = format!("{fields}/{}", made["merge_id"]);
    assert_eq!(
        setting.patch(&gift, json!({"type": "text"})).await.status,
        StatusCode::BAD_REQUEST
    );
    let member = setting.add("nina.roy@maplemail.test-charity.ca", "subscribed").await;
    setting
        .patch(&member, json!({"merge_fields": {"GIFT": 15.5}}))
        .await
        .ok();
    assert_eq!(setting.get(&member).await.ok()["merge_fields"]["GIFT"], 15.5);
    assert_eq!(setting.delete(&gift).await.status, StatusCode::NO_CONTENT);
    assert!(setting.get(&member).await.ok()["merge_fields"].get("GIFT").is_none());
    setting
        .post(&fields, json!({"name": "Gift", "type": "number", "tag": "GIFT"}))
        .await
        .ok();
    assert_eq!(
        setting.get(&member).await.ok()["merge_fields"]["GIFT"],
        "",
        "what was in the deleted field is gone for good"
    );
    for number in 0..24 {
        setting
            .post(&fields, json!({"name": format!("Field {number}"), "type": "text"}))
            .await
            .ok();
    }
    assert_eq!(
        setting
            .post(&fields, json!({"name": "One more", "type": "text"}))
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn point_29_equal_times_keep_a_stable_order_over_the_pages() {
    let setting = setting().await;
    crowd(&setting, 1000).await;
    let members = format!("/lists/{}/members", setting.newsletter);
    let mut seen = HashSet::new();
    for offset in (0..1100).step_by(100) {
        let query = format!("count=100&offset={offset}&sort_field=last_changed&sort_dir=ASC&fields=members.id");
        let page = setting.get(&format!("{members}?{query}")).await.ok();
        seen.extend(
            page["members"]
                .as_array()
                .unwrap()
                .iter()
                .map(|member| member["id"].as_str().unwrap().to_owned()),
        );
    }
    assert_eq!(seen.len(), 1011);
}
