//! The search for duplicates: finds those with something in common, remembers who is two, and copes with many.

use super::person;
use crate::support::office::Office;
use crate::support::world::eventually;
use chrono::TimeDelta;
use dms::base::ContactId;
use dms::crm::contacts::{self, ContactDraft, Phone};

impl Office {
    async fn search(&self) {
        let started = self.ada.post("duplicates/search", &[]).await;
        assert_eq!(started.location(), self.ada.at("duplicates"), "{}", started.body);
        eventually("the search is through", async || {
            self.ada.get("duplicates/live").await.has("Last looked")
        })
        .await;
    }

    /// The pairs of the page, without what can be done with them.
    async fn pairs(&self, show: &str) -> Vec<String> {
        let page = self.ada.get(&format!("duplicates?show={show}")).await;
        let names = page.texts("tbody .table__name");
        names.chunks(2).map(|pair| pair.join(" & ")).collect()
    }
}

fn with_phone(mut draft: ContactDraft, number: &str) -> ContactDraft {
    draft.phones.push(Phone::new(number));
    draft.settle_primaries();
    draft
}

#[tokio::test]
async fn pairs_are_found_with_their_reasons_and_the_most_likely_come_first() {
    let office = Office::open().await;
    assert!(office.ada.get("duplicates").await.has("Not looked yet"));
    for draft in [
        person("Anne", "Lévesque", "anne@x.test"),
        person("Anne", "Levesque", "ANNE@x.test"),
        with_phone(person("Catherine", "Smith", ""), "613 555 0100"),
        with_phone(person("Katherine", "Smyth", ""), "(613) 555-0100"),
        person("Bo", "Roy", "bo@x.test"),
    ] {
        office.add(draft).await;
    }
    office.search().await;
    assert_eq!(
        office.pairs("").await,
        ["Lévesque, Anne & Levesque, Anne", "Smith, Catherine & Smyth, Katherine"]
    );
    let page = office.ada.get("duplicates").await;
    assert!(
        page.has("Very likely") && page.has("Same email anne@x.test, same name"),
        "{}",
        page.body
    );
    assert!(page.has("Names that sound alike, same phone"), "{}", page.body);
}

#[tokio::test]
async fn who_was_told_apart_is_never_offered_again_and_who_was_merged_is_gone() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem", "anne@x.test")).await;
    let ann = office.add(person("Ann", "Lem", "anne@x.test")).await;
    let bo = office.add(person("Bo", "Roy", "bo@x.test")).await;
    let bob = office.add(person("Bo", "Roy", "bo@x.test")).await;
    office.search().await;
    assert_eq!(office.pairs("").await.len(), 2);
    office
        .ada
        .post("duplicates/dismiss", &[("pair", &format!("{ann}-{anne}"))])
        .await;
    office.merge(bo, bob, &[]).await;
    assert!(office.pairs("").await.is_empty());

    // Changed, and looked at again: still two.
    office.world.pass(TimeDelta::hours(1));
    office
        .write(move |tx| {
            let mut draft = contacts::store::find(tx, ann)?.unwrap().draft();
            draft.details.first_name = "Anne".into();
            Ok(contacts::actions::change(tx, ann, &draft, "")?)
        })
        .await;
    office.search().await;
    assert!(office.pairs("").await.is_empty());
    assert_eq!(office.pairs("dismissed").await, ["Lem, Anne & Lem, Anne"]);
    office
        .ada
        .post("duplicates/reopen", &[("pair", &format!("{anne}-{ann}"))])
        .await;
    assert_eq!(office.pairs("").await.len(), 1);
}

#[tokio::test]
async fn the_next_search_looks_only_at_who_was_changed_and_finds_who_is_new() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem", "anne@x.test")).await;
    office.search().await;
    office.world.pass(TimeDelta::hours(1));
    let ann = office.add(person("Anne", "Lem", "anne@x.test")).await;
    assert!(office.ada.get("duplicates").await.has("1 contact was changed since."));
    office.search().await;
    assert_eq!(office.pairs("").await.len(), 1);

    // No longer the same: no longer a pair.
    office.world.pass(TimeDelta::hours(1));
    office
        .write(move |tx| {
            let mut draft = person("Zoë", "Roy", "zoe@x.test");
            draft.details.source = "Corrected".into();
            Ok(contacts::actions::change(tx, ann, &draft, "")?)
        })
        .await;
    office.search().await;
    assert!(office.pairs("").await.is_empty());
    assert!(office.contact(anne).await.deleted_at.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_many_share_makes_no_pairs_and_many_contacts_are_looked_through() {
    const PEOPLE: usize = 3_000;
    let office = Office::open().await;
    let _ids: Vec<ContactId> = office
        .write(move |tx| {
            let mut drafts: Vec<ContactDraft> = (0..PEOPLE)
                .map(|n| {
                    let draft = person(
                        &format!("First{}", n % 700),
                        &format!("Last{n}"),
                        &format!("p{n}@x.test"),
                    );
                    with_phone(draft, &format!("613 55{:05}", n % 100_000))
                })
                .collect();
            drafts.extend((0..60).map(|n| person(&format!("Clerk{n}"), "Office", "office@x.test")));
            drafts.push(person("First1", "Last1", "p1@x.test"));
            Ok(contacts::actions::add_many(tx, &drafts)?)
        })
        .await;
    office.search().await;
    assert_eq!(office.pairs("").await, ["Last1, First1 & Last1, First1"]);
}

#[tokio::test]
async fn each_night_looks_at_whoever_was_changed_since_and_the_dashboard_tells() {
    let office = Office::open().await;
    office.add(person("Anne", "Lem", "anne@x.test")).await;
    office.add(person("Ann", "Lem", "anne@x.test")).await;
    office.world.pass(TimeDelta::days(1) + TimeDelta::minutes(1));
    eventually("the night looked", async || {
        office.pairs("").await == ["Lem, Anne & Lem, Ann"]
    })
    .await;
    assert!(
        office
            .ada
            .get("dashboard")
            .await
            .has("1 pair of contacts may be one person")
    );
    office.add(person("Bo", "Roy", "bo@x.test")).await;
    office.add(person("Bob", "Roy", "bo@x.test")).await;
    office.world.pass(TimeDelta::days(1) + TimeDelta::minutes(1));
    eventually("the next night looked", async || office.pairs("").await.len() == 2).await;
}
