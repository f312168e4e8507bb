//! A form keeps what was typed and says at the field what is wrong.

use chrono::NaiveDate;

/// The longest text somebody may write into a large field, in characters: a page.
const TEXT_LENGTH_MAX: usize = 2_000;

/// Reads what was typed into a large field: trimmed, with its lines.
pub fn long_text(typed: &str) -> Result<String, &'static str> {
    several_lines(typed, TEXT_LENGTH_MAX, "Please use at most 2,000 characters.")
}

/// The same of any length; browsers send the ends of lines as CR LF. `too_long` is said of more than `longest` characters.
pub fn several_lines(typed: &str, longest: usize, too_long: &'static str) -> Result<String, &'static str> {
    let text = typed.replace("\r\n", "\n").replace('\0', "");
    no_longer(text.trim().to_owned(), longest, too_long)
}

/// Reads what was typed into a field of one line: every gap is one space.
pub fn one_line(typed: &str, longest: usize, too_long: &'static str) -> Result<String, &'static str> {
    let words = typed.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    no_longer(words.join(" "), longest, too_long)
}

/// The same where something must be typed; `missing` is said of nothing.
pub fn required_line(
    typed: &str,
    longest: usize,
    missing: &'static str,
    too_long: &'static str,
) -> Result<String, &'static str> {
    match one_line(typed, longest, too_long) {
        Ok(line) if line.is_empty() => Err(missing),
        read => read,
    }
}

fn no_longer(text: String, longest: usize, too_long: &'static str) -> Result<String, &'static str> {
    match text.chars().count() <= longest {
        true => Ok(text),
        false => Err(too_long),
    }
}

/// Reads a day as date fields send it; `None` where nothing was typed.
pub fn day(typed: &str) -> Result<Option<NaiveDate>, &'static str> {
    match typed.trim() {
        "" => Ok(None),
        typed => NaiveDate::parse_from_str(typed, "%Y-%m-%d")
            .map(Some)
            .map_err(|_| "Write the date like 2026-04-27."),
    }
}

/// A form field: what was typed, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Field {
    pub value: String,
    pub error: Option<String>,
}

impl Field {
    /// A field that starts with a value.
    pub fn holding(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            error: None,
        }
    }

    /// Reads what was typed: the field for showing it again, and the value where it is right.
    pub fn read<T>(typed: &str, parse: impl FnOnce(&str) -> Result<T, &'static str>) -> (Self, Option<T>) {
        match parse(typed) {
            Ok(value) => (Self::holding(typed), Some(value)),
            Err(sentence) => (
                Self {
                    value: typed.to_owned(),
                    error: Some(sentence.to_owned()),
                },
                None,
            ),
        }
    }

    /// The same field with a sentence about what is wrong.
    pub fn wrong(value: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            error: Some(sentence.into()),
        }
    }
}

/// An option of a select or a radio group.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub selected: bool,
}

impl Choice {
    /// Options from (value, label) pairs; the one with `selected` as its value is chosen.
    pub fn list<V: ToString, L: ToString>(pairs: impl IntoIterator<Item = (V, L)>, selected: &str) -> Vec<Self> {
        pairs
            .into_iter()
            .map(|(value, label)| {
                let value = value.to_string();
                Self {
                    selected: value == selected,
                    label: label.to_string(),
                    value,
                }
            })
            .collect()
    }
}
