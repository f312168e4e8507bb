//! Merging two contacts that are one person: a choice for each field, everything of both kept, the strictest opt-out of the
//! two, and an undo. The one who goes stays in the trash as it was, and its old links lead to the survivor.

pub mod actions;
pub mod model;
mod pages;
mod places;
mod rows;
pub mod store;
mod undo;

pub use pages::routes;
pub use undo::undo;
