//! The pages of groups, each handler beside its template.

mod delete;
mod list;
mod settings;

use super::model::Group;
use super::store;
use crate::base::{GroupId, Role};
use crate::db::OrgTx;
use crate::web::{Needs, PageError, Route, get, post};

/// What handlers below `/o/{organization}/groups/{group}` take.
type GroupPath = actix_web::web::Path<(String, GroupId)>;
/// The seam to Mailchimp, as handlers take it.
type Mailchimp = actix_web::web::Data<dyn super::mailchimp::MailchimpView>;

/// Every route of groups.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    vec![
        get("/o/{organization}/groups", READ, list::show),
        get("/o/{organization}/groups/new", CHANGE, settings::show_new),
        post("/o/{organization}/groups/new", CHANGE, settings::create),
        get("/o/{organization}/groups/{group}/settings", CHANGE, settings::show),
        post("/o/{organization}/groups/{group}/settings", CHANGE, settings::save),
        get("/o/{organization}/groups/{group}/delete", CHANGE, delete::show),
        post("/o/{organization}/groups/{group}/delete", CHANGE, delete::submit),
    ]
}

fn existing(tx: &mut OrgTx<'_>, id: GroupId) -> Result<Group, PageError> {
    store::find(tx, id)?.ok_or(PageError::NotFound)
}
