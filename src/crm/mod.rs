//! The donor records: a room for each noun of the menu.

pub mod activities;
pub mod changes;
pub mod contacts;
pub mod groups;
pub mod imports;
pub mod notes;
pub mod opportunities;
pub mod profile;
pub mod relationships;
pub mod tags;
