//! Questions about what a contact is tied to and what the organization has a list of: groups, tags.

use super::controls::{Control, Ops};
use super::offers::{Offer, Offers};
use super::sql::{Bind, Sql};
use super::{Calendar, Facts, Typed};
use std::collections::BTreeSet;

/// Ties of a contact to things of one list.
#[derive(Debug)]
pub struct Links {
    pub(super) offer: Offer,
    /// The table of the ties, or a query in its place.
    pub(super) table: fn(&mut Sql, &Calendar) -> String,
    /// The column with the id of the thing.
    pub(super) id: &'static str,
    /// What else a row must fulfil to count, in SQL.
    pub(super) counts: &'static str,
    /// Where ties end by themselves as time passes: whose did from one day to another.
    pub(super) moved: Option<fn(&mut Sql, [&Calendar; 2]) -> String>,
    pub(super) of: fn(&Facts) -> &BTreeSet<i64>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    Any(Vec<i64>),
    Each(Vec<i64>),
    None(Vec<i64>),
    Empty,
    Filled,
}

const OPS: Ops = &[
    ("any", "include any of"),
    ("each", "include all of"),
    ("none", "do not include"),
    ("empty", "are none at all"),
    ("filled", "are at least one"),
];

impl Links {
    pub(super) fn sql(&self, test: &Test, sql: &mut Sql, calendar: &Calendar) -> String {
        match test {
            Test::Any(ids) => self.has(Some(ids), sql, calendar),
            Test::Each(ids) => {
                let each: Vec<String> = ids.iter().map(|one| self.has(Some(&[*one]), sql, calendar)).collect();
                format!("({})", each.join(" AND "))
            }
            Test::None(ids) => format!("NOT {}", self.has(Some(ids), sql, calendar)),
            Test::Filled => self.has(None, sql, calendar),
            Test::Empty => format!("NOT {}", self.has(None, sql, calendar)),
        }
    }

    /// That there is a tie, to one of these things or to any.
    fn has(&self, ids: Option<&[i64]>, sql: &mut Sql, calendar: &Calendar) -> String {
        let table = (self.table)(sql, calendar);
        let fits = match ids {
            Some(ids) => format!(
                "{} AND {} = ANY({})",
                self.counts,
                self.id,
                sql.bind(Bind::Ids(ids.to_vec()))
            ),
            None => self.counts.to_owned(),
        };
        sql.has_row(&table, &fits)
    }

    pub(super) fn holds(&self, test: &Test, facts: &Facts) -> bool {
        let theirs = (self.of)(facts);
        match test {
            Test::Any(ids) => ids.iter().any(|id| theirs.contains(id)),
            Test::Each(ids) => ids.iter().all(|id| theirs.contains(id)),
            Test::None(ids) => !ids.iter().any(|id| theirs.contains(id)),
            Test::Filled => !theirs.is_empty(),
            Test::Empty => theirs.is_empty(),
        }
    }

    pub(super) fn words(&self, test: &Test, offers: &Offers) -> String {
        let named = |ids: &[i64], between: &str| {
            let titles: Vec<&str> = ids.iter().map(|id| offers.title(self.offer, *id)).collect();
            titles.join(between)
        };
        match test {
            Test::Any(ids) => format!("include {}", named(ids, " or ")),
            Test::Each(ids) => format!("include {}", named(ids, " and ")),
            Test::None(ids) => format!("do not include {}", named(ids, " or ")),
            Test::Filled => "are at least one".into(),
            Test::Empty => "are none at all".into(),
        }
    }

    pub(super) fn value_of(&self, facts: &Facts, offers: &Offers) -> Vec<String> {
        let theirs = (self.of)(facts).iter();
        theirs.map(|id| offers.title(self.offer, *id).to_owned()).collect()
    }

    pub(super) fn controls(&self, typed: &Typed, offers: &Offers) -> Vec<Control> {
        let op = Control::op(OPS, &typed.op);
        match op.chosen() {
            "empty" | "filled" => vec![op],
            _ => vec![op, Control::checks_of("Which", offers.of(self.offer), &typed.values)],
        }
    }
}

impl Test {
    pub(super) fn read(typed: &Typed) -> Result<Self, &'static str> {
        let ids = || {
            let ids: Vec<i64> = typed.values.iter().filter_map(|id| id.parse().ok()).collect();
            if ids.is_empty() {
                Err("Choose at least one.")
            } else {
                Ok(ids)
            }
        };
        Ok(match typed.op.as_str() {
            "any" => Self::Any(ids()?),
            "each" => Self::Each(ids()?),
            "none" => Self::None(ids()?),
            "empty" => Self::Empty,
            "filled" => Self::Filled,
            _ => return Err("Choose how to compare."),
        })
    }

    pub(super) fn names(&self) -> Vec<i64> {
        match self {
            Self::Any(ids) | Self::Each(ids) | Self::None(ids) => ids.clone(),
            Self::Empty | Self::Filled => Vec::new(),
        }
    }
}
