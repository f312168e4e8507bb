//! `POST /lists/{id}`: up to 500 members in one call, each of which may fail on its own.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::body::{Manner, Wanted};
use super::json::{self, link, links};
use super::members::Changing;
use crate::sandbox::audience::Audience;
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::ids::{self, Ids};
use crate::sandbox::member::Status;
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

/// More members fail the whole call.
const MOST: usize = 500;

/// How the whole call is meant.
struct Manners {
    update_existing: bool,
    sync_tags: bool,
    skip_duplicates: bool,
}

/// What became of one member.
enum Done {
    Created(u32),
    Updated(u32),
}

pub fn subscribe(world: &mut World, call: &Call) -> Outcome {
    call.audience(world)?;
    let body = call.object()?;
    let members = match body.get("members") {
        Some(Value::Array(members)) => members,
        Some(_) => return Err(Problem::shape("members", "This value should be of type array")),
        None => return Err(Problem::shape("", "Required fields were not provided: members")),
    };
    if members.len() > MOST {
        return Err(Problem::shape(
            "members",
            format!("This collection should contain {MOST} elements or less."),
        ));
    }
    let flag = |key: &str| body.get(key).and_then(Value::as_bool).unwrap_or(false);
    let manners = Manners {
        update_existing: flag("update_existing"),
        sync_tags: flag("sync_tags"),
        skip_duplicates: call.flag("skip_duplicate_check"),
    };
    let changing = Changing {
        by: call.by(world),
        settings: &call.settings,
        skip_required: call.flag("skip_merge_validation"),
    };
    let (audience, ids) = call.audience_and_ids(world)?;
    let (mut created, mut updated, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen = HashMap::new();
    for (index, entry) in members.iter().enumerate() {
        let email = entry
            .get("email_address")
            .and_then(Value::as_str)
            .unwrap_or("")
            .trim()
            .to_owned();
        if seen.insert(ids::subscriber_hash(&email), index).is_some() {
            if !manners.skip_duplicates {
                errors.push(error(&email, "ERROR_GENERIC", "Duplicate items in request", ("", "")));
            }
            continue;
        }
        match changing.take_in(audience, ids, entry, &manners) {
            Ok(Done::Created(slot)) => created.push(slot),
            Ok(Done::Updated(slot)) => updated.push(slot),
            Err(problem) => errors.push(explain(&email, &problem)),
        }
    }
    Ok(Answer::json(report(audience, call, &created, &updated, errors)))
}

impl Changing<'_> {
    fn take_in(
        &self,
        audience: &mut Audience,
        ids: &mut Ids,
        entry: &Value,
        manners: &Manners,
    ) -> Result<Done, Problem> {
        let nothing = Map::new();
        let wanted = Wanted::read(entry.as_object().unwrap_or(&nothing), Manner::Put)?;
        wanted.require(&["email_address"])?;
        let existing = wanted.email.as_deref().and_then(|email| audience.by_email(email));
        let archived = existing
            .and_then(|slot| audience.member(slot))
            .is_some_and(|member| member.status == Status::Archived);
        match existing {
            Some(_) if !archived && !manners.update_existing => {
                Err(Problem::member_exists(wanted.email.as_deref().unwrap_or("")))
            }
            Some(slot) if !archived => {
                let tags = wanted.tags.clone();
                self.update(audience, slot, Wanted { email: None, ..wanted })?;
                self.add_tags(audience, slot, &tags, manners.sync_tags);
                Ok(Done::Updated(slot))
            }
            _ => {
                wanted.require(&["status_if_new"])?;
                let status = wanted.status_if_new.or(wanted.status);
                self.insert(audience, ids, Wanted { status, ..wanted })
                    .map(Done::Created)
            }
        }
    }
}

fn report(audience: &Audience, call: &Call, created: &[u32], updated: &[u32], errors: Vec<Value>) -> Value {
    let show = |slots: &[u32]| -> Vec<Value> {
        slots
            .iter()
            .filter_map(|slot| audience.member(*slot))
            .map(|member| json::member_in_bulk(audience, member, &call.base))
            .collect()
    };
    let own = format!("/lists/{}", audience.head.id);
    let error_count = errors.len();
    json!({
        "new_members": show(created),
        "updated_members": show(updated),
        "errors": errors,
        "total_created": created.len(),
        "total_updated": updated.len(),
        "error_count": error_count,
        "_links": links([
            link(&call.base, "self", &own, "POST", "Definitions/Lists/BatchPOST-Response", "Definitions/Lists/BatchPOST"),
            link(&call.base, "parent", "/lists", "GET", "Definitions/Lists/CollectionResponse", "Paths/Lists/Collection"),
        ]),
    })
}

fn explain(email: &str, problem: &Problem) -> Value {
    if problem.title == "Member Exists" {
        let text = format!(
            "{email} is already a list member, do you want to update? please provide input with update_existing:true to update"
        );
        return error(email, "ERROR_CONTACT_EXISTS", &text, ("", ""));
    }
    let field = problem
        .errors
        .first()
        .map_or(("", ""), |(field, message)| (field.as_str(), message.as_str()));
    error(email, "ERROR_GENERIC", &problem.detail, field)
}

fn error(email: &str, code: &str, text: &str, field: (&str, &str)) -> Value {
    json!({"email_address": email, "error": text, "error_code": code, "field": field.0, "field_message": field.1})
}
