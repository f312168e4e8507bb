//! Questions about words: names, places, numbers that people write. Capitals and accents do not matter.

use super::controls::{Control, Ops};
use super::sql::{Bind, Place, Sql};
use super::{Facts, Typed};
use crate::base::fold;

/// A text of a contact, or several.
pub struct Text<R = Facts> {
    pub(super) place: Place<'static>,
    pub(super) writing: Writing,
    pub(super) of: fn(&R) -> Vec<&str>,
}

/// What does not matter when texts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// Capitals and accents.
    Words,
    /// Spaces as well: "K1A 0B1" is "k1a0b1".
    PostalCode,
    /// Everything but digits: "(613) 555-0142" is "6135550142".
    Digits,
}

/// What is asked of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    Is(String),
    IsNot(String),
    Contains(String),
    ContainsNot(String),
    Starts(String),
    Empty,
    Filled,
}

const OPS: Ops = &[
    ("is", "is"),
    ("is_not", "is not"),
    ("contains", "contains"),
    ("contains_not", "does not contain"),
    ("starts", "starts with"),
    ("empty", "is empty"),
    ("filled", "is not empty"),
];

impl Writing {
    /// The text as it is compared.
    fn normal(self, text: &str) -> String {
        match self {
            Self::Words => fold(text),
            Self::PostalCode => fold(text).replace(' ', ""),
            Self::Digits => text.chars().filter(char::is_ascii_digit).collect(),
        }
    }

    /// The same of an expression, in SQL.
    fn normal_sql(self, expression: &str) -> String {
        match self {
            Self::Words => format!("folded({expression})"),
            Self::PostalCode => format!("replace(folded({expression}), ' ', '')"),
            Self::Digits => format!("regexp_replace({expression}, '[^0-9]', '', 'g')"),
        }
    }
}

impl Test {
    pub(super) fn read(typed: &Typed, writing: Writing) -> Result<Self, &'static str> {
        let value = || {
            let value = typed.value(0);
            match writing.normal(value).is_empty() {
                true if writing == Writing::Digits => Err("Write at least one digit to look for."),
                true => Err("Write what to look for."),
                false => Ok(value.to_owned()),
            }
        };
        Ok(match typed.op.as_str() {
            "is" => Test::Is(value()?),
            "is_not" => Test::IsNot(value()?),
            "contains" => Test::Contains(value()?),
            "contains_not" => Test::ContainsNot(value()?),
            "starts" => Test::Starts(value()?),
            "empty" => Test::Empty,
            "filled" => Test::Filled,
            _ => return Err("Choose how to compare."),
        })
    }

    pub(super) fn sql(&self, place: Place<'_>, writing: Writing, sql: &mut Sql) -> String {
        let compared = |sql: &mut Sql, value: &str, wanted: &str| {
            let parameter = sql.bind(Bind::Text(wanted.to_owned()));
            (writing.normal_sql(value), writing.normal_sql(&parameter))
        };
        match self {
            Self::Is(wanted) => place.some(sql, |sql, value| {
                let (value, wanted) = compared(sql, value, wanted);
                format!("{value} = {wanted}")
            }),
            Test::Contains(wanted) => place.some(sql, |sql, value| {
                let (value, wanted) = compared(sql, value, wanted);
                format!("position({wanted} IN {value}) > 0")
            }),
            Test::Starts(wanted) => place.some(sql, |sql, value| {
                let (value, wanted) = compared(sql, value, wanted);
                format!("starts_with({value}, {wanted})")
            }),
            Test::Filled => place.some(sql, |_, value| format!("{value} <> ''")),
            Test::IsNot(wanted) => format!("NOT {}", Self::Is(wanted.clone()).sql(place, writing, sql)),
            Test::ContainsNot(wanted) => format!("NOT {}", Self::Contains(wanted.clone()).sql(place, writing, sql)),
            Test::Empty => format!("NOT {}", Self::Filled.sql(place, writing, sql)),
        }
    }

    pub(super) fn holds(&self, texts: &[&str], writing: Writing) -> bool {
        let some = |wanted: &str, fits: fn(&str, &str) -> bool| {
            let wanted = writing.normal(wanted);
            texts.iter().any(|text| fits(&writing.normal(text), &wanted))
        };
        match self {
            Self::Is(wanted) => some(wanted, |text, wanted| text == wanted),
            Test::IsNot(wanted) => !some(wanted, |text, wanted| text == wanted),
            Test::Contains(wanted) => some(wanted, |text, wanted| text.contains(wanted)),
            Test::ContainsNot(wanted) => !some(wanted, |text, wanted| text.contains(wanted)),
            Test::Starts(wanted) => some(wanted, |text, wanted| text.starts_with(wanted)),
            Test::Filled => texts.iter().any(|text| !text.is_empty()),
            Test::Empty => texts.iter().all(|text| text.is_empty()),
        }
    }

    pub(super) fn words(&self) -> String {
        match self {
            Self::Is(wanted) => format!("is {wanted}"),
            Self::IsNot(wanted) => format!("is not {wanted}"),
            Self::Contains(wanted) => format!("contains {wanted}"),
            Self::ContainsNot(wanted) => format!("does not contain {wanted}"),
            Self::Starts(wanted) => format!("starts with {wanted}"),
            Self::Empty => "is empty".into(),
            Self::Filled => "is not empty".into(),
        }
    }

    pub(super) fn controls(typed: &Typed) -> Vec<Control> {
        let op = Control::op(OPS, &typed.op);
        match op.chosen() {
            "empty" | "filled" => vec![op],
            _ => vec![op, Control::input("value", "Text", "text", typed.value(0))],
        }
    }
}

impl<R> Text<R> {
    pub(super) fn value_of(&self, of: &R) -> Vec<String> {
        let texts = (self.of)(of).into_iter().filter(|text| !text.is_empty());
        texts.map(ToOwned::to_owned).collect()
    }
}
