//! The pipeline: what the opportunities of each status add up to, and the dates to be kept.

use super::super::model::Outcome;
use super::super::statuses;
use super::super::store::{self, Deadline, Sum};
use super::in_words;
use crate::accounts::{self, Member, model::Colleague};
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
    /// Nobody has an opportunity yet.
    is_empty: bool,
    today: NaiveDate,
}

/// The opportunities of one status.
struct Stage {
    label: String,
    /// How much counts of an amount that does not say itself how likely it is, in percent; for each open status.
    weight: Option<i32>,
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
    let (statuses, sums, deadlines, colleagues) = member
        .read(move |tx| {
            let (statuses, sums) = (statuses::shown(tx)?, store::sums(tx, owner)?);
            let deadlines = store::deadlines(tx, owner, today)?;
            Ok::<_, PageError>((statuses, sums, deadlines, accounts::colleagues(tx)?))
        })
        .await?;
    let list = |status: &str| {
        let pairs = [("status", status), ("owner", asked.owner.as_str())];
        let given: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let query = serde_urlencoded::to_string(given).unwrap_or_default();
        member.at(&format!("opportunities/list?{query}"))
    };
    let of_status = |id| -> Vec<Sum> { sums.iter().filter(|sum| sum.status == id).cloned().collect() };
    let stages = statuses.iter().map(|status| {
        let sums = of_status(status.id);
        Stage {
            label: status.name.clone(),
            weight: status.is_open().then_some(status.probability),
            url: list(&status.name),
            opportunities: sums.iter().map(|sum| sum.opportunities).sum(),
            sums,
        }
    });
    let is_open = |sum: &&Sum| {
        let mut open = statuses.iter().filter(|status| status.outcome == Outcome::Open);
        open.any(|status| status.id == sum.status)
    };
    let open = Stage {
        label: "Still open".into(),
        weight: None,
        url: list("open"),
        opportunities: sums.iter().filter(is_open).map(|sum| sum.opportunities).sum(),
        sums: together(sums.iter().filter(is_open)),
    };
    web::show(PipelinePage {
        page: member.page("opportunities"),
        owners: owners(colleagues, &asked.owner),
        is_empty: owner.is_none() && sums.is_empty(),
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

/// Whose can be asked for.
pub(super) fn owners(colleagues: Vec<Colleague>, chosen: &str) -> Vec<Choice> {
    let first = [
        (String::new(), "Everybody".to_owned()),
        ("mine".to_owned(), "Mine".to_owned()),
    ];
    let others = colleagues
        .into_iter()
        .map(|colleague| (colleague.id.to_string(), colleague.name));
    Choice::list(first.into_iter().chain(others), chosen)
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
