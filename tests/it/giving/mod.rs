//! Giving: funds, campaigns and contributions, through the pages and in the records.

mod batches;
mod bulk;
mod dashboard;
mod funds_and_campaigns;
mod recurring;
mod seen;
mod totals;

use chrono::NaiveDate;
use dms::base::{Actor, ContactId, Currency, EmailAddress, FundId, Money};
use dms::crm::contacts::{self, ContactDraft, ContactError, EmailDraft};
use dms::crm::contributions::{ContributionDraft, ContributionError, actions};
use dms::crm::funds;
use dms::db::OrgTx;

use crate::support::browserless::{Answer, Browserless};
use crate::support::world::World;

/// A world with an organization and its owner.
struct Shelter {
    world: World,
    ada: Browserless,
}

impl Shelter {
    async fn open() -> Self {
        let world = World::start().await;
        let ada = world.sign_up("Shelter", "Ada Quill", "ada@shelter.test").await;
        Self { world, ada }
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut OrgTx<'_>) -> diesel::QueryResult<T> + Send + 'static,
    ) -> T {
        let answer: anyhow::Result<T> = self
            .world
            .db()
            .read(self.ada.organization_id(), move |tx| Ok(work(tx)?))
            .await;
        answer.unwrap()
    }

    /// Somebody new, as "Anne Lem".
    async fn person(&self, name: &str) -> ContactId {
        let (first, last) = name.split_once(' ').unwrap();
        let address = format!("{first}.{last}@example.ca").to_lowercase();
        let mut draft = ContactDraft::default();
        draft.details.first_name = first.into();
        draft.details.last_name = last.into();
        draft.emails = vec![EmailDraft {
            is_primary: true,
            ..EmailDraft::new(EmailAddress::parse(&address).unwrap())
        }];
        let added: Result<ContactId, ContactError> = self
            .world
            .db()
            .write(self.ada.organization_id(), Actor::System, move |tx| {
                contacts::actions::add(tx, &draft)
            })
            .await;
        added.unwrap()
    }

    async fn general_fund(&self) -> FundId {
        self.ask(funds::store::default).await.id
    }

    /// Types a gift into the form.
    async fn give(&self, contact: ContactId, fields: &[(&str, &str)]) -> Answer {
        let (contact, fund) = (contact.to_string(), self.general_fund().await.to_string());
        let mut typed = vec![
            ("contact", contact.as_str()),
            ("currency", "CAD"),
            ("payment_method", "Cheque"),
            ("status", "Completed"),
            ("received_on", "2026-03-01"),
        ];
        if !fields.iter().any(|(name, _)| *name == "fund") {
            typed.push(("fund", &fund));
        }
        typed.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
        typed.extend(fields);
        self.ada.post("contributions/new", &typed).await
    }

    /// Writes gifts down without the pages: whose, how many cents, when.
    async fn write(&self, gifts: Vec<(ContactId, i64, &str)>) {
        let fund = self.general_fund().await;
        let drafts: Vec<ContributionDraft> = gifts
            .into_iter()
            .map(|(contact, cents, on)| {
                ContributionDraft::new(contact, Money::new(cents, Currency::CAD), on.parse().unwrap(), fund)
            })
            .collect();
        let written: Result<_, ContributionError> = self
            .world
            .db()
            .write(self.ada.organization_id(), Actor::System, move |tx| {
                actions::add_many(tx, &drafts, day("2026-11-24"))
            })
            .await;
        written.unwrap();
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_gift_is_typed_in_found_changed_and_deleted_and_the_change_log_tells_each() {
    let shelter = Shelter::open().await;
    let (ada, anne) = (&shelter.ada, shelter.person("Anne Lem").await);
    assert!(ada.get("contributions").await.has("No contributions yet"));

    let added = shelter
        .give(
            anne,
            &[
                ("amount", "$1,250.50"),
                ("cheque_number", "1041"),
                ("source", "April mailing"),
            ],
        )
        .await;
    let gift = added.location();
    let page = ada.follow(added).await;
    assert!(page.has("The contribution of $1,250.50 was added."));
    assert!(page.has("March 1, 2026") && page.has("General Fund") && page.has("1041"));
    assert_eq!(
        ada.get("contributions").await.texts("tbody tr > *")[1..],
        [
            "Mar 1, 2026",
            "Lem, Anne",
            "$1,250.50",
            "General Fund",
            "",
            "April mailing",
            "Cheque",
            "Not yet"
        ]
    );

    let before = ada.get(&format!("{gift}/edit")).await;
    let began_with = before.attribute("[name=began_with]", "value").unwrap();
    let fund = before.attribute("#fund option[selected]", "value").unwrap();
    let contact = anne.to_string();
    let mut typed = vec![
        ("contact", contact.as_str()),
        ("amount", "1250.50"),
        ("currency", "CAD"),
        ("received_on", "2026-03-02"),
        ("payment_method", "E-transfer"),
        ("status", "Completed"),
        ("fund", fund.as_str()),
        ("source", "April mailing"),
        ("began_with", began_with.as_str()),
    ];
    assert_eq!(ada.post(&format!("{gift}/edit"), &typed).await.location(), gift);
    let again = ada
        .post(
            &format!("{gift}/edit"),
            &[typed.as_slice(), &[("amount", "7")]].concat(),
        )
        .await;
    assert_eq!(again.status, 422, "it has changed since the form was opened");
    assert!(again.has("Somebody changed this contribution while you were editing"));
    typed.clear();

    ada.post(&format!("{gift}/thanks"), &[]).await;
    assert!(ada.get(&gift).await.has("Thanked on"));
    assert!(
        ada.get(&format!("{gift}/delete"))
            .await
            .has("no longer counts in any total")
    );
    let deleted = ada.post(&format!("{gift}/delete"), &[]).await;
    assert_eq!(deleted.location(), ada.at(&format!("contacts/{anne}/contributions")));
    assert_eq!(ada.get(&gift).await.status, 404);

    let log = shelter.world.change_log(ada).await;
    let last: Vec<&str> = log[log.len() - 4..].iter().map(String::as_str).collect();
    assert!(last[0].starts_with("Ada Quill: Contribution added (Contributor:  → Anne Lem; Amount:  → $1,250.50;"));
    assert_eq!(
        last[1],
        "Ada Quill: Contribution of $1,250.50 changed (Date Received: 2026-03-01 → 2026-03-02; Payment Method: Cheque → \
         E-transfer; Cheque Number: 1041 → )"
    );
    assert!(last[2].contains("Thanked On:  → "));
    assert!(last[3].starts_with("Ada Quill: Contribution deleted (Contributor: Anne Lem → ; Amount: $1,250.50 → ;"));
}

#[tokio::test]
async fn a_form_that_is_not_accepted_says_why_at_each_field_and_keeps_what_was_typed() {
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await;
    for (field, typed, words) in [
        ("amount", "1.250", "This can be read two ways."),
        ("amount", "", "Write an amount."),
        ("amount", "0", "A contribution is more than nothing."),
        ("received_on", "", "Write the day it was received."),
        ("received_on", "2999-01-01", "This day has not come yet."),
        ("advantage", "60", "The advantage cannot be worth more than the gift."),
        ("fee", "60", "The fee cannot be more than the gift."),
        (
            "honoree_name",
            "Rose Lem",
            "Choose whether it is in honour or in memory of them.",
        ),
        ("in_kind_description", "A piano", "Choose In Kind as the payment method"),
    ] {
        let mut fields = vec![("amount", "50"), ("note", "Kept as typed")];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, typed));
        let answer = shelter.give(anne, &fields).await;
        assert_eq!(answer.status, 422, "{field}");
        assert!(answer.has(words), "{field}: {}", answer.text("main"));
        assert_eq!(answer.text("#note"), "Kept as typed");
    }
    let nobody = shelter
        .ada
        .post("contributions/new", &[("amount", "50"), ("who", "lem")])
        .await;
    assert_eq!(nobody.status, 422);
    assert!(nobody.has("Choose who gave it."));
    assert!(
        nobody.attribute(&format!("#contact-{anne}"), "checked").is_some(),
        "the only one who fits is chosen"
    );
    assert!(shelter.ada.get("contributions").await.has("No contributions yet"));
}

#[tokio::test]
async fn contributors_are_offered_while_somebody_types() {
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await;
    shelter.person("Bob Lemaire").await;
    let path = "contacts/offered?many=false";
    let offered = shelter.ada.post(path, &[("who", "lem")]).await;
    assert_eq!(
        offered.texts("label"),
        ["Anne Lem anne.lem@example.ca", "Bob Lemaire bob.lemaire@example.ca"]
    );
    assert!(offered.attribute("[checked]", "value").is_none(), "nobody is guessed");
    let only = shelter.ada.post(path, &[("who", "anne lem")]).await;
    assert_eq!(only.attribute("[checked]", "value"), Some(anne.to_string()));
    assert!(shelter.ada.post(path, &[("who", "zz")]).await.has("Nobody fits “zz”"));
}

#[tokio::test]
async fn the_next_gift_of_a_pile_begins_with_what_the_last_one_had() {
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await;
    let added = shelter
        .give(
            anne,
            &[
                ("amount", "20"),
                ("source", "Raffle"),
                ("payment_method", "Cash"),
                ("then", "new"),
            ],
        )
        .await;
    let next = shelter.ada.follow(added).await;
    assert_eq!(next.attribute("#source", "value").unwrap(), "Raffle");
    assert_eq!(next.text("#payment_method option[selected]"), "Cash");
    assert_eq!(next.attribute("#received_on", "value").unwrap(), "2026-03-01");
    assert_eq!(next.attribute("#amount", "value").unwrap(), "");
}

#[tokio::test]
async fn the_list_is_filtered_sorted_and_added_up_by_currency_and_status() {
    let shelter = Shelter::open().await;
    let (anne, bob) = (shelter.person("Anne Lem").await, shelter.person("Bob Roy").await);
    for (who, fields) in [
        (
            anne,
            vec![
                ("amount", "100"),
                ("received_on", "2025-06-01"),
                ("thanked_on", "2025-06-03"),
            ],
        ),
        (
            anne,
            vec![
                ("amount", "50.25"),
                ("received_on", "2026-01-10"),
                ("payment_method", "Cash"),
            ],
        ),
        (
            bob,
            vec![("amount", "70"), ("received_on", "2026-02-01"), ("currency", "USD")],
        ),
        (
            bob,
            vec![("amount", "999"), ("received_on", "2026-02-02"), ("status", "Failed")],
        ),
    ] {
        assert_eq!(shelter.give(who, &fields).await.status, 303);
    }
    let page = shelter.ada.get("contributions").await;
    assert_eq!(page.texts(".figure dd"), ["$150.25", "US$70.00"]);
    assert!(page.has("Not counted in: 1 Failed ($999.00)"));
    let amounts = async |query: &str| {
        shelter
            .ada
            .get(&format!("contributions?{query}"))
            .await
            .texts("tbody td.number")
    };
    assert_eq!(amounts("").await, ["$999.00 Failed", "US$70.00", "$50.25", "$100.00"]);
    assert_eq!(
        amounts("sort=amount&order=ascending&status=Completed").await,
        ["$50.25", "US$70.00", "$100.00"]
    );
    assert_eq!(
        amounts("sort=name&order=ascending&status=completed").await,
        ["$100.00", "$50.25", "US$70.00"]
    );
    assert_eq!(amounts("from=2026-01-01&to=2026-02-01").await, ["US$70.00", "$50.25"]);
    assert_eq!(amounts("q=roy").await, ["$999.00 Failed", "US$70.00"]);
    assert_eq!(amounts("amount_from=70&amount_to=100").await, ["US$70.00", "$100.00"]);
    assert_eq!(amounts("thanked=yes").await, ["$100.00"]);
    assert_eq!(amounts("method=cash").await, ["$50.25"]);
    assert_eq!(amounts("currency=USD").await, ["US$70.00"]);

    // A filter that no field shows is named, with a way to take it away.
    let theirs = shelter
        .ada
        .get(&format!("contributions?contact={anne}&method=cash"))
        .await;
    assert!(theirs.has("Only what was given by Anne Lem"));
    let without = theirs.attribute(".page-head__text p a:last-child", "href").unwrap();
    assert_eq!(without, shelter.ada.at("contributions?method=Cash"));
    assert!(
        shelter
            .ada
            .get("contributions?q=nobody")
            .await
            .has("No contributions fit")
    );

    // Each sum leads to what it adds up.
    let link = page.attribute(".figure a", "href").unwrap();
    assert_eq!(
        shelter.ada.get(&link).await.texts("tbody td.number"),
        ["$50.25", "$100.00"]
    );
}

#[tokio::test]
async fn a_gift_that_was_sent_back_says_when_and_why_and_no_longer_counts() {
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await;
    let (day, why) = (("closed_on", "2026-03-09"), ("closed_reason", "Given twice"));
    let stands = shelter.give(anne, &[("amount", "10"), day, why]).await;
    assert_eq!(stands.status, 422);
    assert!(stands.has("Choose the status Cancelled, Refunded or Failed"));
    let gift = shelter
        .give(anne, &[("amount", "10"), ("status", "Refunded"), day, why])
        .await;
    let page = shelter.ada.follow(gift).await;
    assert!(page.has("Refunded on March 9, 2026") && page.has("Refunded because Given twice"));
    let file = shelter.ada.get("contributions/export").await.body;
    assert!(file.contains("2026-03-09,Given twice"), "{file}");
}

#[tokio::test]
async fn one_box_finds_a_gift_by_its_numbers_its_source_and_whom_it_honours() {
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await;
    for (amount, field, value) in [
        ("1", "cheque_number", "00417"),
        ("2", "transaction_id", "TX-417b"),
        ("3", "source", "Été 2026"),
        ("4", "honoree_name", "Rosa Été"),
    ] {
        let mut gift = vec![("amount", amount), (field, value)];
        if field == "honoree_name" {
            gift.push(("dedication", "In Memory Of"));
        }
        assert_eq!(shelter.give(anne, &gift).await.status, 303);
    }
    let batch = shelter.begin_batch("1", "5").await;
    let id = batch.rsplit('/').next().unwrap().to_owned();
    let (contact, fund) = (anne.to_string(), shelter.general_fund().await.to_string());
    let row = [
        ("rows.1.contact", contact.as_str()),
        ("rows.1.amount", "5"),
        ("rows.1.received_on", "2026-03-01"),
        ("rows.1.payment_method", "Cash"),
        ("rows.1.fund", fund.as_str()),
        ("then", "post"),
    ];
    assert_eq!(shelter.ada.save(&batch, &row).await.location(), batch);
    let found = async |typed: &str| {
        let query = serde_urlencoded::to_string([("reference", typed), ("sort", "amount"), ("order", "ascending")]);
        let list = shelter.ada.get(&format!("contributions?{}", query.unwrap())).await;
        list.texts("tbody td.number")
    };
    assert_eq!(found("417").await, ["$1.00", "$2.00"]);
    assert_eq!(found("tx-417B").await, ["$2.00"]);
    assert_eq!(found("éTÉ").await, ["$3.00", "$4.00"]);
    assert_eq!(found("sunday").await, ["$5.00"], "by the name of its batch");
    assert_eq!(found("418").await, [""; 0]);
    let of_batch = shelter.ada.get(&format!("contributions?batch={id}")).await;
    assert!(of_batch.has("Only what was posted with Sunday cheques"));
}

#[tokio::test]
async fn a_contacts_tab_shows_each_gift_and_what_they_add_up_to() {
    let shelter = Shelter::open().await;
    let (anne, bob) = (shelter.person("Anne Lem").await, shelter.person("Bob Roy").await);
    let tab = format!("contacts/{anne}/contributions");
    assert!(shelter.ada.get(&tab).await.has("No contributions yet"));
    shelter
        .write((1..=60).map(|n| (anne, n * 100, "2026-01-05")).collect())
        .await;
    shelter.write(vec![(bob, 77_700, "2026-01-05")]).await;
    let page = shelter.ada.get(&tab).await;
    assert_eq!(
        page.texts(".figure dd"),
        ["$1,830.00", "60", "$60.00", "Jan 5, 2026", "Jan 5, 2026"]
    );
    assert_eq!(page.text(".tab[aria-current] .tab__count"), "60");
    assert_eq!(page.texts("tbody tr").len(), 50);
    assert!(!page.has("$777.00"));
    assert_eq!(
        shelter.ada.get(&format!("{tab}?page=2")).await.texts("tbody tr").len(),
        10
    );
}

#[tokio::test]
async fn a_soft_credit_stands_with_the_gift_and_with_whoever_is_credited() {
    let shelter = Shelter::open().await;
    let (anne, bob) = (shelter.person("Anne Lem").await, shelter.person("Bob Roy").await);
    let gift = shelter.give(anne, &[("amount", "100")]).await.location();
    let (ada, contact) = (&shelter.ada, bob.to_string());
    let credits = format!("{gift}/soft-credits");
    let much = [
        ("contact", contact.as_str()),
        ("amount", "100.01"),
        ("credit_type", "Solicited"),
    ];
    assert!(
        ada.post(&credits, &much)
            .await
            .has("Nobody can be credited with more than the gift.")
    );
    let some = [
        ("contact", contact.as_str()),
        ("amount", "40"),
        ("credit_type", "Solicited"),
    ];
    assert_eq!(ada.post(&credits, &some).await.location(), gift);
    assert!(ada.get(&gift).await.has("Bob Roy $40.00 Solicited"));
    let tab = ada.get(&format!("contacts/{bob}/contributions")).await;
    assert_eq!(
        tab.texts("[aria-labelledby=soft-credits] tbody td"),
        ["$40.00", "Solicited"]
    );
    assert!(!tab.has("Given in all"), "a soft credit is not a gift");
    assert!(tab.has("Bob Roy is credited with, $40.00 in all"));
    shelter.give(bob, &[("amount", "7")]).await;
    let credited = tab
        .attribute("[aria-labelledby=soft-credits] .card__head a", "href")
        .unwrap();
    let gifts = ada.get(&credited).await;
    assert_eq!(gifts.texts("tbody td.number"), ["$100.00"]);
    assert!(gifts.has("Only gifts of others credited to Bob Roy"));
    let amounts = async |query: &str| {
        ada.get(&format!("contributions?{query}"))
            .await
            .texts("tbody td.number")
    };
    assert_eq!(amounts("soft_credit=yes").await, ["$100.00"]);
    assert_eq!(amounts("soft_credit=no").await, ["$7.00"]);
    let file = ada.get("contributions/export?soft_credit=yes").await.body;
    assert!(file.contains("Bob Roy: 40.00 Solicited"), "{file}");
    let delete = ada
        .get(&gift)
        .await
        .attribute("form[action*=soft-credits][action$=delete]", "action")
        .unwrap();
    ada.post(&delete, &[]).await;
    assert!(ada.get(&gift).await.has("Nobody else is credited with this gift."));
}

#[tokio::test]
async fn a_recurring_gift_moves_on_each_time_it_comes_until_it_ends() {
    let shelter = Shelter::open().await;
    let (anne, bob) = (shelter.person("Anne Lem").await, shelter.person("Bob Roy").await);
    let (ada, fund) = (&shelter.ada, shelter.general_fund().await.to_string());
    let tab = format!("contacts/{anne}/contributions");
    let series = |start: &'static str, end: &'static str| {
        let typed = [
            ("amount", "25"),
            ("frequency", "Monthly"),
            ("start_date", start),
            ("end_date", end),
        ];
        [typed.as_slice(), &[("currency", "CAD"), ("fund", fund.as_str())]].concat()
    };
    let backwards = ada
        .post(
            &format!("contacts/{anne}/recurring"),
            &series("2026-01-31", "2026-01-01"),
        )
        .await;
    assert_eq!(backwards.status, 422);
    assert!(backwards.has("It ends before it starts."));
    ada.post(
        &format!("contacts/{anne}/recurring"),
        &series("2026-01-31", "2026-03-31"),
    )
    .await;
    let next = async || {
        ada.get(&tab)
            .await
            .text("[aria-labelledby=recurring] [data-label='Next Date']")
            .replace(" Overdue", "")
    };
    assert_eq!(next().await, "Jan 31, 2026");
    let record = ada
        .get(&tab)
        .await
        .attribute("[aria-labelledby=recurring] .table__actions a", "href")
        .unwrap();
    let form = ada.get(&record).await;
    assert_eq!(form.attribute("#amount", "value").unwrap(), "25.00");
    let id = form.attribute("#recurring option[selected]", "value").unwrap();

    shelter
        .give(
            anne,
            &[("amount", "25"), ("received_on", "2026-01-30"), ("recurring", &id)],
        )
        .await;
    assert_eq!(next().await, "Feb 28, 2026", "the last of the month stays the last");
    shelter
        .give(
            anne,
            &[("amount", "25"), ("received_on", "2026-03-02"), ("recurring", &id)],
        )
        .await;
    assert_eq!(next().await, "Mar 31, 2026");
    shelter
        .give(
            anne,
            &[("amount", "25"), ("received_on", "2026-03-31"), ("recurring", &id)],
        )
        .await;
    assert_eq!(next().await, "Ended");
    assert_eq!(
        ada.get(&format!("contributions?recurring={id}"))
            .await
            .texts("tbody tr")
            .len(),
        3
    );
    let anothers = shelter.give(bob, &[("amount", "25"), ("recurring", &id)]).await;
    assert_eq!(anothers.status, 422, "a series belongs to one donor");

    ada.post(&format!("contacts/{anne}/recurring"), &series("2026-06-01", ""))
        .await;
    let end = ada.get(&tab).await.attribute("form[action$=end]", "action").unwrap();
    ada.post(&end, &[]).await;
    assert!(ada.get(&tab).await.attribute("form[action$=end]", "action").is_none());
}

#[tokio::test]
async fn a_gift_does_not_become_less_than_somebody_is_credited_with_nor_another_currency() {
    let shelter = Shelter::open().await;
    let (anne, bob) = (shelter.person("Anne Lem").await, shelter.person("Bob Roy").await);
    let gift = shelter.give(anne, &[("amount", "100")]).await.location();
    let contact = bob.to_string();
    let credit = [
        ("contact", contact.as_str()),
        ("amount", "80"),
        ("credit_type", "Solicited"),
    ];
    shelter.ada.post(&format!("{gift}/soft-credits"), &credit).await;
    let form = format!("{gift}/edit");
    for change in [[("amount", "10")], [("currency", "JPY")]] {
        let typed = shelter.ada.get(&form).await.filled(&change);
        let refused = crate::support::office::send(&shelter.ada, &form, &typed).await;
        assert_eq!(refused.status, 422, "{change:?}: {}", refused.text("main"));
        assert!(
            refused.has("Bob Roy is credited with $80.00 of this contribution."),
            "{}",
            refused.text("main")
        );
    }
    let typed = shelter.ada.get(&form).await.filled(&[("amount", "80")]);
    assert_eq!(
        crate::support::office::send(&shelter.ada, &form, &typed).await.status,
        303
    );
}
