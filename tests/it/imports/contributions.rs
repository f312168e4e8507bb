//! Contributions from a file: the sample organization's come in whole, a second time changes nothing, and all can be undone.

use super::Importer;
use super::sample::{Person, people, sample};
use dms::base::{Currency, Money};
use dms::crm::contacts;
use dms::crm::contributions::totals;
use dms::crm::contributions::{Contribution, PaymentMethod};
use std::collections::HashMap;

const MAKE: [(&str, &str); 1] = [("makes_missing", "true")];

impl Importer {
    async fn contributions(&self) -> Vec<Contribution> {
        self.ask(|tx| {
            use diesel::prelude::*;
            use dms::db::schema::contributions as table;
            table::table
                .order(table::id)
                .select(Contribution::as_select())
                .load(&mut **tx)
        })
        .await
    }

    /// Every contribution written as the file would write it.
    async fn as_exported(&self) -> HashMap<String, Person> {
        let mut exported = HashMap::new();
        for one in self.contributions().await {
            let (contact, fund) = (one.is.contact_id, one.is.fund_id);
            let contact = self.ask(move |tx| contacts::store::find(tx, contact)).await.unwrap();
            let fund = self
                .ask(move |tx| dms::crm::funds::store::find(tx, fund))
                .await
                .unwrap();
            let of = &one.is;
            let plain = |money: Money| format!("{}.{:02}", money.minor / 100, money.minor % 100);
            let amount = match of.currency.decimals() {
                0 => format!("{}.00", of.amount),
                _ => plain(of.amount()),
            };
            let or_nothing = |money: Money| if money.minor == 0 { String::new() } else { plain(money) };
            let method = match of.payment_method {
                PaymentMethod::Cheque => "Check".to_owned(),
                other => other.to_string(),
            };
            let time = of.received_time.unwrap_or_default();
            let identifier = of.external_identifier.clone().unwrap();
            let row = [
                ("Contribution ID", identifier.clone()),
                ("Contact ID", contact.details.external_identifier.unwrap()),
                ("Financial Type", fund.is.name),
                ("Payment Method", method),
                ("Date Received", format!("{} {time}", of.received_on)),
                ("Total Amount", amount),
                ("Fee Amount", or_nothing(of.fee())),
                ("Net Amount", if of.fee == 0 { String::new() } else { plain(of.net()) }),
                ("Currency", of.currency.to_string()),
                ("Transaction ID", of.transaction_id.clone()),
                ("Check Number", of.cheque_number.clone()),
                ("Source", of.source.clone()),
                ("Contribution Status", of.status.to_string()),
                (
                    "Thank-you Date",
                    of.thanked_on.map(|day| day.to_string()).unwrap_or_default(),
                ),
            ];
            exported.insert(identifier, row.map(|(name, value)| (name.to_owned(), value)).into());
        }
        exported
    }
}

#[tokio::test]
async fn the_samples_contributions_come_in_whole_a_second_time_changes_nothing_and_all_can_be_undone() {
    let (Some(contacts_file), Some(file)) = (sample("contacts.csv"), sample("contributions.csv")) else {
        return;
    };
    let importer = Importer::new().await;
    importer.import("contacts.csv", &contacts_file).await;

    let asked = importer.check("contributions.csv", &file, &[]).await;
    assert_eq!(
        importer.tally(&asked).await[3],
        "111 have a problem",
        "their funds are not here"
    );
    assert!(importer.rows(&asked, "problem").await[0].contains("There is no fund called “Donation” here."));
    assert!(
        importer
            .ada
            .get(&asked.page)
            .await
            .has("Fund Event Fee: 50 rows is not here, so its rows are left out")
    );

    let import = importer.check("contributions.csv", &file, &MAKE).await;
    assert_eq!(importer.tally(&import).await[0], "111 are new");
    assert!(
        importer
            .ada
            .get(&import.page)
            .await
            .has("Fund Donation: 31 rows will be made")
    );
    assert!(importer.contributions().await.is_empty(), "the check writes nothing");
    importer.start(&import).await;
    assert_eq!(importer.tally(&import).await[0], "111 contributions added");

    let wanted = people(&file);
    let found = importer.as_exported().await;
    assert_eq!((wanted.len(), found.len()), (111, 111));
    for row in &wanted {
        let identifier = &row["Contribution ID"];
        assert_eq!(row, &found[identifier], "contribution {identifier}");
    }
    let generous = importer.contact("59").await.id;
    let given = importer.ask(move |tx| totals::of(tx, generous)).await;
    assert_eq!(
        (given[0].contributions, given[0].total()),
        (12, Money::new(32_500, Currency::parse("USD").unwrap()))
    );

    let again = importer.check("contributions.csv", &file, &[]).await;
    assert_eq!(
        importer.tally(&again).await[2],
        "111 are here already and change nothing"
    );

    // Somebody thanks one of them: the undo leaves it.
    let thanked = importer.contributions().await[0].id;
    importer.ada.post(&format!("contributions/{thanked}/thanks"), &[]).await;
    importer.undo(&import).await;
    assert_eq!(
        importer.tally(&import).await[..2],
        ["110 rows taken back", "1 row not taken back wholly"]
    );
    let left: Vec<_> = importer.contributions().await.into_iter().map(|one| one.id).collect();
    assert_eq!(left, [thanked]);
    assert!(importer.ask(move |tx| totals::of(tx, generous)).await.is_empty());
}

const PEOPLE: &[u8] = b"Contact ID,First Name,Last Name,Email\n1,Anne,Lem,anne@lem.test\n2,Bob,Roy,bob@roy.test\n\
    3,Sam,Roy,bob@roy.test\n";

#[tokio::test]
async fn a_donor_is_found_by_identifier_or_by_email_and_name_and_never_guessed() {
    let importer = Importer::new().await;
    importer.import("people.csv", PEOPLE).await;
    let file = b"Contact ID,Email,First Name,Last Name,Amount,Date,Fund\n\
        1,,,,10,2026-01-01,General fund\n,anne@lem.test,,,20,2026-01-01,\n,bob@roy.test,Sam,Roy,30,2026-01-01,\n\
        ,bob@roy.test,,,40,2026-01-01,\n9,,,,50,2026-01-01,\n,anne@lem.test,Carl,Poe,60,2026-01-01,\n,,,,70,2026-01-01,\n";
    let import = importer.check("gifts.csv", file, &[]).await;
    assert_eq!(
        importer.tally(&import).await,
        [
            "3 are new",
            "0 are here already and change something",
            "0 are here already and change nothing",
            "4 have a problem"
        ]
    );
    let problems = importer.rows(&import, "problem").await;
    for (at, words) in [
        (0, "2 contacts fit the email bob@roy.test."),
        (1, "No contact has the External Identifier “9”."),
        (2, "A contact has the email anne@lem.test, but another name."),
        (3, "The row does not say whom it is about"),
    ] {
        assert!(problems[at].contains(words), "{problems:?}");
    }
    importer.start(&import).await;
    let mut given: Vec<(i64, i64)> = importer
        .contributions()
        .await
        .iter()
        .map(|one| (one.is.contact_id.0, one.is.amount))
        .collect();
    given.sort_by_key(|(_, amount)| *amount);
    let (anne, sam) = (importer.contact("1").await.id.0, importer.contact("3").await.id.0);
    assert_eq!(given, [(anne, 1_000), (anne, 2_000), (sam, 3_000)]);
}

#[tokio::test]
async fn the_same_contribution_id_changes_a_gift_and_its_undo_makes_it_what_it_was() {
    let importer = Importer::new().await;
    importer.import("people.csv", PEOPLE).await;
    let first = b"Contribution ID,Contact ID,Amount,Date,Payment Method,Campaign\nA-1,1,100,2026-01-01,Cheque,Spring\n";
    let made = importer.check("first.csv", first, &MAKE).await;
    importer.start(&made).await;
    let before = importer.contributions().await[0].is.clone();

    let second =
        b"Contribution ID,Amount,Date,Status\nA-1,120,2026-01-01,Refunded\nA-1,1,2026-01-01,\nA-2,5,2026-01-01,\n";
    let unfit = importer.upload("second.csv", second).await.location();
    let chosen = super::recognized(&importer.ada.get(&unfit).await);
    let chosen: Vec<(&str, &str)> = chosen
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let refused = importer.ada.post(&unfit, &chosen).await;
    assert!(refused.has("Nothing tells yet who gave."), "{}", refused.body);

    let second = b"Contribution ID,Contact ID,Amount,Date,Status\nA-1,1,120,2026-01-01,Refunded\nA-1,1,1,2026-01-01,\n\
        A-2,,5,2026-01-01,\n";
    let import = importer.check("second.csv", second, &[]).await;
    assert_eq!(
        importer.tally(&import).await,
        [
            "0 are new",
            "1 is here already and changes something",
            "0 are here already and change nothing",
            "2 have a problem"
        ]
    );
    let changing = importer.rows(&import, "changing").await;
    assert!(changing[0].contains("Amount: $100.00 → $120.00") && changing[0].contains("Status: Completed → Refunded"));
    assert!(
        importer.rows(&import, "problem").await[0].contains("Row 2 of the file has the Contribution ID “A-1” already.")
    );
    importer.start(&import).await;
    let after = importer.contributions().await;
    assert_eq!(
        (after.len(), after[0].is.amount, after[0].is.campaign_id),
        (1, 12_000, before.campaign_id)
    );
    importer.undo(&import).await;
    assert_eq!(importer.contributions().await[0].is, before);
}

#[tokio::test]
async fn a_row_that_names_a_campaign_and_no_fund_goes_to_the_campaigns_fund() {
    let importer = Importer::new().await;
    importer.import("people.csv", PEOPLE).await;
    importer
        .ada
        .post("funds/new", &[("name", "Roof Fund"), ("is_enabled", "true")])
        .await;
    let fund = importer.ask(dms::crm::funds::store::list).await[1].id;
    let of_fund = fund.to_string();
    let roof = [("name", "New Roof"), ("fund", of_fund.as_str()), ("is_enabled", "true")];
    importer.ada.post("campaigns/new", &roof).await;

    let file = b"Contact ID,Amount,Date,Fund,Campaign\n1,10,2026-01-01,,New Roof\n1,20,2026-01-02,,\n\
        1,30,2026-01-03,General Fund,New Roof\n";
    let import = importer.check("gifts.csv", file, &[]).await;
    importer.start(&import).await;
    let to_roof: Vec<bool> = importer
        .contributions()
        .await
        .iter()
        .map(|one| one.is.fund_id == fund)
        .collect();
    assert_eq!(to_roof, [true, false, false]);
}

#[tokio::test]
async fn a_gift_of_which_somebody_was_credited_with_a_part_stays_when_the_import_is_undone() {
    let importer = Importer::new().await;
    importer.import("people.csv", PEOPLE).await;
    let file = b"Contribution ID,Contact ID,Amount,Date\nA-1,1,100,2026-01-01\nA-2,1,50,2026-01-02\n";
    let import = importer.import("gifts.csv", file).await;
    let gift = importer.contributions().await[0].id;
    let credited = importer.contact("2").await.id.to_string();
    let credit = [
        ("contact", credited.as_str()),
        ("amount", "40"),
        ("credit_type", "Spouse"),
    ];
    let gift = format!("contributions/{gift}");
    assert_eq!(
        importer.ada.post(&format!("{gift}/soft-credits"), &credit).await.status,
        303
    );
    importer.undo(&import).await;
    assert_eq!(importer.contributions().await.len(), 1);
    let kept = importer.rows(&import, "kept").await;
    assert!(
        kept[0].contains("was credited with a part of this contribution since"),
        "{kept:?}"
    );

    // Deleted by hand, whoever is credited is told.
    importer.ada.post(&format!("{gift}/delete"), &[]).await;
    let log = importer.ada.get(&format!("contacts/{credited}/changes")).await;
    assert!(log.has("Soft credit deleted"), "{}", log.text("main"));
}

#[tokio::test]
async fn what_an_amount_is_in_another_currency_is_never_guessed() {
    let importer = Importer::new().await;
    importer.import("people.csv", PEOPLE).await;
    let file =
        b"Contribution ID,Contact ID,Amount,Date,Currency\nA-1,1,50.00,2026-01-01,CAD\nA-2,1,500,2026-01-01,JPY\n";
    importer.import("gifts.csv", file).await;
    let before = importer.contributions().await;
    let file = b"Contribution ID,Contact ID,Amount,Date,Currency\nA-1,1,,2026-01-01,JPY\nA-2,1,500.50,2026-01-01,\n";
    let import = importer.check("again.csv", file, &[]).await;
    let problems = importer.rows(&import, "problem").await;
    assert!(
        problems[0].contains("The row makes CAD into JPY and gives no amount"),
        "{problems:?}"
    );
    assert!(problems[1].contains("“500.50” in JPY"), "{problems:?}");
    let after = importer.contributions().await;
    assert!(before.iter().zip(&after).all(|(before, after)| before.is == after.is));
}
