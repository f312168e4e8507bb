//! Batch data entry: what was counted and what was typed in must agree before anything counts, or somebody says so.

use super::Shelter;
use dms::base::ContactId;

/// A row of the grid as the browser sends it.
fn row(number: usize, contact: Option<ContactId>, amount: &str, fund: &str) -> Vec<(String, String)> {
    let contact = contact.map(|id| id.to_string()).unwrap_or_default();
    [
        ("contact", contact.as_str()),
        ("amount", amount),
        ("received_on", "2026-03-01"),
        ("payment_method", "Cheque"),
        ("fund", fund),
    ]
    .map(|(name, value)| (format!("rows.{number}.{name}"), value.to_owned()))
    .into()
}

impl Shelter {
    pub(super) async fn begin_batch(&self, count: &str, total: &str) -> String {
        let typed = [
            ("name", "Sunday cheques"),
            ("control_count", count),
            ("control_total", total),
            ("currency", "CAD"),
        ];
        self.ada.post("batches/new", &typed).await.location()
    }

    async fn send(
        &self,
        batch: &str,
        rows: &[Vec<(String, String)>],
        then: &str,
    ) -> crate::support::browserless::Answer {
        let rows = rows.concat();
        let mut fields: Vec<(&str, &str)> = rows
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        fields.push(("then", then));
        self.ada.save(batch, &fields).await
    }
}

#[tokio::test]
async fn a_batch_is_kept_as_a_draft_and_posted_when_count_and_total_agree() {
    let shelter = Shelter::open().await;
    let (anne, bob) = (shelter.person("Anne Lem").await, shelter.person("Bob Roy").await);
    let fund = shelter.general_fund().await.to_string();
    assert!(shelter.ada.get("batches").await.has("No batches yet"));
    let wrong = shelter
        .ada
        .post(
            "batches/new",
            &[("name", "Pile"), ("control_count", "201"), ("control_total", "0")],
        )
        .await;
    assert!(wrong.has("A batch may have up to 200 gifts.") && wrong.has("Write what the pile adds up to."));

    let batch = shelter.begin_batch("2", "150").await;
    assert_eq!(
        shelter.ada.get(&batch).await.texts(".grid__row").len(),
        2,
        "a row for each gift of the pile"
    );
    let half = [row(1, Some(anne), "100", &fund), row(2, None, "five", &fund)];
    shelter.send(&batch, &half, "save").await;
    let draft = shelter.ada.get(&batch).await;
    assert_eq!(
        draft.attribute("[name='rows.2.amount']", "value").unwrap(),
        "five",
        "a draft keeps what is wrong"
    );
    let refused = shelter.send(&batch, &half, "post").await;
    assert_eq!(refused.status, 422);
    assert!(refused.has("Some rows are not complete") && refused.has("Choose who gave it."));
    assert!(refused.has("This is not an amount."));
    assert!(shelter.ada.get("contributions").await.has("No contributions yet"));

    let whole = [row(1, Some(anne), "100", &fund), row(2, Some(bob), "50", &fund)];
    let posted = shelter.send(&batch, &whole, "post").await;
    assert_eq!(posted.location(), batch);
    let page = shelter.ada.follow(posted).await;
    assert!(page.has("The batch is posted: 2 contributions were added."));
    let list = page.attribute("main a[href*='batch=']", "href").unwrap();
    assert_eq!(
        shelter.ada.get(&list).await.texts("tbody th"),
        ["Roy, Bob", "Lem, Anne"]
    );
    assert!(
        shelter.ada.get("batches").await.has("Posted"),
        "a posted batch stays to be looked at"
    );

    assert_eq!(
        shelter.send(&batch, &whole, "post").await.status,
        409,
        "nothing is posted twice"
    );
    assert_eq!(shelter.ada.post(&format!("{batch}/delete"), &[]).await.status, 409);
    assert_eq!(shelter.ada.get(&list).await.texts("tbody tr").len(), 2);
}

#[tokio::test]
async fn a_batch_that_differs_is_posted_only_when_somebody_says_so() {
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await;
    let fund = shelter.general_fund().await.to_string();
    let batch = shelter.begin_batch("2", "150").await;
    let one = [row(1, Some(anne), "100.01", &fund)];
    let asked = shelter.send(&batch, &one, "post").await;
    assert_eq!(asked.status, 422);
    assert!(asked.has("You counted 2 gifts of $150.00 in all, but typed in 1 of $100.01."));
    assert!(shelter.ada.get("contributions").await.has("No contributions yet"));
    shelter.send(&batch, &one, "post-anyway").await;
    let page = shelter.ada.get(&batch).await;
    assert!(page.has("Differs from what was counted") && page.has("1 of 2"));
}

#[tokio::test]
async fn whoever_is_typed_is_offered_and_the_next_row_begins_like_the_last() {
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await;
    let fund = shelter.general_fund().await.to_string();
    let offered = shelter
        .ada
        .post("contacts/offered?prefix=rows.3.", &[("rows.3.who", "lem")])
        .await;
    assert_eq!(offered.attribute("input", "name").unwrap(), "rows.3.contact");
    let batch = shelter.begin_batch("2", "150").await;
    let mut first = row(1, Some(anne), "100", &fund);
    first.push(("rows.1.source".into(), "Collection".into()));
    let more = shelter.send(&batch, &[first], "more").await;
    let page = shelter.ada.follow(more).await;
    assert_eq!(page.texts(".grid__row").len(), 6);
    assert_eq!(page.attribute("[name='rows.6.source']", "value").unwrap(), "Collection");
    assert_eq!(page.attribute("[name='rows.6.amount']", "value").unwrap(), "");
    let gone = shelter.ada.post(&format!("{batch}/delete"), &[]).await;
    assert!(shelter.ada.follow(gone).await.has("was thrown away"));
}

#[tokio::test]
async fn a_draft_that_names_who_was_merged_away_meanwhile_is_not_posted_for_them() {
    let shelter = Shelter::open().await;
    let (anne, ann) = (shelter.person("Anne Lem").await, shelter.person("Ann Lem").await);
    let fund = shelter.general_fund().await.to_string();
    let batch = shelter.begin_batch("1", "100").await;
    let typed = [row(1, Some(ann), "100", &fund)];
    shelter.send(&batch, &typed, "save").await;
    shelter.ada.post(&format!("contacts/{anne}/merge/{ann}"), &[]).await;

    let refused = shelter.send(&batch, &typed, "post").await;
    assert_eq!(refused.status, 409);
    assert!(refused.has("was merged into another contact. Choose the contact once more."));
    assert!(shelter.ada.get("contributions").await.has("No contributions yet"));
    let whole = [row(1, Some(anne), "100", &fund)];
    assert_eq!(shelter.send(&batch, &whole, "post").await.location(), batch);
}

#[tokio::test]
async fn a_posted_batch_is_taken_back_as_a_whole_and_posted_anew_unless_a_gift_was_changed_since() {
    let shelter = Shelter::open().await;
    let (anne, bob) = (shelter.person("Anne Lem").await, shelter.person("Bob Roy").await);
    let fund = shelter.general_fund().await.to_string();
    let batch = shelter.begin_batch("2", "150").await;
    let typed = [row(1, Some(anne), "100", &fund), row(2, Some(bob), "50", &fund)];
    assert_eq!(shelter.send(&batch, &typed, "post").await.location(), batch);
    let gifts = shelter.ada.get("contributions").await;
    let gift = gifts.attribute("tbody td a", "href").unwrap();
    assert!(shelter.ada.get(&gift).await.has("Batch Sunday cheques"));
    let thanked = shelter.ada.post(&format!("{gift}/thanks"), &[]).await;
    let undo = shelter
        .ada
        .follow(thanked)
        .await
        .attribute(".message a[href*=undo]", "href")
        .unwrap();

    let ask = format!("{batch}/take-back");
    let asked = shelter.ada.get(&ask).await;
    assert!(asked.has("one of its contributions was changed after it was posted"));
    assert_eq!(asked.texts("main li a").last().unwrap(), "$50.00 from Roy, Bob");
    assert_eq!(shelter.ada.post(&ask, &[]).await.status, 409);
    assert_eq!(shelter.ada.get("contributions").await.texts("tbody tr").len(), 2);

    shelter.ada.post(&undo, &[]).await;
    assert!(shelter.ada.get(&ask).await.has("Its 2 contributions are deleted"));
    let taken = shelter.ada.post(&ask, &[]).await;
    let page = shelter.ada.follow(taken).await;
    assert!(page.has("The batch is a draft again. Its 2 contributions were deleted"));
    assert_eq!(page.attribute("[name='rows.1.amount']", "value").unwrap(), "100");
    assert!(shelter.ada.get("contributions").await.has("No contributions yet"));
    assert_eq!(
        shelter.ada.post(&ask, &[]).await.status,
        409,
        "a draft is not taken back"
    );
    assert!(
        !shelter
            .ada
            .get(&format!("contacts/{anne}/contributions"))
            .await
            .has("Given in all")
    );
    assert_eq!(shelter.send(&batch, &typed, "post").await.location(), batch);
    assert_eq!(shelter.ada.get("contributions").await.texts("tbody tr").len(), 2);
}

#[tokio::test]
async fn what_was_counted_is_put_right_while_the_batch_is_open() {
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await;
    let fund = shelter.general_fund().await.to_string();
    let batch = shelter.begin_batch("2", "150").await;
    let typed = [row(1, Some(anne), "100", &fund)];
    shelter.send(&batch, &typed, "save").await;
    let edit = format!("{batch}/edit");
    let wrong = shelter.ada.save(&edit, &[("name", "")]).await;
    assert!(wrong.has("Give the batch a name.") && wrong.has("Write how many gifts the pile has."));
    let counted = [
        ("name", "One cheque"),
        ("control_count", "1"),
        ("control_total", "100"),
        ("currency", "CAD"),
    ];
    let saved = shelter.ada.save(&edit, &counted).await;
    let page = shelter.ada.follow(saved).await;
    assert!(page.has("The batch was changed.") && page.has("1 of 1") && page.has("$100.00 of $100.00"));
    assert_eq!(page.text("h1"), "One cheque");
    let stale = shelter
        .ada
        .post(
            &edit,
            &[counted.as_slice(), &[("name", "Other"), ("began_with", "x")]].concat(),
        )
        .await;
    assert!(stale.has("Somebody changed this batch while you were editing"));
    assert_eq!(shelter.send(&batch, &typed, "post").await.location(), batch);
    assert_eq!(
        shelter.ada.get(&edit).await.status,
        409,
        "what is posted agrees or differs for good"
    );
}
