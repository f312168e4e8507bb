//! Work in the background: which organizations have something to do, who holds the lease, and the wake-up that saves
//! waiting for the timetable. No event may be lost because none is relied upon: what is due stands in a row.

mod background;
mod due;
mod lease;
mod listen;

pub use background::{Job, start};
pub use due::{
    contacts_are_due, contacts_are_due_for_smart_groups, contacts_are_due_for_sync, oldest_due, smart_groups_are_due,
    wait_for_marks_under_way,
};
pub use lease::{LEASE, Lease, claim, is_held, lost, release, release_undone, renew};
pub use listen::{Wakes, listen};

use crate::base::OrganizationId;
use crate::db::schema::wake_ups;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;

/// The Postgres channel on which processes tell each other that something is due.
pub(crate) const CHANNEL: &str = "dms_work";

/// A kind of work; each organization has one task of a kind at a time, in whatever process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Sync,
    Import,
    SmartGroups,
    Bulk,
    Duplicates,
}

impl Kind {
    /// The word the database stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Import => "import",
            Self::SmartGroups => "smart",
            Self::Bulk => "bulk",
            Self::Duplicates => "duplicates",
        }
    }
}

/// Says that an organization has work of a kind at `at`; wakes the processes when the transaction commits.
pub fn wake(conn: &mut PgConnection, organization: OrganizationId, kind: Kind, at: DateTime<Utc>) -> QueryResult<()> {
    note(conn, organization, kind, at, false)?;
    tell(conn, kind.as_str())
}

/// Puts an organization on the timetable: its work of a kind is looked at for the first time at `at`.
pub fn plan(conn: &mut PgConnection, organization: OrganizationId, kind: Kind, at: DateTime<Utc>) -> QueryResult<()> {
    note(conn, organization, kind, at, true)
}

/// Writes a wake-up down.
fn note(
    conn: &mut PgConnection,
    organization: OrganizationId,
    kind: Kind,
    at: DateTime<Utc>,
    is_timetable: bool,
) -> QueryResult<()> {
    diesel::insert_into(wake_ups::table)
        .values((
            wake_ups::organization_id.eq(organization.0),
            wake_ups::kind.eq(kind.as_str()),
            wake_ups::due_at.eq(at),
            wake_ups::is_timetable.eq(is_timetable),
        ))
        .execute(conn)?;
    Ok(())
}

/// Wakes the tasks of all processes when the transaction commits; `what` is for whoever watches.
pub fn tell(conn: &mut PgConnection, what: &str) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_notify($1, $2)")
        .bind::<Text, _>(CHANNEL)
        .bind::<Text, _>(what)
        .execute(conn)?;
    Ok(())
}
