//! Questions about the fields an organization made for itself, of contacts and of their Completed contributions. What is asked
//! depends on the field's kind, which the field's word tells ("contact.date.17"), so that a condition is read without the
//! definitions; only its words need them.

use super::controls::{Control, Ops};
use super::links::Test as Options;
use super::listed;
use super::numbers::{self, Test as Number};
use super::offers::Offers;
use super::sql::{Bind, Place, Sql};
use super::text::{Test as Words, Writing};
use super::{Calendar, Facts, Typed, dates};
use crate::base::{Currency, CustomFieldId, Money};
use crate::crm::custom_fields::{CustomField, CustomValue, Kind, Record, number, number_words};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// A field by its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Custom {
    record: Record,
    kind: Kind,
    id: CustomFieldId,
}

/// What is asked of its values.
#[derive(Clone, Debug)]
pub enum Test {
    Text(Words),
    Number(Number),
    Date(dates::Test),
    YesOrNo(Answer),
    Options(Options),
}

/// What is asked of a yes or no, which may not be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    Empty,
    Filled,
}

const YES_OR_NO: Ops = &[
    ("yes", "is Yes"),
    ("no", "is No"),
    ("empty", "is empty"),
    ("filled", "is not empty"),
];
const SEVERAL_CHOICES: Ops = &[
    ("any", "includes any of"),
    ("each", "includes all of"),
    ("none", "does not include"),
    ("empty", "is empty"),
    ("filled", "is not empty"),
];

impl Custom {
    pub(super) fn find(key: &str) -> Option<Self> {
        let (record, kind, id) = CustomField::parse_key(key)?;
        Some(Self { record, kind, id })
    }

    fn field(self, offers: &Offers) -> Option<&CustomField> {
        let found = offers.custom().get(self.id);
        found.filter(|field| field.record == self.record && field.kind == self.kind)
    }

    /// "Shirt Size", "Table (contribution)".
    pub(super) fn label(self, offers: &Offers) -> String {
        let label = self
            .field(offers)
            .map_or("(a deleted field)", |field| field.label.as_str());
        match self.record {
            Record::Contact => label.to_owned(),
            Record::Contribution => format!("{label} (contribution)"),
        }
    }

    pub(super) fn read(self, typed: &Typed) -> Result<Test, &'static str> {
        Ok(match self.kind {
            Kind::Text => Test::Text(Words::read(typed, Writing::Words)?),
            Kind::Number => Test::Number(Number::read(typed, number)?),
            Kind::Money => Test::Number(Number::read(typed, |typed| {
                Money::parse(typed, Currency::CAD).map(|money| money.minor)
            })?),
            Kind::Date => Test::Date(dates::Test::read(typed)?),
            Kind::YesOrNo => Test::YesOrNo(Answer::read(typed)?),
            Kind::OneChoice | Kind::SeveralChoices => Test::Options(Options::read(typed)?),
        })
    }

    /// Where the values stand: as `jsonb`, or as text.
    fn at<T>(self, is_text: bool, work: impl FnOnce(Place<'_>) -> T) -> T {
        let arrow = if is_text { "->>" } else { "->" };
        match self.record {
            Record::Contact => work(Place::Own(&format!("(contacts.custom {arrow} '{}')", self.id))),
            Record::Contribution => work(Place::Rows {
                table: &format!(
                    "(SELECT organization_id, contact_id, custom {arrow} '{}' AS value FROM contributions \
                     WHERE status = 'Completed') AS gifts",
                    self.id
                ),
                value: "value",
            }),
        }
    }

    pub(super) fn sql(self, test: &Test, sql: &mut Sql, calendar: &Calendar) -> String {
        match test {
            Test::Text(test) => self.at(true, |place| test.sql(place, Writing::Words, sql)),
            Test::Number(test) => self.at(false, |place| test.sql(place, numbers::Stored::Json, sql)),
            Test::Date(test) => self.at(true, |place| test.sql(place, dates::Stored::Text, sql, calendar)),
            Test::YesOrNo(test) => self.at(false, |place| test.sql(place, sql)),
            Test::Options(test) => self.at(false, |place| options_sql(test, place, sql)),
        }
    }

    /// For whom the answer may be another on another day.
    pub(super) fn moved(self, test: &Test, sql: &mut Sql, days: [&Calendar; 2]) -> Option<String> {
        match test {
            Test::Date(test) => self.at(true, |place| test.moved(place, dates::Stored::Text, sql, days)),
            _ => None,
        }
    }

    fn values(self, facts: &Facts) -> Vec<&CustomValue> {
        match self.record {
            Record::Contact => facts.contact.details.custom.get(self.id).into_iter().collect(),
            Record::Contribution => facts.given().filter_map(|gift| gift.custom.get(self.id)).collect(),
        }
    }

    fn texts(self, facts: &Facts) -> Vec<&str> {
        let values = self.values(facts).into_iter();
        let texts = values.filter_map(|value| match value {
            CustomValue::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    pub(super) fn holds(self, test: &Test, facts: &Facts, calendar: &Calendar) -> bool {
        match test {
            Test::Text(test) => test.holds(&self.texts(facts), Writing::Words),
            Test::Number(test) => {
                let numbers = self.values(facts).into_iter().filter_map(|value| match value {
                    CustomValue::Number(number) => Some(*number),
                    _ => None,
                });
                test.holds(&numbers.collect::<Vec<_>>())
            }
            Test::Date(test) => {
                let days = self.texts(facts).into_iter().filter_map(|text| text.parse().ok());
                test.holds(&days.collect::<Vec<NaiveDate>>(), calendar)
            }
            Test::YesOrNo(test) => test.holds(&self.values(facts)),
            Test::Options(test) => options_hold(test, &self.values(facts)),
        }
    }

    pub(super) fn words(self, test: &Test, offers: &Offers) -> String {
        match test {
            Test::Text(test) => test.words(),
            Test::Number(test) => test.words(|minor| match self.kind {
                Kind::Money => Money::new(minor, Currency::CAD).to_string(),
                _ => number_words(minor),
            }),
            Test::Date(test) => test.words(),
            Test::YesOrNo(test) => test.words().to_owned(),
            Test::Options(test) => self.options_words(test, offers),
        }
    }

    fn options_words(self, test: &Options, offers: &Offers) -> String {
        let label = |id: &i64| {
            let option = self
                .field(offers)
                .and_then(|field| field.options.iter().find(|option| option.id == *id));
            option.map_or("(deleted)", |option| option.label.as_str())
        };
        let named = |ids: &[i64], between: &str| ids.iter().map(label).collect::<Vec<_>>().join(between);
        let several = self.kind == Kind::SeveralChoices;
        match test {
            Options::Any(ids) => format!("{} {}", if several { "includes" } else { "is" }, named(ids, " or ")),
            Options::Each(ids) => format!("includes {}", named(ids, " and ")),
            Options::None(ids) => {
                format!(
                    "{} {}",
                    if several { "does not include" } else { "is not" },
                    named(ids, " or ")
                )
            }
            Options::Empty => "is empty".into(),
            Options::Filled => "is not empty".into(),
        }
    }

    pub(super) fn value_of(self, facts: &Facts, offers: &Offers) -> Vec<String> {
        let Some(field) = self.field(offers) else {
            return Vec::new();
        };
        self.values(facts).into_iter().map(|value| field.words(value)).collect()
    }

    pub(super) fn controls(self, typed: &Typed, offers: &Offers) -> Vec<Control> {
        match self.kind {
            Kind::Text => Words::controls(typed),
            Kind::Number => Number::controls(typed, "Number"),
            Kind::Money => Number::controls(typed, "Amount"),
            Kind::Date => dates::Test::controls(typed),
            Kind::YesOrNo => vec![Control::op(YES_OR_NO, &typed.op)],
            Kind::OneChoice => self.options_controls(listed::OPS, typed, offers),
            Kind::SeveralChoices => self.options_controls(SEVERAL_CHOICES, typed, offers),
        }
    }

    fn options_controls(self, ops: Ops, typed: &Typed, offers: &Offers) -> Vec<Control> {
        let op = Control::op(ops, &typed.op);
        if matches!(op.chosen(), "empty" | "filled") {
            return vec![op];
        }
        let options = self.field(offers).map_or(&[][..], |field| &field.options);
        let options: Vec<(i64, String)> = options.iter().map(|option| (option.id, option.label.clone())).collect();
        vec![op, Control::checks_of("Which", &options, &typed.values)]
    }
}

impl Test {
    pub(super) fn is_relative(&self) -> bool {
        matches!(self, Self::Date(test) if test.is_relative())
    }
}

impl Answer {
    fn read(typed: &Typed) -> Result<Self, &'static str> {
        match typed.op.as_str() {
            "yes" => Ok(Self::Yes),
            "no" => Ok(Self::No),
            "empty" => Ok(Self::Empty),
            "filled" => Ok(Self::Filled),
            _ => Err("Choose yes or no."),
        }
    }

    fn sql(self, place: Place<'_>, sql: &mut Sql) -> String {
        match self {
            Self::Yes => place.some(sql, |_, value| format!("{value} = 'true'")),
            Self::No => place.some(sql, |_, value| format!("{value} = 'false'")),
            Self::Filled => place.some(sql, |_, value| format!("{value} IS NOT NULL")),
            Self::Empty => format!("NOT {}", Self::Filled.sql(place, sql)),
        }
    }

    fn holds(self, values: &[&CustomValue]) -> bool {
        match self {
            Self::Yes => values.contains(&&CustomValue::YesOrNo(true)),
            Self::No => values.contains(&&CustomValue::YesOrNo(false)),
            Self::Filled => !values.is_empty(),
            Self::Empty => values.is_empty(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Yes => "is Yes",
            Self::No => "is No",
            Self::Empty => "is empty",
            Self::Filled => "is not empty",
        }
    }
}

fn options_sql(test: &Options, place: Place<'_>, sql: &mut Sql) -> String {
    match test {
        Options::Any(ids) => place.some(sql, |sql, value| {
            let ids = sql.bind(Bind::Ids(ids.clone()));
            format!("EXISTS (SELECT FROM unnest({ids}::bigint[]) AS option WHERE {value} @> to_jsonb(option))")
        }),
        Options::Each(ids) => place.some(sql, |sql, value| {
            format!("{value} @> to_jsonb({}::bigint[])", sql.bind(Bind::Ids(ids.clone())))
        }),
        Options::Filled => place.some(sql, |_, value| format!("{value} IS NOT NULL")),
        Options::None(ids) => format!("NOT {}", options_sql(&Options::Any(ids.clone()), place, sql)),
        Options::Empty => format!("NOT {}", options_sql(&Options::Filled, place, sql)),
    }
}

fn options_hold(test: &Options, values: &[&CustomValue]) -> bool {
    let some = |fits: &dyn Fn(&BTreeSet<i64>) -> bool| {
        let chosen = values.iter().filter_map(|value| match value {
            CustomValue::Chosen(chosen) => Some(chosen),
            _ => None,
        });
        chosen.into_iter().any(fits)
    };
    match test {
        Options::Any(ids) => some(&|chosen| ids.iter().any(|id| chosen.contains(id))),
        Options::Each(ids) => some(&|chosen| ids.iter().all(|id| chosen.contains(id))),
        Options::None(ids) => !some(&|chosen| ids.iter().any(|id| chosen.contains(id))),
        Options::Filled => !values.is_empty(),
        Options::Empty => values.is_empty(),
    }
}
