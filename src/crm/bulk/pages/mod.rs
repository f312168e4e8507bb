//! The pages of bulk actions, each handler beside its template. Those about groups, tags and activities stand where these are
//! looked for, below their addresses.

mod activity;
mod choose;
mod contacts;
mod group;
mod list;
mod show;
mod tag;
mod undo;

use super::model::{BulkAction, State};
use super::store;
use crate::accounts::Member;
use crate::base::{BulkActionId, Role};
use crate::db::OrgTx;
use crate::web::{Flash, Needs, PageError, Route, get, post};

/// What handlers below `/o/{organization}/bulk/{action}` take.
type BulkPath = actix_web::web::Path<(String, BulkActionId)>;

/// Every route of bulk actions.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    vec![
        get("/o/{organization}/bulk", READ, list::show),
        post("/o/{organization}/bulk/edit", CHANGE, choose::field),
        post("/o/{organization}/bulk/value", CHANGE, choose::value),
        post("/o/{organization}/bulk/preview", CHANGE, choose::preview),
        post("/o/{organization}/bulk/trash", CHANGE, choose::trash),
        post("/o/{organization}/bulk/restore", CHANGE, choose::restore),
        post("/o/{organization}/bulk/start", CHANGE, choose::start),
        post("/o/{organization}/groups/choose", CHANGE, group::show),
        post("/o/{organization}/groups/additions", CHANGE, group::add),
        post("/o/{organization}/groups/choose-removal", CHANGE, group::show_removal),
        post("/o/{organization}/groups/removals", CHANGE, group::remove),
        post("/o/{organization}/tags/choose", CHANGE, tag::show),
        post("/o/{organization}/tags/additions", CHANGE, tag::add),
        post("/o/{organization}/tags/choose-removal", CHANGE, tag::show_removal),
        post("/o/{organization}/tags/removals", CHANGE, tag::remove),
        post("/o/{organization}/activities/choose", CHANGE, activity::show),
        post("/o/{organization}/activities/additions", CHANGE, activity::add),
        get("/o/{organization}/bulk/{action}", READ, show::show),
        get("/o/{organization}/bulk/{action}/live", READ, show::live),
        post("/o/{organization}/bulk/{action}/again", CHANGE, show::try_again),
        get("/o/{organization}/bulk/{action}/undo", CHANGE, undo::show),
        post("/o/{organization}/bulk/{action}/undo", CHANGE, undo::submit),
        get(
            "/o/{organization}/bulk/{action}/contacts/{outcome}",
            READ,
            contacts::show,
        ),
    ]
}

/// A message about an action that was done at once, with the way back.
fn with_undo(member: &Member, said: Flash, action: &BulkAction) -> Flash {
    match action.result.changed {
        0 => said,
        _ => said.leading_to(member.at(&format!("{}/undo", action.path())), "Undo"),
    }
}

/// Where a started action is seen: at `place` where it was done at once, else on its own page.
fn seen_at(member: &Member, action: &BulkAction, place: &str) -> actix_web::HttpResponse {
    match action.state {
        State::Running => member.redirect(&action.path()),
        _ => member.redirect(place),
    }
}

fn existing(tx: &mut OrgTx<'_>, id: BulkActionId) -> Result<BulkAction, PageError> {
    store::find(tx, id)?.ok_or(PageError::NotFound)
}
