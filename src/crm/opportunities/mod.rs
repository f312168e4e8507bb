//! Opportunities are grants and large gifts that may come: who may give them, how likely, until when something must be sent,
//! and what came of it. The pipeline adds them up by how they stand.

pub mod actions;
pub mod model;
mod pages;
pub mod statuses;
pub mod store;

pub use pages::routes;
