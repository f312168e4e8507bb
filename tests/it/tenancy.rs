//! The wall between organizations: which tables stand behind it, and that nothing comes through.

use crate::support::cluster::{Cluster, Database};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use dms::base::{Actor, Clock, OrganizationId};
use dms::db::Db;

/// Tables outside the wall. They hold no donor's data; each is here for a reason.
const SHARED: [(&str, &str); 12] = [
    ("__diesel_schema_migrations", "which migrations ran"),
    ("account_tokens", "a link is opened before anybody is known"),
    ("leases", "any process sees who is being worked for"),
    ("mailchimp_call_slots", "the limit of calls counts over organizations"),
    ("memberships", "a person may work for several organizations"),
    ("organizations", "they are found by their address"),
    ("outbox", "the sender sees what is due"),
    ("rate_limits", "attempts are counted before anybody is known"),
    ("sessions", "a cookie comes before anybody is known"),
    ("staff", "people sign in before an organization is chosen"),
    ("wake_ups", "the scheduler sees who is due"),
    ("webhook_doors", "a webhook comes before its organization is known"),
];

#[derive(QueryableByName, Debug)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn names(conn: &mut PgConnection, query: &str) -> Vec<String> {
    let rows: Vec<Name> = diesel::sql_query(query).load(conn).unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

fn owner_of(database: &Database) -> PgConnection {
    PgConnection::establish(&database.owner_url).unwrap()
}

const PROTECTED: &str = "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace \
    AND relkind = 'r' AND relrowsecurity ORDER BY 1";

#[test]
fn every_table_stands_behind_the_wall_or_on_the_list() {
    let database = Cluster::shared().fresh_database();
    let mut owner = owner_of(&database);
    let outside = names(
        &mut owner,
        "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace \
         AND relkind IN ('r', 'p', 'f', 'm', 'v') AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY 1",
    );
    let listed: Vec<&str> = SHARED.iter().map(|(table, _)| *table).collect();
    assert_eq!(outside, listed);
    let policies = names(
        &mut owner,
        "SELECT DISTINCT format('%s %s %s %s %s', polcmd, polpermissive, polroles, \
             pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) AS name FROM pg_policy",
    );
    let ours = "(organization_id = current_organization_id())";
    assert_eq!(policies, [format!("* t {{0}} {ours} {ours}")]);
    let protected = names(&mut owner, PROTECTED);
    let with_a_policy = names(
        &mut owner,
        "SELECT polrelid::regclass::text AS name FROM pg_policy ORDER BY 1",
    );
    assert_eq!(protected, with_a_policy, "exactly one policy each");
}

#[test]
fn every_key_of_a_protected_table_begins_with_the_organization() {
    let database = Cluster::shared().fresh_database();
    let mut owner = owner_of(&database);
    let wrong = names(
        &mut owner,
        "WITH tenant AS (SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace \
             AND relkind = 'r' AND relrowsecurity), \
         column_of AS (SELECT attrelid, attnum, attname FROM pg_attribute) \
         SELECT 'index ' || i.indexrelid::regclass AS name FROM pg_index i JOIN tenant ON tenant.oid = i.indrelid \
             LEFT JOIN column_of c ON c.attrelid = i.indrelid AND c.attnum = i.indkey[0] \
             WHERE c.attname IS DISTINCT FROM 'organization_id' \
         UNION ALL SELECT 'no primary key: ' || relname FROM tenant \
             WHERE NOT EXISTS (SELECT FROM pg_index WHERE indrelid = tenant.oid AND indisprimary) \
         UNION ALL SELECT 'foreign key ' || conname FROM pg_constraint f JOIN tenant ON tenant.oid = f.conrelid \
             JOIN column_of c ON c.attrelid = f.conrelid AND c.attnum = f.conkey[1] \
             WHERE f.contype = 'f' AND f.confrelid <> 'staff'::regclass AND c.attname <> 'organization_id' \
         UNION ALL SELECT 'default of ' || relname FROM tenant \
             JOIN pg_attribute a ON a.attrelid = tenant.oid AND a.attname = 'organization_id' \
             LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
             WHERE NOT a.attnotnull OR pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM 'current_organization_id()' \
         UNION ALL SELECT 'no reference to organizations: ' || relname FROM tenant \
             WHERE NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = tenant.oid AND f.contype = 'f' \
                 AND f.confrelid <> 'staff'::regclass)",
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_application_owns_nothing_and_bypasses_nothing() {
    let database = Cluster::shared().fresh_database();
    let mut app = PgConnection::establish(&database.app_url).unwrap();
    let powers = names(
        &mut app,
        "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace \
             AND pg_has_role(current_user, relowner, 'MEMBER') \
         UNION ALL SELECT rolname::text FROM pg_roles \
             WHERE rolname = current_user AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)",
    );
    assert!(powers.is_empty(), "{powers:?}");
    for forbidden in [
        "ALTER TABLE contacts DISABLE ROW LEVEL SECURITY",
        "DROP POLICY one_organization ON contacts",
        "TRUNCATE contacts CASCADE",
        "SET ROLE dms_owner",
        "CREATE TABLE hidden (id bigint)",
        "UPDATE __diesel_schema_migrations SET version = '1'",
        "CREATE OR REPLACE FUNCTION current_organization_id() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
    ] {
        assert!(app.batch_execute(forbidden).is_err(), "{forbidden}");
    }
    assert!(dms::db::obstacles(&database.app_url).is_empty());
    assert!(
        !dms::db::obstacles(&database.owner_url).is_empty(),
        "the owner must not serve"
    );
}

/// Two organizations, and a row of the first in every protected table. What keeps rows meaningful (checks, references) is
/// taken away first: only the wall is looked at.
fn two_organizations_with_rows(database: &Database) -> Vec<String> {
    let mut owner = owner_of(database);
    let tables = names(&mut owner, PROTECTED);
    owner
        .batch_execute("INSERT INTO organizations (id, slug, name) VALUES (1, 'one', 'One'), (2, 'two', 'Two')")
        .unwrap();
    let constraints = names(
        &mut owner,
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS name FROM pg_constraint \
         WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f') ORDER BY contype DESC",
    );
    owner.batch_execute(&constraints.join(";")).unwrap();
    let inserts = names(
        &mut owner,
        "SELECT format('INSERT INTO %s (%s) VALUES (%s)', attrelid::regclass, string_agg(attname, ', '), \
             string_agg(CASE format_type(atttypid, NULL) WHEN 'text' THEN $$'x'$$ WHEN 'bytea' THEN $$'x'$$ \
                 WHEN 'jsonb' THEN $$'{}'$$ WHEN 'bigint[]' THEN $$'{1}'$$ WHEN 'boolean' THEN 'true' WHEN 'uuid' THEN 'gen_random_uuid()' \
                 WHEN 'date' THEN 'now()' WHEN 'timestamp with time zone' THEN 'now()' ELSE '1' END, ', ')) AS name \
         FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid \
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relrowsecurity AND attnum > 0 \
             AND NOT attisdropped AND attnotnull AND NOT atthasdef \
         GROUP BY attrelid",
    );
    assert!(
        inserts.len() >= tables.len() - 1,
        "a table whose columns all have defaults needs a row, too"
    );
    let mut app = PgConnection::establish(&database.app_url).unwrap();
    app.batch_execute(&format!(
        "BEGIN; SET LOCAL dms.organization_id = 1; {}; COMMIT",
        inserts.join(";")
    ))
    .unwrap();
    tables
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

#[test]
fn one_organization_neither_sees_nor_changes_anything_of_another() {
    let database = Cluster::shared().fresh_database();
    let tables = two_organizations_with_rows(&database);
    let mut app = PgConnection::establish(&database.app_url).unwrap();
    for table in &tables {
        for (organization, seen) in [("1", 1), ("2", 0), ("", 0)] {
            let set = format!("SET dms.organization_id = '{organization}'");
            app.batch_execute(&set).unwrap();
            let count: Count = diesel::sql_query(format!("SELECT count(*) AS rows FROM {table}"))
                .get_result(&mut app)
                .unwrap();
            assert_eq!(count.rows, seen, "{table} as organization {organization:?}");
            if seen == 0 {
                for change in [
                    format!("UPDATE {table} SET organization_id = organization_id"),
                    format!("DELETE FROM {table}"),
                ] {
                    assert_eq!(diesel::sql_query(&change).execute(&mut app).unwrap(), 0, "{change}");
                }
            }
        }
        for (organization, change) in [
            ("1", format!("UPDATE {table} SET organization_id = 2")),
            ("2", format!("INSERT INTO {table} (organization_id) VALUES (1)")),
            ("", format!("INSERT INTO {table} (organization_id) VALUES (1)")),
        ] {
            app.batch_execute(&format!("SET dms.organization_id = '{organization}'"))
                .unwrap();
            let refused = diesel::sql_query(&change).execute(&mut app).unwrap_err().to_string();
            assert!(refused.contains("row-level security"), "{change}: {refused}");
        }
    }
}

#[test]
fn one_organization_cannot_refer_to_another_ones_rows() {
    let database = Cluster::shared().fresh_database();
    owner_of(&database)
        .batch_execute("INSERT INTO organizations (id, slug, name) VALUES (1, 'one', 'One'), (2, 'two', 'Two')")
        .unwrap();
    let mut app = PgConnection::establish(&database.app_url).unwrap();
    app.batch_execute(
        "SET dms.organization_id = 1; \
         INSERT INTO contacts (id, contact_type, display_name, sort_name) VALUES (7, 'individual', 'Anne', 'Anne'); \
         INSERT INTO groups (id, title) VALUES (7, 'Newsletter'); \
         SET dms.organization_id = 2; \
         INSERT INTO groups (id, title) VALUES (8, 'Newsletter');",
    )
    .unwrap();
    for reference in [
        "INSERT INTO emails (contact_id, address, address_key) VALUES (7, 'a@b.ca', 'a@b.ca')",
        "INSERT INTO group_contacts (group_id, contact_id, status, added_at, method) VALUES (8, 7, 'Added', now(), 'Admin')",
        "INSERT INTO changes (at, contact_id, actor_kind, actor_name, what) VALUES (now(), 7, 'system', 'x', 'x')",
        "INSERT INTO due_contacts (contact_id, due_since) VALUES (7, now())",
    ] {
        let refused = diesel::sql_query(reference).execute(&mut app).unwrap_err().to_string();
        assert!(refused.contains("foreign key"), "{reference}: {refused}");
    }
}

#[tokio::test]
async fn an_org_tx_sees_its_organization_only_and_takes_it_along_when_it_ends() {
    let database = Cluster::shared().fresh_database();
    owner_of(&database)
        .batch_execute("INSERT INTO organizations (id, slug, name) VALUES (1, 'one', 'One'), (2, 'two', 'Two')")
        .unwrap();
    let db = Db::connect(&database.app_url, Clock::system()).unwrap();
    let add = "INSERT INTO groups (title) VALUES ('Newsletter')";
    let added: anyhow::Result<usize> = db
        .write(OrganizationId(1), Actor::System, move |tx| {
            Ok(diesel::sql_query(add).execute(&mut **tx)?)
        })
        .await;
    assert_eq!(added.unwrap(), 1);
    for (organization, seen) in [(1, 1), (2, 0)] {
        let groups: anyhow::Result<usize> = db
            .read(OrganizationId(organization), |tx| {
                Ok(diesel::sql_query("SELECT FROM groups").execute(&mut **tx)?)
            })
            .await;
        assert_eq!(groups.unwrap(), seen);
    }
    let written: anyhow::Result<usize> = db
        .read(OrganizationId(1), move |tx| {
            Ok(diesel::sql_query(add).execute(&mut **tx)?)
        })
        .await;
    assert!(written.unwrap_err().to_string().contains("read-only"));
    // The pool hands the same connections out again.
    for _ in 0..20 {
        let nobodys: anyhow::Result<bool> = db
            .shared(|tx| {
                let nobodys = diesel::dsl::sql::<Bool>("current_organization_id() IS NULL");
                Ok(diesel::select(nobodys).get_result(&mut **tx)?)
            })
            .await;
        assert!(nobodys.unwrap());
    }
}
