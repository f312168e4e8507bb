//! The outbox: what waits to be sent, who may try to send it now, and what became of it.

use crate::base::{EmailAddress, OrganizationId};
use crate::db::SharedTx;
use crate::db::schema::outbox;
use crate::work;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

/// How long to wait after the first attempt. It doubles with every further one, and must be longer than `ATTEMPT_LASTS`
/// of the sender: until then nobody else tries the same letter.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(1);
/// The longest wait between two attempts.
const WAIT_MAX: TimeDelta = TimeDelta::hours(6);
/// Attempts until a letter is given up: about three days.
const ATTEMPTS_MAX: i32 = 20;
/// How long letters are kept after they were written, sent or given up.
const KEPT: TimeDelta = TimeDelta::days(7);
/// What is kept of a mail server's complaint, in characters.
const COMPLAINT_LENGTH_MAX: usize = 500;

/// A mail in plain text.
#[derive(Clone, Debug)]
pub struct Letter {
    pub to: EmailAddress,
    /// One line; line breaks are taken out, so that no text can add headers.
    pub subject: String,
    pub body: String,
}

/// A letter that is being sent.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub(super) struct Outgoing {
    pub id: i64,
    pub recipient: String,
    pub subject: String,
    pub body: String,
    pub created_at: DateTime<Utc>,
    pub attempts: i32,
}

/// Puts a letter into the outbox; it is sent once the transaction has committed.
pub fn post(conn: &mut PgConnection, organization: Option<OrganizationId>, letter: &Letter) -> QueryResult<()> {
    let subject: String = letter
        .subject
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    diesel::insert_into(outbox::table)
        .values((
            outbox::organization_id.eq(organization.map(|id| id.0)),
            outbox::recipient.eq(letter.to.as_typed()),
            outbox::subject.eq(subject),
            outbox::body.eq(&letter.body),
        ))
        .execute(conn)?;
    work::tell(conn, "mail")
}

/// Takes the letter that is due longest. It is due again after a wait, in case whoever took it is killed: a letter may then
/// go out twice, but never not at all.
pub(super) fn take(tx: &mut SharedTx<'_>) -> QueryResult<Option<Outgoing>> {
    let now = tx.now();
    let due: Option<Outgoing> = outbox::table
        .filter(outbox::sent_at.is_null())
        .filter(outbox::attempts.lt(ATTEMPTS_MAX))
        .filter(outbox::next_attempt_at.le(now))
        .order(outbox::next_attempt_at)
        .for_update()
        .skip_locked()
        .select(Outgoing::as_select())
        .first(&mut **tx)
        .optional()?;
    if let Some(letter) = &due {
        diesel::update(outbox::table.find(letter.id))
            .set((
                outbox::attempts.eq(letter.attempts + 1),
                outbox::next_attempt_at.eq(now + wait_after(letter.attempts)),
            ))
            .execute(&mut **tx)?;
    }
    Ok(due)
}

fn wait_after(attempts: i32) -> TimeDelta {
    let doublings = u32::try_from(attempts).unwrap_or_default().min(16);
    (FIRST_WAIT * 2_i32.pow(doublings)).min(WAIT_MAX)
}

/// The letter is out. With `forget` its text goes: links in it still open doors.
pub(super) fn sent(tx: &mut SharedTx<'_>, id: i64, forget: bool) -> QueryResult<()> {
    let now = tx.now();
    diesel::update(outbox::table.find(id))
        .set((outbox::sent_at.eq(now), outbox::last_error.eq(None::<String>)))
        .execute(&mut **tx)?;
    if forget {
        diesel::update(outbox::table.find(id))
            .set(outbox::body.eq(""))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// The letter could not be sent; it will be tried again.
pub(super) fn failed(tx: &mut SharedTx<'_>, id: i64, complaint: &str) -> QueryResult<()> {
    let complaint: String = complaint.chars().take(COMPLAINT_LENGTH_MAX).collect();
    diesel::update(outbox::table.find(id))
        .set(outbox::last_error.eq(complaint))
        .execute(&mut **tx)?;
    Ok(())
}

/// Deletes letters that were sent or given up a while ago.
pub(super) fn clear(tx: &mut SharedTx<'_>) -> QueryResult<usize> {
    let now = tx.now();
    diesel::delete(
        outbox::table
            .filter(outbox::created_at.lt(now - KEPT))
            .filter(outbox::sent_at.is_not_null().or(outbox::attempts.ge(ATTEMPTS_MAX))),
    )
    .execute(&mut **tx)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_tried_for_three_days_before_it_is_given_up() {
        assert_eq!(wait_after(0), TimeDelta::minutes(1));
        assert_eq!(wait_after(3), TimeDelta::minutes(8));
        let in_all: TimeDelta = (0..ATTEMPTS_MAX).map(wait_after).sum();
        assert!(in_all > TimeDelta::days(2) && in_all < TimeDelta::days(4), "{in_all}");
    }
}
