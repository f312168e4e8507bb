//! Holds the room `mailchimp` against what Mailchimp really sent, and its client against a small real server that
//! answers well, badly, late, half or not at all.

mod calls;
mod connecting;
mod deliveries;
mod failures;
mod recorded;
mod stand_in;
