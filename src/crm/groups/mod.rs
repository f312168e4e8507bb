//! Groups are lists of contacts, hand-picked or found by a search: made, filled and emptied here, each change with its
//! method and its reason.
//! What Mailchimp makes of them is known to the sync above, which answers through `MailchimpView`.

pub mod actions;
pub mod mailchimp;
pub mod model;
mod pages;
mod rows;
pub mod smart;
pub mod standings;
pub mod store;

pub use pages::routes;
pub(crate) use pages::{Told, said_removed};
