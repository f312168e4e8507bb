//! Erasing a person whom Mailchimp has: Mailchimp deletes them first, whatever comes between, and nobody comes back by it.

use super::tables_with;
use crate::support::browser::Browser;
use crate::support::rehearsal::Rehearsal;
use crate::support::world::eventually;
use chrono::TimeDelta;
use dms::base::{ContactId, GroupId};
use dms::crm::groups;
use serde_json::{Value, json};

const DELETE: &str = "lists/{list_id}/members/{subscriber_hash}/actions/delete-permanent";
/// Longer than Mailchimp is left alone after it refused a deletion.
const UNTIL_AGAIN: TimeDelta = TimeDelta::minutes(11);

/// A linked group, and Anne, who was in it, is archived at Mailchimp and in the trash here.
struct Trashed {
    rehearsal: Rehearsal,
    group: GroupId,
    anne: ContactId,
    anne_at: String,
}

impl Trashed {
    async fn start() -> Self {
        let rehearsal = Rehearsal::start(1).await;
        let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
        let group = rehearsal.group("Newsletter", vec![anne]).await;
        rehearsal.link(group, "both").await;
        rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
        let trashed = Self {
            rehearsal,
            group,
            anne,
            anne_at,
        };
        trashed.trash().await;
        trashed
    }

    /// Into the trash; until we know that Mailchimp has archived them.
    async fn trash(&self) {
        self.post("trash", &[]).await;
        self.rehearsal.until_at_mailchimp(&self.anne_at, "archived").await;
        eventually("we know that", async || self.page().await.has("archived")).await;
    }

    async fn post(&self, what: &str, fields: &[(&str, &str)]) -> crate::support::browserless::Answer {
        self.rehearsal
            .ada
            .post(&format!("contacts/{}/{what}", self.anne), fields)
            .await
    }

    /// Types the name and presses the button.
    async fn ask(&self) {
        let asked = self.post("erase", &[("name", "Anne Lem")]).await;
        let page = self.rehearsal.ada.at(&format!("contacts/{}/erase", self.anne));
        assert_eq!(asked.location(), page, "{}", asked.body);
    }

    /// The page that asks, or that says how far it is.
    async fn page(&self) -> crate::support::browserless::Answer {
        self.rehearsal.ada.get(&format!("contacts/{}/erase", self.anne)).await
    }

    async fn is_erased(&self) -> bool {
        self.page().await.location_if_any() == Some(self.rehearsal.ada.at("contacts/trash"))
    }

    async fn until_erased(&self) {
        eventually("they are erased here", async || self.is_erased().await).await;
        assert_eq!(
            self.rehearsal.status_at_mailchimp(&self.anne_at).await,
            None,
            "gone there for good"
        );
    }

    /// Deletions at Mailchimp end so, until told otherwise.
    async fn spoil(&self, kind: &str) {
        self.rehearsal
            .ask(
                "POST",
                "faults",
                json!({"kind": kind, "method": "POST", "route": DELETE}),
            )
            .await;
    }

    async fn no_more_faults(&self) {
        self.rehearsal.ask("DELETE", "faults", Value::Null).await;
    }

    /// How often Mailchimp was asked to delete somebody.
    async fn asked_to_delete(&self) -> u64 {
        let route: String = url::form_urlencoded::byte_serialize(DELETE.as_bytes()).collect();
        let found = self
            .rehearsal
            .ask("GET", &format!("requests?method=POST&route={route}"), Value::Null)
            .await;
        found["total_items"].as_u64().unwrap()
    }

    /// Somebody else is added to the group and is at Mailchimp: the sync has been round since.
    async fn until_the_sync_was_round(&self, first_name: &str) {
        let (other, other_at) = self.rehearsal.contact(first_name, "Later").await;
        let group = self.group.to_string();
        self.rehearsal
            .ada
            .post(&format!("contacts/{other}/groups"), &[("group", &group)])
            .await;
        self.rehearsal.until_at_mailchimp(&other_at, "subscribed").await;
    }
}

#[tokio::test]
async fn somebody_whom_mailchimp_has_is_deleted_there_first_and_never_comes_back() {
    let rehearsal = Rehearsal::start(1).await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![anne]).await;
    rehearsal.link(group, "both").await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
    let ada = &rehearsal.ada;
    ada.post(&format!("contacts/{anne}/trash"), &[]).await;
    rehearsal.until_at_mailchimp(&anne_at, "archived").await;
    eventually("we know that", async || {
        ada.get(&format!("contacts/{anne}/erase")).await.has("archived")
    })
    .await;
    assert!(
        ada.get(&format!("contacts/{anne}/erase"))
            .await
            .has("Delete at Mailchimp and Erase for Good")
    );
    let asked = ada
        .post(&format!("contacts/{anne}/erase"), &[("name", "Anne Lem")])
        .await;
    assert_eq!(
        asked.location(),
        ada.at(&format!("contacts/{anne}/erase")),
        "{}",
        asked.body
    );
    eventually("they are deleted there and erased here", async || {
        let asked = ada.get(&format!("contacts/{anne}/erase")).await;
        asked.location_if_any() == Some(ada.at("contacts/trash"))
    })
    .await;
    assert_eq!(
        rehearsal.status_at_mailchimp(&anne_at).await,
        None,
        "gone there for good"
    );
    let told = ada.get(&format!("contacts/{anne}/changes")).await;
    assert!(
        told.has("Contact erased for good") && told.has("Ada Lem"),
        "{}",
        told.body
    );
    let again = rehearsal
        .write(move |tx| {
            let found: Vec<ContactId> = groups::store::members_among(tx, group, &[anne])?.into_iter().collect();
            Ok(found)
        })
        .await;
    assert!(again.is_empty());
    let left = tables_with(&rehearsal.world, ada, &["anne.lem"]).await;
    assert!(
        left.iter().all(|line| line.starts_with("audience_members")),
        "only the list of those never to be written to: {left:#?}"
    );
    // Somebody adds the address anew: Mailchimp is not asked.
    let (new, _) = rehearsal.contact("Anne", "Lem").await;
    ada.post(&format!("contacts/{new}/groups"), &[("group", &group.to_string())])
        .await;
    rehearsal.until_groups_tab(new, "Blocked at Mailchimp").await;
    assert_ne!(
        rehearsal.status_at_mailchimp(&anne_at).await.as_deref(),
        Some("subscribed")
    );
}

#[tokio::test]
async fn what_mailchimp_refuses_is_told_and_tried_again_and_stops_nothing_else() {
    let trashed = Trashed::start().await;
    trashed.spoil("not_permitted").await;
    trashed.ask().await;
    eventually("its words are told", async || {
        let page = trashed.page().await;
        page.has("has not deleted this person yet") && page.has("User action not permitted")
    })
    .await;
    let ada = &trashed.rehearsal.ada;
    assert!(
        ada.get("dashboard").await.has("1 person waits to be erased"),
        "somebody is told"
    );
    trashed.until_the_sync_was_round("Bob").await;
    assert!(
        ada.get("mailchimp").await.texts(".banner").is_empty(),
        "the connection stands"
    );
    assert!(ada.get(&format!("contacts/{}", trashed.anne)).await.has("Anne Lem"));

    trashed.no_more_faults().await;
    let again = trashed.post("erase/again", &[]).await;
    assert_eq!(again.location(), ada.at(&format!("contacts/{}/erase", trashed.anne)));
    trashed.until_erased().await;
    assert!(!ada.get("dashboard").await.has("waits to be erased"));
}

#[tokio::test]
async fn mailchimp_is_asked_again_by_itself_and_whom_it_does_not_have_is_deleted() {
    let trashed = Trashed::start().await;
    trashed.spoil("blocked_html").await;
    trashed.ask().await;
    eventually("its words are told", async || {
        trashed.page().await.has("has not deleted this person yet")
    })
    .await;
    // Somebody deletes them there by hand meanwhile, and Mailchimp tells nobody of that.
    let silent = json!({"webhooks": {"off": true}});
    trashed.rehearsal.ask("PATCH", "settings", silent).await;
    trashed
        .rehearsal
        .member_does(&trashed.anne_at, "erase", json!({}))
        .await;
    trashed.no_more_faults().await;
    trashed.rehearsal.world.pass(UNTIL_AGAIN);
    trashed.until_erased().await;
}

#[tokio::test]
async fn a_deletion_whose_answer_is_lost_is_found_out_and_not_asked_twice() {
    let trashed = Trashed::start().await;
    trashed.spoil("drop_after").await;
    trashed.ask().await;
    trashed.until_erased().await;
    assert_eq!(trashed.asked_to_delete().await, 1);
}

#[tokio::test]
async fn who_is_taken_out_of_the_trash_is_not_erased_even_when_put_there_again() {
    let trashed = Trashed::start().await;
    trashed.spoil("server_error").await;
    trashed.ask().await;
    eventually("its words are told", async || {
        trashed.page().await.has("has not deleted this person yet")
    })
    .await;
    trashed.post("restore", &[]).await;
    trashed.no_more_faults().await;
    trashed
        .rehearsal
        .until_at_mailchimp(&trashed.anne_at, "subscribed")
        .await;
    trashed.trash().await;
    let asked = trashed.asked_to_delete().await;
    trashed.rehearsal.world.pass(UNTIL_AGAIN);
    trashed.until_the_sync_was_round("Bob").await;
    assert_eq!(
        trashed.asked_to_delete().await,
        asked,
        "Mailchimp is not asked any more"
    );
    assert!(!trashed.is_erased().await);
    assert!(
        trashed.page().await.has("Type the name, exactly"),
        "it can be asked for anew"
    );
    trashed.ask().await;
    trashed.until_erased().await;
}

#[tokio::test]
async fn an_address_that_is_somebody_elses_too_stays_at_mailchimp() {
    let rehearsal = Rehearsal::start(1).await;
    let (anne, address) = rehearsal.contact("Anne", "Lem").await;
    let bo = rehearsal
        .contacts(vec![("Bo".into(), "Lem".into(), address.clone())])
        .await[0];
    let group = rehearsal.group("Newsletter", vec![anne, bo]).await;
    rehearsal.link(group, "both").await;
    rehearsal.until_at_mailchimp(&address, "subscribed").await;
    let ada = &rehearsal.ada;
    ada.post(&format!("contacts/{anne}/trash"), &[]).await;
    let question = ada.get(&format!("contacts/{anne}/erase")).await;
    assert!(
        question.has("because it is also the address of") && question.has("Bo Lem"),
        "{}",
        question.body
    );
    let erased = ada
        .post(&format!("contacts/{anne}/erase"), &[("name", "Anne Lem")])
        .await;
    assert_eq!(erased.location(), ada.at("contacts/trash"), "{}", erased.body);
    let (other, other_at) = rehearsal.contact("Cleo", "Later").await;
    ada.post(&format!("contacts/{other}/groups"), &[("group", &group.to_string())])
        .await;
    rehearsal.until_at_mailchimp(&other_at, "subscribed").await;
    assert_eq!(
        rehearsal.status_at_mailchimp(&address).await.as_deref(),
        Some("subscribed"),
        "Bo goes on getting mail"
    );
    rehearsal.until_groups_tab(bo, "In sync").await;
}

#[tokio::test]
async fn while_mailchimp_refuses_the_connection_an_erasure_waits_and_goes_on_when_it_is_connected_again() {
    let trashed = Trashed::start().await;
    let rehearsal = &trashed.rehearsal;
    rehearsal.ask("POST", "tokens/revoke", json!({})).await;
    eventually("the connection is refused", async || {
        rehearsal
            .ada
            .get("contacts")
            .await
            .has("no longer accepts our connection")
    })
    .await;
    trashed.ask().await;
    assert!(trashed.page().await.has("does not accept the connection at the moment"));
    assert!(!trashed.is_erased().await);
    rehearsal.connect().await;
    trashed.until_erased().await;
}

#[tokio::test]
async fn who_is_erased_while_mailchimp_is_disconnected_does_not_come_back_with_it() {
    let rehearsal = Rehearsal::start(1).await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![anne]).await;
    rehearsal.link(group, "both").await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
    rehearsal.until_groups_tab(anne, "In sync").await;
    let ada = &rehearsal.ada;
    let off = ada.post("mailchimp/disconnect", &[]).await;
    assert!(off.status.is_redirection(), "{}", off.body);
    ada.post(&format!("contacts/{anne}/trash"), &[]).await;
    let question = ada.get(&format!("contacts/{anne}/erase")).await;
    assert!(
        question.has("Mailchimp is not connected, so nothing is deleted there") && question.has(&anne_at),
        "{}",
        question.body
    );
    let erased = ada
        .post(&format!("contacts/{anne}/erase"), &[("name", "Anne Lem")])
        .await;
    assert_eq!(erased.location(), ada.at("contacts/trash"), "{}", erased.body);

    rehearsal.connect().await;
    let newcomer = json!({"members": [{"email_address": format!("new.{anne_at}"), "status": "subscribed",
        "merge_fields": {"FNAME": "Olive", "LNAME": "Thorpe"}}]});
    rehearsal
        .ask("POST", &format!("audiences/{}/members", rehearsal.audience), newcomer)
        .await;
    eventually("whoever is new there comes in", async || {
        ada.get("contacts?q=Olive").await.has("Thorpe, Olive")
    })
    .await;
    assert_eq!(
        rehearsal.status_at_mailchimp(&anne_at).await.as_deref(),
        Some("subscribed"),
        "they are still there"
    );
    let back = rehearsal
        .write(move |tx| {
            let holders = dms::crm::contacts::store::by_addresses(tx, &[anne_at])?;
            Ok(holders.len())
        })
        .await;
    assert_eq!(back, 0, "and nobody here has the address");
}

#[actix_web::test]
async fn the_page_says_how_far_mailchimp_is_and_follows_by_itself() {
    let Some(browser) = Browser::open().await else { return };
    let trashed = Trashed::start().await;
    let rehearsal = &trashed.rehearsal;
    let path = rehearsal.ada.at(&format!("contacts/{}/erase", trashed.anne));
    browser.sign_in(&rehearsal.origin(), "ada@riverside.test").await;
    browser.visit(&format!("{}{path}", rehearsal.origin())).await;
    browser.look("erase-3-mailchimp-has-them").await;
    trashed.spoil("not_permitted").await;
    browser.fill("#name", "Anne Lem").await;
    browser.press("Delete at Mailchimp and Erase for Good").await;
    browser.until("main", "Mailchimp has not deleted this person yet").await;
    browser.look("erase-4-refused").await;
    trashed.no_more_faults().await;
    browser.press("Try Again Now").await;
    browser.until("h1", "Trash").await;
}
