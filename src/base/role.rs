//! What a member of staff may do in an organization.

use serde::{Deserialize, Serialize};

/// The four roles, from the one that may least to the one that may most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Reader,
    Staff,
    Administrator,
    Owner,
}

impl Role {
    /// All of them, as they are offered when somebody is invited.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Administrator, Self::Staff, Self::Reader];

    /// The word the database stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Staff => "staff",
            Self::Administrator => "administrator",
            Self::Owner => "owner",
        }
    }

    /// The word people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Reader => "Reader",
            Self::Staff => "Staff",
            Self::Administrator => "Administrator",
            Self::Owner => "Owner",
        }
    }

    /// What the role may do, in a sentence.
    pub fn may(self) -> &'static str {
        match self {
            Self::Reader => "Sees everything, changes nothing.",
            Self::Staff => "Adds and changes contacts and groups, imports files.",
            Self::Administrator => "As Staff; also connects Mailchimp, changes settings and invites people.",
            Self::Owner => "As Administrator; also makes other people owners and takes the role away again.",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}
