//! Nobody who opted out is mailed again: neither by a call of ours that knew less than Mailchimp, nor because a mark here was
//! overlooked, nor because an address belongs to several.

use crate::support::rehearsal::Rehearsal;
use crate::support::world::eventually;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use dms::base::{ContactId, GroupId};
use dms::crm::contacts;
use dms::crm::groups;
use dms::db::schema::{audiences, planned_calls};
use dms::work;
use serde_json::json;

/// Mailchimp is looked at when the test says so, and tells nothing by itself.
async fn by_hand() -> Rehearsal {
    let rehearsal = Rehearsal::start(86_400).await;
    rehearsal
        .ask("PATCH", "settings", json!({"webhooks": {"off": true}}))
        .await;
    rehearsal
}

async fn look_at_mailchimp(rehearsal: &Rehearsal) {
    rehearsal
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

async fn add(rehearsal: &Rehearsal, contact: ContactId, group: GroupId) {
    let path = format!("contacts/{contact}/groups");
    rehearsal.ada.post(&path, &[("group", &group.to_string())]).await;
}

async fn remove(rehearsal: &Rehearsal, contact: ContactId, group: GroupId) {
    let path = format!("contacts/{contact}/groups/{group}/removal");
    rehearsal.ada.post(&path, &[]).await;
}

async fn until_in_group(rehearsal: &Rehearsal, group: GroupId, contacts: &[ContactId]) {
    eventually(&format!("{contacts:?} are in the group"), async || {
        let mut found = rehearsal
            .write(move |tx| Ok(dms::sync::preview::group_contact_ids(tx, group)?))
            .await;
        found.sort();
        found == contacts
    })
    .await;
}

#[tokio::test]
async fn whom_an_admin_unsubscribed_there_unheard_is_neither_archived_nor_brought_back() {
    let rehearsal = by_hand().await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![anne]).await;
    rehearsal.link(group, "group").await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
    rehearsal.until_groups_tab(anne, "In sync").await;
    rehearsal
        .member_does(&anne_at, "unsubscribe", json!({"as": "admin"}))
        .await;
    remove(&rehearsal, anne, group).await;
    eventually("the archiving was given up", async || {
        let given_up = rehearsal.write(|tx| {
            Ok(planned_calls::table
                .filter(planned_calls::organization_id.eq(tx.organization()))
                .filter(planned_calls::verb.eq("archive"))
                .filter(planned_calls::state.eq("superseded"))
                .count()
                .get_result::<i64>(&mut **tx)?)
        });
        given_up.await == 1
    })
    .await;
    add(&rehearsal, anne, group).await;
    rehearsal.until_groups_tab(anne, "Blocked at Mailchimp").await;
    assert_eq!(
        rehearsal.status_at_mailchimp(&anne_at).await.as_deref(),
        Some("unsubscribed")
    );
    rehearsal.assert_nobody_subscribed_against_their_will().await;
}

#[tokio::test]
async fn whom_an_admin_archived_there_unheard_is_not_brought_back_by_an_addition() {
    let rehearsal = by_hand().await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![]).await;
    rehearsal.link(group, "group").await;
    let members = json!({"members": [{"email_address": anne_at, "status": "subscribed"}]});
    let path = format!("audiences/{}/members", rehearsal.audience);
    rehearsal.ask("POST", &path, members).await;
    for step in ["unsubscribe", "archive"] {
        rehearsal.member_does(&anne_at, step, json!({"as": "admin"})).await;
    }
    add(&rehearsal, anne, group).await;
    rehearsal
        .until_groups_tab(anne, "was archived at Mailchimp by somebody there")
        .await;
    assert_eq!(
        rehearsal.status_at_mailchimp(&anne_at).await.as_deref(),
        Some("archived")
    );
}

#[tokio::test]
async fn many_are_added_only_after_a_look_at_who_was_archived_there() {
    let rehearsal = by_hand().await;
    let group = rehearsal.group("Newsletter", vec![]).await;
    rehearsal.link(group, "group").await;
    let people: Vec<(String, String, String)> = (0..8)
        .map(|n| {
            (
                "Pat".into(),
                format!("Number{n}"),
                format!("pat{n}@maplemail.test-charity.ca"),
            )
        })
        .collect();
    let archived = people[3].2.clone();
    let members = json!({"members": [{"email_address": archived, "status": "subscribed"}]});
    let path = format!("audiences/{}/members", rehearsal.audience);
    rehearsal.ask("POST", &path, members).await;
    for step in ["unsubscribe", "archive"] {
        rehearsal.member_does(&archived, step, json!({"as": "admin"})).await;
    }
    rehearsal.world.pass(chrono::TimeDelta::minutes(2));
    let ids = rehearsal.contacts(people).await;
    rehearsal
        .write(move |tx| Ok(groups::actions::add_contacts(tx, group, &ids, "")?))
        .await;
    eventually("seven are subscribed", async || {
        rehearsal.count_at_mailchimp("subscribed").await == 7
    })
    .await;
    assert_eq!(
        rehearsal.status_at_mailchimp(&archived).await.as_deref(),
        Some("archived")
    );
}

#[tokio::test]
async fn a_sign_up_there_does_not_overrule_no_bulk_emails_here_and_the_contact_page_says_so() {
    let rehearsal = by_hand().await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![]).await;
    rehearsal.link(group, "group").await;
    rehearsal
        .write(move |tx| Ok(contacts::actions::set_no_bulk_emails(tx, anne, "On the phone")?))
        .await;
    let sign_up = json!({"email_address": anne_at, "merge_fields": {"FNAME": "Anne", "LNAME": "Lem"}});
    let path = format!("audiences/{}/sign-up", rehearsal.audience);
    rehearsal.ask("POST", &path, sign_up).await;
    look_at_mailchimp(&rehearsal).await;
    rehearsal.until_at_mailchimp(&anne_at, "unsubscribed").await;
    rehearsal
        .until_groups_tab(anne, "even if they signed up there themselves")
        .await;
    until_in_group(&rehearsal, group, &[anne]).await;

    // What the sentence advises works: without the mark, Mailchimp can ask them to confirm, and nothing more.
    rehearsal
        .write(move |tx| {
            let mut draft = contacts::store::find(tx, anne)?.expect("Anne").draft();
            draft.details.privacy.is_opt_out = false;
            contacts::actions::change(tx, anne, &draft, "").map_err(anyhow::Error::from)?;
            Ok(())
        })
        .await;
    rehearsal.until_groups_tab(anne, "What you can do").await;
    assert_eq!(
        rehearsal.status_at_mailchimp(&anne_at).await.as_deref(),
        Some("unsubscribed")
    );
}

#[tokio::test]
async fn who_left_together_by_one_address_comes_back_together_and_nobody_whom_staff_removed() {
    let rehearsal = by_hand().await;
    let address = "the.lems@maplemail.test-charity.ca";
    let lem = |name: &str| (name.to_owned(), "Lem".to_owned(), address.to_owned());
    let people = rehearsal.contacts(vec![lem("Anne"), lem("Bert"), lem("Cleo")]).await;
    let (couple, cleo) = ([people[0], people[1]], people[2]);
    let group = rehearsal.group("Newsletter", people.clone()).await;
    rehearsal.link(group, "group").await;
    rehearsal.until_at_mailchimp(address, "subscribed").await;
    remove(&rehearsal, cleo, group).await;
    until_in_group(&rehearsal, group, &couple).await;
    rehearsal.member_does(address, "unsubscribe", json!({})).await;
    look_at_mailchimp(&rehearsal).await;
    until_in_group(&rehearsal, group, &[]).await;
    rehearsal
        .ask(
            "POST",
            &format!("audiences/{}/sign-up", rehearsal.audience),
            json!({"email_address": address}),
        )
        .await;
    look_at_mailchimp(&rehearsal).await;
    until_in_group(&rehearsal, group, &couple).await;
}
