//! The list of opportunities, with filters.

use super::super::model::Outcome;
use super::super::statuses::{self, OUTCOME_WORDS};
use super::super::store::{self, OpportunityFilter};
use super::{Row, pipeline};
use crate::accounts::{self, Member};
use crate::web::{self, Answer, Choice, PAGE_SIZE, Page, PageError, Pager};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

/// What may stand in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The name of a status, or "open", "won" or "lost".
    status: String,
    /// A colleague's id, or "mine".
    owner: String,
    #[serde(rename = "type")]
    of_type: String,
    page: String,
}

/// The words in the address that mean all statuses of one outcome.
const OUTCOMES: [(&str, &str, Outcome); 3] = [
    (OUTCOME_WORDS[0], "Still open", Outcome::Open),
    (OUTCOME_WORDS[1], "Won", Outcome::Won),
    (OUTCOME_WORDS[2], "Lost", Outcome::Lost),
];

#[derive(Template)]
#[template(path = "opportunities/list.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
    names_prospects: bool,
    pager: Pager,
    statuses: Vec<Choice>,
    owners: Vec<Choice>,
    types: Vec<Choice>,
    is_filtered: bool,
}

/// `GET /o/{organization}/opportunities/list`
pub async fn show(member: Member, asked: Query<Asked>) -> Answer {
    let asked = asked.into_inner();
    let filter = OpportunityFilter {
        outcome: OUTCOMES
            .iter()
            .find(|(word, ..)| *word == asked.status)
            .map(|(.., outcome)| *outcome),
        status: Some(asked.status.clone())
            .filter(|status| !status.is_empty() && !OUTCOMES.iter().any(|(word, ..)| word == status)),
        owner: pipeline::owner(&member, &asked.owner),
        opportunity_type: Some(asked.of_type.clone()).filter(|of_type| !of_type.is_empty()),
        ..OpportunityFilter::default()
    };
    let wanted = asked.page.parse().unwrap_or(1);
    let (number, total, found, statuses, types, colleagues) = member
        .read(move |tx| {
            let total = store::count(tx, &filter)?;
            let number = Pager::number(wanted, total);
            let found = store::list(tx, &filter, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            let (statuses, types) = (statuses::shown(tx)?, store::types(tx)?);
            Ok::<_, PageError>((number, total, found, statuses, types, accounts::colleagues(tx)?))
        })
        .await?;
    let today = member.today();
    let statuses = statuses.into_iter().map(|status| (status.name.clone(), status.name));
    let outcomes = OUTCOMES
        .iter()
        .map(|(word, label, _)| ((*word).to_owned(), (*label).to_owned()));
    let statuses = std::iter::once((String::new(), "Any".to_owned()))
        .chain(outcomes)
        .chain(statuses);
    let any = std::iter::once((String::new(), "Any".to_owned()));
    let types = types.into_iter().map(|of_type| (of_type.clone(), of_type));
    web::show(ListPage {
        page: member.page("opportunities"),
        rows: found
            .into_iter()
            .map(|opportunity| Row::of(opportunity, today))
            .collect(),
        names_prospects: true,
        pager: Pager::of(number, total, |page| at(&member, &asked, page)),
        statuses: Choice::list(statuses, &asked.status),
        owners: pipeline::owners(colleagues, &asked.owner),
        types: Choice::list(any.chain(types), &asked.of_type),
        is_filtered: [&asked.status, &asked.owner, &asked.of_type]
            .iter()
            .any(|chosen| !chosen.is_empty()),
    })
}

fn at(member: &Member, asked: &Asked, page: i64) -> String {
    let page = page.to_string();
    let pairs = [
        ("status", &asked.status),
        ("owner", &asked.owner),
        ("type", &asked.of_type),
        ("page", &page),
    ];
    let given: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let query = serde_urlencoded::to_string(given).unwrap_or_default();
    member.at(&format!("opportunities/list?{query}"))
}
