//! A Postgres of our own for the demo, the tests and a first installation: nothing to configure, no system service
//! touched, reachable only over a Unix socket in a folder that nobody else may enter.
mod place;
mod programs;

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};

use place::{Place, failed};
use programs::Programs;

/// The database made on first start.
pub const DATABASE: &str = "dms";
/// The role that owns the tables and runs migrations; row-level security is forced on it too.
pub const OWNER: &str = "dms_owner";
/// The role the application connects as: it owns nothing, so row-level security always holds for it.
pub const APP: &str = "dms_app";
/// The superuser that `initdb` creates; only first start and the tests use it.
const ADMIN: &str = "dms_admin";

/// The port is only part of the socket's file name.
const PORT: u16 = 5432;
/// Recovery after a crash can take a while on a slow disk; longer than this something is wrong.
const START_TIME_MAX: Duration = Duration::from_secs(90);
/// How often a starting Postgres is asked whether it accepts connections.
const START_POLL: Duration = Duration::from_millis(30);
/// How many lines of Postgres' log an error quotes.
const LOG_LINES_QUOTED: usize = 8;
/// What a new postmaster says while the children of a killed one are still leaving.
const PREDECESSOR_STILL_LEAVING: &str = "pre-existing shared memory block";

/// How much a crash may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// A committed transaction survives a power cut.
    Safe,
    /// Nothing survives a power cut, and tests are faster for it.
    Throwaway,
}

/// Why the private Postgres is not there; each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum PrivatePostgresError {
    /// No usable server programs were found.
    #[error("Postgres 14 or newer is not installed. On Debian or Ubuntu: sudo apt-get install postgresql")]
    NotInstalled,
    /// The data was made by a version whose programs are gone.
    #[error(
        "the database in {} was made by Postgres {made_by}, which is no longer installed. \
         Install it again (on Debian: sudo apt-get install postgresql-{made_by}), \
         or move that folder away to begin anew",
        data.display()
    )]
    VersionGone {
        /// The data directory.
        data: PathBuf,
        /// Its major version.
        made_by: u32,
    },
    /// Started by root, and there is nobody else to run Postgres as.
    #[error(
        "Postgres refuses to run as root, and neither the user postgres nor nobody exists. Run this as an ordinary user"
    )]
    NobodyToRunAs,
    /// A folder that should be ours belongs to somebody else, or is not a folder.
    #[error("{} is in the way: it is not a folder of the user who runs this. Remove it and try again", .0.display())]
    NotOurs(PathBuf),
    /// The file system refused.
    #[error("cannot {doing} {}. Perhaps it belongs to another user, for example after a run with sudo", path.display())]
    Files {
        /// What was tried, as a verb.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A program of Postgres failed.
    #[error("{program} failed: {said}")]
    Program {
        /// Its name.
        program: &'static str,
        /// What it wrote.
        said: String,
    },
    /// Postgres ended, or never accepted a connection.
    #[error("Postgres did not start. The end of its log, {}:\n{tail}", log.display())]
    DidNotStart {
        /// The log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// It runs, but cannot be connected to.
    #[error("cannot connect to the private Postgres")]
    Connection(#[from] diesel::ConnectionError),
    /// It runs, but the roles or the database could not be made.
    #[error("cannot prepare the private Postgres")]
    Statement(#[from] diesel::result::Error),
}

type Result<T> = std::result::Result<T, PrivatePostgresError>;

/// A running private Postgres. Several processes may share one: the last to leave stops it.
#[derive(Debug)]
pub struct PrivatePostgres {
    place: Place,
    programs: Programs,
    /// Held shared by every process that uses this Postgres, so that the last one can tell that it is the last.
    in_use: File,
    /// The postmaster, when this process started it; kept so that it can be reaped.
    postmaster: Option<Child>,
}

impl PrivatePostgres {
    /// Starts the Postgres of this folder, making it first if it is new, or joins the one that already runs there.
    /// The folder may turn out to lie elsewhere (see `place`); a warning then says where.
    pub fn start(folder: &Path, durability: Durability) -> Result<Self> {
        let place = Place::prepare(folder, durability)?;
        let starting = place.lock_starting()?;
        let in_use = place.lock_in_use()?;
        let programs = Programs::find(&place.data())?;
        let mut postgres = Self {
            place,
            programs,
            in_use,
            postmaster: None,
        };
        let ready = postgres.make_ready(durability);
        drop(starting); // before an error drops `postgres`, which takes the same lock to stop it
        ready?;
        Ok(postgres)
    }

    /// Where it lives: the wanted folder, or the one that had to do instead.
    pub fn folder(&self) -> &Path {
        &self.place.home
    }

    /// Connects as the owner of the tables: for migrations.
    pub fn owner_url(&self, database: &str) -> String {
        self.url(OWNER, database)
    }

    /// Connects as the application.
    pub fn app_url(&self, database: &str) -> String {
        self.url(APP, database)
    }

    /// Connects as the superuser: for tests, which create and drop databases.
    pub fn admin_url(&self, database: &str) -> String {
        self.url(ADMIN, database)
    }

    /// Drops the database with everything in it, whoever is connected, and makes it again, empty.
    pub fn recreate_database(&self, database: &str) -> Result<()> {
        let mut admin = PgConnection::establish(&self.admin_url("postgres"))?;
        admin.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(database)))?;
        create_database(&mut admin, database)
    }

    /// Stops it if no other process uses it: open connections are cut, committed work is kept.
    pub fn stop(mut self) -> Result<()> {
        self.stop_if_last()
    }

    /// Lets a waiting `flock` stop it after the last user: for test processes, which end without running destructors.
    /// Where that program does not exist, Postgres stays and is joined next time.
    pub fn stop_after_last_process(&self) {
        if self.postmaster.is_none() {
            return; // whoever started it has seen to that
        }
        let stop = self.programs.path("pg_ctl");
        let watch = self
            .place
            .command(Path::new("flock"))
            .arg("--exclusive")
            .arg(self.place.in_use_path())
            .arg(stop)
            .args(STOP)
            .arg("-D")
            .arg(self.place.data())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        if let Err(error) = watch {
            tracing::debug!(%error, "no flock: the private Postgres stays when this process ends");
        }
    }

    fn url(&self, role: &str, database: &str) -> String {
        let host = percent_encoded(&self.place.socket_folder);
        format!("postgres:///{database}?host={host}&port={PORT}&user={role}")
    }

    fn make_ready(&mut self, durability: Durability) -> Result<()> {
        if !self.place.data().exists() {
            self.create_cluster()?;
        }
        if !self.accepts() {
            self.place
                .write("settings.conf", &settings(&self.place.socket_folder, durability))?;
            self.run()?;
        }
        self.create_roles_and_database()
    }

    fn accepts(&self) -> bool {
        PgConnection::establish(&self.admin_url("postgres")).is_ok()
    }

    /// Made under another name first: an interrupted `initdb` leaves nothing that looks finished.
    fn create_cluster(&self) -> Result<()> {
        let unfinished = self.place.new_data_folder()?;
        let made = self
            .place
            .command(&self.programs.path("initdb"))
            .arg("-D")
            .arg(&unfinished)
            .args(["--username", ADMIN, "--encoding", "UTF8", "--locale", "C.UTF-8"])
            .args([
                "--auth-local",
                "trust",
                "--auth-host",
                "reject",
                "--no-instructions",
                "--no-sync",
            ])
            .output();
        let made = made.map_err(failed("run initdb in", &unfinished))?;
        if !made.status.success() {
            let said = String::from_utf8_lossy(&made.stderr).trim().to_owned();
            return Err(PrivatePostgresError::Program {
                program: "initdb",
                said,
            });
        }
        self.place.finish_data_folder(&unfinished)
    }

    /// Starts the postmaster and waits until it accepts connections. One that runs already but still recovers is
    /// waited for.
    fn run(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_TIME_MAX;
        while !self.accepts() {
            if Instant::now() > deadline {
                return Err(self.did_not_start());
            }
            match self.postmaster.as_mut().map(Child::try_wait) {
                Some(Ok(None)) => {}
                Some(_)
                    if !self
                        .place
                        .log_tail(LOG_LINES_QUOTED)
                        .contains(PREDECESSOR_STILL_LEAVING) =>
                {
                    return Err(self.did_not_start());
                }
                Some(_) => self.postmaster = None,
                None if self.place.postmaster_runs() => {}
                None => self.postmaster = Some(self.launch()?),
            }
            thread::sleep(START_POLL);
        }
        Ok(())
    }

    /// In a process group of its own: a Ctrl-C in the terminal is for us, and we stop Postgres after our last
    /// transaction.
    fn launch(&self) -> Result<Child> {
        let (out, err) = self.place.new_log()?;
        let mut postgres = self.place.command(&self.programs.path("postgres"));
        postgres
            .arg("-D")
            .arg(self.place.data())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0);
        postgres
            .spawn()
            .map_err(failed("start Postgres in", &self.place.data()))
    }

    fn did_not_start(&self) -> PrivatePostgresError {
        PrivatePostgresError::DidNotStart {
            log: self.place.log_path(),
            tail: self.place.log_tail(LOG_LINES_QUOTED),
        }
    }

    /// At every start, so that a first start interrupted here is mended by the next.
    fn create_roles_and_database(&self) -> Result<()> {
        let mut admin = PgConnection::establish(&self.admin_url("postgres"))?;
        for (role, powers) in [
            (OWNER, "LOGIN CREATEROLE"),
            (APP, "LOGIN NOBYPASSRLS NOCREATEDB NOCREATEROLE"),
        ] {
            if !exists(&mut admin, "SELECT FROM pg_roles WHERE rolname = $1", role)? {
                admin.batch_execute(&format!("CREATE ROLE {} NOSUPERUSER {powers}", quoted(role)))?;
            }
        }
        if !exists(&mut admin, "SELECT FROM pg_database WHERE datname = $1", DATABASE)? {
            create_database(&mut admin, DATABASE)?;
        }
        Ok(())
    }

    fn stop_if_last(&mut self) -> Result<()> {
        let _starting = self.place.lock_starting()?;
        if self.in_use.try_lock().is_err() || !self.place.postmaster_runs() {
            return Ok(());
        }
        let mut pg_ctl: Command = self.place.command(&self.programs.path("pg_ctl"));
        let stopped = pg_ctl.args(STOP).arg("-D").arg(self.place.data()).output();
        let stopped = stopped.map_err(failed("stop Postgres in", &self.place.data()))?;
        if !stopped.status.success() {
            let said = String::from_utf8_lossy(&stopped.stderr).trim().to_owned();
            return Err(PrivatePostgresError::Program {
                program: "pg_ctl",
                said,
            });
        }
        if let Some(child) = &mut self.postmaster {
            child
                .wait()
                .map_err(failed("wait for Postgres in", &self.place.data()))?;
        }
        Ok(())
    }
}

/// Fast: connections are cut, open transactions rolled back, everything committed is written.
const STOP: [&str; 5] = ["stop", "--mode", "fast", "--silent", "--wait"];

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        if let Err(error) = self.stop_if_last() {
            tracing::warn!(%error, "the private Postgres was left running");
        }
    }
}

/// What differs from Postgres' defaults. Statements and the values in error details stay out of its log: they hold
/// personal data.
fn settings(socket_folder: &Path, durability: Durability) -> String {
    let socket_folder = socket_folder.display().to_string().replace('\'', "''");
    let common = format!(
        "listen_addresses = ''\n\
         unix_socket_directories = '{socket_folder}'\n\
         unix_socket_permissions = 0700\n\
         port = {PORT}\n\
         max_connections = 200\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         logging_collector = off\n\
         log_min_error_statement = panic\n\
         log_error_verbosity = terse\n"
    );
    match durability {
        // Postgres' defaults are for a machine of twenty years ago. Memory is taken only as it is used.
        Durability::Safe => {
            common + "shared_buffers = 512MB\nwork_mem = 16MB\nmax_wal_size = 4GB\nrandom_page_cost = 1.1\n"
        }
        Durability::Throwaway => {
            common + "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n"
        }
    }
}

fn create_database(admin: &mut PgConnection, name: &str) -> Result<()> {
    Ok(admin.batch_execute(&format!("CREATE DATABASE {} OWNER {}", quoted(name), quoted(OWNER)))?)
}

fn exists(admin: &mut PgConnection, query: &str, name: &str) -> Result<bool> {
    Ok(diesel::sql_query(query)
        .bind::<diesel::sql_types::Text, _>(name)
        .execute(admin)?
        > 0)
}

fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// For the query part of a libpq URL, where a space must be %20 and never a plus.
fn percent_encoded(path: &Path) -> String {
    use std::fmt::Write;
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str()
        .as_bytes()
        .iter()
        .fold(String::new(), |mut url, &byte| {
            match byte {
                b'/' | b'.' | b'_' | b'-' => url.push(char::from(byte)),
                byte if byte.is_ascii_alphanumeric() => url.push(char::from(byte)),
                byte => write!(url, "%{byte:02X}").unwrap_or_default(),
            }
            url
        })
}
