//! While a form is open, others change, merge and erase: nobody's work is lost without a word.

use super::*;
use crate::support::colleague::Colleague;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use dms::base::EmailAddress;
use dms::crm::contacts as contacts_room;
use dms::db::schema::{contacts, contributions};
use dms::web::PageError;

/// What Ada types and nobody else.
const MINE: &str = "As Ada typed it";

/// Ada opens a form, somebody else saves it, and Ada saves hers: it is shown again with all she typed, and counts when it is
/// saved once more.
async fn notices(office: &Office, form: &str, theirs: &[(&str, &str)], mine: &[(&str, &str)]) {
    let state = |page: &Answer| page.attribute("[name=began_with]", "value").unwrap();
    let opened = state(&office.ada.get(form).await);
    assert_eq!(office.ada.save(form, theirs).await.status, 303, "{form}");

    let shown = office
        .ada
        .post(form, &[mine, &[("began_with", opened.as_str())]].concat())
        .await;
    assert_eq!(shown.status, 422, "{form}");
    assert!(shown.has("while you were editing"), "{form}: {}", shown.body);
    assert!(shown.body.contains(MINE), "{form}: {}", shown.body);
    let now = state(&shown);
    assert_eq!(now, state(&office.ada.get(form).await), "{form}: nothing was saved");

    let again = office
        .ada
        .post(form, &[mine, &[("began_with", now.as_str())]].concat())
        .await;
    assert_eq!(again.status, 303, "{form}");
}

async fn first_option(office: &Office, page: &str, select: &str, words: &str) -> String {
    let page = office.ada.get(page).await;
    let options = scraper::Selector::parse(&format!("{select} option")).unwrap();
    let html = page.html();
    let mut options = html.select(&options);
    let found = options.find(|option| option.text().collect::<String>().starts_with(words));
    found.unwrap().value().attr("value").unwrap().to_owned()
}

#[tokio::test]
async fn nobody_saves_over_what_somebody_else_changed_while_the_form_was_open() {
    let office = Office::open().await;
    let ada = &office.ada;
    let anne = office.add(person("Anne", "Lem")).await;
    let bob = office.add(person("Bob", "Lem")).await;
    let (anne_id, bob_id) = (anne.to_string(), bob.to_string());

    let note = |text| [("subject", "Call"), ("text", text), ("noted_at", "2026-04-27T10:00")];
    office.done(&format!("contacts/{anne}/notes/new"), &note("First")).await;
    notices(
        &office,
        &format!("contacts/{anne}/notes/1/edit"),
        &note("Theirs"),
        &note(MINE),
    )
    .await;

    let call = first_option(&office, "activities/new", "#type", "Phone Call").await;
    let activity = |status, details| {
        [
            ("type", call.as_str()),
            ("contact", anne_id.as_str()),
            ("activity_at", "2026-04-27T10:00"),
            ("status", status),
            ("priority", "Normal"),
            ("details", details),
        ]
    };
    let own = ada.post("activities/new", &activity("Scheduled", "")).await.location();
    let form = format!("{own}/edit");
    notices(&office, &form, &activity("Completed", ""), &activity("Scheduled", MINE)).await;

    let prospect = |status, notes| {
        [
            ("name", "Kitchen"),
            ("contact", anne_id.as_str()),
            ("status", status),
            ("currency", "CAD"),
            ("notes", notes),
        ]
    };
    let own = ada
        .post("opportunities/new", &prospect("Discovery", ""))
        .await
        .location();
    let form = format!("{own}/edit");
    notices(&office, &form, &prospect("Awarded", ""), &prospect("Discovery", MINE)).await;

    let new = format!("contacts/{anne}/relationships/new");
    let kind = first_option(&office, &new, "#kind", "Parent of").await;
    office
        .done(&new, &[("kind", kind.as_str()), ("contact", bob_id.as_str())])
        .await;
    let form = format!("contacts/{anne}/relationships/1/edit");
    notices(&office, &form, &[("has_ended", "true")], &[("description", MINE)]).await;

    ada.post("campaigns/new", &[("name", "Spring"), ("is_enabled", "true")])
        .await;
    let theirs = [("name", "Spring Dinner"), ("is_enabled", "true")];
    let mine = [("name", "Spring"), ("description", MINE), ("is_enabled", "true")];
    notices(&office, "campaigns/1/settings", &theirs, &mine).await;

    ada.post("funds/new", &[("name", "Roof"), ("is_enabled", "true")]).await;
    let theirs = [("name", "New Roof"), ("is_enabled", "true")];
    let mine = [("name", "Roof"), ("description", MINE), ("is_enabled", "true")];
    notices(&office, "funds/2/settings", &theirs, &mine).await;

    ada.get("opportunity-statuses").await;
    let status = |name| [("name", name), ("outcome", "Open"), ("probability", "10")];
    notices(&office, "opportunity-statuses/1/edit", &status("Theirs"), &status(MINE)).await;

    let level = |options: &[(&'static str, &'static str)]| {
        let fixed = [
            ("record", "Contact"),
            ("kind", "One Choice"),
            ("label", "Level"),
            ("for_individuals", "true"),
            ("then", "save"),
        ];
        [&fixed[..], options].concat()
    };
    let gold = [("option_id", ""), ("option_label", "Gold")];
    ada.post("custom-fields/new", &level(&gold)).await;
    let gold = [("option_id", "1"), ("option_label", "Gold")];
    let theirs = [&gold[..], &[("option_id", ""), ("option_label", "Silver")]].concat();
    let mine = [&gold[..], &[("option_id", ""), ("option_label", MINE)]].concat();
    notices(&office, "custom-fields/1/edit", &level(&theirs), &level(&mine)).await;

    let pile = [
        ("name", "Pile"),
        ("control_count", "1"),
        ("control_total", "5"),
        ("currency", "CAD"),
    ];
    let batch = ada.post("batches/new", &pile).await.location();
    let row = |note| [("rows.1.amount", "5"), ("rows.1.note", note), ("then", "save")];
    notices(&office, &batch, &row("Theirs"), &row(MINE)).await;
}

#[tokio::test]
async fn the_form_of_a_contact_that_was_merged_or_erased_meanwhile_writes_nothing_into_it() {
    let office = Office::open().await;
    let (anne, ann) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Ann", "Lem")).await,
    );
    let form = format!("contacts/{ann}/edit");
    let opened = office.ada.get(&form).await;
    let began_with = opened.attribute("[name=began_with]", "value").unwrap();
    let typed = [
        ("type", "individual"),
        ("first_name", "Ann"),
        ("last_name", "Lem"),
        ("job_title", "Cook"),
        ("then", "save"),
        ("began_with", began_with.as_str()),
    ];
    office.done(&format!("contacts/{anne}/merge/{ann}"), &[]).await;
    for answer in [office.ada.post(&form, &typed).await, office.ada.get(&form).await] {
        assert_eq!(answer.location(), office.ada.at(&format!("contacts/{anne}/edit")));
    }
    let shown = office.ada.get(&format!("contacts/{anne}/edit")).await;
    assert!(
        shown.has("Ann Lem was merged into this contact, so nothing was saved."),
        "{}",
        shown.body
    );
    let log = office.told(ann).await;
    assert!(!log.iter().any(|line| line.contains("Cook")), "{log:?}");

    let form = format!("contacts/{anne}/edit");
    let began_with = shown.attribute("[name=began_with]", "value").unwrap();
    office.trash(anne).await;
    office
        .done(&format!("contacts/{anne}/erase"), &[("name", "Anne Lem")])
        .await;
    let typed = [&typed[..5], &[("began_with", began_with.as_str())]].concat();
    let refused = office.ada.post(&form, &typed).await;
    assert_eq!(refused.status, 409);
    assert!(refused.has("This person was erased for good, so nothing was saved."));
    assert_eq!(office.ada.get(&form).await.status, 409);
    assert!(!office.ada.get(&format!("contacts/{anne}")).await.has("Cook"));
}

#[tokio::test]
async fn a_form_about_somebody_who_was_merged_meanwhile_is_about_the_one_they_became() {
    let office = Office::open().await;
    let (anne, ann) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Ann", "Lem")).await,
    );
    let ann_id = ann.to_string();
    let call = first_option(&office, "activities/new", "#type", "Phone Call").await;
    let activity = [
        ("type", call.as_str()),
        ("contact", ann_id.as_str()),
        ("activity_at", "2026-04-27T10:00"),
        ("status", "Scheduled"),
        ("priority", "Normal"),
    ];
    office.done(&format!("contacts/{anne}/merge/{ann}"), &[]).await;
    assert!(office.done("activities/new", &activity).await.has("With Anne Lem"));
    let prospect = [
        ("name", "Kitchen"),
        ("contact", ann_id.as_str()),
        ("status", "Discovery"),
        ("currency", "CAD"),
    ];
    assert!(
        office
            .done("opportunities/new", &prospect)
            .await
            .has("Prospect Anne Lem")
    );
    let note = [("text", "Called."), ("noted_at", "2026-04-27T10:00")];
    let saved = office.done(&format!("contacts/{ann}/notes/new"), &note).await;
    assert!(saved.has("The note about Anne Lem has been added."), "{}", saved.body);

    office.trash(anne).await;
    let refused = office.ada.post("activities/new", &activity).await;
    assert_eq!(refused.status, 422);
    assert!(refused.has("Somebody you chose went into the trash or was erased meanwhile."));
    assert_eq!(
        office.refused("opportunities/new", &prospect).await,
        [
            "Somebody you chose went into the trash or was erased meanwhile. Nothing was saved yet: look who is chosen, and save again."
        ]
    );
    let kept = office.ada.post(&format!("contacts/{ann}/notes/new"), &note).await;
    assert_eq!(kept.status, 422);
    assert_eq!(kept.text("#text"), "Called.");
    assert!(kept.has("The contact is in the trash or was erased, so the note was not saved."));
}

/// The form of a gift.
fn given(of: &str) -> [(&str, &str); 7] {
    [
        ("contact", of),
        ("amount", "50"),
        ("currency", "CAD"),
        ("payment_method", "Cheque"),
        ("status", "Completed"),
        ("received_on", "2026-03-01"),
        ("fund", ""),
    ]
}

/// A gift through the pages; its path.
async fn gift(office: &Office, of: ContactId) -> String {
    let of = of.to_string();
    office.ada.post("contributions/new", &given(&of)).await.location()
}

#[tokio::test]
async fn nothing_is_credited_to_or_promised_by_who_was_merged_or_erased() {
    let office = Office::open().await;
    let (anne, ann) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Ann", "Lem")).await,
    );
    let bob = office.add(person("Bob", "Roy")).await;
    let gift = gift(&office, bob).await;
    office.done(&format!("contacts/{anne}/merge/{ann}"), &[]).await;
    let ann_id = ann.to_string();
    assert_eq!(
        office.refused("contributions/new", &given(&ann_id)).await,
        ["Ann Lem was merged into another contact. Choose the contact once more."]
    );
    let credit = [
        ("contact", ann_id.as_str()),
        ("amount", "5"),
        ("credit_type", "Solicited"),
    ];
    let refused = office.ada.post(&format!("{gift}/soft-credits"), &credit).await;
    assert_eq!(refused.status, 409);
    assert!(refused.has("Ann Lem was merged into another contact."));
    let fund = first_option(&office, &format!("contacts/{bob}/recurring"), "#fund", "General").await;
    let promise = [
        ("amount", "5"),
        ("currency", "CAD"),
        ("frequency", "Monthly"),
        ("start_date", "2026-05-01"),
        ("fund", fund.as_str()),
    ];
    office.trash(bob).await;
    office
        .done(&format!("contacts/{bob}/erase"), &[("name", "Bob Roy")])
        .await;
    for (who, words) in [
        (ann, "was merged into another contact."),
        (bob, "The contact was erased."),
    ] {
        let refused = office.ada.post(&format!("contacts/{who}/recurring"), &promise).await;
        assert_eq!(refused.status, 409);
        assert!(refused.has(words), "{}", refused.body);
    }
}

#[tokio::test]
async fn who_changes_a_gift_waits_for_a_merge_of_its_donor_and_then_sees_what_it_did() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let gift = gift(&office, anne).await;
    let source = async || {
        let all = office.write(|tx| {
            Ok(contributions::table
                .select(contributions::source)
                .load::<String>(&mut **tx)?)
        });
        all.await.remove(0)
    };

    // Thanking keeps what the other wrote.
    let mut merging = Colleague::holding(&office, anne);
    let thanks = format!("{gift}/thanks");
    let (thanked, ()) = tokio::join!(office.ada.post(&thanks, &[]), async {
        merging.until_somebody_waits().await;
        merging.writes("UPDATE contributions SET source = 'Gala'");
    });
    assert_eq!(thanked.location(), gift);
    assert_eq!(source().await, "Gala");
    assert!(office.ada.get(&gift).await.has("Thanked on"));

    // A form that began before says so, though it was sent before the other was through.
    let form = format!("{gift}/edit");
    let began_with = office
        .ada
        .get(&form)
        .await
        .attribute("[name=began_with]", "value")
        .unwrap();
    let of = anne.to_string();
    let typed = [
        ("contact", of.as_str()),
        ("amount", "60"),
        ("currency", "CAD"),
        ("payment_method", "Cheque"),
        ("status", "Completed"),
        ("received_on", "2026-03-01"),
        ("fund", ""),
        ("began_with", began_with.as_str()),
    ];
    let mut merging = Colleague::holding(&office, anne);
    let (saved, ()) = tokio::join!(office.ada.post(&form, &typed), async {
        merging.until_somebody_waits().await;
        merging.writes("UPDATE contributions SET source = 'Auction'");
    });
    assert_eq!(saved.status, 422);
    assert!(saved.has("Somebody changed this contribution while you were editing"));
    assert_eq!(source().await, "Auction");
}

#[tokio::test]
async fn what_is_read_is_of_one_moment_whatever_others_write_meanwhile() {
    let office = Office::open().await;
    office.add(person("Anne", "Lem")).await;
    let (url, organization) = (office.world.app_url().to_owned(), office.ada.organization_id());
    let counts: Result<[i64; 2], PageError> = office
        .world
        .db()
        .read(organization, move |tx| {
            let living = || contacts::table.filter(contacts::deleted_at.is_null()).count();
            let before = living().get_result(&mut **tx)?;
            let mut other = PgConnection::establish(&url).map_err(anyhow::Error::from)?;
            other.batch_execute(&format!(
                "BEGIN; SET LOCAL dms.organization_id = '{}'; UPDATE contacts SET deleted_at = now(); COMMIT",
                organization.0
            ))?;
            Ok([before, living().get_result(&mut **tx)?])
        })
        .await;
    assert_eq!(counts.unwrap(), [1, 1]);
}

#[tokio::test]
async fn a_note_saved_while_its_contact_is_merged_waits_and_neither_is_given_up() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let note = [("subject", "Call"), ("text", "First"), ("noted_at", "2026-04-27T10:00")];
    office.done(&format!("contacts/{anne}/notes/new"), &note).await;
    let form = format!("contacts/{anne}/notes/1/edit");
    let began_with = office
        .ada
        .get(&form)
        .await
        .attribute("[name=began_with]", "value")
        .unwrap();
    let typed = [
        ("subject", "Call"),
        ("text", MINE),
        ("noted_at", "2026-04-27T10:00"),
        ("began_with", &began_with),
    ];
    let mut merging = Colleague::holding(&office, anne);
    let (saved, ()) = tokio::join!(office.ada.post(&form, &typed), async {
        merging.until_somebody_waits().await;
        merging.writes("UPDATE notes SET subject = 'Visit'");
    });
    assert_eq!(saved.status, 422, "{}", saved.text("main"));
    assert!(saved.has("while you were editing"));
}

#[tokio::test]
async fn an_undo_keeps_what_a_colleague_saved_just_before_the_step() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let note = [("subject", "Call"), ("text", "First"), ("noted_at", "2026-04-27T10:00")];
    office.done(&format!("contacts/{anne}/notes/new"), &note).await;
    let mut saving = Colleague::holding(&office, anne);
    let delete = format!("contacts/{anne}/notes/1/delete");
    let (deleted, ()) = tokio::join!(office.ada.post(&delete, &[]), async {
        saving.until_somebody_waits().await;
        saving.writes("UPDATE notes SET subject = 'Theirs'");
    });
    let deleted = office.ada.follow(deleted).await;
    let undo = deleted.attribute(".message a[href*='/undo/']", "href").unwrap();
    assert_eq!(office.ada.post(&undo, &[]).await.status, 303);
    let notes = office.ada.get(&format!("contacts/{anne}/notes")).await;
    assert!(notes.has("Theirs"), "{}", notes.text("main"));
}

#[tokio::test]
async fn nobody_is_erased_who_is_taken_out_of_the_trash_at_the_same_moment() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    office.trash(anne).await;
    let mut restoring = Colleague::holding(&office, anne);
    let erase = format!("contacts/{anne}/erase");
    let (refused, ()) = tokio::join!(office.ada.post(&erase, &[("name", "Anne Lem")]), async {
        restoring.until_somebody_waits().await;
        restoring.writes("UPDATE contacts SET deleted_at = NULL");
    });
    assert_eq!(refused.status, 409, "{}", refused.text("main"));
    assert!(office.ada.get(&format!("contacts/{anne}")).await.has("Anne Lem"));
}

#[tokio::test]
async fn an_address_goes_on_hold_though_its_contact_is_being_saved() {
    let office = Office::open().await;
    let mut draft = person("Anne", "Lem");
    draft.emails.push(contacts_room::EmailDraft::new(
        EmailAddress::parse("anne@x.test").unwrap(),
    ));
    draft.settle_primaries();
    let anne = office.add(draft).await;
    let mut saving = Colleague::holding(&office, anne);
    let hold = office.write(|tx| Ok(contacts_room::actions::hold_address(tx, "anne@x.test", "It bounced")?));
    let (held, ()) = tokio::join!(hold, async {
        saving.until_somebody_waits().await;
        saving.writes(
            "WITH old AS (DELETE FROM emails RETURNING *) INSERT INTO emails \
             SELECT (jsonb_populate_record(old::emails, '{\"id\": 4711}')).* FROM old",
        );
    });
    assert_eq!(held, [anne]);
    assert!(office.contact(anne).await.emails[0].on_hold.is_some());
}

#[tokio::test]
async fn of_two_who_wait_for_each_other_one_is_told_that_somebody_was_faster() {
    let office = Office::open().await;
    let both = [
        office.add(person("Anne", "Lem")).await,
        office.add(person("Bo", "Roy")).await,
    ];
    let (db, organization) = (office.world.db(), office.ada.organization_id());
    let meet = std::sync::Arc::new(std::sync::Barrier::new(2));
    let holding = |first: ContactId, second: ContactId| {
        let meet = meet.clone();
        db.write(organization, dms::base::Actor::System, move |tx| {
            contacts_room::locked(tx, &[first])?;
            meet.wait();
            contacts_room::locked(tx, &[second])?;
            Ok::<_, PageError>(())
        })
    };
    let (one, other) = tokio::join!(holding(both[0], both[1]), holding(both[1], both[0]));
    let lost: Vec<PageError> = [one, other].into_iter().filter_map(Result::err).collect();
    assert!(matches!(lost.as_slice(), [PageError::Overtaken]), "{lost:?}");
}

#[tokio::test]
async fn a_deleted_tag_comes_back_while_somebody_is_saving_a_contact() {
    let office = Office::open().await;
    office.done("tags/new", &[("name", "Board"), ("colour", "teal")]).await;
    let deleted = office.done("tags/1/delete", &[]).await;
    let undo = deleted.attribute(".message a[href*='/undo/']", "href").unwrap();
    let anne = office.add(person("Anne", "Lem")).await;
    let (organization, saving) = (office.ada.organization_id(), Colleague::holding(&office, anne));
    let saving = saving.has_done(&format!(
        "SELECT pg_advisory_xact_lock_shared(hashtextextended('smart groups', {}))",
        organization.0
    ));
    assert_eq!(office.ada.post(&undo, &[]).await.status, 303);
    saving.writes("UPDATE contacts SET job_title = 'Cook'");
    assert!(office.ada.get("tags").await.has("Board"));
}
