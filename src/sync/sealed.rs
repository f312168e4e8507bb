//! Mailchimp tokens at rest: sealed with the organization as associated data, so that a row copied to another organization
//! does not open. A key id leads, so that keys can be rotated.

use crate::base::OrganizationId;
use chacha20poly1305::aead::{Aead, Generate, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256, Sha512};

/// The only key there is so far.
const KEY_ID: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Seals and opens, with keys derived from the installation's secret.
#[derive(Clone)]
pub struct Seal {
    cipher: XChaCha20Poly1305,
    webhook_key: [u8; 64],
}

impl Seal {
    /// Derives the keys from `SECRET_KEY`.
    pub fn from_secret(secret: &SecretString) -> Self {
        let secret = secret.expose_secret().as_bytes();
        let token_key: [u8; 32] = Sha256::new()
            .chain_update(b"dms mailchimp tokens")
            .chain_update(secret)
            .finalize()
            .into();
        let webhook_key = Sha512::new()
            .chain_update(b"dms webhook paths")
            .chain_update(secret)
            .finalize()
            .into();
        Self {
            cipher: XChaCha20Poly1305::new(&token_key.into()),
            webhook_key,
        }
    }

    /// Seals a secret for one organization.
    pub fn seal(&self, organization: OrganizationId, secret: &SecretString) -> anyhow::Result<Vec<u8>> {
        let nonce = XNonce::generate();
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: &organization.0.to_be_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(&nonce, payload)
            .map_err(|_| anyhow::anyhow!("a secret could not be sealed"))?;
        Ok([&[KEY_ID], nonce.as_slice(), sealed.as_slice()].concat())
    }

    /// Opens what was sealed for the same organization.
    pub fn open(&self, organization: OrganizationId, sealed: &[u8]) -> anyhow::Result<SecretString> {
        let unreadable = || anyhow::anyhow!("a sealed secret does not open: SECRET_KEY changed, or the row was moved");
        let (key_id, rest) = sealed.split_first().ok_or_else(unreadable)?;
        let (nonce, message) = rest
            .split_at_checked(NONCE_BYTES)
            .filter(|_| *key_id == KEY_ID)
            .ok_or_else(unreadable)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| unreadable())?;
        let payload = Payload {
            msg: message,
            aad: &organization.0.to_be_bytes(),
        };
        let opened = self.cipher.decrypt(&nonce, payload).map_err(|_| unreadable())?;
        Ok(String::from_utf8(opened).map_err(|_| unreadable())?.into())
    }

    /// The secret part of the path Mailchimp's webhooks of one audience knock at: 256 bits that only we can make.
    pub fn webhook_secret(&self, organization: OrganizationId, audience: &str) -> String {
        let mut mac = Hmac::<Sha256>::new(&self.webhook_key.into());
        mac.update(&organization.0.to_be_bytes());
        mac.update(audience.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }
}
