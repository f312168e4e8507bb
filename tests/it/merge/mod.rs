//! Two contacts become one through the pages: nothing of either is lost, the strictest wish wins, and the undo makes them two.

mod duplicates;
mod mailchimp;
mod rows;
mod seen;

use crate::support::office::{self, Office};
use diesel::prelude::*;
use diesel::sql_types::Text;
use dms::base::{ContactId, EmailAddress, GroupId, Role};
use dms::crm::contacts::{self, Address, ContactDraft, ContactType, EmailDraft, Phone};
use dms::crm::groups;

/// Everything that stands in the records and not in the trash; neither ids of rows nor the dates of the last change.
const RECORDS: &str = "SELECT coalesce(string_agg(line, E'\\n' ORDER BY line), '') AS lines FROM (
    SELECT 'contact ' || (to_jsonb(c) - 'modified_at')::text AS line FROM contacts c WHERE deleted_at IS NULL
    UNION ALL SELECT 'email ' || (to_jsonb(e) - 'id')::text FROM emails e
        JOIN contacts c ON c.id = e.contact_id AND c.deleted_at IS NULL
    UNION ALL SELECT 'phone ' || (to_jsonb(p) - 'id')::text FROM phones p
        JOIN contacts c ON c.id = p.contact_id AND c.deleted_at IS NULL
    UNION ALL SELECT 'address ' || (to_jsonb(a) - 'id')::text FROM addresses a
        JOIN contacts c ON c.id = a.contact_id AND c.deleted_at IS NULL
    UNION ALL SELECT 'membership ' || to_jsonb(g)::text FROM group_contacts g
        JOIN contacts c ON c.id = g.contact_id AND c.deleted_at IS NULL
    UNION ALL SELECT 'history ' || (to_jsonb(h) - 'id')::text FROM group_history h
        WHERE why NOT LIKE 'Merged with%' AND why NOT LIKE '%was undone'
    UNION ALL SELECT 'term ' || to_jsonb(t)::text FROM contact_search_terms t
        JOIN contacts c ON c.id = t.contact_id AND c.deleted_at IS NULL) AS lines";

#[derive(QueryableByName)]
struct Lines {
    #[diesel(sql_type = Text)]
    lines: String,
}

impl Office {
    async fn group_of(&self, title: &str, members: Vec<ContactId>) -> GroupId {
        let title = title.to_owned();
        self.write(move |tx| {
            let group = groups::actions::create(tx, &title, "")?;
            groups::actions::add_contacts(tx, group, &members, "")?;
            Ok(group)
        })
        .await
    }

    async fn records(&self) -> String {
        self.write(|tx| Ok(diesel::sql_query(RECORDS).get_result::<Lines>(&mut **tx)?.lines))
            .await
    }

    /// Merges through the page; returns the merge's own page.
    async fn merge(&self, survivor: ContactId, loser: ContactId, choices: &[(&str, &str)]) -> String {
        let page = format!("contacts/{survivor}/merge/{loser}");
        self.ada.post(&page, choices).await.location()
    }

    async fn undo_merge(&self, merge: &str) {
        let undone = self.ada.post(&format!("{merge}/undo"), &[]).await;
        assert_eq!(undone.location(), merge, "{}", undone.body);
    }
}

fn person(first: &str, last: &str, email: &str) -> ContactDraft {
    let mut draft = office::person(first, last);
    if let Ok(address) = EmailAddress::parse(email) {
        draft.emails.push(EmailDraft::new(address));
    }
    draft.settle_primaries();
    draft
}

fn anne() -> ContactDraft {
    let mut anne = person("Anne", "Lévesque", "anne@x.test");
    anne.phones.push(Phone::new("613 555 0100"));
    anne.details.source = "Gala".into();
    anne.settle_primaries();
    anne
}

fn ann() -> ContactDraft {
    let mut ann = person("Ann", "Levesque", "ann@x.test");
    ann.details.external_identifier = Some("A-7".into());
    ann.details.job_title = "Cook".into();
    ann.details.source = "Web".into();
    ann.details.privacy.do_not_phone = true;
    ann.addresses.push(Address {
        location_type: "Home".into(),
        city: "Alma".into(),
        ..Address::default()
    });
    ann.settle_primaries();
    ann
}

#[tokio::test]
async fn everything_of_both_is_in_one_contact_and_old_links_lead_there() {
    let office = Office::open().await;
    let (anne, ann) = (office.add(anne()).await, office.add(ann()).await);
    office.group_of("Newsletter", vec![ann]).await;
    office.group_of("Board", vec![anne]).await;
    let chosen = [
        ("scope", "selected"),
        ("id", &ann.to_string()),
        ("id", &anne.to_string()),
    ];
    let page = office.ada.post("merges/choose", &chosen).await.location();
    assert_eq!(
        page,
        office.ada.at(&format!("contacts/{anne}/merge/{ann}")),
        "the one known longest stays"
    );
    let shown = office.ada.get(&page).await;
    assert!(
        shown.has("Do Not Phone stays, because Ann Levesque has it."),
        "{}",
        shown.body
    );
    assert!(shown.has("Newsletter"), "{}", shown.body);

    office
        .merge(anne, ann, &[("source", "loser"), ("first_name", "survivor")])
        .await;
    let one = office.contact(anne).await;
    assert_eq!(one.details.first_name, "Anne");
    assert_eq!(
        (one.details.source.as_str(), one.details.job_title.as_str()),
        ("Web", "Cook")
    );
    assert_eq!(one.details.external_identifier.as_deref(), Some("A-7"));
    assert!(one.details.privacy.do_not_phone);
    assert_eq!((one.emails.len(), one.phones.len(), one.addresses.len()), (2, 1, 1));
    let groups = office.ada.get(&format!("contacts/{anne}/groups")).await;
    assert!(groups.has("Newsletter") && groups.has("Board"));
    let gone = office.contact(ann).await;
    assert_eq!(gone.merged_into, Some(anne));
    assert!(gone.deleted_at.is_some());
    let old_link = office.ada.get(&format!("contacts/{ann}")).await;
    assert_eq!(old_link.location(), office.ada.at(&format!("contacts/{anne}")));
    let log = office.ada.get(&format!("contacts/{anne}/changes")).await;
    assert!(
        log.has("Merged with Ann Levesque") && log.has("Merged into Anne Lévesque"),
        "{}",
        log.body
    );
    assert!(
        log.has("Added to Newsletter"),
        "what happened to the other is told, too"
    );
}

#[tokio::test]
async fn an_undone_merge_leaves_both_as_they_were() {
    let office = Office::open().await;
    let (anne, ann) = (office.add(anne()).await, office.add(ann()).await);
    office.group_of("Newsletter", vec![ann]).await;
    office.group_of("Board", vec![anne]).await;
    let before = office.records().await;
    let merge = office.merge(anne, ann, &[("source", "loser")]).await;
    assert_ne!(office.records().await, before);
    office.undo_merge(&merge).await;
    let (after, lost) = (office.records().await, before.clone());
    let missing: Vec<&str> = lost.lines().filter(|line| !after.contains(line)).collect();
    let added: Vec<&str> = after.lines().filter(|line| !lost.contains(line)).collect();
    assert!(after == before, "missing {missing:#?}, added {added:#?}");
    assert_eq!(
        office.ada.post(&format!("{merge}/undo"), &[]).await.status,
        409,
        "undone once"
    );

    // And again.
    office.merge(anne, ann, &[]).await;
    assert_eq!(office.contact(ann).await.merged_into, Some(anne));
}

#[tokio::test]
async fn what_somebody_changed_since_the_merge_stays_with_the_survivor() {
    let office = Office::open().await;
    let (anne, ann) = (office.add(anne()).await, office.add(ann()).await);
    let merge = office.merge(anne, ann, &[]).await;
    office
        .write(move |tx| {
            let mut draft = contacts::store::find(tx, anne)?.unwrap().draft();
            draft.details.job_title = "Chef".into();
            Ok(contacts::actions::change(tx, anne, &draft, "")?)
        })
        .await;
    office.undo_merge(&merge).await;
    let told = office.ada.get(&merge).await;
    assert!(
        told.has("left as it is with Anne Lévesque: Job Title."),
        "{}",
        told.body
    );
    assert_eq!(office.contact(anne).await.details.job_title, "Chef");
    assert_eq!(office.contact(ann).await.details.job_title, "Cook");
}

#[tokio::test]
async fn an_import_that_names_the_one_who_went_changes_the_survivor() {
    let office = Office::open().await;
    let mut survivor = anne();
    survivor.details.external_identifier = Some("A-1".into());
    let (anne, ann) = (office.add(survivor).await, office.add(ann()).await);
    office.merge(anne, ann, &[]).await;
    let found = office
        .write(|tx| {
            Ok(contacts::store::by_external_identifiers(
                tx,
                &["A-7".into(), "A-1".into()],
            )?)
        })
        .await;
    assert_eq!((found.get("A-7"), found.get("A-1")), (Some(&anne), Some(&anne)));
}

#[tokio::test]
async fn merges_follow_each_other_and_are_undone_in_any_order_that_makes_sense() {
    let office = Office::open().await;
    let (anne, ann) = (office.add(anne()).await, office.add(ann()).await);
    let third = office.add(person("Annie", "Levesque", "annie@x.test")).await;
    let first = office.merge(ann, third, &[]).await;
    let second = office.merge(anne, ann, &[]).await;
    assert_eq!(
        office.contact(third).await.merged_into,
        Some(anne),
        "no link leads astray"
    );
    let refused = office.ada.post(&format!("{first}/undo"), &[]).await;
    assert_eq!(refused.status, 409);
    office.undo_merge(&second).await;
    assert_eq!(office.contact(third).await.merged_into, Some(ann));
    office.undo_merge(&first).await;
    assert!(office.contact(third).await.deleted_at.is_none());
}

#[tokio::test]
async fn only_two_of_a_kind_are_merged_and_one_who_was_merged_is_not_restored_by_hand() {
    let office = Office::open().await;
    let (anne, ann) = (office.add(anne()).await, office.add(ann()).await);
    let mut shelter = ContactDraft::default();
    shelter.details.contact_type = ContactType::Organization;
    shelter.details.organization_name = "Shelter".into();
    let shelter = office.add(shelter).await;
    for (path, status) in [
        (format!("contacts/{anne}/merge/{shelter}"), 409),
        (format!("contacts/{anne}/merge/{anne}"), 404),
        (format!("contacts/{anne}/merge/999999"), 404),
    ] {
        assert_eq!(office.ada.get(&path).await.status, status, "{path}");
        assert_eq!(office.ada.post(&path, &[]).await.status, status, "{path}");
    }
    let three = [("scope", "all")];
    assert_eq!(
        office.ada.post("merges/choose", &three).await.location(),
        office.ada.at("duplicates?scope=all"),
        "of more than two, the queue says who may be whom"
    );
    office.merge(anne, ann, &[]).await;
    assert_eq!(
        office.ada.post(&format!("contacts/{ann}/restore"), &[]).await.status,
        409
    );
    assert!(office.ada.get("contacts/trash").await.has("The trash is empty"));
    let rita = office
        .world
        .invite(&office.ada, Role::Reader, "rita@riverside.test")
        .await;
    assert!(rita.get("merges").await.has("Ann Levesque"));
    assert_eq!(
        rita.post(&format!("contacts/{anne}/merge/{shelter}"), &[]).await.status,
        403
    );
}

#[tokio::test]
async fn gifts_and_what_they_add_up_to_follow_the_merge_and_its_undo() {
    let office = Office::open().await;
    let (anne, ann) = (office.add(anne()).await, office.add(ann()).await);
    office
        .write(move |tx| {
            diesel::sql_query(
                "INSERT INTO contributions (contact_id, amount, currency, received_on, payment_method, status, fund_id, \
                     created_at, modified_at) \
                 SELECT contact, 2500, 'CAD', '2026-03-01', 'Cash', 'Completed', \
                     (SELECT min(id) FROM funds WHERE organization_id = current_organization_id()), now(), now() \
                 FROM unnest($1) AS contact",
            )
            .bind::<diesel::sql_types::Array<diesel::sql_types::BigInt>, _>(vec![anne.0, ann.0, ann.0])
            .execute(&mut **tx)?;
            Ok(dms::crm::contributions::totals::refresh(tx, &[anne, ann])?)
        })
        .await;
    let given = async |contact| {
        let totals = office
            .write(move |tx| Ok(dms::crm::contributions::totals::of(tx, contact)?))
            .await;
        totals
            .first()
            .map_or((0, 0), |total| (total.contributions, total.total))
    };
    let summary = office.ada.get(&format!("contacts/{ann}")).await;
    assert!(
        summary.has("Total Given $50.00 in 2 contributions Last Contribution March 1, 2026"),
        "{}",
        summary.text("main")
    );
    let compared = office.ada.get(&format!("contacts/{anne}/merge/{ann}")).await;
    let rows = compared.texts("section[aria-labelledby=holdings] tbody tr");
    assert_eq!(
        rows[..3],
        [
            "Contributions 1 2",
            "Given $25.00 $50.00",
            "Last gift Mar 1, 2026 Mar 1, 2026"
        ]
    );
    let merge = office.merge(anne, ann, &[]).await;
    assert_eq!((given(anne).await, given(ann).await), ((3, 7500), (0, 0)));
    office.undo_merge(&merge).await;
    assert_eq!((given(anne).await, given(ann).await), ((1, 2500), (2, 5000)));
}

#[tokio::test]
async fn two_whom_somebody_knows_to_be_one_are_brought_together_from_the_contact_itself() {
    let office = Office::open().await;
    let maiden = office.add(person("Anne", "Lem", "")).await;
    let married = office.add(person("Anne", "Roy", "")).await;
    let bakery = office.add(office::organization("Riverside Bakery")).await;
    let with = format!("contacts/{maiden}/merge");
    assert!(office.ada.get(&format!("contacts/{maiden}")).await.has("Merge with…"));
    assert!(office.ada.get(&with).await.has("Merge Anne Lem with…"));
    let refused = async |fields: &[(&str, &str)]| {
        let answer = office.ada.post(&with, fields).await;
        assert_eq!(answer.status, 422);
        answer.texts(".field__error").join(" ")
    };
    let (married_id, maiden_id, bakery_id) = (married.to_string(), maiden.to_string(), bakery.to_string());
    assert!(refused(&[("contact", &maiden_id)]).await.contains("the same contact"));
    assert!(refused(&[("contact", &bakery_id)]).await.contains("another type"));
    assert!(refused(&[("who", "anne")]).await.contains("Several contacts fit"));
    let both = office.ada.at(&format!("contacts/{maiden}/merge/{married}"));
    assert_eq!(
        office.ada.post(&with, &[("contact", &married_id)]).await.location(),
        both
    );
    assert_eq!(office.ada.post(&with, &[("who", "roy")]).await.location(), both);
    assert!(
        office.contact(married).await.merged_into.is_none(),
        "nothing is merged yet"
    );
}

#[tokio::test]
async fn the_two_side_by_side_say_how_much_hangs_on_each() {
    let office = Office::open().await;
    let (anne, ann) = (office.add(anne()).await, office.add(ann()).await);
    office.group_of("Newsletter", vec![anne]).await;
    office.group_of("Board", vec![anne]).await;
    let note = [("text", "Loves the kitchen"), ("noted_at", "2016-01-02T10:00")];
    let noted = office.ada.post(&format!("contacts/{ann}/notes/new"), &note).await;
    assert_eq!(noted.status, 303);
    let page = office.ada.get(&format!("contacts/{anne}/merge/{ann}")).await;
    let rows = page.texts("section[aria-labelledby=holdings] tbody tr");
    assert_eq!(rows, ["Groups 2 0", "Notes 0 1"]);
}

#[tokio::test]
async fn what_was_asked_for_while_two_were_merged_holds_for_both_afterwards() {
    let office = Office::open().await;
    let (anne, ann) = (office.add(anne()).await, office.add(ann()).await);
    let group = office.group_of("Newsletter", vec![anne, ann]).await;
    office.group_of("Board", vec![ann]).await;
    let merge = office.merge(anne, ann, &[]).await;
    office
        .write(move |tx| {
            let mut draft = contacts::store::find(tx, anne)?.unwrap().draft();
            draft.details.privacy.do_not_email = true;
            contacts::actions::change(tx, anne, &draft, "")?;
            contacts::actions::set_no_bulk_emails(tx, anne, "asked for by phone")?;
            groups::actions::remove_contacts(tx, group, &[anne], "")?;
            Ok(())
        })
        .await;
    office.undo_merge(&merge).await;
    let told = office.ada.get(&merge).await;
    assert!(
        told.has("both have it: Do Not Email, NO BULK EMAILS (User Opt Out).")
            && told.has("Newsletter was left while they were one contact"),
        "{}",
        told.text("main")
    );
    for one in [anne, ann] {
        let privacy = office.contact(one).await.details.privacy;
        assert!(privacy.do_not_email && privacy.is_opt_out, "{one}");
        let places = office.ada.get(&format!("contacts/{one}/groups")).await;
        assert!(
            !places
                .texts("[aria-labelledby=current-groups] td")
                .join(" ")
                .contains("Newsletter"),
            "{}",
            places.text("main")
        );
    }
    // What either asked for before is theirs alone, and so is what the other was in.
    assert!(!office.contact(anne).await.details.privacy.do_not_phone);
    assert!(office.contact(ann).await.details.privacy.do_not_phone);
    assert!(office.ada.get(&format!("contacts/{ann}/groups")).await.has("Board"));
}

#[tokio::test]
async fn an_address_that_bounced_while_two_were_merged_is_on_hold_with_whoever_had_it() {
    let office = Office::open().await;
    let (anne, ann) = (office.add(anne()).await, office.add(ann()).await);
    let merge = office.merge(anne, ann, &[]).await;
    office
        .write(move |tx| {
            let mut draft = contacts::store::find(tx, anne)?.unwrap().draft();
            for email in &mut draft.emails {
                email.on_hold = Some("Came back".into());
            }
            Ok(contacts::actions::change(tx, anne, &draft, "")?)
        })
        .await;
    office.undo_merge(&merge).await;
    let ann = office.contact(ann).await;
    assert!(
        ann.emails.iter().all(|email| email.on_hold.is_some()),
        "{:?}",
        ann.emails
    );
}
