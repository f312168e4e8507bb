//! A contact's Contributions tab: what they gave in all, each gift, and the gifts of others they are credited with.

use super::list::at;
use crate::accounts::Member;
use crate::base::{ContactId, Money};
use crate::crm::contributions::recurring::{self, Recurring};
use crate::crm::contributions::search::{self, ContributionRow, Filter};
use crate::crm::contributions::soft_credits::{self, SoftCredit};
use crate::crm::contributions::totals::{self, GivingTotal};
use crate::crm::profile::{Frame, Tab};
use crate::web::{self, Answer, PAGE_SIZE, Page, PageError, Pager};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "contributions/of_contact.html")]
struct ContributionsPage {
    page: Page,
    frame: Frame,
    /// Each with the address of its contributions.
    totals: Vec<(GivingTotal, String)>,
    rows: Vec<ContributionRow>,
    pager: Pager,
    credits: Vec<SoftCredit>,
    /// What they add up to, an amount a currency.
    credited: Vec<Money>,
    /// The list of the gifts they are credited with.
    credited_gifts: String,
    series: Vec<Recurring>,
    today: NaiveDate,
}

/// Which part of the list.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    page: String,
}

/// `GET /o/{organization}/contacts/{contact}/contributions`
pub async fn show(member: Member, path: Path<(String, ContactId)>, asked: Query<Asked>) -> Answer {
    let id = path.1;
    let wanted = asked.page.parse().unwrap_or(1);
    let theirs = Filter {
        contact: Some(id),
        ..Filter::default()
    };
    let filter = theirs.clone();
    let (frame, totals, number, rows, credits, series) = member
        .read(move |tx| {
            let frame = Frame::load(tx, id, Tab::Contributions)?;
            let number = Pager::number(wanted, frame.counts.contributions);
            let rows = search::list(tx, &filter, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            let credits = soft_credits::of_contact(tx, id)?;
            let series = recurring::of_contact(tx, id)?;
            Ok::<_, PageError>((frame, totals::of(tx, id)?, number, rows, credits, series))
        })
        .await?;
    let linked = totals.into_iter().map(|total| {
        let completed = Filter {
            currency: Some(total.currency),
            ..theirs.with_status(crate::crm::contributions::Status::Completed)
        };
        let url = at(&member, &completed, 1);
        (total, url)
    });
    web::show(ContributionsPage {
        page: member.page("contacts"),
        totals: linked.collect(),
        pager: Pager::of(number, frame.counts.contributions, |page| {
            member.at(&format!("contacts/{id}/contributions?page={page}"))
        }),
        frame,
        rows,
        credited: soft_credits::sums(&credits),
        credited_gifts: member.at(&format!("contributions?credited={id}")),
        credits,
        series,
        today: member.today(),
    })
}
