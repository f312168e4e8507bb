//! Opportunities: the pipeline with its sums, the deadlines, and each opportunity's way from the first talk to the report.

use super::*;
use dms::base::Role;

/// What every form sends.
fn filled<'f>(
    name: &'f str,
    prospect: &'f str,
    status: &'f str,
    probability: &'f str,
    amount: &'f str,
) -> Vec<(&'f str, &'f str)> {
    vec![
        ("name", name),
        ("contact", prospect),
        ("status", status),
        ("probability", probability),
        ("amount", amount),
        ("currency", "CAD"),
    ]
}

/// The path of the page somebody is sent to.
async fn added(office: &Office, fields: &[(&str, &str)]) -> String {
    let answer = office.ada.post("opportunities/new", fields).await;
    assert_eq!(answer.status, 303, "{}", answer.texts(".field__error").join(" "));
    answer.location()
}

#[tokio::test]
async fn an_opportunity_is_added_changed_and_deleted_and_the_prospects_change_log_tells() {
    let office = Office::open().await;
    let fund = office.add(organization("River Fund")).await;
    let id = fund.to_string();
    let tab = format!("contacts/{fund}/opportunities");
    assert!(office.ada.get(&tab).await.has("No opportunities yet"));
    office.takes_the_due_mark(fund).await;
    let fields = [
        filled("Kitchen grant", &id, "In Progress", "High", "12,500.50"),
        vec![
            ("opportunity_type", "Grant"),
            ("application_deadline", "2199-05-01"),
            ("notes", "Two pages"),
        ],
    ]
    .concat();
    let own = added(&office, &fields).await;
    let page = office.ada.get(&own).await;
    assert_eq!(page.text("h1"), "Kitchen grant");
    assert!(
        page.has("Prospect River Fund")
            && page.has("Amount $12,500.50")
            && page.has("Application Deadline May 1, 2199")
    );
    assert!(office.takes_the_due_mark(fund).await);
    assert_eq!(counted(&office.ada, fund, "Opportunities").await, "1");
    assert!(
        office
            .ada
            .get(&tab)
            .await
            .has("Kitchen grant Grant In Progress High $12,500.50")
    );
    assert!(
        office.told(fund).await[0]
            .starts_with("Opportunity added: Kitchen grant (Name:  → Kitchen grant; Prospect:  → River Fund")
    );

    let form = office.ada.get(&format!("{own}/edit")).await;
    assert_eq!(form.attribute("#amount", "value").unwrap(), "12500.50");
    assert_eq!(form.texts("[data-chosen] label"), ["River Fund"]);
    let fields = [
        filled("Kitchen grant", &id, "Awarded", "High", "12500.50"),
        vec![
            ("opportunity_type", "Grant"),
            ("application_deadline", "2199-05-01"),
            ("notes", "Two pages"),
            ("received", "10000"),
        ],
    ]
    .concat();
    let page = office.done(&format!("{own}/edit"), &fields).await;
    assert!(page.has("The opportunity has been saved.") && page.has("Amount Received $10,000.00"));
    assert_eq!(
        office.told(fund).await[0],
        "Opportunity changed: Kitchen grant (Status: In Progress → Awarded; Amount Received:  → $10,000.00)"
    );
    assert!(
        office
            .done(&format!("{own}/edit"), &fields)
            .await
            .has("Nothing was different")
    );
    assert!(
        office
            .ada
            .get(&format!("{own}/delete"))
            .await
            .has("Delete this opportunity?")
    );
    assert!(
        office
            .done(&format!("{own}/delete"), &[])
            .await
            .has("“Kitchen grant” has been deleted.")
    );
    assert_eq!(office.ada.get(&own).await.status, 404);
    assert!(office.told(fund).await[0].starts_with("Opportunity deleted: Kitchen grant"));
}

#[tokio::test]
async fn the_pipeline_adds_up_by_status_and_weighs_by_probability_each_currency_for_itself() {
    let office = Office::open().await;
    let fund = office.add(organization("River Fund")).await.to_string();
    for (name, status, probability, amount, currency) in [
        ("One", "Discovery", "Low", "1000", "CAD"),
        ("Two", "Discovery", "High", "2000", "CAD"),
        ("Three", "Discovery", "Medium", "100", "USD"),
        ("Four", "Submitted", "High", "0.02", "CAD"),
        ("Five", "Awarded", "Low", "500", "CAD"),
        ("Six", "Declined", "High", "9000", "CAD"),
        ("Seven", "In Progress", "Low", "", "CAD"),
    ] {
        let mut fields = filled(name, &fund, status, probability, amount);
        fields.retain(|(field, _)| *field != "currency");
        fields.push(("currency", currency));
        added(&office, &fields).await;
    }
    let page = office.ada.get("opportunities").await;
    let rows = page.texts("[aria-labelledby=pipeline] tr");
    assert_eq!(
        rows[1..],
        [
            "Discovery 10 % 3 $3,000.00 US$100.00 $1,750.00 US$50.00 $0.00 US$0.00",
            "In Progress 40 % 1 $0.00 $0.00 $0.00",
            "Submitted 60 % 1 $0.02 $0.02 $0.00",
            "Awarded 1 $500.00 $500.00 $0.00",
            "Declined 1 $9,000.00 $0.00 $0.00",
            "Withdrawn 0",
            "Still open 5 $3,000.02 US$100.00 $1,750.02 US$50.00 $0.00 US$0.00",
        ]
    );
    let discovery = page.attribute("[aria-labelledby=pipeline] tbody a", "href").unwrap();
    assert_eq!(
        office.ada.get(&discovery).await.texts("tbody th").len(),
        3,
        "a number opens its list"
    );
    assert_eq!(
        office
            .ada
            .get("opportunities/list?status=open")
            .await
            .texts("tbody th")
            .len(),
        5
    );
    office.trash(fund.parse().unwrap()).await;
    assert!(office.ada.get("opportunities").await.has("No opportunities yet"));
}

#[tokio::test]
async fn dates_that_must_still_be_kept_stand_with_the_earliest_first() {
    let office = Office::open().await;
    let fund = office.add(organization("River Fund")).await.to_string();
    let today = chrono::Utc::now()
        .with_timezone(&chrono_tz::America::Toronto)
        .date_naive();
    let day = |days: i64| (today + chrono::TimeDelta::days(days)).to_string();
    let (past, soon, later, far) = (day(-3), day(10), day(50), day(90));
    for (name, status, more) in [
        ("Late", "Discovery", vec![("application_deadline", past.as_str())]),
        (
            "Sent",
            "Submitted",
            vec![
                ("application_deadline", past.as_str()),
                ("is_submitted", "true"),
                ("decision_date", later.as_str()),
            ],
        ),
        (
            "Won",
            "Awarded",
            vec![("decision_date", past.as_str()), ("report_due", soon.as_str())],
        ),
        (
            "Lost",
            "Declined",
            vec![("application_deadline", soon.as_str()), ("report_due", soon.as_str())],
        ),
        ("Far", "Discovery", vec![("application_deadline", far.as_str())]),
    ] {
        added(&office, &[filled(name, &fund, status, "Medium", "100"), more].concat()).await;
    }
    let page = office.ada.get("opportunities").await;
    let found: Vec<String> = page
        .texts("[aria-labelledby=deadlines] tbody tr")
        .into_iter()
        .map(|row| row.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(found, ["Late Application", "Won Report", "Sent Decision"]);
    assert_eq!(page.texts("[aria-labelledby=deadlines] .tone--bad"), ["Past"]);
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_a_word_at_its_field() {
    let office = Office::open().await;
    let fund = office.add(organization("River Fund")).await.to_string();
    for (change, said) in [
        (("name", " "), "Give the opportunity a name."),
        (
            ("amount", "1.250"),
            "This can be read two ways. Write one thousand as 1,000 or 1000, and cents with two digits.",
        ),
        (("amount", "0"), "Leave the amount out where there is none."),
        (("currency", "XYZ"), "Choose a currency."),
        (("contact", ""), "Write the beginning of a name and choose the contact."),
        (("owner", "999999"), "Choose a colleague."),
        (("decision_date", "soon"), "Write the date like 2026-04-27."),
    ] {
        let mut fields = filled("Kitchen", &fund, "Discovery", "Low", "100");
        fields.retain(|(name, _)| *name != change.0);
        fields.push(change);
        assert_eq!(office.refused("opportunities/new", &fields).await, [said], "{change:?}");
    }
    assert!(office.ada.get("opportunities/list").await.has("No opportunities yet"));
}

#[tokio::test]
async fn an_opportunity_belongs_to_its_organization_and_to_those_who_may_write() {
    let office = Office::open().await;
    let fund = office.add(organization("River Fund")).await.to_string();
    let own = added(&office, &filled("Ours", &fund, "Discovery", "Low", "100")).await;
    let rita = office
        .world
        .invite(&office.ada, Role::Reader, "rita@riverside.test")
        .await;
    let page = rita.get(&own).await;
    assert!(page.has("Ours") && !page.has("Edit") && !page.has("Delete"));
    let stan = office.world.stranger().await;
    assert_eq!(stan.get(&own).await.status, 404);
    let across = stan
        .post("opportunities/new", &filled("Mine", &fund, "Discovery", "Low", "1"))
        .await;
    assert_eq!(across.status, 422, "a prospect of another organization is nobody");
    assert!(stan.get("opportunities").await.has("No opportunities yet"));
}

#[tokio::test]
async fn an_organization_has_statuses_of_its_own_in_its_own_order() {
    let office = Office::open().await;
    let fund = office.add(organization("River Fund")).await.to_string();
    let names = async || office.ada.get("opportunity-statuses").await.texts("tbody th");
    assert_eq!(
        names().await,
        [
            "Discovery",
            "In Progress",
            "Submitted",
            "Awarded",
            "Declined",
            "Withdrawn"
        ]
    );
    let letter = [("name", "Letter sent"), ("outcome", "Open"), ("probability", "30")];
    let page = office.done("opportunity-statuses/new", &letter).await;
    assert!(page.has("The opportunity status has been saved."));
    let own = page
        .attribute("[aria-label='Edit Letter sent']", "href")
        .unwrap()
        .replace("/edit", "");
    for _ in 0..5 {
        office.done(&format!("{own}/place"), &[("way", "up")]).await;
    }
    assert_eq!(names().await[..3], ["Discovery", "Letter sent", "In Progress"]);
    office.done(&format!("{own}/place"), &[("way", "down")]).await;
    assert_eq!(names().await[..3], ["Discovery", "In Progress", "Letter sent"]);

    // Where an opportunity does not say how likely it is, its status does.
    let mut fields = filled("Kitchen", &fund, "Letter sent", "", "1000");
    let opportunity = added(&office, &fields).await;
    assert!(office.ada.get(&opportunity).await.has("30 % as usual for this status"));
    let pipeline = office.ada.get("opportunities").await;
    assert!(
        pipeline
            .texts("[aria-labelledby=pipeline] tr")
            .contains(&"Letter sent 30 % 1 $1,000.00 $300.00 $0.00".to_owned()),
        "{}",
        pipeline.body
    );
    fields[3] = ("probability", "High");
    office.done(&format!("{opportunity}/edit"), &fields).await;
    assert!(
        office
            .ada
            .get("opportunities")
            .await
            .has("Letter sent 30 % 1 $1,000.00 $750.00")
    );

    let renamed = [("name", "Letter of intent"), ("outcome", "Won"), ("probability", "30")];
    office.done(&format!("{own}/edit"), &renamed).await;
    assert!(office.ada.get(&opportunity).await.has("Letter of intent"));
    let won = office.ada.get("opportunities/list?status=won").await;
    assert_eq!(won.texts("tbody th"), ["Kitchen"]);
    assert!(
        office.ada.get("opportunities").await.has("$1,000.00 $1,000.00"),
        "won counts in full"
    );
}

#[tokio::test]
async fn a_status_that_is_used_stays_and_one_that_cannot_be_is_refused() {
    let office = Office::open().await;
    let fund = office.add(organization("River Fund")).await.to_string();
    added(&office, &filled("Kitchen", &fund, "Discovery", "", "1000")).await;
    let page = office.ada.get("opportunity-statuses").await;
    let own = |name: &str| {
        let edit = page.attribute(&format!("[aria-label='Edit {name}']"), "href").unwrap();
        edit.replace("/edit", "")
    };
    let used = office.ada.post(&format!("{}/delete", own("Discovery")), &[]).await;
    assert_eq!(used.status, 409);
    assert!(used.has("Give what has it another one first"));
    office.done(&format!("{}/delete", own("Withdrawn")), &[]).await;
    assert!(!office.ada.get("opportunity-statuses").await.has("Withdrawn"));
    for (change, said) in [
        (("name", " "), "Give the status a name."),
        (("name", "AWARDED"), "A status of this name already exists."),
        (("probability", "101"), "Write a whole number from 0 to 100."),
        (("outcome", "Perhaps"), "Choose one."),
    ] {
        let mut fields = vec![("name", "Talking"), ("outcome", "Open"), ("probability", "20")];
        fields.retain(|(name, _)| *name != change.0);
        fields.push(change);
        assert_eq!(
            office.refused("opportunity-statuses/new", &fields).await,
            [said],
            "{change:?}"
        );
    }
}
