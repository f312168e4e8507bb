//! The mirror: what Mailchimp last told us about every member of a mapped audience. The member as Mailchimp shows it is the
//! truth; reading it twice, late or in another order leads to the same mirror. `told` says what a read changes, `store` keeps
//! it.

mod moved;
mod store;
mod told;

pub use moved::{Move, Moves, moves};
pub use store::{leave_alone, mark_due, members, note_complaint, put, take_in};
pub use told::{Changed, Told, absorb, changes, key_of};

use super::decide::{MemberStatus, Seen, SeenMember, There};
use crate::db::schema::audience_members;
use crate::mailchimp::Status;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// A member as the mirror holds it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = audience_members, treat_none_as_null = true)]
pub struct MirrorMember {
    pub audience_id: String,
    pub address_key: String,
    pub address: String,
    pub status: String,
    pub mailchimp_contact_id: String,
    pub first_name: String,
    pub last_name: String,
    pub language: String,
    pub unsubscribe_reason: String,
    pub unsubscribe_campaign: String,
    pub last_changed: Option<DateTime<Utc>>,
    pub in_compliance: bool,
    pub ended_by_us: bool,
    pub status_before_end: Option<String>,
    /// Brings nobody into the group as long as the status stays: was there before the mapping was switched on "from now on",
    /// belongs to somebody who is followed by another address, or was left there when staff removed the contact here.
    pub here_before: bool,
    pub read_at: DateTime<Utc>,
}

impl MirrorMember {
    /// The status the decision works with.
    pub fn member_status(&self) -> MemberStatus {
        status_of(&self.status)
    }

    /// What the decision sees of this member.
    pub fn seen(&self) -> SeenMember {
        SeenMember {
            status: self.member_status(),
            in_compliance: self.in_compliance,
            ended_by_us: self.ended_by_us,
            status_before_end: self.status_before_end.as_deref().map(Status::parse),
        }
    }

    /// Of an address we know nothing of but what a refusal tells.
    pub fn unknown(audience: &str, address_key: &str, now: DateTime<Utc>) -> Self {
        Self {
            audience_id: audience.to_owned(),
            address_key: address_key.to_owned(),
            address: address_key.to_owned(),
            status: Status::Unsubscribed.as_str().into(),
            mailchimp_contact_id: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            language: String::new(),
            unsubscribe_reason: String::new(),
            unsubscribe_campaign: String::new(),
            last_changed: None,
            in_compliance: false,
            ended_by_us: false,
            status_before_end: None,
            here_before: false,
            read_at: now,
        }
    }

    /// The member after our unsubscribe or archive was carried out: it was ours, and what they were before is kept.
    #[must_use]
    pub fn ended(self, how: There, now: DateTime<Utc>) -> Self {
        let status = match how {
            There::Archive => Status::Archived,
            _ => Status::Unsubscribed,
        };
        let already = self.ended_by_us && self.member_status() == MemberStatus::Known(status);
        Self {
            status: status.as_str().into(),
            ended_by_us: true,
            status_before_end: if already {
                self.status_before_end
            } else {
                Some(self.status)
            },
            here_before: false,
            read_at: now,
            ..self
        }
    }

    /// Unsubscribed.
    pub(super) fn is_unsubscribed(&self) -> bool {
        self.member_status() == MemberStatus::Known(Status::Unsubscribed)
    }

    /// Gets mail or may soon.
    pub fn is_active(&self) -> bool {
        matches!(
            self.member_status(),
            MemberStatus::Known(Status::Subscribed | Status::Pending)
        )
    }

    /// The same apart from when it was read.
    pub(super) fn tells_the_same(&self, other: &Self) -> bool {
        Self {
            read_at: other.read_at,
            ..self.clone()
        } == *other
    }
}

/// Reads the stored word for a status.
pub fn status_of(word: &str) -> MemberStatus {
    match word {
        "forgotten" => MemberStatus::Forgotten,
        "cleaned_for_abuse" => MemberStatus::CleanedForAbuse,
        known => MemberStatus::Known(Status::parse(known)),
    }
}

/// The word stored for a status.
pub fn status_word(status: MemberStatus) -> &'static str {
    match status {
        MemberStatus::Forgotten => "forgotten",
        MemberStatus::CleanedForAbuse => "cleaned_for_abuse",
        MemberStatus::Known(known) => known.as_str(),
    }
}

/// The status as staff read it.
pub fn status_in_words(status: MemberStatus) -> &'static str {
    match status {
        MemberStatus::Known(Status::Subscribed) => "Subscribed",
        MemberStatus::Known(Status::Unsubscribed) => "Unsubscribed",
        MemberStatus::Known(Status::Cleaned) => "Cleaned: mail to the address bounced",
        MemberStatus::Known(Status::Pending) => "Asked to confirm, and has not yet",
        MemberStatus::Known(Status::Transactional) => "Gets order mails and the like, no newsletters",
        MemberStatus::Known(Status::Archived) => "Archived",
        MemberStatus::Known(Status::Other) => "In a state we do not know",
        MemberStatus::Forgotten => "Deleted for good",
        MemberStatus::CleanedForAbuse => "Cleaned: reported as spam",
    }
}

/// What the decision sees of an address.
pub fn seen(member: Option<&MirrorMember>) -> Seen {
    member.map_or(Seen::Absent, |member| Seen::Member(member.seen()))
}
