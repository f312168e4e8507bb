//! What a column of a file can hold, and how columns are recognized by their names: CiviCRM's, the DMS's, and what people
//! call them in English and French.

use super::kind::{KINDS, Kind};
use crate::base::fold;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// What people call a column, and the names it is recognized by besides.
pub type Facts = (&'static str, &'static [&'static str]);

/// What the cells of one column hold: each kind of record has an enum of these.
pub trait ColumnMeaning: Copy + Ord + Serialize + DeserializeOwned {
    /// What people call it, and the column names it is recognized by besides: compared without case, accents, spaces and
    /// signs.
    fn facts(self) -> Facts;

    /// What a second column of the same name holds.
    fn second(self) -> Option<Self> {
        None
    }

    /// Whether the cells are dates.
    fn is_date(self) -> bool {
        false
    }

    /// What people call it.
    fn label(self) -> &'static str {
        self.facts().0
    }

    /// The word stored and sent by forms.
    fn key(self) -> String {
        let word = serde_json::to_value(self).ok();
        word.and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Reads the stored word.
    fn parse(key: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::from(key)).ok()
    }

    /// The meaning as it is offered to people.
    fn column(self) -> Column {
        let (label, names) = self.facts();
        Column {
            key: self.key(),
            label: label.into(),
            names,
            second: self.second().map(Self::key),
            is_date: self.is_date(),
        }
    }
}

/// A meaning as the mechanism knows it, without its kind.
#[derive(Clone, Debug)]
pub struct Column {
    pub key: String,
    pub label: Cow<'static, str>,
    pub names: &'static [&'static str],
    pub second: Option<String>,
    pub is_date: bool,
}

/// The columns of a kind, without their headings.
pub fn of(kind: &dyn Kind) -> Vec<Column> {
    kind.offered().into_iter().flat_map(|(_, columns)| columns).collect()
}

/// The kind that recognizes most of the names among its `columns`, of those that could do with what they recognize. Where the rows name people,
/// one more column counts for these people themselves: a list with remarks is still a list of people.
pub fn guess(headers: &[String], columns: &dyn Fn(&dyn Kind) -> Vec<Column>) -> &'static dyn Kind {
    let fits = |kind: &&dyn Kind| {
        let keys = recognize(&columns(*kind), headers);
        let known: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
        let counts = known.len() + usize::from(kind.brings_people(&known));
        (kind.unfit(&known, true).is_none(), counts)
    };
    let best = KINDS.iter().rev().max_by_key(|kind| fits(kind));
    *best.unwrap_or(&KINDS[0])
}

/// What each column probably holds, by its name. A second "Email" or "Phone" is the second one; any other meaning is given
/// once. `None`: the name says nothing to us, the column is left out.
pub fn recognize(columns: &[Column], headers: &[String]) -> Vec<Option<String>> {
    let mut given: Vec<String> = Vec::new();
    let mut recognized: Vec<Option<String>> = vec![None; headers.len()];
    // Names that are exactly ours first, so that "Mobile" does not take the place of a "Second Phone" further on.
    for by_label in [true, false] {
        let open = headers.iter().zip(&mut recognized).filter(|(_, key)| key.is_none());
        for (header, key) in open {
            let found = named(columns, header, by_label).and_then(|found| {
                let candidates = [Some(found.key.clone()), found.second.clone()];
                candidates.into_iter().flatten().find(|key| !given.contains(key))
            });
            given.extend(found.clone());
            *key = found;
        }
    }
    recognized
}

fn named<'c>(columns: &'c [Column], header: &str, by_label: bool) -> Option<&'c Column> {
    let wanted = plain(header);
    if wanted.is_empty() {
        return None;
    }
    columns.iter().find(|column| match by_label {
        true => plain(&column.label) == wanted,
        false => column.names.iter().any(|name| plain(name) == wanted),
    })
}

/// Letters and digits only, folded: "E-mail" and "Courriel :" compare as "email" and "courriel".
fn plain(name: &str) -> String {
    fold(name).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(headers: &str) -> Vec<String> {
        headers.split(',').map(str::to_owned).collect()
    }

    fn guessed(headers: &str) -> &'static str {
        guess(&split(headers), &of).word()
    }

    #[test]
    fn a_file_tells_by_its_column_names_what_its_rows_are_about() {
        assert_eq!(guessed("Contact ID,First Name,Last Name,Email"), "contacts");
        assert_eq!(guessed("Group,Contact ID,Status"), "contacts");
        assert_eq!(guessed("Shoe Size"), "contacts");
        assert_eq!(guessed("First Name,Last Name,Email,Note"), "contacts");
        let of_civicrm = "Contribution ID,Contact ID,Financial Type,Payment Method,Date Received,Total Amount,Fee Amount,\
            Net Amount,Currency,Transaction ID,Check Number,Source,Contribution Status,Thank-you Date";
        assert_eq!(guessed(of_civicrm), "contributions");
        assert_eq!(
            recognize(&of(guess(&split(of_civicrm), &of)), &split(of_civicrm))
                .iter()
                .flatten()
                .count(),
            14
        );
        assert_eq!(guessed("First Name,Last Name,Email,Amount,Date,Fund"), "contributions");
        assert_eq!(guessed("First Name,Last Name,Email,Tag"), "contacts");
        for (kind, headers) in [
            ("notes", "Contact ID,Subject,Note,Note Date"),
            ("tags", "Contact ID,Tag"),
            (
                "relationships",
                "Contact ID A,Relationship,Contact ID B,Start Date,End Date,Active",
            ),
            (
                "activities",
                "Activity ID,Activity Type,Subject,Activity Date,Status,Details,With Contact IDs,Added By Contact ID",
            ),
        ] {
            let headers = split(headers);
            let found = guess(&headers, &of);
            assert_eq!(found.word(), kind);
            assert!(
                recognize(&of(found), &headers).iter().all(Option::is_some),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn no_name_of_a_kind_stands_for_two_meanings_and_every_meaning_is_offered_once() {
        for kind in KINDS {
            let mut names = std::collections::HashMap::new();
            for column in of(kind) {
                for name in std::iter::once(&*column.label).chain(column.names.iter().copied()) {
                    let before = names.insert(plain(name), column.key.clone());
                    assert!(
                        before.as_ref().is_none_or(|before| *before == column.key),
                        "{name}: {before:?} and {}",
                        column.key
                    );
                }
            }
        }
    }
}
