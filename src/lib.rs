//! Donor management for charities that stays in step with Mailchimp. ARCHITECTURE.md is the map of this house.

pub mod accounts;
pub mod base;
pub mod changelog;
pub mod config;
pub mod crm;
pub mod db;
pub mod incidents;
pub mod mail;
pub mod mailchimp;
pub mod metrics;
pub mod sandbox;
pub mod server;
pub mod sync;
pub mod web;
pub mod work;
