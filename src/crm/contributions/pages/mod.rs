//! The pages of contributions, each handler beside its template: the list, one contribution, the form, and what was given by
//! a contact, to a fund, to a campaign.

mod chart;
mod delete;
mod edit;
mod export;
mod form;
mod list;
mod narrowed;
mod of_campaign;
mod of_contact;
mod of_fund;
mod recurring;
mod show;

use super::model::Contribution;
use super::store;
use crate::base::{ContributionId, Role};
use crate::db::OrgTx;
use crate::web::{Needs, PageError, Route, get, post};
use actix_web::web::Path;

/// What a query string or a form sends, in the order it was sent.
type Pairs = Vec<(String, String)>;
/// What handlers below `/o/{organization}/contributions/{contribution}` take.
type ContributionPath = Path<(String, ContributionId)>;

/// Every route of contributions.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    vec![
        get("/o/{organization}/contributions", READ, list::show),
        get("/o/{organization}/contributions/new", CHANGE, edit::new),
        post("/o/{organization}/contributions/new", CHANGE, edit::create),
        get("/o/{organization}/contributions/export", READ, export::download),
        get("/o/{organization}/contributions/{contribution}", READ, show::show),
        get(
            "/o/{organization}/contributions/{contribution}/edit",
            CHANGE,
            edit::edit,
        ),
        post(
            "/o/{organization}/contributions/{contribution}/edit",
            CHANGE,
            edit::save,
        ),
        post(
            "/o/{organization}/contributions/{contribution}/thanks",
            CHANGE,
            show::thank,
        ),
        post(
            "/o/{organization}/contributions/{contribution}/recurring",
            CHANGE,
            show::attach,
        ),
        get(
            "/o/{organization}/contributions/{contribution}/delete",
            CHANGE,
            delete::ask,
        ),
        post(
            "/o/{organization}/contributions/{contribution}/delete",
            CHANGE,
            delete::delete,
        ),
        post(
            "/o/{organization}/contributions/{contribution}/soft-credits",
            CHANGE,
            show::add_credit,
        ),
        post(
            "/o/{organization}/contributions/{contribution}/soft-credits/{credit}/delete",
            CHANGE,
            show::delete_credit,
        ),
        get(
            "/o/{organization}/contacts/{contact}/contributions",
            READ,
            of_contact::show,
        ),
        get(
            "/o/{organization}/contacts/{contact}/recurring",
            CHANGE,
            recurring::show,
        ),
        post(
            "/o/{organization}/contacts/{contact}/recurring",
            CHANGE,
            recurring::begin,
        ),
        get(
            "/o/{organization}/contacts/{contact}/recurring/{recurring}/edit",
            CHANGE,
            recurring::edit,
        ),
        post(
            "/o/{organization}/contacts/{contact}/recurring/{recurring}/edit",
            CHANGE,
            recurring::save,
        ),
        post(
            "/o/{organization}/contacts/{contact}/recurring/{recurring}/delete",
            CHANGE,
            recurring::delete,
        ),
        post(
            "/o/{organization}/contacts/{contact}/recurring/{recurring}/end",
            CHANGE,
            recurring::end,
        ),
        get("/o/{organization}/recurring", READ, recurring::list),
        get("/o/{organization}/funds/{fund}", READ, of_fund::show),
        get("/o/{organization}/campaigns/{campaign}", READ, of_campaign::show),
    ]
}

fn existing(tx: &mut OrgTx<'_>, id: ContributionId) -> Result<Contribution, PageError> {
    store::find(tx, id)?.ok_or(PageError::NotFound)
}
