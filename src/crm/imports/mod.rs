//! Imports bring records from a file: it is read whatever wrote it, its columns are matched, every row is checked before
//! anything is written, the work runs in the background, and the whole can be taken back. What the rows are about is a
//! `Kind`, a folder of its own beside this mechanism.

pub mod actions;
mod activities;
mod alike;
mod brings;
mod cells;
pub mod column;
mod contacts;
mod contributions;
mod custom;
mod earlier;
pub mod file;
pub mod kind;
pub mod matching;
pub mod model;
mod names;
mod notes;
mod pages;
mod relationships;
mod rows;
mod step;
pub mod store;
mod tags;
mod task;
mod value;
mod whom;

pub use pages::{routes, upload_limits};
pub use task::start;

/// Rows of one step: enough to be quick, few enough that a step lasts about a second and little is done anew after a kill.
const CHUNK_ROWS: i64 = 1_000;
