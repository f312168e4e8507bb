//! The form of the Advanced Search, and the list it leads to.

use crate::support::browser::Browser;
use crate::support::browserless::{Answer, Browserless};
use crate::support::world::World;
use dms::base::{Actor, ContactId, EmailAddress};
use dms::crm::contacts::{self, Address, ContactDraft, ContactError, EmailDraft};

/// A food bank with three donors.
pub(super) async fn food_bank() -> (World, Browserless, Vec<ContactId>) {
    let world = World::start().await;
    let ada = world.sign_up("Riverside", "Ada Lem", "ada@riverside.test").await;
    let drafts = vec![
        person("Anne", "Lem", "Toronto", "en"),
        person("Zoé", "Roy", "Montréal", "fr_CA"),
        person("Bob", "Stone", "Montreal", "en"),
    ];
    let added: Result<Vec<ContactId>, ContactError> = world
        .db()
        .write(ada.organization_id(), Actor::System, move |tx| {
            contacts::actions::add_many(tx, &drafts)
        })
        .await;
    (world, ada, added.unwrap())
}

pub(super) fn person(first: &str, last: &str, city: &str, language: &str) -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.first_name = first.into();
    draft.details.last_name = last.into();
    draft.details.preferred_language = language.into();
    draft.addresses.push(Address {
        location_type: "Home".into(),
        city: city.into(),
        ..Address::default()
    });
    let address = format!("{}@example.ca", last.to_lowercase());
    draft
        .emails
        .push(EmailDraft::new(EmailAddress::parse(&address).unwrap()));
    draft.settle_primaries();
    draft
}

fn names(page: &Answer) -> Vec<String> {
    page.texts("tbody .table__name")
}

async fn search(by: &Browserless, fields: &[(&str, &str)]) -> Answer {
    let query = serde_urlencoded::to_string(fields).unwrap();
    by.get(&format!("search/advanced?{query}")).await
}

const MONTREAL: [(&str, &str); 6] = [
    ("do", "search"),
    ("block", "all"),
    ("was", "city"),
    ("about", "city"),
    ("op", "is"),
    ("value", "montreal"),
];

#[tokio::test]
async fn a_search_leads_to_the_list_and_stands_there_as_a_sentence() {
    let (_world, ada, _) = food_bank().await;
    let found = search(&ada, &MONTREAL).await;
    let list = ada.follow(found).await;
    assert_eq!(names(&list), ["Roy, Zoé", "Stone, Bob"]);
    assert!(list.has("Contacts for whom City is montreal"), "{}", list.text("main"));
    assert!(list.has("All 2 Records"));

    let french = [
        &MONTREAL[..],
        &[
            ("was", "language"),
            ("about", "language"),
            ("op", "is"),
            ("value", "fr"),
        ],
    ]
    .concat();
    let list = ada.follow(search(&ada, &french).await).await;
    assert_eq!(names(&list), ["Roy, Zoé"]);
    assert!(list.has("City is montreal and Language is French"));

    let nobody = [&MONTREAL[..5], &[("value", "Moncton")]].concat();
    assert!(
        ada.follow(search(&ada, &nobody).await)
            .await
            .has("Nobody fits this search")
    );

    // Sorting and paging carry it on, and the form can be opened with it again.
    let sorted = ada
        .get(&list.attribute("thead th:nth-of-type(2) a", "href").unwrap())
        .await;
    assert_eq!(names(&sorted), ["Roy, Zoé"]);
    let form = ada
        .get(&list.attribute("a[href*='search/advanced?criteria']", "href").unwrap())
        .await;
    assert_eq!(form.texts(".criterion").len(), 2);
    assert_eq!(form.attribute("[name=value][type=text]", "value").unwrap(), "montreal");
}

#[tokio::test]
async fn an_action_for_all_records_is_for_those_of_the_search_only() {
    let (_world, ada, _) = food_bank().await;
    let list = ada.follow(search(&ada, &MONTREAL).await).await;
    let criteria = list.attribute("[data-selection] [name=criteria]", "value").unwrap();
    let all = [("scope", "all"), ("criteria", criteria.as_str())];
    let made = [&all[..], &[("into", "new"), ("title", "Montrealers")]].concat();
    let group = ada.follow(ada.post("groups/additions", &made).await).await;
    assert_eq!(names(&group), ["Roy, Zoé", "Stone, Bob"]);
    let file = ada.post("contacts/export", &all).await;
    assert_eq!(file.body.lines().count(), 3, "{}", file.body);

    // What cannot be read is for nobody, never for everybody.
    let broken = [("scope", "all"), ("criteria", "{\"blocks\":[{}]}")];
    let refused = ada.post("groups/choose", &broken).await;
    assert_eq!(refused.location(), ada.at("contacts"));
    assert!(ada.follow(refused).await.has("Nobody was chosen"));
    let list = ada.get("contacts?criteria=nonsense").await;
    assert!(list.has("can no longer be read") && names(&list).is_empty());
}

#[tokio::test]
async fn the_form_works_by_its_buttons_alone_and_says_what_is_missing() {
    let (_world, ada, _) = food_bank().await;
    let blank = ada.get("search/advanced").await;
    assert_eq!(blank.texts(".criterion").len(), 1);
    assert!(blank.texts("[name=about] option").contains(&"Postal Code".to_owned()));

    let nothing = search(&ada, &[("do", "search"), ("block", "all"), ("was", ""), ("about", "")]).await;
    assert_eq!(nothing.status, 422);
    assert!(nothing.has("Choose at least one thing to ask about."));

    let chosen = [("block", "all"), ("was", ""), ("about", "created")];
    let shown = search(&ada, &[&[("do", "update")][..], &chosen].concat()).await;
    assert_eq!(shown.texts("[name=op] option")[0], "is in the last");
    assert!(shown.texts(".field__error").is_empty());

    let missing = [
        ("do", "search"),
        ("block", "all"),
        ("was", "created"),
        ("about", "created"),
        ("op", "last"),
        ("value", ""),
    ];
    let missing = search(&ada, &missing).await;
    assert_eq!(missing.status, 422);
    assert!(missing.has("Write how many, as a number from 1 up."));

    let added = search(&ada, &[&[("do", "add-0")][..], &chosen].concat()).await;
    assert_eq!(added.texts(".criterion").len(), 2);
    let set = search(&ada, &[&[("do", "block")][..], &chosen].concat()).await;
    assert_eq!(set.texts(".criteria").len(), 2);
    let removed = search(&ada, &[&[("do", "remove-0-0")][..], &chosen].concat()).await;
    assert_eq!(removed.attribute("[name=was]", "value").unwrap(), "");
}

#[actix_web::test]
async fn a_search_is_put_together_by_clicking() {
    let Some(browser) = Browser::open().await else { return };
    let (world, _ada, _) = food_bank().await;
    let origin = format!("http://{}", world.address());
    browser.sign_in(&origin, "ada@riverside.test").await;
    browser.go("Contacts").await;
    browser.follow("Advanced Search", ".page-head").await;
    browser.until("h1", "Advanced Search").await;
    browser.click("#c0-0-about option[value=city]").await;
    browser
        .wait_for("the fields of a city", async |client| {
            client.find(fantoccini::Locator::Css("#c0-0-2")).await.ok()
        })
        .await;
    browser.fill("#c0-0-2", "montreal").await;
    browser.press("Add a condition").await;
    browser
        .wait_for("another condition", async |client| {
            client.find(fantoccini::Locator::Css("#c0-1-about")).await.ok()
        })
        .await;
    browser.click("#c0-1-about option[value=language]").await;
    browser.click(".criterion__checks input[value=fr]").await;
    assert_eq!(browser.value("#c0-0-2").await, "montreal", "what was typed stays");
    assert_eq!(format!("{:?}", browser.axe().await), "[]");
    browser.viewport(1280, 900).await;
    browser.screenshot("search-form-1280").await;
    browser.viewport(390, 844).await;
    browser.screenshot("search-form-390").await;
    browser.click("button[value=search]").await;
    browser
        .until("main", "Contacts for whom City is montreal and Language is French")
        .await;
    browser.until("tbody", "Roy, Zoé").await;
    browser.screenshot("search-found-390").await;
    browser.viewport(1280, 900).await;
    browser.screenshot("search-found-1280").await;
    assert_eq!(format!("{:?}", browser.axe().await), "[]");
}

#[tokio::test]
async fn a_list_becomes_a_smart_group_of_just_those_whom_it_shows() {
    let (world, ada, who) = food_bank().await;
    let shop: Result<ContactId, ContactError> = world
        .db()
        .write(ada.organization_id(), Actor::System, |tx| {
            let mut shop = person("", "Mill", "Montréal", "en");
            shop.details.contact_type = contacts::ContactType::Organization;
            shop.details.last_name.clear();
            shop.details.organization_name = "Alma Mill".into();
            contacts::actions::add(tx, &shop)
        })
        .await;
    shop.unwrap();
    ada.post("tags/new", &[("name", "Volunteers"), ("colour", "grey")])
        .await;
    let tag = ada
        .get("contacts")
        .await
        .attribute("#tagged option:nth-child(2)", "value")
        .unwrap();
    let bob = who[2].to_string();
    let tagged = [("scope", "selected"), ("id", bob.as_str()), ("tag", tag.as_str())];
    assert_eq!(ada.post("tags/additions", &tagged).await.status, 303);

    let found = ada.follow(search(&ada, &MONTREAL).await).await;
    assert_eq!(names(&found).len(), 3);
    let criteria = found.attribute("form.filters [name=criteria]", "value").unwrap();
    let list = async |asked: &[(&str, &str)]| {
        let query = serde_urlencoded::to_string(asked).unwrap();
        ada.get(&format!("contacts?{query}")).await
    };
    let save = |page: &Answer| page.attribute("a[href*='groups/new']", "href");
    // The form of the group lists whom it would have.
    for asked in [
        vec![("criteria", criteria.as_str()), ("type", "individual")],
        vec![("criteria", &criteria), ("type", "individual"), ("tagged", &tag)],
        vec![("tagged", &tag)],
        vec![("type", "organization")],
    ] {
        let shown = list(&asked).await;
        let form = ada.get(&save(&shown).unwrap()).await;
        let fits = form.attribute(".page-head a[href*='/contacts?']", "href").unwrap();
        assert_eq!(names(&ada.get(&fits).await), names(&shown), "{asked:?}");
        assert!(!names(&shown).is_empty(), "{asked:?}");
    }
    assert_eq!(save(&list(&[]).await), None, "everybody is no search");
    let words = list(&[("q", "stone"), ("tagged", &tag)]).await;
    assert!(words.has("(without “stone”: a Smart Group cannot keep the words of the search box)"));
    let words = list(&[("q", "s")]).await;
    assert_eq!(save(&words), None);
    assert!(
        words.has("The words of the search box cannot become a Smart Group"),
        "{}",
        words.text("main")
    );
}
