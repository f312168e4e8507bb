//! Contacts through the pages: adding, finding, changing, exporting, the trash, and the Change Log of all of it.

use crate::support::browserless::{Answer, Browserless};
use crate::support::world::World;
use dms::base::{Actor, ContactId, EmailAddress, Role};
use dms::changelog::{self, Change, ChangeFilter};
use dms::crm::contacts::actions;
use dms::crm::contacts::store;
use dms::crm::contacts::{Address, Contact, ContactDraft, ContactError, ContactType, EmailDraft, OnHold, Phone};
use dms::db::OrgTx;

/// An organization at work, with the words tests speak in.
struct Office {
    world: World,
    ada: Browserless,
}

impl Office {
    async fn open() -> Self {
        let world = World::start().await;
        let ada = world.sign_up("Riverside", "Ada Lem", "ada@riverside.test").await;
        Self { world, ada }
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut OrgTx<'_>) -> Result<T, ContactError> + Send + 'static,
    ) -> Result<T, ContactError> {
        let organization = self.ada.organization_id();
        self.world.db().write(organization, Actor::System, work).await
    }

    async fn add(&self, draft: ContactDraft) -> ContactId {
        self.write(move |tx| actions::add(tx, &draft)).await.unwrap()
    }

    async fn contact(&self, id: ContactId) -> Contact {
        let found = self.write(move |tx| Ok(store::find(tx, id)?)).await;
        found.unwrap().unwrap()
    }

    async fn log(&self, id: ContactId) -> Vec<Change> {
        let filter = ChangeFilter {
            contact: Some(id),
            ..ChangeFilter::default()
        };
        self.write(move |tx| Ok(changelog::list(tx, &filter, 0, 100)?))
            .await
            .unwrap()
    }

    /// The names the search finds, in order; the one contact's page counts as its name.
    async fn found(&self, query: &str) -> Vec<String> {
        let asked = serde_urlencoded::to_string([("q", query)]).unwrap();
        let answer = self.ada.get(&format!("search?{asked}")).await;
        let page = self.ada.follow(answer).await;
        match page.texts(".record h1") {
            one if !one.is_empty() => one,
            _ => names(&page),
        }
    }

    async fn people(&self, count: usize) -> Vec<ContactId> {
        let drafts: Vec<ContactDraft> = (0..count).map(|n| person(&format!("P{n:03}"), "Tester")).collect();
        self.write(move |tx| actions::add_many(tx, &drafts)).await.unwrap()
    }
}

fn names(page: &Answer) -> Vec<String> {
    page.texts("tbody .table__name")
}

fn person(first: &str, last: &str) -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.first_name = first.into();
    draft.details.last_name = last.into();
    draft
}

fn organization(name: &str) -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.contact_type = ContactType::Organization;
    draft.details.organization_name = name.into();
    draft
}

fn email(address: &str) -> EmailDraft {
    EmailDraft::new(EmailAddress::parse(address).unwrap())
}

trait With: Sized {
    fn with_email(self, address: &str) -> Self;
    fn with_phone(self, number: &str) -> Self;
    fn with_city(self, city: &str, province: &str) -> Self;
}

impl With for ContactDraft {
    fn with_email(mut self, address: &str) -> Self {
        self.emails.push(email(address));
        self.settle_primaries();
        self
    }

    fn with_phone(mut self, number: &str) -> Self {
        self.phones.push(Phone::new(number));
        self.settle_primaries();
        self
    }

    fn with_city(mut self, city: &str, province: &str) -> Self {
        self.addresses.push(Address {
            location_type: "Home".into(),
            city: city.into(),
            province: province.into(),
            ..Address::default()
        });
        self.settle_primaries();
        self
    }
}

/// The form as a browser sends it back: every field of the page, with some typed anew.
fn filled(page: &Answer, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let html = page.html();
    let css = |css: &str| scraper::Selector::parse(css).unwrap();
    let mut fields: Vec<(String, String)> = Vec::new();
    for field in html.select(&css("main form .form input, main form .form select")) {
        let Some(name) = field.value().attr("name") else {
            continue;
        };
        let value = match (field.value().name(), field.value().attr("type")) {
            ("select", _) => field
                .select(&css("option[selected]"))
                .chain(field.select(&css("option")))
                .next()
                .and_then(|option| option.value().attr("value")),
            (_, Some("checkbox" | "radio")) if field.value().attr("checked").is_none() => continue,
            _ => Some(field.value().attr("value").unwrap_or_default()),
        };
        fields.push((name.into(), value.unwrap_or_default().into()));
    }
    for (name, value) in typed {
        fields.retain(|(there, _)| there != name);
        fields.push((name.to_string(), value.to_string()));
    }
    fields
}

async fn send(who: &Browserless, path: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    who.post(path, &fields).await
}

fn fields_of(change: &Change) -> Vec<(&str, &str, &str)> {
    let fields = change.fields.iter();
    fields
        .map(|field| (field.field.as_str(), field.old.as_str(), field.new.as_str()))
        .collect()
}

#[tokio::test]
async fn somebody_is_added_with_everything_and_shown_on_the_summary() {
    let office = Office::open().await;
    let form = office.ada.get("contacts/new?type=individual").await;
    let sent = send(
        &office.ada,
        "contacts/new",
        &filled(
            &form,
            &[
                ("prefix", "Ms."),
                ("first_name", "Anne"),
                ("last_name", "Lem"),
                ("emails.0.address", "Anne.Lem@example.ca"),
                ("emails.1.address", "anne@work.example"),
                ("emails.1.location_type", "Work"),
                ("emails.1.is_bulk_mail", "true"),
                ("phones.0.number", "(416) 555-0142"),
                ("addresses.0.city", "Toronto"),
                ("addresses.0.province", "ON"),
                ("birth_date", "1968-04-27"),
                ("preferred_language", "fr"),
                ("do_not_phone", "true"),
                ("external_identifier", "A-7"),
                ("then", "save"),
            ],
        ),
    )
    .await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let page = office.ada.follow(sent).await;
    assert_eq!(page.text("h1"), "Ms. Anne Lem");
    for text in [
        "Ms. Anne Lem was added.",
        "Anne.Lem@example.ca",
        "anne@work.example",
        "Mailings go here.",
        "(416) 555-0142",
        "Toronto ON",
        "April 27, 1968",
        "French",
        "Do Not Phone",
        "A-7",
    ] {
        assert!(page.has(text), "{text} is missing: {}", page.body);
    }
    assert!(names(&office.ada.get("contacts").await) == ["Lem, Anne"]);
}

#[tokio::test]
async fn a_form_that_is_not_accepted_keeps_everything_that_was_typed() {
    let office = Office::open().await;
    let form = office.ada.get("contacts/new?type=individual").await;
    let again = send(
        &office.ada,
        "contacts/new",
        &filled(
            &form,
            &[
                ("first_name", "Zoë"),
                ("job_title", "<b>Baker</b>"),
                ("emails.1.address", "not an address"),
                ("emails.1.location_type", "Work"),
                ("addresses.0.city", "Montréal"),
                ("do_not_mail", "true"),
                ("birth_date", "27 April"),
            ],
        ),
    )
    .await;
    assert_eq!(again.status, 422);
    assert_eq!(again.attribute("[name='first_name']", "value").unwrap(), "Zoë");
    assert_eq!(again.attribute("[name='job_title']", "value").unwrap(), "<b>Baker</b>");
    assert_eq!(
        again.attribute("[name='emails.1.address']", "value").unwrap(),
        "not an address"
    );
    assert_eq!(
        again
            .attribute("[name='emails.1.location_type'] [selected]", "value")
            .unwrap(),
        "Work"
    );
    assert_eq!(
        again.attribute("[name='addresses.0.city']", "value").unwrap(),
        "Montréal"
    );
    assert!(again.attribute("[name='do_not_mail']", "checked").is_some());
    assert!(again.has("This is not an email address."));
    assert!(again.has("Write the date like 1968-04-27."));
    assert!(names(&office.ada.get("contacts").await).is_empty());
}

#[tokio::test]
async fn each_type_needs_its_name_and_a_nameless_individual_its_email() {
    let office = Office::open().await;
    for (contact_type, asked) in [
        (
            "individual",
            "Write a first and a last name, or at least an email address.",
        ),
        ("organization", "Write the name of the organization."),
        ("household", "Write the name of the household."),
    ] {
        let form = office.ada.get(&format!("contacts/new?type={contact_type}")).await;
        let refused = send(&office.ada, "contacts/new", &filled(&form, &[])).await;
        assert_eq!(refused.status, 422);
        assert!(refused.has(asked), "{}", refused.body);
    }
    let id = office
        .add(ContactDraft::default().with_email("Nobody@example.ca"))
        .await;
    let nameless = office.contact(id).await;
    assert_eq!(
        (nameless.display_name.as_str(), nameless.sort_name.as_str()),
        ("Nobody@example.ca", "Nobody@example.ca")
    );
    let only_last = office.write(|tx| actions::add(tx, &person("", "Lem"))).await;
    assert!(matches!(only_last, Err(ContactError::Invalid(_))));
}

#[tokio::test]
async fn another_row_is_shown_without_losing_what_was_typed() {
    let office = Office::open().await;
    let form = office.ada.get("contacts/new").await;
    assert_eq!(form.texts("[id^='emails.'][type='email']").len(), 2);
    let more = send(
        &office.ada,
        "contacts/new",
        &filled(
            &form,
            &[
                ("first_name", "Anne"),
                ("emails.1.address", "anne@example.ca"),
                ("then", "emails"),
            ],
        ),
    )
    .await;
    assert_eq!(more.status, 200);
    assert_eq!(more.texts("[id^='emails.'][type='email']").len(), 3);
    assert_eq!(
        more.attribute("[name='emails.1.address']", "value").unwrap(),
        "anne@example.ca"
    );
    assert_eq!(more.attribute("[name='first_name']", "value").unwrap(), "Anne");
}

#[tokio::test]
async fn the_search_finds_part_of_a_name_in_any_writing() {
    let office = Office::open().await;
    office.add(person("Anne", "Lem").with_email("al@example.ca")).await;
    office.add(person("anne", "lem").with_phone("416-555-0142 x12")).await;
    office
        .add(person("Anne", "LeMesurier").with_email("a.lemesurier@hotmail.com"))
        .await;
    office
        .add(person("Zoë", "Barkley-Lévesque").with_phone("+1 514 555 0188"))
        .await;
    office.add(person("Seán", "O'Brien")).await;
    office
        .add(organization("L’Œuvre Léger").with_email("info@oeuvre.example"))
        .await;

    assert_eq!(
        office.found("lem").await,
        ["lem, anne", "Lem, Anne", "LeMesurier, Anne"]
    );
    assert_eq!(office.found("ann").await.len(), 3);
    assert_eq!(office.found("Lem, Anne").await.len(), 3);
    assert_eq!(office.found("lemes, a").await, ["Anne LeMesurier"]);
    assert!(office.found("anne, lem").await.is_empty());
    assert_eq!(office.found("anne lemes").await, ["Anne LeMesurier"]);
    for query in [
        "zoe",
        "ZOË",
        "levesque",
        "Lévesque, Zoe",
        "barkley-levesque",
        "514 555 0188",
        "(514) 555-0188",
        "5550188",
        "1-514-555-0188",
        "+15145550188",
    ] {
        assert_eq!(office.found(query).await, ["Zoë Barkley-Lévesque"], "{query}");
    }
    for query in ["o'brien", "O’Brien", "obrien", "brien", "sean"] {
        assert_eq!(office.found(query).await, ["Seán O'Brien"], "{query}");
    }
    for query in ["oeuvre", "leger", "œuvre léger", "INFO@oeuvre.ex", "oeuvre.example"] {
        assert_eq!(office.found(query).await, ["L’Œuvre Léger"], "{query}");
    }
    assert_eq!(office.found("a.lemesurier@hotmail.com").await, ["Anne LeMesurier"]);
    assert_eq!(office.found("hotmail.com").await, ["Anne LeMesurier"]);
    for query in ["x%", "nobody", "--", "'; DROP TABLE contacts; --"] {
        assert!(office.found(query).await.is_empty(), "{query}");
    }
}

#[tokio::test]
async fn what_was_changed_or_thrown_away_is_no_longer_found() {
    let office = Office::open().await;
    let id = office.add(person("Anne", "Lem").with_email("old@example.ca")).await;
    office
        .write(move |tx| actions::change(tx, id, &person("Anne", "Mel").with_email("new@example.ca"), ""))
        .await
        .unwrap();
    assert!(office.found("lem").await.is_empty());
    assert!(office.found("old@example.ca").await.is_empty());
    assert_eq!(office.found("new@example.ca").await, ["Anne Mel"]);
    let sure = office.ada.get(&format!("contacts/{id}/trash")).await;
    assert!(sure.has("Move Anne Mel to the trash?"));
    let gone = office.ada.post(&format!("contacts/{id}/trash"), &[]).await;
    assert!(office.ada.follow(gone).await.has("Anne Mel is in the trash."));
    assert!(office.found("mel").await.is_empty());
    assert!(
        office
            .ada
            .get(&format!("contacts/{id}"))
            .await
            .has("This contact is in the trash")
    );
    let back = office.ada.post(&format!("contacts/{id}/restore"), &[]).await;
    assert!(office.ada.follow(back).await.has("Anne Mel is back."));
    assert_eq!(office.found("mel").await, ["Anne Mel"]);
    let log: Vec<String> = office.log(id).await.into_iter().map(|change| change.what).collect();
    assert_eq!(
        log,
        [
            "Contact taken out of the trash",
            "Contact moved to the trash",
            "Contact changed",
            "Contact added"
        ]
    );
}

#[tokio::test]
async fn the_list_is_filtered_sorted_and_paged() {
    let office = Office::open().await;
    office.people(101).await;
    office
        .add(
            organization("Bay Trust")
                .with_city("Halifax", "NS")
                .with_phone("902 555 0100"),
        )
        .await;
    office
        .add(organization("Éclair Society").with_city("Winnipeg", "MB"))
        .await;
    office.add(organization("Fern House")).await;

    let first = office.ada.get("contacts").await;
    assert_eq!(
        first.texts("thead th"),
        ["Name", "City", "Province", "Phone", "Date Created", "Last Modified"]
    );
    assert_eq!(names(&first).len(), 50);
    assert!(first.has("1–50 of 104 contacts"));
    assert_eq!(names(&office.ada.get("contacts?page=3").await).len(), 4);
    for beyond in ["99", "9223372036854775807"] {
        assert_eq!(
            names(&office.ada.get(&format!("contacts?page={beyond}")).await).len(),
            4
        );
    }
    assert_eq!(names(&office.ada.get("contacts?page=-1").await).len(), 50);

    let organizations = office.ada.get("contacts?type=organization").await;
    assert_eq!(names(&organizations), ["Bay Trust", "Éclair Society", "Fern House"]);
    assert!(organizations.has("All 3 Records"));
    let by_city = office
        .ada
        .get("contacts?type=organization&sort=city&order=descending")
        .await;
    assert_eq!(names(&by_city), ["Éclair Society", "Bay Trust", "Fern House"]);
    assert_eq!(by_city.attribute("th[aria-sort]", "aria-sort").unwrap(), "descending");
    for sort in ["province", "phone", "created", "modified"] {
        assert_eq!(
            names(&office.ada.get(&format!("contacts?type=organization&sort={sort}")).await).len(),
            3
        );
    }
    let last_name_first = office.ada.get("contacts?order=descending").await;
    assert_eq!(names(&last_name_first)[0], "Tester, P100");
}

#[tokio::test]
async fn possible_duplicates_are_shown_while_adding_and_asked_about_once() {
    let office = Office::open().await;
    let anne = office
        .add(
            person("Anne", "Lem")
                .with_email("anne@example.ca")
                .with_phone("416 555 0142"),
        )
        .await;
    let typing: &[&[(&str, &str)]] = &[
        &[("type", "individual"), ("first_name", "an"), ("last_name", "LEM")],
        &[
            ("type", "individual"),
            ("emails.0.location_type", "Home"),
            ("emails.0.address", "ANNE@example.ca"),
        ],
        &[
            ("type", "individual"),
            ("phones.0.location_type", "Home"),
            ("phones.0.number", "+1 (416) 555-0142"),
        ],
    ];
    for typed in typing {
        let fragment = office.ada.post("contacts/duplicates", typed).await;
        assert_eq!(fragment.texts(".table__name"), ["Lem, Anne"], "{typed:?}");
    }
    let half_typed = [
        ("type", "individual"),
        ("emails.0.location_type", "Home"),
        ("emails.0.address", "anne@exa"),
    ];
    assert!(
        office
            .ada
            .post("contacts/duplicates", &half_typed)
            .await
            .texts(".table__name")
            .is_empty()
    );

    let form = office.ada.get("contacts/new").await;
    let typed = filled(&form, &[("first_name", "Anne"), ("last_name", "Lem"), ("then", "save")]);
    let asked = send(&office.ada, "contacts/new", &typed).await;
    assert_eq!(asked.status, 422);
    assert_eq!(
        asked.attribute(".matches a", "href").unwrap(),
        office.ada.at(&format!("contacts/{anne}"))
    );
    assert!(asked.has("Save anyway"));
    assert_eq!(names(&office.ada.get("contacts").await).len(), 1);
    let anyway = send(&office.ada, "contacts/new", &filled(&asked, &[("then", "save")])).await;
    assert_eq!(anyway.status, 303);
    assert_eq!(names(&office.ada.get("contacts").await), ["Lem, Anne", "Lem, Anne"]);
}

#[tokio::test]
async fn save_and_new_opens_the_next_form() {
    let office = Office::open().await;
    let form = office.ada.get("contacts/new?type=household").await;
    let saved = send(
        &office.ada,
        "contacts/new",
        &filled(&form, &[("household_name", "Lem family"), ("then", "new")]),
    )
    .await;
    assert_eq!(saved.location(), office.ada.at("contacts/new?type=household"));
    assert!(office.ada.follow(saved).await.has("Lem family was added."));
}

#[tokio::test]
async fn the_change_log_tells_old_and_new_of_every_kind_of_change() {
    let office = Office::open().await;
    let mut before = person("Anne", "Lem")
        .with_email("anne@example.ca")
        .with_phone("416 555 0142")
        .with_city("Toronto", "ON");
    before.details.birth_date = "1968-04-27".parse().ok();
    let id = office.add(before.clone()).await;
    let added = &office.log(id).await[0];
    assert_eq!(added.what, "Contact added");
    assert!(fields_of(added).contains(&("Email", "", "anne@example.ca (Home, primary)")));
    assert!(fields_of(added).contains(&("Contact Type", "", "Individual")));

    let mut after = before.clone();
    after.details.last_name = "Mel".into();
    after.details.birth_date = None;
    after.details.is_deceased = true;
    after.details.preferred_language = "fr_CA".into();
    after.details.privacy.is_opt_out = true;
    after.emails = vec![email("ANNE@example.ca"), email("new@example.ca")];
    after.emails[1].is_primary = true;
    after.emails[1].on_hold = Some("bounced".into());
    after.phones[0].number = "416 555 0199".into();
    after.addresses.clear();
    assert!(
        office
            .write(move |tx| actions::change(tx, id, &after, "on the phone"))
            .await
            .unwrap()
    );
    let change = &office.log(id).await[0];
    assert_eq!(
        (change.what.as_str(), change.why.as_str()),
        ("Contact changed", "on the phone")
    );
    assert_eq!(
        fields_of(change),
        [
            ("Last Name", "Lem", "Mel"),
            ("Birth Date", "1968-04-27", ""),
            ("Deceased", "No", "Yes"),
            ("Preferred Language", "", "French (fr_CA)"),
            ("NO BULK EMAILS (User Opt Out)", "No", "Yes"),
            ("Email", "anne@example.ca (Home, primary)", "ANNE@example.ca (Home)"),
            ("Email", "", "new@example.ca (Home, primary, on hold: bounced)"),
            ("Phone", "416 555 0142", "416 555 0199"),
            ("Address", "Toronto ON (Home, primary)", ""),
        ]
    );

    let page = office.ada.get(&format!("contacts/{id}/changes")).await;
    assert_eq!(page.texts("tbody th"), ["Contact changed", "Contact added"]);
    assert!(
        page.texts("del").contains(&"was Lem".to_owned()),
        "{:?}",
        page.texts("del")
    );
    assert!(page.texts("ins").contains(&"now Mel".to_owned()));
    assert!(page.has("on the phone"));
    assert_eq!(page.text("[aria-current='page'] .tab__count"), "2");
    let everything = office.ada.get("changes").await;
    assert!(everything.texts("tbody a").contains(&"Anne Mel".to_owned()));
    assert!(
        office
            .ada
            .get("changes?by=mailchimp")
            .await
            .has("No changes in that time")
    );
    assert!(
        office
            .ada
            .get("changes?by=system&from=2000-01-01")
            .await
            .has("Contact changed")
    );
    assert!(
        office
            .ada
            .get("changes?to=2000-01-01")
            .await
            .has("No changes in that time")
    );
    assert!(
        office
            .ada
            .get("changes?from=yesterday")
            .await
            .has("Write the date like 2026-04-27.")
    );
}

#[tokio::test]
async fn saving_without_a_difference_writes_nothing() {
    let office = Office::open().await;
    let mut draft = person("Anne", "Lem")
        .with_email("a@example.ca")
        .with_email("b@example.ca")
        .with_phone("1")
        .with_city("Toronto", "");
    draft.emails[0].on_hold = Some("bounced".into());
    draft.emails[1].is_bulk_mail = true;
    draft.details.preferred_language = "en_US".into();
    draft.details.external_identifier = Some("7".into());
    let id = office.add(draft.clone()).await;
    let before = office.contact(id).await;
    assert_eq!(before.draft(), draft);

    let form = office.ada.get(&format!("contacts/{id}/edit")).await;
    let saved = send(
        &office.ada,
        &format!("contacts/{id}/edit"),
        &filled(&form, &[("then", "save")]),
    )
    .await;
    let page = office.ada.follow(saved).await;
    assert!(page.has("Nothing was different"), "{}", page.body);
    let after = office.contact(id).await;
    assert_eq!(after.modified_at, before.modified_at);
    assert_eq!(after.emails, before.emails);
    assert_eq!(office.log(id).await.len(), 1);
}

#[tokio::test]
async fn an_email_on_hold_keeps_its_date_when_something_else_changes() {
    let office = Office::open().await;
    let id = office.add(person("Anne", "Lem").with_email("a@example.ca")).await;
    let other = office.add(person("Bob", "Lem").with_email("A@example.ca")).await;
    let held = office
        .write(|tx| Ok(actions::hold_address(tx, "a@example.ca", "Mailchimp: hard bounce")?))
        .await
        .unwrap();
    assert_eq!(held, [id, other]);
    let again = office
        .write(|tx| Ok(actions::hold_address(tx, "a@example.ca", "again")?))
        .await
        .unwrap();
    assert!(again.is_empty());
    let since: OnHold = office.contact(id).await.emails[0].on_hold.clone().unwrap();
    assert_eq!(since.reason, "Mailchimp: hard bounce");
    assert_eq!(office.log(id).await[0].why, "Mailchimp: hard bounce");

    office.world.pass(chrono::TimeDelta::days(3));
    let form = office.ada.get(&format!("contacts/{id}/edit")).await;
    let saved = send(
        &office.ada,
        &format!("contacts/{id}/edit"),
        &filled(&form, &[("emails.0.is_bulk_mail", "true")]),
    )
    .await;
    assert_eq!(saved.status, 303);
    assert_eq!(office.contact(id).await.emails[0].on_hold, Some(since));
    let form = office.ada.get(&format!("contacts/{id}/edit")).await;
    let mut typed = filled(&form, &[]);
    typed.retain(|(name, _)| name != "emails.0.on_hold");
    send(&office.ada, &format!("contacts/{id}/edit"), &typed).await;
    assert_eq!(office.contact(id).await.emails[0].on_hold, None);
}

#[tokio::test]
async fn two_people_editing_at_once_do_not_overwrite_each_other() {
    let office = Office::open().await;
    let id = office.add(person("Anne", "Lem")).await;
    let path = format!("contacts/{id}/edit");
    let (mine, theirs) = (office.ada.get(&path).await, office.ada.get(&path).await);
    assert_eq!(
        send(&office.ada, &path, &filled(&theirs, &[("job_title", "Baker")]))
            .await
            .status,
        303
    );
    let told = send(&office.ada, &path, &filled(&mine, &[("middle_name", "Q")])).await;
    assert_eq!(told.status, 422);
    assert!(told.has("Somebody changed this contact while you were editing"));
    assert_eq!(told.attribute("[name='middle_name']", "value").unwrap(), "Q");
    assert_eq!(office.contact(id).await.details.job_title, "Baker");
    let decided = send(&office.ada, &path, &filled(&told, &[("job_title", "Baker")])).await;
    assert_eq!(decided.status, 303);
    let details = office.contact(id).await.details;
    assert_eq!(
        (details.job_title.as_str(), details.middle_name.as_str()),
        ("Baker", "Q")
    );
}

#[tokio::test]
async fn the_rules_of_emails_hold_in_the_form() {
    let office = Office::open().await;
    let form = office.ada.get("contacts/new").await;
    let typed = [
        ("emails.0.address", "a@example.ca"),
        ("emails.1.address", "A@example.ca"),
        ("emails.0.is_bulk_mail", "true"),
        ("emails.1.is_bulk_mail", "true"),
    ];
    let refused = send(&office.ada, "contacts/new", &filled(&form, &typed)).await;
    assert!(refused.has("This address stands here twice."));
    assert!(refused.has("Choose only one email for bulk mail."));
    assert_eq!(refused.attribute("[aria-invalid]", "name").unwrap(), "emails.1.address");
    // The row marked as primary is left empty: the first one that is filled in takes its place.
    let typed = [
        ("emails.0.address", ""),
        ("emails.1.address", "b@example.ca"),
        ("emails.primary", "0"),
    ];
    let saved = send(&office.ada, "contacts/new", &filled(&form, &typed)).await;
    assert_eq!(saved.status, 303);
    assert!(office.ada.follow(saved).await.has("Primary"));
    let long = "x".repeat(256);
    let refused = send(
        &office.ada,
        "contacts/new",
        &filled(&form, &[("first_name", &long), ("last_name", "y")]),
    )
    .await;
    assert!(refused.has("This is too long: 255 characters are the most."));
}

#[tokio::test]
async fn an_external_identifier_is_used_once() {
    let office = Office::open().await;
    let mut draft = person("Anne", "Lem");
    draft.details.external_identifier = Some("7".into());
    let first = office.add(draft.clone()).await;
    let form = office.ada.get("contacts/new").await;
    let typed = [
        ("first_name", "Bob"),
        ("last_name", "Mel"),
        ("external_identifier", "7"),
    ];
    let refused = send(&office.ada, "contacts/new", &filled(&form, &typed)).await;
    assert_eq!(refused.status, 422);
    assert!(refused.has("Another contact has this External Identifier."));
    office
        .write(move |tx| Ok(actions::trash(tx, &[first], "")?))
        .await
        .unwrap();
    assert_eq!(
        send(&office.ada, "contacts/new", &filled(&form, &typed)).await.status,
        303
    );
    let restored = office.ada.post(&format!("contacts/{first}/restore"), &[]).await;
    assert_eq!(restored.status, 409);
    assert!(restored.has("another contact has the same External Identifier"));
}

#[tokio::test]
async fn the_export_holds_the_selection_and_no_formulas() {
    let office = Office::open().await;
    let evil = office
        .add(
            person("=HYPERLINK(\"http://evil\")", "+cmd")
                .with_email("a@example.ca")
                .with_email("b@example.ca"),
        )
        .await;
    office.add(organization("Bay, \"Trust\"\u{e9}").with_phone("-1")).await;
    office.add(organization("Fern House")).await;

    let these = office
        .ada
        .post("contacts/export", &[("scope", "selected"), ("id", &evil.to_string())])
        .await;
    assert!(these.body.starts_with('\u{feff}'));
    assert!(
        these.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment; filename=\"contacts-")
    );
    let rows = rows_of(&these);
    assert_eq!(rows.len(), 2);
    let cell = |rows: &[Vec<String>], row: usize, name: &str| {
        let at = rows[0].iter().position(|heading| heading == name).unwrap();
        rows[row][at].clone()
    };
    assert_eq!(cell(&rows, 1, "First Name"), "'=HYPERLINK(\"http://evil\")");
    assert_eq!(cell(&rows, 1, "Last Name"), "'+cmd");
    assert_eq!(cell(&rows, 1, "Second Email"), "b@example.ca");

    let all = office
        .ada
        .post("contacts/export", &[("scope", "all"), ("type", "organization")])
        .await;
    let rows = rows_of(&all);
    assert_eq!(rows.len(), 3);
    assert_eq!(cell(&rows, 1, "Organization Name"), "Bay, \"Trust\"é");
    assert_eq!(cell(&rows, 1, "Phone"), "'-1");
    for row in rows {
        assert!(
            row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])),
            "{row:?}"
        );
    }
}

fn rows_of(answer: &Answer) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(answer.body.trim_start_matches('\u{feff}').as_bytes());
    reader
        .records()
        .map(|row| row.unwrap().iter().map(String::from).collect())
        .collect()
}

#[tokio::test]
async fn a_reader_sees_and_changes_nothing() {
    let office = Office::open().await;
    let id = office.add(person("Anne", "Lem")).await;
    let rita = office
        .world
        .invite(&office.ada, Role::Reader, "rita@riverside.test")
        .await;
    let list = rita.get("contacts").await;
    assert_eq!(names(&list), ["Lem, Anne"]);
    assert!(!list.has("Add Contact") && !list.has("Add to group"));
    let page = rita.get(&format!("contacts/{id}")).await;
    assert!(page.has("Anne Lem") && !page.has("Edit"));
    for path in [
        "contacts/new".into(),
        format!("contacts/{id}/edit"),
        format!("contacts/{id}/trash"),
    ] {
        assert_eq!(rita.get(&path).await.status, 403, "{path}");
        assert_eq!(rita.post(&path, &[]).await.status, 403, "{path}");
    }
    let stan = office.world.stranger().await;
    assert_eq!(stan.get(&format!("contacts/{id}")).await.status, 404);
    assert_eq!(stan.get("contacts/999999999999").await.status, 404);
}

#[tokio::test]
async fn an_empty_list_says_what_to_do_first() {
    let office = Office::open().await;
    let list = office.ada.get("contacts").await;
    assert!(list.has("No contacts yet"));
    assert_eq!(
        list.attribute(".empty a", "href").unwrap(),
        office.ada.at("imports/new")
    );
    assert!(office.ada.get("contacts?q=nobody").await.has("Nobody found"));
}
