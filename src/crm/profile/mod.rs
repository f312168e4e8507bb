//! The page of one contact: the frame with name, badges and tabs that every tab stands in, the summary, its Change Log.

mod changes;
mod frame;
mod summary;

pub use frame::{Frame, Tab};

use crate::base::Role;
use crate::web::{Needs, Route, get};

/// The tabs that belong to this room; other rooms add theirs with `Frame`.
pub fn routes() -> Vec<Route> {
    let reader = Needs::Role(Role::Reader);
    vec![
        get("/o/{organization}/contacts/{contact}", reader, summary::show),
        get("/o/{organization}/contacts/{contact}/changes", reader, changes::show),
    ]
}
