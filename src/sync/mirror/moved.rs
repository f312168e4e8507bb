//! Somebody changed their address at Mailchimp. They are the same member there, known by a contact id that stays, and the same
//! person here: what we know of the member, what was agreed and the email that was in step go along to the new address.

use super::{MirrorMember, Told, key_of};
use crate::base::{ContactId, EmailAddress};
use crate::crm::contacts::{self, ContactError};
use crate::db::OrgTx;
use crate::db::schema::{audience_members, mappings, sync_standings};
use crate::mailchimp::Member;
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// What the contact's Change Log says.
const WHY: &str = "Address changed at Mailchimp";

/// A member who has another address now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub from: String,
    pub to: String,
    /// As it is written at Mailchimp.
    pub address: String,
}

/// What a read tells of members who are known under another address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    pub moves: Vec<Move>,
    /// Contact ids with addresses they have left: what was told of them there is old.
    left: HashSet<(String, String)>,
}

impl Moves {
    /// Whether what was told is not older than a move.
    pub fn still_holds(&self, told: &Told) -> bool {
        member(told).is_none_or(|member| !self.left.contains(&by_address(member)))
    }
}

/// Finds the members that changed their address. `known`: the rows of the mirror with one of the contact ids. What was told
/// late moves nobody back. Pure.
pub fn moves(told: &[Told], known: &[MirrorMember]) -> Moves {
    let mut found = Moves::default();
    let mut latest: HashMap<&str, &Member> = HashMap::new();
    for member in told.iter().filter_map(member) {
        let before = latest.insert(&member.contact_id, member);
        if let Some(before) = before.filter(|before| key_of(before) != key_of(member)) {
            let (older, newer) = if before.last_changed > member.last_changed {
                (member, before)
            } else {
                (before, member)
            };
            found.left.insert(by_address(older));
            latest.insert(&member.contact_id, newer);
        }
    }
    for row in known {
        let member = latest.get(row.mailchimp_contact_id.as_str());
        let Some(member) = member.filter(|member| key_of(member) != row.address_key) else {
            continue;
        };
        if member.last_changed < row.last_changed {
            found.left.insert(by_address(member));
        } else {
            found.moves.push(Move {
                from: row.address_key.clone(),
                to: key_of(member),
                address: member.email_address.trim().to_owned(),
            });
        }
    }
    // Whoever leaves an address goes before whoever comes to it. Two who swapped theirs are not followed.
    let mut waiting = std::mem::take(&mut found.moves);
    let is_free = |one: &Move, all: &[Move]| all.iter().all(|other| other.from != one.to);
    while let Some(next) = waiting.iter().position(|one| is_free(one, &waiting)) {
        found.moves.push(waiting.remove(next));
    }
    found
}

fn by_address(member: &Member) -> (String, String) {
    (member.contact_id.clone(), key_of(member))
}

/// A member who can be known again: erased people and contacts without an address cannot.
fn member(told: &Told) -> Option<&Member> {
    match told {
        Told::Member(member) if !member.contact_id.is_empty() && !key_of(member).is_empty() => Some(member),
        _ => None,
    }
}

/// Follows whoever has moved. Returns what of the telling still holds.
pub(super) fn follow(tx: &mut OrgTx<'_>, audience: &str, told: &[Told]) -> QueryResult<Vec<Told>> {
    let ids = told.iter().filter_map(member).map(|member| member.contact_id.as_str());
    let known: Vec<MirrorMember> = audience_members::table
        .filter(audience_members::organization_id.eq(tx.organization().0))
        .filter(audience_members::audience_id.eq(audience))
        .filter(audience_members::mailchimp_contact_id.eq_any(ids))
        .select(MirrorMember::as_select())
        .load(&mut **tx)?;
    let found = moves(told, &known);
    for moved in &found.moves {
        move_member(tx, audience, moved)?;
        for contact in move_standings(tx, audience, moved)? {
            move_email(tx, contact, moved)?;
        }
        // Nobody waits for staff under the former address any more.
        super::mark_due(tx, audience, std::slice::from_ref(&moved.from), false)?;
    }
    Ok(told.iter().filter(|told| found.still_holds(told)).cloned().collect())
}

/// A member that the mirror had under the new address was somebody else, who is there no more.
fn move_member(tx: &mut OrgTx<'_>, audience: &str, moved: &Move) -> QueryResult<usize> {
    let organization = tx.organization().0;
    diesel::delete(audience_members::table.find((organization, audience, &moved.to))).execute(&mut **tx)?;
    diesel::update(audience_members::table.find((organization, audience, &moved.from)))
        .set(audience_members::address_key.eq(&moved.to))
        .execute(&mut **tx)
}

/// Everybody who was followed by the former address is followed by the new one: who shared it goes on sharing it.
fn move_standings(tx: &mut OrgTx<'_>, audience: &str, moved: &Move) -> QueryResult<Vec<ContactId>> {
    let of_audience = mappings::table
        .filter(mappings::organization_id.eq(tx.organization()))
        .filter(mappings::audience_id.eq(audience))
        .select(mappings::id);
    diesel::update(sync_standings::table)
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq_any(of_audience))
        .filter(sync_standings::address_key.eq(&moved.from))
        .set(sync_standings::address_key.eq(&moved.to))
        .returning(sync_standings::contact_id)
        .get_results(&mut **tx)
}

/// An address that we cannot write down stays Mailchimp's alone; the contact's page says so.
fn move_email(tx: &mut OrgTx<'_>, contact: ContactId, moved: &Move) -> QueryResult<()> {
    let Ok(address) = EmailAddress::parse(&moved.address) else {
        return Ok(());
    };
    match contacts::actions::change_address(tx, contact, &moved.from, &address, WHY) {
        Ok(_) => Ok(()),
        Err(ContactError::Database(error)) => Err(error),
        Err(refused) => {
            tracing::warn!(%refused, "an address that was changed at Mailchimp could not be changed here");
            Ok(())
        }
    }
}
