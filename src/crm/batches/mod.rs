//! Batch data entry: a pile of gifts typed into one grid, checked against the count and the total somebody made of the pile
//! beforehand, and posted together. A draft keeps whatever was typed; a posted batch stays to be looked at.

pub mod actions;
pub mod model;
mod pages;
pub mod store;

pub use pages::routes;
