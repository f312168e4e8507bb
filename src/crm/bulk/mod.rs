//! Bulk actions: the same thing done to a selection of contacts, up to everybody. What would happen is shown before, the work
//! of a small selection is done at once and that of a large one in the background, it ends in a page that tells who was skipped
//! and why, and can be taken back.

pub mod actions;
pub mod field;
mod membership;
pub mod model;
mod pages;
mod planned;
pub mod preview;
mod run;
pub mod store;
mod tagging;
mod task;
mod undo;

pub use pages::routes;
pub use task::start;

/// Contacts of one step: enough to be quick, few enough that a step lasts about a second and little is done anew after a kill.
/// A selection that is no more than one step is done at once, without the background.
const BATCH_CONTACTS: i64 = 1_000;

/// The same for what takes a handful of statements however many contacts it is about: groups and tags.
const BATCH_CONTACTS_BY_STATEMENT: i64 = 10_000;
