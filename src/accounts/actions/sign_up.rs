//! An organization comes in: it, its owner and the letter that confirms the address, or none of them.

use super::super::letters::{self, letter};
use super::super::store;
use super::account::send_verification;
use crate::base::{Actor, EmailAddress, OrganizationId, Role, StaffId};
use crate::changelog::{self, NewChange};
use crate::config::Config;
use crate::db::schema::{funds, memberships, organizations, staff};
use crate::db::{OrgTx, SharedTx, Unavailable};
use crate::mail;
use crate::work::{self, Kind};
use chrono::TimeDelta;
use diesel::prelude::*;

/// The longest part of a name that goes into an address.
const SLUG_LENGTH_MAX: usize = 40;

/// What somebody signs up with.
#[derive(Clone, Debug)]
pub struct NewOrganization {
    pub name: String,
    pub person_name: String,
    pub email: EmailAddress,
    /// From `password::hash`.
    pub password_hash: String,
    /// The address is known to be theirs (Mailchimp confirmed it), so that no letter asks for it.
    pub is_email_confirmed: bool,
}

/// Who and what there is now.
#[derive(Clone, Debug)]
pub struct SignedUp {
    pub organization: OrganizationId,
    pub slug: String,
    pub staff: StaffId,
}

/// Why an organization could not be signed up; nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// There is an account with this address; its owner signs in and adds the organization from there.
    #[error("an account with this address exists")]
    EmailTaken,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Makes the organization and its owner, who receives alerts, and asks by mail to confirm the address.
pub fn sign_up(tx: &mut SharedTx<'_>, config: &Config, new: &NewOrganization) -> Result<SignedUp, SignUpError> {
    let verified_at = new.is_email_confirmed.then(|| tx.now());
    let inserted: Option<i64> = diesel::insert_into(staff::table)
        .values((
            staff::email.eq(new.email.as_typed()),
            staff::name.eq(&new.person_name),
            staff::password_hash.eq(&new.password_hash),
            staff::verified_at.eq(verified_at),
        ))
        .on_conflict_do_nothing()
        .returning(staff::id)
        .get_result(&mut **tx)
        .optional()?;
    let id = inserted.map(StaffId).ok_or(SignUpError::EmailTaken)?;
    if verified_at.is_none() {
        send_verification(tx, config, id, &new.email)?;
    }
    let (organization, slug) = add_organization(tx, id, &new.person_name, &new.name)?;
    Ok(SignedUp {
        organization,
        slug,
        staff: id,
    })
}

/// Signs up, or writes to whoever has this address already. To the person asking both look alike.
pub fn ask_to_sign_up(
    tx: &mut SharedTx<'_>,
    config: &Config,
    new: &NewOrganization,
) -> Result<Option<SignedUp>, SignUpError> {
    let Some(known) = store::staff_member_at(tx, new.email.as_typed())? else {
        return sign_up(tx, config, new).map(Some);
    };
    let text = letters::AlreadyHere {
        name: &known.name,
        sign_in: &config.link("/sign-in?next=/organizations/new"),
        reset: &config.link("/reset-password"),
    };
    mail::post(tx, None, &letter(&new.email, "You already have an account", text))?;
    Ok(None)
}

/// Adds an organization that belongs to `owner`.
pub fn add_organization(
    tx: &mut SharedTx<'_>,
    owner: StaffId,
    owner_name: &str,
    name: &str,
) -> QueryResult<(OrganizationId, String)> {
    let (id, slug) = insert_organization(tx, name)?;
    diesel::insert_into(memberships::table)
        .values((
            memberships::organization_id.eq(id.0),
            memberships::staff_id.eq(owner.0),
            memberships::role.eq(Role::Owner.as_str()),
            memberships::receives_alerts.eq(true),
        ))
        .execute(&mut **tx)?;
    let actor = Actor::Staff {
        id: owner,
        name: owner_name.to_owned(),
    };
    let change = NewChange {
        contact: None,
        what: "Organization signed up",
        fields: Vec::new(),
        why: "",
    };
    let mut tx = tx.enter(id, actor)?;
    changelog::record(&mut tx, change)?;
    insert_general_fund(&mut tx)?;
    Ok((id, slug))
}

/// Every gift goes to a fund, so an organization begins with one.
fn insert_general_fund(tx: &mut OrgTx<'_>) -> QueryResult<()> {
    diesel::insert_into(funds::table)
        .values((
            funds::name.eq("General Fund"),
            funds::description.eq("Gifts that are not meant for anything particular."),
            funds::is_default.eq(true),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Tries "riverside", "riverside-2" … until one is free.
fn insert_organization(tx: &mut SharedTx<'_>, name: &str) -> QueryResult<(OrganizationId, String)> {
    let stem = slug_of(name);
    let mut number = 1;
    loop {
        let slug = match number {
            1 => stem.clone(),
            _ => format!("{stem}-{number}"),
        };
        let inserted: Option<i64> = diesel::insert_into(organizations::table)
            .values((organizations::slug.eq(&slug), organizations::name.eq(name)))
            .on_conflict_do_nothing()
            .returning(organizations::id)
            .get_result(&mut **tx)
            .optional()?;
        match inserted {
            Some(id) => {
                let (id, tomorrow) = (OrganizationId(id), tx.now() + TimeDelta::days(1));
                // From then on each night plans the next.
                work::plan(tx, id, Kind::Duplicates, tomorrow)?;
                return Ok((id, slug));
            }
            None => number += 1,
        }
    }
}

/// "Banque alimentaire Évangéline" → "banque-alimentaire-evangeline".
fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in crate::base::fold(name).chars() {
        match c {
            'a'..='z' | '0'..='9' if slug.len() < SLUG_LENGTH_MAX => slug.push(c),
            '\'' | '’' | '.' => {}
            _ if slug.is_empty() || slug.ends_with('-') || slug.len() >= SLUG_LENGTH_MAX => {}
            _ => slug.push('-'),
        }
    }
    match slug.trim_end_matches('-') {
        "" => "organization".into(),
        slug => slug.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::slug_of;

    #[test]
    fn an_organizations_address_is_made_of_its_name() {
        assert_eq!(slug_of("Riverside Food Bank"), "riverside-food-bank");
        assert_eq!(
            slug_of("Banque alimentaire Évangéline"),
            "banque-alimentaire-evangeline"
        );
        assert_eq!(slug_of("  St. John’s & Friends!  "), "st-johns-friends");
        assert_eq!(slug_of("希望"), "organization");
        assert!(slug_of(&"very long name ".repeat(9)).len() <= 40);
    }
}
