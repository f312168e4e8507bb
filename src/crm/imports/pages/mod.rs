//! The pages of imports, each handler beside its template.

mod columns;
mod list;
mod rejected;
mod rows;
mod show;
mod steps;
mod undo;
mod upload;

use super::model::Import;
use super::store;
use crate::base::{ImportId, Role};
use crate::db::OrgTx;
use crate::web::{Needs, PageError, Route, get, post};

pub use upload::upload_limits;

/// What handlers below `/o/{organization}/imports/{import}` take.
type ImportPath = actix_web::web::Path<(String, ImportId)>;

/// Every route of imports.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    vec![
        get("/o/{organization}/imports", READ, list::show),
        get("/o/{organization}/imports/new", CHANGE, upload::show),
        post("/o/{organization}/imports/new", CHANGE, upload::submit),
        get("/o/{organization}/imports/{import}", READ, show::show),
        get("/o/{organization}/imports/{import}/live", READ, show::live),
        get("/o/{organization}/imports/{import}/columns", CHANGE, columns::show),
        post("/o/{organization}/imports/{import}/columns", CHANGE, columns::save),
        post("/o/{organization}/imports/{import}/start", CHANGE, steps::start),
        post("/o/{organization}/imports/{import}/again", CHANGE, steps::try_again),
        post("/o/{organization}/imports/{import}/discard", CHANGE, steps::discard),
        get("/o/{organization}/imports/{import}/undo", CHANGE, undo::show),
        post("/o/{organization}/imports/{import}/undo", CHANGE, undo::submit),
        get("/o/{organization}/imports/{import}/rows/{outcome}", READ, rows::show),
        get(
            "/o/{organization}/imports/{import}/rejected.csv",
            READ,
            rejected::download,
        ),
    ]
}

fn existing(tx: &mut OrgTx<'_>, id: ImportId) -> Result<Import, PageError> {
    store::find(tx, id)?.ok_or(PageError::NotFound)
}
