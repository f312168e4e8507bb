//! The form of an activity: what was typed, what is wrong with it, and what can be chosen.

use super::super::model::{self, Activity, ActivityDraft, Priority, Status};
use super::super::types::ActivityType;
use crate::accounts::model::{Colleague, Organization};
use crate::base::{ActivityTypeId, ContactId, StaffId};
use crate::crm::contacts::{Sent, sent_value};
use crate::web::{Began, Choice, Field, day};
use chrono::{DateTime, Utc};

/// The fields.
#[derive(Default)]
pub(crate) struct ActivityForm {
    pub began: Began,
    pub of_type: Field,
    pub subject: Field,
    pub details: Field,
    pub activity_at: Field,
    pub duration: Field,
    pub status: Field,
    pub priority: Field,
    pub assigned_to: Field,
    pub due_on: Field,
}

/// What can be chosen in the selects.
pub(crate) struct Choices {
    pub types: Vec<Choice>,
    pub statuses: Vec<Choice>,
    pub priorities: Vec<Choice>,
    pub colleagues: Vec<Choice>,
}

impl ActivityForm {
    /// A new one: now, and still to be done.
    pub fn beginning(here: &Organization, now: DateTime<Utc>) -> Self {
        Self {
            activity_at: Field::holding(here.local_field(now)),
            status: Field::holding(Status::Scheduled.as_str()),
            priority: Field::holding(Priority::Normal.as_str()),
            ..Self::default()
        }
    }

    /// One that exists.
    pub fn holding(is: &ActivityDraft, here: &Organization) -> Self {
        let text = |value: Option<String>| Field::holding(value.unwrap_or_default());
        Self {
            began: Began::with(is),
            of_type: Field::holding(is.type_id.to_string()),
            subject: Field::holding(&is.subject),
            details: Field::holding(&is.details),
            activity_at: Field::holding(here.local_field(is.activity_at)),
            duration: text(is.duration_minutes.map(|minutes| minutes.to_string())),
            status: Field::holding(is.status.as_str()),
            priority: Field::holding(is.priority.as_str()),
            assigned_to: text(is.assigned_to.map(|id| id.to_string())),
            due_on: text(is.due_on.map(|day| day.to_string())),
        }
    }

    /// The fields as they were typed, and what they say where all of them are right. `before`: the activity as it is.
    pub fn read(
        sent: &Sent,
        here: &Organization,
        before: Option<&Activity>,
        (with, colleagues): (Vec<ContactId>, &[Colleague]),
    ) -> (Self, Option<ActivityDraft>) {
        let given = |name: &str| sent_value(sent, name);
        let moment_before = before.map(|activity| activity.is.activity_at);
        let (of_type, type_id) = Field::read(given("type"), |typed| {
            typed.parse::<ActivityTypeId>().map_err(|_| "Choose what it is.")
        });
        let (subject, subject_read) = Field::read(given("subject"), model::subject);
        let (details, details_read) = Field::read(given("details"), model::details);
        let (activity_at, moment) = Field::read(given("activity_at"), |typed| here.read_local(typed, moment_before));
        let (duration, minutes) = Field::read(given("duration"), model::duration);
        let (status, status_read) = Field::read(given("status"), |typed| Status::parse(typed).ok_or("Choose one."));
        let (priority, priority_read) =
            Field::read(given("priority"), |typed| Priority::parse(typed).ok_or("Choose one."));
        let (assigned_to, assignee) = Field::read(given("assigned_to"), |typed| match typed {
            "" => Ok(None),
            id => {
                let id = id.parse::<StaffId>().ok();
                let had_it = before.is_some_and(|activity| activity.is.assigned_to == id);
                let works_here = colleagues.iter().any(|colleague| Some(colleague.id) == id);
                if had_it || works_here {
                    Ok(id)
                } else {
                    Err("Choose a colleague.")
                }
            }
        });
        let (due_on, due) = Field::read(given("due_on"), day);
        let read = || {
            Some(ActivityDraft {
                type_id: type_id?,
                subject: subject_read?,
                details: details_read?,
                activity_at: moment?,
                duration_minutes: minutes?,
                status: status_read?,
                priority: priority_read?,
                assigned_to: assignee?,
                due_on: due?,
                follow_up_of: before.and_then(|activity| activity.is.follow_up_of),
                with,
                added_by: before.and_then(|activity| activity.is.added_by),
                external_identifier: before.and_then(|activity| activity.is.external_identifier.clone()),
            })
        };
        let draft = read();
        let form = Self {
            began: Began::sent(given("began_with")),
            of_type,
            subject,
            details,
            activity_at,
            duration,
            status,
            priority,
            assigned_to,
            due_on,
        };
        (form, draft)
    }

    /// What can be chosen, with what the fields hold chosen. A type that is no longer offered and somebody who no longer works
    /// here stay as long as the activity has them.
    pub fn choices(&self, types: Vec<ActivityType>, colleagues: Vec<Colleague>, before: Option<&Activity>) -> Choices {
        let types = types
            .into_iter()
            .filter(|of_type| of_type.is_offered || of_type.id.to_string() == self.of_type.value)
            .map(|of_type| (of_type.id.to_string(), of_type.name));
        let gone = before.and_then(|activity| {
            let id = activity.is.assigned_to?;
            let works_here = colleagues.iter().any(|colleague| colleague.id == id);
            (!works_here).then(|| (id.to_string(), activity.assigned_name.clone().unwrap_or_default()))
        });
        let colleagues = colleagues
            .into_iter()
            .map(|colleague| (colleague.id.to_string(), colleague.name));
        let first = |words: &str| std::iter::once((String::new(), words.to_owned()));
        Choices {
            types: Choice::list(first("Choose one").chain(types), &self.of_type.value),
            statuses: Choice::list(Status::ALL.iter().map(|one| (one, one)), &self.status.value),
            priorities: Choice::list(Priority::ALL.iter().map(|one| (one, one)), &self.priority.value),
            colleagues: Choice::list(first("Nobody").chain(colleagues).chain(gone), &self.assigned_to.value),
        }
    }
}
