//! Small types everybody may use: ids, addresses, who acts, what time it is, how words are folded for search.

mod actor;
mod clock;
mod email_address;
mod fold;
mod ids;
mod role;

pub use actor::Actor;
pub use clock::Clock;
pub use email_address::EmailAddress;
pub use fold::fold;
pub use ids::{BulkActionId, ContactId, GroupId, ImportId, MappingId, OrganizationId, StaffId};
pub use role::Role;
