//! Values out of the body of a call, with the messages Mailchimp has for wrong types and missing ones.

use serde_json::{Map, Value};

use crate::sandbox::problem::Problem;

/// The body of a call.
pub type Body = Map<String, Value>;

pub fn text(body: &Body, key: &str) -> Result<Option<String>, Problem> {
    match body.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
        Some(_) => Err(Problem::shape(key, "This value should be of type string")),
    }
}

pub fn flag(body: &Body, key: &str) -> Result<Option<bool>, Problem> {
    match body.get(key) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(Problem::shape(key, "This value should be of type boolean")),
    }
}

pub fn number(body: &Body, key: &str) -> Result<Option<u32>, Problem> {
    match body.get(key) {
        None => Ok(None),
        Some(value) => match value.as_u64().and_then(|number| u32::try_from(number).ok()) {
            Some(number) => Ok(Some(number)),
            None => Err(Problem::shape(key, "This value should be of type integer")),
        },
    }
}

/// An object inside the body; an absent one is empty.
pub fn object<'a>(body: &'a Body, key: &str) -> Result<Option<&'a Body>, Problem> {
    match body.get(key) {
        None => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(Problem::shape(key, "This value should be of type object")),
    }
}

/// An array of texts.
pub fn texts(body: &Body, key: &str) -> Result<Option<Vec<String>>, Problem> {
    let wrong = || Problem::shape(key, "This value should be of type array");
    let Some(value) = body.get(key) else { return Ok(None) };
    let items = value.as_array().ok_or_else(wrong)?;
    let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
    texts.collect::<Option<Vec<String>>>().map(Some).ok_or_else(wrong)
}

/// One of some words.
pub fn choice(body: &Body, key: &str, words: &[&str]) -> Result<Option<String>, Problem> {
    let chosen = text(body, key)?;
    match &chosen {
        Some(word) if !words.contains(&word.as_str()) => Err(not_accepted(key, words)),
        _ => Ok(chosen),
    }
}

pub fn not_accepted(key: &str, words: &[&str]) -> Problem {
    Problem::shape(
        key,
        format!(
            "Data presented is not one of the accepted values: {}.",
            words.join(", ")
        ),
    )
}

/// Fails if a body lacks one of these or has it blank.
pub fn require(body: &Body, keys: &[&str]) -> Result<(), Problem> {
    let missing: Vec<&str> = keys.iter().filter(|key| !body.contains_key(**key)).copied().collect();
    if !missing.is_empty() {
        return Err(Problem::shape(
            "",
            format!("Required fields were not provided: {}", missing.join(", ")),
        ));
    }
    let blank = |key: &&&str| {
        body.get(**key)
            .and_then(Value::as_str)
            .is_some_and(|text| text.trim().is_empty())
    };
    match keys.iter().find(blank) {
        Some(key) => Err(Problem::shape(*key, "This value should not be blank.")),
        None => Ok(()),
    }
}
