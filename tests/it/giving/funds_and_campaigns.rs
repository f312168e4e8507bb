//! Funds and campaigns: what gifts are meant for, and what brought them.

use super::Shelter;
use dms::base::Role;

#[tokio::test]
async fn every_organization_begins_with_a_general_fund_and_always_has_one_default() {
    let shelter = Shelter::open().await;
    let ada = &shelter.ada;
    let row = ada.get("funds").await.texts("tbody tr:first-child > *");
    assert_eq!(row[0], "General Fund Default");
    assert_eq!(row[4..6], ["Nothing yet", "0"]);

    let dues = [
        ("name", "Member Dues"),
        ("gl_code", "4200"),
        ("is_enabled", "true"),
        ("is_default", "true"),
    ];
    assert_eq!(ada.post("funds/new", &dues).await.location(), ada.at("funds"));
    assert_eq!(
        ada.get("funds").await.texts("tbody th"),
        ["General Fund", "Member Dues Default"],
        "the new default takes the place of the former"
    );
    assert_eq!(
        ada.get("funds").await.texts("tbody tr:last-child > td")[1..3],
        ["No", "4200"]
    );
    let again = ada.post("funds/new", &[("name", "MEMBER DUES")]).await;
    assert_eq!(again.status, 422);
    assert!(again.has("Another fund has this name."));

    let (general, dues) = (
        shelter.ask(dms::crm::funds::store::list).await[0].id,
        shelter.general_fund().await,
    );
    let undone = ada
        .save(
            &format!("funds/{dues}/settings"),
            &[("name", "Dues"), ("is_enabled", "true")],
        )
        .await;
    assert_eq!(undone.status, 409, "without a default nothing could be typed in");
    assert_eq!(ada.post(&format!("funds/{dues}/delete"), &[]).await.status, 409);
    assert_eq!(
        ada.post(&format!("funds/{general}/delete"), &[]).await.location(),
        ada.at("funds")
    );
    assert_eq!(ada.get("funds").await.texts("tbody th"), ["Member Dues Default"]);
}

#[tokio::test]
async fn a_fund_that_gifts_went_to_stays_and_is_only_no_longer_offered() {
    let shelter = Shelter::open().await;
    let (ada, anne) = (&shelter.ada, shelter.person("Anne Lem").await);
    ada.post("funds/new", &[("name", "Roof"), ("is_enabled", "true")]).await;
    let roof = shelter.ask(dms::crm::funds::store::list).await[1].id.to_string();
    shelter.give(anne, &[("amount", "500"), ("fund", &roof)]).await;
    assert!(
        ada.get(&format!("funds/{roof}/delete"))
            .await
            .has("This fund cannot be deleted")
    );
    assert_eq!(ada.post(&format!("funds/{roof}/delete"), &[]).await.status, 409);
    assert!(ada.get(&format!("funds/{roof}")).await.has("$500.00"));
    ada.save(&format!("funds/{roof}/settings"), &[("name", "Roof")]).await;
    assert_eq!(
        ada.get("contributions/new").await.texts("#fund option"),
        ["General Fund"]
    );
}

#[tokio::test]
async fn a_campaign_has_a_goal_dates_and_a_place_among_others() {
    let shelter = Shelter::open().await;
    let (ada, anne) = (&shelter.ada, shelter.person("Anne Lem").await);
    assert!(ada.get("campaigns").await.has("No campaigns yet"));
    let capital = [
        ("name", "New Roof"),
        ("campaign_type", "Fundraising Campaign"),
        ("goal", "10,000"),
        ("goal_currency", "CAD"),
        ("start_date", "2026-01-05"),
        ("end_date", "2026-12-31"),
        ("is_enabled", "true"),
    ];
    let made = ada.post("campaigns/new", &capital).await.location();
    let roof = made.rsplit('/').next().unwrap().to_owned();
    let dinner = [
        ("name", "Roof Dinner"),
        ("campaign_type", "Event"),
        ("parent", &roof),
        ("is_enabled", "true"),
    ];
    let dinner = ada.post("campaigns/new", &dinner).await.location();
    let dinner = dinner.rsplit('/').next().unwrap().to_owned();
    shelter.give(anne, &[("amount", "2500"), ("campaign", &roof)]).await;
    shelter
        .give(anne, &[("amount", "90"), ("campaign", &roof), ("status", "Pending")])
        .await;
    let rows = ada.get("campaigns").await.texts("tbody tr");
    assert_eq!(
        rows[0],
        "New Roof Fundraising Campaign Jan 5, 2026 – Dec 31, 2026 $10,000.00 25 % reached $2,500.00 1 Settings"
    );
    assert_eq!(
        ada.get("funds").await.texts("tbody tr:first-child > *")[4..6],
        ["$2,500.00", "1"],
        "what is only promised is not raised"
    );
    let events = ada.get("campaigns?type=Event").await;
    assert_eq!(events.texts("tbody th"), ["Roof Dinner"]);
    assert!(ada.get("campaigns?state=disabled").await.has("No campaigns fit"));
    assert!(rows[1].starts_with("Roof Dinner Event New Roof"), "{}", rows[1]);

    ada.post("funds/new", &[("name", "Roof Fund"), ("is_enabled", "true")])
        .await;
    let fund = shelter.ask(dms::crm::funds::store::list).await[1].id.to_string();
    let with_fund = [capital.as_slice(), &[("fund", fund.as_str())]].concat();
    ada.save(&format!("campaigns/{roof}/settings"), &with_fund).await;
    shelter
        .give(anne, &[("amount", "40"), ("campaign", &roof), ("fund", &fund)])
        .await;
    let of_funds = ada.get(&format!("campaigns/{roof}")).await;
    assert_eq!(
        of_funds.texts("[aria-labelledby=by-fund] dt"),
        ["General Fund", "Roof Fund"]
    );
    assert_eq!(of_funds.texts("[aria-labelledby=by-fund] dd"), ["$2,500.00", "$40.00"]);
    assert_eq!(ada.post(&format!("funds/{fund}/delete"), &[]).await.status, 409);

    let circle = [capital.as_slice(), &[("parent", dinner.as_str())]].concat();
    let refused = ada.save(&format!("campaigns/{roof}/settings"), &circle).await;
    assert_eq!(refused.status, 422);
    assert!(refused.has("That campaign is a part of this one."));
    let backwards = [
        ("name", "Gala"),
        ("start_date", "2026-05-02"),
        ("end_date", "2026-05-01"),
    ];
    assert!(
        ada.post("campaigns/new", &backwards)
            .await
            .has("It ends before it starts.")
    );
    assert_eq!(ada.post(&format!("campaigns/{roof}/delete"), &[]).await.status, 409);
    assert_eq!(
        ada.post(&format!("campaigns/{dinner}/delete"), &[]).await.location(),
        ada.at("campaigns")
    );
}

#[tokio::test]
async fn a_gift_for_which_nobody_chose_a_fund_goes_to_that_of_its_campaign_while_it_is_enabled() {
    let shelter = Shelter::open().await;
    let (ada, anne) = (&shelter.ada, shelter.person("Anne Lem").await);
    let roof_fund = [("name", "Roof Fund"), ("is_enabled", "true")];
    ada.post("funds/new", &roof_fund).await;
    let fund = shelter.ask(dms::crm::funds::store::list).await[1].id.to_string();
    let roof = [("name", "New Roof"), ("fund", fund.as_str()), ("is_enabled", "true")];
    let roof = ada.post("campaigns/new", &roof).await.location();
    let roof = roof.rsplit('/').next().unwrap().to_owned();

    let form = ada.get(&format!("contributions/new?campaign={roof}")).await;
    assert_eq!(
        form.texts("#fund option[selected]"),
        ["The campaign’s fund, otherwise General Fund"]
    );
    let given = async |amount: &str, campaign: &str| {
        let gift = shelter
            .give(anne, &[("amount", amount), ("campaign", campaign), ("fund", "")])
            .await;
        ada.follow(gift).await
    };
    assert!(given("10", &roof).await.has("Roof Fund"));
    assert!(given("20", "").await.has("General Fund"));

    let batch = shelter.begin_batch("1", "30").await;
    let of_grid = ada.get(&batch).await;
    assert_eq!(
        of_grid.texts("[name='rows.1.fund'] option[selected]"),
        ["The campaign’s fund, otherwise General Fund"]
    );
    let contact = anne.to_string();
    let row = [
        ("rows.1.contact", contact.as_str()),
        ("rows.1.amount", "30"),
        ("rows.1.received_on", "2026-03-01"),
        ("rows.1.fund", ""),
        ("rows.1.campaign", &roof),
        ("then", "post"),
    ];
    assert_eq!(ada.save(&batch, &row).await.location(), batch);
    assert!(ada.get(&format!("funds/{fund}")).await.has("$40.00"));

    ada.save(&format!("funds/{fund}/settings"), &[("name", "Roof Fund")])
        .await;
    assert!(
        given("40", &roof).await.has("General Fund"),
        "a fund that is not enabled takes no new gifts by itself"
    );
    let form = ada.get(&format!("contributions/new?campaign={roof}")).await;
    assert_eq!(form.texts("#fund option[selected]"), ["General Fund"]);
}

#[tokio::test]
async fn funds_belong_to_administrators_and_a_reader_only_reads() {
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await;
    let gift = shelter.give(anne, &[("amount", "5")]).await.location();
    let rita = shelter
        .world
        .invite(&shelter.ada, Role::Reader, "rita@shelter.test")
        .await;
    let sam = shelter
        .world
        .invite(&shelter.ada, Role::Staff, "sam@shelter.test")
        .await;
    assert!(!sam.get("funds").await.has("Add Fund"));
    assert_eq!(sam.post("funds/new", &[("name", "Mine")]).await.status, 403);
    assert!(sam.get("contributions").await.has("Add Contribution"));
    let page = rita.get(&gift).await;
    assert!(page.has("$5.00") && !page.has("Edit") && !page.has("Delete") && !page.has("Mark as Thanked"));
    assert_eq!(rita.post(&format!("{gift}/delete"), &[]).await.status, 403);
}
