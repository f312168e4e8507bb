//! What an edit changes: a field everybody knows, or one the organization made for itself. Kept with the action as it was when
//! the action began, so that lists still say what was done when the field is called otherwise.

use super::field::{Control, Field};
use crate::crm::contacts::ContactDraft;
use crate::crm::custom_fields::{self, CustomField, CustomFields, CustomInput, CustomValue, CustomValues, Record};
use crate::web;
use serde::{Deserialize, Serialize};

/// What an edit changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Target {
    Known(Field),
    Custom(Box<CustomField>),
}

impl Target {
    /// What can be chosen, with the words forms send.
    pub fn offered(custom: &CustomFields) -> Vec<(String, String)> {
        let known = Field::ALL.map(|field| (field.as_str().to_owned(), field.label().to_owned()));
        let own = custom
            .offered(Record::Contact)
            .map(|field| (field.name(), field.label.clone()));
        known.into_iter().chain(own).collect()
    }

    /// Reads the word of a form.
    pub fn parse(word: &str, custom: &CustomFields) -> Option<Self> {
        let own = || custom.offered(Record::Contact).find(|field| field.name() == word);
        let known = Field::parse(word).map(Self::Known);
        known.or_else(|| own().map(|field| Self::Custom(Box::new(field.clone()))))
    }

    /// The word of a form.
    pub fn word(&self) -> String {
        match self {
            Self::Known(field) => field.as_str().to_owned(),
            Self::Custom(field) => field.name(),
        }
    }

    /// As people call it.
    pub fn label(&self) -> &str {
        match self {
            Self::Known(field) => field.label(),
            Self::Custom(field) => &field.label,
        }
    }

    /// The field everybody knows, where it is one.
    pub fn known(&self) -> Option<Field> {
        match self {
            Self::Known(field) => Some(*field),
            Self::Custom(_) => None,
        }
    }

    /// Whether it is a part of the primary address.
    pub fn is_of_address(&self) -> bool {
        self.known().is_some_and(Field::is_of_address)
    }

    /// Whether its value is written as text.
    pub fn is_text(&self) -> bool {
        self.known().is_some_and(|field| field.control() == Control::Text)
    }

    /// The form's field of one the organization made, holding what was sent.
    pub fn inputs(&self, sent: &[(String, String)], error: Option<&String>) -> Vec<CustomInput> {
        let Self::Custom(field) = self else { return Vec::new() };
        let fields = CustomFields::from(vec![optional(field)]);
        let shown = |name: &str| web::Field {
            value: value_of(sent, name).unwrap_or_default().to_owned(),
            error: error.cloned(),
        };
        custom_fields::inputs(&fields, shown)
    }

    /// Reads the value that was typed, or that a page in between carried on.
    pub fn read(&self, sent: &[(String, String)]) -> Result<String, String> {
        let carried = value_of(sent, "value").unwrap_or_default();
        match self {
            Self::Known(field) => Ok(field.value(carried)?),
            Self::Custom(field) if value_of(sent, &field.name()).is_some() => {
                let fields = CustomFields::from(vec![optional(field)]);
                let mut values = CustomValues::default();
                let wrong = custom_fields::read(&fields, &mut values, |name| value_of(sent, name));
                match wrong.into_values().next() {
                    Some(sentence) => Err(sentence),
                    None => Ok(written(values.get(field.id))),
                }
            }
            Self::Custom(field) => match read_value(carried) {
                Some(value) if !field.takes(&value) => Err("Choose the value once more.".into()),
                value => Ok(written(value.as_ref())),
            },
        }
    }

    /// A stored or given value in words; nothing is "nothing".
    pub fn in_words(&self, value: &str) -> String {
        match self {
            Self::Known(field) => field.in_words(value),
            Self::Custom(field) => match read_value(value) {
                Some(value) => field.words(&value),
                None => "nothing".into(),
            },
        }
    }

    /// A value as the database writes it, as we do.
    pub fn as_we_write(&self, value: String) -> String {
        match self {
            Self::Known(_) => value,
            Self::Custom(_) => written(read_value(&value).as_ref()),
        }
    }

    /// Gives a contact a value.
    pub fn set(&self, draft: &mut ContactDraft, value: &str) {
        match self {
            Self::Known(field) => field.set(draft, value),
            Self::Custom(field) => draft.details.custom.set(field.id, read_value(value)),
        }
    }
}

/// Whoever clears a field for many means it, also where forms ask for it.
fn optional(field: &CustomField) -> CustomField {
    CustomField {
        is_required: false,
        ..field.clone()
    }
}

fn value_of<'s>(sent: &'s [(String, String)], name: &str) -> Option<&'s str> {
    let found = sent.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.trim())
}

/// A value of a custom field as one word; nothing is empty.
fn written(value: Option<&CustomValue>) -> String {
    value
        .and_then(|value| serde_json::to_string(value).ok())
        .unwrap_or_default()
}

fn read_value(word: &str) -> Option<CustomValue> {
    serde_json::from_str(word).ok()
}
