//! Questions about the one thing of a list that something has: the fund of a gift, the type of an activity.

use super::controls::{Control, Ops};
use super::links::Test;
use super::offers::{Offer, Offers};
use super::sql::{Bind, Place, Sql};
use super::{Facts, Typed};

/// One thing of one list, or none.
pub struct Listed<R = Facts> {
    pub(super) offer: Offer,
    /// The column with the id of the thing.
    pub(super) column: &'static str,
    pub(super) may_be_empty: bool,
    /// That the column is one of those asked for, given their ids.
    pub(super) is_of: fn(&str) -> String,
    /// The thing, and what has it as a part.
    pub(super) of: fn(&R) -> Vec<i64>,
}

/// The words of forms.
pub(super) const OPS: Ops = &[
    ("any", "is"),
    ("none", "is not"),
    ("empty", "is empty"),
    ("filled", "is not empty"),
];

/// One of these and nothing else.
pub(super) fn exactly(ids: &str) -> String {
    format!("= ANY({ids})")
}

impl<R> Listed<R> {
    pub(super) fn read(typed: &Typed) -> Result<Test, &'static str> {
        match Test::read(typed)? {
            Test::Each(_) => Err("Choose how to compare."),
            test => Ok(test),
        }
    }

    pub(super) fn controls(&self, typed: &Typed, offers: &Offers) -> Vec<Control> {
        let ops = if self.may_be_empty { OPS } else { OPS.split_at(2).0 };
        let op = Control::op(ops, &typed.op);
        match op.chosen() {
            "empty" | "filled" => vec![op],
            _ => vec![op, Control::checks_of("Which", offers.of(self.offer), &typed.values)],
        }
    }

    pub(super) fn sql(&self, test: &Test, sql: &mut Sql) -> String {
        match test {
            Test::Any(ids) | Test::Each(ids) => Place::Own(self.column).some(sql, |sql, column| {
                format!("{column} {}", (self.is_of)(&sql.bind(Bind::Ids(ids.clone()))))
            }),
            Test::None(ids) => format!("NOT {}", self.sql(&Test::Any(ids.clone()), sql)),
            Test::Filled => format!("{} IS NOT NULL", self.column),
            Test::Empty => format!("{} IS NULL", self.column),
        }
    }

    pub(super) fn holds(&self, test: &Test, of: &R) -> bool {
        let theirs = (self.of)(of);
        match test {
            Test::Any(ids) | Test::Each(ids) => theirs.iter().any(|id| ids.contains(id)),
            Test::None(ids) => !theirs.iter().any(|id| ids.contains(id)),
            Test::Filled => !theirs.is_empty(),
            Test::Empty => theirs.is_empty(),
        }
    }

    pub(super) fn words(&self, test: &Test, offers: &Offers) -> String {
        let named = |ids: &[i64]| {
            let titles: Vec<&str> = ids.iter().map(|id| offers.title(self.offer, *id)).collect();
            titles.join(" or ")
        };
        match test {
            Test::Any(ids) | Test::Each(ids) => format!("is {}", named(ids)),
            Test::None(ids) => format!("is not {}", named(ids)),
            Test::Filled => "is not empty".into(),
            Test::Empty => "is empty".into(),
        }
    }
}
