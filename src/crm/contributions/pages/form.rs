//! The form of a contribution: what was typed, what is wrong with it, and the draft it makes.

use super::Pairs;
use crate::base::{ContactId, Currency, Money};
use crate::crm::campaigns::UsualFunds;
use crate::crm::contacts::rules::Problem;
use crate::crm::contributions::model::{Contribution, ContributionDraft, Dedication, PaymentMethod, Status};
use crate::crm::custom_fields::{self, CustomFields, CustomInput, CustomValues};
use crate::web::{Began, Field, day, long_text};
use chrono::NaiveDate;
use std::collections::HashMap;

/// What a new form takes over from the one before it, so that a pile of gifts is typed in quickly.
pub const KEPT_FOR_THE_NEXT: [&str; 6] = [
    "received_on",
    "payment_method",
    "currency",
    "fund",
    "campaign",
    "source",
];

/// The form.
pub struct ContributionForm {
    pub began: Began,
    custom: CustomFields,
    values: HashMap<String, String>,
    problems: HashMap<String, String>,
}

impl ContributionForm {
    /// The form of a new contribution; `given` comes from the address.
    pub fn blank(given: &Pairs, today: NaiveDate, custom: &CustomFields) -> Self {
        let mut values: HashMap<String, String> = given.iter().cloned().collect();
        let mut or = |name: &str, value: String| {
            values.entry(name.into()).or_insert(value);
        };
        or("received_on", today.to_string());
        or("currency", Currency::CAD.to_string());
        or("status", Status::Completed.to_string());
        or("payment_method", PaymentMethod::Cheque.to_string());
        Self {
            began: Began::default(),
            custom: custom.of_form("", &CustomValues::default()),
            values,
            problems: HashMap::new(),
        }
    }

    /// The form of a contribution that exists.
    pub fn of(contribution: &Contribution, custom: &CustomFields) -> Self {
        let is = &contribution.is;
        let amount = |money: Money| {
            if money.minor == 0 {
                String::new()
            } else {
                money.digits()
            }
        };
        let id = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        let values = [
            ("contact", is.contact_id.to_string()),
            ("amount", amount(is.amount())),
            ("currency", is.currency.to_string()),
            ("received_on", is.received_on.to_string()),
            ("payment_method", is.payment_method.to_string()),
            ("status", is.status.to_string()),
            ("transaction_id", is.transaction_id.clone()),
            ("cheque_number", is.cheque_number.clone()),
            ("fund", is.fund_id.to_string()),
            ("campaign", id(is.campaign_id.map(|id| id.0))),
            ("source", is.source.clone()),
            ("fee", amount(is.fee())),
            ("in_kind_description", is.in_kind_description.clone()),
            ("advantage", amount(is.advantage())),
            ("advantage_description", is.advantage_description.clone()),
            (
                "dedication",
                is.dedication.map(|kind| kind.to_string()).unwrap_or_default(),
            ),
            ("honoree_name", is.honoree_name.clone()),
            ("note", is.note.clone()),
            (
                "thanked_on",
                is.thanked_on.map(|day| day.to_string()).unwrap_or_default(),
            ),
            ("closed_on", is.closed_on.map(|day| day.to_string()).unwrap_or_default()),
            ("closed_reason", is.closed_reason.clone()),
            ("recurring", id(is.recurring_id.map(|id| id.0))),
        ];
        let custom = custom.of_form("", &is.custom);
        let values = values.map(|(name, value)| (name.to_owned(), value)).into_iter();
        Self {
            began: Began::with(is),
            values: values.chain(custom_fields::typed(&custom, &is.custom)).collect(),
            custom,
            problems: HashMap::new(),
        }
    }

    /// Reads what was sent, of a new contribution or of one that exists.
    pub fn read(sent: &Pairs, before: Option<&Contribution>, custom: &CustomFields) -> Self {
        let none = CustomValues::default();
        let state = sent.iter().find(|(name, _)| name == "began_with");
        Self {
            began: Began::sent(state.map_or("", |(_, state)| state)),
            custom: custom.of_form("", before.map_or(&none, |before| &before.is.custom)),
            values: sent.iter().cloned().collect(),
            problems: HashMap::new(),
        }
    }

    /// What was typed into a field.
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |value| value.trim())
    }

    /// A field for the template.
    pub fn field(&self, name: &str) -> Field {
        Field {
            value: self.value(name).to_owned(),
            error: self.problems.get(name).cloned(),
        }
    }

    /// The organization's own fields.
    pub fn custom_inputs(&self) -> Vec<CustomInput> {
        custom_fields::inputs(&self.custom, |name| self.field(name))
    }

    /// Who is chosen.
    pub fn contact(&self) -> Option<ContactId> {
        self.value("contact").parse().ok()
    }

    /// Whether a folded part has something in it that must be seen.
    pub fn shows(&self, names: &[&str]) -> bool {
        names
            .iter()
            .any(|name| !self.value(name).is_empty() || self.problems.contains_key(*name))
    }

    /// Shows what is wrong.
    pub fn show_problems(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            self.problems.entry(problem.field).or_insert(problem.words);
        }
    }

    /// Whether something is wrong.
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// The draft the form makes of `before`; `None` where something is wrong, which the form then shows.
    pub fn draft(
        &mut self,
        before: Option<&ContributionDraft>,
        usual: &UsualFunds,
        today: NaiveDate,
    ) -> Option<ContributionDraft> {
        let mut custom = before.map(|before| before.custom.clone()).unwrap_or_default();
        let sent = |name: &str| self.values.get(name).map(|value| value.trim());
        let wrong = custom_fields::read(&self.custom, &mut custom, sent);
        self.show_problems(wrong.into_iter().map(|(name, words)| Problem::new(name, words)));
        let draft = self
            .read_draft(before, usual)
            .map(|draft| ContributionDraft { custom, ..draft });
        if let Some(draft) = &draft {
            self.show_problems(draft.problems(today));
        }
        draft.filter(|_| !self.has_problems())
    }

    fn read_draft(&mut self, before: Option<&ContributionDraft>, usual: &UsualFunds) -> Option<ContributionDraft> {
        let contact = self.contact();
        if contact.is_none() {
            self.wrong("who", "Choose who gave it.");
        }
        let currency = Currency::parse(self.value("currency")).unwrap_or(Currency::CAD);
        let amount = self.money("amount", currency, true);
        let fee = self.money("fee", currency, false);
        let advantage = self.money("advantage", currency, false);
        let received_on = self.take("received_on", |typed| {
            day(typed)?.ok_or("Write the day it was received.")
        });
        let thanked_on = self.take("thanked_on", day);
        let closed_on = self.take("closed_on", day);
        let note = self.take("note", long_text);
        let campaign = self.value("campaign").parse().ok();
        let fund = self.take("fund", |typed| match typed {
            "" => Ok(usual.of(campaign)),
            typed => typed.parse().map_err(|_| "Choose a fund."),
        });
        let text = |name: &str| self.value(name).split_whitespace().collect::<Vec<_>>().join(" ");
        let is_in_kind = PaymentMethod::parse(self.value("payment_method"));
        let received_on = received_on?;
        Some(ContributionDraft {
            fee: fee?,
            advantage: advantage?,
            thanked_on: thanked_on?,
            closed_on: closed_on?,
            closed_reason: text("closed_reason"),
            note: note?,
            received_time: before
                .filter(|one| one.received_on == received_on)
                .and_then(|one| one.received_time),
            payment_method: is_in_kind.unwrap_or(PaymentMethod::Other),
            status: Status::parse(self.value("status")).unwrap_or(Status::Completed),
            transaction_id: text("transaction_id"),
            cheque_number: text("cheque_number"),
            campaign_id: campaign,
            source: text("source"),
            in_kind_description: text("in_kind_description"),
            advantage_description: text("advantage_description"),
            dedication: Dedication::parse(self.value("dedication")),
            honoree_name: text("honoree_name"),
            recurring_id: self.value("recurring").parse().ok(),
            batch_id: before.and_then(|one| one.batch_id),
            external_identifier: before.and_then(|one| one.external_identifier.clone()),
            ..ContributionDraft::new(contact?, Money::new(amount?, currency), received_on, fund?)
        })
    }

    fn wrong(&mut self, name: &str, words: &str) {
        self.show_problems([Problem::new(name, words)]);
    }

    fn take<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, &'static str>) -> Option<T> {
        match parse(self.value(name)) {
            Ok(value) => Some(value),
            Err(words) => {
                self.wrong(name, words);
                None
            }
        }
    }

    /// An amount in smallest units; nothing typed is nothing where it may be.
    fn money(&mut self, name: &str, currency: Currency, is_required: bool) -> Option<i64> {
        self.take(name, |typed| match typed {
            "" if !is_required => Ok(0),
            typed => Money::parse(typed, currency).map(|money| money.minor),
        })
    }
}
