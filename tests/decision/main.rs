//! The sync's decision holds its invariants: in every situation there can be, and over whole histories. No database.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]
mod engine;
mod hearing;
mod histories;
mod model;
mod moving;
mod planning;
mod sending;
mod situations;
mod story;
mod tellings;
