//! Who changed what, when and why. Whatever changes a contact records it here, in the same transaction.

mod read;
mod record;

pub use read::{Change, ChangeFilter, count, list};
pub use record::{FieldChange, NewChange, differences, note, record, record_all, record_for_each};
