//! Keeps groups and Mailchimp in step. `decide` is the heart; everything else brings it facts and carries out what it says.

pub mod connection;
pub mod decide;
pub mod engine;
pub mod facts;
pub mod mirror;
pub mod newcomers;
pub mod plan;
pub mod preview;
pub mod receive;
pub mod sealed;
pub mod send;
pub mod slots;
pub mod standing;
pub mod switch;
pub mod task;
pub mod view;
pub mod webhooks;
