//! Funds and campaigns as a file names them.

use super::meaning::Meaning;
use crate::base::{CampaignId, FundId};
use crate::crm::campaigns::{self, CampaignDraft, UsualFunds};
use crate::crm::contributions::differences;
use crate::crm::funds::{self, FundDraft};
use crate::crm::imports::brings::Hold;
use crate::crm::imports::cells::Said;
use crate::crm::imports::names::Names;
use crate::db::OrgTx;

/// What is made where somebody ticks it.
pub const MADE: &str = "funds and campaigns";

/// The funds and campaigns that rows name.
pub struct Purposes {
    usual: UsualFunds,
    funds: Names<FundId>,
    campaigns: Names<CampaignId>,
}

impl Purposes {
    /// Finds what is here and, where it may be, makes what is missing.
    pub fn find<'e>(
        tx: &mut OrgTx<'_>,
        rows: impl Iterator<Item = &'e Said<Meaning>> + Clone,
        makes_missing: bool,
        hold: Hold,
    ) -> anyhow::Result<Self> {
        let here = funds::store::list(tx)?.into_iter();
        let mut funds = Names::here("fund", MADE, here.map(|fund| (fund.id, fund.is.name)));
        let here = campaigns::store::list(tx)?.into_iter();
        let mut campaigns = Names::here("campaign", MADE, here.map(|campaign| (campaign.id, campaign.is.name)));
        if makes_missing {
            let named = rows.clone().filter_map(|said| said.get(Meaning::Fund));
            funds.make_missing(tx, named, hold, FundId, |tx, name| {
                Ok(funds::actions::add(tx, &FundDraft::named(name))?)
            })?;
            let named = rows.filter_map(|said| said.get(Meaning::Campaign));
            campaigns.make_missing(tx, named, hold, CampaignId, |tx, name| {
                Ok(campaigns::actions::add(tx, &CampaignDraft::named(name))?)
            })?;
        }
        Ok(Self {
            usual: UsualFunds::load(tx)?,
            funds,
            campaigns,
        })
    }

    /// The fund and the campaign that a row names; the error is the sentence shown at the row.
    pub fn named(&self, said: &Said<Meaning>) -> Result<(Option<FundId>, Option<CampaignId>), String> {
        Ok((
            self.funds.find(said.get(Meaning::Fund))?,
            self.campaigns.find(said.get(Meaning::Campaign))?,
        ))
    }

    /// The fund of a new gift whose row names none.
    pub fn usual_fund(&self, campaign: Option<CampaignId>) -> FundId {
        self.usual.of(campaign)
    }

    /// The names of those that are not here yet, so that changes can be shown.
    pub fn add_to_be_made(&self, spoken: &mut differences::Names) {
        spoken.funds.extend(self.funds.all());
        spoken.campaigns.extend(self.campaigns.all());
    }
}
