//! What a change made of a contact, part by part with before and after: kept beside it, so that imports and actions on a
//! selection can be taken back where nobody has changed the same part since.

use super::model::ContactDraft;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

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
        let (before, mut after) = (parts(before), parts(after));
        let differing = before.into_iter().filter_map(|(name, before)| {
            let after = after.remove(&name).unwrap_or_default();
            (before != after).then_some((name, (before, after)))
        });
        Self(differing.collect())
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The contact as it was before, part by part: what has changed since stays. Returns what stays, by name.
    pub fn taken_back(&self, now: &ContactDraft) -> (ContactDraft, Vec<String>) {
        let mut present = parts(now);
        let mut stays = Vec::new();
        for (name, (before, after)) in &self.0 {
            match present.get(name) {
                Some(value) if value == after => {
                    present.insert(name.clone(), before.clone());
                }
                Some(value) if value == before => {}
                _ => stays.push(label(name)),
            }
        }
        (draft(present).unwrap_or_else(|| now.clone()), stays)
    }
}

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
    Some(ContactDraft {
        details: serde_json::from_value(Value::Object(details)).ok()?,
        emails: serde_json::from_value(emails).ok()?,
        phones: serde_json::from_value(phones).ok()?,
        addresses: serde_json::from_value(addresses).ok()?,
        as_given: serde_json::from_value(Value::Object(parts)).ok()?,
    })
}

/// "first_name" as people read it: "First Name".
fn label(part: &str) -> String {
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
