//! What people do with organizations and accounts; one function is one transaction's worth.

mod account;
mod invitation;
mod members;
mod reset;
mod settings;
mod sign_in;
mod sign_up;

pub use account::{change_email, change_password, rename, send_verification_again, verify_email};
pub use invitation::{JoinError, NewMember, join, join_as_new};
pub use members::{MemberError, change_role, invite, remove, withdraw_invitation};
pub use reset::{ask_to_reset, reset_password};
pub use settings::{NewSettings, change_settings};
pub use sign_in::{Credentials, begin_sign_in, signed_in};
pub use sign_up::{NewOrganization, SignUpError, SignedUp, add_organization, ask_to_sign_up, sign_up};
