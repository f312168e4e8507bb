//! `src/db/schema.rs` is what the migrations make. `UPDATE_SCHEMA=1` writes it instead.

use crate::support::cluster::Cluster;
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::fs;
use std::path::Path;

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = Text)]
    schema_rs: String,
}

#[test]
fn schema_rs_is_what_the_migrations_make() {
    let database = Cluster::shared().fresh_database();
    let mut owner = PgConnection::establish(&database.owner_url).unwrap();
    let made: Written = diesel::sql_query(include_str!("schema.sql"))
        .get_result(&mut owner)
        .unwrap();
    assert!(!made.schema_rs.contains("Unknown"), "schema.sql knows not all types");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db/schema.rs");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&file, &made.schema_rs).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap();
    let differs = made
        .schema_rs
        .lines()
        .zip(written.lines())
        .find(|(made, written)| made != written);
    assert_eq!(differs, None, "(database, schema.rs); UPDATE_SCHEMA=1 writes it anew");
    assert_eq!(made.schema_rs.len(), written.len());
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}

/// If this fails for a table of yours: say in `src/crm/references.rs` what a merge and an erasure do with it.
#[test]
fn every_column_that_names_a_contact_is_known_to_merging_and_erasing() {
    let database = Cluster::shared().fresh_database();
    let mut owner = PgConnection::establish(&database.owner_url).unwrap();
    let found: Vec<Column> = diesel::sql_query(
        "SELECT DISTINCT class.relname || '.' || attribute.attname AS name FROM pg_attribute AS attribute \
         JOIN pg_class AS class ON class.oid = attribute.attrelid AND class.relkind = 'r' \
             AND class.relnamespace = 'public'::regnamespace \
         LEFT JOIN pg_constraint AS key ON key.conrelid = class.oid AND key.contype = 'f' \
             AND key.confrelid = 'contacts'::regclass AND attribute.attnum = ANY(key.conkey) \
         WHERE attribute.attnum > 0 AND NOT attribute.attisdropped AND attribute.attname <> 'organization_id' \
             AND (key.oid IS NOT NULL OR attribute.attname ~ '(^|_)contact_id$' AND attribute.atttypid = 'bigint'::regtype) \
         ORDER BY 1",
    )
    .load(&mut owner)
    .unwrap();
    let found: Vec<String> = found.into_iter().map(|column| column.name).collect();
    let mut known: Vec<String> = dms::crm::references::ALL
        .iter()
        .map(|reference| format!("{}.{}", reference.table, reference.column))
        .collect();
    known.sort();
    let mut found_sorted = found.clone();
    found_sorted.sort();
    assert_eq!(found_sorted, known, "(database, src/crm/references.rs)");
}
