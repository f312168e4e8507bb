//! Organizations and staff: signing up and in, roles, invitations, settings, and the guard of every page.

pub mod actions;
pub mod guard;
mod letters;
mod member;
pub mod model;
mod pages;
pub mod password;
mod rate_limit;
pub mod session;
mod store;
mod token;

pub use member::Guarded;
pub use pages::{ClientAddress, count_sign_up, letter_sent, routes};
pub use store::{colleagues, organization, today};

/// A member of staff at work for the organization of the path: the argument of most handlers.
pub type Member = Guarded<member::Member>;
/// A signed-in person: the argument of the pages outside any organization.
pub type Person = Guarded<member::Person>;
