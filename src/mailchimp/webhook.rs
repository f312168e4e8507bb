//! What Mailchimp sends to a webhook: a form with bracketed keys. It is a hint, untrusted and maybe late, double or out
//! of order; the member as the API shows it is the truth.

use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use url::form_urlencoded;

use super::audiences::AudienceId;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "X-Mailchimp-Signature";

/// How far a signature's time may be from ours, either way.
const SIGNATURE_AGE_MAX: TimeDelta = TimeDelta::seconds(300);

/// What happened, as far as the form tells.
#[derive(Clone, PartialEq, Eq)]
pub enum HintKind {
    /// Somebody subscribed, or confirmed.
    Subscribe,
    /// Somebody is no longer subscribed.
    Unsubscribe {
        /// `unsub` or `delete`; has been missing in reality.
        action: Option<String>,
        /// `manual` or `abuse`.
        reason: Option<String>,
        /// The campaign whose link they used.
        campaign: Option<String>,
    },
    /// Name or fields changed; also comes with a subscribe, and before or with a change of address.
    Profile,
    /// The address was taken out of use.
    Cleaned {
        /// `hard` or `abuse`.
        reason: Option<String>,
        /// The campaign that bounced.
        campaign: Option<String>,
    },
    /// The address changed.
    UpEmail {
        /// Before.
        old: Option<String>,
        /// After.
        new: Option<String>,
    },
    /// A campaign was sent or cancelled.
    Campaign,
    /// A type we do not know, or none (empty).
    Unknown(String),
}

/// A delivery.
#[derive(Clone, PartialEq, Eq)]
pub struct Hint {
    /// What happened.
    pub kind: HintKind,
    /// When it was sent.
    pub fired_at: Option<DateTime<Utc>>,
    /// In which audience.
    pub audience: Option<AudienceId>,
    /// Whose address; the new one after a change.
    pub address: Option<String>,
}

impl Hint {
    /// Reads a form body. Never fails: what is missing or odd is left out.
    pub fn parse(body: &[u8]) -> Self {
        let mut form: HashMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
        let mut take = |key: &str| {
            form.remove(key)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let fired_at = take("fired_at").as_deref().and_then(utc_time);
        let audience = take("data[list_id]").as_deref().and_then(AudienceId::parse);
        let email = take("data[email]");
        let kind = match take("type").unwrap_or_default().as_str() {
            "subscribe" => HintKind::Subscribe,
            "unsubscribe" => HintKind::Unsubscribe {
                action: take("data[action]"),
                reason: take("data[reason]"),
                campaign: take("data[campaign_id]"),
            },
            "profile" => HintKind::Profile,
            "cleaned" => HintKind::Cleaned {
                reason: take("data[reason]"),
                campaign: take("data[campaign_id]"),
            },
            "upemail" => HintKind::UpEmail {
                old: take("data[old_email]"),
                new: take("data[new_email]"),
            },
            "campaign" => HintKind::Campaign,
            other => HintKind::Unknown(other.to_owned()),
        };
        let address = if let HintKind::UpEmail { new, .. } = &kind {
            new.clone()
        } else {
            email
        };
        Self {
            kind,
            fired_at,
            audience,
            address,
        }
    }
}

/// Without addresses, so that no log learns them.
impl fmt::Debug for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hint({:?}, {:?}, {:?})", self.kind, self.fired_at, self.audience)
    }
}

impl fmt::Debug for HintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subscribe => "subscribe",
            Self::Unsubscribe { .. } => "unsubscribe",
            Self::Profile => "profile",
            Self::Cleaned { .. } => "cleaned",
            Self::UpEmail { .. } => "upemail",
            Self::Campaign => "campaign",
            Self::Unknown(_) => "unknown",
        })
    }
}

/// `2026-03-26 21:40:57`, in UTC.
fn utc_time(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
        .ok()
        .map(|time| time.and_utc())
}

/// Why a delivery's signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is none, or it is not of the form `t=…,v1=…`.
    #[error("no readable signature")]
    Missing,
    /// Made too long ago, or in the future: perhaps an old delivery sent again by somebody else.
    #[error("the signature is too old or too new")]
    Stale,
    /// Made with another secret or for another body.
    #[error("the signature does not match")]
    Wrong,
}

/// Checks the signature of a raw body against the secret told when the webhook was made.
///
/// `header` is the value of [`SIGNATURE_HEADER`]: `t=<unix seconds>,v1=<HMAC-SHA256 of "{t}.{body}" in hexadecimal>`.
pub fn verify_signature(
    secret: &SecretString,
    header: Option<&str>,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), SignatureError> {
    let parts = header
        .unwrap_or_default()
        .split(',')
        .filter_map(|part| part.trim().split_once('='));
    let parts: HashMap<&str, &str> = parts.collect();
    let (Some(time), Some(signature)) = (parts.get("t"), parts.get("v1")) else {
        return Err(SignatureError::Missing);
    };
    let signature = hex::decode(signature).map_err(|_| SignatureError::Missing)?;
    let signed_at = time
        .parse()
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let signed_at = signed_at.ok_or(SignatureError::Missing)?;
    if (now - signed_at).abs() > SIGNATURE_AGE_MAX {
        return Err(SignatureError::Stale);
    }
    let key = secret.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| SignatureError::Wrong)?;
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.verify_slice(&signature).map_err(|_| SignatureError::Wrong)
}
