//! The Change Log as pages show it: of the whole organization here, of one contact on its own page.

mod asked;
mod lines;
mod pages;

pub(crate) use asked::{Asked, AskedForm};
pub use lines::Line;
pub(crate) use pages::one_page;

use crate::base::Role;
use crate::web::{Needs, Route, get};

/// Every page of the room.
pub fn routes() -> Vec<Route> {
    vec![get("/o/{organization}/changes", Needs::Role(Role::Reader), pages::show)]
}
