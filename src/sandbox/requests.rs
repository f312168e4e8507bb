//! The log of every call to the API and the sign-in, for tests that ask afterwards what was really sent.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::clock::{self, When};

/// Older entries are dropped.
const KEPT: usize = 100_000;
/// Longer bodies are cut (bytes).
const LONGEST_BODY: usize = 65_536;

#[derive(Serialize, Clone, Debug)]
pub struct Entry {
    /// Counts from 1.
    pub number: u64,
    #[serde(serialize_with = "as_iso")]
    pub at: When,
    pub method: String,
    pub path: String,
    pub query: String,
    pub body: String,
    pub user_agent: String,
    /// The number of the token; never the token itself.
    pub token: Option<u16>,
    /// The route, such as `lists/{list_id}`.
    pub route: Option<&'static str>,
    /// Absent while the call runs, and when the connection was cut.
    pub status: Option<u16>,
    /// The trouble that struck.
    pub fault: Option<&'static str>,
    pub finished: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn as_iso<S: serde::Serializer>(when: &When, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&clock::iso(*when))
}

#[derive(Default)]
pub struct RequestLog {
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    entries: VecDeque<Entry>,
    last: u64,
}

impl RequestLog {
    /// Notes a call that begins; answers its number.
    pub fn begin(&self, mut entry: Entry) -> u64 {
        let inside = &mut *self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.last += 1;
        entry.number = inside.last;
        entry.body.truncate(entry.body.floor_char_boundary(LONGEST_BODY));
        inside.entries.push_back(entry);
        if inside.entries.len() > KEPT {
            inside.entries.pop_front();
        }
        inside.last
    }

    /// Adds to an entry what has become known since.
    pub fn note(&self, number: u64, note: impl FnOnce(&mut Entry)) {
        let inside = &mut *self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let first = inside.entries.front().map_or(0, |entry| entry.number);
        let place = number.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        if let Some(entry) = place.and_then(|place| inside.entries.get_mut(place)) {
            note(entry);
        }
    }

    /// The entries that fit, oldest first, at most `limit` of the newest.
    pub fn find(&self, fits: impl Fn(&Entry) -> bool, limit: usize) -> Vec<Entry> {
        let inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<Entry> = inside
            .entries
            .iter()
            .rev()
            .filter(|entry| fits(entry))
            .take(limit)
            .cloned()
            .collect();
        found.reverse();
        found
    }

    pub fn clear(&self) {
        self.inside
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entries
            .clear();
    }
}
