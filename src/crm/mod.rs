//! The donor records: a room for each noun of the menu.

pub mod changes;
pub mod contacts;
pub mod groups;
pub mod imports;
pub mod profile;
pub mod search;
