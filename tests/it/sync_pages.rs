//! What staff see and do on the pages of Mailchimp.

use crate::support::rehearsal::Rehearsal;
use crate::support::world::eventually;
use dms::base::{ContactId, GroupId, MappingId};
use serde_json::json;

/// Anne is in a linked group and unsubscribed at Mailchimp; staff added her again.
pub struct Blocked {
    pub rehearsal: Rehearsal,
    pub group: GroupId,
    pub link: MappingId,
    pub anne: ContactId,
    pub anne_at: String,
}

impl Blocked {
    pub async fn start() -> Self {
        let rehearsal = Rehearsal::start(1).await;
        let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
        let group = rehearsal.group("Newsletter", vec![anne]).await;
        let link = rehearsal.link(group, "group").await;
        rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
        rehearsal.member_does(&anne_at, "unsubscribe", json!({})).await;
        rehearsal.until_groups_tab(anne, "Removed (by API)").await;
        rehearsal
            .ada
            .post(&format!("contacts/{anne}/groups"), &[("group", &group.to_string())])
            .await;
        rehearsal.until_groups_tab(anne, "Blocked at Mailchimp").await;
        Self {
            rehearsal,
            group,
            link,
            anne,
            anne_at,
        }
    }

    pub fn why(&self) -> String {
        format!("mailchimp/links/{}/contacts/{}", self.link, self.anne)
    }
}

#[tokio::test]
async fn who_wants_to_come_back_is_asked_by_mailchimp_and_subscribed_only_by_their_own_click() {
    let blocked = Blocked::start().await;
    let (rehearsal, ada) = (&blocked.rehearsal, &blocked.rehearsal.ada);
    rehearsal.until_groups_tab(blocked.anne, "What you can do").await;
    let confirmation = format!("{}/confirmation", blocked.why());
    let unsaid = ada.post(&confirmation, &[("note", " ")]).await;
    assert_eq!(unsaid.status, 422);
    assert!(unsaid.has("Write how and when they asked for it."));
    assert_eq!(
        rehearsal.status_at_mailchimp(&blocked.anne_at).await.as_deref(),
        Some("unsubscribed")
    );

    let said = "Called on May 4 and asked for the newsletter again";
    let asked = ada.post(&confirmation, &[("note", said)]).await;
    assert_eq!(asked.status, 303, "{}", asked.body);
    rehearsal.until_at_mailchimp(&blocked.anne_at, "pending").await;
    rehearsal
        .until_groups_tab(blocked.anne, "Waiting for confirmation")
        .await;
    let page = ada.get(&blocked.why()).await;
    assert!(page.has("Ask to confirm"), "{}", page.text("main"));
    assert!(!page.has("If they want to come back"));
    let log = ada.get(&format!("contacts/{}/changes", blocked.anne)).await;
    assert!(
        log.has("Asked Mailchimp to send its confirmation"),
        "{}",
        log.text("main")
    );
    assert!(log.has(said));

    rehearsal.member_does(&blocked.anne_at, "confirm", json!({})).await;
    rehearsal.until_groups_tab(blocked.anne, "In sync").await;
    rehearsal.assert_nobody_subscribed_against_their_will().await;
}

#[tokio::test]
async fn somebody_who_is_not_blocked_is_never_asked_to_confirm() {
    let rehearsal = Rehearsal::start(86_400).await;
    let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![anne]).await;
    let link = rehearsal.link(group, "group").await;
    rehearsal.until_at_mailchimp(&anne_at, "subscribed").await;
    rehearsal.until_groups_tab(anne, "In sync").await;
    let why = format!("mailchimp/links/{link}/contacts/{anne}");
    assert!(!rehearsal.ada.get(&why).await.has("Send Mailchimp's confirmation"));
    let refused = rehearsal
        .ada
        .post(&format!("{why}/confirmation"), &[("note", "asked")])
        .await;
    assert_eq!(refused.status, 409);
    assert_eq!(
        rehearsal.status_at_mailchimp(&anne_at).await.as_deref(),
        Some("subscribed")
    );
}

#[tokio::test]
async fn every_run_tells_why_what_and_what_came_of_it_person_by_person() {
    let blocked = Blocked::start().await;
    let ada = &blocked.rehearsal.ada;
    // A row that Mailchimp refuses, beside one that it takes.
    let fake = "nobody@example.com".to_owned();
    let people = vec![
        ("Fay".to_owned(), "Fake".to_owned(), fake),
        (
            "Bob".to_owned(),
            "Roy".to_owned(),
            "bob.roy@maplemail.test-charity.ca".to_owned(),
        ),
    ];
    let ids = blocked.rehearsal.contacts(people).await;
    let group = blocked.group;
    blocked
        .rehearsal
        .write(move |tx| Ok(dms::crm::groups::actions::add_contacts(tx, group, &ids, "")?))
        .await;
    let runs = format!("mailchimp/runs?link={}", blocked.link);
    eventually("the run is over", async || {
        ada.get(&runs).await.has("1 done, 1 refused by Mailchimp")
    })
    .await;
    let page = ada.get(&runs).await;
    assert!(
        page.has("A change here") && page.has("2 to add"),
        "{}",
        page.text("main")
    );
    let newest = page.attribute("tbody th a", "href").unwrap();
    let run = ada.get(&newest).await;
    for words in [
        "Fay Fake",
        "Bob Roy",
        "Done",
        "Refused by Mailchimp",
        "looks fake or invalid",
    ] {
        assert!(run.has(words), "{words}: {}", run.text("main"));
    }
    let elsewhere = ada.get("mailchimp/runs?link=999999").await;
    assert!(elsewhere.has("Nothing was sent yet"));
    let link = ada.get(&format!("mailchimp/links/{}", blocked.link)).await;
    assert!(
        link.has("In the last day half of them were at Mailchimp within"),
        "{}",
        link.text("main")
    );
}

#[tokio::test]
async fn the_preview_tells_whether_new_members_confirm_and_what_counts_towards_the_plan() {
    let rehearsal = Rehearsal::start(86_400).await;
    let (anne, _) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", vec![anne]).await;
    let id = group.to_string();
    for (double_optin, words) in [
        ("", "Are subscribed at once."),
        ("true", "Mailchimp sends each of them a confirmation mail first"),
    ] {
        let chosen = [
            ("group", id.as_str()),
            ("audience", rehearsal.audience.as_str()),
            ("double_optin", double_optin),
        ];
        let preview = rehearsal.ada.post("mailchimp/links/preview", &chosen).await.location();
        eventually("the preview is there", async || {
            rehearsal.ada.get(&preview).await.has("What would happen")
        })
        .await;
        let page = rehearsal.ada.get(&preview).await;
        assert!(page.has(words), "{}", page.text("main"));
        assert!(
            page.has("One more contact would count towards it."),
            "{}",
            page.text("main")
        );
    }
}

#[tokio::test]
async fn the_preview_says_of_whoever_is_only_at_mailchimp_how_they_stand_there() {
    use diesel::prelude::*;
    use dms::db::schema::audience_members;
    let rehearsal = Rehearsal::start(86_400).await;
    let group = rehearsal.group("Newsletter", vec![]).await;
    let people = ["sam", "tom"].map(|name| format!("{name}@maplemail.test-charity.ca"));
    let members = people
        .each_ref()
        .map(|at| json!({"email_address": at, "status": "subscribed"}));
    let path = format!("audiences/{}/members", rehearsal.audience);
    rehearsal.ask("POST", &path, json!({"members": members})).await;
    rehearsal.member_does(&people[0], "clean", json!({})).await;
    let id = group.to_string();
    let chosen = [("group", id.as_str()), ("audience", rehearsal.audience.as_str())];
    let preview = rehearsal.ada.post("mailchimp/links/preview", &chosen).await.location();
    eventually("the preview is there", async || {
        rehearsal.ada.get(&preview).await.has("What would happen")
    })
    .await;
    // As a webhook told while the audience was linked before.
    rehearsal
        .write(|tx| {
            diesel::update(audience_members::table)
                .filter(audience_members::organization_id.eq(tx.organization()))
                .filter(audience_members::status.eq("cleaned"))
                .set(audience_members::status.eq("cleaned_for_abuse"))
                .execute(&mut **tx)?;
            Ok(())
        })
        .await;
    let page = rehearsal.ada.get(&preview).await;
    for words in [
        "Only at Mailchimp: Subscribed",
        "Only at Mailchimp: Cleaned: reported as spam",
    ] {
        assert!(page.has(words), "{}", page.text("main"));
    }
    assert!(!page.has("order mails"), "{}", page.text("main"));
}
