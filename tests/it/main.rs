//! One integration binary.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]
mod accounts;
mod contacts;
mod group_pages;
mod groups;
mod private_postgres;
mod support;
mod test_browser;
mod test_cluster;
