//! Ids that cannot be mixed up: each table of things has its own type over the `bigint` of its sequence.

use diesel_derive_newtype::DieselNewType;
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// One charity: the tenant.
    OrganizationId
);
id!(
    /// A person who signs in.
    StaffId
);
id!(
    /// A donor, an organization or a household in the records.
    ContactId
);
id!(
    /// A hand-picked group of contacts.
    GroupId
);
id!(
    /// A file on its way in.
    ImportId
);
id!(
    /// What ties one group to one target at Mailchimp.
    MappingId
);
id!(
    /// Something staff wrote down about a contact.
    NoteId
);
id!(
    /// A word contacts are sorted by.
    TagId
);
id!(
    /// How two contacts are related.
    RelationshipId
);
id!(
    /// A way in which contacts can be related.
    RelationshipTypeId
);
id!(
    /// Something staff did with contacts, or are going to do.
    ActivityId
);
id!(
    /// A type of activity.
    ActivityTypeId
);
id!(
    /// A grant or large gift that may come.
    OpportunityId
);
id!(
    /// How opportunities may stand.
    OpportunityStatusId
);
id!(
    /// An action on a selection of contacts.
    BulkActionId
);
id!(
    /// What gifts are meant for; CiviCRM's financial type.
    FundId
);
id!(
    /// An effort to raise money.
    CampaignId
);
id!(
    /// A gift.
    ContributionId
);
id!(
    /// An action on a selection of contributions.
    ContributionActionId
);
id!(
    /// A gift that comes again and again.
    RecurringId
);
id!(
    /// Gifts typed in together.
    BatchId
);
id!(
    /// Somebody's part in another's gift.
    SoftCreditId
);
id!(
    /// A field that an organization made for itself.
    CustomFieldId
);
id!(
    /// Something done to a record that can be taken back.
    StepId
);
