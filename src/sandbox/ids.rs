//! Ids as Mailchimp makes them: seeded, so that a rehearsal can be repeated exactly, and derived from the address where Mailchimp derives them.

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

/// The md5 of a lower-cased address: Mailchimp's `id` of a member, called subscriber hash in paths.
pub type Hash = [u8; 16];

/// Draws ids one after the other; the same seed draws the same ids.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Ids {
    seed: u64,
    drawn: u64,
}

impl Ids {
    pub fn new(seed: u64) -> Ids {
        Ids { seed, drawn: 0 }
    }

    /// Sixteen bytes nobody drew before.
    pub fn bytes(&mut self) -> [u8; 16] {
        self.drawn += 1;
        let mut hasher = Md5::new();
        hasher.update(self.seed.to_le_bytes());
        hasher.update(self.drawn.to_le_bytes());
        hasher.finalize().into()
    }

    /// Lower-case hexadecimal of this many digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::new();
        while text.len() < digits {
            text.push_str(&hex::encode(self.bytes()));
        }
        text.truncate(digits);
        text
    }

    /// A number from 0 up to, not including, `below`.
    pub fn below(&mut self, below: u32) -> u32 {
        let [a, b, c, d, ..] = self.bytes();
        u32::from_le_bytes([a, b, c, d]) % below.max(1)
    }

    /// True with this probability (0 never, 1 always).
    pub fn chance(&mut self, probability: f64) -> bool {
        probability > 0.0 && f64::from(self.below(1_000_000)) < probability * 1_000_000.0
    }
}

/// The subscriber hash of an address, whatever its case.
pub fn subscriber_hash(email: &str) -> Hash {
    Md5::digest(email.trim().to_lowercase().as_bytes()).into()
}

/// Ten digits that name the address in every audience; webhooks call it `data[id]`.
pub fn unique_email_id(email: &str) -> String {
    let mut hasher = Md5::new();
    hasher.update(b"unique email id of ");
    hasher.update(email.trim().to_lowercase().as_bytes());
    let mut text = hex::encode(hasher.finalize());
    text.truncate(10);
    text
}

/// Serialises sixteen bytes as hexadecimal.
pub mod as_hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8; 16], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 16], D::Error> {
        let text = String::deserialize(from)?;
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map_err(D::Error::custom)?;
        Ok(bytes)
    }
}
