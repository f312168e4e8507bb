//! What a batch is: the control numbers, and the rows of the grid as they were typed.

use crate::base::{BatchId, ContactId, Currency, Money};
use crate::crm::campaigns::UsualFunds;
use crate::crm::contacts::rules::Problem;
use crate::crm::contributions::{ContributionDraft, PaymentMethod};
use crate::crm::custom_fields::{self, CustomFields, CustomValues};
use crate::web::{day, long_text};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows one batch may have: an afternoon's work, and still one page.
pub const ROWS_MAX: usize = 200;

/// A batch as it stands in the records.
#[derive(Clone, Debug)]
pub struct Batch {
    pub id: BatchId,
    pub name: String,
    pub description: String,
    pub is_posted: bool,
    pub currency: Currency,
    /// How many gifts the pile has.
    pub control_count: i32,
    /// What it adds up to, in smallest units.
    pub control_total: i64,
    pub rows: Vec<BatchRow>,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub posted_by: Option<String>,
    pub posted_at: Option<DateTime<Utc>>,
}

impl Batch {
    /// What the pile adds up to.
    pub fn control_total(&self) -> Money {
        Money::new(self.control_total, self.currency)
    }

    /// How many gifts were typed in, and what they add up to; amounts that cannot be read count nothing.
    pub fn entered(&self) -> (usize, Money) {
        let amounts = self
            .rows
            .iter()
            .filter_map(|row| Money::parse(&row.amount, self.currency).ok());
        let total = amounts.map(|amount| amount.minor).sum();
        let count = self.rows.iter().filter(|row| !row.is_empty()).count();
        (count, Money::new(total, self.currency))
    }

    /// Whether what was typed in is what was counted.
    pub fn agrees(&self) -> bool {
        let (count, total) = self.entered();
        i32::try_from(count) == Ok(self.control_count) && total == self.control_total()
    }
}

/// A row of the grid as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchRow {
    /// What was typed to find the contributor.
    pub who: String,
    /// The one who is chosen.
    pub contact: String,
    pub amount: String,
    pub received_on: String,
    pub payment_method: String,
    pub cheque_number: String,
    pub fund: String,
    pub campaign: String,
    pub source: String,
    pub note: String,
    /// What was typed into the organization's own fields, by the names they have in a form: "custom.17".
    pub custom: BTreeMap<String, String>,
}

impl BatchRow {
    /// The fields by the names they have in the form.
    fn fields(&mut self) -> [(&'static str, &mut String); 10] {
        [
            ("who", &mut self.who),
            ("contact", &mut self.contact),
            ("amount", &mut self.amount),
            ("received_on", &mut self.received_on),
            ("payment_method", &mut self.payment_method),
            ("cheque_number", &mut self.cheque_number),
            ("fund", &mut self.fund),
            ("campaign", &mut self.campaign),
            ("source", &mut self.source),
            ("note", &mut self.note),
        ]
    }

    /// Keeps what was typed into a field of the form.
    pub fn take(&mut self, field: &str, typed: &str) {
        if field.starts_with("custom.") {
            self.custom.insert(field.to_owned(), typed.to_owned());
        }
        for (known, held) in self.fields() {
            if known == field {
                typed.clone_into(held);
            }
        }
    }

    /// What was typed into a field of the form.
    pub fn typed(&self, field: &str) -> String {
        let mut row = self.clone();
        let own = row.fields().into_iter().find(|(known, _)| *known == field);
        let own = own.map(|(_, typed)| typed.clone());
        own.or_else(|| self.custom.get(field).cloned()).unwrap_or_default()
    }

    /// Whether nobody has typed a gift here; what a row takes over from the one above does not count.
    pub fn is_empty(&self) -> bool {
        [&self.who, &self.contact, &self.amount, &self.cheque_number, &self.note]
            .iter()
            .all(|text| text.is_empty())
    }

    /// The next row begins with what is likely to be the same.
    pub fn next(&self) -> Self {
        Self {
            received_on: self.received_on.clone(),
            payment_method: self.payment_method.clone(),
            fund: self.fund.clone(),
            campaign: self.campaign.clone(),
            source: self.source.clone(),
            ..Self::default()
        }
    }

    /// Who is chosen.
    pub fn contact(&self) -> Option<ContactId> {
        self.contact.parse().ok()
    }

    /// The contribution the row makes as of `today`, or everything that is wrong with it. `own`: the fields a form asks for.
    pub fn read(
        &self,
        batch: &Batch,
        usual: &UsualFunds,
        own: &CustomFields,
        today: NaiveDate,
    ) -> Result<ContributionDraft, Vec<Problem>> {
        let mut custom = CustomValues::default();
        let wrong = custom_fields::read(own, &mut custom, |name| self.custom.get(name).map(String::as_str));
        let mut problems: Vec<Problem> = wrong
            .into_iter()
            .map(|(name, words)| Problem::new(name, words))
            .collect();
        let mut note = |field: &str, words: &str| problems.push(Problem::new(field, words));
        let contact = self.contact();
        if contact.is_none() {
            note("who", "Choose who gave it.");
        }
        let amount = Money::parse(&self.amount, batch.currency);
        let amount = amount.map_err(|words| note("amount", words)).ok();
        let received_on = day(&self.received_on).and_then(|day| day.ok_or("Write the day."));
        let received_on = received_on.map_err(|words| note("received_on", words)).ok();
        let campaign = self.campaign.parse().ok();
        let fund = match self.fund.as_str() {
            "" => Some(usual.of(campaign)),
            fund => fund.parse().map_err(|_| note("fund", "Choose a fund.")).ok(),
        };
        let text = long_text(&self.note).map_err(|words| note("note", words)).ok();
        let (Some(contact), Some(amount), Some(received_on), Some(fund), Some(text)) =
            (contact, amount, received_on, fund, text)
        else {
            return Err(problems);
        };
        let draft = ContributionDraft {
            payment_method: PaymentMethod::parse(&self.payment_method).unwrap_or(PaymentMethod::Other),
            cheque_number: self.cheque_number.trim().to_owned(),
            campaign_id: campaign,
            source: self.source.trim().to_owned(),
            note: text,
            custom,
            batch_id: Some(batch.id),
            ..ContributionDraft::new(contact, amount, received_on, fund)
        };
        problems.extend(draft.problems(today));
        if problems.is_empty() { Ok(draft) } else { Err(problems) }
    }
}
