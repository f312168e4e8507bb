//! What is asked about activities, opportunities, notes and trees of tags: a sentence people understand, and smart groups that
//! are current when such a record changes.

use super::asking::food_bank;
use super::smart_groups::{make, until};
use crate::support::browser::Browser;
use crate::support::browserless::Browserless;
use chrono::{NaiveDate, TimeDelta};
use dms::base::{ActivityTypeId, Actor, ContactId};
use dms::crm::activities::{self, model::ActivityDraft};
use dms::crm::contacts;
use dms::crm::contacts::criteria::Criteria;
use dms::web::PageError;
use serde_json::json;

pub(super) fn one(about: &str, op: &str, values: &[&str]) -> String {
    json!({"blocks": [{"conditions": [{"about": about, "op": op, "values": values}]}]}).to_string()
}

/// A condition about records of some kind: each detail is what it is about, how, and with what.
pub(super) fn of_records(about: &str, op: &str, details: &[(&str, &str, &[&str])]) -> String {
    let details: Vec<_> = details
        .iter()
        .map(|(about, op, values)| json!({"about": about, "op": op, "values": values}))
        .collect();
    json!({"blocks": [{"conditions": [{"about": about, "op": op, "details": details}]}]}).to_string()
}

/// The value behind an option of a select, by its words.
pub(super) async fn option(by: &Browserless, page: &str, select: &str, words: &str) -> String {
    let form = by.get(page).await;
    let labels = form.texts(&format!("{select} option"));
    let at = labels.iter().position(|label| label == words);
    let at = at.unwrap_or_else(|| panic!("{words} is not among {labels:?}")) + 1;
    form.attribute(&format!("{select} option:nth-of-type({at})"), "value")
        .unwrap()
}

/// The path somebody is sent to after a form was accepted.
pub(super) async fn sent(by: &Browserless, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = match path.ends_with("/edit") || path.ends_with("/settings") {
        true => by.save(path, fields).await,
        false => by.post(path, fields).await,
    };
    assert_eq!(
        answer.status,
        303,
        "{path}: {}",
        answer.texts(".field__error").join(" ")
    );
    answer.location()
}

#[tokio::test]
async fn a_smart_group_follows_activities() {
    let (_world, ada, who) = food_bank().await;
    let call = option(&ada, "activities/new", "#type", "Phone Call").await;
    let of_type: (&str, &str, &[&str]) = ("type", "any", &[&call]);
    let called = [
        of_type,
        ("status", "is", &["Completed"]),
        ("on", "last", &["12", "months"]),
    ];
    let called = of_records("activities", "has", &called);
    let not_called = of_records("activities", "has_not", &[of_type, ("on", "since", &["2020-01-01"])]);
    let called = make(&ada, "Called", &called).await;
    let not_called = make(&ada, "Not called", &not_called).await;
    until(&ada, &called, &[]).await;
    until(&ada, &not_called, &["Lem, Anne", "Roy, Zoé", "Stone, Bob"]).await;
    let page = ada.get(&called).await;
    assert!(
        page.has("Activities include one whose Type is Phone Call and whose Status is Completed and whose Date is in the last 12 months"),
        "{}",
        page.body
    );

    let (anne, zoe) = (who[0].to_string(), who[1].to_string());
    let today = chrono::Utc::now().date_naive();
    let at = format!("{}T10:00", today - chrono::TimeDelta::days(2));
    let fields = |status: &'static str| {
        vec![
            ("type", call.clone()),
            ("contact", anne.clone()),
            ("contact", zoe.clone()),
            ("activity_at", at.clone()),
            ("status", status.to_owned()),
            ("priority", "Normal".to_owned()),
        ]
    };
    let scheduled = fields("Scheduled");
    let scheduled: Vec<(&str, &str)> = scheduled.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let activity = sent(&ada, "activities/new", &scheduled).await;
    until(&ada, &not_called, &["Stone, Bob"]).await;
    until(&ada, &called, &[]).await;
    sent(&ada, &format!("{activity}/completion"), &[]).await;
    until(&ada, &called, &["Lem, Anne", "Roy, Zoé"]).await;
    let why = ada.get(&format!("{called}/why/{anne}")).await;
    assert!(why.has("Phone Call, Completed, on"), "{}", why.body);
    sent(&ada, &format!("{activity}/delete"), &[]).await;
    until(&ada, &called, &[]).await;
    until(&ada, &not_called, &["Lem, Anne", "Roy, Zoé", "Stone, Bob"]).await;
}

#[tokio::test]
async fn a_smart_group_follows_opportunities_and_what_their_statuses_mean() {
    let (_world, ada, who) = food_bank().await;
    let large: [(&str, &str, &[&str]); 2] = [("outcome", "is", &["Open"]), ("amount", "at_least", &["5000", "CAD"])];
    let large = of_records("opportunities", "has", &large);
    let large = make(&ada, "Large and open", &large).await;
    until(&ada, &large, &[]).await;
    assert!(
        ada.get(&large)
            .await
            .has("Opportunities include one whose Outcome is Open and whose Amount is at least $5,000.00")
    );
    let bob = who[2].to_string();
    let fields = |amount: &'static str| {
        [
            ("name", "Kitchen".to_owned()),
            ("contact", bob.clone()),
            ("status", "Discovery".to_owned()),
            ("amount", amount.to_owned()),
            ("currency", "CAD".to_owned()),
        ]
    };
    let small = fields("4999");
    let small: Vec<(&str, &str)> = small.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let kitchen = sent(&ada, "opportunities/new", &small).await;
    let enough = fields("5000");
    let enough: Vec<(&str, &str)> = enough.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sent(&ada, &format!("{kitchen}/edit"), &enough).await;
    until(&ada, &large, &["Stone, Bob"]).await;

    // What the office calls Discovery is not an open opportunity any more.
    let statuses = ada.get("opportunity-statuses").await;
    let discovery = statuses
        .attribute("tbody td a[aria-label='Edit Discovery']", "href")
        .unwrap();
    let lost = [("name", "Discovery"), ("outcome", "Lost"), ("probability", "0")];
    sent(&ada, &discovery, &lost).await;
    until(&ada, &large, &[]).await;
}

#[tokio::test]
async fn a_search_for_a_tag_finds_those_with_one_below_it_and_follows_the_tree() {
    let (_world, ada, who) = food_bank().await;
    sent(&ada, "tags/new", &[("name", "Volunteer"), ("colour", "blue")]).await;
    sent(&ada, "tags/new", &[("name", "Board"), ("colour", "blue")]).await;
    let ids = ada.get(&format!("contacts/{}/tags", who[0])).await;
    let value = |name: &str| {
        let at = ids
            .texts(".choice label")
            .iter()
            .position(|label| label == name)
            .unwrap();
        ids.html()
            .select(&scraper::Selector::parse(".choice input").unwrap())
            .nth(at)
            .unwrap()
            .attr("value")
            .unwrap()
            .to_owned()
    };
    let (volunteer, board) = (value("Volunteer"), value("Board"));
    sent(&ada, &format!("contacts/{}/tags", who[0]), &[("tag", &board)]).await;
    let group = make(&ada, "Volunteers", &one("tags", "any", &[&volunteer])).await;
    until(&ada, &group, &[]).await;
    let below = [("name", "Board"), ("colour", "blue"), ("parent", volunteer.as_str())];
    sent(&ada, &format!("tags/{board}/edit"), &below).await;
    until(&ada, &group, &["Lem, Anne"]).await;
    sent(&ada, &format!("tags/{board}/edit"), &below[..2]).await;
    until(&ada, &group, &[]).await;
}

#[tokio::test]
async fn a_search_for_a_campaign_finds_who_gave_to_its_parts_and_says_so() {
    let (_world, ada, who) = food_bank().await;
    let year = sent(&ada, "campaigns/new", &[("name", "The Year"), ("is_enabled", "true")]).await;
    let year = year.rsplit('/').next().unwrap().to_owned();
    let spring = [("name", "Spring"), ("is_enabled", "true")];
    let page = sent(&ada, "campaigns/new", &spring).await;
    let part = page.rsplit('/').next().unwrap().to_owned();
    let fund = option(&ada, "contributions/new", "#fund", "General Fund").await;
    let anne = who[0].to_string();
    let gift = [
        ("contact", anne.as_str()),
        ("amount", "100"),
        ("currency", "CAD"),
        ("received_on", "2026-03-01"),
        ("payment_method", "Cash"),
        ("status", "Completed"),
        ("fund", fund.as_str()),
        ("campaign", part.as_str()),
    ];
    sent(&ada, "contributions/new", &gift).await;
    let to_it = format!("campaign:{year}");
    let gave = make(&ada, "Gave to it", &one("campaigns", "any", &[&year])).await;
    let enough = make(
        &ada,
        "Gave enough",
        &one("giving_total", "at_least", &["100", "CAD", "ever", &to_it]),
    )
    .await;
    until(&ada, &gave, &[]).await;
    until(&ada, &enough, &[]).await;

    let below = [&spring[..], &[("parent", year.as_str())]].concat();
    sent(&ada, &format!("campaigns/{part}/settings"), &below).await;
    until(&ada, &gave, &["Lem, Anne"]).await;
    until(&ada, &enough, &["Lem, Anne"]).await;
    let page = ada.get(&enough).await;
    assert!(page.has("to the campaign The Year with its parts"), "{}", page.body);

    sent(&ada, &format!("campaigns/{part}/settings"), &spring).await;
    until(&ada, &gave, &[]).await;
    until(&ada, &enough, &[]).await;
}

#[tokio::test]
async fn at_midnight_only_those_are_looked_at_whose_activity_deadline_or_relationship_came_or_went() {
    let (world, ada, who) = food_bank().await;
    let call = option(&ada, "activities/new", "#type", "Phone Call").await;
    let organization = ada.organization_id();
    let today: anyhow::Result<NaiveDate> = world.db().read(organization, |tx| Ok(dms::accounts::today(tx)?)).await;
    let today = today.unwrap();
    for (person, days_ago, status) in [
        (who[0], 7, "Completed"),
        (who[1], 2, "Completed"),
        (who[2], 1, "Scheduled"),
    ] {
        let (with, at) = (
            person.to_string(),
            format!("{}T12:00", today - TimeDelta::days(days_ago)),
        );
        let activity = [
            ("type", call.as_str()),
            ("contact", &with),
            ("activity_at", &at),
            ("status", status),
            ("priority", "Normal"),
        ];
        sent(&ada, "activities/new", &activity).await;
    }
    let moved = async |about: &str, detail: &str, op: &str, values: &[&str]| {
        let criteria = Criteria::parse(&of_records(about, "has", &[(detail, op, values)]));
        let found: anyhow::Result<Option<Vec<ContactId>>> = world
            .db()
            .read(organization, move |tx| {
                Ok(contacts::moved_since(tx, &criteria, today - TimeDelta::days(1), 100)?)
            })
            .await;
        found.unwrap().unwrap()
    };
    assert_eq!(moved("activities", "on", "last", &["7", "days"]).await, [who[0]]);
    assert_eq!(moved("activities", "overdue", "yes", &[]).await, [who[2]]);
    assert!(
        moved("opportunities", "deadline", "next", &["7", "days"])
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn an_activity_that_somebody_added_is_theirs_as_well() {
    let (world, ada, who) = food_bank().await;
    let call = option(&ada, "activities/new", "#type", "Phone Call").await;
    let call: i64 = call.parse().unwrap();
    let group = make(&ada, "Active", &one("activities", "has", &[])).await;
    until(&ada, &group, &[]).await;
    let (anne, zoe) = (who[0], who[1]);
    let added: Result<_, PageError> = world
        .db()
        .write(ada.organization_id(), Actor::System, move |tx| {
            let draft = ActivityDraft {
                with: vec![anne],
                added_by: Some(zoe),
                ..ActivityDraft::new(ActivityTypeId(call), tx.now())
            };
            Ok(activities::actions::add_many(tx, &[draft])?)
        })
        .await;
    added.unwrap();
    until(&ada, &group, &["Lem, Anne", "Roy, Zoé"]).await;
}

#[tokio::test]
async fn relationships_count_while_the_other_is_not_in_the_trash() {
    let (_world, ada, who) = food_bank().await;
    let (anne, zoe) = (who[0], who[1].to_string());
    let new = format!("contacts/{anne}/relationships/new");
    let kind = option(&ada, &new, "#kind", "Parent of").await;
    sent(&ada, &new, &[("kind", &kind), ("contact", &zoe)]).await;
    let group = make(&ada, "Tied", &one("relationships", "filled", &[])).await;
    until(&ada, &group, &["Lem, Anne", "Roy, Zoé"]).await;
    sent(&ada, &format!("contacts/{zoe}/trash"), &[]).await;
    until(&ada, &group, &[]).await;
    let why = ada.get(&format!("{group}/why/{anne}")).await;
    assert!(!why.has("Parent of"), "{}", why.body);
    sent(&ada, &format!("contacts/{zoe}/restore"), &[]).await;
    until(&ada, &group, &["Lem, Anne", "Roy, Zoé"]).await;
}

#[tokio::test]
async fn a_smart_group_follows_when_a_type_of_relationship_becomes_the_same_from_both_sides() {
    let (_world, ada, who) = food_bank().await;
    let (anne, zoe) = (who[0], who[1].to_string());
    let labels = |other| {
        [
            ("label_a_b", "Relative of"),
            ("label_b_a", other),
            ("is_offered", "true"),
        ]
    };
    sent(&ada, "relationship-types/new", &labels("Looked after by")).await;
    let new = format!("contacts/{anne}/relationships/new");
    let kind = option(&ada, &new, "#kind", "Relative of").await;
    sent(&ada, &new, &[("kind", &kind), ("contact", &zoe)]).await;
    let id: i64 = kind.split_once(':').unwrap().0.parse().unwrap();
    let side = (id * 2).to_string();
    let group = make(&ada, "Relatives", &one("relationships", "any", &[&side])).await;
    until(&ada, &group, &["Lem, Anne"]).await;
    sent(&ada, &format!("relationship-types/{id}/edit"), &labels("Relative of")).await;
    until(&ada, &group, &["Lem, Anne", "Roy, Zoé"]).await;
}

#[tokio::test]
async fn a_smart_group_follows_notes() {
    let (_world, ada, who) = food_bank().await;
    let group = make(&ada, "Wheelchair", &one("notes", "contains", &["wheelchair"])).await;
    until(&ada, &group, &[]).await;
    let notes = format!("contacts/{}/notes/new", who[1]);
    sent(
        &ada,
        &notes,
        &[("text", "Comes in a Wheelchair"), ("noted_at", "2026-11-20T10:00")],
    )
    .await;
    until(&ada, &group, &["Roy, Zoé"]).await;
}

#[actix_web::test]
async fn activities_and_opportunities_are_asked_for_by_clicking() {
    let Some(browser) = Browser::open().await else { return };
    let (world, ada, _) = food_bank().await;
    option(&ada, "activities/new", "#type", "Phone Call").await;
    let origin = format!("http://{}", world.address());
    browser.sign_in(&origin, "ada@riverside.test").await;
    let about = |what: &str, op: &str| {
        let asked = format!("search/advanced?block=all&was={what}&about={what}&op={op}");
        format!("{origin}{}", ada.at(&asked))
    };
    browser.visit(&about("activities", "has_not")).await;
    browser.until("#c0-0-1", "include none").await;
    browser.choose("c0-0-d0", "Type").await;
    browser.until("#c0-0", "Phone Call").await;
    browser.choose("c0-0-d1", "Date").await;
    browser.until("#c0-0-d1-3", "months").await;
    browser.fill("#c0-0-d1-2", "12").await;
    browser.choose("c0-0-d2", "Overdue").await;
    browser.until("#c0-0-d2-1", "is Yes").await;
    browser.look("search-activities").await;
    browser.visit(&about("opportunities", "has")).await;
    browser.choose("c0-0-d0", "Outcome").await;
    browser.until("#c0-0", "Won").await;
    browser.choose("c0-0-d1", "Amount").await;
    browser.until("#c0-0-d1-1", "is between").await;
    browser.choose("c0-0-d1-1", "is between").await;
    browser.until("#c0-0-d1-4", "CAD").await;
    browser.look("search-opportunities").await;
    browser.press("Search").await;
    browser.until("#c0-0-error", "Outcome: Choose at least one.").await;
    browser.click("#c0-0 input[value=Open]").await;
    browser.fill("#c0-0-d1-2", "100").await;
    browser.fill("#c0-0-d1-3", "500").await;
    browser.press("Search").await;
    browser
        .until(
            "main",
            "Opportunities include one whose Outcome is Open and whose Amount is between $100.00 and $500.00",
        )
        .await;
    browser.until("main", "Nobody fits this search").await;
}
