//! Activities: done with contacts, assigned to colleagues, followed up, and shown among everything else that happened.

use super::*;
use dms::base::Role;

/// The id of a type of activity.
async fn type_id(office: &Office, name: &str) -> String {
    let form = office.ada.get("activities/new").await;
    let html = form.html();
    let options = scraper::Selector::parse("#type option").unwrap();
    let found = html
        .select(&options)
        .find(|option| option.text().collect::<String>() == name);
    found.unwrap().value().attr("value").unwrap().to_owned()
}

/// The id of a colleague, as the form offers them.
async fn colleague(office: &Office, name: &str) -> String {
    let form = office.ada.get("activities/new").await;
    let html = form.html();
    let options = scraper::Selector::parse("#assigned_to option").unwrap();
    let found = html
        .select(&options)
        .find(|option| option.text().collect::<String>() == name);
    found.unwrap().value().attr("value").unwrap().to_owned()
}

/// What every form sends.
fn filled<'f>(of_type: &'f str, subject: &'f str, when: &'f str) -> Vec<(&'f str, &'f str)> {
    vec![
        ("type", of_type),
        ("subject", subject),
        ("activity_at", when),
        ("status", "Scheduled"),
        ("priority", "Normal"),
    ]
}

/// The path of the page somebody is sent to.
async fn added(office: &Office, fields: &[(&str, &str)]) -> String {
    let answer = office.ada.post("activities/new", fields).await;
    assert_eq!(answer.status, 303, "{}", answer.texts(".field__error").join(" "));
    answer.location()
}

#[tokio::test]
async fn an_activity_with_two_contacts_is_added_changed_and_deleted_and_both_change_logs_tell() {
    let office = Office::open().await;
    let (anne, bob) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Bob", "Roy")).await,
    );
    assert!(office.ada.get("activities").await.has("No activities yet"));
    let (anne_id, bob_id) = (anne.to_string(), bob.to_string());
    let meeting = type_id(&office, "Meeting").await;
    office.takes_the_due_mark(anne).await;
    let fields = [
        filled(&meeting, "The new kitchen", "2026-04-27T10:00"),
        vec![
            ("contact", anne_id.as_str()),
            ("contact", bob_id.as_str()),
            ("duration", "90"),
            ("details", "Bring the plans"),
        ],
    ]
    .concat();
    let own = added(&office, &fields).await;
    let page = office.ada.get(&own).await;
    assert_eq!(page.text("h1"), "Meeting: The new kitchen");
    assert!(page.has("With Anne Lem, Bob Roy Date Apr 27, 2026 10:00 AM, 1 h 30 min"));
    assert!(page.has("Added By Ada Lem") && page.has("Bring the plans"));
    assert!(office.takes_the_due_mark(anne).await);
    for contact in [anne, bob] {
        assert_eq!(counted(&office.ada, contact, "Activities").await, "1");
        assert_eq!(
            office.told(contact).await[0],
            "Activity added: Meeting: The new kitchen (Activity Type:  → Meeting; Subject:  → The new kitchen; \
             With:  → Anne Lem, Bob Roy; Date:  → Apr 27, 2026 10:00 AM; Duration:  → 1 h 30 min; \
             Status:  → Scheduled; Priority:  → Normal; Details:  → Bring the plans)"
        );
    }

    let form = office.ada.get(&format!("{own}/edit")).await;
    assert_eq!(form.texts("[data-chosen] label"), ["Anne Lem", "Bob Roy"]);
    assert_eq!(form.attribute("#duration", "value").unwrap(), "90");
    let fields = [
        filled(&meeting, "The new kitchen", "2026-04-27T10:00"),
        vec![
            ("contact", anne_id.as_str()),
            ("duration", "90"),
            ("details", "Bring the plans"),
        ],
    ]
    .concat();
    let page = office.done(&format!("{own}/edit"), &fields).await;
    assert!(page.has("The activity has been saved."));
    for contact in [anne, bob] {
        assert_eq!(
            office.told(contact).await[0],
            "Activity changed: Meeting: The new kitchen (With: Anne Lem, Bob Roy → Anne Lem)",
            "also to whom it is no longer with"
        );
    }
    assert_eq!(counted(&office.ada, bob, "Activities").await, "0");
    assert!(
        office
            .done(&format!("{own}/edit"), &fields)
            .await
            .has("Nothing was different")
    );

    assert!(
        office
            .done(&format!("{own}/completion"), &[])
            .await
            .has("“Meeting: The new kitchen” is completed.")
    );
    assert_eq!(
        office.told(anne).await[0],
        "Activity changed: Meeting: The new kitchen (Status: Scheduled → Completed)"
    );
    assert!(
        office
            .ada
            .get(&format!("{own}/delete"))
            .await
            .has("Delete this activity?")
    );
    let page = office.done(&format!("{own}/delete"), &[]).await;
    assert!(page.has("“Meeting: The new kitchen” has been deleted."));
    assert_eq!(office.ada.get(&own).await.status, 404);
    assert!(
        office.told(anne).await[0].starts_with("Activity deleted: Meeting: The new kitchen (Activity Type: Meeting → ")
    );
}

#[tokio::test]
async fn whoever_is_assigned_gets_one_letter_and_who_assigns_to_themselves_none() {
    let office = Office::open().await;
    office
        .world
        .invite(&office.ada, Role::Staff, "sam@riverside.test")
        .await;
    let (call, sam, ada) = (
        type_id(&office, "Phone Call").await,
        colleague(&office, "sam").await,
        colleague(&office, "Ada Lem").await,
    );
    let before = office.world.mails_to("sam@riverside.test").await.len();
    let fields = filled(&call, "Thank her", "2026-04-27T10:00");
    let to = |who: &str| {
        [fields.as_slice(), &[("assigned_to", who), ("due_on", "2026-05-02")]]
            .concat()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect::<Vec<_>>()
    };
    let send = async |path: &str, fields: Vec<(String, String)>| {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let answer = office.ada.save(path, &fields).await;
        assert_eq!(answer.status, 303);
        answer.location()
    };
    let own = send("activities/new", to(&sam)).await;
    let letters = office.world.mails_to("sam@riverside.test").await;
    assert_eq!(letters.len(), before + 1);
    let letter = letters.last().unwrap();
    assert_eq!(letter.subject, "Assigned to you: Phone Call: Thank her");
    assert!(letter.body.contains("Ada Lem assigned this to you:") && letter.body.contains("Due: May 2, 2026"));
    assert_eq!(letter.link(), own);

    send(&format!("{own}/completion"), Vec::new()).await;
    send(&format!("{own}/edit"), to(&ada)).await;
    assert_eq!(
        office.world.mails_to("sam@riverside.test").await.len(),
        before + 1,
        "only when it becomes theirs"
    );
    let own_letters = office.world.mails_to("ada@riverside.test").await;
    assert!(own_letters.iter().all(|letter| !letter.subject.starts_with("Assigned")));
    send(&format!("{own}/edit"), to(&sam)).await;
    assert_eq!(office.world.mails_to("sam@riverside.test").await.len(), before + 2);
}

#[tokio::test]
async fn the_list_is_filtered_by_whose_state_type_and_period() {
    let office = Office::open().await;
    let sam = office
        .world
        .invite(&office.ada, Role::Staff, "sam@riverside.test")
        .await;
    let (meeting, call) = (type_id(&office, "Meeting").await, type_id(&office, "Phone Call").await);
    let (sams, adas) = (colleague(&office, "sam").await, colleague(&office, "Ada Lem").await);
    for (of_type, subject, when, more) in [
        (
            &meeting,
            "Past",
            "2016-03-01T10:00",
            vec![("assigned_to", sams.as_str())],
        ),
        (
            &call,
            "Done",
            "2016-03-02T10:00",
            vec![("assigned_to", adas.as_str()), ("status", "Left Message")],
        ),
        (
            &call,
            "Coming",
            "2199-03-03T10:00",
            vec![("assigned_to", adas.as_str())],
        ),
        (&call, "Late", "2199-03-04T10:00", vec![("due_on", "2016-03-05")]),
        (&call, "Called off", "2016-03-06T10:00", vec![("status", "Cancelled")]),
    ] {
        let mut fields = filled(of_type, subject, when);
        fields.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        added(&office, &[fields, more].concat()).await;
    }
    let found = async |who: &Browserless, query: &str| {
        let rows = who.get(&format!("activities?{query}")).await.texts("tbody th");
        let subject = |row: String| row.split_once(": ").unwrap().1.to_owned();
        rows.into_iter().map(subject).collect::<Vec<_>>()
    };
    let ada = &office.ada;
    assert_eq!(found(ada, "").await, ["Late", "Coming", "Called off", "Done", "Past"]);
    assert_eq!(found(ada, "whose=mine").await, ["Coming", "Done"]);
    assert_eq!(found(&sam, "whose=mine").await, ["Past"]);
    assert_eq!(found(ada, &format!("whose={sams}")).await, ["Past"]);
    assert_eq!(
        found(ada, "state=open").await,
        ["Past", "Late", "Coming"],
        "by when it is due"
    );
    assert_eq!(found(ada, "state=overdue").await, ["Past", "Late"]);
    assert_eq!(found(ada, "state=done").await, ["Done"]);
    assert_eq!(found(ada, &format!("type={meeting}")).await, ["Past"]);
    assert_eq!(
        found(ada, "from=2016-03-02&to=2016-03-06").await,
        ["Called off", "Done"]
    );
    assert!(
        ada.get("activities?state=done&whose=none&type=999999")
            .await
            .has("No activity fits")
    );
    assert_eq!(
        ada.get("activities?state=overdue")
            .await
            .texts("tbody .tone--bad")
            .len(),
        2
    );
}

#[tokio::test]
async fn a_follow_up_begins_with_the_same_people_and_both_lead_to_each_other() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await.to_string();
    let meeting = type_id(&office, "Meeting").await;
    let fields = [
        filled(&meeting, "First", "2026-04-27T10:00"),
        vec![("contact", anne.as_str())],
    ]
    .concat();
    let first = added(&office, &fields).await;
    let id = first.rsplit('/').next().unwrap();
    let form = office.ada.get(&format!("activities/new?follow_up_of={id}")).await;
    assert_eq!(form.texts("[data-chosen] label"), ["Anne Lem"]);
    let fields = [
        filled(&meeting, "Second", "2026-05-27T10:00"),
        vec![("contact", anne.as_str()), ("follow_up_of", id)],
    ]
    .concat();
    let second = added(&office, &fields).await;
    assert!(office.ada.get(&second).await.has("Follow-up to Meeting: First"));
    assert!(
        office
            .ada
            .get(&first)
            .await
            .has("Follow-ups Meeting: Second (Scheduled)")
    );
    office.done(&format!("{first}/delete"), &[]).await;
    assert!(!office.ada.get(&second).await.has("Follow-up to"));
}

#[tokio::test]
async fn the_timeline_shows_everything_that_happened_or_one_kind_of_it() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let id = anne.to_string();
    let tab = format!("contacts/{anne}/activities");
    assert!(office.ada.get(&tab).await.has("Nothing has happened yet"));
    let call = type_id(&office, "Phone Call").await;
    let fields = [
        filled(&call, "Thanks", "2016-01-03T10:00"),
        vec![("contact", id.as_str())],
    ]
    .concat();
    added(&office, &fields).await;
    let note = [("text", "Loves the kitchen"), ("noted_at", "2016-01-02T10:00")];
    office.done(&format!("contacts/{anne}/notes/new"), &note).await;
    office.done("groups/new", &[("title", "Newsletter")]).await;
    let groups = office.ada.get("groups").await;
    let group = groups.attribute("tbody th a", "href").unwrap();
    let group = group.rsplit('/').next().unwrap();
    office
        .done(&format!("contacts/{anne}/groups"), &[("group", group)])
        .await;

    let ann = office.add(person("Ann", "Lem")).await;
    let merged = office.ada.post(&format!("contacts/{anne}/merge/{ann}"), &[]).await;
    office.ada.post(&format!("{}/undo", merged.location()), &[]).await;

    let titles = async |query: &str| office.ada.get(&format!("{tab}{query}")).await.texts(".history strong");
    assert_eq!(
        titles("").await,
        ["Merged with Ann Lem", "Added to Newsletter", "Phone Call", "Note"]
    );
    let merges = office.ada.get(&format!("{tab}?show=merge")).await;
    assert_eq!(merges.texts(".history strong"), ["Merged with Ann Lem"]);
    assert!(merges.has("Undone by Ada Lem"));
    let theirs = office.ada.get(&format!("contacts/{ann}/activities?show=merge")).await;
    assert_eq!(theirs.texts(".history strong"), ["Merged into Anne Lem"]);
    assert_eq!(titles("?show=activity").await, ["Phone Call"]);
    assert_eq!(titles("?show=note").await, ["Note"]);
    assert_eq!(titles("?show=group").await, ["Added to Newsletter"]);
    assert_eq!(titles("?show=import").await, [] as [&str; 0]);
    let changes = titles("?show=change").await;
    assert!(
        changes.contains(&"Activity added: Phone Call: Thanks".into()) && changes.contains(&"Contact added".into())
    );
}

#[tokio::test]
async fn contacts_are_chosen_by_typing_and_a_name_that_is_not_clear_is_asked_about() {
    let office = Office::open().await;
    for first in ["Anne", "Anneke", "Bob"] {
        office.add(person(first, "Lem")).await;
    }
    let meeting = type_id(&office, "Meeting").await;
    let fields = |who: &'static str| [filled(&meeting, "", "2026-04-27T10:00"), vec![("who", who)]].concat();
    assert_eq!(
        office.refused("activities/new", &fields("ann")).await,
        ["Several contacts fit. Choose one of them."]
    );
    assert_eq!(
        office.refused("activities/new", &fields("zoe")).await,
        ["Nobody fits this. Fewer letters find more."]
    );
    let offered = office.ada.post("contacts/offered?many=true", &[("who", "ann")]).await;
    assert_eq!(offered.texts("label"), ["Anne Lem", "Anneke Lem"]);
    let own = added(&office, &fields("bob")).await;
    assert!(
        office.ada.get(&own).await.has("With Bob Lem"),
        "the only one who fits is meant"
    );
    assert_eq!(
        office
            .refused(
                "activities/new",
                &[("activity_at", "2026-04-27T10:00"), ("duration", "soon")]
            )
            .await[..2],
        ["Choose what it is.", "Write the minutes as a number."]
    );
}

#[tokio::test]
async fn administrators_add_types_of_activities_and_those_in_use_can_only_be_hidden() {
    let office = Office::open().await;
    let page = office
        .done("activity-types/new", &[("name", "Site visit"), ("is_offered", "true")])
        .await;
    assert!(page.has("Site visit") && page.has("Meeting"));
    assert_eq!(
        office.refused("activity-types/new", &[("name", "site VISIT")]).await,
        ["A type of this name already exists."]
    );
    let visit = type_id(&office, "Site visit").await;
    added(&office, &filled(&visit, "Roof", "2026-04-27T10:00")).await;
    let delete = format!("activity-types/{visit}/delete");
    assert!(office.ada.get(&delete).await.has("This type cannot be deleted"));
    assert_eq!(office.ada.post(&delete, &[]).await.status, 409);
    office
        .done(&format!("activity-types/{visit}/edit"), &[("name", "Site tour")])
        .await;
    assert!(office.ada.get("activities").await.has("Site tour: Roof"));
    assert!(
        !office.ada.get("activities/new").await.has("Site tour"),
        "it is no longer offered"
    );
    let meeting = type_id(&office, "Meeting").await;
    let page = office.done(&format!("activity-types/{meeting}/delete"), &[]).await;
    assert!(page.has("The activity type has been deleted.") && !page.has("Meeting"));
}

#[tokio::test]
async fn an_activity_belongs_to_its_organization_and_to_those_who_may_write() {
    let office = Office::open().await;
    let meeting = type_id(&office, "Meeting").await;
    let own = added(&office, &filled(&meeting, "Ours", "2026-04-27T10:00")).await;
    let rita = office
        .world
        .invite(&office.ada, Role::Reader, "rita@riverside.test")
        .await;
    let page = rita.get(&own).await;
    assert!(page.has("Meeting: Ours") && !page.has("Edit") && !page.has("Delete"));
    let stan = office.world.stranger().await;
    assert_eq!(stan.get(&own).await.status, 404);
    assert!(stan.get("activities").await.has("No activities yet"));
    let id = own.rsplit('/').next().unwrap();
    assert_eq!(stan.post(&format!("activities/{id}/completion"), &[]).await.status, 404);
}
