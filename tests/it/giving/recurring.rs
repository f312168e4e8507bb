//! Recurring contributions are put right, and what has not come is told.

use super::Shelter;
use chrono::{Days, Utc};
use chrono_tz::America::Toronto;
use dms::base::ContactId;

impl Shelter {
    /// Begins a series; returns its id.
    async fn series(&self, contact: ContactId, fields: &[(&str, &str)]) -> String {
        let fund = self.general_fund().await.to_string();
        let usual = [
            ("amount", "25"),
            ("currency", "CAD"),
            ("frequency", "Monthly"),
            ("fund", fund.as_str()),
        ];
        let mut typed: Vec<(&str, &str)> = usual.into();
        typed.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
        typed.extend(fields);
        let begun = self.ada.post(&format!("contacts/{contact}/recurring"), &typed).await;
        let tab = self.ada.follow(begun).await;
        let link = tab.attribute("[aria-labelledby=recurring] tbody th a", "href").unwrap();
        link.rsplit('=').next().unwrap().to_owned()
    }

    async fn next(&self, contact: ContactId) -> String {
        let tab = self.ada.get(&format!("contacts/{contact}/contributions")).await;
        tab.text("[aria-labelledby=recurring] [data-label='Next Date']")
    }
}

#[tokio::test]
async fn a_mistyped_series_is_put_right_or_deleted_and_both_can_be_undone() {
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await;
    let id = shelter.series(anne, &[("start_date", "2026-01-31")]).await;
    let own = format!("contacts/{anne}/recurring/{id}");
    let tab = format!("contacts/{anne}/contributions");
    let gift = [
        ("amount", "25"),
        ("received_on", "2026-02-28"),
        ("recurring", id.as_str()),
    ];
    assert_eq!(shelter.give(anne, &gift).await.status, 303);
    assert_eq!(shelter.next(anne).await, "Mar 31, 2026 Overdue");

    let form = shelter.ada.get(&format!("{own}/edit")).await;
    let typed = |changed: &[(&str, &str)]| form.filled(changed);
    let send = async |fields: Vec<(String, String)>| {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        shelter.ada.post(&format!("{own}/edit"), &fields).await
    };
    let wrong = send(typed(&[("amount", "0"), ("end_date", "2025-01-01")])).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.has("A contribution is more than nothing.") && wrong.has("It ends before it starts."));
    let changed = send(typed(&[("amount", "30"), ("start_date", "2026-01-15")])).await;
    let page = shelter.ada.follow(changed).await;
    assert!(page.has("The recurring contribution was changed.") && page.has("$30.00"));
    assert_eq!(
        shelter.next(anne).await,
        "Mar 15, 2026 Overdue",
        "the first time after the last gift"
    );
    let stale = send(typed(&[("amount", "40")])).await;
    assert!(stale.has("Somebody changed this recurring contribution while you were editing"));

    let undo = page.attribute(".message a[href*=undo]", "href").unwrap();
    shelter.ada.post(&undo, &[]).await;
    assert_eq!(shelter.next(anne).await, "Mar 31, 2026 Overdue");
    let refused = shelter.ada.post(&format!("{own}/delete"), &[]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.has("1 contribution belongs to this recurring contribution. End it instead"));

    let mistake = shelter
        .series(anne, &[("start_date", "2025-01-01"), ("amount", "1")])
        .await;
    let deleted = shelter
        .ada
        .post(&format!("contacts/{anne}/recurring/{mistake}/delete"), &[])
        .await;
    let page = shelter.ada.follow(deleted).await;
    assert!(page.has("The recurring contribution was deleted.") && !page.has("$1.00"));
    let undo = page.attribute(".message a[href*=undo]", "href").unwrap();
    shelter.ada.post(&undo, &[]).await;
    assert!(shelter.ada.get(&tab).await.has("$1.00"));
    let log = shelter.world.change_log(&shelter.ada).await;
    assert!(
        log.iter().any(|line| line.contains(
            "Recurring contribution changed (Recurring: $25.00 monthly from 2026-01-31 → $30.00 monthly from 2026-01-15)"
        )),
        "{log:?}"
    );
}

#[tokio::test]
async fn a_series_that_has_not_come_is_told_on_the_dashboard_until_its_gift_is_here() {
    let shelter = Shelter::open().await;
    let (anne, bob) = (shelter.person("Anne Lem").await, shelter.person("Bob Roy").await);
    assert!(shelter.ada.get("recurring").await.has("No recurring contributions yet"));
    let today = Utc::now().with_timezone(&Toronto).date_naive();
    let day = |before: u64| (today - Days::new(before)).to_string();
    let late = shelter
        .series(anne, &[("start_date", &day(3)), ("frequency", "Yearly")])
        .await;
    shelter.series(bob, &[("start_date", &day(0))]).await;

    let page = shelter.ada.get("dashboard").await;
    assert!(page.has("1 recurring contribution is overdue"));
    let list = shelter.ada.get("recurring?state=overdue").await;
    assert_eq!(list.texts("tbody th"), ["Lem, Anne"]);
    assert_eq!(
        shelter.ada.get("recurring").await.texts("tbody th"),
        ["Lem, Anne", "Roy, Bob"]
    );
    assert!(shelter.next(anne).await.ends_with("Overdue"));
    assert!(!shelter.next(bob).await.ends_with("Overdue"));

    // The form offers the series of whoever is chosen.
    let form = shelter.ada.get(&format!("contributions/new?contact={anne}")).await;
    assert_eq!(form.attribute("#recurring option:last-child", "value").unwrap(), late);
    // One of a year ago is not the one that is expected.
    let old = shelter
        .give(anne, &[("amount", "25"), ("received_on", &day(400))])
        .await
        .location();
    let attached = shelter
        .ada
        .post(&format!("{old}/recurring"), &[("recurring", &late)])
        .await;
    assert!(shelter.ada.follow(attached).await.has("Recurring $25.00 yearly"));
    assert!(
        shelter
            .ada
            .get("dashboard")
            .await
            .has("1 recurring contribution is overdue")
    );
    let gift = shelter
        .give(anne, &[("amount", "25"), ("received_on", &day(1))])
        .await
        .location();
    let attached = shelter
        .ada
        .post(&format!("{gift}/recurring"), &[("recurring", &late)])
        .await;
    assert!(shelter.ada.follow(attached).await.has("Undo"));
    assert!(!shelter.ada.get("dashboard").await.has("is overdue"));
    assert!(shelter.ada.get("recurring?state=overdue").await.has("None of these"));
}
