//! Funds and campaigns as a file names them: those that are here, and those that may be made.

use super::entry::Entry;
use super::meaning::Meaning;
use crate::base::{CampaignId, FundId};
use crate::crm::campaigns::{self, CampaignDraft};
use crate::crm::contributions::differences;
use crate::crm::funds::{self, FundDraft};
use crate::db::OrgTx;
use std::collections::HashMap;

/// Whether funds and campaigns that may be made are made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Only looked at: what would be made has a negative id that stands nowhere.
    Look,
    Make,
}

/// The funds and campaigns that rows name.
pub struct Names {
    pub default_fund: FundId,
    /// By name in lower case.
    funds: HashMap<String, (FundId, String)>,
    campaigns: HashMap<String, (CampaignId, String)>,
}

impl Names {
    /// Finds what is here and, where it may be, makes what is missing.
    pub fn find<'e>(
        tx: &mut OrgTx<'_>,
        entries: impl Iterator<Item = &'e Entry> + Clone,
        makes_missing: bool,
        hold: Hold,
    ) -> anyhow::Result<Self> {
        let here = funds::store::list(tx)?.into_iter();
        let mut names = Self {
            default_fund: funds::store::default(tx)?.id,
            funds: here.map(|fund| (key(&fund.is.name), (fund.id, fund.is.name))).collect(),
            campaigns: campaigns::store::list(tx)?
                .into_iter()
                .map(|campaign| (key(&campaign.is.name), (campaign.id, campaign.is.name)))
                .collect(),
        };
        if makes_missing {
            for name in entries.clone().filter_map(|entry| entry.get(Meaning::Fund)) {
                if let (false, Ok(name)) = (names.funds.contains_key(&key(name)), funds::model::name(name)) {
                    let id = match hold {
                        Hold::Make => funds::actions::add(tx, &FundDraft::named(&name))?,
                        Hold::Look => FundId(-1 - names.funds.len() as i64),
                    };
                    names.funds.insert(key(&name), (id, name));
                }
            }
            for name in entries.filter_map(|entry| entry.get(Meaning::Campaign)) {
                if let (false, Ok(name)) = (names.campaigns.contains_key(&key(name)), campaigns::model::name(name)) {
                    let id = match hold {
                        Hold::Make => campaigns::actions::add(tx, &CampaignDraft::named(&name))?,
                        Hold::Look => CampaignId(-1 - names.campaigns.len() as i64),
                    };
                    names.campaigns.insert(key(&name), (id, name));
                }
            }
        }
        Ok(names)
    }

    /// The fund a row names; the error is the sentence shown at the row.
    pub fn fund(&self, name: Option<&str>) -> Result<Option<FundId>, String> {
        let found = name.map(|name| self.funds.get(&key(name)).map(|(id, _)| *id).ok_or(name));
        found.transpose().map_err(|name| not_here("fund", name))
    }

    /// The campaign a row names.
    pub fn campaign(&self, name: Option<&str>) -> Result<Option<CampaignId>, String> {
        let found = name.map(|name| self.campaigns.get(&key(name)).map(|(id, _)| *id).ok_or(name));
        found.transpose().map_err(|name| not_here("campaign", name))
    }

    /// The names of those that are not here yet, so that changes can be shown.
    pub fn add_to_be_made(&self, spoken: &mut differences::Names) {
        spoken.funds.extend(self.funds.values().cloned());
        spoken.campaigns.extend(self.campaigns.values().cloned());
    }
}

fn not_here(what: &str, name: &str) -> String {
    format!(
        "There is no {what} called “{name}” here. Add it first, or tick “Make funds and campaigns that do not exist here \
         yet” under Change the Columns."
    )
}

/// Names differ in more than their case.
pub fn key(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
