//! Adding contacts: the form, its rules, possible duplicates.

use super::*;

#[tokio::test]
async fn somebody_is_added_with_everything_and_shown_on_the_summary() {
    let office = Office::open().await;
    let form = office.ada.get("contacts/new?type=individual").await;
    let sent = send(
        &office.ada,
        "contacts/new",
        &form.filled(&[
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
        ]),
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
        &form.filled(&[
            ("first_name", "Zoë"),
            ("job_title", "<b>Baker</b>"),
            ("emails.1.address", "not an address"),
            ("emails.1.location_type", "Work"),
            ("addresses.0.city", "Montréal"),
            ("do_not_mail", "true"),
            ("birth_date", "27 April"),
        ]),
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
        let refused = send(&office.ada, "contacts/new", &form.filled(&[])).await;
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
    let only_last = office
        .world
        .db()
        .write(office.ada.organization_id(), Actor::System, |tx| {
            actions::add(tx, &person("", "Lem"))
        });
    assert!(matches!(only_last.await, Err(ContactError::Invalid(_))));
}

#[tokio::test]
async fn another_row_is_shown_without_losing_what_was_typed() {
    let office = Office::open().await;
    let form = office.ada.get("contacts/new").await;
    assert_eq!(form.texts("[id^='emails.'][type='email']").len(), 2);
    let more = send(
        &office.ada,
        "contacts/new",
        &form.filled(&[
            ("first_name", "Anne"),
            ("emails.1.address", "anne@example.ca"),
            ("then", "emails"),
        ]),
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
async fn the_rules_of_emails_hold_in_the_form() {
    let office = Office::open().await;
    let form = office.ada.get("contacts/new").await;
    let typed = [
        ("emails.0.address", "a@example.ca"),
        ("emails.1.address", "A@example.ca"),
        ("emails.0.is_bulk_mail", "true"),
        ("emails.1.is_bulk_mail", "true"),
    ];
    let refused = send(&office.ada, "contacts/new", &form.filled(&typed)).await;
    assert!(refused.has("This address stands here twice."));
    assert!(refused.has("Choose only one email for bulk mail."));
    assert_eq!(refused.attribute("[aria-invalid]", "name").unwrap(), "emails.1.address");
    // The row marked as primary is left empty: the first one that is filled in takes its place.
    let typed = [
        ("emails.0.address", ""),
        ("emails.1.address", "b@example.ca"),
        ("emails.primary", "0"),
    ];
    let saved = send(&office.ada, "contacts/new", &form.filled(&typed)).await;
    assert_eq!(saved.status, 303);
    assert!(office.ada.follow(saved).await.has("Primary"));
    let long = "x".repeat(256);
    let refused = send(
        &office.ada,
        "contacts/new",
        &form.filled(&[("first_name", &long), ("last_name", "y")]),
    )
    .await;
    assert!(refused.has("This is too long: 255 characters are the most."));
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
    let typed = form.filled(&[("first_name", "Anne"), ("last_name", "Lem"), ("then", "save")]);
    let asked = send(&office.ada, "contacts/new", &typed).await;
    assert_eq!(asked.status, 422);
    assert_eq!(
        asked.attribute(".matches a", "href").unwrap(),
        office.ada.at(&format!("contacts/{anne}"))
    );
    assert!(asked.has("Save anyway"));
    assert_eq!(names(&office.ada.get("contacts").await).len(), 1);
    let anyway = send(&office.ada, "contacts/new", &asked.filled(&[("then", "save")])).await;
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
        &form.filled(&[("household_name", "Lem family"), ("then", "new")]),
    )
    .await;
    assert_eq!(saved.location(), office.ada.at("contacts/new?type=household"));
    assert!(office.ada.follow(saved).await.has("Lem family was added."));
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
    let refused = send(&office.ada, "contacts/new", &form.filled(&typed)).await;
    assert_eq!(refused.status, 422);
    assert!(refused.has("Another contact has this External Identifier."));
    office.write(move |tx| Ok(actions::trash(tx, &[first], "")?)).await;
    assert_eq!(
        send(&office.ada, "contacts/new", &form.filled(&typed)).await.status,
        303
    );
    let restored = office.ada.post(&format!("contacts/{first}/restore"), &[]).await;
    assert_eq!(restored.status, 409);
    assert!(restored.has("another contact has the same External Identifier"));
}

#[test]
fn names_are_put_together_as_civicrm_does() {
    let mut anne = person("Anne", "Lem");
    anne.details.prefix = "Dr.".into();
    anne.details.middle_name = "Q".into();
    anne.details.suffix = "III".into();
    assert_eq!(
        (anne.display_name().as_str(), anne.sort_name().as_str()),
        ("Dr. Anne Lem III", "Lem, Anne")
    );
    anne.details.first_name.clear();
    assert_eq!(
        (anne.display_name().as_str(), anne.sort_name().as_str()),
        ("Dr. Lem III", "Lem")
    );
    anne.details.last_name.clear();
    let anne = anne.with_email("anne@example.ca").with_email("second@example.ca");
    assert_eq!(
        (anne.display_name().as_str(), anne.sort_name().as_str()),
        ("anne@example.ca", "anne@example.ca")
    );
    assert_eq!(organization("Bay Trust").display_name(), "Bay Trust");
}

#[test]
fn mailings_go_to_the_bulk_email_else_the_primary_else_any_other_but_never_to_one_on_hold() {
    let stored = |address: &str, is_primary: bool, is_bulk_mail: bool, is_held: bool| Email {
        address: EmailAddress::parse(address).unwrap(),
        location_type: "Home".into(),
        is_primary,
        is_bulk_mail,
        on_hold: is_held.then(|| OnHold {
            since: chrono::DateTime::UNIX_EPOCH,
            reason: "bounced".into(),
        }),
    };
    let chosen = |emails: &[Email]| model::bulk_mail_address(emails).map(|email| email.address.as_typed().to_owned());
    let (primary, bulk, other) = ("primary@x.ca", "bulk@x.ca", "other@x.ca");
    let all = |held: [bool; 3]| {
        let [primary_is_held, bulk_is_held, other_is_held] = held;
        chosen(&[
            stored(primary, true, false, primary_is_held),
            stored(other, false, false, other_is_held),
            stored(bulk, false, true, bulk_is_held),
        ])
    };
    assert_eq!(all([false, false, false]).as_deref(), Some(bulk));
    assert_eq!(all([false, true, false]).as_deref(), Some(primary));
    assert_eq!(all([true, true, false]).as_deref(), Some(other));
    assert_eq!(all([true, true, true]), None);
    assert_eq!(chosen(&[]), None);
}
