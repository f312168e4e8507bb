//! What an activity is, and how it is read from a form.

use crate::accounts::model::Organization;
use crate::base::{ActivityId, ActivityTypeId, ContactId, StaffId, choice};
use crate::changelog::{self, FieldChange};
use crate::web;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// The longest subject, in characters: a line.
pub const SUBJECT_LENGTH_MAX: usize = 200;
/// The longest details, in characters: ten pages.
pub const DETAILS_LENGTH_MAX: usize = 20_000;
/// The longest activity, in minutes: a month.
pub const DURATION_MAX: i32 = 31 * 24 * 60;

choice! {
    /// How an activity stands, in CiviCRM's words.
    pub enum Status {
        Scheduled = "Scheduled",
        Completed = "Completed",
        Cancelled = "Cancelled",
        LeftMessage = "Left Message",
        Unreachable = "Unreachable",
        NotRequired = "Not Required",
    }
}

impl Status {
    /// How it looks as a badge.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Scheduled => "info",
            Self::Completed => "good",
            Self::LeftMessage | Self::Unreachable => "warn",
            Self::Cancelled | Self::NotRequired => "quiet",
        }
    }
}

choice! {
    /// How much an activity presses.
    pub enum Priority {
        Urgent = "Urgent",
        Normal = "Normal",
        Low = "Low",
    }
}

/// An activity as it is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityDraft {
    pub type_id: ActivityTypeId,
    pub subject: String,
    pub details: String,
    pub activity_at: DateTime<Utc>,
    pub duration_minutes: Option<i32>,
    pub status: Status,
    pub priority: Priority,
    pub assigned_to: Option<StaffId>,
    pub due_on: Option<NaiveDate>,
    /// The activity this one goes on from.
    pub follow_up_of: Option<ActivityId>,
    /// With whom.
    pub with: Vec<ContactId>,
    /// Of a file: the contact who added it there.
    pub added_by: Option<ContactId>,
    /// Of a file: its id there, by which it is known again.
    pub external_identifier: Option<String>,
}

impl ActivityDraft {
    /// Something that is still to be done, and nothing more known of it.
    pub fn new(type_id: ActivityTypeId, activity_at: DateTime<Utc>) -> Self {
        Self {
            type_id,
            subject: String::new(),
            details: String::new(),
            activity_at,
            duration_minutes: None,
            status: Status::Scheduled,
            priority: Priority::Normal,
            assigned_to: None,
            due_on: None,
            follow_up_of: None,
            with: Vec::new(),
            added_by: None,
            external_identifier: None,
        }
    }
}

/// An activity as it stands.
#[derive(Clone, Debug)]
pub struct Activity {
    pub id: ActivityId,
    pub is: ActivityDraft,
    pub type_name: String,
    pub assigned_name: Option<String>,
    /// The name of whoever added it.
    pub created_by: String,
    /// The name of the contact who added it, of a file.
    pub added_by_name: Option<String>,
    /// Those it is with, with their names, who are not in the trash.
    pub with: Vec<(ContactId, String)>,
}

impl ActivityDraft {
    /// "Meeting: The new kitchen"
    pub fn title(&self, type_name: &str) -> String {
        match self.subject.is_empty() {
            true => type_name.to_owned(),
            false => format!("{type_name}: {}", self.subject),
        }
    }
}

impl Activity {
    /// "Meeting: The new kitchen"
    pub fn title(&self) -> String {
        self.is.title(&self.type_name)
    }

    /// Whether it still waits to be done and should have been.
    pub fn is_overdue(&self, now: DateTime<Utc>, today: NaiveDate) -> bool {
        let is_late = match self.is.due_on {
            Some(due_on) => due_on < today,
            None => self.is.activity_at < now,
        };
        self.is.status == Status::Scheduled && is_late
    }

    /// "1 h 30 min"
    pub fn duration(&self) -> Option<String> {
        let minutes = self.is.duration_minutes?;
        Some(match (minutes / 60, minutes % 60) {
            (0, minutes) => format!("{minutes} min"),
            (hours, 0) => format!("{hours} h"),
            (hours, minutes) => format!("{hours} h {minutes} min"),
        })
    }

    /// Every field as the Change Log writes it.
    fn in_words(&self, here: &Organization) -> Vec<(&'static str, String)> {
        let names: Vec<&str> = self.with.iter().map(|(_, name)| name.as_str()).collect();
        vec![
            ("Activity Type", self.type_name.clone()),
            ("Subject", self.is.subject.clone()),
            ("With", names.join(", ")),
            ("Added By", self.added_by_name.clone().unwrap_or_default()),
            ("Date", here.local(self.is.activity_at)),
            ("Duration", self.duration().unwrap_or_default()),
            ("Status", self.is.status.to_string()),
            ("Priority", self.is.priority.to_string()),
            ("Assigned To", self.assigned_name.clone().unwrap_or_default()),
            (
                "Due Date",
                self.is.due_on.map(|day| day.to_string()).unwrap_or_default(),
            ),
            ("Details", self.is.details.clone()),
        ]
    }
}

/// What differs between an activity before and after, for the Change Log; `None` where there is none.
pub(super) fn differences(old: Option<&Activity>, new: Option<&Activity>, here: &Organization) -> Vec<FieldChange> {
    let words = |activity: Option<&Activity>| activity.map(|activity| activity.in_words(here));
    changelog::differences(words(old), words(new))
}

/// Reads a subject as somebody typed it; it may be empty.
pub fn subject(typed: &str) -> Result<String, &'static str> {
    web::one_line(
        typed,
        SUBJECT_LENGTH_MAX,
        "A subject may have up to 200 characters. Put the rest into the details.",
    )
}

/// Reads details as somebody typed them; they may be empty.
pub fn details(typed: &str) -> Result<String, &'static str> {
    web::several_lines(typed, DETAILS_LENGTH_MAX, "Details may have up to 20,000 characters.")
}

/// Reads a duration in minutes; it may be empty.
pub fn duration(typed: &str) -> Result<Option<i32>, &'static str> {
    match typed.trim() {
        "" => Ok(None),
        typed => match typed.parse() {
            Ok(minutes) if (1..=DURATION_MAX).contains(&minutes) => Ok(Some(minutes)),
            _ => Err("Write the minutes as a number."),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheduled_activity_is_overdue_after_its_due_date_or_else_after_its_time() {
        let moment = |text: &str| text.parse::<DateTime<Utc>>().unwrap_or_default();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap_or_default();
        let mut activity = Activity {
            id: ActivityId(1),
            is: ActivityDraft {
                type_id: ActivityTypeId(1),
                subject: "The new kitchen".into(),
                duration_minutes: Some(90),
                ..ActivityDraft::new(ActivityTypeId(1), moment("2026-04-27T15:00:00Z"))
            },
            type_name: "Meeting".into(),
            assigned_name: None,
            created_by: "Ada".into(),
            added_by_name: None,
            with: Vec::new(),
        };
        assert_eq!(
            (activity.title().as_str(), activity.duration().as_deref()),
            ("Meeting: The new kitchen", Some("1 h 30 min"))
        );
        let (before, after) = (moment("2026-04-27T14:59:59Z"), moment("2026-04-27T15:00:01Z"));
        let today = day("2026-04-27");
        assert!(!activity.is_overdue(before, today) && activity.is_overdue(after, today));
        activity.is.due_on = Some(today);
        assert!(!activity.is_overdue(after, today));
        assert!(activity.is_overdue(after, day("2026-04-28")));
        activity.is.status = Status::Completed;
        assert!(!activity.is_overdue(after, day("2026-04-28")));
    }

    #[test]
    fn a_duration_is_a_number_of_minutes() {
        assert_eq!(duration(" 90 "), Ok(Some(90)));
        assert_eq!(duration(""), Ok(None));
        assert!(duration("0").is_err() && duration("an hour").is_err() && duration("99999999").is_err());
    }
}
