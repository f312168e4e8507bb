//! What we write to staff, in plain text.

use crate::base::EmailAddress;
use crate::mail::Letter;
use askama::Template;

/// "Confirm your address", after signing up or changing it.
#[derive(Template)]
#[template(path = "accounts/letters/verify_email.txt")]
pub struct VerifyEmail<'a> {
    pub name: &'a str,
    pub link: &'a str,
    pub days: i64,
}

/// Somebody signed up with an address that has an account.
#[derive(Template)]
#[template(path = "accounts/letters/already_here.txt")]
pub struct AlreadyHere<'a> {
    pub name: &'a str,
    pub organization: &'a str,
    pub sign_in: &'a str,
    pub reset: &'a str,
}

/// Puts a text into an envelope.
pub fn letter(to: &EmailAddress, subject: impl Into<String>, text: impl Template) -> Letter {
    Letter {
        to: to.clone(),
        subject: subject.into(),
        // The templates hold text only; rendering text cannot fail.
        body: text.render().unwrap_or_default(),
    }
}
