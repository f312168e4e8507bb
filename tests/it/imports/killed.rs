//! Imports and processes that die: whoever goes on does nothing twice and leaves nothing out. And many rows.

use dms::base::ImportId;
use dms::crm::imports::column::{self, recognize};
use dms::crm::imports::file::CsvFile;
use dms::crm::imports::kind::{KINDS, Kind};
use dms::crm::imports::matching::Matching;
use dms::crm::imports::model::{Import, State};
use dms::crm::imports::{actions, start, store};
use std::io::Write;
use std::ops::Deref;

use crate::support::works;

/// An organization that takes files in.
struct Works(works::Works);

impl Deref for Works {
    type Target = works::Works;
    fn deref(&self) -> &works::Works {
        &self.0
    }
}

impl Works {
    fn new() -> Self {
        Self(works::Works::new(start))
    }

    /// A file of so many people, put aside and its columns matched.
    async fn file(&self, people: usize) -> ImportId {
        self.bring(KINDS[0], &list(people)).await
    }

    /// A file, put aside and its columns matched as they are recognized.
    async fn bring(&self, kind: &'static dyn Kind, text: &str) -> ImportId {
        let mut written = tempfile::tempfile().unwrap();
        written.write_all(text.as_bytes()).unwrap();
        let file = CsvFile::open(written).unwrap();
        let matching = Matching {
            kind: kind.word().into(),
            columns: recognize(&column::of(kind), &file.headers),
            makes_missing: true,
            adds_alike: false,
        };
        let (import, mut file) = self
            .write(move |tx| Ok((actions::begin(tx, "list.csv", &file)?, file)))
            .await;
        while let Some(more) = self
            .write(move |tx| actions::stage(tx, import, file).map_err(|error| anyhow::Error::from(error).into()))
            .await
        {
            file = more;
        }
        self.write(move |tx| actions::staged(tx, import).map_err(|error| anyhow::Error::from(error).into()))
            .await;
        self.write(move |tx| actions::choose_columns(tx, import, &matching, None))
            .await;
        import
    }

    async fn until(&self, id: ImportId, fits: impl Fn(&Import) -> bool) -> Import {
        self.0
            .until(move |tx| store::find(tx, id), Import::is_stuck, fits)
            .await
    }

    /// Brings a file and imports it, undisturbed.
    async fn import(&self, kind: &'static dyn Kind, text: &str) {
        let import = self.bring(kind, text).await;
        let process = self.process();
        self.until(import, |import| import.state == State::Checked).await;
        self.write(move |tx| actions::start(tx, import)).await;
        self.until(import, |import| import.state == State::Done).await;
        process.end().await;
    }

    /// Everybody once, with one email, one line in the log and one membership.
    fn assert_everybody_is_here_once(&self, people: usize) {
        let people = people as i64;
        for what in [
            "contacts WHERE deleted_at IS NULL",
            "(SELECT DISTINCT external_identifier FROM contacts WHERE deleted_at IS NULL) AS known",
            "emails",
            "changes WHERE what = 'Contact added'",
            "changes WHERE what = 'Added to Newsletter'",
            "group_contacts WHERE status = 'Added'",
            "group_history",
            "due_contacts",
            "import_rows WHERE outcome = 'added'",
        ] {
            assert_eq!(self.count(what), people, "{what}");
        }
        assert_eq!(self.count("groups"), 1);
    }
}

fn list(people: usize) -> String {
    let mut list = String::from(
        "Contact ID,First Name,Last Name,Email,Phone,Street Address,City,Province,Postal Code,Birth Date,Do Not Mail,Group\n",
    );
    for n in 0..people {
        list.push_str(&format!(
            "{n},First{},Last{},person{n}@example.test,613 555 {:04},{n} Elm St,Alma,QC,G8B 1A1,1980-12-25,{},Newsletter\n",
            n % 700,
            n % 1300,
            n % 10_000,
            if n % 7 == 0 { "Yes" } else { "No" },
        ));
    }
    list
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_killed_at_any_line_is_finished_by_another_process() {
    const PEOPLE: usize = 6_500;
    let works = Works::new();
    let import = works.file(PEOPLE).await;
    let process = works.process();
    works.until(import, |import| import.state == State::Checked).await;
    process.end().await;
    works.write(move |tx| actions::start(tx, import)).await;
    for done_at_least in [0, 1_000, 2_000, 4_000] {
        let process = works.process();
        works
            .until(import, |import| {
                import.rows_done >= done_at_least && import.rows_done < PEOPLE as i32
            })
            .await;
        works.kill(&process);
    }
    let process = works.process();
    let done = works.until(import, |import| import.state == State::Done).await;
    process.end().await;
    assert_eq!(
        (done.result.added, done.result.rejected, done.result.joined),
        (PEOPLE as i32, 0, PEOPLE as i32)
    );
    works.assert_everybody_is_here_once(PEOPLE);

    works.write(move |tx| actions::undo(tx, import)).await;
    let process = works.process();
    works.until(import, |import| import.rows_done >= 1_000).await;
    works.kill(&process);
    let process = works.process();
    let undone = works.until(import, |import| import.state == State::Undone).await;
    process.end().await;
    assert_eq!((undone.result.taken_back, undone.result.kept), (PEOPLE as i32, 0));
    assert_eq!(works.count("contacts WHERE deleted_at IS NULL"), 0);
    assert_eq!(
        works.count("changes WHERE what = 'Contact moved to the trash'"),
        PEOPLE as i64
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_at_once_do_nothing_twice() {
    const PEOPLE: usize = 3_500;
    let works = Works::new();
    let import = works.file(PEOPLE).await;
    let processes = [works.process(), works.process()];
    works.until(import, |import| import.state == State::Checked).await;
    works.write(move |tx| actions::start(tx, import)).await;
    works.until(import, |import| import.state == State::Done).await;
    for process in processes {
        process.end().await;
    }
    works.assert_everybody_is_here_once(PEOPLE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_rows_come_in_and_a_second_time_change_nothing() {
    const PEOPLE: usize = 5_000;
    let works = Works::new();
    let process = works.process();
    let import = works.file(PEOPLE).await;
    works.until(import, |import| import.state == State::Checked).await;
    works.write(move |tx| actions::start(tx, import)).await;
    works.until(import, |import| import.state == State::Done).await;
    works.assert_everybody_is_here_once(PEOPLE);
    let again = works.file(PEOPLE).await;
    works.until(again, |import| import.state == State::Checked).await;
    works.write(move |tx| actions::start(tx, again)).await;
    let done = works.until(again, |import| import.state == State::Done).await;
    assert_eq!(done.result.unchanged, PEOPLE as i32);
    works.assert_everybody_is_here_once(PEOPLE);
    works.write(move |tx| actions::undo(tx, import)).await;
    works.until(import, |import| import.state == State::Undone).await;
    process.end().await;
    assert_eq!(works.count("contacts WHERE deleted_at IS NULL"), 0);
}

/// The way of all kinds that belong to contacts who are here already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn activities_come_in_once_and_go_again_though_processes_are_killed() {
    const ROWS: usize = 3_500;
    let works = Works::new();
    works.import(KINDS[0], &list(50)).await;
    let mut rows = String::from("Contact ID,Activity Type,Subject,Activity Date\n");
    for n in 0..ROWS {
        // Every tenth row says the same as the one before: two calls of one moment are two.
        let subject = n - usize::from(n % 10 == 9);
        rows.push_str(&format!("{},Call,Number {subject},2026-01-05 10:00\n", subject % 50));
    }
    let kind = KINDS.into_iter().find(|kind| kind.word() == "activities").unwrap();
    let import = works.bring(kind, &rows).await;
    let process = works.process();
    works.until(import, |import| import.rows_done >= 1_000).await;
    works.kill(&process);
    let process = works.process();
    works.until(import, |import| import.state == State::Checked).await;
    process.end().await;
    works.write(move |tx| actions::start(tx, import)).await;
    for done_at_least in [0, 1_000, 2_000] {
        let process = works.process();
        works.until(import, |import| import.rows_done >= done_at_least).await;
        works.kill(&process);
    }
    let process = works.process();
    let done = works.until(import, |import| import.state == State::Done).await;
    process.end().await;
    assert_eq!((done.found.new, done.result.added), (ROWS as i32, ROWS as i32));
    for what in [
        "activities",
        "activity_contacts",
        "changes WHERE what LIKE 'Activity added%'",
    ] {
        assert_eq!(works.count(what), ROWS as i64, "{what}");
    }

    works.write(move |tx| actions::undo(tx, import)).await;
    let process = works.process();
    works.until(import, |import| import.rows_done >= 1_000).await;
    works.kill(&process);
    let process = works.process();
    let undone = works.until(import, |import| import.state == State::Undone).await;
    process.end().await;
    assert_eq!((undone.result.taken_back, undone.result.kept), (ROWS as i32, 0));
    assert_eq!(works.count("activities"), 0);
    assert_eq!(works.count("changes WHERE what LIKE 'Activity deleted%'"), ROWS as i64);
}
