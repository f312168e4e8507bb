//! Contacts: the people, organizations and households a charity knows. Their list and search, adding and changing them,
//! and the one place where anybody (import, sync) writes them.

pub mod actions;
mod belongs;
mod cells;
mod columns;
pub mod criteria;
pub mod differences;
mod duplicates;
mod folded;
mod many;
mod matching;
pub mod model;
mod pages;
mod parts;
mod rows;
pub mod rules;
mod search;
mod sort;
pub mod store;
mod terms;

pub use actions::ContactError;
pub use belongs::Belongs;
pub use duplicates::{Duplicate, possible_duplicates};
pub use many::{Restored, change_many, locked, restore_many};
pub use matching::{Apart, apart, moved_since, near_misses};
pub use model::{
    Address, Contact, ContactDraft, ContactType, Details, Email, EmailDraft, NamesAsGiven, OnHold, Phone, Privacy,
};
pub use pages::{Marked, Picker, Place, Sent, create_in, new_in, nobody_chosen, routes, sent_value, sent_values};
pub use parts::ChangedParts;
pub use search::{ContactRow, ListFilter, Selection, chosen, count, list, rows as list_rows, select};
pub use sort::Sort;
pub use terms::phone_digits;
pub(crate) use terms::{WORDS_MAX, name_tokens, name_words};
