//! Reads what a caller wants a member to be: first the shape of the body, then the meaning of its values in this audience.

use serde_json::{Map, Value};

use crate::sandbox::audience::Head;
use crate::sandbox::clock::{self, When};
use crate::sandbox::member::{Member, Status};
use crate::sandbox::membership::Profile;
use crate::sandbox::merge::{MergeValue, Read};
use crate::sandbox::problem::Problem;
use crate::sandbox::settings::Settings;
use crate::sandbox::texts;

/// Which statuses a call may set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// POST, PUT and bulk.
    Put,
    Patch,
}

impl Manner {
    fn allows(self, status: Status) -> bool {
        status != Status::Archived && (self == Manner::Put || status != Status::Transactional)
    }

    fn names(self) -> String {
        Status::ALL
            .into_iter()
            .filter(|status| self.allows(*status))
            .map(Status::name)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// A member as a caller wants it.
pub struct Wanted {
    pub email: Option<String>,
    pub status: Option<Status>,
    pub status_if_new: Option<Status>,
    pub profile: Profile,
    pub tags: Vec<String>,
    pub merge_fields: Map<String, Value>,
    pub interests: Map<String, Value>,
}

/// Takes values out of a body and collects what is wrong with their types.
struct Shape<'a> {
    body: &'a Map<String, Value>,
    wrong: Vec<(String, String)>,
}

impl Shape<'_> {
    fn take<T>(&mut self, key: &str, kind: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let value = self.body.get(key)?;
        let taken = read(value);
        if taken.is_none() {
            self.wrong
                .push((key.to_owned(), format!("This value should be of type {kind}")));
        }
        taken
    }

    fn text(&mut self, key: &str) -> Option<String> {
        self.take(key, "string", |value| value.as_str().map(str::to_owned))
    }

    fn flag(&mut self, key: &str) -> Option<bool> {
        self.take(key, "boolean", Value::as_bool)
    }

    fn object(&mut self, key: &str) -> Option<Map<String, Value>> {
        self.take(key, "object", |value| match value {
            Value::Array(items) if items.is_empty() => Some(Map::new()),
            value => value.as_object().cloned(),
        })
    }

    fn array(&mut self, key: &str) -> Option<Vec<Value>> {
        self.take(key, "array", |value| value.as_array().cloned())
    }

    fn status(&mut self, key: &str, manner: Manner) -> Option<Status> {
        let name = self.text(key)?;
        let status = Status::named(&name).filter(|status| manner.allows(*status));
        if status.is_none() {
            self.wrong.push((
                key.to_owned(),
                format!("Data presented is not one of the accepted values: {}.", manner.names()),
            ));
        }
        status
    }

    fn time(&mut self, key: &str) -> Option<When> {
        let text = self.text(key)?;
        let time = if text.is_empty() { Some(0) } else { clock::parse(&text) };
        if time.is_none() {
            self.wrong
                .push((key.to_owned(), "This value is not a valid datetime.".to_owned()));
        }
        time
    }
}

impl Wanted {
    /// Reads the shape of a body.
    pub fn read(body: &Map<String, Value>, manner: Manner) -> Result<Wanted, Problem> {
        let mut shape = Shape {
            body,
            wrong: Vec::new(),
        };
        let wanted = Wanted {
            email: shape.text("email_address").map(|email| email.trim().to_owned()),
            status: shape.status("status", manner),
            status_if_new: shape.status("status_if_new", manner),
            tags: read_tags(&mut shape),
            merge_fields: shape.object("merge_fields").unwrap_or_default(),
            interests: shape.object("interests").unwrap_or_default(),
            profile: Profile {
                html: shape.text("email_type").map(|kind| kind != "text"),
                vip: shape.flag("vip"),
                language: shape.text("language"),
                location: shape.object("location").map(|location| {
                    let degrees = |key: &str| location.get(key).and_then(Value::as_f64).unwrap_or(0.0);
                    (degrees("latitude"), degrees("longitude"))
                }),
                merges: Vec::new(),
                interests: Vec::new(),
                permissions: read_permissions(&mut shape),
                ip_signup: shape.text("ip_signup"),
                ip_opt: shape.text("ip_opt"),
                signed_up_at: shape.time("timestamp_signup"),
                opted_in_at: shape.time("timestamp_opt"),
            },
        };
        if shape.wrong.is_empty() {
            Ok(wanted)
        } else {
            Err(Problem {
                errors: shape.wrong,
                ..Problem::shape("", "")
            })
        }
    }

    /// Fails if the body lacks what a new member needs.
    pub fn require(&self, keys: &[&'static str]) -> Result<(), Problem> {
        let missing = |key: &&&str| match **key {
            "email_address" => self.email.is_none(),
            "status" => self.status.is_none(),
            _ => self.status.or(self.status_if_new).is_none(),
        };
        let missing: Vec<&str> = keys.iter().filter(missing).copied().collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Problem::shape(
            "",
            format!("Required fields were not provided: {}", missing.join(", ")),
        ))
    }

    /// Reads the merge fields and interests in the terms of the audience; unknown merge tags are ignored, unknown interests are not.
    pub fn understand(
        &mut self,
        head: &Head,
        existing: Option<&Member>,
        settings: &Settings,
        skip_required: bool,
    ) -> Result<(), Problem> {
        self.read_interests(head)?;
        let mut wrong = Vec::new();
        let mut complain =
            |tag: &str, message| wrong.push((tag.to_owned(), texts::localised(message, &settings.language).to_owned()));
        for field in &head.merge_fields {
            let sent = self
                .merge_fields
                .iter()
                .find(|(tag, _)| tag.eq_ignore_ascii_case(&field.tag));
            let had = existing.and_then(|member| member.merge(field.id));
            let after: Option<&MergeValue> = match sent.map(|(_, value)| field.read(value, settings.strict_addresses)) {
                Some(Ok(Read::Set(value))) => {
                    self.profile.merges.push((field.id, Some(value)));
                    self.profile.merges.last().and_then(|(_, value)| value.as_ref())
                }
                Some(Ok(Read::Clear)) => {
                    self.profile.merges.push((field.id, None));
                    None
                }
                Some(Ok(Read::Ignore)) | None => had,
                Some(Err(texts::WRONG_TYPE)) => {
                    return Err(Problem::shape(format!("merge_fields.{}", field.tag), texts::WRONG_TYPE));
                }
                Some(Err(message)) => {
                    complain(&field.tag, message);
                    continue;
                }
            };
            let is_due = sent.is_some() || existing.is_none() || settings.updates_need_required_fields;
            if field.required && is_due && !skip_required && after.is_none() {
                complain(&field.tag, texts::MISSING);
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Problem::merge_fields(wrong))
        }
    }

    fn read_interests(&mut self, head: &Head) -> Result<(), Problem> {
        for (id, chosen) in &self.interests {
            let Some(interest) = head.interests().find(|interest| interest.id == *id) else {
                return Err(Problem::invalid(format!("Invalid interest ID: \"{id}\".")));
            };
            let chosen = chosen
                .as_bool()
                .ok_or_else(|| Problem::shape(format!("interests.{id}"), "This value should be of type boolean"))?;
            self.profile.interests.push((interest.number, chosen));
        }
        Ok(())
    }
}

fn read_tags(shape: &mut Shape) -> Vec<String> {
    let name = |tag: &Value| match tag {
        Value::String(name) => Some(name.clone()),
        tag => tag.get("name")?.as_str().map(str::to_owned),
    };
    shape
        .array("tags")
        .unwrap_or_default()
        .iter()
        .filter_map(name)
        .collect()
}

fn read_permissions(shape: &mut Shape) -> Vec<(String, bool)> {
    let permission = |entry: &Value| {
        let id = entry.get("marketing_permission_id")?.as_str()?;
        Some((id.to_owned(), entry.get("enabled")?.as_bool()?))
    };
    shape
        .array("marketing_permissions")
        .unwrap_or_default()
        .iter()
        .filter_map(permission)
        .collect()
}
