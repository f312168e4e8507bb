//! Undo: what somebody did to a single record is taken back, as long as it is still as they left it. Bulk actions, imports and
//! merges have an undo of their own.

mod actions;
mod pages;

use crate::base::Role;
use crate::web::{Needs, Route, get, post};

/// Both pages of the room. A record that only administrators may change asks for their role itself.
pub fn routes() -> Vec<Route> {
    const CHANGE: Needs = Needs::Role(Role::Staff);
    vec![
        get("/o/{organization}/undo/{step}", CHANGE, pages::ask),
        post("/o/{organization}/undo/{step}", CHANGE, pages::submit),
    ]
}
