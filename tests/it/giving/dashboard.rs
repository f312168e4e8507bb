//! The Dashboard tells how giving goes and what waits, and each number opens the gifts behind it.

use super::Shelter;
use chrono::{Datelike, Months, Utc};
use chrono_tz::America::Toronto;
use scraper::{Html, Selector};

/// Where the link with these words leads.
fn link(page: &str, words: &str) -> String {
    let links = Selector::parse("main a").unwrap();
    let html = Html::parse_document(page);
    let found = html
        .select(&links)
        .find(|link| link.text().collect::<String>().contains(words));
    let found = found.unwrap_or_else(|| panic!("no link says {words}: {page}"));
    found.value().attr("href").unwrap().to_owned()
}

#[tokio::test]
async fn the_dashboard_compares_with_last_year_and_leads_to_the_gifts() {
    let shelter = Shelter::open().await;
    let empty = shelter.ada.get("dashboard").await;
    assert!(empty.body.contains("No gifts yet"), "{}", empty.body);

    let today = Utc::now().with_timezone(&Toronto).date_naive();
    let a_year_ago = today.checked_sub_months(Months::new(12)).unwrap();
    let (anne, ben) = (shelter.person("Anne Lem").await, shelter.person("Ben Roy").await);
    for (who, amount, day) in [(anne, "100", today), (anne, "40", a_year_ago), (ben, "50", a_year_ago)] {
        let given = shelter
            .give(who, &[("amount", amount), ("received_on", &day.to_string())])
            .await;
        assert!(given.status.is_redirection(), "{}", given.body);
    }
    // A promise is no gift.
    let promised = [
        ("amount", "999"),
        ("status", "Pending"),
        ("received_on", &today.to_string()),
    ];
    assert!(shelter.give(ben, &promised).await.status.is_redirection());

    let page = shelter.ada.get("dashboard").await.body;
    let words = Html::parse_document(&page).root_element().text().collect::<String>();
    assert!(
        words.contains("50 %"),
        "one of the two donors of last year gave again: {words}"
    );
    assert!(words.contains(&format!("2 donors of {}", today.year() - 1)), "{words}");

    let this_month = shelter.ada.get(&link(&page, "$100.00")).await.body;
    assert!(
        this_month.contains("Lem, Anne") && !this_month.contains("Roy, Ben"),
        "{this_month}"
    );
    let last_year = shelter.ada.get(&link(&page, "$90.00")).await.body;
    assert!(last_year.contains("$40.00") && last_year.contains("$50.00") && !last_year.contains("$100.00"));
    let to_thank = shelter
        .ada
        .get(&link(&page, "1 gift is not thanked for yet"))
        .await
        .body;
    assert!(
        to_thank.contains("$100.00") && !to_thank.contains("$999.00"),
        "{to_thank}"
    );
}
