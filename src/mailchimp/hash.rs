//! The name Mailchimp gives a member inside an audience: the md5 of the address, so that no address stands in a URL.

use std::fmt;

use md5::{Digest, Md5};

/// Characters of an md5 written in hexadecimal.
const HASH_CHARS: usize = 32;

/// md5 of the trimmed, lower-cased address, as 32 lower-case hexadecimal characters.
///
/// It changes when the address changes; `contact_id` does not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriberHash(String);

impl SubscriberHash {
    /// The hash Mailchimp files this address under.
    pub fn of(address: &str) -> Self {
        Self(hex::encode(Md5::digest(address.trim().to_lowercase())))
    }

    /// Reads a hash that was stored or received; `None` when it is not 32 hexadecimal characters.
    pub fn parse(text: &str) -> Option<Self> {
        let hexadecimal = text.len() == HASH_CHARS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        hexadecimal.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The 32 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SubscriberHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
