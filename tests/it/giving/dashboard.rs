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
    assert!(empty.has("Your contacts come first"), "{}", empty.body);
    assert_eq!(
        empty.attribute("main .empty a", "href").unwrap(),
        shelter.ada.at("imports/new")
    );

    let today = Utc::now().with_timezone(&Toronto).date_naive();
    let a_year_ago = today.checked_sub_months(Months::new(12)).unwrap();
    let (anne, ben) = (shelter.person("Anne Lem").await, shelter.person("Ben Roy").await);
    assert!(shelter.ada.get("dashboard").await.has("No gifts yet"));
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
    let dashboard = shelter.ada.get("dashboard").await;
    assert_eq!(
        dashboard.texts("[aria-labelledby=latest] td.number"),
        ["$100.00", "$50.00", "$40.00"],
        "a promise is not among the latest gifts"
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

#[tokio::test]
async fn the_dashboard_names_what_waits_for_me_for_others_and_by_when() {
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await.to_string();
    shelter.person("Anne Lem").await;
    let me = shelter
        .ada
        .get("activities/new")
        .await
        .attribute("#assigned_to option:nth-of-type(2)", "value")
        .unwrap();
    let call = shelter
        .ada
        .get("activities/new")
        .await
        .attribute("#type option:nth-of-type(2)", "value")
        .unwrap();
    let today = Utc::now().with_timezone(&Toronto).date_naive();
    let day = |days: i64| (today + chrono::TimeDelta::days(days)).to_string();
    for (subject, assigned_to, due_on) in [
        ("Late and mine", me.as_str(), day(-2)),
        ("Mine today", me.as_str(), day(0)),
        ("Mine to come", me.as_str(), day(3)),
        ("Mine in a month", me.as_str(), day(30)),
        ("Late and nobody's", "", day(-2)),
    ] {
        let at = format!("{today}T10:00");
        let fields = [
            ("type", call.as_str()),
            ("subject", subject),
            ("contact", anne.as_str()),
            ("activity_at", &at),
            ("status", "Scheduled"),
            ("priority", "Normal"),
            ("assigned_to", assigned_to),
            ("due_on", &due_on),
        ];
        let added = shelter.ada.post("activities/new", &fields).await;
        assert!(added.status.is_redirection(), "{}", added.body);
    }
    for (name, deadline) in [("Missed", day(-1)), ("Near", day(5)), ("Far", day(40))] {
        let fields = [
            ("name", name),
            ("contact", anne.as_str()),
            ("status", "Discovery"),
            ("probability", "Medium"),
            ("currency", "CAD"),
            ("application_deadline", &deadline),
        ];
        let added = shelter.ada.post("opportunities/new", &fields).await;
        assert!(added.status.is_redirection(), "{}", added.body);
    }

    let page = shelter.ada.get("dashboard").await.body;
    let opens = async |words: &str| shelter.ada.get(&link(&page, words)).await;
    let late = opens("1 activity of yours is overdue").await;
    assert!(
        late.has("Late and mine") && !late.has("to come") && !late.has("nobody's"),
        "{}",
        late.body
    );
    let others = opens("1 activity of somebody else is overdue").await;
    assert!(
        others.has("Late and nobody's") && !others.has("Late and mine"),
        "{}",
        others.body
    );
    let titles = async |words: &str| opens(words).await.texts("tbody th");
    assert_eq!(titles("1 activity of yours is due today").await, ["Email: Mine today"]);
    assert_eq!(
        titles("1 activity of yours is due within a week").await,
        ["Email: Mine to come"]
    );
    assert_eq!(titles("1 opportunity date has passed").await, ["Missed"]);
    assert_eq!(titles("1 opportunity date is coming up").await, ["Near"]);
    let all = shelter.ada.get("opportunities/deadlines").await;
    assert_eq!(all.texts("tbody th"), ["Missed", "Near", "Far"]);
}
