//! What a note is, how it is read from a form, and the words it is found by.

use crate::accounts::model::Organization;
use crate::base::{ContactId, NoteId};
use crate::changelog::FieldChange;
use crate::crm::contacts::{name_tokens, name_words};
use crate::db::schema::notes;
use crate::web;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The longest subject, in characters: a line.
pub const SUBJECT_LENGTH_MAX: usize = 200;
/// The longest text, in characters: ten pages. In a form even one of emoji stays below the largest body that is read.
pub const TEXT_LENGTH_MAX: usize = 20_000;
/// Letters of a word that count for the search; what is longer is no word and would not fit into the index.
const WORD_LENGTH_MAX: usize = 60;

/// A note, with the contact it is about.
#[derive(Clone, Debug, Queryable)]
pub struct Note {
    pub id: NoteId,
    pub contact: ContactId,
    pub contact_name: String,
    pub subject: String,
    pub text: String,
    pub noted_at: DateTime<Utc>,
    /// The name of whoever wrote it down.
    pub created_by: String,
}

/// A note as it is to be.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = notes)]
pub struct NoteDraft {
    pub subject: String,
    #[diesel(column_name = body)]
    pub text: String,
    pub noted_at: DateTime<Utc>,
}

impl Note {
    /// What can be changed of it.
    pub fn draft(&self) -> NoteDraft {
        NoteDraft {
            subject: self.subject.clone(),
            text: self.text.clone(),
            noted_at: self.noted_at,
        }
    }
}

impl NoteDraft {
    /// The words the note is found by.
    pub(super) fn words(&self) -> BTreeSet<String> {
        let words = [&self.subject, &self.text]
            .into_iter()
            .flat_map(|text| name_words(text));
        words.map(|word| cut(&word)).collect()
    }
}

/// The words of a search.
pub(super) fn wanted_words(query: &str) -> Vec<String> {
    name_tokens(query).iter().map(|word| cut(word)).collect()
}

fn cut(word: &str) -> String {
    word.chars().take(WORD_LENGTH_MAX).collect()
}

/// What differs between a note before and after, for the Change Log; `None` where there is none.
pub(super) fn differences(old: Option<&NoteDraft>, new: Option<&NoteDraft>, here: &Organization) -> Vec<FieldChange> {
    let of = |read: fn(&NoteDraft, &Organization) -> String| {
        let value = |draft: Option<&NoteDraft>| draft.map(|draft| read(draft, here)).unwrap_or_default();
        (value(old), value(new))
    };
    [
        ("Subject", of(|draft, _| draft.subject.clone())),
        ("Note", of(|draft, _| draft.text.clone())),
        ("Date", of(|draft, here| here.local(draft.noted_at))),
    ]
    .into_iter()
    .filter_map(|(field, (old, new))| FieldChange::between(field, &old, &new))
    .collect()
}

/// Reads a subject as somebody typed it; it may be empty.
pub fn subject(typed: &str) -> Result<String, &'static str> {
    web::one_line(
        typed,
        SUBJECT_LENGTH_MAX,
        "A subject may have up to 200 characters. Put the rest into the note.",
    )
}

/// Reads the text of a note as somebody typed it; browsers send the ends of lines as CR LF.
pub fn text(typed: &str) -> Result<String, &'static str> {
    match web::several_lines(
        typed,
        TEXT_LENGTH_MAX,
        "A note may have up to 20,000 characters. Make two of it.",
    ) {
        Ok(text) if text.is_empty() => Err("Write the note."),
        read => read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_found_by_its_words_without_accents_and_by_either_half_of_a_hyphenated_one() {
        let note = NoteDraft {
            subject: "Legs".into(),
            text: "Wants to leave something to the Évangéline-Fund, don’t call".into(),
            noted_at: DateTime::default(),
        };
        let words = note.words();
        for word in ["legs", "evangeline", "fund", "dont", "don"] {
            assert!(words.contains(word), "{word} of {words:?}");
        }
        assert_eq!(wanted_words("Évangéline-F don’t"), ["evangeline", "f", "dont"]);
    }

    #[test]
    fn a_text_keeps_its_lines_and_has_an_end() {
        assert_eq!(text(" one\r\ntwo \r\n"), Ok("one\ntwo".into()));
        assert!(text("\r\n ").is_err());
        assert!(text(&"n".repeat(20_001)).is_err());
        assert!(subject(&"n".repeat(201)).is_err());
        assert_eq!(subject(""), Ok(String::new()));
    }
}
