//! Tags sort contacts: coloured words, one below the other where one is a kind of another. A contact has as many as fit.

pub mod actions;
pub mod model;
mod pages;
pub mod store;

pub use pages::routes;
pub(crate) use pages::{TagBox, boxes};
