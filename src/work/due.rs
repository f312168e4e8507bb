//! Due marks: a change that may matter to Mailchimp or to a smart group marks the contact in the same transaction. The sync
//! compares whoever is marked, the smart groups look at whoever is marked; what the change was does not matter.

use super::{Kind, wake};
use crate::base::ContactId;
use crate::db::OrgTx;
use crate::db::schema::{due_contacts, groups};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Timestamptz};

/// Marks contacts as due, for the sync and for the smart groups, and wakes both.
pub fn contacts_are_due(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<()> {
    contacts_are_due_for_sync(tx, contacts)?;
    contacts_are_due_for_smart_groups(tx, contacts)
}

/// Marks contacts as due and wakes the organization's sync.
pub fn contacts_are_due_for_sync(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<()> {
    if contacts.is_empty() {
        return Ok(());
    }
    let (organization, now) = (tx.organization(), tx.now());
    // Ordered, so that two transactions marking the same people cannot lock each other out.
    diesel::sql_query(
        "INSERT INTO due_contacts (organization_id, contact_id, due_since) \
         SELECT $1, id, $3 FROM unnest($2) AS id GROUP BY id ORDER BY id \
         ON CONFLICT (organization_id, contact_id) DO UPDATE SET mark = excluded.mark",
    )
    .bind::<BigInt, _>(organization.0)
    .bind::<Array<BigInt>, _>(contacts)
    .bind::<Timestamptz, _>(now)
    .execute(&mut **tx)?;
    wake(tx, organization, Kind::Sync, now)
}

/// Marks contacts whose facts a search may ask about, and wakes the work on smart groups; only where there are any.
pub fn contacts_are_due_for_smart_groups(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<()> {
    if contacts.is_empty() {
        return Ok(());
    }
    let (organization, now) = (tx.organization(), tx.now());
    // Held until we commit: a group that becomes smart meanwhile waits for us, and then sees what we changed.
    diesel::sql_query("SELECT pg_advisory_xact_lock_shared(hashtextextended('smart groups', $1))")
        .bind::<BigInt, _>(organization.0)
        .execute(&mut **tx)?;
    let marked = diesel::sql_query(
        "INSERT INTO smart_due_contacts (organization_id, contact_id, due_since) \
         SELECT $1, id, $3 FROM unnest($2) AS id \
         WHERE EXISTS (SELECT FROM groups WHERE organization_id = $1 AND search IS NOT NULL) GROUP BY id ORDER BY id \
         ON CONFLICT (organization_id, contact_id) DO UPDATE SET mark = excluded.mark",
    )
    .bind::<BigInt, _>(organization.0)
    .bind::<Array<BigInt>, _>(contacts)
    .bind::<Timestamptz, _>(now)
    .execute(&mut **tx)?;
    match marked {
        0 => Ok(()),
        _ => wake(tx, organization, Kind::SmartGroups, now),
    }
}

/// Waits until everybody who is changing contacts has committed. To be called when a search is new to the smart groups, before
/// everybody is looked at for it: those who come later see the group and mark whom they change. Alone in its transaction, because
/// whoever is waited for may be waiting for anything else that it holds.
pub fn wait_for_marks_under_way(tx: &mut OrgTx<'_>) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended('smart groups', $1))")
        .bind::<BigInt, _>(tx.organization().0)
        .execute(&mut **tx)?;
    Ok(())
}

/// Everybody is to be looked at anew by every smart group: what the searches mean has changed, such as "today".
pub fn smart_groups_are_due(tx: &mut OrgTx<'_>) -> QueryResult<()> {
    let (organization, now) = (tx.organization(), tx.now());
    let due = diesel::update(groups::table)
        .filter(groups::organization_id.eq(organization.0))
        .filter(groups::search.is_not_null())
        .set((groups::search_due_at.eq(now), groups::searched_on.eq(None::<NaiveDate>)))
        .execute(&mut **tx)?;
    match due {
        0 => Ok(()),
        _ => wake(tx, organization, Kind::SmartGroups, now),
    }
}

/// Since when the longest waiting contact has been due.
pub fn oldest_due(tx: &mut OrgTx<'_>) -> QueryResult<Option<DateTime<Utc>>> {
    due_contacts::table
        .filter(due_contacts::organization_id.eq(tx.organization()))
        .select(diesel::dsl::min(due_contacts::due_since))
        .first(&mut **tx)
}
