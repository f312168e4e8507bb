//! Questions about numbers and amounts, as custom fields have them: whole numbers of the smallest unit, in `jsonb`.

use super::Typed;
use super::controls::{Control, Ops};
use super::sql::{Bind, Place, Sql};

/// What is asked of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    Is(i64),
    IsNot(i64),
    AtLeast(i64),
    AtMost(i64),
    Between(i64, i64),
    Empty,
    Filled,
}

const OPS: Ops = &[
    ("is", "is"),
    ("is_not", "is not"),
    ("at_least", "is at least"),
    ("at_most", "is at most"),
    ("between", "is between"),
    ("empty", "is empty"),
    ("filled", "is not empty"),
];

impl Test {
    /// Reads what was typed; `number` reads one number as people write it.
    pub(super) fn read(
        typed: &Typed,
        number: impl Fn(&str) -> Result<i64, &'static str>,
    ) -> Result<Self, &'static str> {
        let value = |at: usize| number(typed.value(at));
        Ok(match typed.op.as_str() {
            "is" => Self::Is(value(0)?),
            "is_not" => Self::IsNot(value(0)?),
            "at_least" => Self::AtLeast(value(0)?),
            "at_most" => Self::AtMost(value(0)?),
            "between" => match (value(0)?, value(1)?) {
                (least, most) if least <= most => Self::Between(least, most),
                _ => return Err("The first must not be more than the second."),
            },
            "empty" => Self::Empty,
            "filled" => Self::Filled,
            _ => return Err("Choose how to compare."),
        })
    }

    /// The place gives a `jsonb`; what is no number there fits nothing.
    pub(super) fn sql(self, place: Place<'_>, sql: &mut Sql) -> String {
        let compared = |sql: &mut Sql, value: &str, op: &str, number: i64| {
            format!("{value} {op} to_jsonb({}::bigint)", sql.bind(Bind::Number(number)))
        };
        let between = |sql: &mut Sql, value: &str, least: Option<i64>, most: Option<i64>| {
            let least = least.map(|number| compared(sql, value, ">=", number));
            let most = most.map(|number| compared(sql, value, "<=", number));
            let is_number = format!("jsonb_typeof({value}) = 'number'");
            let parts: Vec<String> = std::iter::once(is_number).chain(least).chain(most).collect();
            format!("({})", parts.join(" AND "))
        };
        match self {
            Self::Is(number) => place.some(sql, |sql, value| compared(sql, value, "=", number)),
            Self::AtLeast(least) => place.some(sql, |sql, value| between(sql, value, Some(least), None)),
            Self::AtMost(most) => place.some(sql, |sql, value| between(sql, value, None, Some(most))),
            Self::Between(least, most) => place.some(sql, |sql, value| between(sql, value, Some(least), Some(most))),
            Self::Filled => place.some(sql, |_, value| format!("{value} IS NOT NULL")),
            Self::IsNot(number) => format!("NOT {}", Self::Is(number).sql(place, sql)),
            Self::Empty => format!("NOT {}", Self::Filled.sql(place, sql)),
        }
    }

    pub(super) fn holds(self, numbers: &[i64]) -> bool {
        let some = |fits: &dyn Fn(i64) -> bool| numbers.iter().any(|number| fits(*number));
        match self {
            Self::Is(wanted) => some(&|number| number == wanted),
            Self::IsNot(wanted) => !some(&|number| number == wanted),
            Self::AtLeast(least) => some(&|number| number >= least),
            Self::AtMost(most) => some(&|number| number <= most),
            Self::Between(least, most) => some(&|number| (least..=most).contains(&number)),
            Self::Filled => !numbers.is_empty(),
            Self::Empty => numbers.is_empty(),
        }
    }

    /// `number` writes one number as people read it.
    pub(super) fn words(self, number: impl Fn(i64) -> String) -> String {
        match self {
            Self::Is(wanted) => format!("is {}", number(wanted)),
            Self::IsNot(wanted) => format!("is not {}", number(wanted)),
            Self::AtLeast(least) => format!("is at least {}", number(least)),
            Self::AtMost(most) => format!("is at most {}", number(most)),
            Self::Between(least, most) => format!("is between {} and {}", number(least), number(most)),
            Self::Empty => "is empty".into(),
            Self::Filled => "is not empty".into(),
        }
    }

    /// `label` is what is written: "Number", "Amount".
    pub(super) fn controls(typed: &Typed, label: &'static str) -> Vec<Control> {
        let op = Control::op(OPS, &typed.op);
        let input = |at: usize| Control::input("value", label, "text", typed.value(at));
        match op.chosen() {
            "empty" | "filled" => vec![op],
            "between" => vec![op, input(0), input(1)],
            _ => vec![op, input(0)],
        }
    }
}
