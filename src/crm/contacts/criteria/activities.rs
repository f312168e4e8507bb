//! Whether there is an activity that a contact has part in or added: of a type, of a status, assigned to somebody, at some time; or none.

use super::controls::{Control, Ops, things_of};
use super::offers::{Offer, Offers};
use super::sql::{Bind, Sql};
use super::when::When;
use super::{Calendar, Facts, Typed};
use chrono::NaiveDate;

/// An activity with a contact.
#[derive(Clone, Debug)]
pub struct Happened {
    pub type_id: i64,
    pub status: String,
    pub assigned_to: Option<i64>,
    pub on: NaiveDate,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    has: bool,
    type_id: Option<i64>,
    status: Option<&'static str>,
    assigned: Assigned,
    when: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Assigned {
    ToAnybody,
    ToNobody,
    To(i64),
}

/// Activities named in an explanation.
const NAMED_MAX: usize = 5;

pub(super) const OPS: Ops = &[("has", "include one"), ("has_not", "include none")];
/// In CiviCRM's words, as they are stored.
const STATUSES: Ops = &[
    ("any", "of any status"),
    ("Scheduled", "Scheduled"),
    ("Completed", "Completed"),
    ("Cancelled", "Cancelled"),
    ("Left Message", "Left Message"),
    ("Unreachable", "Unreachable"),
    ("Not Required", "Not Required"),
];
const ACTIVITIES: &str = "(SELECT with_whom.organization_id, with_whom.contact_id, activities.type_id, activities.status, \
        activities.assigned_to, activities.activity_at \
    FROM activity_contacts AS with_whom JOIN activities \
        ON activities.organization_id = with_whom.organization_id AND activities.id = with_whom.activity_id \
    UNION ALL SELECT organization_id, added_by_contact, type_id, status, assigned_to, activity_at \
    FROM activities WHERE added_by_contact IS NOT NULL) AS happened";

/// What was typed, in its order: the type, the status, to whom it is assigned, and when.
fn parts(typed: &Typed) -> (&str, &str, &str, &[String]) {
    let part = |at: usize| match typed.value(at) {
        "" => "any",
        value => value,
    };
    (part(0), part(1), part(2), typed.values.get(3..).unwrap_or_default())
}

impl Test {
    pub(super) fn read(typed: &Typed) -> Result<Self, &'static str> {
        let (of_type, status, assigned, when) = parts(typed);
        Ok(Self {
            has: super::has_or_not(&typed.op)?,
            type_id: match of_type {
                "any" => None,
                id => Some(id.parse().map_err(|_| "Choose a type of activity.")?),
            },
            status: match status {
                "any" => None,
                status => {
                    let known = STATUSES.iter().find(|(known, _)| *known == status);
                    Some(known.ok_or("Choose a status.")?.0)
                }
            },
            assigned: Assigned::read(assigned).ok_or("Choose a colleague.")?,
            when: When::read(when)?,
        })
    }

    pub(super) fn controls(typed: &Typed, offers: &Offers) -> Vec<Control> {
        let (of_type, status, assigned, when) = parts(typed);
        let mut controls = vec![
            Control::op(OPS, &typed.op),
            Control::select_of("Type", ("any", "of any type"), offers.of(Offer::ActivityTypes), of_type),
            Control::select("value", "Status", STATUSES, status),
            Assigned::control(assigned, offers),
        ];
        controls.extend(When::controls("When", when));
        controls
    }

    pub(super) fn sql(&self, sql: &mut Sql, calendar: &Calendar) -> String {
        let mut fits = vec!["true".to_owned()];
        if let Some(id) = self.type_id {
            fits.push(format!("type_id = {}", sql.bind(Bind::Number(id))));
        }
        if let Some(status) = self.status {
            fits.push(format!("status = {}", sql.bind(Bind::Text(status.to_owned()))));
        }
        match self.assigned {
            Assigned::ToAnybody => {}
            Assigned::ToNobody => fits.push("assigned_to IS NULL".to_owned()),
            Assigned::To(id) => fits.push(format!("assigned_to = {}", sql.bind(Bind::Number(id)))),
        }
        let moment = |day| sql.bind(Bind::Moment(calendar.beginning_of(day)));
        fits.extend(self.when.sql("activity_at", calendar, moment));
        let found = sql.has_row(ACTIVITIES, &fits.join(" AND "));
        if self.has { found } else { format!("NOT {found}") }
    }

    pub(super) fn holds(&self, facts: &Facts, calendar: &Calendar) -> bool {
        let fits = |one: &Happened| {
            self.type_id.is_none_or(|id| one.type_id == id)
                && self.status.is_none_or(|status| one.status == status)
                && self.assigned.fits(one.assigned_to)
                && self.when.fits(Some(one.on), calendar)
        };
        facts.activities.iter().any(fits) == self.has
    }

    pub(super) fn words(&self, offers: &Offers) -> String {
        let of_type = self
            .type_id
            .map(|id| format!("of the type {}", offers.title(Offer::ActivityTypes, id)));
        let status = self.status.map(|status| format!("that is {status}"));
        let parts = [of_type, status, self.assigned.words(offers), self.when.words()];
        super::one_or_none(self.has, &parts)
    }

    pub(super) fn is_relative(&self) -> bool {
        self.when.is_relative()
    }

    /// Whose activity was on a day that came into the period or left it from one day to another.
    pub(super) fn moved(&self, sql: &mut Sql, days: [&Calendar; 2]) -> Option<String> {
        let moment = |day| sql.bind(Bind::Moment(days[1].beginning_of(day)));
        let on = self.when.moved("activity_at", days, moment)?;
        Some(sql.has_row(ACTIVITIES, &on))
    }

    /// The latest ones.
    pub(super) fn value_of(facts: &Facts, offers: &Offers) -> Vec<String> {
        let mut all: Vec<&Happened> = facts.activities.iter().collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.on));
        let named = all.into_iter().take(NAMED_MAX).map(|one| {
            let of_type = offers.title(Offer::ActivityTypes, one.type_id);
            format!("{of_type}, {}, on {}", one.status, super::period::day(one.on))
        });
        named.collect()
    }
}

impl Assigned {
    fn read(word: &str) -> Option<Self> {
        match word {
            "any" => Some(Self::ToAnybody),
            "nobody" => Some(Self::ToNobody),
            id => id.parse().ok().map(Self::To),
        }
    }

    fn fits(self, assigned_to: Option<i64>) -> bool {
        match self {
            Self::ToAnybody => true,
            Self::ToNobody => assigned_to.is_none(),
            Self::To(id) => assigned_to == Some(id),
        }
    }

    fn words(self, offers: &Offers) -> Option<String> {
        match self {
            Self::ToAnybody => None,
            Self::ToNobody => Some("assigned to nobody".into()),
            Self::To(id) => Some(format!("assigned to {}", offers.title(Offer::Colleagues, id))),
        }
    }

    fn control(chosen: &str, offers: &Offers) -> Control {
        let whoever = [
            ("any".to_owned(), "assigned to anybody or nobody".to_owned()),
            ("nobody".to_owned(), "assigned to nobody".to_owned()),
        ];
        let colleagues = offers.of(Offer::Colleagues).iter();
        let colleagues = colleagues.map(|(id, name)| (id.to_string(), format!("assigned to {name}")));
        Control::Select {
            name: "value",
            label: "Assigned to",
            choices: things_of(whoever.into_iter().chain(colleagues), chosen),
            decides: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::activities::model::Status;

    #[test]
    fn every_status_of_an_activity_can_be_asked_for() {
        let asked: Vec<&str> = STATUSES.iter().skip(1).map(|(key, _)| *key).collect();
        let stored: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(asked, stored);
    }
}
