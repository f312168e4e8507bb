//! Funds, campaigns, tags, types as a file names them: those that are here, and those that may be made.

use super::brings::Hold;
use crate::db::OrgTx;
use std::collections::HashMap;

/// Things of one sort by their names.
pub struct Names<I> {
    /// "fund"
    what: &'static str,
    /// What is to be ticked so that they are made: "funds and campaigns".
    makes: &'static str,
    by_key: HashMap<String, (I, String)>,
}

impl<I: Copy> Names<I> {
    /// Those that are here.
    pub fn here(what: &'static str, makes: &'static str, here: impl Iterator<Item = (I, String)>) -> Self {
        let by_key = here.map(|(id, name)| (key(&name), (id, name)));
        Self {
            what,
            makes,
            by_key: by_key.collect(),
        }
    }

    /// Makes those of the names that are not here. Where they are only looked at, `unmade` gives them an id for the time
    /// being.
    pub fn make_missing<'n>(
        &mut self,
        tx: &mut OrgTx<'_>,
        names: impl Iterator<Item = &'n str>,
        hold: Hold,
        unmade: fn(i64) -> I,
        make: impl Fn(&mut OrgTx<'_>, &str) -> anyhow::Result<I>,
    ) -> anyhow::Result<()> {
        for name in names {
            if self.by_key.contains_key(&key(name)) {
                continue;
            }
            let id = match hold {
                Hold::Make => make(tx, name)?,
                Hold::Look => unmade(-1 - self.by_key.len() as i64),
            };
            self.by_key.insert(key(name), (id, name.to_owned()));
        }
        Ok(())
    }

    /// The one a row names; the error is the sentence shown at the row.
    pub fn find(&self, name: Option<&str>) -> Result<Option<I>, String> {
        let Some(name) = name else { return Ok(None) };
        match self.by_key.get(&key(name)) {
            Some((id, _)) => Ok(Some(*id)),
            None => Err(format!(
                "There is no {} called “{name}” here. Add it first, or tick “Make {} that do not exist here yet” under \
                 Change the Columns.",
                self.what, self.makes
            )),
        }
    }

    /// All of them with their names.
    pub fn all(&self) -> impl Iterator<Item = (I, String)> {
        self.by_key.values().cloned()
    }
}

/// What stands between several names in one cell.
const BETWEEN: [char; 2] = [';', '|'];

/// The names in a cell that may have several.
pub fn several(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(BETWEEN).map(str::trim).filter(|name| !name.is_empty())
}

/// The names in cells, each with the number of its rows, most of them first.
pub fn one_by_one(cells: Vec<(String, i64)>, names: impl Fn(&str) -> Vec<String>) -> Vec<(String, i64)> {
    let mut named: Vec<(String, i64)> = Vec::new();
    for (cell, rows) in cells {
        for name in names(&cell) {
            match named.iter_mut().find(|(known, _)| key(known) == key(&name)) {
                Some((_, sum)) => *sum += rows,
                None => named.push((name, rows)),
            }
        }
    }
    named.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    named
}

/// Names differ in more than their case and spaces.
pub fn key(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
