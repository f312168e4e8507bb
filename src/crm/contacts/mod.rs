//! Contacts: the people, organizations and households a charity knows. Their list and search, adding and changing them,
//! and the one place where anybody (import, sync) writes them.

pub mod actions;
pub mod criteria;
pub mod differences;
mod duplicates;
mod many;
pub mod model;
mod pages;
mod rows;
pub mod rules;
mod search;
pub mod store;
mod terms;

pub use actions::ContactError;
pub use duplicates::{Duplicate, possible_duplicates};
pub use many::{change_many, locked};
pub use model::{
    Address, Contact, ContactDraft, ContactType, Details, Email, EmailDraft, NamesAsGiven, OnHold, Phone, Privacy,
};
pub use pages::routes;
pub use search::{
    ContactRow, ListFilter, Selection, Sort, count, list, matching, near_misses, rows as list_rows, select,
};
