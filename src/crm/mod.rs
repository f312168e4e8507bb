//! The donor records: a room for each noun of the menu.

pub mod contacts;
pub mod groups;
