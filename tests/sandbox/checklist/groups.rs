//! Groups of an audience: interest categories with their interests, and static segments, which are tags.

use serde_json::json;

use crate::setting::setting;

const NINA: &str = "nina.roy@maplemail.test-charity.ca";
const OMAR: &str = "omar.gill@maplemail.test-charity.ca";

#[tokio::test]
async fn point_18_interests_are_counted_in_text_limited_to_sixty_and_gone_with_their_category() {
    let setting = setting().await;
    let categories = format!("/lists/{}/interest-categories", setting.newsletter);
    let category = setting
        .post(&categories, json!({"title": "Topics", "type": "checkboxes"}))
        .await
        .ok();
    let interests = format!("{categories}/{}/interests", category["id"].as_str().unwrap());
    let first = setting.post(&interests, json!({"name": "Garden"})).await.ok();
    assert_eq!(first["subscriber_count"], "0", "a text, as recorded");
    for number in 2..=60 {
        setting
            .post(&interests, json!({"name": format!("Topic {number}")}))
            .await
            .ok();
    }
    let refused = setting.post(&interests, json!({"name": "One too many"})).await;
    assert_eq!(refused.error(), (400, "Invalid Resource"));
    assert_eq!(
        refused.detail(),
        "Cannot have more than 60 interests per list (Across all categories)"
    );
    let member = setting.add(NINA, "subscribed").await;
    let garden = first["id"].as_str().unwrap();
    let changed = setting.patch(&member, json!({"interests": {garden: true}})).await.ok();
    assert_eq!(
        changed["interests"].as_object().unwrap().len(),
        60,
        "all of them, chosen or not"
    );
    assert_eq!(changed["interests"][garden], true);
    let seen = setting.get(&format!("{interests}/{garden}")).await.ok();
    assert_eq!(seen["subscriber_count"], "1");
    let unknown = setting.patch(&member, json!({"interests": {"0123456789": true}})).await;
    assert_eq!(unknown.detail(), "Invalid interest ID: \"0123456789\".");
    setting
        .delete(&format!("{categories}/{}", category["id"].as_str().unwrap()))
        .await;
    assert!(
        setting.get(&member).await.ok().get("interests").is_none(),
        "no interests, no key"
    );
}

#[tokio::test]
async fn point_18_categories_and_interests_are_read_renamed_and_deleted() {
    let setting = setting().await;
    let categories = format!("/lists/{}/interest-categories", setting.newsletter);
    let refused = setting
        .post(&categories, json!({"title": "Topics", "type": "buttons"}))
        .await;
    assert_eq!(
        (refused.error(), &refused.json["errors"][0]["field"]),
        ((400, "Invalid Resource"), &json!("type"))
    );
    let category = setting
        .post(&categories, json!({"title": "Topics", "type": "radio"}))
        .await
        .ok();
    let own = format!("{categories}/{}", category["id"].as_str().unwrap());
    let keys: Vec<&String> = category.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["list_id", "id", "title", "display_order", "type", "_links"]);
    setting
        .patch(&own, json!({"title": "Themes", "type": "hidden"}))
        .await
        .ok();
    let all = setting.get(&categories).await.ok();
    assert_eq!(
        (&all["total_items"], &all["categories"][0]["title"]),
        (&json!(1), &json!("Themes"))
    );
    assert_eq!(
        setting.get(&format!("{categories}?type=radio")).await.ok()["total_items"],
        0
    );
    let interest = setting
        .post(&format!("{own}/interests"), json!({"name": "Garden"}))
        .await
        .ok();
    let twice = setting
        .post(&format!("{own}/interests"), json!({"name": "garden"}))
        .await;
    assert_eq!(twice.status.as_u16(), 400);
    let inner = format!("{own}/interests/{}", interest["id"].as_str().unwrap());
    assert_eq!(
        setting.patch(&inner, json!({"name": "Gardens"})).await.ok()["name"],
        "Gardens"
    );
    assert_eq!(setting.delete(&inner).await.status.as_u16(), 204);
    assert_eq!(setting.get(&inner).await.status.as_u16(), 404);
}

#[tokio::test]
async fn point_18_members_are_listed_by_the_interests_they_chose() {
    let setting = setting().await;
    let categories = format!("/lists/{}/interest-categories", setting.newsletter);
    let category = setting
        .post(&categories, json!({"title": "Topics", "type": "checkboxes"}))
        .await
        .ok();
    let category = category["id"].as_str().unwrap();
    let mut ids = Vec::new();
    for name in ["Garden", "Kitchen"] {
        let made = setting
            .post(&format!("{categories}/{category}/interests"), json!({"name": name}))
            .await
            .ok();
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let (nina, omar) = (
        setting.add(NINA, "subscribed").await,
        setting.add(OMAR, "subscribed").await,
    );
    setting
        .patch(&nina, json!({"interests": {&ids[0]: true, &ids[1]: true}}))
        .await
        .ok();
    setting.patch(&omar, json!({"interests": {&ids[0]: true}})).await.ok();
    let count = async |how: &str| {
        let query = format!(
            "interest_category_id={category}&interest_ids={},{}&interest_match={how}",
            ids[0], ids[1]
        );
        setting
            .get(&format!("/lists/{}/members?{query}", setting.newsletter))
            .await
            .ok()["total_items"]
            .clone()
    };
    assert_eq!((count("any").await, count("all").await), (json!(2), json!(1)));
    let alone = setting
        .get(&format!("/lists/{}/members?interest_match=any", setting.newsletter))
        .await;
    assert_eq!(alone.status.as_u16(), 400);
}

#[tokio::test]
async fn point_34_static_segments_are_tags_from_the_other_side() {
    let setting = setting().await;
    let segments = format!("/lists/{}/segments", setting.newsletter);
    let (nina, _) = (
        setting.add(NINA, "subscribed").await,
        setting.add(OMAR, "unsubscribed").await,
    );
    let made = setting
        .post(&segments, json!({"name": "Board", "static_segment": [NINA, OMAR]}))
        .await
        .ok();
    assert_eq!(made["member_count"], 1, "only those who get mail are counted");
    let own = format!("{segments}/{}", made["id"]);
    assert_eq!(setting.get(&nina).await.ok()["tags"][0]["name"], "Board");
    let with = setting.get(&format!("{own}?include_unsubscribed=true")).await.ok();
    assert_eq!(with["member_count"], 2);
    let changed = setting
        .post(
            &own,
            json!({"members_to_remove": [NINA], "members_to_add": ["nobody@maplemail.test-charity.ca"]}),
        )
        .await
        .ok();
    assert_eq!(
        (&changed["total_removed"], &changed["error_count"]),
        (&json!(1), &json!(1))
    );
    setting
        .post(&format!("{own}/members"), json!({"email_address": NINA}))
        .await
        .ok();
    let members = setting.get(&format!("{own}/members")).await.ok();
    assert_eq!(members["members"][0]["email_address"], NINA);
    let hash = nina.rsplit('/').next().unwrap();
    assert_eq!(
        setting.delete(&format!("{own}/members/{hash}")).await.status.as_u16(),
        204
    );
    setting
        .patch(&own, json!({"name": "Friends", "static_segment": [NINA]}))
        .await
        .ok();
    let found = setting
        .get(&format!("/lists/{}/tag-search?name=fri", setting.newsletter))
        .await
        .ok();
    assert_eq!(found["tags"][0]["name"], "Friends");
    assert_eq!(
        setting.get(&format!("{segments}?type=static")).await.ok()["total_items"],
        1
    );
    assert_eq!(setting.delete(&own).await.status.as_u16(), 204);
    assert_eq!(setting.get(&nina).await.ok()["tags_count"], 0);
}
