//! The pages of opportunities: the pipeline, the list, the deadlines, one of them, the form, a contact's tab, and the statuses among the
//! settings.

mod deadlines;
mod delete;
mod edit;
mod form;
mod list;
mod of_contact;
mod pipeline;
mod show;
mod statuses;

use super::model::{Details, Opportunity};
use super::store;
use crate::base::{OpportunityId, Role};
use crate::db::OrgTx;
use crate::web::{Needs, PageError, Route, get, post};
use chrono::NaiveDate;

/// What handlers below `/o/{organization}/opportunities/{opportunity}` take.
type OpportunityPath = actix_web::web::Path<(String, OpportunityId)>;

/// Every route of opportunities.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    const SET: Needs = Needs::Role(Role::Administrator);
    vec![
        get("/o/{organization}/opportunities", READ, pipeline::show),
        get("/o/{organization}/opportunities/list", READ, list::show),
        get("/o/{organization}/opportunities/deadlines", READ, deadlines::show),
        get("/o/{organization}/opportunities/new", CHANGE, edit::new),
        post("/o/{organization}/opportunities/new", CHANGE, edit::add),
        get("/o/{organization}/opportunities/{opportunity}", READ, show::show),
        get("/o/{organization}/opportunities/{opportunity}/edit", CHANGE, edit::edit),
        post("/o/{organization}/opportunities/{opportunity}/edit", CHANGE, edit::save),
        get(
            "/o/{organization}/opportunities/{opportunity}/delete",
            CHANGE,
            delete::ask,
        ),
        post(
            "/o/{organization}/opportunities/{opportunity}/delete",
            CHANGE,
            delete::delete,
        ),
        get(
            "/o/{organization}/contacts/{contact}/opportunities",
            READ,
            of_contact::show,
        ),
        get("/o/{organization}/opportunity-statuses", SET, statuses::list),
        get("/o/{organization}/opportunity-statuses/new", SET, statuses::new),
        post("/o/{organization}/opportunity-statuses/new", SET, statuses::add),
        get(
            "/o/{organization}/opportunity-statuses/{status}/edit",
            SET,
            statuses::edit,
        ),
        post(
            "/o/{organization}/opportunity-statuses/{status}/edit",
            SET,
            statuses::save,
        ),
        post(
            "/o/{organization}/opportunity-statuses/{status}/place",
            SET,
            statuses::shift,
        ),
        get(
            "/o/{organization}/opportunity-statuses/{status}/delete",
            SET,
            statuses::ask,
        ),
        post(
            "/o/{organization}/opportunity-statuses/{status}/delete",
            SET,
            statuses::delete,
        ),
    ]
}

/// A line of a list; `templates/opportunities/table.html` writes a `Vec` of them called `rows`.
struct Row {
    opportunity: Opportunity,
    /// "$5,000.00", or nothing.
    amount: String,
    received: String,
    /// What must be done next, and whether its day is past.
    next: Option<(&'static str, String, bool)>,
}

impl Row {
    fn of(opportunity: Opportunity, today: NaiveDate) -> Self {
        let next = opportunity.deadlines().into_iter().min_by_key(|(_, day)| *day);
        Self {
            amount: amount(&opportunity.is),
            received: opportunity
                .is
                .received()
                .map(|money| money.to_string())
                .unwrap_or_default(),
            next: next.map(|(what, day)| (what, in_words(day), day < today)),
            opportunity,
        }
    }
}

fn amount(is: &Details) -> String {
    is.amount().map(|money| money.to_string()).unwrap_or_default()
}

/// "May 1, 2026"
fn in_words(day: NaiveDate) -> String {
    day.format("%b %-d, %Y").to_string()
}

fn existing(tx: &mut OrgTx<'_>, id: OpportunityId) -> Result<Opportunity, PageError> {
    store::find(tx, id)?.ok_or(PageError::NotFound)
}
