//! The pipeline: what the opportunities of each status add up to, and the dates to be kept.

use super::super::model::Status;
use super::super::store::{self, Deadline, Sum};
use super::in_words;
use crate::accounts::{self, Member};
use crate::base::StaffId;
use crate::web::{self, Answer, Choice, Page, PageError};
use actix_web::web::Query;
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "opportunities/pipeline.html")]
struct PipelinePage {
    page: Page,
    owners: Vec<Choice>,
    stages: Vec<Stage>,
    /// All that is still open.
    open: Stage,
    deadlines: Vec<Deadline>,
    today: NaiveDate,
}

/// The opportunities of one status.
struct Stage {
    label: &'static str,
    /// The list of them.
    url: String,
    opportunities: i64,
    /// One a currency.
    sums: Vec<Sum>,
}

impl PipelinePage {
    fn day(&self, day: &NaiveDate) -> String {
        in_words(*day)
    }

    fn is_past(&self, day: &NaiveDate) -> bool {
        *day < self.today
    }
}

/// What may stand in the address.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// A colleague's id, or "mine".
    owner: String,
}

/// `GET /o/{organization}/opportunities`
pub async fn show(member: Member, asked: Query<Asked>) -> Answer {
    let owner = owner(&member, &asked.owner);
    let today = member.today();
    let (sums, deadlines, colleagues) = member
        .read(move |tx| {
            let sums = store::sums(tx, owner)?;
            Ok::<_, PageError>((sums, store::deadlines(tx, owner, today)?, accounts::colleagues(tx)?))
        })
        .await?;
    let list = |status: &str| {
        let pairs = [("status", status), ("owner", asked.owner.as_str())];
        let given: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let query = serde_urlencoded::to_string(given).unwrap_or_default();
        member.at(&format!("opportunities/list?{query}"))
    };
    let stages = Status::ALL.iter().map(|status| {
        let sums: Vec<Sum> = sums.iter().filter(|sum| sum.status == *status).cloned().collect();
        Stage {
            label: status.as_str(),
            url: list(status.as_str()),
            opportunities: sums.iter().map(|sum| sum.opportunities).sum(),
            sums,
        }
    });
    let open = Stage {
        label: "Still open",
        url: list("open"),
        opportunities: sums
            .iter()
            .filter(|sum| sum.status.is_open())
            .map(|sum| sum.opportunities)
            .sum(),
        sums: together(sums.iter().filter(|sum| sum.status.is_open())),
    };
    let others = colleagues
        .into_iter()
        .map(|colleague| (colleague.id.to_string(), colleague.name));
    let owners = [
        (String::new(), "Everybody".to_owned()),
        ("mine".to_owned(), "Mine".to_owned()),
    ];
    web::show(PipelinePage {
        page: member.page("opportunities"),
        owners: Choice::list(owners.into_iter().chain(others), &asked.owner),
        stages: stages.collect(),
        open,
        deadlines,
        today,
    })
}

/// Whose opportunities are wanted.
pub(super) fn owner(member: &Member, asked: &str) -> Option<StaffId> {
    match asked {
        "mine" => Some(member.person().staff.id),
        id => id.parse().ok(),
    }
}

/// Sums of several statuses, one a currency.
fn together<'s>(sums: impl Iterator<Item = &'s Sum>) -> Vec<Sum> {
    let mut together: Vec<Sum> = Vec::new();
    for sum in sums {
        match together.iter_mut().find(|known| known.currency == sum.currency) {
            Some(known) => {
                known.opportunities += sum.opportunities;
                known.amount.minor += sum.amount.minor;
                known.weighted.minor += sum.weighted.minor;
                known.received.minor += sum.received.minor;
            }
            None => together.push(sum.clone()),
        }
    }
    together
}
