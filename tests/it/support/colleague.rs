//! A colleague's transaction that is under way while somebody else does something.

use super::office::Office;
use super::world::eventually;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use dms::base::ContactId;

/// A transaction that has locked a contact, as merges, imports and the sync do first.
pub struct Colleague(PgConnection);

impl Colleague {
    pub fn holding(office: &Office, contact: ContactId) -> Self {
        let mut conn = PgConnection::establish(office.world.app_url()).unwrap();
        let organization = office.ada.organization_id();
        let enter = format!("BEGIN; SET LOCAL dms.organization_id = '{}'", organization.0);
        conn.batch_execute(&enter).unwrap();
        diesel::sql_query("SELECT id FROM contacts WHERE id = $1 FOR NO KEY UPDATE")
            .bind::<BigInt, _>(contact)
            .execute(&mut conn)
            .unwrap();
        Self(conn)
    }

    /// Somebody waits for what this transaction has locked.
    pub async fn until_somebody_waits(&mut self) {
        #[derive(QueryableByName)]
        struct Waiting {
            #[diesel(sql_type = BigInt)]
            waiting: i64,
        }
        eventually("somebody waits for the contact", async || {
            // Within a transaction Postgres shows the same moment again and again otherwise.
            self.0.batch_execute("SELECT pg_stat_clear_snapshot()").unwrap();
            let found: Waiting = diesel::sql_query(
                "SELECT count(*) AS waiting FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'",
            )
            .get_result(&mut self.0)
            .unwrap();
            found.waiting > 0
        })
        .await;
    }

    /// The same transaction after it did something more.
    pub fn has_done(mut self, statement: &str) -> Self {
        self.0.batch_execute(statement).unwrap();
        self
    }

    pub fn writes(mut self, statement: &str) {
        self.0.batch_execute(&format!("{statement}; COMMIT")).unwrap();
    }
}
