//! Questions with a few fixed answers, such as the type of contact or the language.

use super::controls::{Control, Ops};
use super::sql::{Bind, Place, Sql};
use super::{Facts, Typed};

/// One of a few answers, or none.
pub struct Choices<R = Facts> {
    /// Gives the key of an answer, or an empty text.
    pub(super) place: Place<'static>,
    /// Key and label.
    pub(super) options: Ops,
    /// Whether there may be no answer.
    pub(super) may_be_empty: bool,
    pub(super) of: fn(&R) -> &str,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    Is(Vec<String>),
    IsNot(Vec<String>),
    Empty,
    Filled,
}

const OPS: Ops = &[
    ("is", "is"),
    ("is_not", "is not"),
    ("empty", "is empty"),
    ("filled", "is not empty"),
];

impl<R> Choices<R> {
    pub(super) fn read(&self, typed: &Typed) -> Result<Test, &'static str> {
        let chosen = || {
            let known = |value: &&String| self.options.iter().any(|(key, _)| key == value);
            let chosen: Vec<String> = typed.values.iter().filter(known).cloned().collect();
            if chosen.is_empty() {
                Err("Choose at least one.")
            } else {
                Ok(chosen)
            }
        };
        Ok(match typed.op.as_str() {
            "is" => Test::Is(chosen()?),
            "is_not" => Test::IsNot(chosen()?),
            "empty" => Test::Empty,
            "filled" => Test::Filled,
            _ => return Err("Choose how to compare."),
        })
    }

    pub(super) fn sql(&self, test: &Test, sql: &mut Sql) -> String {
        match test {
            Test::Is(chosen) => self.place.some(sql, |sql, value| {
                format!("{value} = ANY({})", sql.bind(Bind::Texts(chosen.clone())))
            }),
            Test::IsNot(chosen) => format!("NOT {}", self.sql(&Test::Is(chosen.clone()), sql)),
            Test::Filled => self.place.some(sql, |_, value| format!("{value} <> ''")),
            Test::Empty => format!("NOT {}", self.sql(&Test::Filled, sql)),
        }
    }

    pub(super) fn holds(&self, test: &Test, of: &R) -> bool {
        let answer = (self.of)(of);
        match test {
            Test::Is(chosen) => chosen.iter().any(|one| one == answer),
            Test::IsNot(chosen) => !chosen.iter().any(|one| one == answer),
            Test::Filled => !answer.is_empty(),
            Test::Empty => answer.is_empty(),
        }
    }

    pub(super) fn words(&self, test: &Test) -> String {
        let named = |chosen: &[String]| {
            let labels: Vec<&str> = chosen.iter().map(|key| self.label(key)).collect();
            labels.join(" or ")
        };
        match test {
            Test::Is(chosen) => format!("is {}", named(chosen)),
            Test::IsNot(chosen) => format!("is not {}", named(chosen)),
            Test::Empty => "is empty".into(),
            Test::Filled => "is not empty".into(),
        }
    }

    pub(super) fn value_of(&self, of: &R) -> Vec<String> {
        let answer = Some((self.of)(of)).filter(|answer| !answer.is_empty());
        answer.map(|key| self.label(key).to_owned()).into_iter().collect()
    }

    pub(super) fn controls(&self, typed: &Typed) -> Vec<Control> {
        let ops = if self.may_be_empty {
            OPS
        } else {
            OPS.get(..2).unwrap_or(OPS)
        };
        let op = Control::op(ops, &typed.op);
        match op.chosen() {
            "empty" | "filled" => vec![op],
            _ => vec![op, Control::checks("Which", self.options, &typed.values)],
        }
    }

    fn label(&self, key: &str) -> &'static str {
        let found = self.options.iter().find(|(known, _)| *known == key);
        found.map_or("something unknown", |(_, label)| label)
    }
}
