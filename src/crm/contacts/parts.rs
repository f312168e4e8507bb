//! What a change made of a contact, part by part with before and after: kept beside it, so that imports and actions on a
//! selection can be taken back where nobody has changed the same part since.

use super::model::ContactDraft;
use crate::base::CustomFieldId;
use crate::crm::custom_fields::{CustomFields, CustomValue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The parts of a contact that a change made different, by name, before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangedParts(BTreeMap<String, (Value, Value)>);

impl ChangedParts {
    /// The difference between two states.
    pub fn between(before: &ContactDraft, after: &ContactDraft) -> Self {
        if before == after {
            return Self::default();
        }
        let (mut before, mut after) = (parts(before), parts(after));
        let names: BTreeSet<String> = before.keys().chain(after.keys()).cloned().collect();
        let differing = names.into_iter().filter_map(|name| {
            let (before, after) = (
                before.remove(&name).unwrap_or_default(),
                after.remove(&name).unwrap_or_default(),
            );
            (before != after).then_some((name, (before, after)))
        });
        Self(differing.collect())
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The contact as it was before, part by part: what has changed since stays, and so does a custom field that no longer takes
    /// what it had. Returns what stays, by name.
    pub fn taken_back(&self, now: &ContactDraft, custom: &CustomFields) -> (ContactDraft, Vec<String>) {
        let mut present = parts(now);
        let mut stays = Vec::new();
        for (name, (before, after)) in &self.0 {
            let value = present.get(name).unwrap_or(&Value::Null);
            if value == before {
                continue;
            }
            if value == after && can_be_again(name, before, custom) {
                present.insert(name.clone(), before.clone());
            } else {
                stays.push(label(name, custom));
            }
        }
        (draft(present).unwrap_or_else(|| now.clone()), stays)
    }
}

/// What the names of the parts that are custom fields begin with.
const CUSTOM: &str = "custom.";

/// A draft by its parts: each plain fact, and the emails, phones and addresses as a whole.
fn parts(draft: &ContactDraft) -> Map<String, Value> {
    let mut parts = Map::new();
    for whole in [
        json!(draft.details),
        json!(draft.details.privacy),
        json!(draft.as_given),
    ] {
        if let Value::Object(fields) = whole {
            parts.extend(fields);
        }
    }
    parts.remove("privacy");
    // Each custom field is a part of its own.
    if let Some(Value::Object(custom)) = parts.remove("custom") {
        parts.extend(
            custom
                .into_iter()
                .map(|(field, value)| (format!("{CUSTOM}{field}"), value)),
        );
    }
    parts.insert("emails".into(), json!(draft.emails));
    parts.insert("phones".into(), json!(draft.phones));
    parts.insert("addresses".into(), json!(draft.addresses));
    parts
}

fn draft(parts: Map<String, Value>) -> Option<ContactDraft> {
    let list = |name: &str| parts.get(name).cloned().unwrap_or_default();
    let (emails, phones, addresses) = (list("emails"), list("phones"), list("addresses"));
    let mut details = parts.clone();
    details.insert("privacy".into(), Value::Object(parts.clone()));
    let custom = parts.iter().filter(|(_, value)| !value.is_null());
    let custom = custom.filter_map(|(name, value)| Some((name.strip_prefix(CUSTOM)?.to_owned(), value.clone())));
    details.insert("custom".into(), Value::Object(custom.collect()));
    Some(ContactDraft {
        details: serde_json::from_value(Value::Object(details)).ok()?,
        emails: serde_json::from_value(emails).ok()?,
        phones: serde_json::from_value(phones).ok()?,
        addresses: serde_json::from_value(addresses).ok()?,
        as_given: serde_json::from_value(Value::Object(parts)).ok()?,
    })
}

/// Whether a part may be what it was: a custom field may have gone since, or one of its options.
fn can_be_again(part: &str, before: &Value, custom: &CustomFields) -> bool {
    let Some(id) = custom_field(part) else { return true };
    let value = serde_json::from_value::<CustomValue>(before.clone());
    before.is_null()
        || custom
            .get(id)
            .zip(value.ok())
            .is_some_and(|(field, value)| field.takes(&value))
}

fn custom_field(part: &str) -> Option<CustomFieldId> {
    part.strip_prefix(CUSTOM)?.parse().ok()
}

/// "first_name" as people read it: "First Name".
fn label(part: &str, custom: &CustomFields) -> String {
    if let Some(id) = custom_field(part) {
        return custom.label(id).to_owned();
    }
    let words = part.trim_start_matches("is_").split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters
            .next()
            .map(|letter| letter.to_uppercase().to_string())
            .unwrap_or_default();
        format!("{first}{}", letters.as_str())
    });
    words.collect::<Vec<_>>().join(" ")
}
