//! The donor records: a room for each noun of the menu.

pub mod activities;
pub mod batches;
pub mod bulk;
pub mod campaigns;
pub mod changes;
pub mod contacts;
pub mod contributions;
pub mod custom_fields;
pub mod dashboard;
pub mod duplicates;
pub mod erasure;
pub mod funds;
pub mod groups;
pub mod imports;
pub mod merge;
pub mod notes;
pub mod opportunities;
pub mod profile;
pub mod references;
pub mod relationships;
pub mod search;
pub mod tags;
pub mod type_error;
pub mod undo;
pub mod undoable;
