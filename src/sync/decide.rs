//! The one pure function that decides every step of the sync: what our records want × what Mailchimp shows × what both
//! sides last agreed on × the mapping's policy → what changes here, what to ask of Mailchimp, and what staff are told.
//! No clock, no database, no network. Preview, run, "why?" and the property tests all use it.

use crate::mailchimp::Status;

/// What our records say about a contact and a mapped group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub place: Place,
    /// Why the contact may not be mailed, although in the group.
    pub barrier: Option<Barrier>,
    /// Another contact of the group owns the same address, so it stays at Mailchimp when this one leaves or dies.
    pub address_stays: bool,
    /// Another contact who is out of the group as well had the address, and theirs is the call that ends the membership.
    pub another_ends_it: bool,
    /// Mailchimp refused exactly this row for good; it waits until it differs.
    pub refused_as_it_is: bool,
    /// Subscribed at Mailchimp by themselves, nobody in the group stands for the address, and this contact is who they are.
    pub arrives: bool,
}

/// Where the contact stands in the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A current member of the group.
    InGroup,
    /// Not in the group (any more).
    OutOfGroup,
    /// Not in a smart group (any more): only its search and staff bring anybody in, never a subscription at Mailchimp.
    OutOfSearch,
    /// The contact is in the trash.
    Deleted,
}

/// Our own reason for not mailing somebody who is in the group; the first that holds is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Barrier {
    DoNotEmail,
    /// "NO BULK EMAILS (User Opt Out)"
    NoBulkEmails,
    Deceased,
    NoEmail,
    /// The address Mailchimp has, or every address there is, is on hold.
    OnHold,
    /// The address Mailchimp has for this contact is none of theirs any more.
    AddressChanged,
    /// Another contact of the group owns the address.
    SharesAddress,
}

/// What Mailchimp last told us about the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Never heard of.
    Absent,
    Member(SeenMember),
}

/// A member as the mirror holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenMember {
    pub status: MemberStatus,
    /// Mailchimp said that the address cannot be subscribed (Member In Compliance State).
    pub in_compliance: bool,
    /// The present end (unsubscribed or archived) was our own call.
    pub ended_by_us: bool,
    /// The status they had when we ended it.
    pub status_before_end: Option<Status>,
}

/// Mailchimp's status, and one of ours for somebody who was there and was deleted for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemberStatus {
    Known(Status),
    Forgotten,
    /// Cleaned because of a complaint: counts as an unsubscribe.
    CleanedForAbuse,
}

/// What both sides last agreed on. While somebody is in the group it only ever grows, whatever becomes of the member, so that
/// neither the order nor the number of reads decides who is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreed {
    /// Nothing yet.
    Nothing,
    /// In the group when the mapping was switched on "from now on": not pushed.
    HereBefore,
    /// In the group here and a member there.
    In,
    /// Were together, and are no more: we ended it, or nobody knows who did.
    Out,
    /// Were together until the person left at Mailchimp; come back when the address subscribes again.
    Left,
}

/// What the mapping was told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub removal: Removal,
    /// New members confirm by mail first: the mapping or the audience asks for double opt-in.
    pub double_optin: bool,
}

/// What a removal by staff does at Mailchimp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    Archive,
    Unsubscribe,
    Leave,
}

/// What is to be done, and how the contact stands meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    pub here: Option<Here>,
    pub there: Option<There>,
    pub standing: Standing,
    pub agreed: Agreed,
}

/// A change in our records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    /// The person left at Mailchimp: out of the group, "Removed (by API)".
    Remove,
    /// The person subscribed at Mailchimp: into the group.
    Join,
    /// Staff removed the contact, and the mapping leaves such people as they are: the member brings nobody back.
    LeaveThere,
}

/// A call to Mailchimp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum There {
    Unsubscribe,
    Archive,
    /// Only ever for an address that is not there, or one we archived ourselves, with the status it had then.
    Add(Consent),
}

/// With what status somebody is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Consent {
    Subscribed,
    /// Mailchimp asks the person to confirm.
    Pending,
}

/// How a contact stands with a mapping; for a member of the group always exactly one of the first five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    InSync,
    Waiting(Wait),
    Excluded(Barrier),
    Refused(Refusal),
    HereBefore,
    /// Not in the group.
    Out,
}

/// What we wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wait {
    /// Our call to Mailchimp.
    Call,
    /// The person's click in Mailchimp's confirmation mail.
    Confirmation,
}

/// Why Mailchimp does not have somebody subscribed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    Unsubscribed,
    Cleaned,
    /// Archived there by somebody else.
    Archived,
    /// Deleted for good there.
    Forgotten,
    InCompliance,
    /// Gets only order mails and the like (transactional), or a status we do not know.
    NotMarketing,
    /// Mailchimp refused this row: a fake address, a missing field.
    Row,
}

/// Decides one contact of one mapping.
pub fn decide(wanted: &Wanted, seen: &Seen, agreed: Agreed, policy: Policy) -> Decision {
    match wanted.place {
        Place::InGroup => in_group(wanted, seen, agreed, policy),
        Place::OutOfGroup | Place::OutOfSearch | Place::Deleted => out_of_group(wanted, seen, agreed, policy),
    }
}

fn in_group(wanted: &Wanted, seen: &Seen, agreed: Agreed, policy: Policy) -> Decision {
    if let Seen::Member(member) = seen
        && agreed == Agreed::In
        && member.left_by_themselves()
    {
        return Decision {
            here: Some(Here::Remove),
            there: None,
            standing: Standing::Out,
            agreed: Agreed::Left,
        };
    }
    let agreed = match agreed {
        // Whoever is on both sides is in step, also where we may not mail them: an unsubscribe of theirs is honoured.
        _ if seen.is_active() => Agreed::In,
        // Staff took them back: from now on it is theirs to say whether the contact belongs here.
        Agreed::Left => Agreed::Out,
        agreed => agreed,
    };
    let (there, standing) = match wanted.barrier {
        Some(barrier) => (barred(barrier, wanted, seen), Standing::Excluded(barrier)),
        None => welcome(wanted, seen, agreed, policy),
    };
    Decision {
        here: None,
        there,
        standing,
        agreed,
    }
}

/// In the group, but not to be mailed: an opt-out given here is carried to Mailchimp.
fn barred(barrier: Barrier, wanted: &Wanted, seen: &Seen) -> Option<There> {
    match barrier {
        Barrier::DoNotEmail | Barrier::NoBulkEmails if seen.is_active() => Some(There::Unsubscribe),
        // Mailchimp cannot archive somebody who has not confirmed yet, and mails them nothing.
        Barrier::Deceased | Barrier::OnHold if seen.is_subscribed() && !wanted.address_stays => Some(There::Archive),
        _ => None,
    }
}

/// In the group and to be mailed.
fn welcome(wanted: &Wanted, seen: &Seen, agreed: Agreed, policy: Policy) -> (Option<There>, Standing) {
    let comes_back_as = match seen {
        Seen::Absent => Some(policy.consent()),
        Seen::Member(member) => match member.status {
            MemberStatus::Known(Status::Subscribed) => return (None, Standing::InSync),
            MemberStatus::Known(Status::Pending) => return (None, Standing::Waiting(Wait::Confirmation)),
            _ if member.in_compliance => return (None, Standing::Refused(Refusal::InCompliance)),
            MemberStatus::Known(Status::Archived) => member.comes_back_as(),
            _ => None,
        },
    };
    match (comes_back_as, agreed) {
        (None, _) => (None, Standing::Refused(refusal(seen))),
        (_, Agreed::HereBefore) => (None, Standing::HereBefore),
        // Was a member and is not in the mirror: never added anew without a word from staff.
        (_, Agreed::In) if *seen == Seen::Absent => (None, Standing::Refused(Refusal::Forgotten)),
        _ if wanted.refused_as_it_is => (None, Standing::Refused(Refusal::Row)),
        (Some(consent), _) => (Some(There::Add(consent)), Standing::Waiting(Wait::Call)),
    }
}

/// Why somebody who stands so at Mailchimp is not mailed.
pub fn refusal(seen: &Seen) -> Refusal {
    let Seen::Member(member) = seen else {
        return Refusal::Forgotten;
    };
    match member.status {
        MemberStatus::Known(Status::Unsubscribed) => Refusal::Unsubscribed,
        MemberStatus::Known(Status::Cleaned) | MemberStatus::CleanedForAbuse => Refusal::Cleaned,
        MemberStatus::Known(Status::Archived) => Refusal::Archived,
        MemberStatus::Forgotten => Refusal::Forgotten,
        MemberStatus::Known(_) => Refusal::NotMarketing,
    }
}

fn out_of_group(wanted: &Wanted, seen: &Seen, agreed: Agreed, policy: Policy) -> Decision {
    let settle = |here, there, agreed| Decision {
        here,
        there,
        standing: Standing::Out,
        agreed,
    };
    if *seen == Seen::Absent {
        return settle(None, None, Agreed::Nothing);
    }
    // Nobody is removed twice; somebody who has not confirmed cannot be archived, and joins if they confirm.
    let is_subscribed = seen.is_subscribed();
    let apart = if agreed == Agreed::Left {
        Agreed::Left
    } else {
        Agreed::Out
    };
    match agreed {
        _ if wanted.may_join() && is_subscribed => settle(Some(Here::Join), None, Agreed::In),
        // Never together: strangers stay strangers.
        Agreed::Nothing => settle(None, None, Agreed::Nothing),
        _ if !is_subscribed || wanted.address_stays => settle(None, None, apart),
        // Stands for the member until that is carried out, so that the member brings nobody in meanwhile.
        Agreed::In if wanted.another_ends_it => settle(None, None, Agreed::In),
        _ if wanted.another_ends_it => settle(None, None, apart),
        // Even where the mapping leaves removed people alone: nobody who opted out is mailed again.
        _ if wanted.opted_out_here() => settle(None, Some(There::Unsubscribe), agreed),
        Agreed::In => match policy.removal_of(wanted.place) {
            Some(call) => settle(None, Some(call), Agreed::In),
            None => settle(Some(Here::LeaveThere), None, Agreed::Out),
        },
        Agreed::Out | Agreed::HereBefore | Agreed::Left => settle(None, None, apart),
    }
}

impl Wanted {
    fn may_join(&self) -> bool {
        self.arrives && self.place == Place::OutOfGroup && !self.address_stays
    }

    /// Do Not Email or NO BULK EMAILS: the person's own word, given here.
    pub fn opted_out_here(&self) -> bool {
        matches!(self.barrier, Some(Barrier::DoNotEmail | Barrier::NoBulkEmails))
    }
}

impl Seen {
    /// Is or may become mailed: subscribed or waiting for confirmation.
    fn is_active(&self) -> bool {
        matches!(
            self,
            Self::Member(SeenMember {
                status: MemberStatus::Known(Status::Subscribed | Status::Pending),
                ..
            })
        )
    }

    fn is_subscribed(&self) -> bool {
        matches!(
            self,
            Self::Member(SeenMember {
                status: MemberStatus::Known(Status::Subscribed),
                ..
            })
        )
    }
}

impl MemberStatus {
    /// Says that the person wants no mail; nothing sent here may overrule it.
    pub fn is_opt_out(self) -> bool {
        matches!(
            self,
            Self::Known(Status::Unsubscribed) | Self::Forgotten | Self::CleanedForAbuse
        )
    }
}

impl SeenMember {
    /// The person (or somebody at Mailchimp for them) ended it, not one of our calls.
    fn left_by_themselves(&self) -> bool {
        match self.status {
            MemberStatus::Known(Status::Unsubscribed) => !self.ended_by_us,
            MemberStatus::CleanedForAbuse => true,
            _ => false,
        }
    }

    /// With what consent a member that we archived may come back: what they had then, never more.
    pub fn comes_back_as(&self) -> Option<Consent> {
        match (self.ended_by_us, self.status_before_end) {
            (true, Some(Status::Subscribed)) => Some(Consent::Subscribed),
            (true, Some(Status::Pending)) => Some(Consent::Pending),
            _ => None,
        }
    }
}

impl Policy {
    fn consent(self) -> Consent {
        if self.double_optin {
            Consent::Pending
        } else {
            Consent::Subscribed
        }
    }

    /// Staff removal archives, unless the mapping chose otherwise; a deleted contact is always archived.
    fn removal_of(self, place: Place) -> Option<There> {
        match (place, self.removal) {
            (Place::Deleted, _) | (_, Removal::Archive) => Some(There::Archive),
            (_, Removal::Unsubscribe) => Some(There::Unsubscribe),
            (_, Removal::Leave) => None,
        }
    }
}

impl There {
    /// The word the database stores.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Unsubscribe => "unsubscribe",
            Self::Archive => "archive",
            Self::Add(_) => "add",
        }
    }

    /// Opt-outs first, then removals, then additions.
    pub fn rank(self) -> u8 {
        match self {
            Self::Unsubscribe => 0,
            Self::Archive => 1,
            Self::Add(_) => 2,
        }
    }
}
