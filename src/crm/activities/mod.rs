//! Activities are what staff did with contacts or are going to do: meetings, calls, letters. They can be assigned to a
//! colleague, who gets a letter. A contact's tab shows them among everything else that happened.

pub mod actions;
mod letter;
pub mod model;
mod pages;
pub mod store;
pub mod timeline;
pub mod types;

pub use pages::routes;
pub(crate) use pages::{ActivityForm, Choices};
