//! The list's filters by the organization's own fields: what addresses say of them, what fits, and what the page shows.

use super::search::Fits;
use crate::base::{Currency, Money};
use crate::crm::custom_fields::{CustomField, CustomFields, Kind, Record, number};
use crate::web::{Choice, Field};
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool, Text};

/// What is asked of the fields, as it was typed: "custom.17" or, of numbers and days, "custom.17.from" and "custom.17.to".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomFilter(Vec<(String, String)>);

/// A field among the filters of the page.
pub struct FilterInput {
    pub name: String,
    pub label: String,
    pub kind: Kind,
    pub value: Field,
    /// The end, of numbers and days.
    pub to: Field,
    /// Of what is chosen; the first is any.
    pub choices: Vec<Choice>,
}

impl CustomFilter {
    /// Reads a query string; what is left empty is passed over.
    pub fn of(pairs: &[(String, String)]) -> Self {
        let asked = pairs
            .iter()
            .filter(|(name, value)| name.starts_with("custom.") && !value.trim().is_empty());
        Self(
            asked
                .map(|(name, value)| (name.clone(), value.trim().to_owned()))
                .collect(),
        )
    }

    /// The pairs `of` reads again.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    fn value(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// What contributions must fulfil; what cannot be read, or is of no field in use, is passed over.
    pub(super) fn fits(&self, fields: &CustomFields) -> Vec<Fits> {
        let fits = fields
            .offered(Record::Contribution)
            .flat_map(|field| self.fits_one(field));
        fits.collect()
    }

    fn fits_one(&self, field: &CustomField) -> Vec<Fits> {
        let (id, name) = (field.id, field.name());
        let asked = self.value(&name);
        let ends = [
            (">=", self.value(&format!("{name}.from"))),
            ("<=", self.value(&format!("{name}.to"))),
        ];
        let within = |read: &dyn Fn(&str) -> Option<i64>| -> Vec<Fits> {
            let read = ends.iter().filter_map(|(op, typed)| Some((op, read(typed)?)));
            let fits = read.map(|(op, number)| -> Fits {
                let is_number = format!(
                    "jsonb_typeof(contributions.custom -> '{id}') = 'number' AND contributions.custom -> '{id}' {op} to_jsonb("
                );
                Box::new(sql::<Bool>(&is_number).bind::<BigInt, _>(number).sql("::bigint)"))
            });
            fits.collect()
        };
        match field.kind {
            Kind::Number => within(&|typed| number(typed).ok()),
            Kind::Money => within(&|typed| Money::parse(typed, Currency::CAD).ok().map(|money| money.minor)),
            Kind::Date => {
                let days = ends
                    .iter()
                    .filter_map(|(op, typed)| Some((op, field.read(typed).ok()??)));
                let fits = days.map(|(op, day)| -> Fits {
                    let text = format!("(contributions.custom ->> '{id}') COLLATE \"C\" {op} ");
                    Box::new(sql::<Bool>(&text).bind::<Text, _>(field.words(&day)))
                });
                fits.collect()
            }
            Kind::Text if !asked.is_empty() => {
                let held = sql::<Bool>("position(folded(").bind::<Text, _>(asked.to_owned());
                vec![Box::new(
                    held.sql(&format!(") IN folded(contributions.custom ->> '{id}')) > 0")),
                )]
            }
            Kind::YesOrNo if matches!(asked, "yes" | "no") => {
                let wanted = asked == "yes";
                vec![Box::new(sql::<Bool>(&format!(
                    "contributions.custom -> '{id}' = '{wanted}'::jsonb"
                )))]
            }
            Kind::OneChoice | Kind::SeveralChoices => match asked.parse::<i64>() {
                Ok(option) => {
                    let held = sql::<Bool>(&format!("contributions.custom -> '{id}' @> to_jsonb("));
                    vec![Box::new(held.bind::<BigInt, _>(option).sql("::bigint)"))]
                }
                Err(_) => Vec::new(),
            },
            Kind::Text | Kind::YesOrNo => Vec::new(),
        }
    }

    /// The filters as the page shows them.
    pub fn inputs(&self, fields: &CustomFields) -> Vec<FilterInput> {
        let input = |field: &CustomField| {
            let name = field.name();
            let has_ends = matches!(field.kind, Kind::Number | Kind::Money | Kind::Date);
            let from = if has_ends { format!("{name}.from") } else { name.clone() };
            FilterInput {
                label: field.label.clone(),
                kind: field.kind,
                value: Field::holding(self.value(&from)),
                to: Field::holding(self.value(&format!("{name}.to"))),
                choices: self.choices(field),
                name,
            }
        };
        fields.offered(Record::Contribution).map(input).collect()
    }

    fn choices(&self, field: &CustomField) -> Vec<Choice> {
        let any = std::iter::once((String::new(), "Any".to_owned()));
        let asked = self.value(&field.name());
        match field.kind {
            Kind::YesOrNo => Choice::list(
                any.chain([("yes".into(), "Yes".into()), ("no".into(), "No".into())]),
                asked,
            ),
            kind if kind.has_options() => {
                let options = field
                    .options
                    .iter()
                    .map(|option| (option.id.to_string(), option.label.clone()));
                Choice::list(any.chain(options), asked)
            }
            _ => Vec::new(),
        }
    }
}
