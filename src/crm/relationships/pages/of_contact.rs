//! A contact's Relationships tab: those that hold, and those that are over.

use super::super::model::{Details, Seen};
use super::super::store::{self, SeenFrom};
use super::ContactPath;
use crate::accounts::Member;
use crate::crm::profile::{Frame, Tab};
use crate::db::OrgTx;
use crate::web::{self, Answer, PAGE_SIZE, Page, PageError, Pager};
use actix_web::web::Query;
use askama::Template;
use chrono::NaiveDate;
use diesel::QueryResult;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "relationships/of_contact.html")]
struct RelationshipsPage {
    page: Page,
    frame: Frame,
    today: NaiveDate,
    current: Vec<Seen>,
    current_pager: Pager,
    former: Vec<Seen>,
    former_pager: Pager,
}

impl RelationshipsPage {
    /// Neither a reader's page nor one of a contact in the trash.
    fn may_change(&self) -> bool {
        self.page.may_write() && !self.frame.is_in_the_trash
    }

    /// Both parts of the page, with the id and the heading of each.
    fn parts(&self) -> Vec<(&'static str, &'static str, &[Seen], &Pager)> {
        vec![
            ("current", "Current Relationships", &self.current, &self.current_pager),
            ("former", "Former Relationships", &self.former, &self.former_pager),
        ]
    }

    /// "since May 1, 2020", "May 1, 2020 to Jun 30, 2024"
    fn when(&self, details: &Details) -> String {
        let day = |day: NaiveDate| day.format("%b %-d, %Y").to_string();
        match (details.start_date, details.end_date) {
            (Some(start), Some(end)) => format!("{} to {}", day(start), day(end)),
            (Some(start), None) if start > self.today => format!("from {}", day(start)),
            (Some(start), None) => format!("since {}", day(start)),
            (None, Some(end)) => format!("until {}", day(end)),
            (None, None) => String::new(),
        }
    }
}

/// What stands behind the `?`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    page: String,
    former_page: String,
}

/// `GET /o/{organization}/contacts/{contact}/relationships`
pub async fn show(member: Member, path: ContactPath, asked: Query<Asked>) -> Answer {
    let (contact, today) = (path.1, member.today());
    let (frame, current, former) = member
        .read(move |tx| {
            let frame = Frame::load(tx, contact, Tab::Relationships)?;
            let from = |former| SeenFrom {
                contact,
                today,
                former: Some(former),
                only: None,
            };
            let current = one_page(tx, from(false), &asked.page)?;
            let former = one_page(tx, from(true), &asked.former_page)?;
            Ok::<_, PageError>((frame, current, former))
        })
        .await?;
    let pager = |(_, number, total): &(Vec<Seen>, i64, i64), name: &str| {
        let link = |page| member.at(&format!("contacts/{contact}/relationships?{name}={page}"));
        Pager::of(*number, *total, link)
    };
    web::show(RelationshipsPage {
        page: member.page("contacts"),
        frame,
        today,
        current_pager: pager(&current, "page"),
        current: current.0,
        former_pager: pager(&former, "former_page"),
        former: former.0,
    })
}

/// A page of them, its number, and how many there are in all.
fn one_page(tx: &mut OrgTx<'_>, wanted: SeenFrom, number: &str) -> QueryResult<(Vec<Seen>, i64, i64)> {
    let total = store::count(tx, wanted)?;
    let number = Pager::number(number.parse().unwrap_or(1), total);
    let seen = store::list(tx, wanted, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
    Ok((seen, number, total))
}
