//! Changing contacts, and the Change Log of it: only differences are written, and all of them are.

use super::*;

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
            .write(move |tx| Ok(actions::change(tx, id, &after, "on the phone")?))
            .await
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
    assert!(office.ada.get("changes?by=mailchimp").await.has("No such changes"));
    assert!(
        office
            .ada
            .get("changes?by=staff&from=2000-01-01")
            .await
            .has("Contact changed")
    );
    assert!(office.ada.get("changes?to=2000-01-01").await.has("No such changes"));
    let colleague = everything.attribute("#by option:last-child", "value").unwrap();
    assert_eq!(everything.texts("#by option:last-child"), ["Ada Lem"]);
    let of_ada = office
        .ada
        .get(&format!("changes?by={colleague}&what=CONTACT+changed"))
        .await;
    assert_eq!(of_ada.texts("tbody th"), ["Contact changed"]);
    let own = office.ada.get(&format!("contacts/{id}/changes?what=phone")).await;
    assert_eq!(
        own.texts("tbody th"),
        ["Contact changed"],
        "words of the reason count as well"
    );
    let own = office.ada.get(&format!("contacts/{id}/changes?by=import")).await;
    assert!(own.has("No such changes"));
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
        &form.filled(&[("then", "save")]),
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
async fn what_the_form_does_not_show_stays_as_a_file_brought_it() {
    let office = Office::open().await;
    let mut anne = person("Anne", "Lem").with_phone("416 555 0142");
    anne.details.organization_name = "Riverside Bakery".into();
    anne.details.household_name = "The Lems".into();
    anne.name_as_given(Some("Anne of the Bakery"), None);
    let mut bakery = organization("Riverside Bakery").with_phone("416 555 0142");
    bakery.details.first_name = "Anne".into();
    bakery.details.job_title = "Bakers".into();
    bakery.details.birth_date = "1968-04-27".parse().ok();
    bakery.details.is_deceased = true;
    for draft in [anne, bakery] {
        let id = office.add(draft.clone()).await;
        let path = format!("contacts/{id}/edit");
        let form = office.ada.get(&path).await;
        let typed = form.filled(&[("phones.0.number", "416 555 0199"), ("then", "save")]);
        assert_eq!(send(&office.ada, &path, &typed).await.status, 303);
        let after = office.contact(id).await.draft();
        assert_eq!(after.phones[0].number, "416 555 0199");
        assert_eq!((after.details, after.as_given), (draft.details, draft.as_given));
    }
}

#[tokio::test]
async fn the_employer_of_an_individual_is_seen_and_changed() {
    let office = Office::open().await;
    let mut anne = person("Anne", "Lem");
    anne.details.organization_name = "Riverside Bakery".into();
    anne.name_as_given(Some("Anne of the Bakery"), None);
    let id = office.add(anne).await;
    let page = office.ada.get(&format!("contacts/{id}")).await;
    assert!(page.has("Employer Riverside Bakery"), "{}", page.body);
    let path = format!("contacts/{id}/edit");
    let form = office.ada.get(&path).await;
    let typed = form.filled(&[("organization_name", "Alma Mill"), ("then", "save")]);
    assert_eq!(send(&office.ada, &path, &typed).await.status, 303);
    assert_eq!(
        fields_of(&office.log(id).await[0]),
        [("Employer", "Riverside Bakery", "Alma Mill")]
    );
    assert_eq!(office.contact(id).await.display_name, "Anne of the Bakery");
}

#[tokio::test]
async fn an_email_on_hold_keeps_its_date_when_something_else_changes() {
    let office = Office::open().await;
    let id = office.add(person("Anne", "Lem").with_email("a@example.ca")).await;
    let other = office.add(person("Bob", "Lem").with_email("A@example.ca")).await;
    let mut held = office
        .write(|tx| Ok(actions::hold_address(tx, "a@example.ca", "Mailchimp: hard bounce")?))
        .await;
    held.sort();
    assert_eq!(held, [id, other]);
    let again = office
        .write(|tx| Ok(actions::hold_address(tx, "a@example.ca", "again")?))
        .await;
    assert!(again.is_empty());
    let since: OnHold = office.contact(id).await.emails[0].on_hold.clone().unwrap();
    assert_eq!(since.reason, "Mailchimp: hard bounce");
    assert_eq!(office.log(id).await[0].why, "Mailchimp: hard bounce");

    office.world.pass(chrono::TimeDelta::days(3));
    let form = office.ada.get(&format!("contacts/{id}/edit")).await;
    let saved = send(
        &office.ada,
        &format!("contacts/{id}/edit"),
        &form.filled(&[("emails.0.is_bulk_mail", "true")]),
    )
    .await;
    assert_eq!(saved.status, 303);
    assert_eq!(office.contact(id).await.emails[0].on_hold, Some(since));
    let form = office.ada.get(&format!("contacts/{id}/edit")).await;
    let mut typed = form.filled(&[]);
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
        send(&office.ada, &path, &theirs.filled(&[("job_title", "Baker")]))
            .await
            .status,
        303
    );
    let told = send(&office.ada, &path, &mine.filled(&[("middle_name", "Q")])).await;
    assert_eq!(told.status, 422);
    assert!(told.has("Somebody changed this contact while you were editing"));
    assert_eq!(told.attribute("[name='middle_name']", "value").unwrap(), "Q");
    assert_eq!(office.contact(id).await.details.job_title, "Baker");
    let decided = send(&office.ada, &path, &told.filled(&[("job_title", "Baker")])).await;
    assert_eq!(decided.status, 303);
    let details = office.contact(id).await.details;
    assert_eq!(
        (details.job_title.as_str(), details.middle_name.as_str()),
        ("Baker", "Q")
    );
}

#[tokio::test]
async fn what_was_changed_or_thrown_away_is_no_longer_found() {
    let office = Office::open().await;
    let id = office.add(person("Anne", "Lem").with_email("old@example.ca")).await;
    office
        .write(move |tx| {
            Ok(actions::change(
                tx,
                id,
                &person("Anne", "Mel").with_email("new@example.ca"),
                "",
            )?)
        })
        .await;
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
async fn whatever_changes_a_contact_makes_it_due_for_the_sync_and_nothing_else_does() {
    let office = Office::open().await;
    let id = office.add(person("Anne", "Lem").with_email("a@example.ca")).await;
    assert!(office.takes_the_due_mark(id).await);
    let draft = office.contact(id).await.draft();
    office.write(move |tx| Ok(actions::change(tx, id, &draft, "")?)).await;
    assert!(!office.takes_the_due_mark(id).await);
    let changed = person("Anne", "Mel").with_email("a@example.ca");
    office.write(move |tx| Ok(actions::change(tx, id, &changed, "")?)).await;
    assert!(office.takes_the_due_mark(id).await);
    for again in [true, false] {
        office
            .write(|tx| Ok(actions::hold_address(tx, "a@example.ca", "bounced")?))
            .await;
        assert_eq!(office.takes_the_due_mark(id).await, again);
    }
    for again in [true, false] {
        let set = office
            .write(move |tx| Ok(actions::set_no_bulk_emails(tx, id, "asked on the phone")?))
            .await;
        assert_eq!((set, office.takes_the_due_mark(id).await), (again, again));
    }
    for again in [true, false] {
        office.write(move |tx| Ok(actions::trash(tx, &[id], "")?)).await;
        assert_eq!(office.takes_the_due_mark(id).await, again);
    }
    for again in [true, false] {
        office.write(move |tx| Ok(actions::restore(tx, id)?)).await;
        assert_eq!(office.takes_the_due_mark(id).await, again);
    }
    let whats: Vec<String> = office.log(id).await.into_iter().map(|change| change.what).collect();
    assert_eq!(
        whats,
        [
            "Contact taken out of the trash",
            "Contact moved to the trash",
            "NO BULK EMAILS set",
            "Email put on hold",
            "Contact changed",
            "Contact added"
        ]
    );
}
