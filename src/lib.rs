//! Donor management for charities that stays in step with Mailchimp. ARCHITECTURE.md is the map of this house.

pub mod base;
pub mod config;
pub mod db;
pub mod mailchimp;
