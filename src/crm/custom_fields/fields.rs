//! The fields of an organization, or of one of its records, and what they make of a record's values: forms, pages, the Change Log.

use super::model::{CustomField, Record};
use super::values::CustomValues;
use crate::base::CustomFieldId;
use crate::changelog::FieldChange;
use std::collections::{BTreeMap, BTreeSet};

/// A field of a record with its value, for people to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub label: String,
    /// Empty where there is none.
    pub value: String,
}

/// The fields of an organization, or of one of its records, in their order.
#[derive(Clone, Debug, Default)]
pub struct CustomFields(Vec<CustomField>);

impl From<Vec<CustomField>> for CustomFields {
    fn from(all: Vec<CustomField>) -> Self {
        Self(all)
    }
}

impl CustomFields {
    /// All of them, also the retired ones.
    pub fn all(&self) -> &[CustomField] {
        &self.0
    }

    /// Those in use, of one record.
    pub fn offered(&self, record: Record) -> impl Iterator<Item = &CustomField> {
        let wanted = move |field: &&CustomField| field.record == record && !field.is_retired;
        self.0.iter().filter(wanted)
    }

    /// One of them.
    pub fn get(&self, id: CustomFieldId) -> Option<&CustomField> {
        self.0.iter().find(|field| field.id == id)
    }

    /// Those a form of a record shows: in use, and for such a record or with a value there.
    pub fn of_form(&self, contact_type: &str, values: &CustomValues) -> Self {
        let shown =
            |field: &&CustomField| !field.is_retired && (field.is_for(contact_type) || values.get(field.id).is_some());
        Self(self.0.iter().filter(shown).cloned().collect())
    }

    /// The same with their values, for people to read.
    pub fn shown(&self, contact_type: &str, values: &CustomValues) -> Vec<Shown> {
        let fields = self.of_form(contact_type, values);
        let shown = fields.0.iter().map(|field| Shown {
            label: field.label.clone(),
            value: values.get(field.id).map(|value| field.shown(value)).unwrap_or_default(),
        });
        shown.collect()
    }

    /// What differs between two states of a record, in the words of the Change Log.
    pub fn between(&self, before: &CustomValues, after: &CustomValues) -> Vec<FieldChange> {
        let ids: BTreeSet<CustomFieldId> = before.fields().chain(after.fields()).collect();
        let changes = ids
            .into_iter()
            .filter(|id| before.get(*id) != after.get(*id))
            .map(|id| FieldChange {
                field: self.label(id).to_owned(),
                old: self.words(id, before),
                new: self.words(id, after),
            });
        changes.collect()
    }

    /// What a field is called; also one that is gone.
    pub fn label(&self, id: CustomFieldId) -> &str {
        self.get(id).map_or("A custom field", |field| field.label.as_str())
    }

    /// A value of a record in words; empty where there is none.
    pub fn words(&self, id: CustomFieldId, values: &CustomValues) -> String {
        let value = self.get(id).zip(values.get(id));
        value.map_or_else(String::new, |(field, value)| field.words(value))
    }

    /// What cannot be written down of a record's values, by the name of the form's field: no form lets it come so far.
    pub fn unfit(&self, values: &CustomValues) -> BTreeMap<String, String> {
        let unfit = values.fields().filter(|id| {
            let takes = self
                .get(*id)
                .zip(values.get(*id))
                .map(|(field, value)| field.takes(value));
            takes != Some(true)
        });
        unfit
            .map(|id| {
                let words = format!(
                    "{} cannot have this value. Open the page again, and write it anew.",
                    self.label(id)
                );
                (format!("custom.{id}"), words)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Kind;
    use super::super::values::CustomValue;
    use super::*;

    #[test]
    fn a_form_shows_what_is_for_the_contact_and_what_it_has_anyway() {
        let field = CustomField {
            id: CustomFieldId(17),
            record: Record::Contact,
            kind: Kind::Text,
            label: "Level".into(),
            help: String::new(),
            is_required: false,
            for_individuals: true,
            for_organizations: false,
            for_households: true,
            options: Vec::new(),
            is_retired: false,
        };
        let fields = CustomFields::from(vec![field]);
        let mut values = CustomValues::default();
        assert_eq!(fields.of_form("individual", &values).all().len(), 1);
        assert!(fields.of_form("organization", &values).all().is_empty());
        values.set(CustomFieldId(17), Some(CustomValue::Text("Gold".into())));
        assert_eq!(fields.of_form("organization", &values).all().len(), 1);
    }
}
