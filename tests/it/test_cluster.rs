//! The ground of the other tests: every test has its own database, migrated, and entered as the application.
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};

use crate::support::cluster::Cluster;

#[test]
fn every_test_has_its_own_migrated_database() {
    let (one, other) = (Cluster::shared().fresh_database(), Cluster::shared().fresh_database());
    let add = "INSERT INTO organizations (slug, name) VALUES ('shelter', 'Shelter')";
    PgConnection::establish(&one.owner_url)
        .unwrap()
        .batch_execute(add)
        .unwrap();
    let organizations = "SELECT FROM organizations";
    let mut other = PgConnection::establish(&other.app_url).unwrap();
    assert_eq!(sql_query(organizations).execute(&mut other).unwrap(), 0);
}

#[test]
fn a_database_is_dropped_with_its_test() {
    let database = Cluster::shared().fresh_database();
    let url = database.app_url.clone();
    let mut still_open = PgConnection::establish(&url).unwrap();
    drop(database);
    assert!(still_open.batch_execute("SELECT 1").is_err());
    assert!(PgConnection::establish(&url).is_err());
}
