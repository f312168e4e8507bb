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
