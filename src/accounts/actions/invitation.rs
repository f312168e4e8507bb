//! An invitation is accepted, by somebody who has an account or by somebody new.

use super::super::store;
use super::super::token::{self, Grant, Purpose};
use super::members::delete_invitations;
use crate::base::{Actor, OrganizationId, Role, StaffId};
use crate::changelog::{self, NewChange};
use crate::db::schema::{memberships, staff};
use crate::db::{SharedTx, Unavailable};
use crate::web::PageError;
use diesel::prelude::*;

/// Somebody new who accepts an invitation. The address is that of the invitation, and thereby confirmed.
#[derive(Clone, Debug)]
pub struct NewMember {
    pub name: String,
    /// From `password::hash`.
    pub password_hash: String,
}

/// Why nobody joined; nothing was changed, and the invitation still works.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The invitation was accepted, taken back, or is too old.
    #[error("the invitation no longer works")]
    Ended,
    /// There is an account with this address: sign in, then accept.
    #[error("an account with this address exists")]
    HasAccount,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<JoinError> for PageError {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Ended | JoinError::HasAccount => {
                Self::Refused("This invitation was used meanwhile. Nothing was changed.".into())
            }
            JoinError::Database(error) => error.into(),
            JoinError::Unavailable(error) => error.into(),
        }
    }
}

/// Somebody with an account joins; the address they sign in with may be another than the invitation's. Returns the slug.
pub fn join(tx: &mut SharedTx<'_>, token: &str, id: StaffId) -> Result<String, JoinError> {
    let grant = token::redeem(tx, Purpose::Invitation, token)?.ok_or(JoinError::Ended)?;
    enter(tx, &grant, id)
}

/// Somebody new joins and has an account from now on. Returns who, and the slug.
pub fn join_as_new(tx: &mut SharedTx<'_>, token: &str, new: &NewMember) -> Result<(StaffId, String), JoinError> {
    let grant = token::redeem(tx, Purpose::Invitation, token)?.ok_or(JoinError::Ended)?;
    let inserted: Option<i64> = diesel::insert_into(staff::table)
        .values((
            staff::email.eq(grant.email.as_deref().ok_or(JoinError::Ended)?),
            staff::name.eq(&new.name),
            staff::password_hash.eq(&new.password_hash),
            staff::verified_at.eq(tx.now()),
        ))
        .on_conflict_do_nothing()
        .returning(staff::id)
        .get_result(&mut **tx)
        .optional()?;
    let id = inserted.map(StaffId).ok_or(JoinError::HasAccount)?;
    let slug = enter(tx, &grant, id)?;
    Ok((id, slug))
}

fn enter(tx: &mut SharedTx<'_>, grant: &Grant, id: StaffId) -> Result<String, JoinError> {
    let (organization, role) = grant.place().ok_or(JoinError::Ended)?;
    let person = store::staff_member(tx, id)?.ok_or(JoinError::Ended)?;
    let is_new_here = add_member(tx, organization, id, role)?;
    let slug = store::organization(tx, organization)?.slug;
    let actor = Actor::Staff {
        id,
        name: person.name.clone(),
    };
    let mut here = tx.enter(organization, actor)?;
    delete_invitations(&mut here, grant.email.as_deref().unwrap_or_default())?;
    if is_new_here {
        let change = NewChange {
            contact: None,
            what: &format!("{} joined as {}", person.name, role.label()),
            fields: Vec::new(),
            why: &format!("Invited by {}", grant.invited_by.as_deref().unwrap_or_default()),
        };
        changelog::record(&mut here, change)?;
    }
    Ok(slug)
}

/// Whoever works there already keeps their role.
fn add_member(tx: &mut SharedTx<'_>, organization: OrganizationId, id: StaffId, role: Role) -> QueryResult<bool> {
    let added = diesel::insert_into(memberships::table)
        .values((
            memberships::organization_id.eq(organization.0),
            memberships::staff_id.eq(id.0),
            memberships::role.eq(role.as_str()),
        ))
        .on_conflict_do_nothing()
        .execute(&mut **tx)?;
    Ok(added == 1)
}
