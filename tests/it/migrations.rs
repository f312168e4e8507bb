//! Every migration can be taken back, and forth again, and leaves no trace: proven by comparing dumps.

use crate::support::cluster::Cluster;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_migrations::MigrationHarness;
use dms::db::MIGRATIONS;
use std::path::PathBuf;
use std::process::Command;

#[test]
fn every_migration_goes_down_and_up_again_without_a_trace() {
    let database = Cluster::shared().fresh_database();
    let mut owner = PgConnection::establish(&database.owner_url).unwrap();
    let all: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().unwrap();
    let mut dumps = vec![dump(&database.owner_url)];
    for migration in all.iter().rev() {
        owner
            .revert_last_migration(MIGRATIONS)
            .unwrap_or_else(|error| panic!("{} does not go down: {error}", migration.name()));
        dumps.push(dump(&database.owner_url));
    }
    dumps.reverse();
    assert_eq!(
        tables_of(&dumps[0]),
        ["__diesel_schema_migrations"],
        "what no migration took back"
    );
    for (number, migration) in all.iter().enumerate() {
        owner.run_migration(migration).unwrap();
        assert_same(
            &dumps[number + 1],
            &dump(&database.owner_url),
            &migration.name().to_string(),
        );
    }
}

/// The owner of the tables is held to the policies as well, so that a migration easily changes the rows of nobody.
#[test]
fn the_words_of_contacts_who_are_there_already_get_their_order_and_tell_who_is_in_the_trash() {
    #[derive(QueryableByName, Debug, PartialEq)]
    struct Word {
        #[diesel(sql_type = Text)]
        sort_name: String,
        #[diesel(sql_type = Bool)]
        in_trash: bool,
    }
    let database = Cluster::shared().fresh_database();
    let mut owner = PgConnection::establish(&database.owner_url).unwrap();
    while owner.revert_last_migration(MIGRATIONS).unwrap().to_string() != "20261124000067" {}
    owner
        .batch_execute(
            "INSERT INTO organizations (id, slug, name) VALUES (1, 'one', 'One'); SET dms.organization_id = '1'; \
             INSERT INTO contacts (id, contact_type, display_name, sort_name, deleted_at) VALUES \
                 (1, 'individual', 'Anne Lem', 'Lem, Anne', NULL), (2, 'individual', 'Bo Lem', 'Lem, Bo', now()); \
             INSERT INTO contact_search_terms (term, contact_id, kind) VALUES ('lem', 1, 'last_name'), ('lem', 2, 'last_name'); \
             RESET dms.organization_id",
        )
        .unwrap();
    owner.run_pending_migrations(MIGRATIONS).unwrap();
    owner.batch_execute("SET dms.organization_id = '1'").unwrap();
    let words: Vec<Word> =
        diesel::sql_query("SELECT sort_name, in_trash FROM contact_search_terms ORDER BY contact_id")
            .load(&mut owner)
            .unwrap();
    let word = |name: &str, in_trash| Word {
        sort_name: name.into(),
        in_trash,
    };
    assert_eq!(words, [word("Lem, Anne", false), word("Lem, Bo", true)]);
}

fn assert_same(before: &str, after: &str, migration: &str) {
    let lacking: Vec<&str> = before.lines().filter(|line| !after.contains(line)).collect();
    let added: Vec<&str> = after.lines().filter(|line| !before.contains(line)).collect();
    assert!(
        before == after,
        "{migration} comes back otherwise; lacking {lacking:?}, added {added:?}"
    );
}

fn tables_of(dump: &str) -> Vec<&str> {
    let made = |line| str::strip_prefix(line, "CREATE ").filter(|made| !made.starts_with("UNIQUE"));
    dump.lines()
        .filter_map(made)
        .map(|made| made.trim_start_matches("TABLE public.").trim_end_matches(" ("))
        .collect()
}

/// The schema in the words of pg_dump; newer ones add a random line at both ends. The columns of a table are in the order of their
/// names: Postgres puts one that comes back at the end, and nothing here goes by their place.
fn dump(url: &str) -> String {
    let output = Command::new(pg_dump())
        .args(["--schema-only", "--dbname", url])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (mut lines, mut columns, mut in_table) = (Vec::new(), Vec::new(), false);
    for line in text.lines().filter(|line| !line.contains("restrict ")) {
        if in_table && line == ");" {
            columns.sort_unstable();
            lines.append(&mut columns);
            in_table = false;
        }
        if in_table {
            columns.push(line.trim_end_matches(','));
        } else {
            lines.push(line);
        }
        in_table |= line.starts_with("CREATE TABLE ");
    }
    lines.join("\n")
}

/// Beside the server's programs, or on the path.
fn pg_dump() -> PathBuf {
    let versions = (14..30).rev();
    versions
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin/pg_dump")))
        .find(|program| program.exists())
        .unwrap_or_else(|| "pg_dump".into())
}
