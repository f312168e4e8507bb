//! The donor records: a room for each noun of the menu.

pub mod bulk;
pub mod campaigns;
pub mod changes;
pub mod contacts;
pub mod contributions;
pub mod funds;
pub mod groups;
pub mod imports;
pub mod profile;
pub mod search;
