//! The pages of batches, each handler beside its template.

mod begin;
mod grid;
mod list;
mod take_back;

use crate::base::{BatchId, Role};
use crate::web::{Needs, Route, get, post};
use actix_web::web::Path;

/// What handlers below `/o/{organization}/batches/{batch}` take.
type BatchPath = Path<(String, BatchId)>;

/// Every route of batches.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    vec![
        get("/o/{organization}/batches", READ, list::show),
        get("/o/{organization}/batches/new", CHANGE, begin::show),
        post("/o/{organization}/batches/new", CHANGE, begin::create),
        get("/o/{organization}/batches/{batch}", READ, grid::show),
        post("/o/{organization}/batches/{batch}", CHANGE, grid::submit),
        get("/o/{organization}/batches/{batch}/edit", CHANGE, begin::edit),
        post("/o/{organization}/batches/{batch}/edit", CHANGE, begin::save),
        get("/o/{organization}/batches/{batch}/take-back", CHANGE, take_back::ask),
        post("/o/{organization}/batches/{batch}/take-back", CHANGE, take_back::submit),
        post("/o/{organization}/batches/{batch}/delete", CHANGE, begin::delete),
    ]
}
