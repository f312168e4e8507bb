//! Due marks: a change that may matter to Mailchimp marks the contact in the same transaction. The sync compares whoever is
//! marked; what the change was does not matter.

use super::{Kind, wake};
use crate::base::ContactId;
use crate::db::OrgTx;
use crate::db::schema::due_contacts;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Timestamptz};

/// Marks contacts as due and wakes the organization's sync.
pub fn contacts_are_due(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<()> {
    if contacts.is_empty() {
        return Ok(());
    }
    let (organization, now) = (tx.organization(), tx.now());
    let ids: Vec<i64> = contacts.iter().map(|id| id.0).collect();
    // Ordered, so that two transactions marking the same people cannot lock each other out.
    diesel::sql_query(
        "INSERT INTO due_contacts (organization_id, contact_id, due_since) \
         SELECT $1, id, $3 FROM unnest($2) AS id GROUP BY id ORDER BY id \
         ON CONFLICT (organization_id, contact_id) DO UPDATE SET mark = excluded.mark",
    )
    .bind::<BigInt, _>(organization.0)
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Timestamptz, _>(now)
    .execute(&mut **tx)?;
    wake(tx, organization, Kind::Sync, now)
}

/// Since when the longest waiting contact has been due.
pub fn oldest_due(tx: &mut OrgTx<'_>) -> QueryResult<Option<DateTime<Utc>>> {
    due_contacts::table
        .filter(due_contacts::organization_id.eq(tx.organization()))
        .select(diesel::dsl::min(due_contacts::due_since))
        .first(&mut **tx)
}
