//! Bulk actions and processes that die or work side by side: nothing is done twice and nobody is left out.

use chrono::{TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use dms::base::{Actor, BulkActionId, Clock, OrganizationId, StaffId};
use dms::crm::bulk::field::Field;
use dms::crm::bulk::model::{BulkAction, Deed, State};
use dms::crm::bulk::{actions, start, store};
use dms::crm::contacts::{ContactDraft, ListFilter, Selection};
use dms::crm::groups;
use dms::db::{Db, OrgTx};
use dms::web::PageError;
use dms::work;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

use crate::support::cluster::{Cluster, Database};

const ORGANIZATION: OrganizationId = OrganizationId(1);
const PATIENCE: Duration = Duration::from_secs(300);

/// An organization with many contacts, and processes that work for it and can be killed.
struct Works {
    db: Db,
    seconds_ahead: Arc<AtomicI64>,
    database: Database,
}

struct Process {
    task: JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

impl Works {
    async fn with(people: usize) -> Self {
        let database = Cluster::shared().fresh_database();
        let mut owner = PgConnection::establish(&database.owner_url).unwrap();
        let rows = "INSERT INTO organizations (id, slug, name) VALUES (1, 'shelter', 'Shelter'); \
            INSERT INTO staff (id, email, name) VALUES (1, 'ada@shelter.test', 'Ada')";
        owner.batch_execute(rows).unwrap();
        let seconds_ahead = Arc::new(AtomicI64::new(0));
        let db = Db::connect(&database.app_url, clock(&seconds_ahead)).unwrap();
        let works = Self {
            db,
            seconds_ahead,
            database,
        };
        works
            .write(move |tx| {
                let drafts: Vec<ContactDraft> = (0..people).map(person).collect();
                Ok(dms::crm::contacts::actions::add_many(tx, &drafts)?)
            })
            .await;
        works
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut OrgTx<'_>) -> Result<T, PageError> + Send + 'static,
    ) -> T {
        let actor = Actor::Staff {
            id: StaffId(1),
            name: "Ada".into(),
        };
        self.db.write(ORGANIZATION, actor, work).await.unwrap()
    }

    async fn start(&self, deed: Deed) -> BulkActionId {
        let everybody = Selection::All(ListFilter::default());
        self.write(move |tx| actions::start(tx, &everybody, &deed))
            .await
            .unwrap()
            .id
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

    async fn until(&self, id: BulkActionId, fits: impl Fn(&BulkAction) -> bool) -> BulkAction {
        let begun = Instant::now();
        loop {
            let found: anyhow::Result<Option<BulkAction>> =
                self.db.read(ORGANIZATION, move |tx| Ok(store::find(tx, id)?)).await;
            let action = found.unwrap().unwrap();
            if fits(&action) {
                return action;
            }
            assert!(begun.elapsed() < PATIENCE && !action.is_stuck(), "{action:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// As SIGKILL does it: every connection breaks off in the middle of what it does, and the lease expires.
    fn kill(&self, process: &Process) {
        process.task.abort();
        process.stop.store(true, Ordering::Relaxed);
        let mut conn = PgConnection::establish(&self.database.app_url).unwrap();
        diesel::sql_query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE application_name = 'process' AND datname = current_database()",
        )
        .execute(&mut conn)
        .unwrap();
        let past_the_lease = work::LEASE + TimeDelta::seconds(5);
        self.seconds_ahead
            .fetch_add(past_the_lease.num_seconds(), Ordering::Relaxed);
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

fn person(number: usize) -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.first_name = format!("First{}", number % 700);
    draft.details.last_name = format!("Last{}", number % 1300);
    draft.details.source = format!("Gala {}", number % 40);
    draft
}

fn edit() -> Deed {
    Deed::Edit {
        field: Field::Source,
        value: "Spring appeal".into(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_killed_at_any_line_is_finished_and_undone_by_others() {
    const PEOPLE: usize = 5_500;
    let works = Works::with(PEOPLE).await;
    let action = works.start(edit()).await;
    for done_at_least in [0, 1_000, 3_000] {
        let process = works.process();
        works
            .until(action, |action| action.contacts_done >= done_at_least)
            .await;
        works.kill(&process);
    }
    let process = works.process();
    let done = works.until(action, |action| action.state == State::Done).await;
    process.end().await;
    assert_eq!((done.result.changed, done.result.skipped), (PEOPLE as i32, 0));
    let people = PEOPLE as i64;
    assert_eq!(works.count("contacts WHERE source = 'Spring appeal'"), people);
    assert_eq!(
        works.count("changes WHERE what = 'Contact changed'"),
        people,
        "each once"
    );

    works.write(move |tx| actions::undo(tx, action)).await;
    let process = works.process();
    works.until(action, |action| action.contacts_done >= 1_000).await;
    works.kill(&process);
    let process = works.process();
    let undone = works.until(action, |action| action.state == State::Undone).await;
    process.end().await;
    assert_eq!((undone.result.taken_back, undone.result.kept), (PEOPLE as i32, 0));
    assert_eq!(works.count("contacts WHERE source = 'Spring appeal'"), 0);
    assert_eq!(works.count("contacts WHERE source = 'Gala 7'"), people / 40 + 1);
    assert_eq!(
        works.count("changes WHERE what = 'Contact changed'"),
        2 * people,
        "back once"
    );
}

/// Says how long it takes; `DMS_BULK_CONTACTS=100000` for a real size.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_at_once_do_nothing_twice() {
    let people: usize = std::env::var("DMS_BULK_CONTACTS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(3_500);
    let works = Works::with(people).await;
    let processes = [works.process(), works.process()];
    let begun = Instant::now();
    let action = works.start(edit()).await;
    println!("chosen: {people} contacts in {:.2} s", begun.elapsed().as_secs_f64());
    works.until(action, |action| action.state == State::Done).await;
    let took = begun.elapsed().as_secs_f64();
    println!(
        "edited: {people} contacts in {took:.1} s, {:.0} contacts/s",
        people as f64 / took
    );
    for process in processes {
        process.end().await;
    }
    assert_eq!(works.count("changes WHERE what = 'Contact changed'"), people as i64);
    assert_eq!(works.count("bulk_contacts WHERE outcome = 'changed'"), people as i64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_selection_larger_than_a_step_goes_into_a_group_and_out_again_though_processes_are_killed() {
    const PEOPLE: usize = 10_500;
    let works = Works::with(PEOPLE).await;
    let group = works
        .write(|tx| Ok(groups::actions::create(tx, "Newsletter", "").map_err(anyhow::Error::from)?))
        .await;
    let title = || "Newsletter".to_owned();
    let begun = Instant::now();
    let added = works.start(Deed::AddToGroup { group, title: title() }).await;
    let process = works.process();
    works.until(added, |action| action.contacts_done > 0).await;
    works.kill(&process);
    let process = works.process();
    let done = works.until(added, |action| action.state == State::Done).await;
    println!(
        "{PEOPLE} into a group, with a kill: {:.2} s",
        begun.elapsed().as_secs_f64()
    );
    assert_eq!(done.result.changed, PEOPLE as i32);
    let people = PEOPLE as i64;
    assert_eq!(works.count("group_contacts WHERE status = 'Added'"), people);
    assert_eq!(works.count("group_history WHERE status = 'Added'"), people, "each once");
    assert_eq!(works.count("changes WHERE what = 'Added to Newsletter'"), people);

    works.write(move |tx| actions::undo(tx, added)).await;
    works.until(added, |action| action.contacts_done >= 1_000).await;
    works.kill(&process);
    let process = works.process();
    let undone = works.until(added, |action| action.state == State::Undone).await;
    process.end().await;
    assert_eq!((undone.result.taken_back, undone.result.kept), (PEOPLE as i32, 0));
    assert_eq!(works.count("group_contacts"), 0);
    assert_eq!(
        works.count("group_history WHERE status = 'Deleted'"),
        people,
        "back once"
    );
}

/// Says how long it takes: a step of ten thousand, with history, change log, due marks and the values before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_are_one_step_for_groups_and_tags() {
    const PEOPLE: usize = 10_000;
    let works = Works::with(PEOPLE).await;
    let group = works
        .write(|tx| Ok(groups::actions::create(tx, "Newsletter", "").map_err(anyhow::Error::from)?))
        .await;
    let title = || "Newsletter".to_owned();
    let deeds = [
        Deed::AddToGroup { group, title: title() },
        Deed::RemoveFromGroup {
            group,
            title: title(),
            why: String::new(),
        },
    ];
    for deed in deeds {
        let (begun, name) = (Instant::now(), deed.name());
        let everybody = Selection::All(ListFilter::default());
        let action = works
            .write(move |tx| actions::start(tx, &everybody, &deed))
            .await
            .unwrap();
        println!("{name}: {PEOPLE} contacts in {:.2} s", begun.elapsed().as_secs_f64());
        assert_eq!((action.state, action.result.changed), (State::Done, PEOPLE as i32));
    }
    let people = PEOPLE as i64;
    assert_eq!(works.count("group_contacts WHERE status = 'Removed'"), people);
    assert_eq!(works.count("bulk_contacts"), 2 * people);
}
