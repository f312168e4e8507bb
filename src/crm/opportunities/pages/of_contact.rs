//! A contact's Opportunities tab.

use super::super::store::{self, OpportunityFilter};
use super::Row;
use crate::accounts::Member;
use crate::base::ContactId;
use crate::crm::profile::{Frame, Tab};
use crate::web::{self, Answer, PAGE_SIZE, Page, PageError, Pager};
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "opportunities/of_contact.html")]
struct OpportunitiesPage {
    page: Page,
    frame: Frame,
    rows: Vec<Row>,
    names_prospects: bool,
    pager: Pager,
}

impl OpportunitiesPage {
    /// Neither a reader's page nor one of a contact in the trash.
    fn may_change(&self) -> bool {
        self.page.may_write() && !self.frame.is_in_the_trash
    }
}

/// What stands behind the `?`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    page: String,
}

/// `GET /o/{organization}/contacts/{contact}/opportunities`
pub async fn show(member: Member, path: Path<(String, ContactId)>, asked: Query<Asked>) -> Answer {
    let contact = path.1;
    let wanted = asked.page.parse().unwrap_or(1);
    let (frame, number, total, found) = member
        .read(move |tx| {
            let frame = Frame::load(tx, contact, Tab::Opportunities)?;
            let filter = OpportunityFilter {
                contact: Some(contact),
                ..OpportunityFilter::default()
            };
            let total = store::count(tx, &filter)?;
            let number = Pager::number(wanted, total);
            let found = store::list(tx, &filter, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            Ok::<_, PageError>((frame, number, total, found))
        })
        .await?;
    let today = member.today();
    web::show(OpportunitiesPage {
        page: member.page("contacts"),
        frame,
        rows: found
            .into_iter()
            .map(|opportunity| Row::of(opportunity, today))
            .collect(),
        names_prospects: false,
        pager: Pager::of(number, total, |page| {
            member.at(&format!("contacts/{contact}/opportunities?page={page}"))
        }),
    })
}
