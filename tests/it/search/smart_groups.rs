//! Smart groups: whoever the search finds belongs to them, now and later, and somebody's word stands above it.

use super::asking::{food_bank, person};
use crate::support::browser::Browser;
use crate::support::browserless::{Answer, Browserless};
use crate::support::rehearsal::Rehearsal;
use crate::support::world::{World, eventually};
use chrono::TimeDelta;
use diesel::prelude::*;
use dms::base::{Actor, ContactId};
use dms::crm::contacts::criteria::Criteria;
use dms::crm::contacts::{self, ContactDraft};
use dms::crm::groups::smart;
use fantoccini::Locator;
use serde_json::json;
use std::time::Duration;

/// How soon a gift shows on an open page of a smart group: within two seconds it is worked out, every two the page looks.
const PROMISE: Duration = Duration::from_secs(4);

const MONTREAL: &str = r#"{"blocks":[{"conditions":[{"about":"city","op":"is","values":["Montréal"]}]}]}"#;

/// Makes a smart group through the pages; its path inside the organization.
pub(super) async fn make(by: &Browserless, title: &str, criteria: &str) -> String {
    let made = by.post("groups/new", &[("title", title), ("criteria", criteria)]).await;
    let location = made.location();
    let id = location.rsplit('/').next().unwrap();
    assert!(id.parse::<i64>().is_ok(), "{location}: {}", made.body);
    format!("groups/{id}")
}

fn members(page: &Answer) -> Vec<String> {
    page.texts("tbody .table__name")
}

pub(super) async fn until(by: &Browserless, group: &str, wanted: &[&str]) {
    eventually(&format!("{group} has {wanted:?}"), async || {
        members(&by.get(group).await) == wanted
    })
    .await;
}

async fn change(world: &World, of: &Browserless, id: ContactId, how: impl FnOnce(&mut ContactDraft) + Send + 'static) {
    let changed: anyhow::Result<bool> = world
        .db()
        .write(of.organization_id(), Actor::System, move |tx| {
            let mut draft = contacts::store::find(tx, id)?.unwrap().draft();
            how(&mut draft);
            Ok(contacts::actions::change(tx, id, &draft, "")?)
        })
        .await;
    assert!(changed.unwrap());
}

#[tokio::test]
async fn whoever_fits_comes_and_whoever_no_longer_fits_goes_by_themselves() {
    let (world, ada, who) = food_bank().await;
    let list = ada.get(&format!("contacts?criteria={}", urlencode(MONTREAL))).await;
    let save = list.attribute("a[href*='groups/new']", "href").unwrap();
    let form = ada.get(&save).await;
    assert!(form.has("Add Smart Group") && form.has("City is Montréal"));
    let word = form.attribute("[name=criteria]", "value").unwrap();

    let group = make(&ada, "Montrealers", &word).await;
    until(&ada, &group, &["Roy, Zoé", "Stone, Bob"]).await;
    let groups = ada.get("groups").await;
    assert!(groups.has("Montrealers (Smart Group)"));

    change(&world, &ada, who[0], |draft| {
        draft.addresses[0].city = "MONTREAL".into()
    })
    .await;
    change(&world, &ada, who[2], |draft| draft.addresses[0].city = "Laval".into()).await;
    until(&ada, &group, &["Lem, Anne", "Roy, Zoé"]).await;
    let tab = ada.get(&format!("contacts/{}/groups", who[2])).await;
    assert!(tab.has("does not currently belong to any groups"));
    assert!(tab.has("Removed (by Search)") && tab.has("No longer found by the group’s search"));
    let tab = ada.get(&format!("contacts/{}/groups", who[0])).await;
    assert_eq!(
        tab.texts("[aria-labelledby=current-groups] td")[0],
        "Smart Why? Montrealers"
    );

    // Into the trash and out of it; a new contact.
    ada.post(&format!("contacts/{}/trash", who[0]), &[]).await;
    until(&ada, &group, &["Roy, Zoé"]).await;
    ada.post(&format!("contacts/{}/restore", who[0]), &[]).await;
    let added: Result<ContactId, contacts::ContactError> = world
        .db()
        .write(ada.organization_id(), Actor::System, |tx| {
            contacts::actions::add(tx, &person("Carla", "Nash", "Montréal", "en"))
        })
        .await;
    added.unwrap();
    until(&ada, &group, &["Lem, Anne", "Nash, Carla", "Roy, Zoé"]).await;
    eventually("nothing is waiting", async || {
        let page = ada.get(&group).await;
        page.has("3 contacts, checked") && !page.has("being brought up to date")
    })
    .await;
}

#[tokio::test]
async fn somebodys_word_stands_above_the_search_until_its_record_is_deleted() {
    let (world, ada, who) = food_bank().await;
    let group = make(&ada, "Montrealers", MONTREAL).await;
    until(&ada, &group, &["Roy, Zoé", "Stone, Bob"]).await;
    let id = group.strip_prefix("groups/").unwrap();

    // Removed though found; added though not found.
    ada.post(&format!("contacts/{}/groups/{id}/removal", who[1]), &[]).await;
    ada.post(&format!("contacts/{}/groups", who[0]), &[("group", id)]).await;
    until(&ada, &group, &["Lem, Anne", "Stone, Bob"]).await;
    for contact in [who[0], who[1]] {
        change(&world, &ada, contact, |draft| draft.details.job_title = "Baker".into()).await;
    }
    ada.post(&format!("{group}/search"), &[("criteria", MONTREAL)]).await;
    eventually("everybody was looked at anew", async || {
        !ada.get(&group).await.has("being brought up to date")
    })
    .await;
    until(&ada, &group, &["Lem, Anne", "Stone, Bob"]).await;
    assert!(
        ada.get(&format!("{group}/why/{}", who[1]))
            .await
            .has("stays out whatever the search says")
    );
    assert!(
        ada.get(&format!("{group}/why/{}", who[0]))
            .await
            .has("was added by hand")
    );

    // The records are deleted: the search decides again.
    ada.post(&format!("contacts/{}/groups/{id}/delete", who[1]), &[]).await;
    ada.post(&format!("contacts/{}/groups/{id}/delete", who[0]), &[]).await;
    until(&ada, &group, &["Roy, Zoé", "Stone, Bob"]).await;
}

#[tokio::test]
async fn another_search_shows_who_would_come_and_go_before_it_is_saved() {
    let (_world, ada, who) = food_bank().await;
    let group = make(&ada, "French speakers", MONTREAL).await;
    until(&ada, &group, &["Roy, Zoé", "Stone, Bob"]).await;
    let form = ada
        .get(
            &ada.get(&group)
                .await
                .attribute("a[href*='search/advanced']", "href")
                .unwrap(),
        )
        .await;
    assert!(form.has("Edit Smart Group Search Criteria"));

    let english = r#"{"blocks":[{"conditions":[{"about":"language","op":"is","values":["en"]}]}]}"#;
    let preview = ada
        .get(&format!("{group}/search?criteria={}", urlencode(english)))
        .await;
    assert_eq!(preview.texts(".tally__number"), ["2", "1", "1"]);
    assert_eq!(
        preview.texts(".tally p a"),
        ["Anne Lem", "See all as a list", "Zoé Roy", "See all as a list"]
    );
    assert!(preview.has("City is Montréal") && preview.has("Language is English"));
    assert_eq!(
        members(&ada.get(&group).await),
        ["Roy, Zoé", "Stone, Bob"],
        "nothing is changed by looking"
    );

    ada.post(&format!("{group}/search"), &[("criteria", english)]).await;
    until(&ada, &group, &["Lem, Anne", "Stone, Bob"]).await;
    let why = ada.get(&format!("{group}/why/{}", who[1])).await;
    assert!(why.has("The search does not find Zoé Roy"));
    assert_eq!(why.texts("tbody td"), ["No", "French", "This one decides"]);

    let almost = ada.get(&format!("{group}/almost")).await;
    assert_eq!(
        almost.texts(".tally__text"),
        ["but for: Language is English Zoé Roy · See all as a list"]
    );

    let broken = ada.post(&format!("{group}/search"), &[("criteria", "{}")]).await;
    assert!(broken.has("This search cannot be read."));
}

#[tokio::test]
async fn all_who_would_come_or_go_or_are_almost_in_can_be_looked_through() {
    let (world, ada, _) = food_bank().await;
    let added: Result<Vec<ContactId>, contacts::ContactError> = world
        .db()
        .write(ada.organization_id(), Actor::System, |tx| {
            let drafts: Vec<ContactDraft> = (0..60)
                .map(|n| person(&format!("P{n:02}"), "Tester", "Montréal", "en"))
                .collect();
            contacts::actions::add_many(tx, &drafts)
        })
        .await;
    added.unwrap();
    let french = r#"{"blocks":[{"conditions":[{"about":"city","op":"is","values":["Montréal"]},{"about":"language","op":"is","values":["fr"]}]}]}"#;
    let group = make(&ada, "Montrealers", french).await;
    until(&ada, &group, &["Roy, Zoé"]).await;
    let preview = ada
        .get(&format!("{group}/search?criteria={}", urlencode(MONTREAL)))
        .await;
    let all = preview.attribute("a[href*='/search/come']", "href").unwrap();
    let first = ada.get(&all).await;
    assert!(first.has("1–50 of 61 contacts"), "{}", first.text("main"));
    let second = ada.get(&first.attribute("a[rel=next]", "href").unwrap()).await;
    assert_eq!(members(&second).len(), 11);
    let nobody = ada.get(&all.replace("/come", "/go")).await;
    assert!(nobody.has("Nobody is meant by this"));

    let almost = ada.get(&format!("{group}/almost")).await;
    let links: Vec<String> = ["1", "2"].map(|n| format!("{group}/almost/{n}")).into();
    assert_eq!(members(&ada.get(&links[0]).await), [] as [&str; 0]);
    assert!(almost.attribute(&format!("a[href$='{}']", links[1]), "href").is_some());
    let missed = ada.get(&format!("{}?page=2", links[1])).await;
    assert!(missed.has("but for: Language is French") && missed.has("51–61 of 61 contacts"));
    assert_eq!(ada.get(&format!("{group}/almost/3")).await.status, 404);
}

#[tokio::test]
async fn a_smart_group_is_made_from_the_groups_page_by_clicking() {
    let (_world, ada, _) = food_bank().await;
    let groups = ada.get("groups").await;
    let form = groups.attribute("main a[href*='search/advanced']", "href").unwrap();
    let form = ada.get(&form).await;
    assert_eq!(form.text("h1"), "Add Smart Group");
    let asked = [
        ("for", "group"),
        ("do", "search"),
        ("block", "all"),
        ("was", "city"),
        ("about", "city"),
        ("op", "is"),
        ("value", "montreal"),
    ];
    let query = serde_urlencoded::to_string(asked).unwrap();
    let found = ada.get(&format!("search/advanced?{query}")).await;
    let name = ada.follow(found).await;
    assert!(
        name.has("City is montreal") && name.has("2 contacts fit now"),
        "{}",
        name.text("main")
    );
    let word = name.attribute("[name=criteria]", "value").unwrap();
    let group = make(&ada, "Montrealers", &word).await;
    until(&ada, &group, &["Roy, Zoé", "Stone, Bob"]).await;
}

#[tokio::test]
async fn a_group_that_asks_about_another_follows_it_and_never_itself() {
    let (world, ada, who) = food_bank().await;
    let group = make(&ada, "Montrealers", MONTREAL).await;
    until(&ada, &group, &["Roy, Zoé", "Stone, Bob"]).await;
    let id = group.strip_prefix("groups/").unwrap();
    let outside = format!(r#"{{"blocks":[{{"conditions":[{{"about":"groups","op":"none","values":["{id}"]}}]}}]}}"#);
    let others = make(&ada, "Others", &outside).await;
    until(&ada, &others, &["Lem, Anne"]).await;
    change(&world, &ada, who[1], |draft| draft.addresses[0].city = "Laval".into()).await;
    until(&ada, &others, &["Lem, Anne", "Roy, Zoé"]).await;

    let others_id = others.strip_prefix("groups/").unwrap();
    let about_others = outside.replace(&format!("\"{id}\""), &format!("\"{others_id}\""));
    let circle = ada
        .post(&format!("{group}/search"), &[("criteria", &about_others)])
        .await;
    assert!(circle.has("could never come to rest"), "{}", circle.text("main"));
    let kept = ada.post(&format!("{group}/delete"), &[]).await;
    assert!(kept.has("The search of the smart group “Others” asks who is in this group."));
}

#[tokio::test]
async fn no_smart_group_asks_whether_somebody_is_in_any_group_at_all() {
    let (_world, ada, _) = food_bank().await;
    let group = make(&ada, "Montrealers", MONTREAL).await;
    for op in ["empty", "filled"] {
        let criteria = format!(r#"{{"blocks":[{{"conditions":[{{"about":"groups","op":"{op}"}}]}}]}}"#);
        let new = [("title", "Of none"), ("criteria", criteria.as_str())];
        for refused in [
            ada.post("groups/new", &new).await,
            ada.post(&format!("{group}/search"), &[("criteria", criteria.as_str())])
                .await,
        ] {
            assert_eq!(refused.status, 409, "{op}");
            assert!(
                refused
                    .has("it could never come to rest. Nothing was changed. Choose the groups that are meant by name."),
                "{}",
                refused.text("main")
            );
        }
        let list = ada.get(&format!("contacts?criteria={}", urlencode(&criteria))).await;
        assert_eq!(list.status, 200, "a search that nobody keeps may ask so");
    }
}

#[tokio::test]
async fn a_search_that_names_what_is_gone_still_names_it_in_the_form() {
    let (_world, ada, _) = food_bank().await;
    for condition in [
        r#""about":"giving_count","op":"is","values":["0","ever","fund:4711"]"#,
        r#""about":"tags","op":"none","values":["4711"]"#,
    ] {
        let criteria = format!(r#"{{"blocks":[{{"conditions":[{{{condition}}}]}}]}}"#);
        let page = format!("search/advanced?criteria={}", urlencode(&criteria));
        let form = ada.get(&page).await;
        let gone = "main option[value='fund:4711'][selected], main input[value='4711'][checked]";
        assert!(
            form.attribute(gone, "value").is_some(),
            "{condition}: {}",
            form.text("main")
        );
    }
}

#[tokio::test]
async fn a_relative_date_moves_people_at_midnight() {
    let (world, ada, _) = food_bank().await;
    let new = r#"{"blocks":[{"conditions":[{"about":"created","op":"last","values":["2","days"]}]}]}"#;
    let group = make(&ada, "New donors", new).await;
    until(&ada, &group, &["Lem, Anne", "Roy, Zoé", "Stone, Bob"]).await;
    world.pass(TimeDelta::days(2));
    until(&ada, &group, &[]).await;
}

#[tokio::test]
async fn a_group_made_while_somebody_changes_a_contact_misses_nothing() {
    let (world, ada, who) = food_bank().await;
    let organization = ada.organization_id();
    let (changed, go_on) = (tokio::sync::oneshot::channel(), std::sync::mpsc::channel::<()>());
    let (tell, told) = changed;
    let (release, wait) = go_on;
    let db = world.db().clone();
    let (contact, slow) = (who[0], world.db().clone());
    let changing = tokio::spawn(async move {
        let done: anyhow::Result<()> = slow
            .write(organization, Actor::System, move |tx| {
                let mut draft = contacts::store::find(tx, contact)?.unwrap().draft();
                draft.addresses[0].city = "Montréal".into();
                contacts::actions::change(tx, contact, &draft, "")?;
                let _ = tell.send(());
                wait.recv()?;
                Ok(())
            })
            .await;
        done.unwrap();
    });
    told.await.unwrap();
    let criteria = Criteria::parse(MONTREAL);
    let made: anyhow::Result<_> = db
        .write(organization, Actor::System, move |tx| {
            smart::create(tx, "Montrealers", "", &criteria).map_err(anyhow::Error::from)
        })
        .await;
    let group = format!("groups/{}", made.unwrap());
    waits_for_a_lock(&world).await;
    release.send(()).unwrap();
    changing.await.unwrap();
    until(&ada, &group, &["Lem, Anne", "Roy, Zoé", "Stone, Bob"]).await;
}

/// Until somebody waits for the lock that another holds.
async fn waits_for_a_lock(world: &World) {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let url = world.owner_url().to_owned();
    eventually("the other waits", async || {
        let mut conn = PgConnection::establish(&url).unwrap();
        let waiting: Waiting =
            diesel::sql_query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                .get_result(&mut conn)
                .unwrap();
        waiting.count == 1
    })
    .await;
}

#[tokio::test]
async fn a_smart_group_flows_to_mailchimp_and_an_unsubscribe_there_overrides_its_search() {
    let rehearsal = Rehearsal::start(1).await;
    let off = json!({"webhooks": {"off": true}});
    rehearsal.ask("PATCH", "settings", off).await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let (bob, bob_at) = rehearsal.contact("Bob", "Roy").await;
    let bakers = r#"{"blocks":[{"conditions":[{"about":"job_title","op":"is","values":["Baker"]}]}]}"#;
    let ada = &rehearsal.ada;
    change(&rehearsal.world, ada, anne, |draft| {
        draft.details.job_title = "Baker".into()
    })
    .await;
    let group = make(ada, "Bakers", bakers).await;
    until(ada, &group, &["Lem, Anne"]).await;
    let id: dms::base::GroupId = group.strip_prefix("groups/").unwrap().parse().unwrap();
    rehearsal.link(id, "group").await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;

    // Found by the search: added there. No longer found: archived there, and back as they were.
    change(&rehearsal.world, ada, bob, |draft| {
        draft.details.job_title = "Baker".into()
    })
    .await;
    rehearsal.until_at_mailchimp(&bob_at, "subscribed").await;
    change(&rehearsal.world, ada, bob, |draft| {
        draft.details.job_title = "Butcher".into()
    })
    .await;
    rehearsal.until_at_mailchimp(&bob_at, "archived").await;
    change(&rehearsal.world, ada, bob, |draft| {
        draft.details.job_title = "Baker".into()
    })
    .await;
    rehearsal.until_at_mailchimp(&bob_at, "subscribed").await;

    // Unsubscribes there: out, and the search that still finds them changes nothing.
    rehearsal.member_does(&anne_at, "unsubscribe", json!({})).await;
    rehearsal.until_groups_tab(anne, "Removed (by API)").await;
    change(&rehearsal.world, ada, anne, |draft| {
        draft.details.gender = "Female".into()
    })
    .await;
    eventually("the change was looked at", async || {
        !ada.get(&group).await.has("being brought up to date")
    })
    .await;
    assert_eq!(members(&ada.get(&group).await), ["Roy, Bob"]);
    assert_eq!(
        rehearsal.status_at_mailchimp(&anne_at).await.as_deref(),
        Some("unsubscribed")
    );

    // Comes back there by themselves, and a stranger signs up: only the search and staff bring anybody in here.
    let path = format!("audiences/{}/sign-up", rehearsal.audience);
    rehearsal
        .ask("POST", &path, json!({"email_address": anne_at, "merge_fields": {}}))
        .await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
    let stranger = "carla.stone@maplemail.test-charity.ca";
    rehearsal
        .ask("POST", &path, json!({"email_address": stranger, "merge_fields": {}}))
        .await;
    rehearsal.until_at_mailchimp(stranger, "subscribed").await;
    let (dan, dan_at) = rehearsal.contact("Dan", "Wood").await;
    change(&rehearsal.world, ada, dan, |draft| {
        draft.details.job_title = "Baker".into()
    })
    .await;
    rehearsal.until_at_mailchimp(&dan_at, "subscribed").await;
    assert_eq!(members(&ada.get(&group).await), ["Roy, Bob", "Wood, Dan"]);
    assert!(!ada.get("contacts").await.has("stone"));
    rehearsal.assert_nobody_subscribed_against_their_will().await;
}

#[actix_web::test]
async fn a_smart_group_built_by_clicking_changes_when_a_gift_is_entered() {
    let Some(browser) = Browser::open().await else { return };
    let (world, ada, who) = food_bank().await;
    browser
        .sign_in(&format!("http://{}", world.address()), "ada@riverside.test")
        .await;
    browser.go("Contacts").await;
    browser.follow("Advanced Search", ".page-head").await;
    browser.click("#c0-0-about option[value=giving_total]").await;
    browser.click("#c0-0-4 option[value=last]").await;
    browser
        .wait_for("the fields of the period", async |client| {
            client.find(Locator::Css("#c0-0-6")).await.ok()
        })
        .await;
    browser.fill("#c0-0-2", "100").await;
    browser.fill("#c0-0-5", "12").await;
    browser.look("search-giving").await;
    browser.click("button[value=search]").await;
    browser
        .until("main", "Total Given is at least $100.00 in the last 12 months")
        .await;
    browser.follow("Save as Smart Group", ".page-head").await;
    browser.fill("#title", "Donors").await;
    browser.press("Add Smart Group").await;
    browser.until("h1", "Donors").await;
    browser.until("main", "0 contacts, checked").await;

    let fund = ada
        .get("contributions/new")
        .await
        .attribute("#fund option", "value")
        .unwrap();
    let today = chrono::Utc::now().date_naive().to_string();
    let contact = who[1].to_string();
    let gift = [
        ("contact", contact.as_str()),
        ("amount", "150"),
        ("currency", "CAD"),
        ("payment_method", "Cheque"),
        ("status", "Completed"),
        ("received_on", &today),
        ("fund", &fund),
    ];
    let given = ada.post("contributions/new", &gift).await;
    assert!(given.status.is_redirection(), "{}", given.text("main"));
    let seen = browser.until_without_reloading("main", "1 contact, checked");
    tokio::time::timeout(PROMISE, seen)
        .await
        .expect("shown within four seconds: two of work, two until the page looks");
    browser.follow("Show the list as it is now", "main").await;
    browser.until("tbody", "Roy, Zoé").await;
    browser.look("smart-group").await;
    browser.follow("Why?", "tbody").await;
    browser.until("main", "The search finds Zoé Roy").await;
    browser.look("smart-group-why").await;
    browser
        .visit(&format!("http://{}{}", world.address(), ada.at("groups")))
        .await;
    browser.follow("Donors", "tbody").await;
    browser.follow("Edit Search Criteria", "main").await;
    browser.fill("#c0-0-2", "200").await;
    browser.press("See who would come and go").await;
    browser.until("main", "would go").await;
    browser.look("smart-group-preview").await;
    browser.press("Save this search").await;
    browser.undo("Search of Donors changed").await;
    browser.until("main", "1 contact, checked").await;
    browser.follow("Settings", ".page-head").await;
    browser.follow("Delete Group", "main").await;
    browser.press("Delete Group").await;
    browser.undo("Group Donors deleted").await;
    browser.until("main", "1 contact, checked").await;
}

fn urlencode(text: &str) -> String {
    let pair = serde_urlencoded::to_string([("", text)]).unwrap();
    pair.trim_start_matches('=').to_owned()
}
