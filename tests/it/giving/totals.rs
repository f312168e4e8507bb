//! The giving totals: always what adding up the completed contributions gives, whatever happened and however many at once.

use super::{Shelter, day};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use dms::base::{Actor, ContactId, Currency, Money};
use dms::crm::contributions::totals::{self, GivingTotal};
use dms::crm::contributions::{ContributionDraft, ContributionError, Status, actions, search};
use dms::db::OrgTx;

/// Whether the totals are what the contributions add up to, for everybody.
fn totals_are_true(tx: &mut OrgTx<'_>) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct True {
        #[diesel(sql_type = Bool)]
        is_true: bool,
    }
    let found: True = diesel::sql_query(
        "WITH added_up AS (SELECT contact_id, currency, count(*)::integer AS contributions, sum(amount)::bigint AS total, \
             max(amount) AS largest, min(received_on) AS first_on, max(received_on) AS last_on FROM contributions \
             WHERE organization_id = $1 AND status = 'Completed' GROUP BY contact_id, currency), \
         kept AS (SELECT contact_id, currency, contributions, total, largest, first_on, last_on FROM giving_totals \
             WHERE organization_id = $1) \
         SELECT NOT EXISTS ((TABLE added_up EXCEPT TABLE kept) UNION ALL (TABLE kept EXCEPT TABLE added_up)) AS is_true",
    )
    .bind::<BigInt, _>(tx.organization())
    .get_result(&mut **tx)?;
    Ok(found.is_true)
}

impl Shelter {
    async fn given(&self, who: ContactId) -> Vec<GivingTotal> {
        self.ask(move |tx| totals::of(tx, who)).await
    }
}

#[tokio::test]
async fn only_completed_gifts_count_and_every_change_is_counted_at_once() {
    let shelter = Shelter::open().await;
    let (anne, bob) = (shelter.person("Anne Lem").await, shelter.person("Bob Roy").await);
    let fund = shelter.general_fund().await;
    let db = shelter.world.db();
    let organization = shelter.ada.organization_id();
    let (today, fifty) = (day("2026-11-24"), Money::new(5_000, Currency::CAD));
    let gift = ContributionDraft::new(anne, fifty, day("2026-03-01"), fund);
    let draft = gift.clone();
    let added: Result<_, ContributionError> = db
        .write(organization, Actor::System, move |tx| actions::add(tx, &draft, today))
        .await;
    let id = added.unwrap();
    let given = shelter.given(anne).await;
    assert_eq!((given[0].contributions, given[0].total()), (1, fifty));

    for (change, of_anne, of_bob) in [
        (
            ContributionDraft {
                status: Status::Refunded,
                ..gift.clone()
            },
            vec![],
            vec![],
        ),
        (
            ContributionDraft {
                amount: 7_000,
                ..gift.clone()
            },
            vec![7_000],
            vec![],
        ),
        (
            ContributionDraft {
                contact_id: bob,
                ..gift.clone()
            },
            vec![],
            vec![5_000],
        ),
    ] {
        let changed: Result<bool, ContributionError> = db
            .write(organization, Actor::System, move |tx| {
                actions::change(tx, id, &change, today, "")
            })
            .await;
        assert!(changed.unwrap());
        let sums = |given: Vec<GivingTotal>| given.iter().map(|one| one.total).collect::<Vec<_>>();
        assert_eq!(
            (sums(shelter.given(anne).await), sums(shelter.given(bob).await)),
            (of_anne, of_bob)
        );
        assert!(shelter.ask(totals_are_true).await);
    }
    let gone: anyhow::Result<usize> = db
        .write(organization, Actor::System, move |tx| {
            Ok(actions::delete(tx, &[id], "")?)
        })
        .await;
    assert_eq!(gone.unwrap(), 1);
    assert!(shelter.given(bob).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn gifts_typed_in_at_the_same_moment_all_count() {
    let shelter = Shelter::open().await;
    let anne = shelter.person("Anne Lem").await;
    let fund = shelter.general_fund().await;
    let organization = shelter.ada.organization_id();
    let at_once = (1..=20).map(|n| {
        let db = shelter.world.db().clone();
        tokio::spawn(async move {
            let gift = ContributionDraft::new(anne, Money::new(n * 100, Currency::CAD), day("2026-03-01"), fund);
            let added: Result<_, ContributionError> = db
                .write(organization, Actor::System, move |tx| {
                    actions::add(tx, &gift, day("2026-11-24"))
                })
                .await;
            added.unwrap();
        })
    });
    for one in at_once.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    let given = shelter.given(anne).await;
    assert_eq!(
        (given[0].contributions, given[0].total, given[0].largest),
        (20, 21_000, 2_000)
    );
    assert!(shelter.ask(totals_are_true).await);
}

#[tokio::test]
async fn a_draft_of_another_organizations_contact_or_fund_is_refused() {
    let shelter = Shelter::open().await;
    let (anne, fund) = (shelter.person("Anne Lem").await, shelter.general_fund().await);
    let stranger = shelter.world.stranger().await;
    let gift = ContributionDraft::new(anne, Money::new(100, Currency::CAD), day("2026-03-01"), fund);
    let added: Result<_, ContributionError> = shelter
        .world
        .db()
        .write(stranger.organization_id(), Actor::System, move |tx| {
            actions::add(tx, &gift, day("2026-11-24"))
        })
        .await;
    assert!(matches!(
        added,
        Err(ContributionError::Database(diesel::result::Error::NotFound))
    ));
    let none = shelter.ask(|tx| search::totals(tx, &search::Filter::default())).await;
    assert!(none.is_empty());
}
