//! Signing in, in two steps: what is needed to judge a password is fetched and the attempt counted; the judgement takes
//! place outside of any transaction.

use super::super::rate_limit::{self, SIGN_IN_FROM_ADDRESS, SIGN_IN_OF_ACCOUNT};
use super::super::store;
use crate::base::StaffId;
use crate::db::SharedTx;
use diesel::prelude::*;
use std::time::Duration;

/// What a password is judged by. Somebody unknown has none, and the answer must not tell.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    pub staff: Option<StaffId>,
    pub password_hash: Option<String>,
}

/// Counts the attempt and fetches the credentials; `Err(wait)` when there were too many.
pub fn begin_sign_in(
    tx: &mut SharedTx<'_>,
    email: &str,
    client_address: &str,
) -> QueryResult<Result<Credentials, Duration>> {
    let now = tx.now();
    let waits = [
        rate_limit::take(tx, now, SIGN_IN_FROM_ADDRESS, client_address)?,
        rate_limit::take(tx, now, SIGN_IN_OF_ACCOUNT, email)?,
    ];
    if let Some(wait) = waits.into_iter().flatten().max() {
        return Ok(Err(wait));
    }
    let Some(person) = store::staff_member_at(tx, email)? else {
        return Ok(Ok(Credentials::default()));
    };
    Ok(Ok(Credentials {
        staff: Some(person.id),
        password_hash: store::password_hash(tx, person.id)?,
    }))
}

/// The right password was given: earlier mistakes are forgotten.
pub fn signed_in(tx: &mut SharedTx<'_>, email: &str) -> QueryResult<()> {
    rate_limit::fill(tx, SIGN_IN_OF_ACCOUNT, email)
}
