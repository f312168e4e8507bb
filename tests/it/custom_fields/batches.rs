//! Custom fields of contributions in batch data entry: a batch makes no gift that the form would refuse.

use super::{Office, definition, person};
use crate::support::browser::Browser;
use diesel::prelude::*;
use dms::crm::custom_fields::actions::{self, Definition};
use dms::crm::custom_fields::{CustomValue, CustomValues, Kind, Record};
use dms::db::schema::contributions;

#[tokio::test]
async fn a_batch_asks_for_required_fields_and_folds_the_others_away() {
    let office = Office::open().await;
    let appeal = office
        .write(|tx| {
            let required = Definition {
                is_required: true,
                ..definition("Appeal", &["Spring", "Fall"])
            };
            Ok(actions::add(tx, Record::Contribution, Kind::OneChoice, &required)?)
        })
        .await;
    let matched = office
        .field(
            Record::Contribution,
            Kind::SeveralChoices,
            "Matched by",
            &["Bakery", "Mill"],
        )
        .await;
    let anne = office.add(person("Anne", "Lem")).await.to_string();
    let begun = [
        ("name", "Pile"),
        ("control_count", "1"),
        ("control_total", "100"),
        ("currency", "CAD"),
    ];
    let batch = office.ada.post("batches/new", &begun).await.location();
    let page = office.ada.get(&batch).await;
    let field = format!("rows.1.custom.{appeal}");
    assert!(
        page.html()
            .select(&css(&format!(".grid__fields > * [name='{field}']")))
            .next()
            .is_some()
    );
    assert_eq!(page.texts("main details summary"), ["More about gift 1"]);
    assert!(
        page.attribute("details.more", "open").is_none(),
        "nothing stands there yet"
    );

    let gift = [
        ("rows.1.contact", anne.as_str()),
        ("rows.1.amount", "100"),
        ("then", "post"),
    ];
    let refused = office.send(&batch, &gift).await;
    assert_eq!(refused.status, 422);
    assert!(refused.has("Choose one."), "{}", refused.body);
    let none: i64 = office
        .write(|tx| Ok(contributions::table.count().get_result(&mut **tx)?))
        .await;
    assert_eq!(none, 0, "nothing is posted before it is filled in");

    let tick = format!("rows.1.custom.{matched}.2");
    let own = [(field.as_str(), "1"), (tick.as_str(), "true")];
    let draft = [&gift[..2], &own, &[("then", "save")]].concat();
    office.send(&batch, &draft).await;
    let page = office.ada.get(&batch).await;
    assert_eq!(
        page.attribute(&format!("[name='{field}'] [selected]"), "value")
            .as_deref(),
        Some("1")
    );
    assert!(
        page.attribute(&format!("[name='{tick}'][checked]"), "id").is_some(),
        "a draft keeps it"
    );
    assert!(
        page.attribute("details.more", "open").is_some(),
        "what is filled in is seen"
    );

    let posted = office.send(&batch, &[("then", "post")]).await;
    assert_eq!(posted.location(), batch, "{}", posted.body);
    let custom: CustomValues = office
        .write(|tx| Ok(contributions::table.select(contributions::custom).first(&mut **tx)?))
        .await;
    let chosen = |id: i64| Some(CustomValue::Chosen([id].into()));
    assert_eq!(custom.get(appeal).cloned(), chosen(1));
    assert_eq!(custom.get(matched).cloned(), chosen(2));
}

#[actix_web::test]
async fn the_grid_with_own_fields_is_calm_and_open_to_everybody() {
    let Some(browser) = Browser::open().await else { return };
    let office = Office::open().await;
    office
        .write(|tx| {
            let required = Definition {
                is_required: true,
                ..definition("Appeal", &["Spring", "Fall"])
            };
            Ok(actions::add(tx, Record::Contribution, Kind::OneChoice, &required)?)
        })
        .await;
    office
        .field(Record::Contribution, Kind::Text, "Matching Employer", &[])
        .await;
    office
        .field(
            Record::Contribution,
            Kind::SeveralChoices,
            "Thank by",
            &["Letter", "Call"],
        )
        .await;
    let origin = format!("http://{}", office.world.address());
    browser.sign_in(&origin, "ada@riverside.test").await;
    let begun = [
        ("name", "Pile"),
        ("control_count", "3"),
        ("control_total", "100"),
        ("currency", "CAD"),
    ];
    let batch = office.ada.post("batches/new", &begun).await.location();
    browser.visit(&format!("{origin}{batch}")).await;
    browser.click("details.more summary").await;
    browser.until("details.more", "Matching Employer").await;
    browser.look("fields-8-batch").await;
}

fn css(css: &str) -> scraper::Selector {
    scraper::Selector::parse(css).unwrap()
}
