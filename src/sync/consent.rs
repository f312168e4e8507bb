//! Somebody who left wants to come back: on a staff member's recorded word Mailchimp sends its own confirmation mail. Nothing
//! more than that is ever sent for them; they are subscribed only by their own click.

use super::decide::{Consent, Refusal, Standing, There};
use super::facts::{self, Mapping};
use super::plan;
use crate::base::ContactId;
use crate::changelog::{self, NewChange};
use crate::db::OrgTx;
use crate::db::schema::{planned_calls, sync_runs};
use crate::work;
use diesel::prelude::*;

/// What a run is called that staff asked for.
const CAUSE: &str = "Staff asked Mailchimp to send its confirmation";
/// The longest note about a consent.
pub const NOTE_CHARS_MAX: usize = 500;

/// Why nobody was asked to confirm; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    #[error("Mailchimp would not send a confirmation to this contact as they stand now. Nothing was sent.")]
    NotPossible,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
    #[error(transparent)]
    Unavailable(#[from] crate::db::Unavailable),
}

/// Whether Mailchimp sends its confirmation to somebody who stands so: not to an address that bounced or was deleted there.
pub fn may_be_asked(standing: Standing) -> bool {
    matches!(
        standing,
        Standing::Refused(Refusal::Unsubscribed | Refusal::InCompliance | Refusal::Archived)
    )
}

/// Plans the call and writes down who asked for it and on what word. Asked twice, it is planned once.
pub fn ask_to_confirm(
    tx: &mut OrgTx<'_>,
    mapping: &Mapping,
    contact: ContactId,
    note: &str,
) -> Result<(), ConfirmError> {
    let person = facts::gather(tx, mapping, &[contact])?.pop();
    let person = person.filter(|person| mapping.is_on && may_be_asked(person.decide(mapping.policy).standing));
    let person = person.ok_or(ConfirmError::NotPossible)?;
    let address = person.address.clone().ok_or(ConfirmError::NotPossible)?;
    let now = tx.now();
    let run: i64 = diesel::insert_into(sync_runs::table)
        .values((
            sync_runs::cause.eq(CAUSE),
            sync_runs::started_at.eq(now),
            sync_runs::finished_at.eq(now),
        ))
        .returning(sync_runs::id)
        .get_result(&mut **tx)?;
    let planned = diesel::insert_into(planned_calls::table)
        .values((
            planned_calls::run_id.eq(run),
            planned_calls::mapping_id.eq(mapping.id),
            planned_calls::contact_id.eq(contact),
            planned_calls::audience_id.eq(&mapping.audience),
            planned_calls::address_key.eq(&address),
            planned_calls::verb.eq("confirm"),
            planned_calls::body.eq(plan::body(&person, There::Add(Consent::Pending))),
            planned_calls::state.eq("planned"),
            planned_calls::not_before.eq(now),
            planned_calls::planned_at.eq(now),
            planned_calls::due_since.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(&mut **tx)?;
    if planned == 0 {
        diesel::delete(sync_runs::table.find((tx.organization().0, run))).execute(&mut **tx)?;
        return Ok(());
    }
    let organization = tx.organization();
    work::wake(tx, organization, work::Kind::Sync, now)?;
    changelog::record(
        tx,
        NewChange {
            contact: Some(contact),
            what: "Asked Mailchimp to send its confirmation",
            fields: Vec::new(),
            why: note,
        },
    )?;
    Ok(())
}
