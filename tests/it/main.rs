//! One integration binary.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]
mod accounts;
mod contacts;
mod decision;
mod decision_engine;
mod decision_histories;
mod decision_model;
mod groups;
mod private_postgres;
mod support;
mod test_browser;
mod test_cluster;
