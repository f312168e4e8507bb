//! The pages of activities: the list of all, one with what goes on from it, the form, a contact's tab, and the types among
//! the settings.

mod delete;
mod edit;
mod form;
mod list;
mod of_contact;
mod show;
mod types;

pub(crate) use form::{ActivityForm, Choices};

use super::model::Activity;
use super::store;
use crate::base::{ActivityId, Role};
use crate::config::Config;
use crate::db::OrgTx;
use crate::web::{Needs, PageError, Route, get, post};

/// What handlers below `/o/{organization}/activities/{activity}` take.
type ActivityPath = actix_web::web::Path<(String, ActivityId)>;
/// The settings, for the links in letters.
type Settings = actix_web::web::Data<Config>;

/// Every route of activities.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    const SET: Needs = Needs::Role(Role::Administrator);
    vec![
        get("/o/{organization}/activities", READ, list::show),
        get("/o/{organization}/activities/new", CHANGE, edit::new),
        post("/o/{organization}/activities/new", CHANGE, edit::add),
        get("/o/{organization}/activities/{activity}", READ, show::show),
        post(
            "/o/{organization}/activities/{activity}/completion",
            CHANGE,
            show::complete,
        ),
        get("/o/{organization}/activities/{activity}/edit", CHANGE, edit::edit),
        post("/o/{organization}/activities/{activity}/edit", CHANGE, edit::save),
        get("/o/{organization}/activities/{activity}/delete", CHANGE, delete::ask),
        post("/o/{organization}/activities/{activity}/delete", CHANGE, delete::delete),
        get(
            "/o/{organization}/contacts/{contact}/activities",
            READ,
            of_contact::show,
        ),
        get("/o/{organization}/activity-types", SET, types::list),
        get("/o/{organization}/activity-types/new", SET, types::new),
        post("/o/{organization}/activity-types/new", SET, types::add),
        get("/o/{organization}/activity-types/{type}/edit", SET, types::edit),
        post("/o/{organization}/activity-types/{type}/edit", SET, types::save),
        get("/o/{organization}/activity-types/{type}/delete", SET, types::ask),
        post("/o/{organization}/activity-types/{type}/delete", SET, types::delete),
    ]
}

fn existing(tx: &mut OrgTx<'_>, id: ActivityId) -> Result<Activity, PageError> {
    store::find(tx, id)?.ok_or(PageError::NotFound)
}
