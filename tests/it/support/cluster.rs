//! One throwaway Postgres for all test processes, kept under `target/`, and in it a database for every test, cloned from
//! a template that has the migrations. The last process to end stops it; the files stay for the next run.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::MigrationHarness;
use dms::db::MIGRATIONS;
use dms::db::private::{Durability, OWNER, PrivatePostgres};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Any number: who holds this advisory lock is making the template.
const TEMPLATE_LOCK: i64 = 7_274_617;

/// What a crashed run left behind. The file is written once, when the database is made.
const LEFTOVERS: &str = "SELECT datname::text AS name FROM pg_database \
    WHERE (datname LIKE 'test\\_%' OR datname LIKE 'template\\_%' OR datname LIKE 'unfinished\\_%') AND datname <> $1 \
    AND (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < now() - interval '1 hour'";

pub struct Cluster {
    postgres: PrivatePostgres,
    template: String,
}

/// An empty database of one test, with all migrations; dropped with the value.
pub struct Database {
    pub name: String,
    /// Connects as the role that owns the tables.
    pub owner_url: String,
    /// Connects as the application.
    pub app_url: String,
    admin_url: String,
}

impl Cluster {
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Cluster> = LazyLock::new(Cluster::start);
        &SHARED
    }

    pub fn fresh_database(&self) -> Database {
        let name = format!("test_{}", Uuid::new_v4().simple());
        let template = &self.template;
        self.admin()
            .batch_execute(&format!(
                "CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template} STRATEGY FILE_COPY"
            ))
            .unwrap();
        Database {
            owner_url: self.postgres.owner_url(&name),
            app_url: self.postgres.app_url(&name),
            admin_url: self.postgres.admin_url("postgres"),
            name,
        }
    }

    fn start() -> Self {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let postgres = PrivatePostgres::start(&target.join("test-postgres"), Durability::Throwaway).unwrap();
        postgres.stop_after_last_process();
        let cluster = Self {
            postgres,
            template: format!("template_{}", hash_of_migrations()),
        };
        let mut admin = cluster.admin();
        sql_query(format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})"))
            .execute(&mut admin)
            .unwrap();
        cluster.sweep(&mut admin);
        cluster.make_template(&mut admin);
        cluster
    }

    fn admin(&self) -> PgConnection {
        PgConnection::establish(&self.postgres.admin_url("postgres")).unwrap()
    }

    fn sweep(&self, admin: &mut PgConnection) {
        #[derive(QueryableByName)]
        struct Leftover {
            #[diesel(sql_type = Text)]
            name: String,
        }
        let leftovers: Vec<Leftover> = sql_query(LEFTOVERS)
            .bind::<Text, _>(&self.template)
            .load(admin)
            .unwrap();
        for Leftover { name } in leftovers {
            admin
                .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
                .unwrap();
        }
    }

    /// Renamed only when its migrations are through: a template is whole or absent.
    fn make_template(&self, admin: &mut PgConnection) {
        let Self { postgres, template } = self;
        let made = sql_query("SELECT FROM pg_database WHERE datname = $1")
            .bind::<Text, _>(template)
            .execute(admin);
        if made.unwrap() > 0 {
            return;
        }
        let unfinished = template.replace("template_", "unfinished_");
        postgres.recreate_database(&unfinished).unwrap();
        let mut owner = PgConnection::establish(&postgres.owner_url(&unfinished)).unwrap();
        owner.run_pending_migrations(MIGRATIONS).unwrap();
        drop(owner); // a database with connections is neither renamed nor cloned
        admin
            .batch_execute(&format!("ALTER DATABASE {unfinished} RENAME TO {template}"))
            .unwrap();
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Ok(mut admin) = PgConnection::establish(&self.admin_url) {
            let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

/// Of the files and of the names in the binary: a template is never reused for migrations it does not have, even when
/// cargo did not notice a new folder.
fn hash_of_migrations() -> String {
    let mut hash = Sha256::new();
    for file in files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")) {
        hash.update(file.as_os_str().as_encoded_bytes());
        hash.update(fs::read(&file).unwrap());
    }
    for embedded in MigrationSource::<Pg>::migrations(&MIGRATIONS).unwrap() {
        hash.update(embedded.name().to_string());
    }
    hex::encode(hash.finalize())[..16].to_owned()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] })
        .collect()
}
