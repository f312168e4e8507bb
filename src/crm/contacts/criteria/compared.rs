//! How a number is compared with those somebody typed: at least, at most, between, is, is not, less than.

use super::controls::{Control, Ops};

/// A comparison with one number or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    AtLeast(i64),
    AtMost(i64),
    /// Both included.
    Between(i64, i64),
    Is(i64),
    IsNot(i64),
    LessThan(i64),
}

/// The words of forms, where there may be no number at all.
pub(super) const OR_EMPTY: Ops = &[
    ("at_least", "is at least"),
    ("at_most", "is at most"),
    ("between", "is between"),
    ("is", "is"),
    ("is_not", "is not"),
    ("less_than", "is less than"),
    ("empty", "is empty"),
    ("filled", "is not empty"),
];
/// Where there always is one.
pub(super) const OPS: Ops = OR_EMPTY.split_at(6).0;

impl Compared {
    /// Reads a comparison; `number` reads the number that was typed at a place.
    pub(super) fn read(op: &str, number: impl Fn(usize) -> Result<i64, &'static str>) -> Result<Self, &'static str> {
        Ok(match op {
            "at_least" => Self::AtLeast(number(0)?),
            "at_most" => Self::AtMost(number(0)?),
            "between" => match (number(0)?, number(1)?) {
                (least, most) if least <= most => Self::Between(least, most),
                _ => return Err("The first must not be more than the second."),
            },
            "is" => Self::Is(number(0)?),
            "is_not" => Self::IsNot(number(0)?),
            "less_than" => Self::LessThan(number(0)?),
            _ => return Err("Choose how to compare."),
        })
    }

    /// How many numbers are typed.
    pub(super) fn numbers(op: &str) -> usize {
        if op == "between" { 2 } else { 1 }
    }

    /// Whether a number fits.
    pub(super) fn holds(self, number: i64) -> bool {
        match self {
            Self::AtLeast(least) => number >= least,
            Self::AtMost(most) => number <= most,
            Self::Between(least, most) => (least..=most).contains(&number),
            Self::Is(wanted) => number == wanted,
            Self::IsNot(wanted) => number != wanted,
            Self::LessThan(bound) => number < bound,
        }
    }

    /// Where it is "is not", the "is" it denies.
    pub(super) fn denied(self) -> Option<Self> {
        match self {
            Self::IsNot(wanted) => Some(Self::Is(wanted)),
            _ => None,
        }
    }

    /// That a value fits; `bound` binds a number.
    pub(super) fn sql(self, value: &str, mut bound: impl FnMut(i64) -> String) -> String {
        let mut compared = |op: &str, number: i64| format!("{value} {op} {}", bound(number));
        match self {
            Self::AtLeast(least) => compared(">=", least),
            Self::AtMost(most) => compared("<=", most),
            Self::Between(least, most) => format!("({} AND {})", compared(">=", least), compared("<=", most)),
            Self::Is(wanted) => compared("=", wanted),
            Self::IsNot(wanted) => compared("<>", wanted),
            Self::LessThan(bound) => compared("<", bound),
        }
    }

    /// "is between 5 and 10"; `number` writes one number as people read it.
    pub(super) fn words(self, number: impl Fn(i64) -> String) -> String {
        match self {
            Self::AtLeast(least) => format!("is at least {}", number(least)),
            Self::AtMost(most) => format!("is at most {}", number(most)),
            Self::Between(least, most) => format!("is between {} and {}", number(least), number(most)),
            Self::Is(wanted) => format!("is {}", number(wanted)),
            Self::IsNot(wanted) => format!("is not {}", number(wanted)),
            Self::LessThan(bound) => format!("is less than {}", number(bound)),
        }
    }

    /// The fields for the numbers, each called `label` and of a type of `<input>`.
    pub(super) fn inputs(op: &str, label: &'static str, kind: &'static str, values: &[String]) -> Vec<Control> {
        let value = |at: usize| values.get(at).map_or("", |value| value.trim());
        let inputs = (0..Self::numbers(op)).map(|at| Control::input("value", label, kind, value(at)));
        inputs.collect()
    }
}
