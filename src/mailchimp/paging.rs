//! Reads a collection to its end and counts it. Mailchimp's pages are offsets into a moving list: a row that appears or
//! goes while we read shifts the others, so that some come twice and some never.

use std::collections::HashSet;

use super::problem::Problem;

/// The most rows Mailchimp gives in one answer; a greater `count` is silently cut to it.
pub const PAGE_SIZE_MAX: usize = 1000;

/// How often a collection is read from the start before it is given up for now.
const READINGS_MAX: usize = 2;

/// A collection while it is read: says which page to ask for next, takes it, and in the end vouches for the whole.
///
/// ```ignore
/// let mut reading = Reading::of(|row: &Row| row.id.clone());
/// while let Some(offset) = reading.next_offset()? {
///     let page = ask_for_page(offset).await?;
///     reading.take(page.rows, page.total_items);
/// }
/// reading.rows
/// ```
pub(super) struct Reading<T> {
    pub rows: Vec<T>,
    key: fn(&T) -> String,
    totals: HashSet<usize>,
    at_end: bool,
    readings: usize,
}

impl<T> Reading<T> {
    /// `key` tells rows apart.
    pub(super) fn of(key: fn(&T) -> String) -> Self {
        Self {
            rows: Vec::new(),
            key,
            totals: HashSet::new(),
            at_end: false,
            readings: 1,
        }
    }

    /// Where the next page begins; `None` when the collection is complete: as many different rows as `total_items`
    /// said, and it said the same on every page. When not, it is read once more; then it is [`Problem::incomplete`].
    pub(super) fn next_offset(&mut self) -> Result<Option<usize>, Problem> {
        if self.at_end && self.is_complete() {
            return Ok(None);
        }
        if self.at_end && self.readings == READINGS_MAX {
            return Err(Problem::incomplete());
        }
        if self.at_end {
            *self = Self {
                readings: self.readings + 1,
                ..Self::of(self.key)
            };
        }
        Ok(Some(self.rows.len()))
    }

    /// Adds the page that was asked for.
    pub(super) fn take(&mut self, rows: Vec<T>, total_items: usize) {
        self.at_end = rows.is_empty() || self.rows.len() + rows.len() >= total_items;
        self.rows.extend(rows);
        self.totals.insert(total_items);
    }

    fn is_complete(&self) -> bool {
        let different: HashSet<String> = self.rows.iter().map(self.key).collect();
        different.len() == self.rows.len() && self.totals == HashSet::from([self.rows.len()])
    }
}
