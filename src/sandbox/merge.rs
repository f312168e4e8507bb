//! Merge fields of an audience and the values members have in them, checked as Mailchimp checks them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::texts;

/// Longer texts are cut (bytes).
const LONGEST_TEXT: usize = 255;
/// The parts of an address, in Mailchimp's order.
pub const ADDRESS_PARTS: [&str; 6] = ["addr1", "addr2", "city", "state", "zip", "country"];
const ADDR1: usize = 0;
const CITY: usize = 2;
const ZIP: usize = 4;
const COUNTRY: usize = 5;

#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct MergeField {
    pub id: u16,
    pub tag: String,
    pub name: String,
    pub kind: MergeKind,
    pub required: bool,
    pub default_value: String,
    pub public: bool,
    pub display_order: u32,
    pub options: Map<String, Value>,
    pub help_text: String,
}

#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum MergeKind {
    Text,
    Number,
    Address,
    Phone,
    Date,
    Url,
    Imageurl,
    Radio,
    Dropdown,
    Birthday,
    Zip,
}

impl MergeKind {
    const ALL: [(MergeKind, &str); 11] = [
        (MergeKind::Text, "text"),
        (MergeKind::Number, "number"),
        (MergeKind::Address, "address"),
        (MergeKind::Phone, "phone"),
        (MergeKind::Date, "date"),
        (MergeKind::Url, "url"),
        (MergeKind::Imageurl, "imageurl"),
        (MergeKind::Radio, "radio"),
        (MergeKind::Dropdown, "dropdown"),
        (MergeKind::Birthday, "birthday"),
        (MergeKind::Zip, "zip"),
    ];

    pub fn name(self) -> &'static str {
        MergeKind::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("text", |(_, name)| name)
    }

    pub fn named(name: &str) -> Option<MergeKind> {
        MergeKind::ALL
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(kind, _)| *kind)
    }

    pub fn names() -> String {
        MergeKind::ALL.map(|(_, name)| name).join(", ")
    }

    /// The options Mailchimp gives a new field of this kind.
    pub fn default_options(self) -> Map<String, Value> {
        let options = match self {
            MergeKind::Text | MergeKind::Url | MergeKind::Imageurl => json!({"size": 25}),
            MergeKind::Address => json!({"default_country": 164}),
            MergeKind::Phone => json!({"phone_format": "none"}),
            MergeKind::Date => json!({"date_format": "MM/DD/YYYY"}),
            MergeKind::Birthday => json!({"date_format": "MM/DD"}),
            MergeKind::Radio | MergeKind::Dropdown => json!({"choices": []}),
            MergeKind::Number | MergeKind::Zip => json!({}),
        };
        options.as_object().cloned().unwrap_or_default()
    }
}

/// The value of a merge field; an unset one is absent instead.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(untagged)]
pub enum MergeValue {
    Number(f64),
    Text(Box<str>),
    Address(Box<[Box<str>; 6]>),
}

impl MergeValue {
    pub fn text(text: &str) -> MergeValue {
        MergeValue::Text(cut(text).into())
    }

    pub fn json(&self) -> Value {
        match self {
            MergeValue::Number(number) => number_json(*number),
            MergeValue::Text(text) => json!(text),
            MergeValue::Address(parts) => ADDRESS_PARTS
                .iter()
                .zip(parts.iter())
                .map(|(key, part)| ((*key).to_owned(), json!(part)))
                .collect::<Map<_, _>>()
                .into(),
        }
    }

    /// On one line, for pages and webhooks.
    pub fn plain(&self) -> String {
        match self {
            MergeValue::Number(number) => number_json(*number).to_string(),
            MergeValue::Text(text) => text.to_string(),
            MergeValue::Address(parts) => parts
                .iter()
                .filter(|part| !part.is_empty())
                .map(AsRef::as_ref)
                .collect::<Vec<&str>>()
                .join(", "),
        }
    }
}

/// `15.5`, but `3` rather than `3.0`, as recorded.
fn number_json(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
    if number.fract() == 0.0 && number.abs() < 9e15 {
        json!(number as i64)
    } else {
        json!(number)
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_TEXT)]
}

/// What a caller's value for a field means.
pub enum Read {
    Set(MergeValue),
    Clear,
    /// Silently left as it was.
    Ignore,
}

impl MergeField {
    /// Reads a value as sent. The error is the message for `errors[]`, still in English.
    pub fn read(&self, value: &Value, strict_addresses: bool) -> Result<Read, &'static str> {
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) if self.kind != MergeKind::Address => number.to_string(),
            Value::Object(parts) if self.kind == MergeKind::Address => {
                return self.read_address(parts, strict_addresses);
            }
            _ => return Err(texts::WRONG_TYPE),
        };
        if text.is_empty() {
            return Ok(Read::Clear);
        }
        self.read_text(&text).map(Read::Set)
    }

    fn read_text(&self, text: &str) -> Result<MergeValue, &'static str> {
        match self.kind {
            MergeKind::Number => text
                .parse()
                .ok()
                .filter(|n: &f64| n.is_finite())
                .map(MergeValue::Number)
                .ok_or(texts::NOT_A_NUMBER),
            MergeKind::Date => read_date(text)
                .map(|date| MergeValue::text(&date))
                .ok_or(texts::NOT_A_DATE),
            MergeKind::Birthday => self
                .read_birthday(text)
                .map(|day| MergeValue::text(&day))
                .ok_or(texts::NOT_A_BIRTHDAY),
            MergeKind::Radio | MergeKind::Dropdown if !self.offers(text) => Err(texts::NOT_A_CHOICE),
            MergeKind::Zip if text.len() != 5 || !text.bytes().all(|b| b.is_ascii_digit()) => Err(texts::NOT_A_ZIP),
            MergeKind::Url | MergeKind::Imageurl if url::Url::parse(text).is_err() => Err(texts::NOT_A_URL),
            MergeKind::Address => Err(texts::INCOMPLETE_ADDRESS),
            _ => Ok(MergeValue::text(text)),
        }
    }

    fn offers(&self, text: &str) -> bool {
        let choices = self.options.get("choices").and_then(Value::as_array);
        choices.is_some_and(|choices| choices.iter().any(|choice| choice.as_str() == Some(text)))
    }

    fn read_address(&self, parts: &Map<String, Value>, strict: bool) -> Result<Read, &'static str> {
        let part = |key: &str| parts.get(key).and_then(Value::as_str).unwrap_or("").trim();
        let mut address: [Box<str>; 6] = ADDRESS_PARTS.map(|key| cut(part(key)).into());
        if address.iter().all(|part| part.is_empty()) {
            return if self.required {
                Err(texts::INCOMPLETE_ADDRESS)
            } else {
                Ok(Read::Clear)
            };
        }
        let complete =
            ![ADDR1, CITY, ZIP].iter().any(|needed| address[*needed].is_empty()) && parts.contains_key("state");
        if !complete {
            return if self.required || strict {
                Err(texts::INCOMPLETE_ADDRESS)
            } else {
                Ok(Read::Ignore)
            };
        }
        if address[COUNTRY].is_empty() {
            address[COUNTRY] = self.default_country().into();
        }
        Ok(Read::Set(MergeValue::Address(Box::new(address))))
    }

    /// Mailchimp numbers countries; 164 is the United States, 30 Canada.
    fn default_country(&self) -> &'static str {
        if self.options.get("default_country").and_then(Value::as_u64) == Some(30) {
            "CA"
        } else {
            "US"
        }
    }

    fn read_birthday(&self, text: &str) -> Option<String> {
        let day_first = self.options.get("date_format").and_then(Value::as_str) == Some("DD/MM");
        let (first, second) = text.split_once(['/', '-'])?;
        let (first, second): (u32, u32) = (first.parse().ok()?, second.parse().ok()?);
        let (month, day) = if day_first { (second, first) } else { (first, second) };
        NaiveDate::from_ymd_opt(2000, month, day).map(|_| format!("{month:02}/{day:02}"))
    }
}

fn read_date(text: &str) -> Option<String> {
    let day = text.get(..10).unwrap_or(text);
    let date = ["%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%d-%m-%Y"]
        .iter()
        .find_map(|form| NaiveDate::parse_from_str(day, form).ok());
    date.map(|date| date.format("%Y-%m-%d").to_string())
}
