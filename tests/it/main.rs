//! One integration binary.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]
mod accounts;
mod bulk;
mod commands;
mod contacts;
mod decision;
mod decision_engine;
mod decision_histories;
mod decision_model;
mod giving;
mod group_pages;
mod groups;
mod imports;
mod killed;
mod mail;
mod migrations;
mod private_postgres;
mod road;
mod routes;
mod schema;
mod search;
mod support;
mod sync;
mod sync_trouble;
mod tenancy;
mod test_browser;
mod test_cluster;
