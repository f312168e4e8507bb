//! Questions about numbers: those of custom fields, and those by which things are known.

use super::compared::{Compared, OPS, OR_EMPTY};
use super::controls::Control;
use super::sql::{Bind, Place, Sql};
use super::{Facts, Typed};

/// A whole number that everyone has, such as the DMS Number.
pub struct Numbers<R = Facts> {
    pub(super) place: Place<'static>,
    pub(super) of: fn(&R) -> i64,
}

/// How a number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    Whole,
    /// In `jsonb`, as custom fields have them: whole numbers of the smallest unit. What is no number there fits nothing.
    Json,
}

/// What is asked of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    Compared(Compared),
    Empty,
    Filled,
}

impl Test {
    /// Reads what was typed; `number` reads one number as people write it.
    pub(super) fn read(
        typed: &Typed,
        number: impl Fn(&str) -> Result<i64, &'static str>,
    ) -> Result<Self, &'static str> {
        Ok(match typed.op.as_str() {
            "empty" => Self::Empty,
            "filled" => Self::Filled,
            op => Self::Compared(Compared::read(op, |at| number(typed.value(at)))?),
        })
    }

    pub(super) fn sql(self, place: Place<'_>, stored: Stored, sql: &mut Sql) -> String {
        let fits = |sql: &mut Sql, value: &str, compared: Compared| match stored {
            Stored::Whole => compared.sql(value, |number| sql.bind(Bind::Number(number))),
            Stored::Json => {
                let bound = |number| format!("to_jsonb({}::bigint)", sql.bind(Bind::Number(number)));
                let compared = compared.sql(value, bound);
                format!("(jsonb_typeof({value}) = 'number' AND {compared})")
            }
        };
        match self {
            Self::Compared(compared) => match compared.denied() {
                Some(denied) => format!("NOT {}", Self::Compared(denied).sql(place, stored, sql)),
                None => place.some(sql, |sql, value| fits(sql, value, compared)),
            },
            Self::Filled => place.some(sql, |_, value| format!("{value} IS NOT NULL")),
            Self::Empty => format!("NOT {}", Self::Filled.sql(place, stored, sql)),
        }
    }

    pub(super) fn holds(self, numbers: &[i64]) -> bool {
        match self {
            Self::Compared(compared) => match compared.denied() {
                Some(denied) => !Self::Compared(denied).holds(numbers),
                None => numbers.iter().any(|number| compared.holds(*number)),
            },
            Self::Filled => !numbers.is_empty(),
            Self::Empty => numbers.is_empty(),
        }
    }

    /// `number` writes one number as people read it.
    pub(super) fn words(self, number: impl Fn(i64) -> String) -> String {
        match self {
            Self::Compared(compared) => compared.words(number),
            Self::Empty => "is empty".into(),
            Self::Filled => "is not empty".into(),
        }
    }

    /// `label` is what is written: "Number", "Amount".
    pub(super) fn controls(typed: &Typed, label: &'static str) -> Vec<Control> {
        let op = Control::op(OR_EMPTY, &typed.op);
        let inputs = match op.chosen() {
            "empty" | "filled" => Vec::new(),
            chosen => Compared::inputs(chosen, label, "text", &typed.values),
        };
        std::iter::once(op).chain(inputs).collect()
    }
}

impl<R> Numbers<R> {
    pub(super) fn read(typed: &Typed) -> Result<Test, &'static str> {
        let number = |at: usize| typed.value(at).parse().map_err(|_| "Write a whole number.");
        Compared::read(&typed.op, number).map(Test::Compared)
    }

    pub(super) fn controls(typed: &Typed) -> Vec<Control> {
        let op = Control::op(OPS, &typed.op);
        let inputs = Compared::inputs(op.chosen(), "Number", "number", &typed.values);
        std::iter::once(op).chain(inputs).collect()
    }
}
