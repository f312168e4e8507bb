//! Reads a collection to its end and counts it. Mailchimp's pages are offsets into a moving list: a row that appears or
//! goes while we read shifts the others, so that some come twice and some never.

use std::collections::HashSet;

use super::problem::Problem;

/// The most rows Mailchimp gives in one answer; a greater `count` is silently cut to it.
pub const PAGE_SIZE_MAX: usize = 1000;

/// How often a collection is read from the start before it is given up for now.
const READS_MAX: usize = 2;

/// One page of a collection and the count Mailchimp gave with it.
pub(super) struct Page<T> {
    pub items: Vec<T>,
    pub total_items: usize,
}

/// Reads from offset 0 to the end. The rows are complete: as many different ones as `total_items` said, and it said the
/// same on every page. Read once more when they differ; then it is [`Problem::incomplete`].
pub(super) async fn read_to_the_end<T>(
    key: impl Fn(&T) -> String,
    mut page_at: impl AsyncFnMut(usize) -> Result<Page<T>, Problem>,
) -> Result<Vec<T>, Problem> {
    for _ in 0..READS_MAX {
        let mut reading = Reading::default();
        loop {
            let page = page_at(reading.items.len()).await?;
            if reading.take(page) {
                break;
            }
        }
        if reading.is_complete(&key) {
            return Ok(reading.items);
        }
    }
    Err(Problem::incomplete())
}

/// The rows of one reading so far, and what Mailchimp said their number is.
struct Reading<T> {
    items: Vec<T>,
    totals: HashSet<usize>,
}

impl<T> Default for Reading<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            totals: HashSet::new(),
        }
    }
}

impl<T> Reading<T> {
    /// Adds a page; true when it was the last.
    fn take(&mut self, page: Page<T>) -> bool {
        let nothing_more = page.items.is_empty();
        self.items.extend(page.items);
        self.totals.insert(page.total_items);
        nothing_more || self.items.len() >= page.total_items
    }

    fn is_complete(&self, key: impl Fn(&T) -> String) -> bool {
        let different: HashSet<String> = self.items.iter().map(key).collect();
        self.totals.len() == 1 && self.totals.contains(&different.len()) && different.len() == self.items.len()
    }
}
