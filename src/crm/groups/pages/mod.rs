//! The pages of groups, each handler beside its template.

mod delete;
mod list;
mod named;
mod new_contact;
mod of_contact;
mod settings;
mod show;
mod smart;
mod told;

pub(crate) use told::{Told, said_removed};

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
        get("/o/{organization}/groups/{group}", READ, show::show),
        get("/o/{organization}/groups/{group}/add", CHANGE, show::show_others),
        get(
            "/o/{organization}/groups/{group}/new-contact",
            CHANGE,
            new_contact::show,
        ),
        post(
            "/o/{organization}/groups/{group}/new-contact",
            CHANGE,
            new_contact::create,
        ),
        get("/o/{organization}/groups/{group}/settings", CHANGE, settings::show),
        post("/o/{organization}/groups/{group}/settings", CHANGE, settings::save),
        get("/o/{organization}/groups/{group}/search", CHANGE, smart::preview),
        post("/o/{organization}/groups/{group}/search", CHANGE, smart::save),
        get("/o/{organization}/groups/{group}/search/{way}", CHANGE, named::moving),
        get("/o/{organization}/groups/{group}/freshness", READ, smart::freshness),
        get("/o/{organization}/groups/{group}/almost", READ, smart::almost),
        get(
            "/o/{organization}/groups/{group}/almost/{condition}",
            READ,
            named::missed,
        ),
        get("/o/{organization}/groups/{group}/why/{contact}", READ, smart::why),
        get("/o/{organization}/groups/{group}/delete", CHANGE, delete::show),
        post("/o/{organization}/groups/{group}/delete", CHANGE, delete::submit),
        get("/o/{organization}/contacts/{contact}/groups", READ, of_contact::show),
        post("/o/{organization}/contacts/{contact}/groups", CHANGE, of_contact::add),
        get(
            "/o/{organization}/contacts/{contact}/groups/live",
            READ,
            of_contact::live,
        ),
        post(
            "/o/{organization}/contacts/{contact}/groups/{group}/removal",
            CHANGE,
            of_contact::remove,
        ),
        get(
            "/o/{organization}/contacts/{contact}/groups/{group}/delete",
            CHANGE,
            of_contact::show_delete,
        ),
        post(
            "/o/{organization}/contacts/{contact}/groups/{group}/delete",
            CHANGE,
            of_contact::delete,
        ),
    ]
}

fn existing(tx: &mut OrgTx<'_>, id: GroupId) -> Result<Group, PageError> {
    store::find(tx, id)?.ok_or(PageError::NotFound)
}
