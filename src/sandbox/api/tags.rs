//! Tags of members: read, given, taken, searched.

use serde_json::{Value, json};

use super::json::{link, links};
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::clock::iso;
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

pub fn of_member(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let member = audience.member(call.slot(audience)?).ok_or_else(Problem::not_found)?;
    let page = call.page()?;
    let named = |number: u32| audience.head.tags.iter().find(|tag| tag.number == number);
    let tags = page.of(member.tags.iter()).into_iter().filter_map(|(number, since)| {
        let tag = named(*number)?;
        Some(json!({"id": tag.number, "name": tag.name, "date_added": iso(*since)}))
    });
    let own = format!("/lists/{}/members/{}", audience.head.id, member.id());
    Ok(Answer::json(json!({
        "tags": tags.collect::<Vec<_>>(),
        "total_items": member.tags.len(),
        "_links": links([
            link(&call.base, "self", &format!("{own}/tags"), "GET", "Definitions/Lists/Members/Tags/CollectionResponse", ""),
            link(&call.base, "parent", &own, "GET", "Definitions/Lists/Members/Response", ""),
            link(&call.base, "create", &format!("{own}/tags"), "POST", "", "Definitions/Lists/Members/Tags/POST"),
        ]),
    })))
}

pub fn change(world: &mut World, call: &Call) -> Outcome {
    let slot = call.slot(call.audience(world)?)?;
    let tags = match call.object()?.get("tags") {
        Some(Value::Array(tags)) => tags,
        Some(_) => return Err(Problem::shape("tags", "This value should be of type array")),
        None => return Err(Problem::shape("", "Required fields were not provided: tags")),
    };
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for (index, tag) in tags.iter().enumerate() {
        let text = |key: &str| tag.get(key).and_then(Value::as_str).unwrap_or("").trim();
        match (text("name"), text("status")) {
            ("", _) => {
                return Err(Problem::shape(
                    format!("tags.{index}.name"),
                    "This value should not be blank.",
                ));
            }
            (name, "active") => wanted.push(name.to_owned()),
            (name, "inactive") => unwanted.push(name.to_owned()),
            _ => {
                return Err(Problem::shape(
                    format!("tags.{index}.status"),
                    "Data presented is not one of the accepted values: inactive, active.",
                ));
            }
        }
    }
    let by = call.by(world);
    let audience = call.audience_mut(world)?;
    let add: Vec<u32> = wanted
        .iter()
        .map(|name| audience.head_mut().tag_number(name, by.at))
        .collect();
    let remove: Vec<u32> = unwanted
        .iter()
        .filter_map(|name| audience.head.find_tag(name))
        .collect();
    audience.tag(&by, slot, &add, |number| remove.contains(&number));
    Ok(Answer::Nothing)
}

pub fn search(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let beginning = call.query("name").unwrap_or("").to_lowercase();
    let fitting = audience
        .head
        .tags
        .iter()
        .filter(|tag| tag.name.to_lowercase().starts_with(&beginning));
    let tags: Vec<Value> = fitting.map(|tag| json!({"id": tag.number, "name": tag.name})).collect();
    Ok(Answer::json(json!({"tags": tags, "total_items": tags.len()})))
}
