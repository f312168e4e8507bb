//! Mail to staff: a letter is written into the outbox in the transaction that causes it, and sent afterwards.

mod outbox;

pub use outbox::{Letter, post};
