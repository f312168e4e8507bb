//! Mail to staff: a letter is written into the outbox in the transaction that causes it, and sent afterwards.

mod demo;
mod outbox;
mod post_office;
mod sender;

pub use demo::routes;
pub use outbox::{Letter, post};
pub use sender::start;
