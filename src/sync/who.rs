//! Who is who: a subscriber at Mailchimp is matched with contacts by address, then by name; nobody is guessed. Pure.
//!
//! The answer follows from how things stand, never from the order in which they came to be known:
//!
//! 1. Somebody in the group stands for the address: nobody comes in.
//! 2. Some left the group because this very address unsubscribed: the same come back, all of them.
//! 3. Otherwise one contact comes in: among those who were followed by the address, else among those who have it, the only
//!    one, else the only one whose name is the subscriber's.
//! 4. Several fit alike: staff say who it is. Nobody fits: a new contact.

use super::decide::{Agreed, Place};
use super::mirror::MirrorMember;
use crate::base::{ContactId, fold};
use crate::crm::contacts::Contact;
use crate::mailchimp::Status;

/// A contact that may stand for an address at Mailchimp: it has the address, or is followed by it.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    pub contact: &'a Contact,
    pub place: Place,
    /// Followed by this address, with that agreement.
    pub linked: Option<Agreed>,
}

impl Claim<'_> {
    /// Stands for the member already, or does until our removal is carried out.
    fn stands(&self) -> bool {
        self.place == Place::InGroup || self.linked == Some(Agreed::In)
    }
}

/// Whom a member stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Not subscribed, or left alone: nobody who comes in.
    NoNewcomer,
    /// Somebody in the group stands for the address, or is just being removed.
    Known,
    /// Subscribed by themselves, and are these contacts.
    Arrive(Vec<ContactId>),
    /// Subscribed by themselves, and is nobody we know.
    Stranger,
    /// Several fit, and names do not tell them apart.
    Unclear(Vec<ContactId>),
}

/// Finds out whom a member stands for. Nobody is in the trash: who subscribes again is a new contact.
pub fn who_is(member: &MirrorMember, claims: &[Claim<'_>]) -> Who {
    if !is_new(member) {
        return Who::NoNewcomer;
    }
    if claims.iter().any(Claim::stands) {
        return Who::Known;
    }
    let living = |wanted: &dyn Fn(&Claim<'_>) -> bool| -> Vec<&Claim<'_>> {
        let living = claims.iter().filter(|claim| claim.place != Place::Deleted);
        living.filter(|claim| wanted(claim)).collect()
    };
    let left = living(&|claim| claim.linked == Some(Agreed::Left));
    if !left.is_empty() {
        return Who::Arrive(ids(&left));
    }
    let followed = living(&|claim| claim.linked.is_some());
    let fitting = if followed.is_empty() {
        living(&|_| true)
    } else {
        followed
    };
    let named: Vec<&Claim<'_>> = fitting
        .iter()
        .copied()
        .filter(|claim| is_named_as(claim, member))
        .collect();
    match (fitting.as_slice(), named.as_slice()) {
        ([], _) => Who::Stranger,
        ([only], _) | (_, [only]) => Who::Arrive(vec![only.contact.id]),
        (several, _) => Who::Unclear(ids(several)),
    }
}

fn ids(claims: &[&Claim<'_>]) -> Vec<ContactId> {
    claims.iter().map(|claim| claim.contact.id).collect()
}

/// Subscribed, and nothing says that they bring nobody in.
fn is_new(member: &MirrorMember) -> bool {
    member.status == Status::Subscribed.as_str() && !member.here_before
}

/// Two who have no name do not agree in it.
fn is_named_as(claim: &Claim<'_>, member: &MirrorMember) -> bool {
    let name = |first: &str, last: &str| (fold(first.trim()), fold(last.trim()));
    let theirs = name(&member.first_name, &member.last_name);
    let details = &claim.contact.details;
    theirs != Default::default() && theirs == name(&details.first_name, &details.last_name)
}
