//! Imports and processes that die: whoever goes on does nothing twice and leaves nothing out. And many rows.

use chrono::{TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use dms::base::{Actor, Clock, ImportId, OrganizationId, StaffId};
use dms::crm::imports::column::recognize;
use dms::crm::imports::file::CsvFile;
use dms::crm::imports::kind::KINDS;
use dms::crm::imports::matching::Matching;
use dms::crm::imports::model::{Import, State};
use dms::crm::imports::{actions, start, store};
use dms::db::Db;
use dms::web::PageError;
use dms::work;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

use super::PATIENCE;
use crate::support::cluster::{Cluster, Database};

const ORGANIZATION: OrganizationId = OrganizationId(1);

/// An organization with a big file that was checked, and processes that work on it and can be killed.
struct Works {
    db: Db,
    seconds_ahead: Arc<AtomicI64>,
    database: Database,
}

/// One process.
struct Process {
    task: JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

impl Works {
    fn new() -> Self {
        let database = Cluster::shared().fresh_database();
        let mut owner = PgConnection::establish(&database.owner_url).unwrap();
        let rows = "INSERT INTO organizations (id, slug, name) VALUES (1, 'shelter', 'Shelter'); \
            INSERT INTO staff (id, email, name) VALUES (1, 'ada@shelter.test', 'Ada')";
        owner.batch_execute(rows).unwrap();
        let seconds_ahead = Arc::new(AtomicI64::new(0));
        let db = Db::connect(&database.app_url, clock(&seconds_ahead)).unwrap();
        Self {
            db,
            seconds_ahead,
            database,
        }
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dms::db::OrgTx<'_>) -> Result<T, PageError> + Send + 'static,
    ) -> T {
        let actor = Actor::Staff {
            id: StaffId(1),
            name: "Ada".into(),
        };
        self.db.write(ORGANIZATION, actor, work).await.unwrap()
    }

    /// A file of so many people, put aside and its columns matched.
    async fn file(&self, people: usize) -> ImportId {
        let mut written = tempfile::tempfile().unwrap();
        written.write_all(list(people).as_bytes()).unwrap();
        let file = CsvFile::open(written).unwrap();
        let matching = Matching {
            kind: KINDS[0].word().into(),
            columns: recognize(KINDS[0], &file.headers),
            makes_missing: false,
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

    fn process(&self) -> Process {
        let stop = Arc::new(AtomicBool::new(false));
        let url = &self.database.app_url;
        let named = format!(
            "{url}{}application_name=process",
            if url.contains('?') { '&' } else { '?' }
        );
        let db = Db::connect(&named, clock(&self.seconds_ahead)).unwrap();
        Process {
            task: start(db, work::listen(named, stop.clone()).unwrap(), stop.clone()),
            stop,
        }
    }

    async fn import(&self, id: ImportId) -> Import {
        let found: anyhow::Result<Option<Import>> =
            self.db.read(ORGANIZATION, move |tx| Ok(store::find(tx, id)?)).await;
        found.unwrap().unwrap()
    }

    async fn until(&self, id: ImportId, fits: impl Fn(&Import) -> bool) -> Import {
        let begun = Instant::now();
        loop {
            let import = self.import(id).await;
            if fits(&import) {
                return import;
            }
            assert!(begun.elapsed() < PATIENCE * 10 && !import.is_stuck(), "{import:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// As SIGKILL does it: every connection of the process breaks off in the middle of what it does, and nobody gives
    /// the lease back; it expires.
    fn kill(&self, process: &Process) {
        process.task.abort();
        // The thread that listens has no task to end with.
        process.stop.store(true, Ordering::Relaxed);
        let mut conn = PgConnection::establish(&self.database.app_url).unwrap();
        diesel::sql_query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE application_name = 'process' AND datname = current_database()",
        )
        .execute(&mut conn)
        .unwrap();
        self.seconds_ahead
            .fetch_add(TimeDelta::seconds(11).num_seconds(), Ordering::Relaxed);
    }

    /// A count of rows as this organization sees them.
    fn count(&self, what: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            count: i64,
        }
        let mut conn = PgConnection::establish(&self.database.app_url).unwrap();
        conn.batch_execute("SELECT set_config('dms.organization_id', '1', false)")
            .unwrap();
        let counted: Count = diesel::sql_query(format!("SELECT count(*) AS count FROM {what}"))
            .get_result(&mut conn)
            .unwrap();
        counted.count
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

impl Process {
    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.task.await;
    }
}

fn clock(seconds_ahead: &Arc<AtomicI64>) -> Clock {
    let ahead = seconds_ahead.clone();
    Clock::telling(move || Utc::now() + TimeDelta::seconds(ahead.load(Ordering::Relaxed)))
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
    assert!(
        works.import(import).await.rows_done < PEOPLE as i32,
        "it ended before it could be killed"
    );
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

/// Says how long it takes; `DMS_IMPORT_ROWS=100000` for the real size.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_rows_come_in_and_a_second_time_change_nothing() {
    let people: usize = std::env::var("DMS_IMPORT_ROWS")
        .ok()
        .and_then(|rows| rows.parse().ok())
        .unwrap_or(5_000);
    let works = Works::new();
    let process = works.process();
    let mut begun = Instant::now();
    let mut lap = |what: &str| {
        let took = begun.elapsed();
        println!(
            "{what} {people} rows: {:.1} s, {:.0} rows/s",
            took.as_secs_f64(),
            people as f64 / took.as_secs_f64()
        );
        begun = Instant::now();
    };
    let import = works.file(people).await;
    lap("taking in");
    works.until(import, |import| import.state == State::Checked).await;
    lap("checking");
    works.write(move |tx| actions::start(tx, import)).await;
    works.until(import, |import| import.state == State::Done).await;
    lap("importing");
    works.assert_everybody_is_here_once(people);
    let again = works.file(people).await;
    lap("taking in again");
    works.until(again, |import| import.state == State::Checked).await;
    lap("checking again");
    works.write(move |tx| actions::start(tx, again)).await;
    let done = works.until(again, |import| import.state == State::Done).await;
    lap("importing again");
    assert_eq!(done.result.unchanged, people as i32);
    works.assert_everybody_is_here_once(people);
    works.write(move |tx| actions::undo(tx, import)).await;
    works.until(import, |import| import.state == State::Undone).await;
    lap("undoing");
    process.end().await;
    assert_eq!(works.count("contacts WHERE deleted_at IS NULL"), 0);
}
