//! A contribution in the words of the Change Log: field by field, before and after.

use super::model::ContributionDraft;
use crate::base::{CampaignId, FundId, Money};
use crate::changelog::FieldChange;
use crate::crm::custom_fields::{CustomFields, CustomValues};
use std::collections::HashMap;

/// The names a contribution speaks of by id.
#[derive(Default)]
pub struct Names {
    pub funds: HashMap<FundId, String>,
    pub campaigns: HashMap<CampaignId, String>,
    pub contacts: HashMap<crate::base::ContactId, String>,
    /// What the organization calls its own fields.
    pub custom: CustomFields,
}

/// What differs; empty where nothing does.
pub fn between(names: &Names, before: &ContributionDraft, after: &ContributionDraft) -> Vec<FieldChange> {
    let custom = names.custom.between(&before.custom, &after.custom);
    let (before, after) = (in_words(names, before), in_words(names, after));
    let pairs = before.into_iter().zip(after);
    pairs
        .filter_map(|((field, old), (_, new))| FieldChange::between(field, &old, &new))
        .chain(custom)
        .collect()
}

/// Everything a new one says.
pub fn of_new(names: &Names, draft: &ContributionDraft) -> Vec<FieldChange> {
    let said = in_words(names, draft).into_iter();
    said.filter_map(|(field, new)| FieldChange::between(field, "", &new))
        .chain(names.custom.between(&CustomValues::default(), &draft.custom))
        .collect()
}

/// Everything one that is deleted said.
pub fn of_deleted(names: &Names, draft: &ContributionDraft) -> Vec<FieldChange> {
    let said = in_words(names, draft).into_iter();
    said.filter_map(|(field, old)| FieldChange::between(field, &old, ""))
        .chain(names.custom.between(&draft.custom, &CustomValues::default()))
        .collect()
}

fn in_words(names: &Names, draft: &ContributionDraft) -> [(&'static str, String); 22] {
    let or_nothing = |money: Money| {
        if money.minor == 0 {
            String::new()
        } else {
            money.to_string()
        }
    };
    let text = |text: Option<String>| text.unwrap_or_default();
    [
        ("Contributor", text(names.contacts.get(&draft.contact_id).cloned())),
        ("Amount", draft.amount().to_string()),
        (
            "Date Received",
            match draft.received_time {
                Some(time) => format!("{} {}", draft.received_on, time.format("%H:%M:%S")),
                None => draft.received_on.to_string(),
            },
        ),
        ("Fund", text(names.funds.get(&draft.fund_id).cloned())),
        (
            "Campaign",
            text(draft.campaign_id.and_then(|id| names.campaigns.get(&id).cloned())),
        ),
        ("Payment Method", draft.payment_method.to_string()),
        ("Status", draft.status.to_string()),
        ("Transaction ID", draft.transaction_id.clone()),
        ("Cheque Number", draft.cheque_number.clone()),
        ("Source", draft.source.clone()),
        ("Fee Amount", or_nothing(draft.fee())),
        ("In-Kind Description", draft.in_kind_description.clone()),
        ("Advantage Amount", or_nothing(draft.advantage())),
        ("Advantage Description", draft.advantage_description.clone()),
        ("Dedication", text(draft.dedication.map(|kind| kind.to_string()))),
        ("Honoree", draft.honoree_name.clone()),
        ("Note", draft.note.clone()),
        ("Thanked On", text(draft.thanked_on.map(|day| day.to_string()))),
        ("Closed On", text(draft.closed_on.map(|day| day.to_string()))),
        ("Closing Reason", draft.closed_reason.clone()),
        ("Recurring", text(draft.recurring_id.map(|_| "Yes".to_owned()))),
        ("External Identifier", text(draft.external_identifier.clone())),
    ]
}
