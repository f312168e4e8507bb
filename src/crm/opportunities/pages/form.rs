//! The form of an opportunity: what was typed, what is wrong with it, and what can be chosen.

use super::super::model::{self, Details, Opportunity, Probability};
use super::super::statuses::OpportunityStatus;
use crate::accounts::model::Colleague;
use crate::base::{ContactId, Currency, Money, StaffId};
use crate::crm::contacts::{Sent, sent_value};
use crate::web::{Began, Choice, Field, day};
use chrono::NaiveDate;

/// The fields.
#[derive(Default)]
pub(super) struct OpportunityForm {
    pub began: Began,
    pub name: Field,
    pub opportunity_type: Field,
    pub status: Field,
    pub probability: Field,
    pub owner: Field,
    pub amount: Field,
    pub received: Field,
    pub currency: Field,
    pub application_deadline: Field,
    pub is_submitted: bool,
    pub decision_date: Field,
    pub report_due: Field,
    pub notes: Field,
}

/// What can be chosen.
pub(super) struct Choices {
    pub types: Vec<String>,
    pub statuses: Vec<Choice>,
    pub probabilities: Vec<Choice>,
    pub owners: Vec<Choice>,
    pub currencies: Vec<Choice>,
}

impl OpportunityForm {
    /// A new one, of whoever writes it down.
    pub fn beginning(owner: StaffId) -> Self {
        Self {
            owner: Field::holding(owner.to_string()),
            currency: Field::holding(Currency::CAD.code()),
            ..Self::default()
        }
    }

    /// One that exists.
    pub fn holding(opportunity: &Opportunity) -> Self {
        let is = &opportunity.is;
        let day = |day: Option<NaiveDate>| Field::holding(day.map(|day| day.to_string()).unwrap_or_default());
        let money = |money: Option<Money>| Field::holding(money.map(|money| money.digits()).unwrap_or_default());
        Self {
            began: Began::with(is),
            name: Field::holding(&is.name),
            opportunity_type: Field::holding(&is.opportunity_type),
            status: Field::holding(&opportunity.status.name),
            probability: Field::holding(is.probability.map(|likely| likely.to_string()).unwrap_or_default()),
            owner: Field::holding(is.owner_id.map(|id| id.to_string()).unwrap_or_default()),
            amount: money(is.amount()),
            received: money(is.received()),
            currency: Field::holding(is.currency.code()),
            application_deadline: day(is.application_deadline),
            is_submitted: is.is_submitted,
            decision_date: day(is.decision_date),
            report_due: day(is.report_due),
            notes: Field::holding(&is.notes),
        }
    }

    /// The fields as they were typed, and what they say where all of them are right. `before`: the opportunity as it is;
    /// `prospect`: who is chosen, if anybody.
    pub fn read(
        sent: &Sent,
        before: Option<&Opportunity>,
        prospect: Option<ContactId>,
        (colleagues, statuses): (&[Colleague], &[OpportunityStatus]),
    ) -> (Self, Option<Details>) {
        let given = |name: &str| sent_value(sent, name);
        let (currency, currency_read) = Field::read(given("currency"), |typed| {
            Currency::parse(typed).ok_or("Choose a currency.")
        });
        let money = currency_read.unwrap_or(Currency::CAD);
        let (name, name_read) = Field::read(given("name"), model::name);
        let (opportunity_type, of_type) = Field::read(given("opportunity_type"), model::opportunity_type);
        let (status, status_read) = Field::read(given("status"), |typed| {
            let named = statuses.iter().find(|status| status.name == typed);
            named.map(|status| status.id).ok_or("Choose one.")
        });
        let (probability, likely) = Field::read(given("probability"), |typed| match typed {
            "" => Ok(None),
            typed => Probability::parse(typed).map(Some).ok_or("Choose one."),
        });
        let (owner, owner_read) = Field::read(given("owner"), |typed| match typed {
            "" => Ok(None),
            id => {
                let id = id.parse::<StaffId>().ok();
                let had_it = before.is_some_and(|one| one.is.owner_id == id);
                let works_here = colleagues.iter().any(|colleague| Some(colleague.id) == id);
                if had_it || works_here {
                    Ok(id)
                } else {
                    Err("Choose a colleague.")
                }
            }
        });
        let (amount, amount_read) = Field::read(given("amount"), |typed| model::amount(typed, money));
        let (received, received_read) = Field::read(given("received"), |typed| model::amount(typed, money));
        let (application_deadline, apply) = Field::read(given("application_deadline"), day);
        let (decision_date, decide) = Field::read(given("decision_date"), day);
        let (report_due, report) = Field::read(given("report_due"), day);
        let (notes, notes_read) = Field::read(given("notes"), model::notes);
        let is_submitted = given("is_submitted") == "true";
        let read = || {
            Some(Details {
                contact_id: prospect?,
                name: name_read?,
                opportunity_type: of_type?,
                status_id: status_read?,
                probability: likely?,
                owner_id: owner_read?,
                amount: amount_read?,
                amount_received: received_read?,
                currency: currency_read?,
                application_deadline: apply?,
                is_submitted,
                decision_date: decide?,
                report_due: report?,
                notes: notes_read?,
            })
        };
        let details = read();
        let form = Self {
            began: Began::sent(given("began_with")),
            name,
            opportunity_type,
            status,
            probability,
            owner,
            amount,
            received,
            currency,
            application_deadline,
            is_submitted,
            decision_date,
            report_due,
            notes,
        };
        (form, details)
    }

    /// What can be chosen, with what the fields hold chosen. Somebody who no longer works here stays as long as the
    /// opportunity is theirs, and so does another currency.
    pub fn choices(
        &self,
        in_use: Vec<String>,
        (colleagues, statuses): (Vec<Colleague>, &[OpportunityStatus]),
        before: Option<&Opportunity>,
    ) -> Choices {
        let gone = before.and_then(|one| {
            let id = one.is.owner_id?;
            let works_here = colleagues.iter().any(|colleague| colleague.id == id);
            (!works_here).then(|| (id.to_string(), one.owner.clone().unwrap_or_default()))
        });
        let colleagues = colleagues
            .into_iter()
            .map(|colleague| (colleague.id.to_string(), colleague.name));
        let nobody = std::iter::once((String::new(), "Nobody".to_owned()));
        let mut types = in_use;
        for suggested in model::SUGGESTED_TYPES {
            if !types.iter().any(|known| known.eq_ignore_ascii_case(suggested)) {
                types.push(suggested.to_owned());
            }
        }
        let as_usual = std::iter::once(("", "As usual for its status"));
        let likely = Probability::ALL.iter().map(|one| (one.as_str(), one.as_str()));
        let mut currencies = Currency::OFFERED.to_vec();
        if let Some(other) = before
            .map(|one| one.is.currency)
            .filter(|other| !currencies.contains(other))
        {
            currencies.push(other);
        }
        Choices {
            types,
            statuses: Choice::list(statuses.iter().map(|one| (&one.name, &one.name)), &self.status.value),
            probabilities: Choice::list(as_usual.chain(likely), &self.probability.value),
            owners: Choice::list(nobody.chain(colleagues).chain(gone), &self.owner.value),
            currencies: Choice::list(currencies.iter().map(|one| (one, one)), &self.currency.value),
        }
    }
}
