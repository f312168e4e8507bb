//! One campaign: what it and its parts have raised, from how many, how far that is to the goal, and when it came.

use super::chart::Chart;
use super::list::{Sums, at};
use crate::accounts::Member;
use crate::base::{CampaignId, Money};
use crate::crm::campaigns::{self, Campaign};
use crate::crm::contributions::Status;
use crate::crm::contributions::search::{self, Filter, Total};
use crate::web::{self, Answer, Page, PageError};
use actix_web::web::Path;
use askama::Template;

#[derive(Template)]
#[template(path = "campaigns/show.html")]
struct CampaignPage {
    page: Page,
    campaign: Campaign,
    parent: Option<Campaign>,
    parts: Vec<Campaign>,
    sums: Sums,
    progress: Option<Progress>,
    by_fund: Vec<Share>,
    chart: Option<Chart>,
    /// The address of its contributions.
    all: String,
}

/// What of it went to a fund.
struct Share {
    fund: String,
    total: Money,
    /// The address of these contributions.
    url: String,
}

/// How far the campaign is, in the currency of its goal.
struct Progress {
    raised: Money,
    goal: Money,
}

impl Progress {
    fn of(campaign: &Campaign, totals: &[Total]) -> Option<Self> {
        let goal = campaign.is.goal()?;
        let completed = totals
            .iter()
            .find(|total| total.status == Status::Completed && total.currency == goal.currency);
        Some(Self {
            raised: completed.map_or(Money::new(0, goal.currency), Total::total),
            goal,
        })
    }

    /// In percent, rounded down: what is not reached is not said to be.
    fn percent(&self) -> i128 {
        i128::from(self.raised.minor) * 100 / i128::from(self.goal.minor.max(1))
    }

    /// What is still lacking.
    fn missing(&self) -> Option<Money> {
        let missing = self.goal.minor - self.raised.minor;
        (missing > 0).then(|| Money::new(missing, self.goal.currency))
    }
}

/// `GET /o/{organization}/campaigns/{campaign}`
pub async fn show(member: Member, path: Path<(String, CampaignId)>) -> Answer {
    let id = path.1;
    let filter = Filter {
        campaign: Some(id),
        ..Filter::default()
    };
    let asked = filter.clone();
    let (campaign, parent, parts, totals, months, donors, by_fund) = member
        .read(move |tx| {
            let campaign = campaigns::store::find(tx, id)?.ok_or(PageError::NotFound)?;
            let parent = match campaign.is.parent_id {
                Some(parent) => campaigns::store::find(tx, parent)?,
                None => None,
            };
            let totals = search::totals(tx, &asked)?;
            let months = match Chart::currency_of(&totals) {
                Some(currency) => Some((currency, search::by_month(tx, &asked, currency)?)),
                None => None,
            };
            let (parts, donors) = (campaigns::store::parts(tx, id)?, search::donors(tx, &asked)?);
            let by_fund = search::by_fund(tx, &asked)?;
            Ok::<_, PageError>((campaign, parent, parts, totals, months, donors, by_fund))
        })
        .await?;
    let by_fund = by_fund.into_iter().map(|(fund, name, total)| {
        let only = Filter {
            fund: Some(fund),
            currency: Some(total.currency),
            ..filter.with_status(Status::Completed)
        };
        Share {
            fund: name,
            total,
            url: at(&member, &only, 1),
        }
    });
    let by_fund = by_fund.collect();
    web::show(CampaignPage {
        by_fund,
        page: member.page("campaigns"),
        progress: Progress::of(&campaign, &totals),
        chart: months.and_then(|(currency, months)| Chart::draw(&member, &filter, currency, &months)),
        sums: Sums::of(&member, &filter, totals).with_donors(donors),
        all: at(&member, &filter, 1),
        campaign,
        parent,
        parts,
    })
}
