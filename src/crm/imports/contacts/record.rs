//! What a row did, part by part with before and after: what the pages show, and what the undo takes back where nobody has
//! changed it since.

use super::tags::GivenTag;
use crate::changelog::FieldChange;
use crate::crm::contacts::{ChangedParts, ContactDraft, differences};
use crate::crm::custom_fields::CustomFields;
use crate::crm::groups::standings::MembershipChange;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What one row changed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RowRecord {
    /// In the words of the Change Log.
    #[serde(default)]
    pub shown: Vec<FieldChange>,
    #[serde(default)]
    parts: ChangedParts,
    /// Memberships that the row changed.
    #[serde(default)]
    pub memberships: Vec<MembershipChange>,
    /// Tags that the row gave.
    #[serde(default)]
    pub tags: Vec<GivenTag>,
}

impl RowRecord {
    /// The difference a row made.
    pub fn between(before: &ContactDraft, after: &ContactDraft, custom: &CustomFields) -> Self {
        Self {
            shown: differences::between(before, after, custom),
            parts: ChangedParts::between(before, after),
            memberships: Vec::new(),
            tags: Vec::new(),
        }
    }

    /// Whether the row changed nothing.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.memberships.is_empty() && self.tags.is_empty() && self.shown.is_empty()
    }

    /// Whether nothing of the contact itself was changed.
    pub fn is_only_memberships(&self) -> bool {
        self.parts.is_empty()
    }

    /// Reads what was stored; nothing where it cannot be read.
    pub fn read(stored: &Value) -> Self {
        Self::deserialize(stored).unwrap_or_default()
    }

    /// What is stored; nothing where the row changed nothing.
    pub fn stored(&self) -> Option<Value> {
        (!self.is_empty()).then(|| json!(self))
    }

    /// The contact as it was before, part by part: what has changed since stays. Returns what stays, by name.
    pub fn taken_back(&self, now: &ContactDraft, custom: &CustomFields) -> (ContactDraft, Vec<String>) {
        self.parts.taken_back(now, custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::EmailAddress;
    use crate::crm::contacts::EmailDraft;
    use serde_json::json;

    fn anne(city: &str, email: &str, language: &str) -> ContactDraft {
        let mut draft = ContactDraft::default();
        draft.details.first_name = "Anne".into();
        draft.details.job_title = city.into();
        draft.details.preferred_language = language.into();
        draft.details.privacy.do_not_mail = language == "fr";
        draft.emails.push(EmailDraft::new(EmailAddress::parse(email).unwrap()));
        draft
    }

    #[test]
    fn what_nobody_changed_since_is_as_before_and_the_rest_stays() {
        let before = anne("Clerk", "old@example.ca", "en");
        let after = anne("Cook", "new@example.ca", "fr");
        let none = CustomFields::default();
        let record = RowRecord::between(&before, &after, &none);
        assert_eq!(record.taken_back(&after, &none), (before.clone(), Vec::new()));

        let now = anne("Chef", "new@example.ca", "fr");
        let (restored, stays) = record.taken_back(&now, &none);
        assert_eq!(restored, anne("Chef", "old@example.ca", "en"));
        assert_eq!(stays, ["Job Title"]);
    }

    #[test]
    fn a_record_is_read_as_it_was_stored() {
        let record = RowRecord::between(
            &anne("Clerk", "a@example.ca", "en"),
            &anne("Cook", "a@example.ca", "en"),
            &CustomFields::default(),
        );
        let read = RowRecord::read(&json!(record));
        assert_eq!((read.parts, read.shown), (record.parts, record.shown));
    }
}
