//! What is asked about single records: contributions, soft credits, related contacts; and smart groups that are current when
//! such a record changes, or what it names.

use super::asking::food_bank;
use super::records::{of_records, one, option, sent};
use super::smart_groups::{make, until};
use crate::support::browser::Browser;
use crate::support::browserless::Browserless;

/// The fields of a gift.
fn gift(contact: &str, fund: &str, more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let fields = [
        ("contact", contact),
        ("amount", "100"),
        ("currency", "CAD"),
        ("received_on", "2026-03-01"),
        ("payment_method", "Cheque"),
        ("status", "Completed"),
        ("fund", fund),
    ];
    let kept = fields
        .iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    kept.chain(more)
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

async fn give(by: &Browserless, path: &str, fields: &[(&'static str, String)]) -> String {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sent(by, path, &fields).await
}

#[tokio::test]
async fn a_smart_group_follows_what_becomes_of_a_contribution() {
    let (_world, ada, who) = food_bank().await;
    let fund = option(&ada, "contributions/new", "#fund", "General Fund").await;
    let (anne, zoe) = (who[0].to_string(), who[1].to_string());
    let waiting: [(&str, &str, &[&str]); 2] = [("status", "is", &["Pending", "Failed"]), ("thanked", "no", &[])];
    let waiting = make(&ada, "Waiting", &of_records("contributions", "has", &waiting)).await;
    let cheque: [(&str, &str, &[&str]); 2] = [
        ("cheque_number", "is", &["0613"]),
        ("amount", "between", &["50", "100", "CAD"]),
    ];
    let cheque = make(&ada, "That cheque", &of_records("contributions", "has", &cheque)).await;
    let never = make(
        &ada,
        "Never gave a cheque",
        &of_records("contributions", "has_not", &[("payment_method", "is", &["Cheque"])]),
    )
    .await;
    until(&ada, &never, &["Lem, Anne", "Roy, Zoé", "Stone, Bob"]).await;
    let page = ada.get(&cheque).await;
    assert!(
        page.has("Contributions (of any status) include one whose Cheque Number is 0613 and whose Amount is between $50.00 and $100.00"),
        "{}",
        page.body
    );

    let pending = gift(&anne, &fund, &[("status", "Pending"), ("cheque_number", "0613")]);
    let page = give(&ada, "contributions/new", &pending).await;
    until(&ada, &waiting, &["Lem, Anne"]).await;
    until(&ada, &cheque, &["Lem, Anne"]).await;
    until(&ada, &never, &["Roy, Zoé", "Stone, Bob"]).await;
    let why = ada.get(&format!("{cheque}/why/{anne}")).await;
    assert!(
        why.has("$100.00, Pending, on Mar 1, 2026, General Fund"),
        "{}",
        why.body
    );

    let more = gift(&anne, &fund, &[("amount", "100.01"), ("cheque_number", "0613")]);
    give(&ada, &format!("{page}/edit"), &more).await;
    until(&ada, &waiting, &[]).await;
    until(&ada, &cheque, &[]).await;
    let hers = gift(&zoe, &fund, &[("amount", "50"), ("cheque_number", "0613")]);
    give(&ada, &format!("{page}/edit"), &hers).await;
    until(&ada, &cheque, &["Roy, Zoé"]).await;
    sent(&ada, &format!("{page}/delete"), &[]).await;
    until(&ada, &cheque, &[]).await;
    until(&ada, &never, &["Lem, Anne", "Roy, Zoé", "Stone, Bob"]).await;
}

#[tokio::test]
async fn whoever_is_credited_with_a_gift_is_found_as_long_as_the_gift_stands() {
    let (_world, ada, who) = food_bank().await;
    let fund = option(&ada, "contributions/new", "#fund", "General Fund").await;
    let (anne, bob) = (who[0].to_string(), who[2].to_string());
    let enough = make(
        &ada,
        "Brought in",
        &one("soft_credit_total", "at_least", &["40", "CAD", "ever", "any"]),
    )
    .await;
    let refunded = make(
        &ada,
        "Refunded",
        &of_records("soft_credits", "has", &[("status", "is", &["Refunded"])]),
    )
    .await;
    let page = give(&ada, "contributions/new", &gift(&anne, &fund, &[])).await;
    let credit = [
        ("contact", bob.as_str()),
        ("amount", "40"),
        ("credit_type", "Solicited"),
    ];
    sent(&ada, &format!("{page}/soft-credits"), &credit).await;
    until(&ada, &enough, &["Stone, Bob"]).await;
    give(
        &ada,
        &format!("{page}/edit"),
        &gift(&anne, &fund, &[("status", "Refunded")]),
    )
    .await;
    until(&ada, &enough, &[]).await;
    until(&ada, &refunded, &["Stone, Bob"]).await;
    sent(&ada, &format!("{page}/delete"), &[]).await;
    until(&ada, &refunded, &[]).await;
}

#[tokio::test]
async fn a_smart_group_follows_with_whom_somebody_is_related_and_whether_that_is_over() {
    let (_world, ada, who) = food_bank().await;
    let (anne, zoe) = (who[0], who[1].to_string());
    let new = format!("contacts/{anne}/relationships/new");
    let kind = option(&ada, &new, "#kind", "Parent of").await;
    let described = [
        ("kind", kind.as_str()),
        ("contact", &zoe),
        ("description", "Adopted in 1998"),
    ];
    sent(&ada, &new, &described).await;
    let tied = |name: &str, former: &str| {
        let details: [(&str, &str, &[&str]); 3] = [
            ("name", "contains", &[name]),
            ("former", former, &[]),
            ("description", "contains", &["adopted"]),
        ];
        of_records("related", "has", &details)
    };
    let roys = make(&ada, "Tied to a Roy", &tied("roy", "no")).await;
    let tremblays = make(&ada, "Tied to a Tremblay", &tied("tremblay", "no")).await;
    let former = make(&ada, "Were tied to a Tremblay", &tied("tremblay", "yes")).await;
    until(&ada, &roys, &["Lem, Anne"]).await;

    // The other is called otherwise.
    let marries = [
        ("contact_type", "individual"),
        ("first_name", "Zoé"),
        ("last_name", "Tremblay"),
    ];
    sent(&ada, &format!("contacts/{zoe}/edit"), &marries).await;
    until(&ada, &tremblays, &["Lem, Anne"]).await;
    until(&ada, &roys, &[]).await;

    let tab = ada.get(&format!("contacts/{anne}/relationships")).await;
    let edit = tab
        .attribute("a[href*='/relationships/'][href$='/edit']", "href")
        .unwrap();
    let over = [("end_date", "2020-05-01"), ("description", "Adopted in 1998")];
    sent(&ada, &edit, &over).await;
    until(&ada, &former, &["Lem, Anne"]).await;
    until(&ada, &tremblays, &[]).await;
}

#[tokio::test]
async fn amounts_are_compared_in_every_way_and_the_last_gift_to_a_fund_is_asked_for() {
    let (_world, ada, who) = food_bank().await;
    let general = option(&ada, "contributions/new", "#fund", "General Fund").await;
    let roof = sent(&ada, "funds/new", &[("name", "Roof"), ("is_enabled", "true")]).await;
    let roof = match roof.rsplit('/').next().unwrap().parse::<i64>() {
        Ok(id) => id.to_string(),
        Err(_) => option(&ada, "contributions/new", "#fund", "Roof").await,
    };
    let (anne, zoe) = (who[0].to_string(), who[1].to_string());
    for (contact, fund, amount, on) in [
        (&anne, &general, "100", "2026-03-01"),
        (&anne, &roof, "400", "2024-03-01"),
        (&zoe, &roof, "500.01", "2026-02-01"),
    ] {
        let fields = gift(contact, fund, &[("amount", amount), ("received_on", on)]);
        give(&ada, "contributions/new", &fields).await;
    }
    let found = async |about: &str, op: &str, values: &[&str]| {
        let query = serde_urlencoded::to_string([("criteria", one(about, op, values))]).unwrap();
        let list = ada.get(&format!("contacts?{query}")).await;
        (list.text("main"), list.texts("tbody .table__name"))
    };
    let (words, names) = found("giving_total", "between", &["100", "500", "CAD", "ever", "any"]).await;
    assert!(words.contains("Total Given is between $100.00 and $500.00"), "{words}");
    assert_eq!(names, ["Lem, Anne"]);
    let (_, names) = found("giving_total", "at_most", &["500", "CAD", "ever", "any"]).await;
    assert_eq!(names, ["Lem, Anne", "Stone, Bob"], "who gave nothing gave zero");
    let (_, names) = found("giving_count", "is", &["0", "ever", "any"]).await;
    assert_eq!(names, ["Stone, Bob"]);
    let (_, names) = found("giving_largest", "is_not", &["500.01", "CAD", "ever", "any"]).await;
    assert_eq!(names, ["Lem, Anne", "Stone, Bob"]);
    let to_roof = format!("fund:{roof}");
    let (words, names) = found("last_contribution", "until", &["2025-12-31", &to_roof]).await;
    assert!(
        words.contains("Last Contribution to the fund Roof is on or before Dec 31, 2025"),
        "{words}"
    );
    assert_eq!(names, ["Lem, Anne"]);
    let (_, names) = found("last_contribution", "empty", &[&to_roof]).await;
    assert_eq!(names, ["Stone, Bob"]);
}

#[tokio::test]
async fn who_was_in_a_group_is_found_and_so_is_a_dms_number() {
    let (_world, ada, who) = food_bank().await;
    let made = sent(&ada, "groups/new", &[("title", "Board")]).await;
    let board = made.rsplit('/').next().unwrap();
    let past = make(&ada, "Once on the board", &one("past_groups", "any", &[board])).await;
    sent(&ada, &format!("contacts/{}/groups", who[0]), &[("group", board)]).await;
    until(&ada, &past, &[]).await;
    sent(&ada, &format!("contacts/{}/groups/{board}/removal", who[0]), &[]).await;
    until(&ada, &past, &["Lem, Anne"]).await;
    let number = make(&ada, "That one", &one("dms_number", "is", &[&who[2].to_string()])).await;
    until(&ada, &number, &["Stone, Bob"]).await;
}

#[actix_web::test]
async fn details_of_a_contribution_are_asked_for_by_clicking() {
    let Some(browser) = Browser::open().await else { return };
    let (world, ada, _) = food_bank().await;
    let origin = format!("http://{}", world.address());
    browser.sign_in(&origin, "ada@riverside.test").await;
    browser.visit(&format!("{origin}{}", ada.at("search/advanced"))).await;
    browser.choose("c0-0-about", "Contributions (of any status)").await;
    browser.until("#c0-0-d0", "Payment Method").await;
    browser.choose("c0-0-d0", "Payment Method").await;
    browser.until("#c0-0", "E-transfer").await;
    browser.click("#c0-0 input[value=Cheque]").await;
    browser.choose("c0-0-d1", "Amount").await;
    browser.until("#c0-0-d1-1", "is at least").await;
    browser.fill("#c0-0-d1-2", "100").await;
    browser.choose("c0-0-d1-1", "is between").await;
    browser.until("#c0-0-d1-4", "CAD").await;
    assert_eq!(browser.value("#c0-0-d1-2").await, "100", "what was typed stays");
    browser.fill("#c0-0-d1-3", "500").await;
    browser.choose("c0-0-d2", "Thanks").await;
    browser.until("#c0-0-d2-1", "is Yes").await;
    browser.choose("c0-0-d3", "Note").await;
    browser.until("#c0-0-d3-1", "contains").await;
    browser.look("search-contributions").await;
    // A detail that is not wanted any more.
    browser.choose("c0-0-d3", "Remove this detail").await;
    browser.until("#c0-0-d3", "Add a detail").await;
    browser.press("Search").await;
    browser
        .until(
            "main",
            "Contributions (of any status) include one whose Payment Method is Cheque and whose Amount is between $100.00 and \
             $500.00 and whose Thanks is Yes",
        )
        .await;
}
