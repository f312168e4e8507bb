//! Mailchimp as it is: its calls, its shapes, its errors, its OAuth2 and its webhook forms, and nothing of ours.
//! The room knows no database and no organization; what to send is decided above, what came of it is told by [`Problem`].

mod audiences;
mod bulk;
mod client;
mod hash;
mod members;
pub mod oauth;
mod paging;
mod problem;
pub mod webhook;
mod webhooks;
mod wire;

pub use audiences::{
    Account, Audience, AudienceId, AudienceStats, Audiences, Constraints, MergeField, MergeFieldOptions,
};
pub use bulk::{BULK_MEMBERS_MAX, BulkError, BulkOutcome};
pub use client::{CallRecord, Client, Limits, Observer, http_client};
pub use hash::SubscriberHash;
pub use members::{ArchiveOutcome, EraseOutcome, Member, MemberWrite, MembersPage, MembersQuery, MergeValues, Status};
pub use paging::PAGE_SIZE_MAX;
pub use problem::{Class, FieldProblem, Kind, Problem};
pub use webhooks::{Events, Sources, Webhook, WebhookId, WebhookSettings};
