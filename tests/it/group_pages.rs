//! Groups through the pages: what staff do, what they read, and what a reader may not.
use dms::base::{Actor, ContactId, EmailAddress, GroupId, Role};
use dms::crm::contacts::{self, ContactDraft, ContactError, EmailDraft};
use dms::crm::groups::actions;

use crate::support::browser::Browser;
use crate::support::browserless::Browserless;
use crate::support::world::{PASSWORD, World};

/// A world with an organization and its owner.
async fn shelter() -> (World, Browserless) {
    let world = World::start().await;
    let ada = world.sign_up("Shelter", "Ada Lem", "ada@shelter.test").await;
    (world, ada)
}

fn person(first: &str, last: &str) -> ContactDraft {
    let address = format!("{first}.{last}@example.ca").to_lowercase();
    let mut draft = ContactDraft::default();
    draft.details.first_name = first.into();
    draft.details.last_name = last.into();
    draft.emails = vec![EmailDraft {
        is_primary: true,
        ..EmailDraft::new(EmailAddress::parse(&address).unwrap())
    }];
    draft
}

async fn people(world: &World, of: &Browserless, drafts: Vec<ContactDraft>) -> Vec<ContactId> {
    let added: Result<Vec<ContactId>, ContactError> = world
        .db()
        .write(of.organization_id(), Actor::System, move |tx| {
            contacts::actions::add_many(tx, &drafts)
        })
        .await;
    added.unwrap()
}

/// Makes a group through the page; its path inside the organization.
async fn make_group(by: &Browserless, title: &str) -> String {
    let made = by.post("groups/new", &[("title", title)]).await;
    let path = made.location();
    path.split_once("/groups/")
        .map(|(_, id)| format!("groups/{id}"))
        .unwrap()
}

fn id_of(group: &str) -> &str {
    group.strip_prefix("groups/").unwrap()
}

#[tokio::test]
async fn staff_make_and_manage_groups() {
    let (_world, ada) = shelter().await;
    let empty = ada.get("groups").await;
    assert!(empty.has("No groups yet"));

    let newsletter = make_group(&ada, "  Newsletter ").await;
    let page = ada.get("groups").await;
    assert!(page.has("The group “Newsletter” has been saved."));
    let row: Vec<String> = page.texts("tbody tr > *");
    assert_eq!(
        row,
        ["Newsletter", "0", "", "Ada Lem", "Not linked", "Contacts Settings"]
    );

    let again = ada.post("groups/new", &[("title", "NEWSLETTER")]).await;
    assert_eq!(again.status, 422);
    assert!(again.has("Group “NEWSLETTER” already exists."));
    assert_eq!(again.attribute("#title", "value").unwrap(), "NEWSLETTER");
    assert_eq!(ada.post("groups/new", &[("title", " ")]).await.status, 422);

    let typed = [("title", "Monthly"), ("description", "Once a month")];
    let saved = ada.post(&format!("{newsletter}/settings"), &typed).await;
    assert_eq!(saved.location(), ada.at("groups"));
    assert_eq!(ada.get("groups").await.texts("tbody td")[1], "Once a month");

    let asked = ada.get(&format!("{newsletter}/delete")).await;
    assert!(asked.has("Nobody belongs to this group now."));
    ada.post(&format!("{newsletter}/delete"), &[]).await;
    assert!(ada.get("groups").await.has("The group “Monthly” has been deleted."));
    assert_eq!(ada.get(&newsletter).await.status, 404);
}

#[tokio::test]
async fn chosen_contacts_are_added_after_seeing_how_many_are_in_already() {
    let (world, ada) = shelter().await;
    let who = people(&world, &ada, vec![person("Anne", "Lem"), person("Bob", "Roy")]).await;
    let newsletter = make_group(&ada, "Newsletter").await;
    let (anne, bob) = (who[0].to_string(), who[1].to_string());
    ada.post(
        "groups/additions",
        &[("scope", "selected"), ("id", &anne), ("group", id_of(&newsletter))],
    )
    .await;

    let both = [("scope", "selected"), ("id", anne.as_str()), ("id", bob.as_str())];
    let asked = ada.post("groups/choose", &both).await;
    assert!(asked.has("Add 2 contacts to a group"));
    assert_eq!(
        asked.texts("#group option"),
        ["Choose a group", "Newsletter (1 of 2 already in it)"]
    );

    let both = [both.as_slice(), &[("group", id_of(&newsletter))]].concat();
    let added = ada.post("groups/additions", &both).await;
    assert_eq!(added.location(), ada.at(&newsletter));
    let page = ada.follow(added).await;
    assert!(page.has("Added Contact to Newsletter 1 contact added to group 1 contact was already in group"));
    assert_eq!(page.texts("tbody th"), ["Lem, Anne", "Roy, Bob"]);

    let new = [both.as_slice(), &[("into", "new"), ("title", "Volunteers")]].concat();
    let page = ada.follow(ada.post("groups/additions", &new).await).await;
    assert!(page.has("Added Contacts to Volunteers 2 contacts added to group"));
    let taken = ada.post("groups/additions", &new).await;
    assert_eq!(taken.status, 422);
    assert!(taken.has("A group of this name already exists."));

    assert_eq!(
        ada.post("groups/choose", &[("scope", "selected")]).await.location(),
        ada.at("contacts")
    );
}

#[tokio::test]
async fn a_selection_of_all_carries_the_filter_and_not_the_ids() {
    let (world, ada) = shelter().await;
    let mut drafts: Vec<ContactDraft> = (0..60).map(|n| person(&format!("Anne{n}"), "Lem")).collect();
    drafts.push(person("Bob", "Roy"));
    people(&world, &ada, drafts).await;
    let newsletter = make_group(&ada, "Newsletter").await;

    let all = [("scope", "all"), ("q", "lem")];
    let asked = ada.post("groups/choose", &all).await;
    assert!(asked.has("Add 60 contacts to a group"));
    assert_eq!(
        asked.attribute("form[action$=additions] [name=q]", "value").unwrap(),
        "lem"
    );
    assert!(asked.attribute("[name=id]", "value").is_none());

    let all = [all.as_slice(), &[("group", id_of(&newsletter))]].concat();
    let page = ada.follow(ada.post("groups/additions", &all).await).await;
    assert!(page.has("60 contacts added to group"));
    assert!(page.has("1–50 of 60 contacts"));
    assert_eq!(
        ada.get(&format!("{newsletter}?page=2")).await.texts("tbody th").len(),
        10
    );
    assert_eq!(
        ada.get(&format!("{newsletter}?q=anne7")).await.texts("tbody th"),
        ["Lem, Anne7"]
    );

    let everybody_in_it = [
        ("scope", "all"),
        ("in_group", id_of(&newsletter)),
        ("group", id_of(&newsletter)),
    ];
    let asked = ada.post("groups/choose-removal", &everybody_in_it).await;
    assert!(asked.has("Remove 60 contacts from a group"));
    let why = [everybody_in_it.as_slice(), &[("why", "Old list")]].concat();
    let page = ada.follow(ada.post("groups/removals", &why).await).await;
    assert!(page.has("Removed Contacts from Newsletter 60 contacts removed from group"));
    assert!(page.has("Nobody belongs to this group yet"));
}

#[tokio::test]
async fn others_are_found_and_added_from_the_groups_own_page() {
    let (world, ada) = shelter().await;
    let who = people(&world, &ada, vec![person("Anne", "Lem"), person("Bob", "Roy")]).await;
    let newsletter = make_group(&ada, "Newsletter").await;
    let anne = who[0].to_string();
    ada.post(
        "groups/additions",
        &[("scope", "selected"), ("id", &anne), ("group", id_of(&newsletter))],
    )
    .await;
    let page = ada.get(&format!("{newsletter}/add")).await;
    assert_eq!(page.texts("tbody th"), ["Lem, Anne In the group", "Roy, Bob"]);
    assert_eq!(
        page.texts("tbody [data-select]").len(),
        1,
        "who is in it cannot be ticked"
    );
    assert!(ada.get(&format!("{newsletter}/add?q=nobody")).await.has("Nobody found"));
}

#[tokio::test]
async fn past_groups_say_how_when_and_why_and_can_be_rejoined_or_deleted() {
    let (world, ada) = shelter().await;
    let anne = people(&world, &ada, vec![person("Anne", "Lem")]).await[0];
    let newsletter = make_group(&ada, "Newsletter").await;
    let tab = format!("contacts/{anne}/groups");
    assert!(
        ada.get(&tab)
            .await
            .has("This contact does not currently belong to any groups.")
    );

    let nothing = ada.post(&tab, &[("group", "")]).await;
    assert!(
        ada.follow(nothing)
            .await
            .has("Choose a group first. Nothing was changed.")
    );
    let joined = ada.post(&tab, &[("group", id_of(&newsletter))]).await;
    assert_eq!(joined.location(), ada.at(&tab));
    let page = ada.follow(joined).await;
    assert!(page.has("Added Contact to Newsletter 1 contact added to group"));
    assert_eq!(
        page.texts("[aria-labelledby=current-groups] tbody tr > *")[..2],
        ["Newsletter", "Added (by Admin)"]
    );
    assert!(!page.has("Past Groups"));

    let live = format!("{tab}/live");
    let version = page.attribute("[data-live-version]", "data-live-version").unwrap();
    let known = format!("{live}?version={version}");
    assert_eq!(ada.get(&known).await.status, 204);
    let group: GroupId = id_of(&newsletter).parse().unwrap();
    let left: anyhow::Result<_> = world
        .db()
        .write(ada.organization_id(), Actor::Mailchimp, move |tx| {
            Ok(actions::remove_contacts(
                tx,
                group,
                &[anne],
                "Unsubscribed at Mailchimp",
            )?)
        })
        .await;
    left.unwrap();
    let part = ada.get(&known).await;
    assert_eq!(part.status, 200);
    assert!(part.has("Anne Lem is no longer part of these group(s)."));
    let row = part.texts("[aria-labelledby=past-groups] tbody tr > *");
    assert_eq!(
        (row[0].as_str(), row[1].as_str(), row[4].as_str()),
        ("Newsletter", "Removed (by API)", "Unsubscribed at Mailchimp")
    );
    assert_eq!(
        part.texts("[aria-labelledby=past-groups] thead th")[..5],
        ["Group", "Status", "Date Added", "Date Removed", "Why"]
    );
    assert_eq!(
        part.texts("[aria-labelledby=past-groups] form button"),
        ["Rejoin Group"]
    );
    let history = part.texts("[aria-labelledby=group-history] tbody td:nth-child(3)");
    assert_eq!(history, ["Removed (by API)", "Added (by Admin)"]);

    ada.post(&tab, &[("group", id_of(&newsletter))]).await;
    assert!(!ada.get(&tab).await.has("Past Groups"));
    ada.post(&format!("{tab}/{group}/removal"), &[]).await;
    let page = ada.get(&tab).await;
    assert!(page.has("Removed Contact from Newsletter 1 contact removed from group"));
    assert!(page.has("Removed (by Admin)"));

    let asked = ada.get(&format!("{tab}/{group}/delete")).await;
    assert!(asked.has("will no longer be listed among the past groups of Anne Lem"));
    ada.post(&format!("{tab}/{group}/delete"), &[]).await;
    let page = ada.get(&tab).await;
    assert!(!page.has("Past Groups"));
    assert!(page.has("Deleted (by Admin)"));
    assert_eq!(ada.post(&format!("{tab}/{group}/delete"), &[]).await.status, 404);
}

#[tokio::test]
async fn a_group_says_how_each_belongs_to_it_and_who_no_longer_does() {
    let (world, ada) = shelter().await;
    let who = people(&world, &ada, vec![person("Anne", "Lem"), person("Bob", "Roy")]).await;
    let newsletter = make_group(&ada, "Newsletter").await;
    let group: GroupId = id_of(&newsletter).parse().unwrap();
    assert!(!ada.get(&newsletter).await.has("Past members"), "nobody was ever in it");
    let (anne, bob) = (who[0], who[1]);
    let done: anyhow::Result<_> = world
        .db()
        .write(ada.organization_id(), Actor::Mailchimp, move |tx| {
            actions::add_contacts(tx, group, &[anne, bob], "")?;
            Ok(actions::remove_contacts(
                tx,
                group,
                &[bob],
                "Unsubscribed at Mailchimp",
            )?)
        })
        .await;
    done.unwrap();
    let now = ada.get(&newsletter).await;
    assert_eq!(now.texts("tbody th"), ["Lem, Anne"]);
    let cells = now.texts("tbody td");
    assert_eq!(
        (cells[1].as_str(), cells[3].as_str()),
        ("Added (by API)", "anne.lem@example.ca")
    );
    let past = ada.get(&format!("{newsletter}?show=removed")).await;
    assert_eq!(past.texts("tbody th"), ["Roy, Bob"]);
    assert!(
        past.has("Removed (by API) Unsubscribed at Mailchimp"),
        "{}",
        past.text("main")
    );

    // The same people with all columns and actions.
    let list = ada.get(&past.attribute("a[href*='/contacts?']", "href").unwrap()).await;
    assert_eq!(list.texts("tbody th"), ["Roy, Bob"]);
    assert!(list.has("in Newsletter (Past members)"));
    let back = [
        ("scope", "all"),
        ("in_group", id_of(&newsletter)),
        ("belongs", "removed"),
        ("group", id_of(&newsletter)),
    ];
    ada.post("groups/additions", &back).await;
    assert_eq!(ada.get(&newsletter).await.texts("tbody th"), ["Lem, Anne", "Roy, Bob"]);
    let rita = world.invite(&ada, Role::Reader, "rita@shelter.test").await;
    let list = rita.get(&format!("contacts?in_group={group}")).await;
    assert_eq!(list.texts("tbody th"), ["Lem, Anne", "Roy, Bob"]);
}

#[tokio::test]
async fn somebody_new_is_added_straight_into_a_group() {
    let (world, ada) = shelter().await;
    people(&world, &ada, vec![person("Anne", "Lem")]).await;
    let newsletter = make_group(&ada, "Newsletter").await;
    let add = ada.get(&format!("{newsletter}/add")).await;
    let form = add.attribute("a[href*='type=individual']", "href").unwrap();
    assert_eq!(ada.get(&form).await.text("h1"), "New Individual in Newsletter");
    let zoe = [
        ("type", "individual"),
        ("first_name", "Zoé"),
        ("last_name", "Roy"),
        ("then", "save"),
    ];
    let added = ada.post(&form, &zoe).await;
    assert_eq!(added.location(), ada.at(&newsletter));
    let page = ada.follow(added).await;
    assert!(page.has("Zoé Roy was added to the contacts and to Newsletter."));
    assert_eq!(page.texts("tbody th"), ["Roy, Zoé"]);

    // One who looks like another is asked about first, and is in neither yet.
    let twin = [
        ("type", "individual"),
        ("first_name", "Anne"),
        ("last_name", "Lem"),
        ("then", "new"),
    ];
    let asked = ada.post(&form, &twin).await;
    assert_eq!(asked.status, 422);
    assert_eq!(ada.get(&newsletter).await.texts("tbody th").len(), 1);
    let seen = asked.attribute("[name=seen]", "value").unwrap();
    let again = [twin.as_slice(), &[("seen", seen.as_str())]].concat();
    let next = ada.post(&form, &again).await;
    assert_eq!(
        next.location(),
        ada.at(&format!("{newsletter}/new-contact?type=individual"))
    );
    assert_eq!(ada.get(&newsletter).await.texts("tbody th"), ["Lem, Anne", "Roy, Zoé"]);
}

#[tokio::test]
async fn groups_are_found_by_name_and_kind() {
    let (_world, ada) = shelter().await;
    for title in ["Newsletter", "Bénévoles"] {
        make_group(&ada, title).await;
    }
    let criteria = r#"{"blocks":[{"conditions":[{"about":"city","op":"is","values":["Alma"]}]}]}"#;
    ada.post("groups/new", &[("title", "Alma"), ("criteria", criteria)])
        .await;
    let found = async |query: &str| ada.get(&format!("groups?{query}")).await.texts("tbody .table__name");
    assert_eq!(found("q=benev").await, ["Bénévoles"]);
    assert_eq!(found("kind=smart").await, ["Alma"]);
    assert_eq!(found("kind=picked").await, ["Bénévoles", "Newsletter"]);
    assert!(ada.get("groups?q=zoo").await.has("No group found"));
}

#[tokio::test]
async fn joining_leaving_and_the_record_of_it_are_taken_back_from_the_message() {
    let (world, ada) = shelter().await;
    let anne = people(&world, &ada, vec![person("Anne", "Lem")]).await[0];
    let newsletter = make_group(&ada, "Newsletter").await;
    let group = id_of(&newsletter);
    let tab = format!("contacts/{anne}/groups");
    let status = async || {
        ada.get(&tab)
            .await
            .texts("[aria-labelledby=current-groups] tbody td:nth-of-type(1)")
    };
    let undo = async |done: crate::support::browserless::Answer| {
        let page = ada.follow(done).await;
        let way_back = page.attribute(".message a[href*='/undo/']", "href").unwrap();
        ada.follow(ada.post(&way_back, &[]).await).await
    };
    let undone = undo(ada.post(&tab, &[("group", group)]).await).await;
    assert!(undone.has("Undone: Added to Newsletter") && undone.has("does not currently belong to any groups"));
    assert!(!undone.has("Past Groups"), "as if it had never been");

    ada.post(&tab, &[("group", group)]).await;
    let since = status().await;
    undo(ada.post(&format!("{tab}/{group}/removal"), &[]).await).await;
    assert_eq!(status().await, since);
    undo(ada.post(&format!("{tab}/{group}/delete"), &[]).await).await;
    assert_eq!(status().await, since);
    let history = ada.get(&tab).await;
    let history = history.texts("[aria-labelledby=group-history] tbody td:nth-child(3)");
    let expected = ["Added", "Deleted", "Added", "Removed", "Added", "Deleted", "Added"];
    assert_eq!(history, expected.map(|status| format!("{status} (by Admin)")));

    // What came in between is not lost.
    let left = ada.post(&format!("{tab}/{group}/removal"), &[]).await;
    let page = ada.follow(left).await;
    let way_back = page.attribute(".message a[href*='/undo/']", "href").unwrap();
    ada.post(&tab, &[("group", group)]).await;
    let refused = ada.post(&way_back, &[]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.has("changed again since"), "{}", refused.text("main"));
}

#[tokio::test]
async fn looking_at_the_live_part_uses_up_no_message() {
    let (world, ada) = shelter().await;
    let anne = people(&world, &ada, vec![person("Anne", "Lem")]).await[0];
    let newsletter = make_group(&ada, "Newsletter").await;
    let tab = format!("contacts/{anne}/groups");
    ada.post(&tab, &[("group", id_of(&newsletter))]).await;
    assert_eq!(ada.get(&format!("{tab}/live")).await.status, 200);
    assert!(ada.get(&tab).await.has("1 contact added to group"));
}

#[tokio::test]
async fn a_reader_sees_everything_and_changes_nothing() {
    let (world, ada) = shelter().await;
    let anne = people(&world, &ada, vec![person("Anne", "Lem")]).await[0];
    let newsletter = make_group(&ada, "Newsletter").await;
    let tab = format!("contacts/{anne}/groups");
    ada.post(&tab, &[("group", id_of(&newsletter))]).await;
    let rita = world.invite(&ada, Role::Reader, "rita@shelter.test").await;

    let list = rita.get("groups").await;
    assert!(list.has("Newsletter") && !list.has("Add Group") && !list.has("Settings"));
    assert!(rita.get(&newsletter).await.has("Lem, Anne"));
    let own = rita.get(&tab).await;
    assert!(own.has("Added (by Admin)") && !own.has("Remove") && !own.has("Add to a group"));
    for path in [
        tab.as_str(),
        &format!("{tab}/{}/removal", id_of(&newsletter)),
        &format!("{tab}/{}/delete", id_of(&newsletter)),
        &format!("{newsletter}/settings"),
        &format!("{newsletter}/delete"),
        "groups/new",
        "groups/additions",
        "groups/removals",
    ] {
        let tried = rita
            .post(
                path,
                &[("group", id_of(&newsletter)), ("title", "Mine"), ("scope", "all")],
            )
            .await;
        assert_eq!(tried.status, 403, "{path}");
    }
    assert_eq!(rita.get(&newsletter).await.texts("tbody th").len(), 1);
}

#[tokio::test]
async fn another_organizations_group_is_not_there() {
    let (world, ada) = shelter().await;
    let newsletter = make_group(&ada, "Newsletter").await;
    let stan = world.stranger().await;
    assert_eq!(stan.get(&newsletter).await.status, 404);
    assert_eq!(stan.post(&format!("{newsletter}/delete"), &[]).await.status, 404);
    let his = people(&world, &stan, vec![person("Sue", "Ray")]).await[0];
    let joined = stan
        .post(&format!("contacts/{his}/groups"), &[("group", id_of(&newsletter))])
        .await;
    assert_eq!(joined.status, 404);
    assert_eq!(stan.get(&ada.at(&newsletter)).await.status, 404);
}

/// Signs Ada in with a browser.
async fn sign_in(browser: &Browser, world: &World) {
    browser.visit(&format!("http://{}/sign-in", world.address())).await;
    browser.fill("#email", "ada@shelter.test").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main button").await;
    browser.text(".topbar__name").await;
}

#[actix_web::test]
async fn an_unsubscribe_shows_while_somebody_looks() {
    let Some(browser) = Browser::open().await else { return };
    let (world, ada) = shelter().await;
    let anne = people(&world, &ada, vec![person("Anne", "Lem")]).await[0];
    let newsletter = make_group(&ada, "Newsletter").await;
    let tab = format!("contacts/{anne}/groups");
    ada.post(&tab, &[("group", id_of(&newsletter))]).await;
    sign_in(&browser, &world).await;
    browser
        .visit(&format!("http://{}{}", world.address(), ada.at(&tab)))
        .await;
    assert!(browser.text("[data-live]").await.contains("Added (by Admin)"));
    let note = "document.querySelector('h1').dataset.seen = 'yes'";
    browser.client.execute(note, vec![]).await.unwrap();

    let group: GroupId = id_of(&newsletter).parse().unwrap();
    let left: anyhow::Result<_> = world
        .db()
        .write(ada.organization_id(), Actor::Mailchimp, move |tx| {
            Ok(actions::remove_contacts(
                tx,
                group,
                &[anne],
                "Unsubscribed at Mailchimp",
            )?)
        })
        .await;
    left.unwrap();

    let past = browser.text("[aria-labelledby=past-groups] tbody").await;
    assert!(past.contains("Removed (by API)"), "{past}");
    assert_eq!(
        browser
            .client
            .execute("return document.querySelector('h1').dataset.seen", vec![])
            .await
            .unwrap(),
        "yes",
        "without reloading"
    );
    let violations = browser.axe().await;
    assert!(violations.is_empty(), "{violations:#?}");
}
