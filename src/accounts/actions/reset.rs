//! Choosing a new password with a link from one's mailbox.

use super::super::letters::{self, letter};
use super::super::rate_limit::{self, LETTERS_FROM_ADDRESS, LETTERS_TO_RECIPIENT, SIGN_IN_OF_ACCOUNT};
use super::super::store;
use super::super::token::{self, Grant, Purpose};
use super::account::{change_password, mark_verified};
use crate::base::{EmailAddress, StaffId};
use crate::config::Config;
use crate::db::SharedTx;
use crate::mail;
use diesel::prelude::*;
use std::time::Duration;

/// Sends the link, if there is such an account; the answer is the same. `Err(wait)`: too many letters were asked for.
pub fn ask_to_reset(
    tx: &mut SharedTx<'_>,
    config: &Config,
    email: &EmailAddress,
    client_address: &str,
) -> QueryResult<Result<(), Duration>> {
    let now = tx.now();
    let waits = [
        rate_limit::take(tx, now, LETTERS_FROM_ADDRESS, client_address)?,
        rate_limit::take(tx, now, LETTERS_TO_RECIPIENT, &email.key())?,
    ];
    if let Some(wait) = waits.into_iter().flatten().max() {
        return Ok(Err(wait));
    }
    let Some(person) = store::staff_member_at(tx, email.as_typed())? else {
        return Ok(Ok(()));
    };
    let grant = Grant {
        staff_id: Some(person.id.0),
        ..Grant::default()
    };
    let token = token::issue(tx, now, Purpose::ResetPassword, &grant)?;
    let text = letters::ResetPassword {
        name: &person.name,
        link: &config.link(&format!("/reset-password/{token}")),
        minutes: token::RESET_LASTS.num_minutes(),
    };
    mail::post(tx, None, &letter(email, "Choose a new password", text))?;
    Ok(Ok(()))
}

/// Uses the link up and keeps the new password. `None`: the link does not work.
pub fn reset_password(tx: &mut SharedTx<'_>, token: &str, hash: &str) -> QueryResult<Option<StaffId>> {
    let grant = token::redeem(tx, Purpose::ResetPassword, token)?;
    let Some(id) = grant.and_then(|grant| grant.staff()) else {
        return Ok(None);
    };
    let person = store::staff_member(tx, id)?.ok_or(diesel::result::Error::NotFound)?;
    change_password(tx, id, hash)?;
    mark_verified(tx, &person.email)?;
    rate_limit::fill(tx, SIGN_IN_OF_ACCOUNT, &person.email)?;
    Ok(Some(id))
}
