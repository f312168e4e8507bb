//! Every date to be kept: applications, decisions and reports, past ones and those to come.

use super::super::store::{self, Deadline, When};
use super::{in_words, pipeline};
use crate::accounts::{self, Member};
use crate::web::{self, Answer, Choice, PAGE_SIZE, Page, PageError, Pager};
use actix_web::web::Query;
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

/// What may stand in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// "past", "soon" or "later".
    when: String,
    /// A colleague's id, or "mine".
    owner: String,
    page: String,
}

#[derive(Template)]
#[template(path = "opportunities/deadlines.html")]
struct DeadlinesPage {
    page: Page,
    deadlines: Vec<Deadline>,
    pager: Pager,
    when: Vec<Choice>,
    owners: Vec<Choice>,
    is_filtered: bool,
    today: NaiveDate,
}

impl DeadlinesPage {
    fn day(&self, day: &NaiveDate) -> String {
        in_words(*day)
    }

    fn is_past(&self, day: &NaiveDate) -> bool {
        *day < self.today
    }
}

/// `GET /o/{organization}/opportunities/deadlines`
pub async fn show(member: Member, asked: Query<Asked>) -> Answer {
    let asked = asked.into_inner();
    let when = When::ALL.into_iter().find(|when| when.as_str() == asked.when);
    let owner = pipeline::owner(&member, &asked.owner);
    let today = member.today();
    let (all, colleagues) = member
        .read(move |tx| {
            let all = store::deadlines_of(tx, owner, when.unwrap_or_default(), today)?;
            Ok::<_, PageError>((all, accounts::colleagues(tx)?))
        })
        .await?;
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let number = Pager::number(asked.page.parse().unwrap_or(1), total);
    let pager = Pager::of(number, total, |page| at(&member, &asked, page));
    let before = usize::try_from((number - 1) * PAGE_SIZE).unwrap_or(0);
    let shown = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
    web::show(DeadlinesPage {
        page: member.page("opportunities"),
        deadlines: all.into_iter().skip(before).take(shown).collect(),
        pager,
        when: Choice::list(When::ALL.map(|when| (when.as_str(), when.label())), &asked.when),
        owners: pipeline::owners(colleagues, &asked.owner),
        is_filtered: !asked.when.is_empty() || !asked.owner.is_empty(),
        today,
    })
}

fn at(member: &Member, asked: &Asked, page: i64) -> String {
    let page = page.to_string();
    let pairs = [("when", &asked.when), ("owner", &asked.owner), ("page", &page)];
    let given: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let query = serde_urlencoded::to_string(given).unwrap_or_default();
    member.at(&format!("opportunities/deadlines?{query}"))
}
