//! Actions on a selection through the pages: what would change is told before, is what happens, and can be taken back.

mod deeds;
mod killed;
mod seen;

use crate::support::browserless::Answer;
use crate::support::office::Office;
use crate::support::world::eventually;
use diesel::prelude::*;
use dms::base::{EmailAddress, Role};
use dms::crm::contacts::{self, Address, Contact, ContactDraft, EmailDraft};
use dms::db::schema::due_contacts;

impl Office {
    /// Starts an action; returns its page once the background is through with it.
    async fn act(&self, selection: &[(&str, &str)], deed: &[(&str, &str)]) -> String {
        let fields: Vec<(&str, &str)> = selection.iter().chain(deed).copied().collect();
        let page = self.ada.post("bulk/start", &fields).await.location();
        self.until(&page, "Done").await;
        page
    }

    async fn undo_bulk(&self, page: &str) {
        let started = self.ada.post(&format!("{page}/undo"), &[]).await;
        assert_eq!(started.location(), page, "{}", started.body);
        self.until(page, "Undone").await;
    }

    async fn until(&self, page: &str, words: &str) {
        eventually(words, async || {
            let shown = self.ada.get(page).await;
            assert!(!shown.has("The work has stopped"), "{}", shown.body);
            shown.texts(".message__text").contains(&words.to_owned())
        })
        .await;
    }
}

/// The numbers of the page with what they count: "2 contacts changed".
fn tally(page: &Answer) -> Vec<String> {
    let (numbers, words) = (page.texts(".tally__number"), page.texts(".tally__text strong"));
    let both = numbers.into_iter().zip(words);
    both.map(|(number, word)| format!("{number} {word}")).collect()
}

fn person(first: &str, language: &str, city: &str) -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.first_name = first.into();
    draft.details.last_name = "Tester".into();
    draft.details.preferred_language = language.into();
    if !city.is_empty() {
        draft.addresses.push(Address {
            location_type: "Home".into(),
            city: city.into(),
            is_primary: true,
            ..Address::default()
        });
    }
    draft
}

const ALL: &[(&str, &str)] = &[("scope", "all")];
const FRENCH: &[(&str, &str)] = &[("deed", "edit"), ("field", "preferred_language"), ("value", "fr")];

#[tokio::test]
async fn an_edit_tells_what_would_change_and_does_just_that() {
    let office = Office::open().await;
    let ids = office
        .add_all(vec![
            person("Anne", "en", ""),
            person("Bo", "en", ""),
            person("Cy", "fr", ""),
            person("Di", "", ""),
        ])
        .await;

    let asked = [("scope", "all"), ("field", "preferred_language"), ("value", "fr")];
    let preview = office.ada.post("bulk/preview", &asked).await;
    assert_eq!(
        preview.texts("tbody tr"),
        ["English (en) French (fr) 2", "nothing French (fr) 1"]
    );
    assert!(preview.has("1 of the chosen is so already"), "{}", preview.body);
    assert_eq!(
        office.contact(ids[0]).await.details.preferred_language,
        "en",
        "only asked"
    );

    office
        .write(|tx| Ok(diesel::delete(due_contacts::table).execute(&mut **tx)?))
        .await;
    let page = office.act(ALL, FRENCH).await;
    let shown = office.ada.get(&page).await;
    assert_eq!(
        tally(&shown),
        ["3 contacts changed", "1 contact was so already", "0 contacts skipped"]
    );
    let due: Vec<i64> = office
        .write(|tx| {
            let due = due_contacts::table.select(due_contacts::contact_id);
            Ok(due.order(due_contacts::contact_id).load(&mut **tx)?)
        })
        .await;
    assert_eq!(
        due,
        [ids[0].0, ids[1].0, ids[3].0],
        "who changed is due for the sync, and nobody else"
    );
    let line = &office.log(ids[3]).await[0];
    assert_eq!(
        (line.actor_name.as_str(), line.what.as_str()),
        ("Ada Lem", "Contact changed")
    );
    assert_eq!(line.why, "Bulk action on 4 contacts");
    assert_eq!(
        office.log(ids[2]).await.len(),
        1,
        "nothing happened to somebody who was so already"
    );
}

#[tokio::test]
async fn an_undo_brings_back_the_values_before_and_leaves_what_was_changed_since() {
    let office = Office::open().await;
    let ids = office
        .add_all(vec![
            person("Anne", "en", "Alma"),
            person("Bo", "fr", ""),
            person("Cy", "en", "Hull"),
        ])
        .await;
    let page = office
        .act(ALL, &[("deed", "edit"), ("field", "city"), ("value", "Ayr")])
        .await;
    assert_eq!(
        office.contact(ids[1]).await.addresses[0].city,
        "Ayr",
        "an address of its own"
    );
    let moved = ids[2];
    office
        .write(move |tx| {
            let mut draft = contacts::store::find(tx, moved)?.unwrap().draft();
            draft.addresses[0].city = "Perth".into();
            Ok(contacts::actions::change(tx, moved, &draft, "moved")?)
        })
        .await;

    office.undo_bulk(&page).await;
    assert_eq!(office.contact(ids[0]).await.addresses[0].city, "Alma");
    assert!(office.contact(ids[1]).await.addresses.is_empty());
    assert_eq!(office.contact(ids[2]).await.addresses[0].city, "Perth");
    let shown = office.ada.get(&page).await;
    assert_eq!(
        tally(&shown),
        ["2 contacts are as before", "1 contact not taken back wholly"]
    );
    let kept = office.ada.get(&format!("{page}/contacts/kept")).await;
    assert!(
        kept.has("Tester, Cy") && kept.has("Changed since, so left as it is: Addresses."),
        "{}",
        kept.body
    );
    assert_eq!(office.log(ids[0]).await[0].why, "“City set to Ayr” was undone");
    let again = office.ada.post(&format!("{page}/undo"), &[]).await;
    assert_eq!(again.status, 409, "it is undone once");
}

#[tokio::test]
async fn only_those_who_were_chosen_when_it_started_are_changed() {
    let office = Office::open().await;
    let ids = office
        .add_all(vec![
            person("Anne", "en", ""),
            person("Anna", "en", ""),
            person("Bo", "en", ""),
        ])
        .await;
    office.act(&[("scope", "all"), ("q", "ann")], FRENCH).await;
    let first = ids[2].to_string();
    let language = |contact: Contact| contact.details.preferred_language;
    assert_eq!(language(office.contact(ids[0]).await), "fr");
    assert_eq!(language(office.contact(ids[1]).await), "fr");
    assert_eq!(language(office.contact(ids[2]).await), "en");
    let english = [("deed", "edit"), ("field", "preferred_language"), ("value", "")];
    office
        .act(&[("scope", "selected"), ("id", &first), ("q", "ann")], &english)
        .await;
    assert_eq!(language(office.contact(ids[2]).await), "");
    assert_eq!(language(office.contact(ids[0]).await), "fr");
    let nobody = office
        .ada
        .post("bulk/start", &[("scope", "selected"), ("deed", "trash")])
        .await;
    assert_eq!(nobody.location(), office.ada.at("contacts"));
    assert!(office.ada.get("contacts").await.has("Nobody was chosen"));
}

#[tokio::test]
async fn a_selection_goes_to_the_trash_comes_back_and_both_can_be_undone() {
    let office = Office::open().await;
    let mut bo = person("Bo", "", "");
    bo.details.external_identifier = Some("B-1".into());
    let ids = office
        .add_all(vec![person("Anne", "", ""), bo.clone(), person("Cy", "", "")])
        .await;
    let trashed = office.act(ALL, &[("deed", "trash")]).await;
    assert!(office.ada.get("contacts").await.has("No contacts yet"));
    let trash = office.ada.get("contacts/trash").await;
    assert_eq!(trash.texts("tbody .table__name").len(), 3);

    // Somebody took Anne out, and her identifier is borne by another Bo meanwhile.
    let anne = ids[0];
    office.write(move |tx| Ok(contacts::actions::restore(tx, anne)?)).await;
    office.add_all(vec![bo]).await;
    let restored = office
        .act(&[("scope", "all"), ("in_trash", "yes")], &[("deed", "restore")])
        .await;
    assert_eq!(
        tally(&office.ada.get(&restored).await),
        ["1 contact changed", "0 contacts were so already", "1 contact skipped"]
    );
    let skipped = office.ada.get(&format!("{restored}/contacts/skipped")).await;
    assert!(
        skipped.has("Another contact has the same External Identifier"),
        "{}",
        skipped.body
    );
    assert!(office.contact(ids[2]).await.deleted_at.is_none());

    office.undo_bulk(&restored).await;
    assert!(
        office.contact(ids[2]).await.deleted_at.is_some(),
        "in the trash as before"
    );
    office.undo_bulk(&trashed).await;
    assert!(
        office.contact(ids[2]).await.deleted_at.is_some(),
        "trashed anew since, so it stays"
    );
    assert!(office.contact(ids[1]).await.deleted_at.is_some());
    assert_eq!(
        tally(&office.ada.get(&trashed).await),
        ["1 contact is as before", "2 contacts not taken back wholly"]
    );
}

#[tokio::test]
async fn what_would_break_a_rule_is_skipped_and_told() {
    let office = Office::open().await;
    let mut nameless = ContactDraft::default();
    nameless.emails.push(EmailDraft {
        is_primary: true,
        ..EmailDraft::new(EmailAddress::parse("a@b.test").unwrap())
    });
    office.add_all(vec![nameless]).await;
    let wrong = office
        .ada
        .post(
            "bulk/preview",
            &[("scope", "all"), ("field", "do_not_email"), ("value", "perhaps")],
        )
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.has("Choose Yes or No."));
    let long = "x".repeat(300);
    let wrong = office
        .ada
        .post(
            "bulk/start",
            &[
                ("scope", "all"),
                ("deed", "edit"),
                ("field", "source"),
                ("value", &long),
            ],
        )
        .await;
    assert_eq!(wrong.status, 422);
    assert!(office.ada.get("bulk").await.has("Nothing done in bulk yet"));
}

#[tokio::test]
async fn taking_off_a_wish_of_the_contacts_or_ending_it_at_mailchimp_is_said_before() {
    let office = Office::open().await;
    let mut anne = person("Anne", "", "");
    anne.details.privacy.is_opt_out = true;
    office.add_all(vec![anne, person("Bo", "", "")]).await;
    let ask = async |value| {
        let asked = [("scope", "all"), ("field", "is_opt_out"), ("value", value)];
        office.ada.post("bulk/preview", &asked).await
    };
    assert!(ask("no").await.has("Only with their permission"));
    assert!(ask("yes").await.has("only they can do that"));
}

#[tokio::test]
async fn a_reader_sees_bulk_actions_and_starts_none() {
    let office = Office::open().await;
    office.add_all(vec![person("Anne", "en", "")]).await;
    let page = office.act(ALL, FRENCH).await;
    let rita = office
        .world
        .invite(&office.ada, Role::Reader, "rita@riverside.test")
        .await;
    let list = rita.get("bulk").await;
    assert!(
        list.has("Preferred Language set to French (fr)") && !list.has("Undo"),
        "{}",
        list.body
    );
    assert!(!rita.get(&page).await.has("Undo this Action"));
    assert_eq!(
        rita.post("bulk/start", &[("scope", "all"), ("deed", "trash")])
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn an_address_without_a_readable_page_number_shows_the_first_page() {
    let office = Office::open().await;
    for list in ["bulk", "merges", "duplicates", "imports", "mailchimp/runs"] {
        for page in ["", "x", "-3", "99999999999999999999"] {
            let shown = office.ada.get(&format!("{list}?page={page}")).await;
            assert_eq!(shown.status, 200, "{list}?page={page}");
        }
    }
}

#[tokio::test]
async fn of_many_different_values_the_preview_lists_the_most_frequent_and_the_one_that_is_wanted() {
    let office = Office::open().await;
    let cities = (0..25).flat_map(|number| {
        let times = if number < 24 { 2 } else { 1 };
        std::iter::repeat_n(person("Anne", "en", &format!("City {number:02}")), times)
    });
    office.add_all(cities.collect()).await;
    let asked = [("scope", "all"), ("field", "city"), ("value", "City 24")];
    let preview = office.ada.post("bulk/preview", &asked).await;
    let rows = preview.texts("tbody tr");
    assert_eq!(rows.len(), 21, "{rows:?}");
    assert_eq!(
        (rows[0].as_str(), rows[19].as_str()),
        ("City 00 City 24 2", "City 19 City 24 2")
    );
    assert!(rows[20].ends_with(" 8"), "{rows:?}");
    assert!(preview.has("1 of the chosen is so already"), "{}", preview.body);
}
