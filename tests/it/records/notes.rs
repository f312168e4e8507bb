//! Notes: written, found, changed, deleted, each with its line in the Change Log.

use super::*;
use dms::base::Role;

#[tokio::test]
async fn a_note_is_written_changed_and_deleted_and_the_change_log_tells_all_of_it() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let tab = format!("contacts/{anne}/notes");
    assert!(office.ada.get(&tab).await.has("No notes yet"));
    office.takes_the_due_mark(anne).await;

    let typed = [
        ("subject", "Legacy"),
        ("text", "Wants to leave something to the kitchen.\r\nCall in May."),
        ("noted_at", "2026-04-27T16:07"),
    ];
    let page = office.done(&format!("{tab}/new"), &typed).await;
    assert!(page.has("The note about Anne Lem has been added."));
    assert_eq!(page.text(".entries h3"), "Legacy");
    assert!(page.has("Apr 27, 2026 4:07 PM, added by Ada Lem"));
    assert!(page.has("Wants to leave something to the kitchen. Call in May."));
    assert_eq!(counted(&office.ada, anne, "Notes").await, "1");
    assert!(office.takes_the_due_mark(anne).await);

    let edit = page.attribute(".entries a", "href").unwrap();
    let form = office.ada.get(&edit).await;
    assert_eq!(form.attribute("#noted_at", "value").unwrap(), "2026-04-27T16:07");
    assert_eq!(
        form.text("#text"),
        "Wants to leave something to the kitchen. Call in May."
    );
    let typed = [
        ("subject", "Legacy"),
        ("text", "Changed her mind."),
        ("noted_at", "2026-04-28T09:00"),
    ];
    assert!(office.done(&edit, &typed).await.has("The note has been saved."));
    assert!(office.takes_the_due_mark(anne).await);
    assert!(office.done(&edit, &typed).await.has("Nothing was different"));
    assert!(!office.takes_the_due_mark(anne).await);

    let delete = edit.replace("/edit", "/delete");
    assert!(office.ada.get(&delete).await.has("Changed her mind."));
    assert!(office.done(&delete, &[]).await.has("No notes yet"));
    assert_eq!(office.ada.get(&edit).await.status, 404);
    assert_eq!(
        office.told(anne).await[..3],
        [
            "Note deleted (Subject: Legacy → ; Note: Changed her mind. → ; Date: Apr 28, 2026 9:00 AM → )",
            "Note changed (Note: Wants to leave something to the kitchen.\nCall in May. → Changed her mind.; \
             Date: Apr 27, 2026 4:07 PM → Apr 28, 2026 9:00 AM)",
            "Note added (Subject:  → Legacy; Note:  → Wants to leave something to the kitchen.\nCall in May.; \
             Date:  → Apr 27, 2026 4:07 PM)",
        ]
    );
}

#[tokio::test]
async fn notes_are_found_by_the_beginnings_of_their_words_with_or_without_accents() {
    let office = Office::open().await;
    let (anne, bob) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Bob", "Roy")).await,
    );
    for (contact, text, date) in [
        (anne, "Met at the Évangéline dinner", "2026-03-01T10:00"),
        (anne, "Prefers to be called in the evening", "2026-03-02T10:00"),
        (bob, "Evening volunteer, brings his dog", "2026-03-03T10:00"),
    ] {
        let typed = [("text", text), ("noted_at", date)];
        office.done(&format!("contacts/{contact}/notes/new"), &typed).await;
    }
    let found = async |path: &str| office.ada.get(path).await.texts("tbody .lines, .entries .lines");
    assert_eq!(found("notes").await.len(), 3);
    assert_eq!(found("notes?q=evangeline").await, ["Met at the Évangéline dinner"]);
    assert_eq!(
        found("notes?q=EVEN").await,
        [
            "Evening volunteer, brings his dog",
            "Prefers to be called in the evening"
        ]
    );
    assert_eq!(found("notes?q=evening+dog").await.len(), 1);
    assert!(office.ada.get("notes?q=cat").await.has("No note has these words"));
    assert_eq!(found(&format!("contacts/{anne}/notes?q=evening")).await.len(), 1);

    office.trash(bob).await;
    assert_eq!(found("notes?q=evening").await.len(), 1, "the trash is not searched");
    assert_eq!(
        found(&format!("contacts/{bob}/notes")).await.len(),
        1,
        "nothing of it is lost"
    );
}

#[tokio::test]
async fn a_note_without_text_or_with_a_date_that_cannot_be_is_not_kept_and_nothing_typed_is_lost() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let new = format!("contacts/{anne}/notes/new");
    let long = "n".repeat(20_001);
    for (text, date, said) in [
        (" ", "2026-04-27T16:07", "Write the note."),
        ("Hello", "27 April", "Give a date and a time."),
        ("Hello", "0202-04-27T16:07", "The year cannot be right."),
        (
            long.as_str(),
            "2026-04-27T16:07",
            "A note may have up to 20,000 characters. Make two of it.",
        ),
    ] {
        let typed = [("subject", "Kept"), ("text", text), ("noted_at", date)];
        let answer = office.ada.post(&new, &typed).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.texts(".field__error"), [said]);
        assert_eq!(answer.attribute("#subject", "value").unwrap(), "Kept");
    }
    assert_eq!(office.told(anne).await.len(), 1, "only that the contact was added");
}

#[tokio::test]
async fn a_note_belongs_to_its_contact_its_organization_and_those_who_may_write() {
    let office = Office::open().await;
    let (anne, bob) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Bob", "Roy")).await,
    );
    let typed = [("text", "Between us"), ("noted_at", "2026-04-27T16:07")];
    let page = office.done(&format!("contacts/{anne}/notes/new"), &typed).await;
    let edit = page.attribute(".entries a", "href").unwrap();
    let elsewhere = edit.replace(&format!("contacts/{anne}"), &format!("contacts/{bob}"));
    assert_eq!(office.ada.post(&elsewhere, &typed).await.status, 404);

    let rita = office
        .world
        .invite(&office.ada, Role::Reader, "rita@riverside.test")
        .await;
    let own = rita.get(&format!("contacts/{anne}/notes")).await;
    assert!(own.has("Between us") && !own.has("Add Note") && own.texts(".entries a").is_empty());
    let stan = office.world.stranger().await;
    assert!(stan.get("notes").await.has("No notes yet"));
    assert_eq!(stan.get(&edit).await.status, 404);

    office.trash(anne).await;
    assert_eq!(office.ada.post(&edit, &typed).await.status, 404);
    assert_eq!(
        office
            .ada
            .post(&format!("contacts/{anne}/notes/new"), &typed)
            .await
            .status,
        422,
        "the form comes back with what was typed"
    );
    assert_eq!(office.ada.post("contacts/999999/notes/new", &typed).await.status, 404);
}
