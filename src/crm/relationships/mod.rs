//! Relationships tie two contacts: parent and child, employee and employer, a household and its members. Each contact shows
//! them from its own side; the types with the words for both sides can be changed and added to.

pub mod actions;
pub mod model;
mod pages;
pub mod store;
pub mod types;

pub use pages::routes;
