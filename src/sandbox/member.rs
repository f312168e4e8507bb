//! A member of an audience, kept compact because audiences can have hundreds of thousands, with the whole history of what happened to it and through whom.

use serde::{Deserialize, Serialize};

use super::clock::When;
use super::ids::{self, Hash};
use super::merge::MergeValue;

/// Where a member stands.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Subscribed,
    Unsubscribed,
    Cleaned,
    Pending,
    Transactional,
    Archived,
}

impl Status {
    pub const ALL: [Status; 6] = [
        Status::Subscribed,
        Status::Unsubscribed,
        Status::Cleaned,
        Status::Pending,
        Status::Transactional,
        Status::Archived,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Status::Subscribed => "subscribed",
            Status::Unsubscribed => "unsubscribed",
            Status::Cleaned => "cleaned",
            Status::Pending => "pending",
            Status::Transactional => "transactional",
            Status::Archived => "archived",
        }
    }

    pub fn named(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Who did something.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// The person, by a form or a link in a mail.
    Contact,
    /// A user of the account, in Mailchimp's own pages.
    Admin,
    /// A program with a token.
    Api,
    /// Mailchimp itself, for example after a bounce.
    Mailchimp,
}

impl Actor {
    pub fn name(self) -> &'static str {
        match self {
            Actor::Contact => "contact",
            Actor::Admin => "admin",
            Actor::Api => "api",
            Actor::Mailchimp => "mailchimp",
        }
    }
}

/// Why a member may not be mailed; it outlives archiving, and only the person can lift an opt-out of their own.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum OptOut {
    #[default]
    None,
    ByApi,
    ByAdmin,
    ByContact,
    /// The person reported a mail as spam.
    Complaint,
    /// Mail to the address bounced.
    Bounced,
    /// Mailchimp's compliance review.
    Review,
}

impl OptOut {
    /// Whether only the person (or Mailchimp) can lift it: the compliance state.
    pub fn binds_the_api(self) -> bool {
        matches!(
            self,
            OptOut::ByContact | OptOut::Complaint | OptOut::Bounced | OptOut::Review
        )
    }

    pub fn is_the_persons_own(self) -> bool {
        matches!(self, OptOut::ByContact | OptOut::Complaint)
    }

    pub fn name(self) -> &'static str {
        match self {
            OptOut::None => "none",
            OptOut::ByApi => "by_api",
            OptOut::ByAdmin => "by_admin",
            OptOut::ByContact => "by_contact",
            OptOut::Complaint => "complaint",
            OptOut::Bounced => "bounced",
            OptOut::Review => "review",
        }
    }
}

/// One thing that happened to a member.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Change {
    pub at: When,
    pub actor: Actor,
    pub what: What,
    /// The status afterwards.
    pub status: Status,
    /// The opt-out that stood when it happened.
    pub against: OptOut,
    /// The number of the token of an API call.
    pub token: u16,
    /// The former address of an address change.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<Box<str>>,
}

#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Joined,
    Revived,
    StatusSet,
    Confirmed,
    ProfileChanged,
    AddressChanged,
    Archived,
    Complained,
    Bounced,
    /// A call would have subscribed the member and was refused.
    SubscribeRefused,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Member {
    pub email: Box<str>,
    #[serde(with = "ids::as_hex")]
    pub contact_id: [u8; 16],
    pub web_id: u32,
    pub status: Status,
    pub opt_out: OptOut,
    pub html: bool,
    pub vip: bool,
    pub rating: u8,
    pub source: Source,
    /// Merge field id and value; absent ones are unset.
    pub merges: Box<[(u16, MergeValue)]>,
    /// Numbers of the interests chosen.
    pub interests: Box<[u32]>,
    /// Tag number and since when.
    pub tags: Box<[(u32, When)]>,
    pub signed_up_at: When,
    pub opted_in_at: When,
    pub last_changed: When,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rare: Option<Box<Rare>>,
    pub history: Vec<Change>,
}

/// What few members have.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Rare {
    pub unsubscribe_reason: String,
    pub ip_signup: String,
    pub ip_opt: String,
    pub language: String,
    pub latitude: f64,
    pub longitude: f64,
    /// Marketing permissions given.
    pub permissions: Vec<String>,
}

/// Where a member came from, as Mailchimp words it.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Api,
    Form,
    Import,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Source::Api => "API - Generic",
            Source::Form => "Hosted Signup Form",
            Source::Import => "Import",
        }
    }
}

impl Member {
    pub fn hash(&self) -> Hash {
        ids::subscriber_hash(&self.email)
    }

    /// The 32 digits of the path.
    pub fn id(&self) -> String {
        hex::encode(self.hash())
    }

    pub fn contact(&self) -> String {
        hex::encode(self.contact_id)
    }

    pub fn merge(&self, merge_id: u16) -> Option<&MergeValue> {
        self.merges
            .iter()
            .find(|(id, _)| *id == merge_id)
            .map(|(_, value)| value)
    }

    pub fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    pub fn unsubscribe_reason(&self) -> &str {
        match self.rare.as_deref() {
            Some(rare) if !rare.unsubscribe_reason.is_empty() => &rare.unsubscribe_reason,
            _ if self.opt_out.is_the_persons_own() => "None given",
            _ => "N/A (Unsubscribed by admin)",
        }
    }
}
