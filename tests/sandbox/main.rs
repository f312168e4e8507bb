//! The stand-in Mailchimp against the facts known of the real one; the numbers in the tests' names are those of the fidelity checklist.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod batches;
mod campaigns;
mod clients;
mod collections;
mod groups;
mod household;
mod kept;
mod members;
mod mishaps;
mod oauth;
mod scale;
mod setting;
mod transport;
mod trouble;
mod values;
mod webhooks;
