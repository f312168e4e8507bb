//! `/lists/{id}/merge-fields`: the fields an audience has for its members.

use serde_json::{Map, Value, json};

use super::given;
use super::json::{collection_links, instance_links};
use crate::sandbox::audience::{Audience, Head};
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::merge::{MergeField, MergeKind};
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

/// Fields an audience may have, the standard ones included.
const MOST: usize = 30;
/// Letters of a tag.
const LONGEST_TAG: usize = 10;
/// Tags that mean something else in mails.
const RESERVED: [&str; 8] = [
    "EMAIL",
    "EMAIL_TYPE",
    "INTERESTS",
    "UNSUB",
    "FORWARD",
    "REWARDS",
    "ARCHIVE",
    "USER_URL",
];

pub fn all(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let page = call.page()?;
    let fits = |field: &&MergeField| {
        call.query("type").is_none_or(|kind| field.kind.name() == kind)
            && (call.query("required").is_none() || field.required == call.flag("required"))
    };
    let mut fields: Vec<&MergeField> = audience.head.merge_fields.iter().filter(fits).collect();
    fields.sort_by(|one, other| one.tag.cmp(&other.tag));
    let total = fields.len();
    let fields: Vec<Value> = page
        .of(fields)
        .into_iter()
        .map(|field| show(&audience.head, field, &call.base))
        .collect();
    let list = format!("/lists/{}", audience.head.id);
    let parent = (list.as_str(), "Definitions/Lists/Response");
    let mut links = collection_links(&call.base, &format!("{list}/merge-fields"), "Lists/MergeFields", parent);
    if let Some(links) = links.as_array_mut() {
        // Recorded in another order than on other collections: self, create, parent.
        links.swap(1, 2);
    }
    Ok(Answer::json(json!({
        "merge_fields": fields,
        "list_id": audience.head.id,
        "total_items": total,
        "_links": links,
    })))
}

pub fn one(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let field = audience
        .head
        .merge_fields
        .get(place(audience, call)?)
        .ok_or_else(Problem::not_found)?;
    Ok(Answer::json(show(&audience.head, field, &call.base)))
}

pub fn create(world: &mut World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let body = call.object()?;
    let Some(name) = given::text(body, "name")?.filter(|name| !name.is_empty()) else {
        return Err(Problem::shape("name", "This value should not be blank."));
    };
    let kind = given::text(body, "type")?.as_deref().and_then(MergeKind::named);
    let kind = kind.ok_or_else(|| {
        Problem::shape(
            "type",
            format!(
                "Data presented is not one of the accepted values: {}.",
                MergeKind::names()
            ),
        )
    })?;
    if audience.head.merge_fields.len() >= MOST {
        return Err(Problem::invalid(format!(
            "You have reached the limit of {MOST} merge fields for this list."
        )));
    }
    let tag = given::text(body, "tag")?.filter(|tag| !tag.is_empty());
    let tag = tag.map(|tag| read_tag(&audience.head, &tag, None)).transpose()?;
    let audience = call.audience_mut(world)?;
    let head = audience.head_mut();
    let id = head.next_merge_id();
    let mut field = MergeField {
        id,
        tag: tag.unwrap_or_else(|| format!("MERGE{id}")),
        name,
        kind,
        required: false,
        default_value: String::new(),
        public: false,
        display_order: u32::from(id) + 1,
        options: kind.default_options(),
        help_text: String::new(),
    };
    write(&mut field, body)?;
    let shown = show(head, &field, &call.base);
    head.merge_fields.push(field);
    Ok(Answer::json(shown))
}

pub fn change(world: &mut World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let place = place(audience, call)?;
    let body = call.object()?;
    let mut field = audience.head.merge_fields[place].clone();
    if let Some(tag) = given::text(body, "tag")? {
        field.tag = read_tag(&audience.head, &tag, Some(field.id))?;
    }
    if let Some(name) = given::text(body, "name")? {
        field.name = name;
    }
    if given::text(body, "type")?.is_some_and(|kind| kind != field.kind.name()) {
        return Err(Problem::shape("type", "The type of a merge field cannot be changed."));
    }
    write(&mut field, body)?;
    let head = call.audience_mut(world)?.head_mut();
    let shown = show(head, &field, &call.base);
    head.merge_fields[place] = field;
    Ok(Answer::json(shown))
}

/// Deletes the field and what every member has in it.
pub fn delete(world: &mut World, call: &Call) -> Outcome {
    let place = place(call.audience(world)?, call)?;
    let audience = call.audience_mut(world)?;
    let field = audience.head_mut().merge_fields.remove(place);
    let having: Vec<u32> = audience
        .members()
        .filter(|(_, member)| member.merge(field.id).is_some())
        .map(|(slot, _)| slot)
        .collect();
    for slot in having {
        if let Some(member) = audience.member_mut(slot) {
            member.merges = member
                .merges
                .iter()
                .filter(|(id, _)| *id != field.id)
                .cloned()
                .collect();
        }
    }
    Ok(Answer::Nothing)
}

fn place(audience: &Audience, call: &Call) -> Result<usize, Problem> {
    let id: Option<u16> = call.param(1).parse().ok();
    audience
        .head
        .merge_fields
        .iter()
        .position(|field| Some(field.id) == id)
        .ok_or_else(Problem::not_found)
}

fn read_tag(head: &Head, tag: &str, own: Option<u16>) -> Result<String, Problem> {
    let tag = tag.to_uppercase();
    if tag.len() > LONGEST_TAG {
        return Err(Problem::shape(
            "tag",
            format!("This value is too long. It should have {LONGEST_TAG} characters or less."),
        ));
    }
    if tag.is_empty()
        || !tag
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    {
        return Err(Problem::shape(
            "tag",
            "Merge tags may only contain letters, numbers and underscores.",
        ));
    }
    if RESERVED.contains(&tag.as_str()) {
        return Err(Problem::invalid(format!("\"{tag}\" is a reserved merge tag.")));
    }
    if head.merge_field(&tag).is_some_and(|field| Some(field.id) != own) {
        return Err(Problem::invalid(format!(
            "A Merge Field with the tag \"{tag}\" already exists for this list."
        )));
    }
    Ok(tag)
}

/// Writes what POST and PATCH have in common.
fn write(field: &mut MergeField, body: &Map<String, Value>) -> Result<(), Problem> {
    for (key, flag) in [("required", &mut field.required), ("public", &mut field.public)] {
        match body.get(key) {
            None => {}
            Some(Value::Bool(wanted)) => *flag = *wanted,
            Some(_) => return Err(Problem::shape(key, "This value should be of type boolean")),
        }
    }
    for (key, place) in [
        ("default_value", &mut field.default_value),
        ("help_text", &mut field.help_text),
    ] {
        if let Some(wanted) = given::text(body, key)? {
            *place = wanted;
        }
    }
    if let Some(order) = body.get("display_order").and_then(Value::as_u64) {
        field.display_order = u32::try_from(order).unwrap_or(field.display_order);
    }
    if let Some(options) = body.get("options").and_then(Value::as_object) {
        field.options.extend(options.clone());
    }
    Ok(())
}

fn show(head: &Head, field: &MergeField, base: &str) -> Value {
    json!({
        "merge_id": field.id,
        "tag": field.tag,
        "name": field.name,
        "type": field.kind.name(),
        "required": field.required,
        "default_value": field.default_value,
        "public": field.public,
        "display_order": field.display_order,
        "options": field.options,
        "help_text": field.help_text,
        "list_id": head.id,
        "_links": instance_links(base, &format!("/lists/{}/merge-fields/{}", head.id, field.id), "Lists/MergeFields"),
    })
}
