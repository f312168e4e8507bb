//! Rows of one file, or of a file and the records, that say the same. What has an id of its own is known by it. Of what has
//! none, two that say the same may well be two: the first row that says something is the first such record that is here, the
//! second row the second, and only rows beyond these bring something new. So a file that is imported twice adds nothing twice. A
//! record with an id that a row so far has is that row's, and no other row is it.

use super::brings::{Judged, Verdict};
use super::earlier;
use super::model::Import;
use crate::db::OrgTx;
use diesel::QueryResult;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The rows of the file that have certain keys: those before the rows at hand, and these as they come.
pub struct Met {
    /// The first and how many.
    rows: HashMap<String, (i32, usize)>,
}

/// The rows before one that have its key.
pub struct Earlier {
    pub first: i32,
    pub count: usize,
}

impl Met {
    /// The rows before those at hand.
    pub fn before(tx: &mut OrgTx<'_>, import: &Import, keys: &[String]) -> QueryResult<Self> {
        let earlier = earlier::counted(tx, import.id, import.last_row, keys)?.into_iter();
        let rows = earlier.map(|(key, first, count)| (key, (first, usize::try_from(count).unwrap_or(usize::MAX))));
        Ok(Self { rows: rows.collect() })
    }

    /// Those before this row, which counts among them from now on.
    pub fn meet(&mut self, key: &str, row: i32) -> Option<Earlier> {
        let (first, count) = self.rows.entry(key.to_owned()).or_insert((row, 0));
        let before = Earlier {
            first: *first,
            count: *count,
        };
        *count += 1;
        (before.count > 0).then_some(before)
    }

    /// Whether a row so far has this key.
    pub fn has(&self, key: &str) -> bool {
        self.rows.contains_key(key)
    }
}

/// A key of everything by which two are taken for the same, of even length and without what it was made of.
pub fn key(parts: &[&str]) -> String {
    hex::encode(Sha256::digest(serde_json::json!(parts).to_string()))
}

/// Judges rows that can only add: each with its key and the record it wants, unless something is wrong with it. `here` are
/// the records that are here by key, the first one first.
pub fn judge<I: Copy, R: Clone>(
    tx: &mut OrgTx<'_>,
    import: &Import,
    rows: Vec<(i32, Option<String>, Result<R, String>)>,
    here: &HashMap<String, Vec<(I, R)>>,
) -> anyhow::Result<Vec<Judged<I, R>>> {
    let keys: Vec<String> = rows.iter().filter_map(|(_, key, _)| key.clone()).collect();
    let mut met = Met::before(tx, import, &keys)?;
    let judged = rows.into_iter().map(|(number, key, wanted)| {
        let earlier = key.as_ref().and_then(|key| met.meet(key, number));
        let at = earlier.map_or(0, |earlier| earlier.count);
        let same = key.as_ref().and_then(|key| here.get(key)?.get(at));
        let verdict = wanted.map(|record| match same {
            Some((id, same)) => Verdict::unchanged(*id, same.clone()),
            None => Verdict::new(record),
        });
        Judged { number, key, verdict }
    });
    Ok(judged.collect())
}
