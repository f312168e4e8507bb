//! What is done to many contributions at once, and taken back.

use super::Shelter;
use crate::support::browserless::Answer;

impl Shelter {
    /// Does something to a selection, by the pages: first asked, then sent as the page has it.
    async fn in_bulk(&self, deed: &str, selection: &[(&str, &str)], value: &str) -> Answer {
        let asked = [selection, &[("deed", deed)]].concat();
        let page = self.ada.post("contributions/bulk/choose", &asked).await;
        let fields = page.filled(&[("value", value)]);
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.ada.post("contributions/bulk", &fields).await
    }

    async fn amounts(&self, query: &str) -> Vec<String> {
        let list = self.ada.get(&format!("contributions?{query}")).await;
        list.texts("tbody td.number")
    }
}

#[tokio::test]
async fn a_whole_mailing_is_marked_as_thanked_and_that_is_taken_back_where_nobody_changed_it_since() {
    let shelter = Shelter::open().await;
    let (anne, bob) = (shelter.person("Anne Lem").await, shelter.person("Bob Roy").await);
    for (who, amount, thanked) in [(anne, "10", ""), (anne, "20", "2026-03-05"), (bob, "30", "")] {
        let gift = [("amount", amount), ("source", "April mailing"), ("thanked_on", thanked)];
        assert_eq!(shelter.give(who, &gift).await.status, 303);
    }
    let other = shelter.give(bob, &[("amount", "40")]).await.location();
    let mailing = [("scope", "all"), ("reference", "april")];

    let asked = [mailing.as_slice(), &[("deed", "thank")]].concat();
    let page = shelter.ada.post("contributions/bulk/choose", &asked).await;
    assert!(page.has("Mark 3 contributions as thanked"));
    assert!(
        shelter
            .in_bulk("thank", &mailing, "")
            .await
            .has("Write the day of the thank-you.")
    );
    let done = shelter.in_bulk("thank", &mailing, "2026-04-02").await;
    let action = done.location();
    let page = shelter.ada.follow(done).await;
    assert_eq!(
        page.texts(".tally li strong"),
        ["changed", "so already, left as they are", "skipped"]
    );
    assert_eq!(page.texts(".tally__number"), ["2", "1", "0"]);
    let changed = page.attribute(".tally a", "href").unwrap();
    let list = shelter.ada.get(&changed).await;
    assert_eq!(list.texts("tbody td.number"), ["$30.00", "$10.00"]);
    assert!(list.has("Only what was changed by the bulk action Marked as thanked on Apr 2, 2026"));
    assert_eq!(shelter.amounts("thanked=no").await, ["$40.00"]);
    assert!(!shelter.ada.get(&other).await.has("Thanked on"));
    let log = shelter.world.change_log(&shelter.ada).await;
    assert_eq!(
        log.last().unwrap(),
        "Ada Quill: Contribution of $30.00 changed (Thanked On:  → 2026-04-02)"
    );

    // Somebody knows better about one of them meanwhile.
    let gift = list.attribute("tbody td a", "href").unwrap();
    let form = shelter.ada.get(&format!("{gift}/edit")).await;
    let fields = form.filled(&[("thanked_on", "2026-04-09")]);
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(shelter.ada.post(&format!("{gift}/edit"), &fields).await.status, 303);
    shelter.ada.post(&format!("{action}/undo"), &[]).await;
    let page = shelter.ada.get(&action).await;
    assert_eq!(page.texts(".tally__number"), ["1", "1"]);
    assert!(page.has("1: It was changed again since."));
    assert_eq!(shelter.amounts("thanked=no").await, ["$40.00", "$10.00"]);
    assert_eq!(
        shelter.ada.post(&format!("{action}/undo"), &[]).await.status,
        409,
        "nothing is taken back twice"
    );
    assert_eq!(
        shelter.ada.get("contributions/bulk").await.texts("tbody tr > *")[..4],
        ["Marked as thanked on Apr 2, 2026", "Undone", "3", "2"]
    );
}

#[tokio::test]
async fn fund_campaign_and_status_of_a_selection_change_and_totals_follow() {
    let shelter = Shelter::open().await;
    let (anne, bob) = (shelter.person("Anne Lem").await, shelter.person("Bob Roy").await);
    let mine = shelter.give(anne, &[("amount", "10")]).await.location();
    shelter.give(bob, &[("amount", "20")]).await;
    let promised = [("amount", "30"), ("status", "Pending"), ("received_on", "2999-01-01")];
    assert_eq!(shelter.give(bob, &promised).await.status, 303);
    shelter
        .ada
        .post("funds/new", &[("name", "Kitchen"), ("is_enabled", "true")])
        .await;
    let all = [("scope", "all")];
    let page = shelter
        .ada
        .post("contributions/bulk/choose", &[("scope", "all"), ("deed", "fund")])
        .await;
    let kitchen = page.attribute("#value option:last-child", "value").unwrap();
    assert!(shelter.in_bulk("fund", &all, "").await.has("Choose a fund."));
    let id = mine.rsplit('/').next().unwrap();
    let done = shelter
        .in_bulk("fund", &[("scope", "selected"), ("id", id)], &kitchen)
        .await;
    assert!(shelter.ada.follow(done).await.has("Fund set to Kitchen"));
    assert_eq!(shelter.amounts(&format!("fund={kitchen}")).await, ["$10.00"]);

    let cancelled = shelter.in_bulk("status", &all, "Cancelled").await.location();
    let tab = format!("contacts/{bob}/contributions");
    assert!(!shelter.ada.get(&tab).await.has("Given in all"));
    shelter.ada.post(&format!("{cancelled}/undo"), &[]).await;
    assert!(shelter.ada.get(&tab).await.has("Given in all $20.00"));
    let completed = shelter.in_bulk("status", &all, "Completed").await;
    let page = shelter.ada.follow(completed).await;
    assert_eq!(page.texts(".tally__number"), ["0", "2", "1"]);
    assert!(page.has("1: This day has not come yet."));

    let nothing = shelter
        .ada
        .post("contributions/bulk/choose", &[("deed", "thank")])
        .await;
    assert!(shelter.ada.follow(nothing).await.has("Nothing was chosen"));
    let stale = [("scope", "all"), ("deed", "status"), ("value", "Failed"), ("seen", "2")];
    let grown = shelter.ada.post("contributions/bulk", &stale).await;
    assert!(grown.has("The list changed meanwhile, so nothing was done yet."));
    let stan = shelter.world.stranger().await;
    let theirs = [("id", id), ("deed", "status"), ("value", "Failed"), ("seen", "1")];
    let action = stan.post("contributions/bulk", &theirs).await;
    assert_eq!(
        stan.follow(action).await.texts(".tally__number")[0],
        "0",
        "gifts of another organization are nobody's"
    );
}
