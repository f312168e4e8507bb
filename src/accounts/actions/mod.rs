//! What people do with organizations and accounts; one function is one transaction's worth.

mod sign_in;
mod sign_up;

pub use sign_in::{Credentials, begin_sign_in, signed_in};
pub use sign_up::{NewOrganization, SignUpError, SignedUp, ask_to_sign_up, sign_up, verify_email};
