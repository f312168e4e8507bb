//! One fund: what was given to it, from how many, and when it came.

use super::chart::Chart;
use super::list::{Sums, at};
use crate::accounts::Member;
use crate::base::FundId;
use crate::crm::contributions::search::{self, Filter};
use crate::crm::funds::{self, Fund};
use crate::web::{self, Answer, Page, PageError};
use actix_web::web::Path;
use askama::Template;

#[derive(Template)]
#[template(path = "funds/show.html")]
struct FundPage {
    page: Page,
    fund: Fund,
    sums: Sums,
    chart: Option<Chart>,
    /// The address of its contributions.
    all: String,
}

/// `GET /o/{organization}/funds/{fund}`
pub async fn show(member: Member, path: Path<(String, FundId)>) -> Answer {
    let id = path.1;
    let filter = Filter {
        fund: Some(id),
        ..Filter::default()
    };
    let asked = filter.clone();
    let (fund, totals, months) = member
        .read(move |tx| {
            let fund = funds::store::find(tx, id)?.ok_or(PageError::NotFound)?;
            let totals = search::totals(tx, &asked)?;
            let months = match Chart::currency_of(&totals) {
                Some(currency) => Some((currency, search::by_month(tx, &asked, currency)?)),
                None => None,
            };
            Ok::<_, PageError>((fund, totals, months))
        })
        .await?;
    web::show(FundPage {
        page: member.page("funds"),
        chart: months.and_then(|(currency, months)| Chart::draw(&member, &filter, currency, &months)),
        sums: Sums::of(&member, &filter, totals),
        all: at(&member, &filter, 1),
        fund,
    })
}
