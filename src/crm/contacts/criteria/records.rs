//! Questions about the records that hang on a contact: whether there is one of which several things hold at once, such as a
//! contribution by cheque of at least $100, or none. What can be asked of a record is a list of details, each a question like
//! those about contacts.

use super::amounts::Amounts;
use super::choices::Choices;
use super::controls::{Control, Ops};
use super::dates::{Dates, Stored};
use super::flags::Flag;
use super::listed::{self, Listed};
use super::offers::{Offer, Offers};
use super::plain::{Asked, Plain};
use super::sql::{Place, Sql};
use super::text::{Text, Writing};
use super::{Calendar, Facts, Typed};
use crate::base::Money;
use chrono::NaiveDate;
use std::fmt;
use std::sync::Arc;

/// Records of one kind.
pub struct Records<R: 'static> {
    /// The table of the records, or a query in its place, with the columns its details name.
    pub(super) table: &'static str,
    pub(super) details: &'static [Detail<R>],
    pub(super) of: fn(&Facts) -> &[R],
    /// One of them, where it is explained what a contact has.
    pub(super) named: fn(&R, &Offers) -> String,
}

/// Something that can be asked of one record.
pub struct Detail<R: 'static> {
    /// The word in addresses and stored searches; it never changes.
    key: &'static str,
    label: &'static str,
    asks: Plain<R>,
}

/// Details of one condition; more could not be read.
pub(super) const DETAILS_MAX: usize = 12;
/// Records named in an explanation.
const NAMED_MAX: usize = 5;
const OPS: Ops = &[("has", "include one"), ("has_not", "include none")];

/// Records of some kind, whatever they are.
pub(super) trait Kind: Sync {
    /// The details by their keys and labels.
    fn details(&self) -> Vec<(&'static str, &'static str)>;
    /// Reads whether there is to be one, and with what.
    fn read(&'static self, typed: &Typed) -> Result<Arc<dyn Question>, &'static str>;
    /// The first detail that is not complete, by its label.
    fn incomplete(&'static self, typed: &Typed) -> Option<&'static str>;
    /// The fields of a detail.
    fn controls(&self, detail: &Typed, offers: &Offers) -> Vec<Control>;
}

/// What is asked of them.
pub(super) trait Question: fmt::Debug + Send + Sync {
    fn sql(&self, sql: &mut Sql, calendar: &Calendar) -> String;
    fn holds(&self, facts: &Facts, calendar: &Calendar) -> bool;
    fn words(&self, offers: &Offers) -> String;
    fn value_of(&self, facts: &Facts, offers: &Offers) -> Vec<String>;
    fn is_relative(&self) -> bool;
    fn moved(&self, sql: &mut Sql, days: [&Calendar; 2]) -> Option<String>;
    fn names(&self, offer: Offer) -> Vec<i64>;
}

/// How the form asks whether there is one.
pub(super) fn op(typed: &Typed) -> Control {
    Control::op(OPS, &typed.op)
}

/// Whether there is to be one, or none, of which all this holds.
struct Test<R: 'static> {
    of: &'static Records<R>,
    has: bool,
    details: Vec<(&'static Detail<R>, Asked<R>)>,
}

impl<R> Records<R> {
    fn detail(&self, key: &str) -> Option<&'static Detail<R>> {
        self.details.iter().find(|detail| detail.key == key)
    }

    fn read_detail(&self, typed: &Typed) -> Result<(&'static Detail<R>, Asked<R>), &'static str> {
        let detail = self.detail(&typed.about).ok_or("Choose what to ask about.")?;
        Ok((detail, detail.asks.read(typed)?))
    }
}

impl<R> Kind for Records<R> {
    fn details(&self) -> Vec<(&'static str, &'static str)> {
        self.details.iter().map(|detail| (detail.key, detail.label)).collect()
    }

    fn read(&'static self, typed: &Typed) -> Result<Arc<dyn Question>, &'static str> {
        let has = match typed.op.as_str() {
            "has" => true,
            "has_not" => false,
            _ => return Err("Choose how to compare."),
        };
        // Searches once held their details otherwise; passed over, they would find too many.
        if !typed.values.is_empty() {
            return Err("Choose anew what to ask about.");
        }
        let details = typed.details.iter().map(|detail| self.read_detail(detail));
        Ok(Arc::new(Test {
            of: self,
            has,
            details: details.collect::<Result<_, _>>()?,
        }))
    }

    fn incomplete(&'static self, typed: &Typed) -> Option<&'static str> {
        let incomplete = typed.details.iter().find(|detail| self.read_detail(detail).is_err())?;
        Some(self.detail(&incomplete.about)?.label)
    }

    fn controls(&self, detail: &Typed, offers: &Offers) -> Vec<Control> {
        let found = self.detail(&detail.about);
        found.map_or_else(Vec::new, |found| found.asks.controls(detail, offers))
    }
}

impl<R> Question for Test<R> {
    fn sql(&self, sql: &mut Sql, calendar: &Calendar) -> String {
        let fits: Vec<String> = self.details.iter().map(|(_, asked)| asked.sql(sql, calendar)).collect();
        let fits = super::Match::All.sql(fits);
        let found = sql.has_row(self.of.table, &fits);
        if self.has { found } else { format!("NOT {found}") }
    }

    fn holds(&self, facts: &Facts, calendar: &Calendar) -> bool {
        let fits = |one: &R| self.details.iter().all(|(_, asked)| asked.holds(one, calendar));
        (self.of.of)(facts).iter().any(fits) == self.has
    }

    /// "include one whose Amount is at least $100.00 and whose Payment Method is Cheque"
    fn words(&self, offers: &Offers) -> String {
        let told = self.details.iter();
        let told = told.map(|(detail, asked)| format!("whose {} {}", detail.label, asked.words(offers)));
        let told: Vec<String> = told.collect();
        match (self.has, told.is_empty()) {
            (true, true) => "include at least one".into(),
            (false, true) => "include none at all".into(),
            (true, false) => format!("include one {}", told.join(" and ")),
            (false, false) => format!("include none {}", told.join(" and ")),
        }
    }

    fn value_of(&self, facts: &Facts, offers: &Offers) -> Vec<String> {
        let first = (self.of.of)(facts).iter().take(NAMED_MAX);
        first.map(|one| (self.of.named)(one, offers)).collect()
    }

    fn is_relative(&self) -> bool {
        self.details.iter().any(|(_, asked)| asked.is_relative())
    }

    /// Who has a record about which a detail may be answered otherwise.
    fn moved(&self, sql: &mut Sql, days: [&Calendar; 2]) -> Option<String> {
        let moved: Vec<String> = self
            .details
            .iter()
            .filter_map(|(_, asked)| asked.moved(sql, days))
            .collect();
        (!moved.is_empty()).then(|| sql.has_row(self.of.table, &super::Match::Any.sql(moved)))
    }

    fn names(&self, offer: Offer) -> Vec<i64> {
        self.details.iter().flat_map(|(_, asked)| asked.names(offer)).collect()
    }
}

impl<R> fmt::Debug for Test<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = self.details.iter().map(|(detail, asked)| (detail.key, asked));
        f.debug_struct("Test")
            .field("has", &self.has)
            .field("details", &details.collect::<Vec<_>>())
            .finish()
    }
}

/// The makings of a list of details. Columns are those of the table.
impl<R> Detail<R> {
    pub(super) const fn of(key: &'static str, label: &'static str, asks: Plain<R>) -> Self {
        Self { key, label, asks }
    }

    pub(super) const fn text(
        key: &'static str,
        label: &'static str,
        column: &'static str,
        of: fn(&R) -> Vec<&str>,
    ) -> Self {
        let place = Place::Known(column);
        let writing = Writing::Words;
        Self::of(key, label, Plain::Text(Text { place, writing, of }))
    }

    /// A day, or none.
    pub(super) const fn day(
        key: &'static str,
        label: &'static str,
        column: &'static str,
        of: fn(&R, &Calendar) -> Vec<NaiveDate>,
    ) -> Self {
        let place = Place::Own(column);
        let stored = Stored::Day;
        Self::of(key, label, Plain::Dates(Dates { place, stored, of }))
    }

    /// A day or a moment that every record has.
    pub(super) const fn date(
        key: &'static str,
        label: &'static str,
        column: &'static str,
        stored: Stored,
        of: fn(&R, &Calendar) -> Vec<NaiveDate>,
    ) -> Self {
        let place = Place::Known(column);
        Self::of(key, label, Plain::Dates(Dates { place, stored, of }))
    }

    /// One of a few words, or an empty one where there may be none.
    pub(super) const fn choice(
        key: &'static str,
        label: &'static str,
        value: &'static str,
        (options, may_be_empty): (Ops, bool),
        of: fn(&R) -> &str,
    ) -> Self {
        let choices = Choices {
            place: Place::Known(value),
            options,
            may_be_empty,
            of,
        };
        Self::of(key, label, Plain::Choices(choices))
    }

    /// An amount in the column `currency`.
    pub(super) const fn amount(
        key: &'static str,
        label: &'static str,
        amount: &'static str,
        may_be_empty: bool,
        of: fn(&R) -> Option<Money>,
    ) -> Self {
        let amounts = Amounts {
            amount,
            currency: "currency",
            may_be_empty,
            of,
        };
        Self::of(key, label, Plain::Amounts(amounts))
    }

    /// The one thing of a list it has, or none where that may be.
    pub(super) const fn listed(
        key: &'static str,
        label: &'static str,
        offer: Offer,
        (column, may_be_empty): (&'static str, bool),
        of: fn(&R) -> Vec<i64>,
    ) -> Self {
        let listed = Listed {
            offer,
            column,
            may_be_empty,
            is_of: listed::exactly,
            of,
        };
        Self::of(key, label, Plain::Listed(listed))
    }

    /// What is stored as yes or no.
    pub(super) const fn flag(
        key: &'static str,
        label: &'static str,
        sql: fn(&mut Sql, &Calendar) -> String,
        of: fn(&R, &Calendar) -> bool,
    ) -> Self {
        let moved = None;
        Self::of(key, label, Plain::Flag(Flag { sql, of, moved }))
    }
}
