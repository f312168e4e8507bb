//! A call as the API sees it: who calls, the parts of the path, the query and the body, read by Mailchimp's rules.

use serde_json::{Map, Value};

use super::audience::Audience;
use super::clock::{self, When};
use super::ids::Ids;
use super::member::Actor;
use super::membership::By;
use super::problem::Problem;
use super::settings::Settings;
use super::world::World;

/// Records on a page unless the caller says otherwise, and at most.
const DEFAULT_COUNT: usize = 10;
const MAX_COUNT: usize = 1000;
/// Longer fractions of a second switch a date filter off, as integrators found.
const LONGEST_FRACTION: usize = 6;

pub struct Call {
    /// The parts of the path that the route leaves open, in order.
    pub params: Vec<String>,
    pub query: Vec<(String, String)>,
    /// Null when there was none.
    pub body: Value,
    /// `http://host`, as the caller wrote it.
    pub base: String,
    pub ip: String,
    pub account_id: String,
    pub token: u16,
    /// The switches as they stood when the call came.
    pub settings: Settings,
    /// What came of asking a webhook's URL, once that was done.
    pub url_check: Option<Result<(), Problem>>,
}

/// A good answer.
pub enum Answer {
    Json {
        body: Value,
        dashboard: Option<String>,
    },
    /// 204.
    Nothing,
    /// Ask this URL whether it works, then call again.
    CheckUrl(String),
}

impl Answer {
    pub fn json(body: Value) -> Answer {
        Answer::Json { body, dashboard: None }
    }
}

pub type Outcome = Result<Answer, Problem>;

/// The part of a collection that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub count: usize,
    pub offset: usize,
}

impl Page {
    pub fn of<T>(self, all: impl IntoIterator<Item = T>) -> Vec<T> {
        all.into_iter().skip(self.offset).take(self.count).collect()
    }
}

impl Call {
    pub fn param(&self, index: usize) -> &str {
        self.params.get(index).map_or("", String::as_str)
    }

    pub fn query(&self, key: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(name, _)| name == key)?;
        (!value.is_empty()).then_some(value)
    }

    /// `true` and `1`, whatever the case (the Python client writes `True`); everything else is false.
    pub fn flag(&self, key: &str) -> bool {
        let is_true = |value: &str| {
            value == "true" || (self.settings.query_flags_ignore_case && value.eq_ignore_ascii_case("true"))
        };
        self.query(key).is_some_and(|value| is_true(value) || value == "1")
    }

    /// A date of the query; an unreadable one filters nothing.
    pub fn date(&self, key: &str) -> Option<When> {
        let text = self.query(key)?;
        let fraction = text.get(19..).and_then(|rest| rest.strip_prefix('.')).unwrap_or("");
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits > LONGEST_FRACTION {
            None
        } else {
            clock::parse(text)
        }
    }

    pub fn page(&self) -> Result<Page, Problem> {
        let number = |key: &str, default: usize| match self.query(key).map(|text| text.trim().parse::<usize>()) {
            Some(Ok(number)) => Ok(number),
            Some(Err(_)) if self.settings.odd_pages_are_refused => {
                Err(Problem::shape(key, "This value should be of type integer."))
            }
            _ => Ok(default),
        };
        Ok(Page {
            count: number("count", DEFAULT_COUNT)?.min(MAX_COUNT),
            offset: number("offset", 0)?,
        })
    }

    /// The audience named first in the path, if this account has it.
    pub fn audience<'a>(&self, world: &'a World) -> Result<&'a Audience, Problem> {
        let audience = world.audience(self.param(0));
        audience
            .filter(|audience| audience.head.account_id == self.account_id)
            .ok_or_else(Problem::not_found)
    }

    pub fn audience_mut<'a>(&self, world: &'a mut World) -> Result<&'a mut Audience, Problem> {
        self.audience(world)?;
        world.audience_mut(self.param(0)).ok_or_else(Problem::not_found)
    }

    /// The audience and the ids that new things in it draw from.
    pub fn audience_and_ids<'a>(&self, world: &'a mut World) -> Result<(&'a mut Audience, &'a mut Ids), Problem> {
        self.audience(world)?;
        world.audience_and_ids(self.param(0)).ok_or_else(Problem::not_found)
    }

    /// What names a person in the path: the hash of the address, the address, or the contact id.
    pub fn who(&self, index: usize) -> Result<&str, Problem> {
        let who = self.param(index);
        let in_capitals = !who.contains('@') && who.bytes().any(|letter| letter.is_ascii_uppercase());
        if in_capitals && !self.settings.hashes_ignore_case {
            return Err(Problem::not_found());
        }
        Ok(who)
    }

    /// The member named second in the path.
    pub fn slot(&self, audience: &Audience) -> Result<u32, Problem> {
        audience.find(self.who(1)?).ok_or_else(Problem::not_found)
    }

    /// The body, which has to be an object.
    pub fn object(&self) -> Result<&Map<String, Value>, Problem> {
        let found = match &self.body {
            Value::Object(object) => return Ok(object),
            Value::Null => "NULL",
            Value::Array(_) => "array",
            Value::String(_) => "string",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
        };
        Err(Problem::shape("", format!("Schema describes object, {found} found")))
    }

    /// The caller, acting now.
    pub fn by(&self, world: &World) -> By {
        By {
            token: self.token,
            ip: self.ip.clone(),
            ..world.by(Actor::Api)
        }
    }

    /// Whether answers to this call may leave `_links` of the named collection out, because `fields` does not want them.
    pub fn wants_links(&self, collection: &str) -> bool {
        let names_links = |fields: &str| {
            fields
                .split(',')
                .any(|path| path == format!("{collection}._links") || path == collection)
        };
        self.query("fields").is_none_or(names_links)
    }
}

/// Leaves only what `fields` names, or leaves out what `exclude_fields` names; paths start at the root, unknown ones are ignored.
pub fn select(body: &mut Value, call: &Call) -> Result<(), Problem> {
    match (call.query("fields"), call.query("exclude_fields")) {
        (Some(_), Some(_)) if call.settings.both_field_lists_are_refused => return Err(Problem::fields_invalid()),
        (Some(fields), _) => keep_only(body, &paths(fields)),
        (None, Some(fields)) => paths(fields).iter().for_each(|path| leave_out(body, path)),
        (None, None) => {}
    }
    Ok(())
}

fn paths(fields: &str) -> Vec<Vec<&str>> {
    fields
        .split(',')
        .map(str::trim)
        .filter(|path| !path.is_empty())
        .map(|path| path.split('.').collect())
        .collect()
}

fn keep_only(value: &mut Value, paths: &[Vec<&str>]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| keep_only(item, paths)),
        Value::Object(object) => object.retain(|key, child| {
            let below: Vec<Vec<&str>> = paths
                .iter()
                .filter(|path| path[0] == key)
                .map(|path| path[1..].to_vec())
                .collect();
            if !below.is_empty() && !below.iter().any(Vec::is_empty) {
                keep_only(child, &below);
            }
            !below.is_empty()
        }),
        _ => {}
    }
}

fn leave_out(value: &mut Value, path: &[&str]) {
    match (value, path) {
        (Value::Array(items), path) => items.iter_mut().for_each(|item| leave_out(item, path)),
        (Value::Object(object), [key]) => drop(object.shift_remove(*key)),
        (Value::Object(object), [key, below @ ..]) => {
            if let Some(child) = object.get_mut(*key) {
                leave_out(child, below);
            }
        }
        _ => {}
    }
}
