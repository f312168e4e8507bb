//! Who works where, as pages need it.

use crate::base::{OrganizationId, Role, StaffId};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// A person who signs in.
#[derive(Clone, Debug)]
pub struct StaffMember {
    pub id: StaffId,
    pub name: String,
    pub email: String,
    pub is_verified: bool,
}

/// An organization as its members see it.
#[derive(Clone, Debug)]
pub struct Organization {
    pub id: OrganizationId,
    pub slug: String,
    pub name: String,
    pub time_zone: Tz,
    /// The policy "an unsubscribe also sets NO BULK EMAILS".
    pub unsubscribe_sets_no_bulk_emails: bool,
}

/// One of the organizations a person works for.
#[derive(Clone, Debug)]
pub struct Workplace {
    pub organization: Organization,
    pub role: Role,
}

impl Organization {
    /// A moment in the organization's time zone: "Aug 4, 2020 4:07 PM".
    pub fn local(&self, moment: DateTime<Utc>) -> String {
        moment
            .with_timezone(&self.time_zone)
            .format("%b %-d, %Y %-I:%M %p")
            .to_string()
    }
}

/// The longest name of a person or an organization, in characters.
const NAME_LENGTH_MAX: usize = 150;

/// A name as somebody typed it: one line, not empty. `or_else` is the sentence for an empty one.
pub fn required(typed: &str, or_else: &'static str) -> Result<String, &'static str> {
    let words: Vec<&str> = typed
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let name = words.join(" ");
    match name.chars().count() {
        0 => Err(or_else),
        length if length > NAME_LENGTH_MAX => Err("This is too long. Please use at most 150 characters."),
        _ => Ok(name),
    }
}
