//! Custom fields in the form of a record: what a template shows, what a value looks like typed in, and what was typed.

use super::fields::CustomFields;
use super::model::{CustomField, Kind};
use super::values::{CustomValue, CustomValues};
use crate::web::{Choice, Field};
use std::collections::BTreeMap;

/// A field of the form, as `custom_fields/inputs.html` shows it.
#[derive(Clone)]
pub struct CustomInput {
    pub name: String,
    pub label: String,
    pub help: String,
    pub is_required: bool,
    pub kind: Kind,
    pub field: Field,
    /// What there is to choose; of several choices each with the name of its own box.
    pub choices: Vec<Choice>,
}

impl CustomInput {
    /// The same where a form has several records, each with a prefix of its own: "rows.3.custom.17".
    #[must_use]
    pub fn prefixed(self, prefix: &str) -> Self {
        let choices = self.choices.into_iter().map(|choice| match self.kind {
            Kind::SeveralChoices => Choice {
                value: format!("{prefix}{}", choice.value),
                ..choice
            },
            _ => choice,
        });
        Self {
            name: format!("{prefix}{}", self.name),
            choices: choices.collect(),
            ..self
        }
    }
}

/// What stands in the form: `field` tells what was typed there and what is wrong with it.
pub fn inputs(fields: &CustomFields, field: impl Fn(&str) -> Field) -> Vec<CustomInput> {
    let input = |of: &CustomField| {
        let shown = field(&of.name());
        CustomInput {
            choices: choices(of, &shown.value, &field),
            name: of.name(),
            label: of.label.clone(),
            help: of.help.clone(),
            is_required: of.is_required,
            kind: of.kind,
            field: shown,
        }
    };
    fields.all().iter().map(input).collect()
}

fn choices(of: &CustomField, chosen: &str, field: impl Fn(&str) -> Field) -> Vec<Choice> {
    let none = std::iter::once((
        String::new(),
        if of.is_required { "Choose" } else { "Not known" }.to_owned(),
    ));
    let options = of.options.iter();
    match of.kind {
        Kind::YesOrNo => Choice::list(
            none.chain([("yes".into(), "Yes".into()), ("no".into(), "No".into())]),
            chosen,
        ),
        Kind::OneChoice => {
            let options = options.map(|option| (option.id.to_string(), option.label.clone()));
            Choice::list(none.chain(options), chosen)
        }
        Kind::SeveralChoices => {
            let boxes = options.map(|option| {
                let name = box_name(of, option.id);
                Choice {
                    selected: !field(&name).value.is_empty(),
                    value: name,
                    label: option.label.clone(),
                }
            });
            boxes.collect()
        }
        _ => Vec::new(),
    }
}

/// The name of the box of an option: "custom.17.2".
fn box_name(of: &CustomField, option: i64) -> String {
    format!("{}.{option}", of.name())
}

/// How the values of a record stand in its form: the names of fields with what is typed there.
pub fn typed(fields: &CustomFields, values: &CustomValues) -> Vec<(String, String)> {
    let mut typed = Vec::new();
    for field in fields.all() {
        match (values.get(field.id), field.kind) {
            (Some(CustomValue::Chosen(ids)), Kind::SeveralChoices) => {
                typed.extend(ids.iter().map(|id| (box_name(field, *id), "true".to_owned())));
            }
            (Some(CustomValue::Chosen(ids)), _) => {
                typed.extend(ids.iter().map(|id| (field.name(), id.to_string())));
            }
            (Some(CustomValue::YesOrNo(is)), _) => {
                typed.push((field.name(), if *is { "yes" } else { "no" }.to_owned()));
            }
            (value, _) => typed.push((field.name(), field.cell(value))),
        }
    }
    typed
}

/// Reads the form into a record's values; what the form did not show stays as it is. `sent` tells what was sent under a name.
/// Returns what is wrong, by the name of the field.
pub fn read<'t>(
    fields: &CustomFields,
    values: &mut CustomValues,
    sent: impl Fn(&str) -> Option<&'t str>,
) -> BTreeMap<String, String> {
    let mut wrong = BTreeMap::new();
    for field in fields.all() {
        let name = field.name();
        if let Some(typed) = sent(&name) {
            match read_one(field, typed, &sent) {
                Ok(value) => values.set(field.id, value),
                Err(sentence) => {
                    wrong.insert(name, sentence);
                    continue;
                }
            }
        }
        if field.is_required && values.get(field.id).is_none() {
            wrong.insert(name, missing(field.kind).to_owned());
        }
    }
    wrong
}

fn read_one<'t>(
    field: &CustomField,
    typed: &str,
    sent: impl Fn(&str) -> Option<&'t str>,
) -> Result<Option<CustomValue>, String> {
    let chosen = |ids: Vec<i64>| (!ids.is_empty()).then(|| CustomValue::Chosen(ids.into_iter().collect()));
    let ids = field.options.iter().map(|option| option.id);
    match field.kind {
        Kind::OneChoice if typed.is_empty() => Ok(None),
        Kind::OneChoice => {
            let known = ids.filter(|id| id.to_string() == typed).collect();
            chosen(known).map(Some).ok_or_else(|| "Choose one of the list.".into())
        }
        Kind::SeveralChoices => {
            let is_ticked = |id: &i64| sent(&box_name(field, *id)).is_some_and(|value| !value.is_empty());
            Ok(chosen(ids.filter(is_ticked).collect()))
        }
        _ => field.read(typed),
    }
}

fn missing(kind: Kind) -> &'static str {
    match kind {
        Kind::YesOrNo => "Choose Yes or No.",
        Kind::OneChoice => "Choose one.",
        Kind::SeveralChoices => "Choose at least one.",
        _ => "This must be filled in.",
    }
}
