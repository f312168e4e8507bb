//! What was done with a contact, or is planned: activities it has part in or added.

use super::super::Calendar;
use super::super::controls::Ops;
use super::super::dates::Stored;
use super::super::facts::Happened;
use super::super::flags::Flag;
use super::super::offers::Offer;
use super::super::period::day;
use super::super::plain::Plain;
use super::super::records::{Detail, Records};
use super::super::sql::{Bind, Sql};
use super::{Asks, Section, Subject, words};

/// In CiviCRM's words, as they are stored.
const STATUSES: Ops = words![
    "Scheduled",
    "Completed",
    "Cancelled",
    "Left Message",
    "Unreachable",
    "Not Required"
];
const PRIORITIES: Ops = words!["Urgent", "Normal", "Low"];

const ACTIVITIES: Records<Happened> = Records {
    table: "(SELECT with_whom.organization_id, with_whom.contact_id, activities.type_id, activities.subject, \
            activities.details, activities.status, activities.priority, activities.assigned_to, activities.activity_at, \
            activities.due_on \
        FROM activity_contacts AS with_whom JOIN activities \
            ON activities.organization_id = with_whom.organization_id AND activities.id = with_whom.activity_id \
        UNION ALL SELECT organization_id, added_by_contact, type_id, subject, details, status, priority, assigned_to, \
            activity_at, due_on \
        FROM activities WHERE added_by_contact IS NOT NULL) AS happened",
    details: &[
        Detail::listed("type", "Type", Offer::ActivityTypes, ("type_id", false), |one| {
            vec![one.type_id]
        }),
        Detail::choice("status", "Status", "status", (STATUSES, false), |one| &one.status),
        Detail::date("on", "Date", "activity_at", Stored::Moment, |one, _| vec![one.on]),
        Detail::listed(
            "assigned",
            "Assigned To",
            Offer::Colleagues,
            ("assigned_to", true),
            |one| one.assigned_to.into_iter().collect(),
        ),
        Detail::text("subject", "Subject", "subject", |one| vec![&one.subject]),
        Detail::text("details", "Details", "details", |one| vec![&one.details]),
        Detail::choice("priority", "Priority", "priority", (PRIORITIES, false), |one| {
            &one.priority
        }),
        Detail::day("due_on", "Due Date", "due_on", |one, _| {
            one.due_on.into_iter().collect()
        }),
        Detail::of(
            "overdue",
            "Overdue",
            Plain::Flag(Flag {
                sql: overdue,
                of: |one, calendar| one.status == "Scheduled" && one.due_on.unwrap_or(one.on) < calendar.today,
                moved: Some(became_overdue),
            }),
        ),
    ],
    of: |facts| &facts.activities,
    named: |one, offers| {
        let of_type = offers.title(Offer::ActivityTypes, one.type_id);
        format!("{of_type}, {}, on {}", one.status, day(one.on))
    },
};

/// Still to be done after its due date, or else after the day it was planned for: in a search activities are late from midnight on.
fn overdue(sql: &mut Sql, calendar: &Calendar) -> String {
    let today = sql.bind(Bind::Date(calendar.today));
    let begun = sql.bind(Bind::Moment(calendar.beginning_of(calendar.today)));
    format!("(status = 'Scheduled' AND coalesce(due_on < {today}, activity_at < {begun}))")
}

fn became_overdue(sql: &mut Sql, [before, now]: [&Calendar; 2]) -> String {
    let (first, last) = (before.today.min(now.today), before.today.max(now.today));
    let [from, until] = [first, last].map(|day| sql.bind(Bind::Date(day)));
    let [from_moment, until_moment] = [first, last].map(|day| sql.bind(Bind::Moment(now.beginning_of(day))));
    format!(
        "(status = 'Scheduled' AND coalesce(due_on >= {from} AND due_on < {until}, \
            activity_at >= {from_moment} AND activity_at < {until_moment}))"
    )
}

/// The family.
pub(super) const SUBJECTS: &[Subject] = &[Subject {
    key: "activities",
    section: Section::Activities,
    label: "Activities",
    asks: Asks::Records(&ACTIVITIES),
}];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::activities::model::{Priority, Status};

    #[test]
    fn every_status_and_priority_of_an_activity_can_be_asked_for() {
        let asked = |options: Ops| -> Vec<&str> { options.iter().map(|(key, _)| *key).collect() };
        let statuses: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
        let priorities: Vec<&str> = Priority::ALL.iter().map(|priority| priority.as_str()).collect();
        assert_eq!((asked(STATUSES), asked(PRIORITIES)), (statuses, priorities));
    }
}
