//! A group and an audience stay in step: the whole road over HTTP against the stand-in Mailchimp.

use crate::support::rehearsal::Rehearsal;
use crate::support::world::eventually;
use serde_json::json;

/// Webhooks off: polling alone must reach the right state.
async fn without_webhooks() -> Rehearsal {
    let rehearsal = Rehearsal::start(1).await;
    rehearsal
        .ask("PATCH", "settings", json!({"webhooks": {"off": true}}))
        .await;
    rehearsal
}

#[tokio::test]
async fn people_flow_both_ways_by_polling_alone() {
    let rehearsal = without_webhooks().await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![anne]).await;
    rehearsal.link(group, "group").await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;

    // Added later here: added there.
    let (bob, bob_at) = rehearsal.contact("Bob", "Roy").await;
    rehearsal
        .ada
        .post(&format!("contacts/{bob}/groups"), &[("group", &group.to_string())])
        .await;
    rehearsal.until_at_mailchimp(&bob_at, "subscribed").await;

    // Unsubscribes there: leaves the group here and is shown why.
    rehearsal.member_does(&anne_at, "unsubscribe", json!({})).await;
    rehearsal.until_groups_tab(anne, "Removed (by API)").await;
    let tab = rehearsal.ada.get(&format!("contacts/{anne}/groups")).await;
    assert!(tab.has("Unsubscribed at Mailchimp on"), "{}", tab.text("main"));

    // Added again: in the group, and both messages are shown; nothing is asked of Mailchimp.
    let added = rehearsal
        .ada
        .post(&format!("contacts/{anne}/groups"), &[("group", &group.to_string())])
        .await;
    let page = rehearsal.ada.follow(added).await;
    assert!(
        page.has("There was a problem trying to subscribe this contact at Mailchimp"),
        "{}",
        page.text("main")
    );
    assert!(page.has("Member In Compliance State"));
    assert!(page.has("Added Contact to Newsletter"));
    assert!(page.has("1 contact added to group"));
    rehearsal.until_groups_tab(anne, "Blocked at Mailchimp").await;
    assert_eq!(
        rehearsal.status_at_mailchimp(&anne_at).await.as_deref(),
        Some("unsubscribed")
    );

    // Removed by staff: archived there, and comes back as they were.
    rehearsal
        .ada
        .post(&format!("contacts/{bob}/groups/{group}/removal"), &[])
        .await;
    rehearsal.until_at_mailchimp(&bob_at, "archived").await;
    rehearsal
        .ada
        .post(&format!("contacts/{bob}/groups"), &[("group", &group.to_string())])
        .await;
    rehearsal.until_at_mailchimp(&bob_at, "subscribed").await;

    // Signs up at Mailchimp: becomes a contact in the group.
    let carla_at = "carla.stone@maplemail.test-charity.ca";
    let path = format!("audiences/{}/sign-up", rehearsal.audience);
    let sign_up = json!({"email_address": carla_at, "merge_fields": {"FNAME": "Carla", "LNAME": "Stone"}});
    rehearsal.ask("POST", &path, sign_up).await;
    eventually("Carla is in the group", async || {
        rehearsal.ada.get(&format!("groups/{group}")).await.has("Stone, Carla")
    })
    .await;
    rehearsal.assert_nobody_subscribed_against_their_will().await;
}

#[tokio::test]
async fn a_webhook_brings_an_unsubscribe_without_a_poll() {
    let rehearsal = Rehearsal::start(86_400).await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![anne]).await;
    rehearsal.link(group, "group").await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
    rehearsal.member_does(&anne_at, "unsubscribe", json!({})).await;
    rehearsal.until_groups_tab(anne, "Removed (by API)").await;
}

#[tokio::test]
async fn from_now_on_pushes_and_pulls_nobody_who_was_there() {
    let rehearsal = without_webhooks().await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let (both, both_at) = rehearsal.contact("Bo", "Both").await;
    let members = json!({"members": [
        {"email_address": both_at, "status": "subscribed"},
        {"email_address": "only.there@maplemail.test-charity.ca", "status": "subscribed"},
    ]});
    rehearsal
        .ask("POST", &format!("audiences/{}/members", rehearsal.audience), members)
        .await;
    let group = rehearsal.group("Newsletter", vec![anne, both]).await;
    let link = rehearsal.link(group, "none").await;
    let (later, later_at) = rehearsal.contact("Lena", "Later").await;
    rehearsal
        .ada
        .post(&format!("contacts/{later}/groups"), &[("group", &group.to_string())])
        .await;
    rehearsal.until_at_mailchimp(&later_at, "subscribed").await;
    assert_eq!(rehearsal.status_at_mailchimp(&anne_at).await, None);
    assert!(!rehearsal.ada.get(&format!("groups/{group}")).await.has("only.there@"));

    // Who is on both sides counts as in step from the first moment.
    rehearsal.member_does(&both_at, "unsubscribe", json!({})).await;
    rehearsal.until_groups_tab(both, "Removed (by API)").await;

    // Left out, seen, and included with a button.
    let page = rehearsal.ada.get(&format!("mailchimp/links/{link}")).await;
    assert!(page.has("Here before the link"), "{}", page.text("main"));
    rehearsal
        .ada
        .post(&format!("mailchimp/links/{link}/include-group"), &[])
        .await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
}

#[tokio::test]
async fn do_not_email_set_here_unsubscribes_there_and_keeps_the_contact_in_the_group() {
    let rehearsal = without_webhooks().await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![anne]).await;
    rehearsal.link(group, "group").await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
    rehearsal
        .write(move |tx| {
            let mut draft = dms::crm::contacts::store::find(tx, anne)?.expect("Anne").draft();
            draft.details.privacy.do_not_email = true;
            dms::crm::contacts::actions::change(tx, anne, &draft, "").map_err(anyhow::Error::from)?;
            Ok(())
        })
        .await;
    rehearsal.until_at_mailchimp(&anne_at, "unsubscribed").await;
    rehearsal.until_groups_tab(anne, "Do Not Email is set here").await;
    assert!(
        !rehearsal
            .ada
            .get(&format!("contacts/{anne}/groups"))
            .await
            .has("Removed (by API)")
    );
}

#[tokio::test]
async fn a_revoked_token_stops_the_work_tells_once_and_reconnecting_goes_on() {
    let rehearsal = without_webhooks().await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![anne]).await;
    rehearsal.link(group, "group").await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
    rehearsal.ask("POST", "tokens/revoke", json!({})).await;
    let (bob, bob_at) = rehearsal.contact("Bob", "Roy").await;
    rehearsal
        .ada
        .post(&format!("contacts/{bob}/groups"), &[("group", &group.to_string())])
        .await;
    eventually("a banner is up", async || {
        rehearsal
            .ada
            .get("contacts")
            .await
            .has("Mailchimp no longer accepts our connection")
    })
    .await;
    let told = || async {
        let mails = rehearsal.world.mails_to("ada@riverside.test").await;
        mails.iter().filter(|mail| mail.subject.contains("needs you")).count()
    };
    assert_eq!(told().await, 1);
    rehearsal.connect().await;
    rehearsal.until_at_mailchimp(&bob_at, "subscribed").await;
    assert!(
        !rehearsal
            .ada
            .get("contacts")
            .await
            .has("no longer accepts our connection")
    );
    assert_eq!(told().await, 1);
}

#[tokio::test]
async fn the_numbers_of_a_link_add_up_to_the_size_of_the_group() {
    let rehearsal = without_webhooks().await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let (bob, bob_at) = rehearsal.contact("Bob", "Roy").await;
    let (trashed, _) = rehearsal.contact("Tara", "Gone").await;
    let twin = rehearsal
        .contacts(vec![("Zoe".into(), "Lem".into(), anne_at.clone())])
        .await[0];
    let group = rehearsal.group("Newsletter", vec![anne, bob, trashed, twin]).await;
    rehearsal
        .write(move |tx| Ok(dms::crm::contacts::actions::trash(tx, &[trashed], "")?))
        .await;
    let members = json!({"members": [{"email_address": bob_at, "status": "unsubscribed"}]});
    rehearsal
        .ask("POST", &format!("audiences/{}/members", rehearsal.audience), members)
        .await;
    let link = rehearsal.link(group, "group").await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
    rehearsal.until_groups_tab(twin, "Shares Anne Lem's address").await;
    eventually("everybody stands somewhere", async || {
        let page = rehearsal.ada.get(&format!("mailchimp/links/{link}")).await;
        let numbers = page.texts(".tally__number");
        let sum: i64 = numbers
            .iter()
            .filter_map(|number| number.trim().parse::<i64>().ok())
            .sum();
        page.has("3 contacts in the group") && sum == 3 && page.has("In sync") && !page.has("To add at Mailchimp")
    })
    .await;
}
