//! The words a contact is found by, and how what somebody typed into the search box becomes words. Both sides are folded
//! and cut alike here, so that they meet in the index.

use super::model::{ContactDraft, ContactType};
use crate::base::fold;
use std::collections::BTreeSet;

/// Words of a search that count; more only narrow what is already narrow.
pub(crate) const WORDS_MAX: usize = 6;
/// Digits that make a search a phone number; fewer are looked for as a word.
const PHONE_DIGITS_MIN: usize = 3;
/// A Canadian or American number without its country code.
const NATIONAL_DIGITS: usize = 10;
/// Such a number without its area code, as neighbours say it.
const LOCAL_DIGITS: usize = 7;

/// Which part of a contact a word comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    FirstName,
    LastName,
    /// A middle name, an organization's or a household's name.
    Name,
    Email,
    Phone,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Name => "name",
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// A word to look for: the beginning of a term of one of these kinds; of any kind when there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub word: String,
    pub kinds: &'static [Kind],
}

/// Every word this contact is found by.
pub(super) fn of(draft: &ContactDraft) -> BTreeSet<(String, Kind)> {
    let names = &draft.details;
    let mut terms = BTreeSet::new();
    let mut add = |text: &str, kind: Kind| terms.extend(name_words(text).into_iter().map(|word| (word, kind)));
    match names.contact_type {
        ContactType::Individual => {
            add(&names.first_name, Kind::FirstName);
            add(&names.middle_name, Kind::Name);
            add(&names.last_name, Kind::LastName);
        }
        ContactType::Organization => add(&names.organization_name, Kind::Name),
        ContactType::Household => add(&names.household_name, Kind::Name),
    }
    for email in &draft.emails {
        terms.extend(
            email_words(&email.address.key())
                .into_iter()
                .map(|word| (word, Kind::Email)),
        );
    }
    for phone in &draft.phones {
        terms.extend(phone_words(&phone.number).into_iter().map(|word| (word, Kind::Phone)));
    }
    terms
}

/// What somebody looks for. "Last, First" asks for the one among last names and the other among first names.
pub(super) fn wanted(query: &str) -> Vec<Wanted> {
    if let Some(digits) = as_phone(query) {
        return vec![any(digits)];
    }
    let mut wanted: Vec<Wanted> = match query.split_once(',') {
        Some((last, first)) => {
            let last = name_tokens(last)
                .into_iter()
                .map(|word| among(word, &[Kind::LastName, Kind::Name]));
            let first = name_tokens(first)
                .into_iter()
                .map(|word| among(word, &[Kind::FirstName, Kind::Name]));
            last.chain(first).collect()
        }
        None => query.split_whitespace().flat_map(tokens).map(any).collect(),
    };
    wanted.truncate(WORDS_MAX);
    wanted
}

fn any(word: String) -> Wanted {
    Wanted { word, kinds: &[] }
}

fn among(word: String, kinds: &'static [Kind]) -> Wanted {
    Wanted { word, kinds }
}

/// The words of a name: "Barkley-Deforest" is found by either half, "O'Brien" as "obrien" and "brien".
pub(crate) fn name_words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut words = Vec::new();
    for run in folded.split(|c: char| !c.is_alphanumeric() && !is_apostrophe(c)) {
        let parts: Vec<&str> = run.split(is_apostrophe).filter(|part| !part.is_empty()).collect();
        words.extend(parts.iter().map(ToString::to_string));
        if parts.len() > 1 {
            words.push(parts.concat());
        }
    }
    words
}

/// The words of a name as somebody looks for it: apostrophes are passed over.
pub(crate) fn name_tokens(text: &str) -> Vec<String> {
    let folded: String = fold(text).chars().filter(|c| !is_apostrophe(*c)).collect();
    let words = folded.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | '`')
}

/// One word of a search: the beginning of an email or of its domain stays whole.
fn tokens(word: &str) -> Vec<String> {
    let word = word.trim_matches(['@', '<', '>', ';', '.']);
    if word.contains('@') || is_dotted(word) {
        return vec![fold(word)];
    }
    name_tokens(word)
}

/// "hotmail.com" or "anne.lem", but not the initials of "J.P." nor "St.John".
fn is_dotted(word: &str) -> bool {
    word.split_once('.')
        .is_some_and(|(before, after)| before.len() > 2 && after.len() > 1)
}

/// An email is found by its beginning, by the words before the @, and by its domain. Words it begins with are found by the
/// whole of it.
fn email_words(key: &str) -> Vec<String> {
    let folded = fold(key);
    let mut words = Vec::new();
    if let Some((local, domain)) = folded.rsplit_once('@') {
        let inside = name_words(local).into_iter().filter(|word| !folded.starts_with(word));
        words.extend(inside);
        words.push(domain.to_owned());
    }
    words.push(folded);
    words
}

/// A phone number is found by its digits, with or without area code.
pub(super) fn phone_words(number: &str) -> Vec<String> {
    let digits = phone_digits(number);
    let mut words = Vec::new();
    if digits.len() == NATIONAL_DIGITS {
        words.push(digits[NATIONAL_DIGITS - LOCAL_DIGITS..].to_owned());
    }
    if !digits.is_empty() {
        words.push(digits);
    }
    words
}

/// The digits of a number: without what follows "ext.", "x" or "poste", and without the country code of North America.
pub fn phone_digits(number: &str) -> String {
    let end = number.find(|c: char| c.is_alphabetic()).unwrap_or(number.len());
    let digits: String = number[..end].chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix('1') {
        Some(national) if national.len() == NATIONAL_DIGITS => national.to_owned(),
        _ => digits,
    }
}

/// The digits, if what was typed can only be a phone number.
fn as_phone(query: &str) -> Option<String> {
    let written_like_one = |c: char| c.is_ascii_digit() || c.is_whitespace() || "()+-./".contains(c);
    let digits = phone_digits(query);
    (query.chars().all(written_like_one) && digits.len() >= PHONE_DIGITS_MIN).then_some(digits)
}
