//! The ground: the connection pool, the migrations, and the two doors to the database. `OrgTx` is the only way to a
//! tenant's rows; `SharedTx` reaches the few tables that belong to no organization.

mod prepared;
pub mod private;
mod rows;
pub mod schema;

pub use prepared::Prepared;
pub use rows::Rows;

use crate::base::{Actor, Clock, OrganizationId};
use chrono::{DateTime, Utc};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::deserialize::FromSql;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection};
use diesel::sql_types::{BigInt, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Every change of the schema, in the binary.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Connections one process keeps; Postgres allows 100 in all by default, and several processes may share it.
pub const POOL_SIZE_MAX: u32 = 16;
/// How long a request waits for a connection before it is told that the database is busy.
const CONNECTION_WAIT: Duration = Duration::from_secs(5);
/// Pages that Postgres works on at once, for each processor: with more of them every page only takes longer, and some
/// much longer. Measured with 16 people at once on two processors: of 2, 3, 4, 5, 6, 8 and 16 at once, 4 answered soonest.
const TURNS_PER_PROCESSOR: usize = 2;
/// Who has waited for a turn this long goes without one, so that a few slow pages hold up nobody for longer.
const TURN_WAIT_MAX: Duration = Duration::from_millis(50);

diesel::define_sql_function! {
    /// Names and titles are told apart without regard to case, as the unique indexes do.
    fn lower(text: Text) -> Text;
}

/// No connection could be had, or the process is stopping; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    #[error("no database connection could be had")]
    NoConnection(#[from] diesel::r2d2::PoolError),
    #[error("the process is stopping")]
    Stopping,
}

/// The database, cheaply cloned.
#[derive(Clone)]
pub struct Db {
    pool: Pool<ConnectionManager<PgConnection>>,
    clock: Clock,
    turns: Option<Arc<Semaphore>>,
}

impl Db {
    /// A pool of connections that sign in with `url`. Connects at once, so that a wrong address is told at start.
    pub fn connect(url: &str, clock: Clock) -> Result<Self, diesel::r2d2::PoolError> {
        let pool = Pool::builder()
            .max_size(POOL_SIZE_MAX)
            .min_idle(Some(1))
            .connection_timeout(CONNECTION_WAIT)
            .test_on_check_out(false)
            .connection_customizer(Box::new(WithoutJit))
            .build(ConnectionManager::new(url))?;
        Ok(Self {
            pool,
            clock,
            turns: None,
        })
    }

    /// The same database for those who ask for pages: served in the order in which they come, a few at a time.
    pub fn in_turn(&self) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            turns: Some(Arc::new(Semaphore::new(processors * TURNS_PER_PROCESSOR))),
            ..self.clone()
        }
    }

    /// The clock every transaction tells the time by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Connections in use and in all, for the metrics.
    pub fn pool_state(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections - state.idle_connections, state.connections)
    }

    /// Changes rows of one organization: everything `work` does happens in one transaction, or nothing does.
    pub async fn write<T, E, F>(&self, organization: OrganizationId, actor: Actor, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut OrgTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<diesel::result::Error> + From<Unavailable> + Send + 'static,
    {
        self.blocking(move |conn, now| {
            transaction(conn, &format!("BEGIN; {}", entering(organization)), |conn| {
                work(&mut OrgTx {
                    organization,
                    actor,
                    now,
                    conn,
                })
            })
        })
        .await
    }

    /// Reads rows of one organization, all of one moment; a write inside is refused by Postgres.
    pub async fn read<T, E, F>(&self, organization: OrganizationId, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut OrgTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<diesel::result::Error> + From<Unavailable> + Send + 'static,
    {
        self.blocking(move |conn, now| {
            // One snapshot for all of it: counts and lists of a page agree, and so do the pieces of a file.
            let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
            transaction(conn, &format!("{begin}; {}", entering(organization)), |conn| {
                work(&mut OrgTx {
                    organization,
                    actor: Actor::System,
                    now,
                    conn,
                })
            })
        })
        .await
    }

    /// Works on the tables that belong to no organization: accounts, sessions, leases, the outbox.
    pub async fn shared<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut SharedTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<diesel::result::Error> + From<Unavailable> + Send + 'static,
    {
        self.blocking(move |conn, now| conn.transaction(|conn| work(&mut SharedTx { now, conn })))
            .await
    }

    /// The same for a single statement, which needs no transaction around itself: every page begins with some.
    pub async fn look<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut SharedTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<diesel::result::Error> + From<Unavailable> + Send + 'static,
    {
        self.blocking(move |conn, now| work(&mut SharedTx { now, conn })).await
    }

    /// The one door from async to diesel.
    async fn blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut PooledConnection<ConnectionManager<PgConnection>>, DateTime<Utc>) -> Result<T, E>
            + Send
            + 'static,
        T: Send + 'static,
        E: From<Unavailable> + Send + 'static,
    {
        let (pool, clock) = (self.pool.clone(), self.clock.clone());
        let turn = self.turn().await;
        tokio::task::spawn_blocking(move || {
            let _until_done = turn;
            let mut conn = pool.get().map_err(Unavailable::from)?;
            work(&mut conn, clock.now())
        })
        .await
        .map_err(|_| Unavailable::Stopping)?
    }

    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let waiting = self.turns.clone()?.acquire_owned();
        tokio::time::timeout(TURN_WAIT_MAX, waiting).await.ok()?.ok()
    }
}

/// Compiling a statement takes Postgres longer than any of ours takes to run: it misjudges how much a policy leaves to do.
#[derive(Debug)]
struct WithoutJit;

impl CustomizeConnection<PgConnection, diesel::r2d2::Error> for WithoutJit {
    fn on_acquire(&self, conn: &mut PgConnection) -> Result<(), diesel::r2d2::Error> {
        conn.batch_execute("SET jit = off")
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

/// A transaction that begins with these statements, in one trip to Postgres however many they are.
fn transaction<T, E: From<diesel::result::Error>>(
    conn: &mut PgConnection,
    begin: &str,
    work: impl FnOnce(&mut PgConnection) -> Result<T, E>,
) -> Result<T, E> {
    AnsiTransactionManager::begin_transaction_sql(conn, begin)?;
    match work(conn) {
        Ok(done) => {
            AnsiTransactionManager::commit_transaction(conn)?;
            Ok(done)
        }
        Err(error) => {
            // Why the work failed says more than why it could not be rolled back; a broken connection leaves the pool.
            let _ = AnsiTransactionManager::rollback_transaction(conn);
            Err(error)
        }
    }
}

/// Steps into an organization for this transaction only, so that a connection never carries one back to the pool.
fn entering(organization: OrganizationId) -> String {
    format!("SET LOCAL dms.organization_id = '{}'", organization.0)
}

/// A transaction that sees exactly one organization: row-level security hides all others, and every change names its actor.
pub struct OrgTx<'c> {
    organization: OrganizationId,
    actor: Actor,
    now: DateTime<Utc>,
    conn: &'c mut PgConnection,
}

impl<'c> OrgTx<'c> {
    fn enter(
        organization: OrganizationId,
        actor: Actor,
        now: DateTime<Utc>,
        conn: &'c mut PgConnection,
    ) -> QueryResult<Self> {
        conn.batch_execute(&entering(organization))?;
        Ok(Self {
            organization,
            actor,
            now,
            conn,
        })
    }

    /// The organization whose rows are seen.
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The moment of this transaction, the same throughout.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Ids for rows of a table that are inserted together, so that what hangs on them can name them.
    pub fn reserve_ids<I: FromSql<BigInt, Pg> + 'static>(&mut self, table: &str, count: usize) -> QueryResult<Vec<I>> {
        #[derive(QueryableByName)]
        struct Reserved<I: FromSql<BigInt, Pg> + 'static> {
            #[diesel(sql_type = BigInt)]
            id: I,
        }
        let rows: Vec<Reserved<I>> =
            diesel::sql_query("SELECT nextval(($1 || '_id_seq')::regclass) AS id FROM generate_series(1, $2)")
                .bind::<Text, _>(table)
                .bind::<BigInt, _>(i64::try_from(count).unwrap_or(i64::MAX))
                .load(&mut *self.conn)?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }
}

impl Deref for OrgTx<'_> {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        self.conn
    }
}

impl DerefMut for OrgTx<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.conn
    }
}

/// A transaction on the tables that belong to no organization. Tenant tables show it nothing.
pub struct SharedTx<'c> {
    now: DateTime<Utc>,
    conn: &'c mut PgConnection,
}

impl<'c> SharedTx<'c> {
    /// The moment of this transaction.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Steps into one organization within this transaction, for what must happen together: an organization and its first rows.
    pub fn enter(&mut self, organization: OrganizationId, actor: Actor) -> QueryResult<OrgTx<'_>> {
        OrgTx::enter(organization, actor, self.now, self.conn)
    }
}

impl Deref for SharedTx<'_> {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        self.conn
    }
}

impl DerefMut for SharedTx<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.conn
    }
}

/// Brings the schema up to date. `owner_url` signs in as the role that owns the tables. Returns how many migrations ran.
pub fn migrate(owner_url: &str) -> anyhow::Result<usize> {
    let mut conn = PgConnection::establish(owner_url)?;
    let done = conn
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| anyhow::anyhow!("a migration failed: {error}"))?;
    Ok(done.len())
}

/// What stands between this database and serving, in a sentence each; empty when all is well.
pub fn obstacles(url: &str) -> Vec<String> {
    let mut conn = match PgConnection::establish(url) {
        Ok(conn) => conn,
        Err(error) => return vec![format!("The database cannot be reached: {error}")],
    };
    let mut found = Vec::new();
    match is_up_to_date(&mut conn) {
        Ok(true) => {}
        Ok(false) => {
            found.push("The database is older than this program. Run `dms migrate` as the owner first.".into())
        }
        Err(error) => found.push(format!(
            "It cannot be told whether the database is up to date ({error}). Run `dms migrate` as the owner first."
        )),
    }
    match signs_in_with_too_much_power(&mut conn) {
        Ok(false) => {}
        Ok(true) => found.push(
            "DATABASE_URL signs in as a role that owns tables or bypasses row-level security, so organizations would \
             not be kept apart. Use the role dms_app."
                .into(),
        ),
        Err(error) => found.push(format!("The database role cannot be examined: {error}")),
    }
    found
}

/// Whether every migration of this program has run. Only reads: the application's role may not create diesel's own table.
pub fn is_up_to_date(conn: &mut PgConnection) -> anyhow::Result<bool> {
    let migrations = MigrationSource::<Pg>::migrations(&MIGRATIONS).map_err(|error| anyhow::anyhow!("{error}"))?;
    let run: Vec<String> = __diesel_schema_migrations::table
        .select(__diesel_schema_migrations::version)
        .load(conn)?;
    Ok(migrations
        .iter()
        .all(|migration| run.contains(&migration.name().version().to_string())))
}

diesel::table! {
    /// Diesel's own list of the migrations that ran.
    __diesel_schema_migrations (version) {
        version -> VarChar,
    }
}

fn signs_in_with_too_much_power(conn: &mut PgConnection) -> QueryResult<bool> {
    use diesel::dsl::sql;
    use diesel::sql_types::Bool;
    diesel::select(sql::<Bool>(
        "EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)) \
         OR EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = 'public' AND c.relkind = 'r' AND pg_has_role(current_user, c.relowner, 'USAGE'))",
    ))
    .get_result(conn)
}
