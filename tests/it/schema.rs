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
