//! An email address: kept as typed, compared in lower case.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest address there is: RFC 5321 allows 254 characters.
const LENGTH_MAX: usize = 254;

/// A syntactically valid email address, trimmed, with the case the person gave it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address as somebody typed it. The error is the sentence shown beside the field.
    pub fn parse(typed: &str) -> Result<Self, &'static str> {
        let trimmed = typed.trim();
        if trimmed.is_empty() {
            return Err("Write an email address.");
        }
        let options = email_address::Options::default()
            .with_required_tld()
            .without_display_text()
            .without_domain_literal();
        if trimmed.len() > LENGTH_MAX
            || trimmed.contains(char::is_whitespace)
            || email_address::EmailAddress::parse_with_options(trimmed, options).is_err()
        {
            return Err("This is not an email address. It should look like name@example.ca.");
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// As the person gave it.
    pub fn as_typed(&self) -> &str {
        &self.0
    }

    /// What addresses are compared and hashed by: lower case.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
