//! Merging people who are at Mailchimp: nobody gains consent, the strictest opt-out wins, and nobody is mailed twice.

use crate::support::rehearsal::Rehearsal;
use crate::support::world::eventually;
use dms::base::{ContactId, GroupId};
use dms::crm::contacts;
use dms::crm::groups;
use serde_json::{Value, json};

/// Two contacts who are one person, and a group kept in step with an audience.
struct Two {
    rehearsal: Rehearsal,
    group: GroupId,
    /// The one who stays.
    anne: ContactId,
    anne_at: String,
    /// The one who goes.
    ann: ContactId,
    ann_at: String,
}

impl Two {
    /// Those of the two who are `in_group` are subscribed.
    async fn with(in_group: [bool; 2]) -> Self {
        let rehearsal = Rehearsal::start(1).await;
        let (anne, anne_at) = rehearsal.contact("Anne", "Lem").await;
        let (ann, ann_at) = rehearsal.contact("Ann", "Lem").await;
        let members = [(anne, in_group[0]), (ann, in_group[1])];
        let members: Vec<ContactId> = members
            .into_iter()
            .filter(|(_, is_in)| *is_in)
            .map(|(id, _)| id)
            .collect();
        let group = rehearsal.group("Newsletter", members).await;
        rehearsal.link(group, "group").await;
        for (address, is_in) in [(&anne_at, in_group[0]), (&ann_at, in_group[1])] {
            if is_in {
                rehearsal.until_at_mailchimp(address, "subscribed").await;
            }
        }
        let two = Self {
            rehearsal,
            group,
            anne,
            anne_at,
            ann,
            ann_at,
        };
        two.until_settled().await;
        two
    }

    /// Until nothing is due and no call is open.
    async fn until_settled(&self) {
        eventually("the sync has nothing to do", async || {
            let open = "SELECT count(*) AS open FROM (SELECT contact_id FROM due_contacts \
                UNION ALL SELECT contact_id FROM planned_calls WHERE settled_at IS NULL) AS work";
            self.count(open).await == 0
        })
        .await;
    }

    async fn count(&self, query: &'static str) -> i64 {
        use diesel::prelude::*;
        #[derive(QueryableByName)]
        struct Open {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            open: i64,
        }
        self.rehearsal
            .write(move |tx| Ok(diesel::sql_query(query).get_result::<Open>(&mut **tx)?.open))
            .await
    }

    fn page(&self) -> String {
        format!("contacts/{}/merge/{}", self.anne, self.ann)
    }

    async fn merge(&self) -> String {
        let merged = self.rehearsal.ada.post(&self.page(), &[]).await;
        let merge = merged.location();
        self.until_settled().await;
        merge
    }

    async fn status(&self, address: &str) -> Option<String> {
        self.rehearsal.status_at_mailchimp(address).await
    }

    async fn is_in_group(&self, contact: ContactId) -> bool {
        let group = self.group;
        self.rehearsal
            .write(move |tx| Ok(groups::store::members_among(tx, group, &[contact])?.contains(&contact)))
            .await
    }

    async fn unsubscribes(&self, address: &str, contact: ContactId) {
        self.rehearsal.member_does(address, "unsubscribe", json!({})).await;
        self.rehearsal.until_groups_tab(contact, "Removed (by API)").await;
        self.until_settled().await;
    }
}

#[tokio::test]
async fn of_two_who_are_subscribed_one_address_stays_and_the_undo_brings_the_other_back() {
    let two = Two::with([true, true]).await;
    let merge = two.merge().await;
    two.rehearsal.until_at_mailchimp(&two.ann_at, "archived").await;
    assert_eq!(two.status(&two.anne_at).await.as_deref(), Some("subscribed"));
    two.rehearsal.until_groups_tab(two.anne, "In sync").await;

    two.rehearsal.ada.post(&format!("{merge}/undo"), &[]).await;
    two.rehearsal.until_at_mailchimp(&two.ann_at, "subscribed").await;
    assert!(two.is_in_group(two.ann).await && two.is_in_group(two.anne).await);
    assert_eq!(two.status(&two.anne_at).await.as_deref(), Some("subscribed"));
    two.rehearsal.assert_nobody_subscribed_against_their_will().await;
}

#[tokio::test]
async fn a_survivor_who_was_never_at_mailchimp_is_followed_by_the_address_that_has_consented() {
    let two = Two::with([false, true]).await;
    two.merge().await;
    assert!(two.is_in_group(two.anne).await);
    two.rehearsal.until_groups_tab(two.anne, "In sync").await;
    assert_eq!(
        two.status(&two.ann_at).await.as_deref(),
        Some("subscribed"),
        "nothing happened to them"
    );
    assert_eq!(two.status(&two.anne_at).await, None, "the other address was not sent");

    // An unsubscribe of that address is the survivor's.
    two.unsubscribes(&two.ann_at.clone(), two.anne).await;
    assert!(!two.is_in_group(two.anne).await);
    two.rehearsal.assert_nobody_subscribed_against_their_will().await;
}

#[tokio::test]
async fn who_unsubscribed_under_one_address_is_not_mailed_under_the_other() {
    let two = Two::with([true, true]).await;
    two.unsubscribes(&two.ann_at.clone(), two.ann).await;
    let shown = two.rehearsal.ada.get(&two.page()).await;
    assert!(
        shown.has("The merged contact is not in Newsletter, because Ann Lem unsubscribed at Mailchimp."),
        "{}",
        shown.text("main")
    );
    two.merge().await;
    two.rehearsal.until_at_mailchimp(&two.anne_at, "archived").await;
    assert!(!two.is_in_group(two.anne).await);
    assert_eq!(two.status(&two.ann_at).await.as_deref(), Some("unsubscribed"));

    // Nor when staff add them again.
    let group = two.group.to_string();
    let anne = two.anne;
    two.rehearsal
        .ada
        .post(&format!("contacts/{anne}/groups"), &[("group", &group)])
        .await;
    two.until_settled().await;
    two.rehearsal.until_groups_tab(anne, "Blocked at Mailchimp").await;
    assert_eq!(two.status(&two.anne_at).await.as_deref(), Some("archived"));
    two.rehearsal.assert_nobody_subscribed_against_their_will().await;
}

#[tokio::test]
async fn a_survivor_who_unsubscribed_does_not_come_back_with_the_others_address() {
    let two = Two::with([true, true]).await;
    two.unsubscribes(&two.anne_at.clone(), two.anne).await;
    two.merge().await;
    two.rehearsal.until_at_mailchimp(&two.ann_at, "archived").await;
    two.until_settled().await;
    assert!(!two.is_in_group(two.anne).await, "never joined");
    assert_eq!(two.status(&two.anne_at).await.as_deref(), Some("unsubscribed"));
    let history = two.rehearsal.ada.get(&format!("contacts/{}/changes", two.anne)).await;
    assert!(!history.has("Subscribed at Mailchimp"), "{}", history.text("main"));
    two.rehearsal.assert_nobody_subscribed_against_their_will().await;
}

#[tokio::test]
async fn a_wish_not_to_be_mailed_reaches_mailchimp_for_the_survivor() {
    let two = Two::with([true, false]).await;
    let ann = two.ann;
    two.rehearsal
        .write(move |tx| Ok(contacts::actions::set_no_bulk_emails(tx, ann, "asked for by phone")?))
        .await;
    let shown = two.rehearsal.ada.get(&two.page()).await;
    assert!(shown.has("NO BULK EMAILS (User Opt Out) stays, because Ann Lem has it."));
    two.merge().await;
    two.rehearsal.until_at_mailchimp(&two.anne_at, "unsubscribed").await;
    two.rehearsal.assert_nobody_subscribed_against_their_will().await;
}

#[tokio::test]
async fn two_with_one_address_stay_one_member() {
    let two = Two::with([true, false]).await;
    let (ann, address, group) = (two.ann, two.anne_at.clone(), two.group);
    two.rehearsal
        .write(move |tx| {
            let mut draft = contacts::store::find(tx, ann)?.unwrap().draft();
            draft.emails[0].address = dms::base::EmailAddress::parse(&address).unwrap();
            contacts::actions::change(tx, ann, &draft, "")?;
            Ok(groups::actions::add_contacts(tx, group, &[ann], "")?)
        })
        .await;
    two.until_settled().await;
    // The owner of the address goes; the other stays.
    let page = format!("contacts/{}/merge/{}", two.ann, two.anne);
    two.rehearsal.ada.post(&page, &[]).await.location();
    two.until_settled().await;
    two.rehearsal.until_groups_tab(two.ann, "In sync").await;
    assert_eq!(two.status(&two.anne_at).await.as_deref(), Some("subscribed"));
    let members: Value = two
        .rehearsal
        .ask("GET", &format!("members?list={}", two.rehearsal.audience), Value::Null)
        .await;
    assert!(members.to_string().matches("email_address").count() == 1, "{members}");
    two.rehearsal.assert_nobody_subscribed_against_their_will().await;
}

#[tokio::test]
async fn nobody_is_subscribed_again_by_an_undo_after_the_merged_contact_asked_for_no_more_mail() {
    let two = Two::with([true, true]).await;
    let merge = two.merge().await;
    two.rehearsal.until_at_mailchimp(&two.ann_at, "archived").await;
    let anne = two.anne;
    two.rehearsal
        .write(move |tx| Ok(contacts::actions::set_no_bulk_emails(tx, anne, "asked for by phone")?))
        .await;
    two.rehearsal.until_at_mailchimp(&two.anne_at, "unsubscribed").await;
    two.until_settled().await;
    let undone = two.rehearsal.ada.post(&format!("{merge}/undo"), &[]).await;
    assert_eq!(undone.location(), merge, "{}", undone.text("main"));
    two.until_settled().await;
    assert_ne!(two.status(&two.ann_at).await.as_deref(), Some("subscribed"));
    assert_eq!(two.status(&two.anne_at).await.as_deref(), Some("unsubscribed"));
    two.rehearsal.assert_nobody_subscribed_against_their_will().await;
}
