//! Somebody who changes their address at Mailchimp stays the same person here: the link follows Mailchimp's contact id.

use crate::support::rehearsal::{DOMAIN, Rehearsal};
use crate::support::world::eventually;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use dms::base::ContactId;
use dms::crm::contacts;
use dms::db::schema::{audiences, contacts as rows, sync_standings};
use dms::work;
use serde_json::json;

/// Anne is in a linked group and at Mailchimp.
struct Known {
    rehearsal: Rehearsal,
    anne: ContactId,
    anne_at: String,
    new: String,
}

impl Known {
    async fn start(hears_webhooks: bool) -> Self {
        let rehearsal = Rehearsal::start(86_400).await;
        rehearsal
            .ask("PATCH", "settings", json!({"webhooks": {"off": !hears_webhooks}}))
            .await;
        let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
        let group = rehearsal.group("Newsletter", vec![anne]).await;
        rehearsal.link(group, "group").await;
        rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
        rehearsal.until_groups_tab(anne, "In sync").await;
        Self {
            rehearsal,
            anne,
            anne_at,
            new: format!("anne.new@{DOMAIN}"),
        }
    }

    async fn changes_address(&self) {
        let to = json!({"email_address": self.new});
        self.rehearsal.member_does(&self.anne_at, "change-address", to).await;
    }

    async fn look_at_mailchimp(&self) {
        self.rehearsal
            .write(|tx| {
                let organization = tx.organization();
                diesel::update(audiences::table.filter(audiences::organization_id.eq(organization)))
                    .set(audiences::polled_at.eq(None::<DateTime<Utc>>))
                    .execute(&mut **tx)?;
                let now = tx.now();
                Ok(work::wake(tx, organization, work::Kind::Sync, now)?)
            })
            .await;
    }

    /// Addresses of a contact, the primary one first.
    async fn addresses(&self, contact: ContactId) -> Vec<String> {
        let contact = self
            .rehearsal
            .write(move |tx| Ok(contacts::store::find(tx, contact)?.expect("the contact")))
            .await;
        contact.emails.iter().map(|email| email.address.key()).collect()
    }

    async fn until_the_address_follows(&self) {
        eventually("the new address stands with Anne, and the former one too", async || {
            self.addresses(self.anne).await == [self.new.clone(), self.anne_at.clone()]
        })
        .await;
        self.rehearsal
            .until_groups_tab(self.anne, &format!("Receives Mailchimp mail at {}", self.new))
            .await;
        let people: i64 = self
            .rehearsal
            .write(|tx| {
                Ok(rows::table
                    .filter(rows::organization_id.eq(tx.organization()))
                    .count()
                    .get_result(&mut **tx)?)
            })
            .await;
        assert_eq!(people, 1, "nobody was split in two");
    }

    async fn an_opt_out_here_reaches_the_new_address(&self) {
        let anne = self.anne;
        self.rehearsal
            .write(move |tx| Ok(contacts::actions::set_no_bulk_emails(tx, anne, "On the phone")?))
            .await;
        self.rehearsal.until_at_mailchimp(&self.new, "unsubscribed").await;
        assert_eq!(self.rehearsal.status_at_mailchimp(&self.anne_at).await, None);
        self.rehearsal.assert_nobody_subscribed_against_their_will().await;
    }
}

#[tokio::test]
async fn an_address_changed_at_mailchimp_changes_here_and_an_opt_out_given_here_follows_it() {
    let known = Known::start(true).await;
    known.changes_address().await;
    known.until_the_address_follows().await;
    known.an_opt_out_here_reaches_the_new_address().await;
    let log = known
        .rehearsal
        .ada
        .get(&format!("contacts/{}/changes", known.anne))
        .await;
    assert!(log.has("Address changed at Mailchimp"), "{}", log.text("main"));
}

#[tokio::test]
async fn an_address_changed_at_mailchimp_is_followed_by_polling_alone() {
    let known = Known::start(false).await;
    known.changes_address().await;
    known.look_at_mailchimp().await;
    known.until_the_address_follows().await;
    known.an_opt_out_here_reaches_the_new_address().await;
}

#[tokio::test]
async fn who_opted_out_here_and_then_changes_the_address_at_mailchimp_stays_unsubscribed() {
    let known = Known::start(false).await;
    known.changes_address().await;
    // Before anything is known of the new address.
    let anne = known.anne;
    known
        .rehearsal
        .write(move |tx| Ok(contacts::actions::set_no_bulk_emails(tx, anne, "On the phone")?))
        .await;
    known.look_at_mailchimp().await;
    known.rehearsal.until_at_mailchimp(&known.new, "unsubscribed").await;
}

#[tokio::test]
async fn those_who_share_an_address_go_on_sharing_the_new_one() {
    let known = Known::start(false).await;
    let (anne_at, group) = (known.anne_at.clone(), "Newsletter");
    let bert = known
        .rehearsal
        .contacts(vec![("Bert".into(), "Lem".into(), anne_at)])
        .await[0];
    let id = known
        .rehearsal
        .write(move |tx| {
            let id = dms::crm::groups::store::find_by_title(tx, group)?
                .expect("the group")
                .id;
            dms::crm::groups::actions::add_contacts(tx, id, &[bert], "")?;
            Ok(id)
        })
        .await;
    // The page works out how he stands before the sync has written it down; only what is written down goes along.
    eventually("it is written down that Bert shares her address", async || {
        let known_by: Option<Option<String>> = known
            .rehearsal
            .write(move |tx| {
                let his = sync_standings::organization_id
                    .eq(tx.organization())
                    .and(sync_standings::contact_id.eq(bert));
                let address = sync_standings::table.filter(his).select(sync_standings::address_key);
                Ok(address.first(&mut **tx).optional()?)
            })
            .await;
        known_by.flatten() == Some(known.anne_at.clone())
    })
    .await;
    known
        .rehearsal
        .until_groups_tab(bert, "Shares Anne Lem's address")
        .await;
    known.changes_address().await;
    known.look_at_mailchimp().await;
    eventually("Bert has it, too", async || {
        known.addresses(bert).await == [known.new.clone(), known.anne_at.clone()]
    })
    .await;
    known
        .rehearsal
        .until_groups_tab(bert, "Shares Anne Lem's address")
        .await;
    // The former address is nobody's at Mailchimp, and is not added anew.
    assert_eq!(known.rehearsal.status_at_mailchimp(&known.anne_at).await, None);

    // An unsubscribe is that of both.
    known.rehearsal.member_does(&known.new, "unsubscribe", json!({})).await;
    known.look_at_mailchimp().await;
    eventually("both left the group", async || {
        let left = known
            .rehearsal
            .write(move |tx| Ok(dms::sync::preview::group_contact_ids(tx, id)?))
            .await;
        left.is_empty()
    })
    .await;
}
