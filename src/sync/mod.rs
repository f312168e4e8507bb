//! Keeps groups and Mailchimp in step. `decide` is the heart; everything else brings it facts and carries out what it says.

pub mod connection;
pub mod decide;
pub mod engine;
pub mod mirror;
pub mod sealed;
pub mod slots;
