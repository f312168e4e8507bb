//! Holds the room `mailchimp` against what Mailchimp really sent, and its client against a small real server that
//! answers well, badly, late, half or not at all.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod calls;
mod connecting;
mod deliveries;
mod failures;
mod recorded;
mod stand_in;
