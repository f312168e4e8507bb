//! What a contribution is. No database here.

use crate::base::{BatchId, CampaignId, ContactId, ContributionId, Currency, FundId, Money, RecurringId, choice};
use crate::crm::custom_fields::CustomValues;
use crate::db::schema::contributions;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

choice! {
    /// How a gift was paid.
    pub enum PaymentMethod {
        Cash = "Cash",
        Cheque = "Cheque",
        CreditCard = "Credit Card",
        DebitCard = "Debit Card",
        DirectDebit = "Direct Debit",
        ETransfer = "E-transfer",
        InKind = "In Kind",
        Securities = "Securities",
        Other = "Other",
    }
}

choice! {
    /// What became of a gift. Only completed ones count as given.
    pub enum Status {
        Completed = "Completed",
        Pending = "Pending",
        Cancelled = "Cancelled",
        Refunded = "Refunded",
        Failed = "Failed",
    }
}

impl Status {
    /// Whether nothing of it is expected or held any more.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Cancelled | Self::Refunded | Self::Failed)
    }

    /// The colour of its badge.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Completed => "good",
            Self::Pending => "info",
            Self::Cancelled | Self::Refunded => "quiet",
            Self::Failed => "bad",
        }
    }
}

choice! {
    /// Why a gift names somebody.
    pub enum Dedication {
        InHonourOf = "In Honour Of",
        InMemoryOf = "In Memory Of",
    }
}

choice! {
    /// What somebody has to do with another's gift.
    pub enum CreditType {
        Solicited = "Solicited",
        Household = "Household",
        MatchedGift = "Matched Gift",
        WorkplaceGiving = "Workplace Giving",
        Gift = "Gift",
        Other = "Other",
    }
}

/// A contribution as somebody wants it to be: typed into the form, read from a file, posted with a batch. The names are
/// those of its row; amounts are in the smallest unit of the currency.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize)]
#[diesel(table_name = contributions, treat_none_as_null = true)]
pub struct ContributionDraft {
    pub contact_id: ContactId,
    pub amount: i64,
    pub currency: Currency,
    /// A day of the charity's calendar.
    pub received_on: NaiveDate,
    /// The time of that day, where a file gave it.
    pub received_time: Option<NaiveTime>,
    pub payment_method: PaymentMethod,
    pub status: Status,
    pub transaction_id: String,
    pub cheque_number: String,
    pub fund_id: FundId,
    pub campaign_id: Option<CampaignId>,
    pub source: String,
    /// What the bank or the card company kept.
    pub fee: i64,
    pub in_kind_description: String,
    /// What the donor got in return.
    pub advantage: i64,
    pub advantage_description: String,
    pub dedication: Option<Dedication>,
    pub honoree_name: String,
    pub note: String,
    pub thanked_on: Option<NaiveDate>,
    /// When it was cancelled, sent back or failed, and why.
    #[serde(default)]
    pub closed_on: Option<NaiveDate>,
    #[serde(default)]
    pub closed_reason: String,
    pub recurring_id: Option<RecurringId>,
    pub batch_id: Option<BatchId>,
    pub external_identifier: Option<String>,
    /// What the organization writes down beside.
    #[serde(default)]
    pub custom: CustomValues,
}

impl ContributionDraft {
    /// A completed gift and nothing more known of it.
    pub fn new(contact: ContactId, amount: Money, received_on: NaiveDate, fund: FundId) -> Self {
        Self {
            contact_id: contact,
            amount: amount.minor,
            currency: amount.currency,
            received_on,
            received_time: None,
            payment_method: PaymentMethod::Other,
            status: Status::Completed,
            transaction_id: String::new(),
            cheque_number: String::new(),
            fund_id: fund,
            campaign_id: None,
            source: String::new(),
            fee: 0,
            in_kind_description: String::new(),
            advantage: 0,
            advantage_description: String::new(),
            dedication: None,
            honoree_name: String::new(),
            note: String::new(),
            thanked_on: None,
            closed_on: None,
            closed_reason: String::new(),
            recurring_id: None,
            batch_id: None,
            external_identifier: None,
            custom: CustomValues::default(),
        }
    }

    /// How much it is.
    pub fn amount(&self) -> Money {
        self.money(self.amount)
    }

    /// What the bank or the card company kept.
    pub fn fee(&self) -> Money {
        self.money(self.fee)
    }

    /// What arrived.
    pub fn net(&self) -> Money {
        self.money(self.amount - self.fee)
    }

    /// What the donor got in return.
    pub fn advantage(&self) -> Money {
        self.money(self.advantage)
    }

    /// What is a gift: the amount without the advantage. A tax receipt is for so much.
    pub fn eligible(&self) -> Money {
        self.money(self.amount - self.advantage)
    }

    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }
}

/// A contribution as it stands in the records.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = contributions)]
pub struct Contribution {
    pub id: ContributionId,
    #[diesel(embed)]
    pub is: ContributionDraft,
    pub created_at: DateTime<Utc>,
    pub modified_at: DateTime<Utc>,
}
