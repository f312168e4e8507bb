//! What a campaign is.

use crate::accounts::model::required;
use crate::base::{CampaignId, Currency, FundId, Money, choice};
use crate::db::schema::campaigns;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

choice! {
    /// What kind of effort it is, in the words of the DMS and of fundraising.
    pub enum CampaignType {
        FundraisingCampaign = "Fundraising Campaign",
        DirectMail = "Direct Mail",
        DonationForm = "Donation Form",
        Event = "Event",
        PeerToPeer = "Peer-to-Peer Campaign",
        Grants = "Grants",
        Other = "Other",
    }
}

/// A campaign as somebody wants it to be.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = campaigns, treat_none_as_null = true)]
pub struct CampaignDraft {
    pub name: String,
    pub campaign_type: CampaignType,
    pub description: String,
    /// In the smallest unit of `goal_currency`.
    pub goal: Option<i64>,
    pub goal_currency: Currency,
    pub start_date: Option<NaiveDate>,
    pub end_date: Option<NaiveDate>,
    /// The campaign it is a part of.
    pub parent_id: Option<CampaignId>,
    /// The fund its gifts go to unless somebody says otherwise.
    pub fund_id: Option<FundId>,
    /// Offered for new gifts.
    pub is_enabled: bool,
}

impl CampaignDraft {
    /// A campaign of this name and nothing else, as a file may bring it.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            campaign_type: CampaignType::FundraisingCampaign,
            description: String::new(),
            goal: None,
            goal_currency: Currency::CAD,
            start_date: None,
            end_date: None,
            parent_id: None,
            fund_id: None,
            is_enabled: true,
        }
    }

    /// What it wants to raise.
    pub fn goal(&self) -> Option<Money> {
        self.goal.map(|minor| Money::new(minor, self.goal_currency))
    }

    /// "Jan 5, 2026 – Mar 31, 2026", "since Jan 5, 2026", "until Mar 31, 2026", or nothing.
    pub fn dates(&self) -> String {
        let day = |date: NaiveDate| date.format("%b %-d, %Y");
        match (self.start_date, self.end_date) {
            (Some(start), Some(end)) => format!("{} – {}", day(start), day(end)),
            (Some(start), None) => format!("since {}", day(start)),
            (None, Some(end)) => format!("until {}", day(end)),
            (None, None) => String::new(),
        }
    }
}

/// A campaign as it stands in the records.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = campaigns)]
pub struct Campaign {
    pub id: CampaignId,
    #[diesel(embed)]
    pub is: CampaignDraft,
}

/// Reads a name as somebody typed it.
pub fn name(typed: &str) -> Result<String, &'static str> {
    required(typed, "Give the campaign a name.")
}
