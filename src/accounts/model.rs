//! Who works where, as pages need it.

use crate::base::{OrganizationId, Role, StaffId};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use std::borrow::Borrow;

/// The longest name of a person or an organization, in characters.
const NAME_LENGTH_MAX: usize = 150;

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
    /// The month in which the fiscal year begins, 1 to 12.
    pub fiscal_year_month: u32,
    /// The policy "an unsubscribe also sets NO BULK EMAILS".
    pub unsubscribe_sets_no_bulk_emails: bool,
}

/// One of the organizations a person works for.
#[derive(Clone, Debug)]
pub struct Workplace {
    pub organization: Organization,
    pub role: Role,
}

/// Somebody who works for the organization.
#[derive(Clone, Debug)]
pub struct Colleague {
    pub id: StaffId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub receives_alerts: bool,
    pub is_verified: bool,
    pub since: DateTime<Utc>,
}

/// An invitation that was not accepted yet.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub email: String,
    pub role: Role,
    pub invited_by: String,
    pub expires_at: DateTime<Utc>,
}

/// A browser somebody is signed in with.
#[derive(Clone, Debug)]
pub struct SignedInBrowser {
    pub name: String,
    pub since: DateTime<Utc>,
    pub used_on: NaiveDate,
    pub is_this: bool,
}

impl Organization {
    /// A moment in the organization's time zone: "Aug 4, 2020 4:07 PM".
    pub fn local(&self, moment: impl Borrow<DateTime<Utc>>) -> String {
        moment
            .borrow()
            .with_timezone(&self.time_zone)
            .format("%b %-d, %Y %-I:%M %p")
            .to_string()
    }

    /// The day of a moment in the organization's time zone.
    pub fn day(&self, moment: DateTime<Utc>) -> NaiveDate {
        moment.with_timezone(&self.time_zone).date_naive()
    }
}

/// The months of the year.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The name of a month, 1 to 12.
pub fn month_name(month: u32) -> &'static str {
    let at = usize::try_from(month).unwrap_or(0).wrapping_sub(1);
    MONTHS.get(at).copied().unwrap_or_default()
}

/// Whether somebody with the role `by` may give the role `new` to somebody who has `old`, or take `old` away (`new` is
/// `None`): owners are made and unmade by owners only.
pub fn may_change_role(by: Role, old: Option<Role>, new: Option<Role>) -> bool {
    match by {
        Role::Owner => true,
        Role::Administrator => old != Some(Role::Owner) && new != Some(Role::Owner),
        Role::Staff | Role::Reader => false,
    }
}

/// The roles somebody may give away, the one that may least first.
pub fn roles_to_give(by: Role) -> Vec<Role> {
    let mut roles: Vec<Role> = Role::ALL
        .into_iter()
        .filter(|role| may_change_role(by, None, Some(*role)))
        .collect();
    roles.sort_unstable();
    roles
}

/// A name as somebody typed it: one line, single spaces. `when_empty` is the sentence for an empty one.
pub fn required(typed: &str, when_empty: &'static str) -> Result<String, &'static str> {
    let words: Vec<&str> = typed
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let name = words.join(" ");
    match name.chars().count() {
        0 => Err(when_empty),
        length if length > NAME_LENGTH_MAX => Err("This is too long. Please use at most 150 characters."),
        _ => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_owners_make_and_unmake_owners() {
        let (owner, administrator, staff) = (Role::Owner, Role::Administrator, Role::Staff);
        assert!(may_change_role(owner, Some(owner), None));
        assert!(may_change_role(owner, Some(staff), Some(owner)));
        assert!(may_change_role(administrator, Some(administrator), Some(staff)));
        assert!(!may_change_role(administrator, Some(owner), Some(administrator)));
        assert!(!may_change_role(administrator, Some(staff), Some(owner)));
        assert!(!may_change_role(administrator, Some(owner), None));
        assert!(!may_change_role(staff, None, Some(Role::Reader)));
        assert_eq!(roles_to_give(administrator), [Role::Reader, staff, administrator]);
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(required("  Ada \r\n Lem\t", "?"), Ok("Ada Lem".into()));
        assert_eq!(required(" \n", "Write a name."), Err("Write a name."));
        assert!(required(&"n".repeat(151), "?").is_err());
    }
}
