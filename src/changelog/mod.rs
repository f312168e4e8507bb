//! Who changed what, when and why. Whatever changes a contact records it here, in the same transaction. What somebody did to a
//! single record can be taken back from here.

mod read;
mod record;
pub mod steps;

pub use read::{Change, ChangeFilter, count, list};
pub use record::{FieldChange, NewChange, differences, note, record, record_all, record_for_each};
