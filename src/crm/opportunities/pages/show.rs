//! One opportunity, all of it.

use super::super::model::Opportunity;
use super::{OpportunityPath, amount, existing, in_words};
use crate::accounts::Member;
use crate::web::{self, Answer, Page};
use askama::Template;
use chrono::NaiveDate;

#[derive(Template)]
#[template(path = "opportunities/show.html")]
struct OpportunityPage {
    page: Page,
    opportunity: Opportunity,
    amount: String,
    received: String,
    today: NaiveDate,
}

impl OpportunityPage {
    fn day(&self, day: &NaiveDate) -> String {
        in_words(*day)
    }

    /// Whether the day is past and what was to be done until then is still open.
    fn is_missed(&self, what: &str) -> bool {
        let deadlines = self.opportunity.deadlines();
        deadlines
            .iter()
            .any(|(deadline, day)| *deadline == what && *day < self.today)
    }
}

/// `GET /o/{organization}/opportunities/{opportunity}`
pub async fn show(member: Member, path: OpportunityPath) -> Answer {
    let id = path.1;
    let opportunity = member.read(move |tx| existing(tx, id)).await?;
    web::show(OpportunityPage {
        page: member.page("opportunities"),
        amount: amount(&opportunity.is),
        received: opportunity
            .is
            .received()
            .map(|money| money.to_string())
            .unwrap_or_default(),
        opportunity,
        today: member.today(),
    })
}
