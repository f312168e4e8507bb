//! Tags: made, nested, given to one contact or to a selection, taken off, deleted.

use super::*;

/// Makes a tag through its page; its id.
async fn make(office: &Office, name: &str, below: &str) -> String {
    let typed = [("name", name), ("colour", "teal"), ("parent", below)];
    let page = office.done("tags/new", &typed).await;
    let edit = page
        .attribute(&format!("a[aria-label='Edit the tag {name}']"), "href")
        .unwrap();
    edit.split('/').rev().nth(1).unwrap().to_owned()
}

/// Name and number of contacts of each tag on the page that manages them.
async fn rows(office: &Office) -> Vec<(String, String)> {
    let page = office.ada.get("tags").await;
    let names = page.texts("tbody th");
    names
        .into_iter()
        .zip(page.texts("tbody td[data-label=Contacts]"))
        .collect()
}

fn row(name: &str, contacts: &str) -> (String, String) {
    (name.into(), contacts.into())
}

#[tokio::test]
async fn a_tag_is_made_changed_and_deleted_and_those_below_it_move_up() {
    let office = Office::open().await;
    assert!(office.ada.get("tags").await.has("No tags yet"));
    let volunteer = make(&office, "Volunteer", "").await;
    let board = make(&office, "Board", &volunteer).await;
    make(&office, "Chair", &board).await;
    assert_eq!(
        rows(&office).await,
        [
            row("Volunteer", "0"),
            row("Volunteer › Board", "0"),
            row("Volunteer › Board › Chair", "0")
        ]
    );

    assert_eq!(
        office.refused("tags/new", &[("name", " VOLUNTEER ")]).await,
        ["Tag “VOLUNTEER” already exists."]
    );
    assert_eq!(
        office.refused("tags/new", &[("name", " ")]).await,
        ["Give the tag a name."]
    );
    assert_eq!(
        office
            .refused(
                &format!("tags/{volunteer}/edit"),
                &[("name", "Volunteer"), ("parent", &board)]
            )
            .await,
        ["A tag cannot stand below itself."]
    );
    let offered = office
        .ada
        .get(&format!("tags/{board}/edit"))
        .await
        .texts("#parent option");
    assert_eq!(
        offered,
        ["No other tag", "Volunteer"],
        "neither itself nor what stands below it"
    );

    let typed = [
        ("name", "Board member"),
        ("colour", "purple"),
        ("parent", volunteer.as_str()),
    ];
    office.done(&format!("tags/{board}/edit"), &typed).await;
    assert_eq!(
        office.log_of_all().await[0],
        "Tag Board member changed (Name: Board → Board member; Colour: Teal → Purple)"
    );
    let asked = office.ada.get(&format!("tags/{board}/delete")).await;
    assert!(asked.has("Nobody has this tag.") && asked.has("The tags below it stay"));
    office.done(&format!("tags/{board}/delete"), &[]).await;
    assert_eq!(
        rows(&office).await,
        [row("Volunteer", "0"), row("Volunteer › Chair", "0")]
    );
}

#[tokio::test]
async fn a_contacts_tags_are_ticked_on_its_own_page() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let tab = format!("contacts/{anne}/tags");
    assert!(office.ada.get(&tab).await.has("No tags yet"));
    let (donor, volunteer) = (
        make(&office, "Major Donor", "").await,
        make(&office, "Volunteer", "").await,
    );
    office.takes_the_due_mark(anne).await;

    let page = office.done(&tab, &[("tag", &donor), ("tag", &volunteer)]).await;
    assert!(page.has("The tags have been saved."));
    assert_eq!(
        page.texts("input[type=checkbox][checked] + label"),
        ["Major Donor", "Volunteer"]
    );
    assert_eq!(counted(&office.ada, anne, "Tags").await, "2");
    assert!(office.ada.get(&format!("contacts/{anne}")).await.texts(".tag").len() == 2);
    assert!(office.takes_the_due_mark(anne).await);

    // Another took "Volunteer" off meanwhile; the page from before does not bring it back.
    office
        .done(&tab, &[("had", &donor), ("had", &volunteer), ("tag", &donor)])
        .await;
    let page = office
        .done(
            &tab,
            &[
                ("had", &donor),
                ("had", &volunteer),
                ("tag", &donor),
                ("tag", &volunteer),
            ],
        )
        .await;
    assert!(page.has("Nothing was different"));
    assert_eq!(page.texts("input[type=checkbox][checked] + label"), ["Major Donor"]);
    assert_eq!(
        office.told(anne).await[..3],
        ["Tag Volunteer removed", "Tagged Volunteer", "Tagged Major Donor"]
    );
}

#[tokio::test]
async fn a_selection_is_tagged_after_seeing_how_many_have_each_tag_and_the_list_shows_who_has_one() {
    let office = Office::open().await;
    let mut people = Vec::new();
    for first in ["Anne", "Bob", "Cleo"] {
        people.push(office.add(person(first, "Lem")).await.to_string());
    }
    office.add(person("Dora", "Roy")).await;
    let volunteer = make(&office, "Volunteer", "").await;
    let board = make(&office, "Board", &volunteer).await;
    office
        .done(&format!("contacts/{}/tags", people[0]), &[("tag", &board)])
        .await;

    let two = [
        ("scope", "selected"),
        ("id", people[0].as_str()),
        ("id", people[1].as_str()),
    ];
    let asked = office.ada.post("tags/choose", &two).await;
    assert!(asked.has("Tag 2 contacts"));
    assert_eq!(
        asked.texts(".choice label"),
        ["Volunteer", "Volunteer › Board 1 of 2 has it"]
    );
    assert_eq!(
        office.refused("tags/additions", &two).await,
        ["Tick a tag, or name a new one."]
    );
    let taken = [two.as_slice(), &[("name", "board")]].concat();
    assert_eq!(
        office.refused("tags/additions", &taken).await,
        ["A tag of this name already exists. Tick it above."]
    );

    let page = office
        .done("tags/additions", &[two.as_slice(), &[("tag", board.as_str())]].concat())
        .await;
    assert!(page.has("Tagged 1 contact with “Board”. 1 contact had it already"));
    assert!(page.has("tagged Board"));
    assert_eq!(page.texts("tbody th"), ["Lem, Anne", "Lem, Bob"]);
    assert_eq!(
        rows(&office).await,
        [row("Volunteer", "2"), row("Volunteer › Board", "2")],
        "who has a tag below counts as well"
    );
    let volunteers = office.ada.get(&format!("contacts?tagged={volunteer}")).await;
    assert_eq!(volunteers.texts("tbody th"), ["Lem, Anne", "Lem, Bob"]);

    let all_lems = [("scope", "all"), ("q", "lem"), ("name", "Neighbours")];
    let page = office.done("tags/additions", &all_lems).await;
    assert!(page.has("Tagged 3 contacts with “Neighbours”."));
    assert_eq!(page.texts("tbody th").len(), 3);

    let tagged_board = [("scope", "all"), ("tagged", board.as_str())];
    let asked = office.ada.post("tags/choose-removal", &tagged_board).await;
    assert_eq!(
        asked.texts(".choice label"),
        ["Neighbours 2 of 2 have it", "Volunteer › Board 2 of 2 have it"]
    );
    assert_eq!(office.refused("tags/removals", &tagged_board).await, ["Tick a tag."]);
    let page = office
        .done(
            "tags/removals",
            &[tagged_board.as_slice(), &[("tag", board.as_str())]].concat(),
        )
        .await;
    assert!(page.has("The tag “Board” has been taken off 2 contacts."));
    assert_eq!(rows(&office).await[0], row("Neighbours", "3"));

    let nobody = office.ada.post("tags/choose", &[("scope", "selected")]).await;
    assert!(office.ada.follow(nobody).await.has("Nobody was chosen"));
}

#[tokio::test]
async fn deleting_a_tag_takes_it_off_everybody_and_says_so_in_each_change_log() {
    let office = Office::open().await;
    let (anne, bob) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Bob", "Roy")).await,
    );
    let donor = make(&office, "Major Donor", "").await;
    for contact in [anne, bob] {
        office
            .done(&format!("contacts/{contact}/tags"), &[("tag", &donor)])
            .await;
        office.takes_the_due_mark(contact).await;
    }
    office.trash(bob).await;
    assert_eq!(
        rows(&office).await,
        [row("Major Donor", "1")],
        "the trash does not count"
    );
    office.done(&format!("tags/{donor}/delete"), &[]).await;
    for contact in [anne, bob] {
        assert_eq!(office.told(contact).await[0], "Tag Major Donor removed");
        assert!(office.takes_the_due_mark(contact).await);
    }
    assert_eq!(office.ada.get(&format!("tags/{donor}/edit")).await.status, 404);
    let stale = office
        .ada
        .post(&format!("contacts/{anne}/tags"), &[("tag", &donor)])
        .await;
    assert_eq!(stale.status, 404);
}

#[tokio::test]
async fn another_organizations_tags_are_not_there() {
    let office = Office::open().await;
    let donor = make(&office, "Major Donor", "").await;
    let stan = office.world.stranger().await;
    assert!(stan.get("tags").await.has("No tags yet"));
    assert_eq!(stan.get(&format!("tags/{donor}/edit")).await.status, 404);
    let below = stan.post("tags/new", &[("name", "Mine"), ("parent", &donor)]).await;
    assert_eq!(below.status, 404);
    let anne = office.add(person("Anne", "Lem")).await.to_string();
    let tagged = [("scope", "selected"), ("id", anne.as_str()), ("name", "Mine")];
    stan.post("tags/additions", &tagged).await;
    assert_eq!(counted(&office.ada, anne.parse().unwrap(), "Tags").await, "0");
}
