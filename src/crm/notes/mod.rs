//! Notes are what staff write down about a contact, in their own words: read beside the contact, and found again by words.

pub mod actions;
pub mod model;
mod pages;
pub mod store;

pub use pages::routes;
