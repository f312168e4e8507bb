//! Where a gift goes for which nobody chose a fund: the same in the form, in batches and in files.

use super::store;
use crate::base::{CampaignId, FundId};
use crate::crm::funds;
use crate::db::OrgTx;
use diesel::QueryResult;
use std::collections::HashMap;

/// The funds of campaigns, as far as they are enabled, and the default.
#[derive(Clone, Debug)]
pub struct UsualFunds {
    default: FundId,
    default_name: String,
    of_campaigns: HashMap<CampaignId, FundId>,
}

impl UsualFunds {
    /// As they are now.
    pub fn load(tx: &mut OrgTx<'_>) -> QueryResult<Self> {
        let default = funds::store::default(tx)?;
        let all = funds::store::list(tx)?;
        let is_enabled = |id: &FundId| all.iter().any(|fund| fund.id == *id && fund.is.is_enabled);
        let campaigns = store::list(tx)?.into_iter();
        let of_campaigns =
            campaigns.filter_map(|campaign| Some((campaign.id, campaign.is.fund_id.filter(is_enabled)?)));
        Ok(Self {
            default: default.id,
            default_name: default.is.name,
            of_campaigns: of_campaigns.collect(),
        })
    }

    /// The fund of a gift that this campaign, or none, brought.
    pub fn of(&self, campaign: Option<CampaignId>) -> FundId {
        let of_campaign = campaign.and_then(|campaign| self.of_campaigns.get(&campaign));
        of_campaign.copied().unwrap_or(self.default)
    }

    /// What a form offers before the funds themselves, value and words, where a campaign has one of its own.
    pub fn offered(&self) -> Option<(String, String)> {
        let words = format!("The campaign’s fund, otherwise {}", self.default_name);
        (!self.of_campaigns.is_empty()).then(|| (String::new(), words))
    }

    /// The value that a form begins with.
    pub fn chosen(&self) -> String {
        match self.offered() {
            Some((value, _)) => value,
            None => self.default.to_string(),
        }
    }
}
