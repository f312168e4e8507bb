//! The pages of merging, each handler beside its template.

mod compare;
mod done;
mod list;
mod with;

use crate::base::{ContactId, Role};
use crate::web::{Needs, Route, get, post};

/// What handlers of `/o/{organization}/contacts/{contact}/merge` take.
type ContactPath = actix_web::web::Path<(String, ContactId)>;
/// What handlers below `/o/{organization}/contacts/{contact}/merge/{other}` take.
type PairPath = actix_web::web::Path<(String, ContactId, ContactId)>;
/// What handlers below `/o/{organization}/merges/{merge}` take.
type MergePath = actix_web::web::Path<(String, i64)>;
/// The seam to Mailchimp, as handlers take it.
type Mailchimp = actix_web::web::Data<dyn crate::crm::groups::mailchimp::MailchimpView>;

/// Every route of merging.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    vec![
        post("/o/{organization}/merges/choose", CHANGE, compare::choose),
        get("/o/{organization}/contacts/{contact}/merge", CHANGE, with::ask),
        post("/o/{organization}/contacts/{contact}/merge", CHANGE, with::choose),
        get(
            "/o/{organization}/contacts/{contact}/merge/{other}",
            CHANGE,
            compare::show,
        ),
        post(
            "/o/{organization}/contacts/{contact}/merge/{other}",
            CHANGE,
            compare::submit,
        ),
        get("/o/{organization}/merges", READ, list::show),
        get("/o/{organization}/merges/{merge}", READ, done::show),
        post("/o/{organization}/merges/{merge}/undo", CHANGE, done::undo),
    ]
}
