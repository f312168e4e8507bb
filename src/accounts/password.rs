//! Passwords: which are accepted, and how they are kept. Hashing is slow on purpose, so it runs beside the requests and
//! only a few at a time.

use crate::web::Field;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// The shortest password accepted, in characters.
pub const LENGTH_MIN: usize = 10;
/// The longest password accepted, in characters: hashing longer ones would only cost time.
const LENGTH_MAX: usize = 200;
/// What must be left of a password once its owner's name is taken out of it, in characters.
const BESIDE_NAME_MIN: usize = 6;
/// A password of fewer different characters is "aaaaaaaaaa" or the like.
const DIFFERENT_CHARACTERS_MIN: usize = 5;
/// Hashes computed at once: each takes a core and 19 MiB for a while, and a flood of sign-ins must not take all of them.
const HASHES_AT_ONCE: usize = 4;

/// Beginnings that whoever guesses tries first.
const TRIVIAL: [&str; 6] = [
    "password",
    "motdepasse",
    "1234567890",
    "qwertyuiop",
    "azertyuiop",
    "iloveyou",
];

static PLACES: Semaphore = Semaphore::const_new(HASHES_AT_ONCE);

/// Stands in for the hash of somebody who does not exist, so that the answer takes as long.
static NOBODYS_HASH: LazyLock<Option<String>> = LazyLock::new(|| hash_now("nobody has this password").ok());

/// Whether a new password is good enough for somebody called `name` with this `email`; else a sentence for the form.
pub fn accept(password: &SecretString, name: &str, email: &str) -> Result<(), &'static str> {
    let password = password.expose_secret();
    if password.chars().count() < LENGTH_MIN {
        return Err("Choose a password of at least 10 characters. Four words in a row are easy to remember.");
    }
    if password.chars().count() > LENGTH_MAX {
        return Err("Choose a shorter password, of at most 200 characters.");
    }
    let folded = letters_and_digits(password);
    let mailbox = email.split('@').next().unwrap_or_default();
    let is_own_name = [email, mailbox, name]
        .into_iter()
        .map(letters_and_digits)
        .any(|own| own.len() > 2 && folded.replace(&own, "").len() < BESIDE_NAME_MIN);
    if is_own_name {
        return Err("Choose a password that is not your name or email address: others would try that first.");
    }
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < DIFFERENT_CHARACTERS_MIN || TRIVIAL.iter().any(|trivial| folded.starts_with(trivial)) {
        return Err("Choose a password that is harder to guess. Four words in a row are easy to remember.");
    }
    Ok(())
}

/// The field of a form for a new password, with the verdict on what was typed. It is never shown again.
pub fn field(verdict: Result<(), &'static str>) -> Field {
    Field {
        value: String::new(),
        error: verdict.err().map(Into::into),
    }
}

fn letters_and_digits(text: &str) -> String {
    crate::base::fold(text)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// The argon2id hash to keep, with its own salt.
pub async fn hash(password: &SecretString) -> anyhow::Result<String> {
    let password = password.clone();
    beside(move || hash_now(password.expose_secret())).await?
}

/// Whether the password is the one that was hashed. Takes as long when there is no hash.
pub async fn is_right(password: &SecretString, hash: Option<String>) -> anyhow::Result<bool> {
    let password = password.clone();
    beside(move || {
        let Some(kept) = hash.as_ref().or(NOBODYS_HASH.as_ref()) else {
            return false;
        };
        let matches = PasswordHash::new(kept).is_ok_and(|kept| {
            Argon2::default()
                .verify_password(password.expose_secret().as_bytes(), &kept)
                .is_ok()
        });
        matches && hash.is_some()
    })
    .await
}

fn hash_now(password: &str) -> anyhow::Result<String> {
    match Argon2::default().hash_password(password.as_bytes()) {
        Ok(hash) => Ok(hash.to_string()),
        Err(error) => anyhow::bail!("a password could not be hashed: {error}"),
    }
}

/// Runs on a thread that may take its time.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    let _place = PLACES.acquire().await?;
    Ok(tokio::task::spawn_blocking(work).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(password: &str) -> Result<(), &'static str> {
        accept(&SecretString::from(password), "Ada Lem", "ada.lem@riverside.test")
    }

    #[test]
    fn a_password_is_long_and_not_the_persons_name() {
        assert!(verdict("a warm loaf").is_ok());
        assert!(verdict("Léger-Ouellet 88").is_ok());
        for trivial in [
            "short one",
            "Ada Lem Ada Lem",
            "ada.lem@riverside.test",
            "adalem12345",
            "ADA.LEM.1",
            "aaaaaaaaaaaa",
            "password1234",
            "Pass-Word 2026",
        ] {
            assert!(verdict(trivial).is_err(), "{trivial}");
        }
        assert!(verdict(&"long ".repeat(41)).is_err());
    }

    #[tokio::test]
    async fn only_the_right_password_is_right() {
        let password = SecretString::from("a warm loaf");
        let kept = hash(&password).await.unwrap();
        assert!(kept.starts_with("$argon2id$"));
        assert!(is_right(&password, Some(kept.clone())).await.unwrap());
        assert!(!is_right(&SecretString::from("a cold loaf"), Some(kept)).await.unwrap());
        assert!(
            !is_right(&SecretString::from("nobody has this password"), None)
                .await
                .unwrap()
        );
    }
}
