//! What a bulk action does to contributions, and what became of them. No database here.

use crate::base::{CampaignId, ContributionActionId, ContributionId, FundId, choice};
use crate::changelog::steps;
use crate::crm::contributions::{ContributionDraft, Status};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// Contributions of one action: they are changed in one transaction, which so many keep at work for some seconds. A longer list is
/// done part by part, a year or a campaign at a time.
pub const CHOSEN_MAX: usize = 10_000;

/// What is done to each contribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    Thank {
        on: NaiveDate,
    },
    Fund {
        fund: FundId,
        name: String,
    },
    Campaign {
        /// Nothing: they belong to none any more.
        campaign: Option<CampaignId>,
        name: String,
    },
    Status {
        status: Status,
    },
}

impl Deed {
    /// What it is called in lists.
    pub fn name(&self) -> String {
        match self {
            Self::Thank { on } => format!("Marked as thanked on {}", on.format("%b %-d, %Y")),
            Self::Fund { name, .. } => format!("Fund set to {name}"),
            Self::Campaign { campaign: None, .. } => "Taken out of their campaigns".into(),
            Self::Campaign { name, .. } => format!("Campaign set to {name}"),
            Self::Status { status } => format!("Status set to {status}"),
        }
    }

    /// The contribution with it done. One that was thanked for before keeps its day.
    pub fn onto(&self, is: &ContributionDraft) -> ContributionDraft {
        let mut draft = is.clone();
        match self {
            Self::Thank { on } => draft.thanked_on = is.thanked_on.or(Some(*on)),
            Self::Fund { fund, .. } => draft.fund_id = *fund,
            Self::Campaign { campaign, .. } => draft.campaign_id = *campaign,
            Self::Status { status } => draft.status = *status,
        }
        draft
    }

    /// The value of the field that it changes.
    pub fn value(&self, is: &ContributionDraft) -> Value {
        match self {
            Self::Thank { .. } => Value::Thanked(is.thanked_on),
            Self::Fund { .. } => Value::Fund(is.fund_id),
            Self::Campaign { .. } => Value::Campaign(is.campaign_id),
            Self::Status { .. } => Value::Status(is.status),
        }
    }

    /// Whether the field still is as the action left it.
    pub fn stands(&self, is: &ContributionDraft) -> bool {
        match self {
            Self::Thank { on } => is.thanked_on == Some(*on),
            _ => self.onto(is) == *is,
        }
    }
}

/// What a contribution had before, to be had again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    Thanked(Option<NaiveDate>),
    Fund(FundId),
    Campaign(Option<CampaignId>),
    Status(Status),
}

impl Value {
    /// The contribution with it.
    pub fn onto(self, is: &ContributionDraft) -> ContributionDraft {
        let mut draft = is.clone();
        match self {
            Self::Thanked(day) => draft.thanked_on = day,
            Self::Fund(fund) => draft.fund_id = fund,
            Self::Campaign(campaign) => draft.campaign_id = campaign,
            Self::Status(status) => draft.status = status,
        }
        draft
    }
}

choice! {
    /// What became of a contribution.
    pub enum Outcome {
        Changed = "changed",
        Skipped = "skipped",
        /// What was done was taken back.
        Undone = "undone",
        /// Somebody changed it since, so it was not taken back.
        Kept = "kept",
    }
}

/// An action as it stands in the records.
#[derive(Clone, Debug)]
pub struct Action {
    pub id: ContributionActionId,
    pub deed: Deed,
    pub chosen: i32,
    pub changed: i32,
    /// They were so already.
    pub unchanged: i32,
    pub skipped: i32,
    pub taken_back: i32,
    pub kept: i32,
    pub done_by: String,
    pub done_at: DateTime<Utc>,
    pub undone_by: Option<String>,
    pub undone_at: Option<DateTime<Utc>>,
}

impl Action {
    /// Until when it can be undone.
    pub fn kept_until(&self) -> DateTime<Utc> {
        self.done_at + steps::KEPT
    }

    /// Whether it can be undone now.
    pub fn can_be_undone(&self, now: DateTime<Utc>) -> bool {
        self.changed > 0 && self.undone_at.is_none() && now < self.kept_until()
    }
}

/// What became of one contribution.
#[derive(Clone, Debug)]
pub struct Became {
    pub contribution: ContributionId,
    pub outcome: Outcome,
    pub problem: Option<String>,
    pub before: Option<Value>,
}
