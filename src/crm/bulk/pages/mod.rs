//! The pages of bulk actions, each handler beside its template.

mod choose;
mod contacts;
mod list;
mod show;
mod undo;

use super::model::BulkAction;
use super::store;
use crate::base::{BulkActionId, Role};
use crate::db::OrgTx;
use crate::web::{Needs, PageError, Route, get, post};

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

fn existing(tx: &mut OrgTx<'_>, id: BulkActionId) -> Result<BulkAction, PageError> {
    store::find(tx, id)?.ok_or(PageError::NotFound)
}
