//! Links sent by mail: a random token that is kept only as its hash, works once, and runs out.

use crate::base::{OrganizationId, Role, StaffId};
use crate::db::SharedTx;
use crate::db::schema::account_tokens;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use rand::RngExt;
use sha2::{Digest, Sha256};

/// How long an address can be confirmed.
pub const VERIFICATION_LASTS: TimeDelta = TimeDelta::days(7);
/// How long a password can be chosen anew: short, since the link opens the account.
pub const RESET_LASTS: TimeDelta = TimeDelta::hours(1);
/// How long an invitation can be accepted.
pub const INVITATION_LASTS: TimeDelta = TimeDelta::days(14);
/// How long a link that ran out is remembered.
const KEPT_AFTERWARDS: TimeDelta = TimeDelta::days(30);

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `email` becomes the confirmed address of the person.
    VerifyEmail,
    ResetPassword,
    Invitation,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::Invitation => "invitation",
        }
    }

    fn lasts(self) -> TimeDelta {
        match self {
            Self::VerifyEmail => VERIFICATION_LASTS,
            Self::ResetPassword => RESET_LASTS,
            Self::Invitation => INVITATION_LASTS,
        }
    }
}

/// What a link stands for.
#[derive(Clone, Debug, Default, Queryable, Selectable, Insertable)]
#[diesel(table_name = account_tokens)]
pub struct Grant {
    pub staff_id: Option<i64>,
    pub organization_id: Option<i64>,
    pub email: Option<String>,
    pub role: Option<String>,
    pub invited_by: Option<String>,
}

impl Grant {
    /// The person the link was sent to.
    pub fn staff(&self) -> Option<StaffId> {
        self.staff_id.map(StaffId)
    }

    /// The organization and the role an invitation is for.
    pub fn place(&self) -> Option<(OrganizationId, Role)> {
        Some((
            OrganizationId(self.organization_id?),
            Role::parse(self.role.as_deref()?)?,
        ))
    }
}

/// Makes a link's token. Only its hash is kept, so it must go into the letter now.
pub fn issue(conn: &mut PgConnection, now: DateTime<Utc>, purpose: Purpose, grant: &Grant) -> QueryResult<String> {
    diesel::delete(account_tokens::table.filter(account_tokens::expires_at.lt(now - KEPT_AFTERWARDS))).execute(conn)?;
    let token = BASE64_URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; 32]>());
    diesel::insert_into(account_tokens::table)
        .values((
            account_tokens::token_hash.eq(hashed(&token)),
            account_tokens::purpose.eq(purpose.as_str()),
            grant,
            account_tokens::created_at.eq(now),
            account_tokens::expires_at.eq(now + purpose.lasts()),
        ))
        .execute(conn)?;
    Ok(token)
}

/// What the link stands for, while it works. Looking does not use it up: mail scanners open links.
pub fn look(tx: &mut SharedTx<'_>, purpose: Purpose, token: &str) -> QueryResult<Option<Grant>> {
    let now = tx.now();
    account_tokens::table
        .filter(works(purpose, token, now))
        .select(Grant::as_select())
        .first(&mut **tx)
        .optional()
}

/// Uses the link up. Of two that try at once, one gets it.
pub fn redeem(tx: &mut SharedTx<'_>, purpose: Purpose, token: &str) -> QueryResult<Option<Grant>> {
    let now = tx.now();
    diesel::update(account_tokens::table.filter(works(purpose, token, now)))
        .set(account_tokens::used_at.eq(now))
        .returning(Grant::as_returning())
        .get_result(&mut **tx)
        .optional()
}

/// Takes back a person's unused links of one purpose.
pub fn withdraw(conn: &mut PgConnection, purpose: Purpose, staff: StaffId) -> QueryResult<usize> {
    let unused = account_tokens::table.filter(
        account_tokens::staff_id
            .eq(staff.0)
            .and(account_tokens::purpose.eq(purpose.as_str()))
            .and(account_tokens::used_at.is_null()),
    );
    diesel::delete(unused).execute(conn)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn works<'a>(purpose: Purpose, token: &'a str, now: DateTime<Utc>) -> _ {
    let word: &'static str = purpose.as_str();
    let hash: Vec<u8> = hashed(token);
    account_tokens::token_hash
        .eq(hash)
        .and(account_tokens::purpose.eq(word))
        .and(account_tokens::used_at.is_null())
        .and(account_tokens::expires_at.gt(now))
}

fn hashed(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
