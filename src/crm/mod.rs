//! The donor records: a room for each noun of the menu.

pub mod bulk;
pub mod changes;
pub mod contacts;
pub mod groups;
pub mod imports;
pub mod profile;
