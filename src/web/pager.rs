//! Where a list stands: "51–100 of 202", and the way back and forth.

use crate::base::grouped;
use serde::{Deserialize, Deserializer};

/// Rows a page shows.
pub const PAGE_SIZE: i64 = 50;

/// Reads the number of a page from an address, for `#[serde(default, deserialize_with = "page_number")]`: what is no number is
/// the first page, because people cut addresses short.
pub fn page_number<'de, D: Deserializer<'de>>(typed: D) -> Result<i64, D::Error> {
    Ok(String::deserialize(typed)?.trim().parse().unwrap_or(1))
}

/// Which rows of a list are shown, counted from one.
#[derive(Clone, Debug)]
pub struct Pager {
    pub first: i64,
    pub last: i64,
    pub total: i64,
    pub previous: Option<String>,
    pub next: Option<String>,
}

impl Pager {
    /// The number of the page that is shown when page `wanted` of `total` rows is asked for: the last one where there are
    /// not so many.
    pub fn number(wanted: i64, total: i64) -> i64 {
        let last = (total + PAGE_SIZE - 1) / PAGE_SIZE;
        wanted.clamp(1, last.max(1))
    }

    /// The pager of page `number` (from 1) of a list of `total` rows; `link` makes the address of a page.
    pub fn of(number: i64, total: i64, link: impl Fn(i64) -> String) -> Self {
        let number = number.max(1);
        let first = ((number - 1) * PAGE_SIZE + 1).min(total);
        let last = (number * PAGE_SIZE).min(total);
        Self {
            first,
            last,
            total,
            previous: (number > 1).then(|| link(number - 1)),
            next: (last < total).then(|| link(number + 1)),
        }
    }

    /// How many there are in all: "1,250".
    pub fn count(&self) -> String {
        grouped(&self.total.to_string())
    }

    /// Which of them are shown: "1,201–1,250".
    pub fn range(&self) -> String {
        format!(
            "{}–{}",
            grouped(&self.first.to_string()),
            grouped(&self.last.to_string())
        )
    }
}
