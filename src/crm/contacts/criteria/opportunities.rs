//! Whether a contact is the prospect of an opportunity: of a status, of a type, of at least an amount, with a deadline; or of
//! none.

use super::activities::OPS;
use super::controls::{Control, Ops, things_of};
use super::offers::{Offer, Offers};
use super::sql::{Bind, Sql};
use super::when::When;
use super::{Calendar, Facts, Typed};
use crate::base::{Currency, Money};
use crate::web::Choice;
use chrono::NaiveDate;

/// An opportunity of a contact.
#[derive(Clone, Debug)]
pub struct Prospect {
    pub status_id: i64,
    /// "Open", "Won" or "Lost".
    pub outcome: String,
    pub opportunity_type: String,
    pub amount: Option<Money>,
    pub application_deadline: Option<NaiveDate>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    has: bool,
    standing: Standing,
    opportunity_type: Option<String>,
    at_least: Option<Money>,
    deadline: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Any,
    Outcome(&'static str),
    Status(i64),
}

/// Opportunities named in an explanation.
const NAMED_MAX: usize = 5;
/// The words in forms, what is shown, and what is stored.
const OUTCOMES: [(&str, &str, &str); 3] = [
    ("open", "still open", "Open"),
    ("won", "won", "Won"),
    ("lost", "lost", "Lost"),
];
const CURRENCIES: Ops = &[
    ("CAD", "CAD"),
    ("USD", "USD"),
    ("EUR", "EUR"),
    ("GBP", "GBP"),
    ("AUD", "AUD"),
    ("CHF", "CHF"),
];
const OPPORTUNITIES: &str = "(SELECT opportunities.organization_id, opportunities.contact_id, opportunities.status_id, \
        statuses.outcome, opportunities.opportunity_type, opportunities.amount, opportunities.currency, \
        opportunities.application_deadline \
    FROM opportunities JOIN opportunity_statuses AS statuses \
        ON statuses.organization_id = opportunities.organization_id AND statuses.id = opportunities.status_id) AS prospects";

/// What was typed, in its order: the status, the type, the amount and its currency, and the deadline.
fn parts(typed: &Typed) -> (&str, &str, &str, &str, &[String]) {
    let part = |at: usize, otherwise: &'static str| match typed.value(at) {
        "" => otherwise,
        value => value,
    };
    let deadline = typed.values.get(4..).unwrap_or_default();
    (part(0, "any"), typed.value(1), typed.value(2), part(3, "CAD"), deadline)
}

impl Test {
    pub(super) fn read(typed: &Typed) -> Result<Self, &'static str> {
        let (standing, of_type, amount, currency, deadline) = parts(typed);
        Ok(Self {
            has: super::has_or_not(&typed.op)?,
            standing: Standing::read(standing).ok_or("Choose a status.")?,
            opportunity_type: Some(of_type.to_owned()).filter(|of_type| !of_type.is_empty()),
            at_least: match amount {
                "" => None,
                amount => {
                    let currency = Currency::parse(currency).ok_or("Choose a currency.")?;
                    Some(Money::parse(amount, currency)?)
                }
            },
            deadline: When::read(deadline)?,
        })
    }

    pub(super) fn controls(typed: &Typed, offers: &Offers) -> Vec<Control> {
        let (standing, of_type, amount, currency, deadline) = parts(typed);
        let any = std::iter::once((String::new(), "of any type".to_owned()));
        let types = offers.opportunity_types().iter();
        let types = types.map(|of_type| (of_type.clone(), format!("of the type {of_type}")));
        let mut controls = vec![
            Control::op(OPS, &typed.op),
            Standing::control(standing, offers),
            Control::Select {
                name: "value",
                label: "Type",
                choices: Choice::list(any.chain(types), of_type),
                decides: false,
            },
            Control::Input {
                name: "value",
                label: "Amount",
                kind: "text",
                value: amount.to_owned(),
                placeholder: "Amount, at least",
            },
            Control::select("value", "Currency", CURRENCIES, currency),
        ];
        controls.extend(When::controls("Application deadline", deadline));
        controls
    }

    pub(super) fn sql(&self, sql: &mut Sql, calendar: &Calendar) -> String {
        let mut fits = vec!["true".to_owned()];
        match self.standing {
            Standing::Any => {}
            Standing::Outcome(outcome) => {
                fits.push(format!("outcome = {}", sql.bind(Bind::Text(outcome.to_owned()))));
            }
            Standing::Status(id) => fits.push(format!("status_id = {}", sql.bind(Bind::Number(id)))),
        }
        if let Some(of_type) = &self.opportunity_type {
            fits.push(format!("opportunity_type = {}", sql.bind(Bind::Text(of_type.clone()))));
        }
        if let Some(money) = self.at_least {
            let currency = sql.bind(Bind::Text(money.currency.code().to_owned()));
            let amount = sql.bind(Bind::Number(money.minor));
            fits.push(format!("currency = {currency} AND amount >= {amount}"));
        }
        let day = |day| sql.bind(Bind::Date(day));
        fits.extend(self.deadline.sql("application_deadline", calendar, day));
        let found = sql.has_row(OPPORTUNITIES, &fits.join(" AND "));
        if self.has { found } else { format!("NOT {found}") }
    }

    pub(super) fn holds(&self, facts: &Facts, calendar: &Calendar) -> bool {
        let is_enough = |amount: Money| {
            let bound = self.at_least.unwrap_or(amount);
            amount.currency == bound.currency && amount.minor >= bound.minor
        };
        let fits = |one: &Prospect| {
            let of_type = self.opportunity_type.as_ref();
            self.standing.fits(one)
                && of_type.is_none_or(|of_type| one.opportunity_type == *of_type)
                && (self.at_least.is_none() || one.amount.is_some_and(is_enough))
                && self.deadline.fits(one.application_deadline, calendar)
        };
        facts.opportunities.iter().any(fits) == self.has
    }

    pub(super) fn words(&self, offers: &Offers) -> String {
        let of_type = self
            .opportunity_type
            .as_ref()
            .map(|of_type| format!("of the type {of_type}"));
        let at_least = self.at_least.map(|money| format!("of at least {money}"));
        let deadline = self
            .deadline
            .words()
            .map(|when| format!("with the application deadline {when}"));
        super::one_or_none(self.has, &[self.standing.words(offers), of_type, at_least, deadline])
    }

    pub(super) fn is_relative(&self) -> bool {
        self.deadline.is_relative()
    }

    /// Whose deadline is a day that came into the period or left it from one day to another.
    pub(super) fn moved(&self, sql: &mut Sql, days: [&Calendar; 2]) -> Option<String> {
        let day = |day| sql.bind(Bind::Date(day));
        let on = self.deadline.moved("application_deadline", days, day)?;
        Some(sql.has_row(OPPORTUNITIES, &on))
    }

    pub(super) fn value_of(facts: &Facts, offers: &Offers) -> Vec<String> {
        let named = facts.opportunities.iter().take(NAMED_MAX).map(|one| {
            let status = offers.title(Offer::OpportunityStatuses, one.status_id);
            let amount = one.amount.map(|money| money.to_string());
            let parts = [Some(one.opportunity_type.clone()), Some(status.to_owned()), amount];
            let told: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
            told.join(", ")
        });
        named.collect()
    }
}

impl Standing {
    fn read(word: &str) -> Option<Self> {
        if word == "any" {
            return Some(Self::Any);
        }
        let outcome = OUTCOMES.iter().find(|(known, ..)| *known == word);
        outcome
            .map(|(.., stored)| Self::Outcome(stored))
            .or_else(|| word.parse().ok().map(Self::Status))
    }

    fn fits(self, one: &Prospect) -> bool {
        match self {
            Self::Any => true,
            Self::Outcome(outcome) => one.outcome == outcome,
            Self::Status(id) => one.status_id == id,
        }
    }

    fn words(self, offers: &Offers) -> Option<String> {
        match self {
            Self::Any => None,
            Self::Outcome(outcome) => {
                let found = OUTCOMES.iter().find(|(.., stored)| *stored == outcome);
                found.map(|(_, words, _)| format!("that is {words}"))
            }
            Self::Status(id) => Some(format!(
                "with the status {}",
                offers.title(Offer::OpportunityStatuses, id)
            )),
        }
    }

    fn control(chosen: &str, offers: &Offers) -> Control {
        let any = std::iter::once(("any".to_owned(), "of any status".to_owned()));
        let outcomes = OUTCOMES
            .iter()
            .map(|(word, words, _)| ((*word).to_owned(), (*words).to_owned()));
        let statuses = offers.of(Offer::OpportunityStatuses).iter();
        let statuses = statuses.map(|(id, name)| (id.to_string(), format!("with the status {name}")));
        Control::Select {
            name: "value",
            label: "Status",
            choices: things_of(any.chain(outcomes).chain(statuses), chosen),
            decides: false,
        }
    }
}
