//! Who works for the organization, and as what. An organization always keeps an owner.

use super::super::letters::{self, letter};
use super::super::model::may_change_role;
use super::super::rate_limit::{self, INVITATIONS_OF_ORGANIZATION};
use super::super::store;
use super::super::token::{self, Grant, Purpose};
use crate::base::{EmailAddress, Role, StaffId};
use crate::changelog::{self, FieldChange};
use crate::config::Config;
use crate::db::schema::{account_tokens, memberships, organizations};
use crate::db::{OrgTx, Unavailable};
use crate::mail;
use crate::web::PageError;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use std::time::Duration;

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    #[error("Only an owner can make other people owners or take that role away.")]
    OwnersOnly,
    #[error("An organization needs an owner. Make somebody else an owner first.")]
    LastOwner,
    #[error("This person works here already; see the list above.")]
    WorksHere,
    #[error("too many invitations")]
    TooMany(Duration),
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<MemberError> for PageError {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::OwnersOnly | MemberError::LastOwner | MemberError::WorksHere => {
                Self::Refused(format!("{error} Nothing was changed."))
            }
            MemberError::TooMany(wait) => Self::TooMany(wait),
            MemberError::Database(error) => error.into(),
            MemberError::Unavailable(error) => error.into(),
        }
    }
}

/// Sends somebody an invitation; an earlier one to the same address no longer works.
pub fn invite(
    tx: &mut OrgTx<'_>,
    config: &Config,
    by: Role,
    email: &EmailAddress,
    role: Role,
) -> Result<(), MemberError> {
    if !may_change_role(by, None, Some(role)) {
        return Err(MemberError::OwnersOnly);
    }
    let works_here = store::colleagues(tx)?
        .iter()
        .any(|colleague| colleague.email.to_lowercase() == email.key());
    if works_here {
        return Err(MemberError::WorksHere);
    }
    let (organization, now) = (tx.organization(), tx.now());
    let limited = rate_limit::take(tx, now, INVITATIONS_OF_ORGANIZATION, &organization.to_string())?;
    if let Some(wait) = limited {
        return Err(MemberError::TooMany(wait));
    }
    delete_invitations(tx, email.as_typed())?;
    let inviter = tx.actor().name().to_owned();
    let grant = Grant {
        organization_id: Some(organization.0),
        email: Some(email.as_typed().to_owned()),
        role: Some(role.as_str().to_owned()),
        invited_by: Some(inviter.clone()),
        ..Grant::default()
    };
    let token = token::issue(tx, now, Purpose::Invitation, &grant)?;
    let name = store::organization(tx, organization)?.name;
    let text = letters::Invitation {
        inviter: &inviter,
        organization: &name,
        role: role.label(),
        may: role.may(),
        link: &config.link(&format!("/invitations/{token}")),
        days: token::INVITATION_LASTS.num_days(),
    };
    let subject = format!("{inviter} invites you to {name}");
    mail::post(tx, Some(organization), &letter(email, subject, text))?;
    changelog::note(tx, &format!("Invited {email} as {}", role.label()), Vec::new())?;
    Ok(())
}

/// Takes an invitation back.
pub fn withdraw_invitation(tx: &mut OrgTx<'_>, email: &str) -> Result<(), MemberError> {
    if delete_invitations(tx, email)? > 0 {
        changelog::note(tx, &format!("Took back the invitation of {email}"), Vec::new())?;
    }
    Ok(())
}

/// Deletes the organization's invitations to an address that were not accepted.
pub(super) fn delete_invitations(tx: &mut OrgTx<'_>, email: &str) -> QueryResult<usize> {
    let open = account_tokens::table.filter(
        account_tokens::organization_id
            .eq(tx.organization().0)
            .and(account_tokens::used_at.is_null())
            .and(
                sql::<Bool>("lower(account_tokens.email) = lower(")
                    .bind::<Text, _>(email)
                    .sql(")"),
            ),
    );
    diesel::delete(open).execute(&mut **tx)
}

/// Gives somebody another role.
pub fn change_role(tx: &mut OrgTx<'_>, by: Role, staff: StaffId, new: Role) -> Result<(), MemberError> {
    lock_members(tx)?;
    let (name, old) = member(tx, staff)?;
    if old == new {
        return Ok(());
    }
    if !may_change_role(by, Some(old), Some(new)) {
        return Err(MemberError::OwnersOnly);
    }
    keep_an_owner(tx, old)?;
    diesel::update(memberships::table.find((tx.organization().0, staff.0)))
        .set(memberships::role.eq(new.as_str()))
        .execute(&mut **tx)?;
    let change = FieldChange::between("Role", old.label(), new.label());
    changelog::note(tx, &format!("Changed the role of {name}"), change.into_iter().collect())?;
    Ok(())
}

/// Ends somebody's work for the organization; anybody may go themselves. Returns their name.
pub fn remove(tx: &mut OrgTx<'_>, by: Role, staff: StaffId) -> Result<String, MemberError> {
    lock_members(tx)?;
    let (name, role) = member(tx, staff)?;
    let is_oneself = tx.actor().id() == Some(staff.0);
    if !is_oneself && !may_change_role(by, Some(role), None) {
        return Err(MemberError::OwnersOnly);
    }
    keep_an_owner(tx, role)?;
    diesel::delete(memberships::table.find((tx.organization().0, staff.0))).execute(&mut **tx)?;
    let what = match is_oneself {
        true => format!("{name} left the organization"),
        false => format!("Removed {name} from the organization"),
    };
    changelog::note(tx, &what, Vec::new())?;
    Ok(name)
}

/// Two owners who leave at the same moment take turns.
fn lock_members(tx: &mut OrgTx<'_>) -> QueryResult<i64> {
    organizations::table
        .find(tx.organization().0)
        .select(organizations::id)
        .for_update()
        .first(&mut **tx)
}

fn member(tx: &mut OrgTx<'_>, staff: StaffId) -> Result<(String, Role), MemberError> {
    let found = store::colleagues(tx)?
        .into_iter()
        .find(|colleague| colleague.id == staff);
    let found = found.ok_or(diesel::result::Error::NotFound)?;
    Ok((found.name, found.role))
}

fn keep_an_owner(tx: &mut OrgTx<'_>, going: Role) -> Result<(), MemberError> {
    let owners = store::colleagues(tx)?
        .iter()
        .filter(|colleague| colleague.role == Role::Owner)
        .count();
    match going == Role::Owner && owners < 2 {
        true => Err(MemberError::LastOwner),
        false => Ok(()),
    }
}
