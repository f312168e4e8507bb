//! What somebody did to a single record is taken back through its page: every row is as it was, and whatever was changed since
//! is never lost.

mod seen;

use crate::support::browserless::Answer;
use crate::support::colleague::Colleague;
use crate::support::office::{Office, in_words, person, send};
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::Text;
use dms::base::{ContactId, Role};
use dms::changelog::{self, ChangeFilter};
use dms::crm::undoable;
use std::collections::BTreeSet;

/// Tables that tell of what was done, or what is to be done because of it.
const OF_THE_DEED: [&str; 5] = ["changes", "steps", "step_rows", "due_contacts", "smart_due_contacts"];

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Office {
    /// Every row of the organization in every table, but of those that tell of the deed.
    async fn everything(&self) -> Vec<String> {
        self.write(|tx| {
            let tables: Vec<Line> = diesel::sql_query(
                "SELECT relname::text AS line FROM pg_class WHERE relnamespace = 'public'::regnamespace \
                 AND relkind = 'r' AND relrowsecurity ORDER BY 1",
            )
            .load(&mut **tx)?;
            let mut rows = Vec::new();
            for table in tables
                .iter()
                .filter(|table| !OF_THE_DEED.contains(&table.line.as_str()))
            {
                let name = &table.line;
                let passing = "'{search_checked_at,search_due_at,searched_on}'::text[]";
                let lines: Vec<Line> = diesel::sql_query(format!(
                    "SELECT '{name} ' || (to_jsonb(row) - {passing})::text AS line FROM {name} AS row"
                ))
                .load(&mut **tx)?;
                rows.extend(lines.into_iter().map(|row| row.line));
            }
            rows.sort();
            Ok(rows)
        })
        .await
    }

    /// Sends the form of a page with some fields typed anew; the page it leads to.
    async fn sent(&self, path: &str, typed: &[(&str, &str)]) -> Answer {
        let form = self.ada.get(path).await;
        let answer = send(&self.ada, path, &form.filled(typed)).await;
        let wrong = answer.texts(".field__error").join(" ");
        assert_eq!(answer.status, 303, "{path}: {wrong} {}", answer.text("main"));
        self.ada.follow(answer).await
    }

    /// Presses "Undo" where a page says what was done; the page it leads to.
    async fn undone(&self, said: &Answer) -> Answer {
        let step = undo_of(said).unwrap_or_else(|| panic!("no way back: {}", said.text(".messages")));
        let asked = self.ada.get(&step).await;
        assert!(asked.text("h1").starts_with("Undo: "), "{}", asked.text("h1"));
        let done = self.ada.post(&step, &[]).await;
        assert_eq!(done.status, 303, "{}", done.text("main"));
        self.ada.follow(done).await
    }

    /// The last line of the whole organization's Change Log.
    async fn last_line(&self) -> String {
        let lines = self.write(|tx| Ok(changelog::list(tx, &ChangeFilter::default(), 0, 1)?));
        in_words(lines.await.first().unwrap())
    }
}

/// Where the page leads that takes back what it says.
fn undo_of(said: &Answer) -> Option<String> {
    said.attribute(".message a[href*='/undo/']", "href")
}

/// One of everything: where it is changed, what is typed there, and where it is deleted.
struct Kept {
    edit: String,
    typed: (&'static str, &'static str),
    delete: String,
}

/// The address behind the first link on a page that ends so.
fn link(page: &Answer, end: &str) -> String {
    let found = page.attribute(&format!("main a[href$='{end}']"), "href");
    found.unwrap_or_else(|| panic!("no link to {end}: {}", page.text("main")))
}

async fn one_of_everything(office: &Office, anne: ContactId, bo: ContactId) -> Vec<Kept> {
    let (contact, other) = (anne.to_string(), bo.to_string());
    let mut all = Vec::new();
    let mut keep = |edit: String, typed, delete: String| all.push(Kept { edit, typed, delete });

    let of_anne = format!("contacts/{anne}");
    let notes = office
        .sent(
            &format!("{of_anne}/notes/new"),
            &[("text", "Likes tea."), ("subject", "Tea")],
        )
        .await;
    keep(
        link(&notes, "notes/1/edit"),
        ("text", "Likes coffee."),
        link(&notes, "notes/1/delete"),
    );

    let fund = office.sent("funds/new", &[("name", "Roof"), ("gl_code", "4100")]).await;
    let settings = link_in_row(&fund, "Roof", "/settings");
    keep(
        settings.clone(),
        ("gl_code", "4200"),
        settings.replace("/settings", "/delete"),
    );

    let campaign = office
        .sent("campaigns/new", &[("name", "Spring"), ("goal", "500")])
        .await;
    let settings = link(&campaign, "/settings");
    keep(
        settings.clone(),
        ("goal", "800"),
        settings.replace("/settings", "/delete"),
    );

    let gift = office
        .sent(
            "contributions/new",
            &[
                ("contact", contact.as_str()),
                ("amount", "50"),
                ("received_on", "2026-01-05"),
            ],
        )
        .await;
    let edit = link(&gift, "/edit");
    let own = edit.trim_end_matches("/edit").to_owned();
    let credit = [("contact", other.as_str()), ("amount", "20"), ("credit_type", "Spouse")];
    office.ada.post(&format!("{own}/soft-credits"), &credit).await;
    keep(edit, ("amount", "75"), format!("{own}/delete"));

    let opportunity = office
        .sent(
            "opportunities/new",
            &[("contact", contact.as_str()), ("name", "Kitchen"), ("amount", "900")],
        )
        .await;
    keep(
        link(&opportunity, "/edit"),
        ("amount", "950"),
        link(&opportunity, "/delete"),
    );

    let meeting = option(&office.ada.get("activities/new").await, "#type", "Meeting");
    let activity = office
        .sent(
            "activities/new",
            &[
                ("contact", contact.as_str()),
                ("type", meeting.as_str()),
                ("subject", "Thank her"),
            ],
        )
        .await;
    keep(
        link(&activity, "/edit"),
        ("subject", "Thank them"),
        link(&activity, "/delete"),
    );

    let kinds = office.ada.get(&format!("{of_anne}/relationships/new")).await;
    let spouse = option(&kinds, "#kind", "Spouse of");
    let ties = office
        .sent(
            &format!("{of_anne}/relationships/new"),
            &[("kind", spouse.as_str()), ("contact", other.as_str())],
        )
        .await;
    keep(
        link(&ties, "relationships/1/edit"),
        ("description", "Since school"),
        link(&ties, "relationships/1/delete"),
    );

    office
        .sent("tags/new", &[("name", "Volunteer"), ("colour", "teal")])
        .await;
    let tags = office.ada.get("tags").await;
    let edit = link(&tags, "/edit");
    let tag = edit.trim_end_matches("/edit").rsplit('/').next().unwrap().to_owned();
    office
        .sent("tags/new", &[("name", "Cook"), ("colour", "blue"), ("parent", &tag)])
        .await;
    office.ada.post(&format!("{of_anne}/tags"), &[("tag", &tag)]).await;
    keep(edit.clone(), ("name", "Helper"), edit.replace("/edit", "/delete"));

    let group = office.sent("groups/new", &[("title", "Newsletter")]).await;
    let settings = link(&group, "/settings");
    let own = settings.trim_end_matches("/settings").to_owned();
    let id = own.rsplit('/').next().unwrap();
    for joins in [anne, bo] {
        office
            .ada
            .post(&format!("contacts/{joins}/groups"), &[("group", id)])
            .await;
    }
    office
        .ada
        .post(&format!("contacts/{bo}/groups/{id}/removal"), &[])
        .await;
    keep(settings, ("description", "By email"), format!("{own}/delete"));

    for (list, typed, change) in [
        (
            "activity-types",
            vec![("name", "Site visit")],
            ("name", "Visit on site"),
        ),
        (
            "relationship-types",
            vec![("label_a_b", "Mentor of"), ("label_b_a", "Mentored by")],
            ("label_a_b", "Guide of"),
        ),
        (
            "opportunity-statuses",
            vec![("name", "Letter sent")],
            ("name", "Letter posted"),
        ),
    ] {
        office.sent(&format!("{list}/new"), &typed).await;
        let page = office.ada.get(list).await;
        let edit = link_in_row(&page, typed[0].1, "/edit");
        keep(edit.clone(), change, edit.replace("/edit", "/delete"));
    }
    let fields = office
        .sent(
            "custom-fields/new?record=Contact",
            &[("label", "Shirt"), ("kind", "Text"), ("then", "save")],
        )
        .await;
    let edit = link_in_row(&fields, "Shirt", "/edit");
    keep(edit.clone(), ("label", "Shirt size"), edit.replace("/edit", "/delete"));
    all
}

/// Where a link leads that has this part, in the row of a list that shows these words.
fn link_in_row(page: &Answer, words: &str, part: &str) -> String {
    let (html, rows) = (page.html(), scraper::Selector::parse("main tbody tr").unwrap());
    let links = scraper::Selector::parse(&format!("a[href*='{part}']")).unwrap();
    html.select(&rows)
        .filter(|row| row.text().any(|text| text.contains(words)))
        .find_map(|row| row.select(&links).next()?.value().attr("href").map(str::to_owned))
        .unwrap_or_else(|| panic!("no {part} of {words}: {}", page.text("main")))
}

fn option(page: &Answer, select: &str, words: &str) -> String {
    let (html, options) = (
        page.html(),
        scraper::Selector::parse(&format!("{select} option")).unwrap(),
    );
    let found = html
        .select(&options)
        .find(|option| option.text().any(|text| text.trim() == words));
    found
        .and_then(|option| option.value().attr("value"))
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn whatever_is_changed_or_deleted_comes_back_to_the_last_row_and_can_be_done_again() {
    let office = Office::open().await;
    let (anne, bo) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Bo", "Roy")).await,
    );
    for kept in one_of_everything(&office, anne, bo).await {
        let before = office.everything().await;

        let changed = office.sent(&kept.edit, &[kept.typed, ("then", "save")]).await;
        let after = office.everything().await;
        assert_ne!(before, after, "{}", kept.edit);
        let line = office.last_line().await;
        let back = office.undone(&changed).await;
        assert_eq!(office.everything().await, before, "{}", kept.edit);
        assert!(office.last_line().await.starts_with("Undone: "), "{line}");
        let again = office.undone(&back).await;
        assert!(again.text(".message__text").starts_with("Again: "));
        assert_eq!(office.everything().await, after, "{}", kept.edit);
        office.undone(&again).await;

        let deleted = office.ada.post(&kept.delete, &[]).await;
        assert_eq!(deleted.status, 303, "{}: {}", kept.delete, deleted.text("main"));
        let deleted = office.ada.follow(deleted).await;
        assert_ne!(office.everything().await, before, "{}", kept.delete);
        office.undone(&deleted).await;
        assert_eq!(office.everything().await, before, "{}", kept.delete);
    }
}

#[tokio::test]
async fn a_contact_that_was_changed_or_moved_to_the_trash_is_found_again_as_it_was() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let before = office.everything().await;
    let edit = format!("contacts/{anne}/edit");
    let typed = [
        ("last_name", "Roy"),
        ("emails.0.address", "anne@x.test"),
        ("then", "save"),
    ];
    let saved = office.sent(&edit, &typed).await;
    office.takes_the_due_mark(anne).await;
    office.world.pass(TimeDelta::hours(1));
    let later = office.contact(anne).await.modified_at;
    office.undone(&saved).await;
    assert_eq!(without_date(office.everything().await), without_date(before.clone()));
    assert!(
        office.contact(anne).await.modified_at > later,
        "the search for duplicates asks who was changed since it looked"
    );
    assert!(office.takes_the_due_mark(anne).await);
    let line = &office.told(anne).await[0];
    assert!(
        line.starts_with("Undone: Contact changed (") && line.contains("Last Name: Roy → Lem"),
        "{line}"
    );

    let gone = office.ada.post(&format!("contacts/{anne}/trash"), &[]).await;
    let gone = office.ada.follow(gone).await;
    office.undone(&gone).await;
    assert_eq!(without_date(office.everything().await), without_date(before));
}

/// But for when a contact was changed last: by the undo.
fn without_date(rows: Vec<String>) -> Vec<String> {
    let date = "\"modified_at\": \"";
    let without = |row: String| match row.split_once(date) {
        Some((before, after)) => format!("{before}{}", after.split_once('"').map_or("", |(_, rest)| rest)),
        None => row,
    };
    rows.into_iter().map(without).collect()
}

#[tokio::test]
async fn a_tag_or_a_group_that_comes_back_is_had_by_whoever_its_contacts_became() {
    let office = Office::open().await;
    let (anne, ann) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Ann", "Lem")).await,
    );
    office.sent("tags/new", &[("name", "Board"), ("colour", "teal")]).await;
    office.sent("groups/new", &[("title", "Newsletter")]).await;
    office.ada.post(&format!("contacts/{ann}/tags"), &[("tag", "1")]).await;
    let joined = office
        .ada
        .post(&format!("contacts/{ann}/groups"), &[("group", "1")])
        .await;
    // Its own way back is not the one to be pressed.
    office.ada.follow(joined).await;
    let mut gone = Vec::new();
    for delete in ["tags/1/delete", "groups/1/delete"] {
        let deleted = office.ada.post(delete, &[]).await;
        gone.push(office.ada.follow(deleted).await);
    }
    office.ada.post(&format!("contacts/{anne}/merge/{ann}"), &[]).await;
    for said in gone {
        office.undone(&said).await;
    }
    assert!(office.takes_the_due_mark(anne).await);
    for (tab, words) in [("tags", "Board"), ("groups", "Newsletter")] {
        let page = office.ada.get(&format!("contacts/{anne}/{tab}")).await;
        assert!(page.text("main").contains(words), "{tab}: {}", page.text("main"));
    }
    let members = office.ada.get("groups/1").await;
    assert_eq!(members.texts("tbody .table__name"), ["Lem, Anne"]);
}

#[tokio::test]
async fn an_opt_out_that_comes_while_somebody_goes_to_the_trash_outlives_the_undo() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let mut sync = Colleague::holding(&office, anne);
    let trash = format!("contacts/{anne}/trash");
    let (gone, ()) = tokio::join!(office.ada.post(&trash, &[]), async {
        sync.until_somebody_waits().await;
        sync.writes("UPDATE contacts SET is_opt_out = true");
    });
    let gone = office.ada.follow(gone).await;
    assert!(office.contact(anne).await.deleted_at.is_some());
    office.undone(&gone).await;
    let anne = office.contact(anne).await;
    assert!(anne.deleted_at.is_none() && anne.details.privacy.is_opt_out);
}

#[tokio::test]
async fn a_value_whose_custom_field_is_gone_does_not_come_back() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let new = [("label", "Shirt"), ("kind", "Text"), ("then", "save")];
    let fields = office.sent("custom-fields/new?record=Contact", &new).await;
    let delete = link_in_row(&fields, "Shirt", "/edit").replace("/edit", "/delete");
    let edit = format!("contacts/{anne}/edit");
    let shirt = office.ada.get(&edit).await;
    let shirt = shirt.attribute("input[name^='custom.']", "name").unwrap();
    office.sent(&edit, &[(&shirt, "Large"), ("then", "save")]).await;
    let cleared = office.sent(&edit, &[(&shirt, ""), ("then", "save")]).await;
    assert_eq!(office.ada.post(&delete, &[]).await.status, 303);

    let refused = office.ada.post(&undo_of(&cleared).unwrap(), &[]).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.has("a custom field or a choice it had is gone by now"),
        "{}",
        refused.text("main")
    );
    office.sent(&edit, &[("last_name", "Roy"), ("then", "save")]).await;
}

#[tokio::test]
async fn nothing_that_was_done_about_an_erased_person_can_be_read_from_what_an_undo_keeps() {
    let office = Office::open().await;
    let (anne, bo) = (
        office.add(person("Anne", "Lem")).await,
        office.add(person("Bo", "Roy")).await,
    );
    for kept in one_of_everything(&office, anne, bo).await {
        let changed = office.sent(&kept.edit, &[kept.typed, ("then", "save")]).await;
        office.undone(&changed).await;
    }
    office.trash(anne).await;
    let erased = office
        .ada
        .post(&format!("contacts/{anne}/erase"), &[("name", "Anne Lem")])
        .await;
    assert_eq!(erased.status, 303, "{}", erased.text("main"));
    let about_people = office
        .write(|tx| {
            let lines: Vec<Line> = diesel::sql_query(
                "SELECT table_name AS line FROM step_rows WHERE table_name IN ('activities', 'notes', 'opportunities', \
                 'contributions', 'relationships', 'contacts')",
            )
            .load(&mut **tx)?;
            Ok(lines.into_iter().map(|row| row.line).collect::<BTreeSet<_>>())
        })
        .await;
    assert!(about_people.is_empty(), "{about_people:?}");
}

#[tokio::test]
async fn what_was_changed_since_is_not_lost_to_an_undo() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let notes = format!("contacts/{anne}/notes");
    let page = office.sent(&format!("{notes}/new"), &[("text", "Likes tea.")]).await;
    let edit = link(&page, "notes/1/edit");
    let first = office.sent(&edit, &[("text", "Likes coffee.")]).await;
    office.sent(&edit, &[("text", "Likes cocoa.")]).await;
    let refused = office.ada.post(&undo_of(&first).unwrap(), &[]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.has("it was changed again since"));
    assert!(office.ada.get(&notes).await.has("Likes cocoa."));

    // Nobody takes the same back twice, and nothing goes to somebody who is another by now.
    let deleted = office.ada.post(&link(&page, "notes/1/delete"), &[]).await;
    let deleted = office.ada.follow(deleted).await;
    let step = undo_of(&deleted).unwrap();
    let bo = office.add(person("Bo", "Roy")).await;
    office.ada.post(&format!("contacts/{bo}/merge/{anne}"), &[]).await;
    assert!(office.ada.post(&step, &[]).await.has("was merged into another contact"));
    let said = office
        .sent(
            &format!("contacts/{bo}/edit"),
            &[("job_title", "Cook"), ("then", "save")],
        )
        .await;
    let step = undo_of(&said).unwrap();
    office.ada.post(&step, &[]).await;
    assert!(office.ada.post(&step, &[]).await.has("undone already"));
}

#[tokio::test]
async fn an_undo_that_has_no_room_changes_nothing() {
    let office = Office::open().await;
    for name in ["Volunteer", "Board"] {
        office.sent("tags/new", &[("name", name), ("colour", "teal")]).await;
    }
    let tags = office.ada.get("tags").await;
    let (board, volunteer) = (
        link_in_row(&tags, "Board", "/edit"),
        link_in_row(&tags, "Volunteer", "/edit"),
    );
    let id = |edit: &str| edit.trim_end_matches("/edit").rsplit('/').next().unwrap().to_owned();

    // Its name belongs to another.
    let renamed = office.sent(&board, &[("name", "Council")]).await;
    office.sent(&volunteer, &[("name", "Board")]).await;
    let refused = office.ada.post(&undo_of(&renamed).unwrap(), &[]).await;
    assert!(
        refused.has("its name now belongs to another"),
        "{}",
        refused.text("main")
    );

    // What it stood below stands below it.
    office.sent(&board, &[("parent", &id(&volunteer))]).await;
    let freed = office.sent(&board, &[("parent", "")]).await;
    office.sent(&volunteer, &[("parent", &id(&board))]).await;
    let before = office.everything().await;
    let refused = office.ada.post(&undo_of(&freed).unwrap(), &[]).await;
    assert!(refused.has("it would belong to itself"), "{}", refused.text("main"));
    assert_eq!(office.everything().await, before);
}

#[tokio::test]
async fn a_draft_that_was_thrown_away_is_there_again_with_what_was_typed() {
    let office = Office::open().await;
    let counted = [("name", "Monday"), ("control_count", "2"), ("control_total", "150")];
    office.sent("batches/new", &counted).await;
    let before = office.everything().await;
    let batch = link_in_row(&office.ada.get("batches").await, "Monday", "/batches/");
    let gone = office.ada.post(&format!("{batch}/delete"), &[]).await;
    let gone = office.ada.follow(gone).await;
    assert_ne!(office.everything().await, before);
    office.undone(&gone).await;
    assert_eq!(office.everything().await, before);
}

#[tokio::test]
async fn giving_totals_follow_an_undo() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    let id = anne.to_string();
    let typed = [
        ("contact", id.as_str()),
        ("amount", "50"),
        ("received_on", "2026-01-05"),
    ];
    let gift = office.sent("contributions/new", &typed).await;
    let gone = office
        .ada
        .post(&link(&gift, "/edit").replace("/edit", "/delete"), &[])
        .await;
    let gone = office.ada.follow(gone).await;
    assert!(office.ada.get("contributions").await.has("No contributions yet"));
    office.undone(&gone).await;
    let tab = office.ada.get(&format!("contacts/{anne}/contributions")).await;
    assert!(tab.has("$50.00"), "{}", tab.text("main"));
}

#[tokio::test]
async fn the_change_log_leads_to_the_undo_for_thirty_days_and_only_whoever_may_do_it() {
    let office = Office::open().await;
    let anne = office.add(person("Anne", "Lem")).await;
    office
        .sent(
            &format!("contacts/{anne}/edit"),
            &[("job_title", "Cook"), ("then", "save")],
        )
        .await;
    let fund = office.sent("funds/new", &[("name", "Roof")]).await;
    let settings = link_in_row(&fund, "Roof", "/settings");
    let of_admins = undo_of(&office.sent(&settings, &[("gl_code", "4100")]).await).unwrap();
    let log = format!("contacts/{anne}/changes");
    let step = office
        .ada
        .get(&log)
        .await
        .attribute("tbody a[href*='/undo/']", "href")
        .unwrap();

    let reader = office
        .world
        .invite(&office.ada, Role::Reader, "rea@riverside.test")
        .await;
    assert!(
        reader
            .get(&log)
            .await
            .attribute("tbody a[href*='/undo/']", "href")
            .is_none()
    );
    let staff = office
        .world
        .invite(&office.ada, Role::Staff, "sam@riverside.test")
        .await;
    assert_eq!(staff.get(&step).await.status, 200);
    assert_eq!(staff.post(&of_admins, &[]).await.status, 403);
    let stranger = office.world.stranger().await;
    let number = step.rsplit('/').next().unwrap();
    assert_eq!(stranger.post(&format!("undo/{number}"), &[]).await.status, 404);

    office.world.pass(TimeDelta::days(31));
    let ada = office.world.sign_in("ada@riverside.test").await;
    assert!(
        ada.get(&log)
            .await
            .attribute("tbody a[href*='/undo/']", "href")
            .is_none()
    );
    assert_eq!(ada.post(&step, &[]).await.status, 404);
}

#[tokio::test]
async fn whatever_hangs_on_a_record_comes_back_with_it() {
    /// What leans on a record that is not deleted while it does.
    const HINDERS: [&str; 12] = [
        "activities.type_id",
        "campaigns.fund_id",
        "campaigns.parent_id",
        "contributions.campaign_id",
        "contributions.fund_id",
        "contributions.recurring_id",
        "mappings.group_id",
        "opportunities.status_id",
        "recurring_contributions.fund_id",
        "relationships.type_id",
        // A file forgets which group it was for; that is not brought back.
        "imports.group_id",
        "contributions.batch_id",
    ];
    let office = Office::open().await;
    for record in undoable::ALL.iter().filter(|record| record.word != "contact") {
        let tables: BTreeSet<&str> = record.rows.iter().map(|rows| rows.table).collect();
        assert_eq!(tables.len(), record.rows.len(), "{} has a table twice", record.word);
        let own = record.rows[0].table;
        let leaning: Vec<Line> = office
            .write(move |tx| {
                let leaning = diesel::sql_query(
                    "SELECT format('%s.%s', conrelid::regclass, (SELECT attname FROM pg_attribute \
                         WHERE attrelid = conrelid AND attnum = conkey[array_upper(conkey, 1)])) AS line \
                     FROM pg_constraint WHERE contype = 'f' AND confrelid = $1::regclass",
                );
                Ok(leaning.bind::<Text, _>(own).load(&mut **tx)?)
            })
            .await;
        let deleted_with = undoable::ALL.iter().filter(|other| other.rows[0].table == own);
        let brought: Vec<&str> = deleted_with
            .flat_map(|other| other.rows)
            .map(|rows| rows.table)
            .collect();
        for one in leaning {
            let table = one.line.split('.').next().unwrap();
            assert!(
                HINDERS.contains(&one.line.as_str()) || brought.contains(&table),
                "{} hangs on {} and would not come back",
                one.line,
                record.word
            );
        }
    }
}
