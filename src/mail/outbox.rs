//! The outbox: what waits to be sent.

use crate::base::{EmailAddress, OrganizationId};
use crate::db::schema::outbox;
use diesel::prelude::*;

/// A mail in plain text.
#[derive(Clone, Debug)]
pub struct Letter {
    pub to: EmailAddress,
    /// One line; line breaks are taken out, so that no text can add headers.
    pub subject: String,
    pub body: String,
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
    Ok(())
}
