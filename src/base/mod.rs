//! Small types everybody may use: ids, addresses, money, who acts, what time it is, how words are folded for search.

mod actor;
mod choice;
mod clock;
mod email_address;
mod fold;
mod ids;
mod money;
mod role;

pub use actor::Actor;
pub(crate) use choice::choice;
pub use clock::Clock;
pub use email_address::EmailAddress;
pub use fold::fold;
pub use ids::{
    ActivityId, ActivityTypeId, BatchId, BulkActionId, CampaignId, ContactId, ContributionActionId, ContributionId,
    CustomFieldId, FundId, GroupId, ImportId, MappingId, NoteId, OpportunityId, OpportunityStatusId, OrganizationId,
    RecurringId, RelationshipId, RelationshipTypeId, SoftCreditId, StaffId, StepId, TagId,
};
pub use money::{AMOUNT_MAX, Currency, Money, THOUSANDTHS_CURRENCIES, WHOLE_CURRENCIES, grouped};
pub use role::Role;
