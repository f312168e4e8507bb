//! What one row says of an activity.

use super::meaning::Meaning;
use crate::accounts::model::Organization;
use crate::base::fold;
use crate::crm::activities::model::{self, ActivityDraft, Priority, Status};
use crate::crm::activities::types;
use crate::crm::imports::cells::Said;
use crate::crm::imports::value::{self, DateOrder};
use crate::crm::imports::whom::{self, Whom};
use chrono::{DateTime, NaiveTime, Utc};

/// What stands between several identifiers in one cell.
const BETWEEN: [char; 3] = [',', ';', '|'];
/// How databases write that there is nothing.
const NOTHING: &str = "NULL";

/// Reads a cell by what its column holds.
pub fn value(meaning: Meaning, text: String, order: DateOrder) -> Result<String, String> {
    match meaning {
        Meaning::ContactNumber => whom::number(text),
        Meaning::Email => value::email(text),
        Meaning::Date => value::date_and_time(&text, order),
        Meaning::DueDate => match value::date(&text, order) {
            Ok(day) => Ok(day.to_string()),
            Err(problem) => Err(problem.words(&text)),
        },
        Meaning::Type => types::name(&text).map_err(|words| format!("“{text}”: {words}")),
        Meaning::Subject => model::subject(&text).map_err(str::to_owned),
        Meaning::Details => model::details(&text).map_err(str::to_owned),
        Meaning::Duration => match model::duration(&text) {
            Ok(_) => Ok(text),
            Err(_) => Err(format!("“{text}” under Duration is not a number of minutes.")),
        },
        Meaning::Status => match status(&text) {
            Some(status) => Ok(status.to_string()),
            None => Err(format!(
                "“{text}” is not a status. Known are {}.",
                Status::ALL.iter().map(Status::to_string).collect::<Vec<_>>().join(", ")
            )),
        },
        Meaning::Priority => match Priority::parse(&text) {
            Some(priority) => Ok(priority.to_string()),
            None => Err(format!("“{text}” is not a priority: Urgent, Normal or Low.")),
        },
        _ => Ok(text),
    }
}

/// How it stands, in the words of other systems and in French.
fn status(text: &str) -> Option<Status> {
    match fold(text).trim() {
        "complete" | "done" | "termine" | "terminee" => Some(Status::Completed),
        "open" | "planned" | "planifie" | "planifiee" => Some(Status::Scheduled),
        "canceled" | "annule" | "annulee" => Some(Status::Cancelled),
        _ => Status::parse(text),
    }
}

impl Said<Meaning> {
    /// Everybody it is with: by several identifiers, or one person by number or email, and name.
    pub fn with(&self) -> Vec<Whom> {
        let by_identifier = |identifier| Whom::said(Some(identifier), None, [None, None], None);
        let identifiers = self.get(Meaning::WithIdentifiers).unwrap_or_default().split(BETWEEN);
        let identifiers = identifiers.map(str::trim).filter(|identifier| !identifier.is_empty());
        let one = Whom::said(
            None,
            self.get(Meaning::Email),
            [self.get(Meaning::FirstName), self.get(Meaning::LastName)],
            self.get(Meaning::Name),
        )
        .numbered(self.get(Meaning::ContactNumber));
        let with: Vec<Whom> = identifiers.map(by_identifier).collect();
        match with.is_empty() && !one.is_nobody() {
            true => vec![one],
            false => with,
        }
    }

    /// The contact who added it there.
    pub fn added_by(&self) -> Option<Whom> {
        let identifier = self.get(Meaning::AddedBy)?;
        Some(Whom::said(Some(identifier), None, [None, None], None))
    }

    /// With whom and what, as people recognize it.
    pub fn called(&self) -> Option<String> {
        let with: Vec<String> = self.with().iter().filter_map(Whom::called).collect();
        let with = Some(with.join(", ")).filter(|with| !with.is_empty());
        let text = |meaning| self.text(meaning).map(str::to_owned);
        let said = [with, text(Meaning::Type), text(Meaning::Subject), text(Meaning::Date)];
        let said: Vec<String> = said.into_iter().flatten().collect();
        (!said.is_empty()).then(|| said.join(" · "))
    }

    /// When it is or was.
    pub fn moment(&self, here: &Organization) -> Option<DateTime<Utc>> {
        let (day, time) = value::written_date_and_time(self.get(Meaning::Date)?)?;
        here.moment(day.and_time(time.unwrap_or(NaiveTime::MIN)))
    }

    /// Takes on what the row says; an empty cell never blanks, and who takes part already still does. Type and contacts are
    /// found by others.
    pub fn onto(&self, mut draft: ActivityDraft, here: &Organization) -> ActivityDraft {
        draft.activity_at = self.moment(here).unwrap_or(draft.activity_at);
        for (meaning, text) in [
            (Meaning::Subject, &mut draft.subject),
            (Meaning::Details, &mut draft.details),
        ] {
            if let Some(said) = self.text(meaning) {
                said.clone_into(text);
            }
        }
        let duration = self.get(Meaning::Duration);
        let duration = duration.and_then(|text| model::duration(text).ok().flatten());
        draft.duration_minutes = duration.or(draft.duration_minutes);
        let status = self.get(Meaning::Status).and_then(Status::parse);
        draft.status = status.unwrap_or(draft.status);
        let priority = self.get(Meaning::Priority).and_then(Priority::parse);
        draft.priority = priority.unwrap_or(draft.priority);
        let due_on = self.get(Meaning::DueDate).and_then(|day| day.parse().ok());
        draft.due_on = due_on.or(draft.due_on);
        let identifier = self.get(Meaning::ExternalIdentifier).map(str::to_owned);
        draft.external_identifier = identifier.or(draft.external_identifier);
        draft
    }

    fn text(&self, meaning: Meaning) -> Option<&str> {
        self.get(meaning).filter(|text| *text != NOTHING)
    }
}
