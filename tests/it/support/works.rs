//! An organization whose work in the background is done by processes that can be killed at any line.

use chrono::{TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use dms::base::{Actor, Clock, OrganizationId, StaffId};
use dms::db::{Db, OrgTx};
use dms::web::PageError;
use dms::work::{self, Wakes};
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

use super::cluster::{Cluster, Database};
use super::patience::patiently;

const ORGANIZATION: OrganizationId = OrganizationId(1);
/// No work of these tests takes this long, even on a busy machine with two cores.
const PATIENCE: Duration = Duration::from_secs(1200);

/// What starts the work: the `start` of a room.
pub type Start = fn(Db, Wakes, Arc<AtomicBool>) -> JoinHandle<()>;

/// The organization.
pub struct Works {
    start: Start,
    db: Db,
    seconds_ahead: Arc<AtomicI64>,
    database: Database,
}

/// One process.
pub struct Process {
    task: JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

impl Works {
    /// A new organization; its processes do what `start` starts.
    pub fn new(start: Start) -> Self {
        let database = Cluster::shared().fresh_database();
        let mut owner = PgConnection::establish(&database.owner_url).unwrap();
        let rows = "INSERT INTO organizations (id, slug, name) VALUES (1, 'shelter', 'Shelter'); \
            INSERT INTO staff (id, email, name) VALUES (1, 'ada@shelter.test', 'Ada')";
        owner.batch_execute(rows).unwrap();
        let seconds_ahead = Arc::new(AtomicI64::new(0));
        let db = Db::connect(&database.app_url, clock(&seconds_ahead)).unwrap();
        Self {
            start,
            db,
            seconds_ahead,
            database,
        }
    }

    /// Changes something as Ada.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut OrgTx<'_>) -> Result<T, PageError> + Send + 'static,
    ) -> T {
        let actor = Actor::Staff {
            id: StaffId(1),
            name: "Ada".into(),
        };
        self.db.write(ORGANIZATION, actor, work).await.unwrap()
    }

    /// Waits until what is read fits; `is_stuck` gives up at once.
    pub async fn until<T: Debug + Send + 'static>(
        &self,
        read: impl Fn(&mut OrgTx<'_>) -> QueryResult<Option<T>> + Copy + Send + 'static,
        is_stuck: fn(&T) -> bool,
        fits: impl Fn(&T) -> bool,
    ) -> T {
        let look = async || {
            let found: anyhow::Result<Option<T>> = self.db.read(ORGANIZATION, move |tx| Ok(read(tx)?)).await;
            found.unwrap().unwrap()
        };
        let fitting = async || {
            let found = look().await;
            assert!(!is_stuck(&found), "{found:?}");
            fits(&found).then_some(found)
        };
        patiently(PATIENCE, fitting, async || format!("{:?}", look().await)).await
    }

    /// Starts a process.
    pub fn process(&self) -> Process {
        let stop = Arc::new(AtomicBool::new(false));
        let url = &self.database.app_url;
        let named = format!(
            "{url}{}application_name=process",
            if url.contains('?') { '&' } else { '?' }
        );
        let db = Db::connect(&named, clock(&self.seconds_ahead)).unwrap();
        Process {
            task: (self.start)(db, work::listen(named, stop.clone()).unwrap(), stop.clone()),
            stop,
        }
    }

    /// As SIGKILL does it: every connection of the process breaks off in the middle of what it does, and nobody gives the
    /// lease back; it expires.
    pub fn kill(&self, process: &Process) {
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
        let past_the_lease = work::LEASE + TimeDelta::seconds(5);
        self.seconds_ahead
            .fetch_add(past_the_lease.num_seconds(), Ordering::Relaxed);
    }

    /// A count of rows as the organization sees them.
    pub fn count(&self, what: &str) -> i64 {
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
    /// Lets it end by itself.
    pub async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.task.await;
    }
}

fn clock(seconds_ahead: &Arc<AtomicI64>) -> Clock {
    let ahead = seconds_ahead.clone();
    Clock::telling(move || Utc::now() + TimeDelta::seconds(ahead.load(Ordering::Relaxed)))
}
