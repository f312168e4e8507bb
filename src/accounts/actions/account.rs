//! What people do with their own account.

use super::super::letters::{self, letter};
use super::super::rate_limit::{self, LETTERS_TO_RECIPIENT};
use super::super::store::{self, has_address};
use super::super::token::{self, Grant, Purpose};
use crate::base::{EmailAddress, StaffId};
use crate::config::Config;
use crate::db::SharedTx;
use crate::db::schema::staff;
use crate::mail;
use crate::web::Sessions;
use diesel::prelude::*;
use std::time::Duration;

/// Writes the letter that asks to confirm an address.
pub(super) fn send_verification(
    tx: &mut SharedTx<'_>,
    config: &Config,
    id: StaffId,
    email: &EmailAddress,
) -> QueryResult<()> {
    let grant = Grant {
        staff_id: Some(id.0),
        email: Some(email.as_typed().to_owned()),
        ..Grant::default()
    };
    let now = tx.now();
    let token = token::issue(tx, now, Purpose::VerifyEmail, &grant)?;
    let text = letters::VerifyEmail {
        link: &config.link(&format!("/verify-email/{token}")),
        days: token::VERIFICATION_LASTS.num_days(),
    };
    mail::post(tx, None, &letter(email, "Please confirm your email address", text))
}

/// Sends the link once more. `Err(wait)`: it was sent too often.
pub fn send_verification_again(
    tx: &mut SharedTx<'_>,
    config: &Config,
    id: StaffId,
) -> QueryResult<Result<(), Duration>> {
    let person = store::staff_member(tx, id)?.ok_or(diesel::result::Error::NotFound)?;
    let Ok(email) = EmailAddress::parse(&person.email) else {
        return Ok(Ok(()));
    };
    let now = tx.now();
    if let Some(wait) = rate_limit::take(tx, now, LETTERS_TO_RECIPIENT, &email.key())? {
        return Ok(Err(wait));
    }
    send_verification(tx, config, id, &email)?;
    Ok(Ok(()))
}

/// The address of the link is the person's own from now on. `None`: the link does not work, or somebody else has the
/// address meanwhile.
pub fn verify_email(tx: &mut SharedTx<'_>, token: &str) -> QueryResult<Option<StaffId>> {
    let grant = token::redeem(tx, Purpose::VerifyEmail, token)?;
    let Some((id, email)) = grant.and_then(|grant| Some((grant.staff()?, grant.email?))) else {
        return Ok(None);
    };
    let Some(before) = store::staff_member(tx, id)? else {
        return Ok(None);
    };
    let owner = store::staff_member_at(tx, &email)?;
    if owner.is_some_and(|owner| owner.id != id) {
        return Ok(None);
    }
    let now = tx.now();
    diesel::update(staff::table.find(id.0))
        .set((staff::email.eq(&email), staff::verified_at.eq(now)))
        .execute(&mut **tx)?;
    token::withdraw(tx, Purpose::VerifyEmail, id)?;
    if before.is_verified && before.email != email {
        tell_former_address(tx, &before.name, &before.email)?;
    }
    Ok(Some(id))
}

fn tell_former_address(tx: &mut SharedTx<'_>, name: &str, former: &str) -> QueryResult<()> {
    match EmailAddress::parse(former) {
        Ok(former) => {
            let text = letters::EmailChanged { name };
            mail::post(tx, None, &letter(&former, "Your email address was changed", text))
        }
        Err(_) => Ok(()),
    }
}

/// Asks the new address for confirmation; until then the old one holds. Whether somebody else has the new one is told to
/// that address only. `Err(wait)`: too many letters went there.
pub fn change_email(
    tx: &mut SharedTx<'_>,
    config: &Config,
    id: StaffId,
    new: &EmailAddress,
) -> QueryResult<Result<(), Duration>> {
    let now = tx.now();
    if let Some(wait) = rate_limit::take(tx, now, LETTERS_TO_RECIPIENT, &new.key())? {
        return Ok(Err(wait));
    }
    // A link to an address that was mistyped before must not win later.
    token::withdraw(tx, Purpose::VerifyEmail, id)?;
    match store::staff_member_at(tx, new.as_typed())? {
        Some(other) if other.id != id => {
            let text = letters::AddressInUse { name: &other.name };
            mail::post(tx, None, &letter(new, "Your address is in use already", text))?;
        }
        _ => send_verification(tx, config, id, new)?,
    }
    Ok(Ok(()))
}

/// Changes how the person is called; what they did before keeps the name they had.
pub fn rename(tx: &mut SharedTx<'_>, id: StaffId, name: &str) -> QueryResult<usize> {
    diesel::update(staff::table.find(id.0))
        .set(staff::name.eq(name))
        .execute(&mut **tx)
}

/// Keeps the new password, ends all sessions, takes back links that could change it again, and says so by mail.
pub fn change_password(tx: &mut SharedTx<'_>, id: StaffId, hash: &str) -> QueryResult<()> {
    diesel::update(staff::table.find(id.0))
        .set(staff::password_hash.eq(hash))
        .execute(&mut **tx)?;
    Sessions::end_all(tx, id)?;
    token::withdraw(tx, Purpose::ResetPassword, id)?;
    let person = store::staff_member(tx, id)?.ok_or(diesel::result::Error::NotFound)?;
    if let Ok(email) = EmailAddress::parse(&person.email) {
        let text = letters::PasswordChanged { name: &person.name };
        mail::post(tx, None, &letter(&email, "Your password was changed", text))?;
    }
    Ok(())
}

/// Whoever opened a link from their mailbox has proven that it is theirs.
pub(super) fn mark_verified(tx: &mut SharedTx<'_>, address: &str) -> QueryResult<usize> {
    let now = tx.now();
    diesel::update(
        staff::table
            .filter(has_address(address))
            .filter(staff::verified_at.is_null()),
    )
    .set(staff::verified_at.eq(now))
    .execute(&mut **tx)
}
