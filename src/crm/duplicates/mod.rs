//! Duplicates: contacts that may be one person, found by what they have in common, looked through by staff, and merged or
//! told apart for good.

pub mod actions;
mod keys;
mod pages;
mod scan;
mod score;
pub mod store;

pub use pages::routes;
pub use scan::start;
