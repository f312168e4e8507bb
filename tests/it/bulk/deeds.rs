//! A selection into groups, tagged, and planned for: each through the pages and back again.

use super::{ALL, person, tally};
use crate::support::office::Office;
use dms::base::{ContactId, GroupId, Role, TagId};
use dms::crm::activities::store::ActivityFilter;
use dms::crm::groups::standings;
use dms::crm::{activities, groups, tags};
use std::collections::BTreeMap;

impl Office {
    async fn people<const N: usize>(&self, names: [&str; N]) -> [ContactId; N] {
        let drafts = names.map(|name| person(name, "en", "")).to_vec();
        self.add_all(drafts).await.try_into().unwrap()
    }

    /// Who is or was in a group, in a word.
    async fn standings(&self, group: GroupId, of: &[ContactId]) -> BTreeMap<ContactId, standings::Standing> {
        let of = of.to_vec();
        self.write(move |tx| Ok(standings::standings(tx, group, &of)?.into_iter().collect()))
            .await
    }

    async fn group(&self, title: &'static str) -> GroupId {
        self.write(move |tx| Ok(groups::actions::create(tx, title, "").unwrap()))
            .await
    }

    /// The id of a type that the form has offered.
    async fn activity_type(&self, name: &'static str) -> String {
        self.write(move |tx| {
            let types = activities::types::stored(tx)?;
            Ok(types.into_iter().find(|one| one.name == name).unwrap().id.to_string())
        })
        .await
    }

    /// Follows the link of the message to the undo of what was just done, and undoes it.
    async fn undo_what_was_said(&self, page: &crate::support::browserless::Answer) -> String {
        let undo = page.attribute(".message a", "href").expect("a way back");
        let action = undo.strip_suffix("/undo").unwrap().to_owned();
        self.undo_bulk(&action).await;
        action
    }
}

#[tokio::test]
async fn whoever_was_added_to_a_group_stands_after_the_undo_where_they_stood() {
    let office = Office::open().await;
    let [new, past, member, later] = office.people(["Anne", "Bo", "Cy", "Di"]).await;
    let group = office.group("Newsletter").await;
    office
        .write(move |tx| {
            groups::actions::add_contacts(tx, group, &[past, member], "")?;
            groups::actions::remove_contacts(tx, group, &[past], "moved away")?;
            Ok(())
        })
        .await;
    let before = office.standings(group, &[new, past, member, later]).await;

    let id = group.to_string();
    let asked = [ALL, &[("group", id.as_str())]].concat();
    let added = office
        .ada
        .follow(office.ada.post("groups/additions", &asked).await)
        .await;
    assert!(
        added.has("3 contacts added to group 1 contact was already in group"),
        "{}",
        added.body
    );
    assert_eq!(office.log(new).await[0].why, "Bulk action on 4 contacts");
    office
        .write(move |tx| Ok(groups::actions::remove_contacts(tx, group, &[later], "asked to")?))
        .await;

    let action = office.undo_what_was_said(&added).await;
    let after = office.standings(group, &[new, past, member, later]).await;
    assert_eq!(after.get(&new), None, "was never in it");
    assert_eq!(after[&past], before[&past], "out again, with the reason of then");
    assert_eq!(after[&member], before[&member], "was not touched at all");
    assert_eq!(
        (after[&later].status.as_str(), after[&later].why.as_str()),
        ("Removed", "asked to")
    );
    assert_eq!(
        tally(&office.ada.get(&action).await),
        ["2 contacts are as before", "1 contact not taken back wholly"]
    );
    assert_eq!(office.log(new).await[0].why, "“Added to Newsletter” was undone");
}

#[tokio::test]
async fn whoever_was_removed_from_a_group_is_in_it_again_as_since_then() {
    let office = Office::open().await;
    let [anne, bo] = office.people(["Anne", "Bo"]).await;
    let group = office.group("Newsletter").await;
    office
        .write(move |tx| Ok(groups::actions::add_contacts(tx, group, &[anne], "asked at the fair")?))
        .await;
    let before = office.standings(group, &[anne, bo]).await;
    let id = group.to_string();
    let asked = [ALL, &[("group", id.as_str()), ("why", "Old list")]].concat();
    let removed = office
        .ada
        .follow(office.ada.post("groups/removals", &asked).await)
        .await;
    assert!(removed.has("1 contact removed from group"), "{}", removed.body);
    assert_eq!(office.log(anne).await[0].why, "Old list");
    office.undo_what_was_said(&removed).await;
    assert_eq!(office.standings(group, &[anne, bo]).await, before);
}

#[tokio::test]
async fn a_group_that_is_gone_when_it_is_undone_is_told() {
    let office = Office::open().await;
    let [_] = office.people(["Anne"]).await;
    let group = office.group("Newsletter").await;
    let id = group.to_string();
    let asked = [ALL, &[("group", id.as_str())]].concat();
    let added = office
        .ada
        .follow(office.ada.post("groups/additions", &asked).await)
        .await;
    office.write(move |tx| Ok(groups::actions::delete(tx, group)?)).await;
    let action = office.undo_what_was_said(&added).await;
    let kept = office.ada.get(&format!("{action}/contacts/kept")).await;
    assert!(kept.has("The group no longer exists."), "{}", kept.body);
}

#[tokio::test]
async fn tags_of_a_selection_go_and_come_back_as_of_when_they_were_given() {
    let office = Office::open().await;
    let [anne, bo, cy] = office.people(["Anne", "Bo", "Cy"]).await;
    let tagged = [ALL, &[("name", "Volunteer")]].concat();
    let said = office
        .ada
        .follow(office.ada.post("tags/additions", &tagged).await)
        .await;
    assert!(said.has("Tagged 3 contacts with “Volunteer”."), "{}", said.body);
    let tag = office
        .write(|tx| Ok(tags::store::find_by_name(tx, "volunteer")?.unwrap().id))
        .await;
    let since = async |tag: TagId| {
        office
            .write(move |tx| Ok(tags::store::locked_since(tx, tag, &[anne, bo, cy])?))
            .await
    };
    let before = since(tag).await;

    let id = tag.to_string();
    let off = [ALL, &[("tag", id.as_str())]].concat();
    let untagged = office.ada.follow(office.ada.post("tags/removals", &off).await).await;
    assert!(untagged.has("The tag “Volunteer” has been taken off 3 contacts."));
    assert!(since(tag).await.is_empty());
    office.undo_what_was_said(&untagged).await;
    assert_eq!(since(tag).await, before, "as since then");

    office
        .write(move |tx| {
            tags::actions::untag_contacts(tx, tag, &[cy], "")?;
            Ok(tags::actions::tag_contacts(tx, tag, &[cy], "")?)
        })
        .await;
    let action = office.undo_what_was_said(&said).await;
    let left: Vec<ContactId> = since(tag).await.into_keys().collect();
    assert_eq!(left, [cy], "who was tagged anew keeps it");
    assert_eq!(
        tally(&office.ada.get(&action).await),
        ["2 contacts are as before", "1 contact not taken back wholly"]
    );
}

#[tokio::test]
async fn several_tags_at_once_are_for_those_who_were_chosen_before_the_first() {
    let office = Office::open().await;
    let [anne] = office.people(["Anne"]).await;
    let mut tagged = Vec::new();
    for name in ["Board", "Volunteer"] {
        office
            .ada
            .post("tags/additions", &[ALL, &[("name", name)]].concat())
            .await;
        tagged.push(
            office
                .write(move |tx| Ok(tags::store::find_by_name(tx, name)?.unwrap().id.to_string()))
                .await,
        );
    }
    let [board, volunteer] = tagged.try_into().unwrap();
    // The first tag that goes is the one by which they were found.
    let off = [
        ("scope", "all"),
        ("tagged", board.as_str()),
        ("tag", board.as_str()),
        ("tag", volunteer.as_str()),
    ];
    office.ada.post("tags/removals", &off).await;
    let left = office.write(move |tx| Ok(tags::store::of_contact(tx, anne)?)).await;
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn an_activity_for_each_is_assigned_in_one_letter_and_goes_again_where_nobody_has_begun() {
    let office = Office::open().await;
    let [anne, bo, cy] = office.people(["Anne", "Bo", "Cy"]).await;
    let sam = office
        .world
        .invite(&office.ada, Role::Staff, "sam@riverside.test")
        .await;
    let sams_id = office
        .write(|tx| {
            let colleagues = dms::accounts::colleagues(tx)?;
            Ok(colleagues
                .into_iter()
                .find(|one| one.email.starts_with("sam"))
                .unwrap()
                .id
                .to_string())
        })
        .await;
    let letters = office.world.mails_to("sam@riverside.test").await.len();
    let asked = office.ada.post("activities/choose", ALL).await;
    assert!(asked.has("Add an activity with 3 contacts"), "{}", asked.body);
    let call = office.activity_type("Phone Call").await;
    let wrong = office.ada.post("activities/additions", ALL).await;
    assert_eq!(wrong.status, 422);

    let plan = [
        ALL,
        &[
            ("type", call.as_str()),
            ("subject", "Thank them"),
            ("activity_at", "2026-11-26T10:00"),
            ("status", "Scheduled"),
            ("priority", "Normal"),
            ("assigned_to", sams_id.as_str()),
            ("due_on", "2026-12-01"),
        ],
    ]
    .concat();
    let page = office.ada.post("activities/additions", &plan).await.location();
    office.until(&page, "Done").await;
    assert!(
        office
            .ada
            .get(&page)
            .await
            .has("Activity added: Phone Call: Thank them")
    );
    let told = office.world.mails_to("sam@riverside.test").await;
    assert_eq!(told.len(), letters + 1, "one letter about all of them");
    let letter = told.last().unwrap();
    assert_eq!(letter.subject, "Assigned to you: Phone Call: Thank them");
    assert!(
        letter.body.contains("With: 3 contacts, one for each"),
        "{}",
        letter.body
    );
    assert!(sam.get("activities?whose=mine&state=open").await.has("Thank them"));
    assert_eq!(office.log(bo).await[0].what, "Activity added: Phone Call: Thank them");

    let of = async |contact: ContactId| {
        let all = office
            .write(|tx| Ok(activities::store::list(tx, &ActivityFilter::default(), 0, 100)?))
            .await;
        let theirs = all.into_iter().filter(|one| one.is.with == [contact]);
        theirs.map(|one| one.id).collect::<Vec<_>>()
    };
    let begun = of(cy).await[0];
    office.ada.post(&format!("activities/{begun}/completion"), &[]).await;
    office.undo_bulk(&page).await;
    assert!(of(anne).await.is_empty() && of(bo).await.is_empty());
    assert_eq!(of(cy).await, [begun], "what was done stays");
    assert_eq!(
        tally(&office.ada.get(&page).await),
        ["2 contacts are as before", "1 contact not taken back wholly"]
    );
}

#[tokio::test]
async fn one_activity_with_all_of_a_few_is_one() {
    let office = Office::open().await;
    let [anne, bo] = office.people(["Anne", "Bo"]).await;
    office.ada.post("activities/choose", ALL).await;
    let meeting = office.activity_type("Meeting").await;
    let plan = [
        ALL,
        &[
            ("together", "yes"),
            ("type", meeting.as_str()),
            ("activity_at", "2026-11-26T10:00"),
            ("status", "Scheduled"),
            ("priority", "Normal"),
        ],
    ]
    .concat();
    let page = office
        .ada
        .follow(office.ada.post("activities/additions", &plan).await)
        .await;
    assert!(page.has("The activity has been added."));
    let all = office
        .write(|tx| Ok(activities::store::list(tx, &ActivityFilter::default(), 0, 100)?))
        .await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].is.with, [anne, bo]);
}
