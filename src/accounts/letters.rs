//! What we write to staff, in plain text. Letters that anybody can have sent to anybody hold no word of theirs.

use crate::base::EmailAddress;
use crate::mail::Letter;
use askama::Template;

/// "Confirm your address", after signing up or changing it.
#[derive(Template)]
#[template(path = "accounts/letters/verify_email.txt")]
pub struct VerifyEmail<'a> {
    pub link: &'a str,
    pub days: i64,
}

/// Somebody signed up with an address that has an account.
#[derive(Template)]
#[template(path = "accounts/letters/already_here.txt")]
pub struct AlreadyHere<'a> {
    pub name: &'a str,
    pub sign_in: &'a str,
    pub reset: &'a str,
}

/// "Choose a new password."
#[derive(Template)]
#[template(path = "accounts/letters/reset_password.txt")]
pub struct ResetPassword<'a> {
    pub name: &'a str,
    pub link: &'a str,
    pub minutes: i64,
}

/// The password was changed; to notice when it was somebody else.
#[derive(Template)]
#[template(path = "accounts/letters/password_changed.txt")]
pub struct PasswordChanged<'a> {
    pub name: &'a str,
}

/// The address was changed; goes to the former one.
#[derive(Template)]
#[template(path = "accounts/letters/email_changed.txt")]
pub struct EmailChanged<'a> {
    pub name: &'a str,
}

/// Another account wanted to take this address.
#[derive(Template)]
#[template(path = "accounts/letters/address_in_use.txt")]
pub struct AddressInUse<'a> {
    pub name: &'a str,
}

/// "Come and work with us."
#[derive(Template)]
#[template(path = "accounts/letters/invitation.txt")]
pub struct Invitation<'a> {
    pub inviter: &'a str,
    pub organization: &'a str,
    pub role: &'a str,
    pub may: &'a str,
    pub link: &'a str,
    pub days: i64,
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
