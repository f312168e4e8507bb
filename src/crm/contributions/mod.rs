//! Contributions: gifts as they were promised, received or sent back, with what is known about each; and what every donor
//! has given in all. Whatever changes a contribution writes the contact's Change Log, the giving totals and the due mark
//! in the same transaction.

pub mod actions;
pub mod bulk;
mod custom_filter;
pub mod differences;
mod filter;
pub mod model;
mod pages;
pub mod recurring;
mod rows;
mod rules;
pub mod search;
pub mod soft_credits;
pub mod store;
pub mod totals;

pub use actions::ContributionError;
pub use model::{Contribution, ContributionDraft, CreditType, Dedication, PaymentMethod, Status};
pub use pages::routes;
pub use rows::lock_contacts;
