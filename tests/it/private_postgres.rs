//! The private Postgres survives what happens to it on people's machines: kills, long paths, two users at once.
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use dms::db::private::{DATABASE, Durability, PrivatePostgres, PrivatePostgresError};
use tempfile::TempDir;

/// Passable, so that it also works when root runs the tests and Postgres runs as another user.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

fn start(folder: &Path) -> PrivatePostgres {
    PrivatePostgres::start(folder, Durability::Throwaway).unwrap()
}

fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).unwrap()
}

fn write_a_note(postgres: &PrivatePostgres) {
    let mut owner = connect(&postgres.owner_url(DATABASE));
    owner
        .batch_execute("CREATE TABLE notes (text text NOT NULL); INSERT INTO notes VALUES ('kept')")
        .unwrap();
}

fn notes_kept(postgres: &PrivatePostgres) -> usize {
    sql_query("SELECT text FROM notes")
        .execute(&mut connect(&postgres.owner_url(DATABASE)))
        .unwrap()
}

fn kill_postmaster(folder: &Path) -> String {
    let pid = fs::read_to_string(folder.join("data/postmaster.pid"))
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned();
    assert!(
        Command::new("sh")
            .arg("-c")
            .arg(format!("kill -KILL {pid}"))
            .status()
            .unwrap()
            .success()
    );
    pid
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    let folder = folder();
    let postgres = start(folder.path());
    write_a_note(&postgres);
    let url = postgres.owner_url(DATABASE);
    postgres.stop().unwrap();
    assert!(
        PgConnection::establish(&url).is_err(),
        "it runs although it was stopped"
    );
    assert_eq!(notes_kept(&start(folder.path())), 1);
}

#[test]
fn a_killed_postgres_comes_back() {
    let folder = folder();
    let postgres = start(folder.path());
    write_a_note(&postgres);
    connect(&postgres.admin_url(DATABASE))
        .batch_execute("CHECKPOINT")
        .unwrap();
    kill_postmaster(folder.path());
    assert_eq!(notes_kept(&start(folder.path())), 1);
}

#[test]
fn the_number_of_a_killed_postgres_may_belong_to_another_process_by_now() {
    let folder = folder();
    let postgres = start(folder.path());
    write_a_note(&postgres);
    connect(&postgres.admin_url(DATABASE))
        .batch_execute("CHECKPOINT")
        .unwrap();
    let pid_file = folder.path().join("data/postmaster.pid");
    let leftover = fs::read_to_string(&pid_file).unwrap();
    let pid = kill_postmaster(folder.path());
    fs::write(&pid_file, leftover.replacen(&pid, &std::process::id().to_string(), 1)).unwrap();
    assert_eq!(notes_kept(&start(folder.path())), 1);
}

#[test]
fn two_share_one_and_the_last_to_leave_stops_it() {
    let folder = folder();
    let first = start(folder.path());
    let second = start(folder.path());
    write_a_note(&first);
    first.stop().unwrap();
    assert_eq!(notes_kept(&second), 1);
    let url = second.owner_url(DATABASE);
    drop(second);
    assert!(PgConnection::establish(&url).is_err(), "nobody uses it, yet it runs");
}

#[test]
fn a_path_too_long_for_a_socket_or_full_of_odd_letters_works() {
    let folder = folder();
    let odd = folder
        .path()
        .join("O'Neill & fils — 100 % \"à nous\"")
        .join("long".repeat(25));
    let postgres = start(&odd);
    write_a_note(&postgres);
    let socket_folder = postgres
        .owner_url(DATABASE)
        .split(['=', '&'])
        .nth(1)
        .unwrap()
        .to_owned();
    assert!(socket_folder.starts_with("/var/tmp/dms-"), "{socket_folder}");
    drop(postgres);
    fs::remove_dir_all(Path::new(&socket_folder).parent().unwrap()).unwrap();
}

#[test]
fn a_path_of_odd_letters_short_enough_for_a_socket_works() {
    let folder = folder();
    let odd = folder.path().join("O'Neill & 100 % \"à\" $HOME");
    write_a_note(&start(&odd));
    assert!(odd.join("socket").exists());
}

#[test]
fn the_application_is_no_superuser_and_owns_nothing() {
    let folder = folder();
    let postgres = start(folder.path());
    write_a_note(&postgres);
    let mut app = connect(&postgres.app_url(DATABASE));
    for forbidden in [
        "CREATE ROLE more",
        "CREATE DATABASE more",
        "CREATE TABLE more ()",
        "SELECT * FROM notes",
        "DROP TABLE notes",
    ] {
        assert!(app.batch_execute(forbidden).is_err(), "{forbidden}");
    }
    let powers =
        "SELECT FROM pg_roles WHERE rolname LIKE 'dms\\_%' AND rolname <> 'dms_admin' AND (rolsuper OR rolbypassrls)";
    assert_eq!(sql_query(powers).execute(&mut app).unwrap(), 0);
}

#[test]
fn a_recreated_database_is_empty_even_while_somebody_is_connected() {
    let folder = folder();
    let postgres = start(folder.path());
    write_a_note(&postgres);
    let _somebody = connect(&postgres.app_url(DATABASE));
    postgres.recreate_database(DATABASE).unwrap();
    write_a_note(&postgres);
    assert_eq!(notes_kept(&postgres), 1);
}

#[test]
fn data_of_a_version_that_is_gone_is_left_alone_and_the_way_out_is_named() {
    let folder = folder();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/PG_VERSION"), "9\n").unwrap();
    let refused = PrivatePostgres::start(folder.path(), Durability::Safe).unwrap_err();
    assert!(
        matches!(refused, PrivatePostgresError::VersionGone { made_by: 9, .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("postgresql-9"), "{refused}");
}

#[test]
fn when_postgres_user_cannot_reach_the_folder_another_is_used_again_and_again() {
    let closed = tempfile::tempdir().unwrap();
    fs::set_permissions(closed.path(), Permissions::from_mode(0o700)).unwrap();
    if fs::metadata(closed.path()).unwrap().uid() != 0 {
        return; // only root runs Postgres as another user
    }
    let wanted = closed.path().join("postgres");
    let postgres = start(&wanted);
    let used = postgres.folder().to_owned();
    assert!(used.starts_with("/var/tmp"), "{}", used.display());
    write_a_note(&postgres);
    drop(postgres);
    assert_eq!(notes_kept(&start(&wanted)), 1);

    fs::remove_dir_all(&used).unwrap();
    symlink(closed.path(), &used).unwrap();
    let refused = PrivatePostgres::start(&wanted, Durability::Throwaway).unwrap_err();
    assert!(
        matches!(refused, PrivatePostgresError::NotOurs(_)),
        "somebody's link was followed: {refused}"
    );
    fs::remove_file(&used).unwrap();
}

#[test]
fn a_postgres_that_does_not_start_says_why() {
    let folder = folder();
    start(folder.path()).stop().unwrap();
    fs::write(folder.path().join("data/postgresql.conf"), "max_connections = many\n").unwrap();
    let refused = PrivatePostgres::start(folder.path(), Durability::Throwaway).unwrap_err();
    assert!(
        refused.to_string().contains("\"max_connections\": \"many\""),
        "{refused}"
    );
}
