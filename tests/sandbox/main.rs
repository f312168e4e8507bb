//! The stand-in Mailchimp against the facts known of the real one.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod checklist;
mod clients;
mod household;
mod kept;
mod mishaps;
mod recorded;
mod scale;
mod setting;
mod specification;
