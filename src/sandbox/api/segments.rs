//! `/lists/{id}/segments`: static segments, which are the tags of an audience seen from the other side.

use serde_json::{Value, json};

use super::given;
use super::json::{self, collection_links, instance_links};
use crate::sandbox::audience::{Audience, Tag};
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::clock::iso;
use crate::sandbox::member::{Member, Status};
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

const ROOM: &str = "Lists/Segments";
/// Addresses in one call that adds or removes.
const MOST: usize = 500;

pub fn all(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let page = call.page()?;
    let asked = call.query("type").is_none_or(|kind| kind == "static");
    let fits = |tag: &&Tag| {
        asked
            && call.date("since_created_at").is_none_or(|since| tag.created_at > since)
            && call
                .date("before_created_at")
                .is_none_or(|before| tag.created_at < before)
    };
    let found: Vec<&Tag> = audience.head.tags.iter().filter(fits).collect();
    let total = found.len();
    let shown: Vec<Value> = page
        .of(found)
        .into_iter()
        .map(|tag| show(audience, tag, call))
        .collect();
    let list = format!("/lists/{}", audience.head.id);
    Ok(Answer::json(json!({
        "segments": shown,
        "list_id": audience.head.id,
        "total_items": total,
        "_links": collection_links(&call.base, &format!("{list}/segments"), ROOM, (&list, "Definitions/Lists/Response")),
    })))
}

pub fn one(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    Ok(Answer::json(show(audience, find(audience, call)?, call)))
}

pub fn create(world: &mut World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let body = call.object()?;
    given::require(body, &["name"])?;
    let name = given::text(body, "name")?.unwrap_or_default();
    let Some(addresses) = given::texts(body, "static_segment")? else {
        return Err(Problem::bad_request(
            "This sandbox keeps static segments only: send static_segment.",
        ));
    };
    if audience.head.find_tag(&name).is_some() {
        return Err(Problem::bad_request("Sorry, that tag already exists."));
    }
    let by = call.by(world);
    let audience = call.audience_mut(world)?;
    let number = audience.head_mut().tag_number(&name, by.at);
    change_members(audience, &by, number, &addresses, true);
    let tag = audience
        .head
        .tags
        .iter()
        .find(|tag| tag.number == number)
        .ok_or_else(Problem::not_found)?;
    Ok(Answer::json(show(audience, tag, call)))
}

/// Renames a segment and, if addresses are named, replaces its members by them.
pub fn change(world: &mut World, call: &Call) -> Outcome {
    let number = find(call.audience(world)?, call)?.number;
    let body = call.object()?;
    let name = given::text(body, "name")?.filter(|name| !name.is_empty());
    let addresses = given::texts(body, "static_segment")?;
    let by = call.by(world);
    let audience = call.audience_mut(world)?;
    if let Some(name) = name {
        if audience.head.find_tag(&name).is_some_and(|other| other != number) {
            return Err(Problem::bad_request("Sorry, that tag already exists."));
        }
        let tags = audience.head_mut().tags.iter_mut();
        tags.filter(|tag| tag.number == number)
            .for_each(|tag| tag.name.clone_from(&name));
    }
    if let Some(addresses) = addresses {
        let present: Vec<String> = having(audience, number, |_| true)
            .map(|member| member.email.to_string())
            .collect();
        change_members(audience, &by, number, &present, false);
        change_members(audience, &by, number, &addresses, true);
    }
    let audience = call.audience(world)?;
    Ok(Answer::json(show(audience, find(audience, call)?, call)))
}

pub fn delete(world: &mut World, call: &Call) -> Outcome {
    let number = find(call.audience(world)?, call)?.number;
    let by = call.by(world);
    let audience = call.audience_mut(world)?;
    let present: Vec<String> = having(audience, number, |_| true)
        .map(|member| member.email.to_string())
        .collect();
    change_members(audience, &by, number, &present, false);
    audience.head_mut().tags.retain(|tag| tag.number != number);
    Ok(Answer::Nothing)
}

/// `members_to_add` and `members_to_remove`, each of which may fail on its own.
pub fn add_and_remove(world: &mut World, call: &Call) -> Outcome {
    let number = find(call.audience(world)?, call)?.number;
    let body = call.object()?;
    let add = given::texts(body, "members_to_add")?.unwrap_or_default();
    let remove = given::texts(body, "members_to_remove")?.unwrap_or_default();
    if add.len() > MOST || remove.len() > MOST {
        return Err(Problem::invalid(format!(
            "This collection should contain {MOST} elements or less."
        )));
    }
    let by = call.by(world);
    let audience = call.audience_mut(world)?;
    let (added, mut unknown) = change_members(audience, &by, number, &add, true);
    let (removed, more_unknown) = change_members(audience, &by, number, &remove, false);
    unknown.extend(more_unknown);
    let audience = call.audience(world)?;
    let shown = |slots: &[u32]| -> Vec<Value> {
        let members = slots.iter().filter_map(|slot| audience.member(*slot));
        members
            .map(|member| json::member_in_bulk(audience, member, &call.base))
            .collect()
    };
    let errors: Vec<Value> = unknown
        .iter()
        .map(|email| json!({"email_addresses": [email], "error": "Email address is not a member of the list."}))
        .collect();
    let own = format!("/lists/{}/segments/{number}", audience.head.id);
    Ok(Answer::json(json!({
        "members_added": shown(&added),
        "members_removed": shown(&removed),
        "errors": errors,
        "total_added": added.len(),
        "total_removed": removed.len(),
        "error_count": errors.len(),
        "_links": instance_links(&call.base, &own, ROOM),
    })))
}

pub fn members(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let tag = find(audience, call)?;
    let found: Vec<&Member> = having(audience, tag.number, |member| is_counted(member, call)).collect();
    let total = found.len();
    let shown: Vec<Value> = call
        .page()?
        .of(found)
        .into_iter()
        .map(|member| json::member_in_segment(audience, member, &call.base))
        .collect();
    let own = format!("/lists/{}/segments/{}", audience.head.id, tag.number);
    Ok(Answer::json(json!({
        "members": shown,
        "total_items": total,
        "_links": collection_links(&call.base, &format!("{own}/members"), "Lists/Segments/Members", (&own, "Definitions/Lists/Segments/Response")),
    })))
}

pub fn add_member(world: &mut World, call: &Call) -> Outcome {
    let number = find(call.audience(world)?, call)?.number;
    let body = call.object()?;
    given::require(body, &["email_address"])?;
    let email = given::text(body, "email_address")?.unwrap_or_default();
    let by = call.by(world);
    let audience = call.audience_mut(world)?;
    let slot = audience
        .by_email(&email)
        .ok_or_else(|| Problem::bad_request(format!("{email} is not a member of the list.")))?;
    audience.tag(&by, slot, &[number], |_| false);
    let member = audience.member(slot).ok_or_else(Problem::not_found)?;
    Ok(Answer::json(json::member_in_segment(audience, member, &call.base)))
}

pub fn remove_member(world: &mut World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let number = find(audience, call)?.number;
    let slot = audience.find(call.who(2)?).ok_or_else(Problem::not_found)?;
    let by = call.by(world);
    call.audience_mut(world)?.tag(&by, slot, &[], |tag| tag == number);
    Ok(Answer::Nothing)
}

fn find<'a>(audience: &'a Audience, call: &Call) -> Result<&'a Tag, Problem> {
    let number: Option<u32> = call.param(1).parse().ok();
    audience
        .head
        .tags
        .iter()
        .find(|tag| Some(tag.number) == number)
        .ok_or_else(Problem::not_found)
}

/// Puts addresses into a segment or takes them out; answers whom it changed and which addresses are unknown.
fn change_members(
    audience: &mut Audience,
    by: &crate::sandbox::membership::By,
    number: u32,
    addresses: &[String],
    into: bool,
) -> (Vec<u32>, Vec<String>) {
    let (mut changed, mut unknown) = (Vec::new(), Vec::new());
    for email in addresses {
        match audience.by_email(email) {
            Some(slot) if into => audience.tag(by, slot, &[number], |_| false),
            Some(slot) => audience.tag(by, slot, &[], |tag| tag == number),
            None => {
                unknown.push(email.clone());
                continue;
            }
        }
        changed.extend(audience.by_email(email));
    }
    (changed, unknown)
}

fn having(audience: &Audience, number: u32, fits: impl Fn(&Member) -> bool) -> impl Iterator<Item = &Member> {
    let members = audience.members().map(|(_, member)| member);
    members.filter(move |member| member.tags.iter().any(|(tag, _)| *tag == number) && fits(member))
}

/// Segments count whoever gets mail, unless the call wants others too.
fn is_counted(member: &Member, call: &Call) -> bool {
    match member.status {
        Status::Subscribed => true,
        Status::Unsubscribed => call.flag("include_unsubscribed"),
        Status::Cleaned => call.flag("include_cleaned"),
        Status::Transactional => call.flag("include_transactional"),
        Status::Pending | Status::Archived => false,
    }
}

fn show(audience: &Audience, tag: &Tag, call: &Call) -> Value {
    let own = format!("/lists/{}/segments/{}", audience.head.id, tag.number);
    json!({
        "id": tag.number,
        "name": tag.name,
        "member_count": having(audience, tag.number, |member| is_counted(member, call)).count(),
        "type": "static",
        "created_at": iso(tag.created_at),
        "updated_at": iso(tag.created_at),
        "options": {"match": "any", "conditions": [{"condition_type": "StaticSegment", "field": "static_segment", "op": "static_is", "value": tag.number}]},
        "list_id": audience.head.id,
        "_links": instance_links(&call.base, &own, ROOM),
    })
}
