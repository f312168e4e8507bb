//! One campaign: what it has raised.

use super::list::{Sums, at};
use crate::accounts::Member;
use crate::base::CampaignId;
use crate::crm::campaigns::{self, Campaign};
use crate::crm::contributions::search::{self, Filter};
use crate::web::{self, Answer, Page, PageError};
use actix_web::web::Path;
use askama::Template;

#[derive(Template)]
#[template(path = "campaigns/show.html")]
struct CampaignPage {
    page: Page,
    campaign: Campaign,
    sums: Sums,
    /// The address of its contributions.
    all: String,
}

/// `GET /o/{organization}/campaigns/{campaign}`
pub async fn show(member: Member, path: Path<(String, CampaignId)>) -> Answer {
    let id = path.1;
    let filter = Filter {
        campaign: Some(id),
        ..Filter::default()
    };
    let asked = filter.clone();
    let (campaign, totals) = member
        .read(move |tx| {
            let campaign = campaigns::store::find(tx, id)?.ok_or(PageError::NotFound)?;
            Ok::<_, PageError>((campaign, search::totals(tx, &asked)?))
        })
        .await?;
    web::show(CampaignPage {
        page: member.page("campaigns"),
        sums: Sums::of(&member, &filter, totals),
        all: at(&member, &filter, 1),
        campaign,
    })
}
