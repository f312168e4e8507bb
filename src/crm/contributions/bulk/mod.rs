//! Bulk actions on contributions: a whole mailing marked as thanked, a fund that was typed wrongly throughout. Each changes one
//! field of a selection in one transaction, tells what became of each contribution, and can be undone from the values before.

pub mod actions;
pub mod model;
mod pages;
pub mod store;

pub use model::{Action, Outcome};
pub use pages::routes;
