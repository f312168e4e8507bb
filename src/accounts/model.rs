//! Who works where, as pages need it.

use crate::base::{OrganizationId, Role, StaffId};
use crate::web;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use std::borrow::Borrow;
use std::ops::RangeInclusive;

/// The longest name of a person or an organization, in characters.
const NAME_LENGTH_MAX: usize = 150;
/// Years that somebody can mean; others are slips of the finger.
const YEARS: RangeInclusive<i32> = 1900..=2200;

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
    /// What stops the work until somebody acts, in words; `incidents` writes it.
    pub banner: Option<String>,
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

    /// When a day begins there. Where the clock skips midnight, the earliest moment there is.
    pub fn beginning_of(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        self.moment(day.and_time(NaiveTime::MIN))
    }

    /// The moment at which a clock shows this there. Where the clock is put forward an hour does not exist; what is meant is
    /// an hour later.
    pub fn moment(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        let there = |local: NaiveDateTime| local.and_local_timezone(self.time_zone).earliest();
        let moment = there(local).or_else(|| there(local + TimeDelta::hours(1)));
        moment.map(|moment| moment.to_utc())
    }

    /// A moment as a form's field for date and time holds it: "2020-08-04T16:07".
    pub fn local_field(&self, moment: impl Borrow<DateTime<Utc>>) -> String {
        let local = moment.borrow().with_timezone(&self.time_zone);
        local.format("%Y-%m-%dT%H:%M").to_string()
    }

    /// Reads such a field. A field that was left as it was keeps the seconds of `before`, which it cannot hold.
    pub fn read_local(&self, typed: &str, before: Option<DateTime<Utc>>) -> Result<DateTime<Utc>, &'static str> {
        const WRONG: &str = "Give a date and a time.";
        let typed = typed.trim();
        if let Some(before) = before.filter(|before| self.local_field(before) == typed) {
            return Ok(before);
        }
        let local = NaiveDateTime::parse_from_str(typed, "%Y-%m-%dT%H:%M").map_err(|_| WRONG)?;
        if !YEARS.contains(&local.year()) {
            return Err("The year cannot be right.");
        }
        self.moment(local).ok_or(WRONG)
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
    web::required_line(
        typed,
        NAME_LENGTH_MAX,
        when_empty,
        "This is too long. Please use at most 150 characters.",
    )
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
    fn a_field_for_date_and_time_gives_back_what_it_holds() {
        let here = Organization {
            id: OrganizationId(1),
            slug: "here".into(),
            name: "Here".into(),
            time_zone: Tz::America__Toronto,
            unsubscribe_sets_no_bulk_emails: false,
            fiscal_year_month: 1,
            banner: None,
        };
        let moment: DateTime<Utc> = "2026-07-10T20:03:51Z".parse().unwrap_or_default();
        assert_eq!(here.local_field(moment), "2026-07-10T16:03");
        assert_eq!(here.read_local("2026-07-10T16:03", Some(moment)), Ok(moment));
        let without_seconds = here.read_local("2026-07-10T16:03", None);
        assert_eq!(
            without_seconds.map(|moment| moment.to_rfc3339()),
            Ok("2026-07-10T20:03:00+00:00".into())
        );
        let skipped = here.read_local("2026-03-08T02:30", None);
        assert_eq!(
            skipped.map(|moment| moment.to_rfc3339()),
            Ok("2026-03-08T07:30:00+00:00".into())
        );
        assert!(here.read_local("2026-02-30T10:00", None).is_err());
        assert!(here.read_local("0026-02-03T10:00", None).is_err());
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(required("  Ada \r\n Lem\t", "?"), Ok("Ada Lem".into()));
        assert_eq!(required(" \n", "Write a name."), Err("Write a name."));
        assert!(required(&"n".repeat(151), "?").is_err());
    }
}
