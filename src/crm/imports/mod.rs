//! Imports bring contacts and memberships from a file: it is read whatever wrote it, its columns are matched, every row is
//! checked before anything is written, the work runs in the background, and the whole can be taken back.

pub mod actions;
mod check;
mod entry;
pub mod file;
mod judge;
pub mod meaning;
mod memberships;
pub mod model;
mod onto;
mod pages;
mod people;
mod record;
mod rows;
mod run;
pub mod store;
mod task;
mod undo;
mod value;

pub use pages::{routes, upload_limits};
pub use task::start;

/// Rows of one step: enough to be quick, few enough that a step lasts about a second and little is done anew after a kill.
const CHUNK_ROWS: i64 = 1_000;
