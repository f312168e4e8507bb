//! What a custom field is, which values it takes, and how they read. No database here.

use super::number::{number, number_words};
use super::values::CustomValue;
use crate::base::{Currency, CustomFieldId, Money, choice, fold};
use crate::web::day;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The longest label of a field or of an option, in characters.
pub const LABEL_LENGTH_MAX: usize = 60;
/// The longest help text, in characters.
pub const HELP_LENGTH_MAX: usize = 200;
/// The longest text a value may be, in characters.
pub const TEXT_LENGTH_MAX: usize = 255;
/// Fields a record may have; more do not fit a form.
pub const FIELDS_MAX: usize = 60;
/// Options a choice may have.
pub const OPTIONS_MAX: usize = 100;

choice! {
    /// What has the field.
    pub enum Record {
        Contact = "Contact",
        Contribution = "Contribution",
    }
}

impl Record {
    /// The word in the keys of searches; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Contribution => "contribution",
        }
    }
}

choice! {
    /// What its values are.
    pub enum Kind {
        Text = "Text",
        Number = "Number",
        /// In Canadian dollars.
        Money = "Money",
        Date = "Date",
        YesOrNo = "Yes or No",
        OneChoice = "One Choice",
        SeveralChoices = "Several Choices",
    }
}

impl Kind {
    /// The word in the keys of searches; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Money => "money",
            Self::Date => "date",
            Self::YesOrNo => "yes_or_no",
            Self::OneChoice => "one_choice",
            Self::SeveralChoices => "several_choices",
        }
    }

    /// The type of an `<input>` for the ends of a range of its values.
    pub fn ends(self) -> &'static str {
        if self == Self::Date { "date" } else { "text" }
    }

    /// Whether its values are chosen from options.
    pub fn has_options(self) -> bool {
        matches!(self, Self::OneChoice | Self::SeveralChoices)
    }
}

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomOption {
    /// Never given twice within a field.
    pub id: i64,
    pub label: String,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomField {
    pub id: CustomFieldId,
    pub record: Record,
    pub kind: Kind,
    pub label: String,
    pub help: String,
    /// Forms ask for it; files and Mailchimp may bring records without it.
    pub is_required: bool,
    pub for_individuals: bool,
    pub for_organizations: bool,
    pub for_households: bool,
    /// In the order in which they are offered.
    pub options: Vec<CustomOption>,
    /// No longer shown; its values stay.
    pub is_retired: bool,
}

impl CustomField {
    /// The name of its field in forms, and of its problems: "custom.17".
    pub fn name(&self) -> String {
        format!("custom.{}", self.id)
    }

    /// The word it has in searches: "contact.date.17". It tells all that is needed to read a condition without the definition.
    pub fn key(&self) -> String {
        format!("{}.{}.{}", self.record.key(), self.kind.key(), self.id)
    }

    /// What a word of a search is about.
    pub fn parse_key(key: &str) -> Option<(Record, Kind, CustomFieldId)> {
        let mut parts = key.splitn(3, '.');
        let (record, kind, id) = (parts.next()?, parts.next()?, parts.next()?);
        let record = Record::ALL.iter().find(|one| one.key() == record)?;
        let kind = Kind::ALL.iter().find(|one| one.key() == kind)?;
        let id: CustomFieldId = id.parse().ok()?;
        (id.to_string() == key.rsplit('.').next()?).then_some((*record, *kind, id))
    }

    /// Whether it is for this type of contact, by its word: "individual". Contributions have none.
    pub fn is_for(&self, contact_type: &str) -> bool {
        match (self.record, contact_type) {
            (Record::Contact, "individual") => self.for_individuals,
            (Record::Contact, "organization") => self.for_organizations,
            (Record::Contact, "household") => self.for_households,
            _ => true,
        }
    }

    /// The option with this label, whatever its case and accents.
    pub fn option(&self, label: &str) -> Option<&CustomOption> {
        let wanted = fold(label.trim());
        self.options.iter().find(|option| fold(&option.label) == wanted)
    }

    /// Reads a value as people write it; nothing written is no value. The error is a sentence.
    pub fn read(&self, written: &str) -> Result<Option<CustomValue>, String> {
        let written = written.trim();
        if written.is_empty() {
            return Ok(None);
        }
        Ok(Some(match self.kind {
            Kind::Text => CustomValue::Text(text(written)?),
            Kind::Number => CustomValue::Number(number(written)?),
            Kind::Money => CustomValue::Number(Money::parse(written, Currency::CAD)?.minor),
            Kind::Date => match day(written)? {
                Some(day) if (1..=9_999).contains(&day.year()) => CustomValue::Text(day.to_string()),
                _ => return Err("Write the year with four digits.".into()),
            },
            Kind::YesOrNo => match fold(written).as_str() {
                "yes" | "oui" => CustomValue::YesOrNo(true),
                "no" | "non" => CustomValue::YesOrNo(false),
                _ => return Err("Write Yes or No.".into()),
            },
            Kind::OneChoice => CustomValue::Chosen([self.chosen(written)?].into()),
            Kind::SeveralChoices => {
                // A label may have a comma in it: then it stands alone, or between semicolons.
                let between = if written.contains(';') { ';' } else { ',' };
                let labels: Vec<&str> = match self.option(written) {
                    Some(_) => vec![written],
                    None => written
                        .split(between)
                        .filter(|label| !label.trim().is_empty())
                        .collect(),
                };
                let chosen: Result<BTreeSet<i64>, String> =
                    labels.into_iter().map(|label| self.chosen(label)).collect();
                CustomValue::Chosen(chosen?)
            }
        }))
    }

    fn chosen(&self, label: &str) -> Result<i64, String> {
        let found = self.option(label).map(|option| option.id);
        found.ok_or_else(|| format!("“{}” is none of the choices.", label.trim()))
    }

    /// Whether a value is one of this field.
    pub fn takes(&self, value: &CustomValue) -> bool {
        match (self.kind, value) {
            (Kind::Text, CustomValue::Text(written)) => text(written).is_ok_and(|read| read == *written),
            (Kind::Date, CustomValue::Text(written)) => {
                self.read(written).is_ok_and(|read| read.as_ref() == Some(value))
            }
            (Kind::Number, CustomValue::Number(_)) | (Kind::YesOrNo, CustomValue::YesOrNo(_)) => true,
            (Kind::Money, CustomValue::Number(cents)) => (0..=crate::base::AMOUNT_MAX).contains(cents),
            (Kind::OneChoice | Kind::SeveralChoices, CustomValue::Chosen(ids)) => {
                let are_known = ids.iter().all(|id| self.options.iter().any(|option| option.id == *id));
                are_known && !ids.is_empty() && (ids.len() == 1 || self.kind == Kind::SeveralChoices)
            }
            _ => false,
        }
    }

    /// A value as people read it: "$1,250.50", "Yes", "Gold, Silver", a day as 2026-11-24.
    pub fn words(&self, value: &CustomValue) -> String {
        match (self.kind, value) {
            (Kind::Money, CustomValue::Number(cents)) => Money::new(*cents, Currency::CAD).to_string(),
            _ => self.joined(value, ", "),
        }
    }

    /// A value as a file holds it, to be read again: "1250.50", "Gold; Silver".
    pub fn cell(&self, value: Option<&CustomValue>) -> String {
        value.map_or_else(String::new, |value| self.joined(value, "; "))
    }

    fn joined(&self, value: &CustomValue, between: &str) -> String {
        match value {
            CustomValue::YesOrNo(is) => if *is { "Yes" } else { "No" }.into(),
            CustomValue::Number(minor) if self.kind == Kind::Money => Money::new(*minor, Currency::CAD).digits(),
            CustomValue::Number(number) => number_words(*number),
            CustomValue::Text(written) => written.clone(),
            CustomValue::Chosen(ids) => {
                let chosen = self.options.iter().filter(|option| ids.contains(&option.id));
                let labels: Vec<&str> = chosen.map(|option| option.label.as_str()).collect();
                labels.join(between)
            }
        }
    }

    /// A value as a page shows it: days in words.
    pub(super) fn shown(&self, value: &CustomValue) -> String {
        match (self.kind, value) {
            (Kind::Date, CustomValue::Text(written)) => match written.parse::<NaiveDate>() {
                Ok(day) => day.format("%B %-d, %Y").to_string(),
                Err(_) => written.clone(),
            },
            _ => self.words(value),
        }
    }
}

fn text(written: &str) -> Result<String, String> {
    let one_line = written.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() > TEXT_LENGTH_MAX {
        return Err("This is too long: 255 characters are the most.".into());
    }
    match one_line.chars().any(char::is_control) {
        true => Err("There is a character in it that cannot be kept. Type it again by hand.".into()),
        false => Ok(one_line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: Kind) -> CustomField {
        let option = |(id, label): (i64, &str)| CustomOption {
            id,
            label: label.into(),
        };
        CustomField {
            id: CustomFieldId(17),
            record: Record::Contact,
            kind,
            label: "Level".into(),
            help: String::new(),
            is_required: false,
            for_individuals: true,
            for_organizations: false,
            for_households: true,
            options: match kind.has_options() {
                true => [(2, "Gold"), (1, "Silver, plated"), (3, "Été")].map(option).into(),
                false => Vec::new(),
            },
            is_retired: false,
        }
    }

    fn read(kind: Kind, written: &str) -> Result<String, String> {
        let field = field(kind);
        let value = field.read(written)?;
        if let Some(value) = &value {
            assert!(field.takes(value), "{kind}: {written}");
            assert_eq!(
                field.read(&field.cell(Some(value))),
                Ok(Some(value.clone())),
                "{kind}: {written}"
            );
        }
        Ok(value.map(|value| field.words(&value)).unwrap_or_default())
    }

    #[test]
    fn every_kind_reads_what_people_write_and_again_what_it_exports() {
        assert_eq!(read(Kind::Text, "  Large \t T-shirt "), Ok("Large T-shirt".into()));
        assert_eq!(read(Kind::Number, "1,250.50"), Ok("1250.5".into()));
        assert_eq!(read(Kind::Money, "1250.5"), Ok("$1,250.50".into()));
        assert_eq!(read(Kind::Date, "2024-02-29"), Ok("2024-02-29".into()));
        assert_eq!(read(Kind::YesOrNo, "OUI"), Ok("Yes".into()));
        assert_eq!(read(Kind::OneChoice, "ete"), Ok("Été".into()));
        assert_eq!(
            read(Kind::SeveralChoices, "silver, plated"),
            Ok("Silver, plated".into())
        );
        assert_eq!(read(Kind::SeveralChoices, "été;gold"), Ok("Gold, Été".into()));
        for kind in Kind::ALL {
            assert_eq!(read(*kind, "  "), Ok(String::new()), "{kind}");
        }
    }

    #[test]
    fn what_is_no_value_is_refused_with_a_sentence() {
        for (kind, written) in [
            (Kind::Number, "three"),
            (Kind::Money, "-5"),
            (Kind::Date, "2023-02-29"),
            (Kind::YesOrNo, "maybe"),
            (Kind::OneChoice, "Gold; Silver, plated"),
            (Kind::SeveralChoices, "Gold, Bronze"),
        ] {
            assert!(read(kind, written).is_err(), "{kind}: {written}");
        }
        assert!(read(Kind::Text, &"x".repeat(256)).is_err());
    }

    #[test]
    fn a_field_takes_no_value_of_another_kind_and_no_option_of_another_field() {
        let chosen = |ids: &[i64]| CustomValue::Chosen(ids.iter().copied().collect());
        assert!(field(Kind::OneChoice).takes(&chosen(&[1])));
        for ids in [&[][..], &[4], &[1, 2]] {
            assert!(!field(Kind::OneChoice).takes(&chosen(ids)), "{ids:?}");
        }
        assert!(field(Kind::SeveralChoices).takes(&chosen(&[1, 2])));
        assert!(!field(Kind::Date).takes(&CustomValue::Text("soon".into())));
        assert!(!field(Kind::Number).takes(&CustomValue::YesOrNo(true)));
        assert!(!field(Kind::Text).takes(&CustomValue::Text("a\nb".into())));
    }

    #[test]
    fn the_word_of_a_search_tells_record_kind_and_field() {
        assert_eq!(field(Kind::YesOrNo).key(), "contact.yes_or_no.17");
        for kind in Kind::ALL {
            let read = CustomField::parse_key(&field(*kind).key());
            assert_eq!(read, Some((Record::Contact, *kind, CustomFieldId(17))));
        }
        for wrong in [
            "contact",
            "contact.text",
            "contact.text.x",
            "contact.text.017",
            "contact.text.+7",
            "group.text.17",
        ] {
            assert_eq!(CustomField::parse_key(wrong), None, "{wrong}");
        }
    }
}
