//! The form of a custom field: what was typed, what is wrong with it, and the definition it makes.

use super::super::actions::Definition;
use super::super::model::{CustomField, HELP_LENGTH_MAX, Kind, LABEL_LENGTH_MAX, OPTIONS_MAX, Record};
use super::Pairs;
use crate::base::fold;
use crate::web::{self, Began, Choice, Field};

/// Empty rows for options that a form shows.
const EMPTY_ROWS: usize = 3;

/// The form.
pub struct DefinitionForm {
    pub began: Began,
    pub record: Record,
    pub kind: Kind,
    pub label: Field,
    pub help: Field,
    pub is_required: bool,
    pub for_individuals: bool,
    pub for_organizations: bool,
    pub for_households: bool,
    /// What is wrong with whom it is for.
    pub whom: Field,
    /// In order.
    pub options: Vec<OptionRow>,
    /// What is wrong with the options as a whole.
    pub choices: Field,
}

/// An option in the form.
pub struct OptionRow {
    /// `None` for a new one.
    pub id: Option<i64>,
    pub label: String,
}

impl OptionRow {
    /// The id as the form sends it.
    pub fn key(&self) -> String {
        self.id.map(|id| id.to_string()).unwrap_or_default()
    }
}

impl DefinitionForm {
    /// The form of a new field.
    pub fn blank(record: Record) -> Self {
        let mut form = Self {
            began: Began::default(),
            record,
            kind: Kind::Text,
            label: Field::default(),
            help: Field::default(),
            is_required: false,
            for_individuals: true,
            for_organizations: true,
            for_households: true,
            whom: Field::default(),
            options: Vec::new(),
            choices: Field::default(),
        };
        form.add_rows();
        form
    }

    /// The form of a field that exists.
    pub fn of(field: &CustomField) -> Self {
        let options = field.options.iter().map(|option| OptionRow {
            id: Some(option.id),
            label: option.label.clone(),
        });
        let mut form = Self {
            began: Began::with(&Definition::of(field)),
            kind: field.kind,
            label: Field::holding(&field.label),
            help: Field::holding(&field.help),
            is_required: field.is_required,
            for_individuals: field.for_individuals,
            for_organizations: field.for_organizations,
            for_households: field.for_households,
            options: options.collect(),
            ..Self::blank(field.record)
        };
        form.add_rows();
        form
    }

    /// What was sent; of a field that exists, record and kind are its own.
    pub fn read(sent: &Pairs, field: Option<&CustomField>) -> Self {
        let value = |name: &str| {
            sent.iter()
                .find(|(key, _)| key == name)
                .map_or("", |(_, value)| value.trim())
        };
        let is_ticked = |name: &str| !value(name).is_empty();
        let record = field
            .map(|field| field.record)
            .or_else(|| Record::parse(value("record")));
        let kind = field.map(|field| field.kind).or_else(|| Kind::parse(value("kind")));
        let record = record.unwrap_or(Record::Contact);
        let is_of_contacts = record == Record::Contact;
        Self {
            began: Began::sent(value("began_with")),
            record,
            kind: kind.unwrap_or(Kind::Text),
            label: Field::holding(value("label")),
            help: Field::holding(value("help")),
            is_required: is_ticked("is_required"),
            for_individuals: is_ticked("for_individuals") || !is_of_contacts,
            for_organizations: is_ticked("for_organizations") || !is_of_contacts,
            for_households: is_ticked("for_households") || !is_of_contacts,
            whom: Field::default(),
            options: rows(sent),
            choices: Field::default(),
        }
    }

    /// Does what a button beside an option says instead of saving: `up-2`, or `more`.
    pub fn pressed(&mut self, button: &str) -> bool {
        match button.split_once('-') {
            Some(("up", at)) => {
                if let Ok(at) = at.parse::<usize>()
                    && (1..self.options.len()).contains(&at)
                {
                    self.options.swap(at - 1, at);
                }
            }
            None if button == "more" => self.add_rows(),
            _ => return false,
        }
        true
    }

    fn add_rows(&mut self) {
        let room = OPTIONS_MAX.saturating_sub(self.options.len());
        let empty = || OptionRow {
            id: None,
            label: String::new(),
        };
        self.options
            .extend(std::iter::repeat_with(empty).take(EMPTY_ROWS.min(room)));
    }

    /// The definition; `None` where something is wrong, which the form then shows.
    pub fn definition(&mut self) -> Option<Definition> {
        let (label_field, label) = Field::read(&self.label.value, |typed| label(typed, "Give the field a label."));
        let (help_field, help) = Field::read(&self.help.value, |typed| {
            web::one_line(typed, HELP_LENGTH_MAX, "The help text may have up to 200 characters.")
        });
        (self.label, self.help) = (label_field, help_field);
        let is_for_somebody = self.for_individuals || self.for_organizations || self.for_households;
        if !is_for_somebody {
            self.whom = Field::wrong("", "Choose at least one.");
        }
        let options = match self.kind.has_options() {
            true => options(&self.options),
            false => Ok(Vec::new()),
        };
        if let Err(sentence) = options {
            self.choices = Field::wrong("", sentence);
        }
        Some(Definition {
            label: label?,
            help: help?,
            is_required: self.is_required,
            for_individuals: self.for_individuals,
            for_organizations: self.for_organizations,
            for_households: self.for_households,
            options: options.ok().filter(|_| is_for_somebody)?,
        })
    }

    /// The kinds to choose from.
    pub fn kinds(&self) -> Vec<Choice> {
        Choice::list(
            Kind::ALL.iter().map(|kind| (kind.as_str(), words(*kind))),
            self.kind.as_str(),
        )
    }
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "Text, one line",
        Kind::Money => "Money, in Canadian dollars",
        Kind::OneChoice => "One choice of a list",
        Kind::SeveralChoices => "Several choices of a list",
        other => other.as_str(),
    }
}

/// The rows of options in the order in which they were sent: each its id, then its label.
fn rows(sent: &Pairs) -> Vec<OptionRow> {
    let mut rows: Vec<OptionRow> = Vec::new();
    for (name, value) in sent {
        let is_full = rows.len() >= OPTIONS_MAX;
        match (name.as_str(), rows.last_mut()) {
            ("option_id", _) if !is_full => rows.push(OptionRow {
                id: value.parse().ok(),
                label: String::new(),
            }),
            ("option_label", Some(row)) => row.label = value.trim().to_owned(),
            _ => {}
        }
    }
    rows
}

/// Reads the options; rows left empty are passed over.
fn options(rows: &[OptionRow]) -> Result<Vec<(Option<i64>, String)>, &'static str> {
    let mut read: Vec<(Option<i64>, String)> = Vec::new();
    for row in rows.iter().filter(|row| !row.label.is_empty()) {
        let label = label(&row.label, "")?;
        if label.contains(';') {
            return Err("A choice cannot have a semicolon in it: files use it between several choices.");
        }
        if read.iter().any(|(_, other)| fold(other) == fold(&label)) {
            return Err("Two choices have the same label.");
        }
        read.push((row.id, label));
    }
    if read.is_empty() {
        return Err("Write at least one choice.");
    }
    Ok(read)
}

fn label(typed: &str, missing: &'static str) -> Result<String, &'static str> {
    web::required_line(
        typed,
        LABEL_LENGTH_MAX,
        missing,
        "A label may have up to 60 characters.",
    )
}
