//! Bulk actions: the same thing done to a selection of contacts, up to everybody. What would happen is shown before, the work
//! runs in the background, ends in a page that tells who was skipped and why, and can be taken back.

pub mod actions;
pub mod field;
pub mod model;
mod pages;
pub mod preview;
mod run;
pub mod store;
mod task;
mod undo;

pub use pages::routes;
pub use task::start;

/// Contacts of one step: enough to be quick, few enough that a step lasts about a second and little is done anew after a kill.
const BATCH_CONTACTS: i64 = 1_000;
