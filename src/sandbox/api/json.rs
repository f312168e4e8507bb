//! How audiences, members and their like look in answers: the keys in Mailchimp's order, and the `_links` beside them.

use serde_json::{Map, Value, json};

use crate::sandbox::audience::Audience;
use crate::sandbox::clock::iso;
use crate::sandbox::ids;
use crate::sandbox::member::{Member, Rare, Status};

/// Tags shown on a member; the rest is at `…/tags`.
const TAGS_SHOWN: usize = 50;

/// One entry of `_links`; empty schemas are left out.
pub fn link(base: &str, rel: &str, path: &str, method: &str, target: &str, schema: &str) -> Value {
    let mut entry = json!({"rel": rel, "href": format!("{base}/3.0{path}"), "method": method});
    if !target.is_empty() {
        entry["targetSchema"] = json!(format!("{base}/schema/3.0/{target}.json"));
    }
    if !schema.is_empty() {
        entry["schema"] = json!(format!("{base}/schema/3.0/{schema}.json"));
    }
    entry
}

pub fn links(entries: impl IntoIterator<Item = Value>) -> Value {
    entries.into_iter().collect()
}

/// `self`, `parent` and `create` of a collection; `room` is its place among the schemas, such as `Lists/Members`.
pub fn collection_links(base: &str, path: &str, room: &str, parent: (&str, &str)) -> Value {
    links([
        link(
            base,
            "self",
            path,
            "GET",
            &format!("Definitions/{room}/CollectionResponse"),
            &format!("Paths/{room}/Collection"),
        ),
        link(base, "parent", parent.0, "GET", parent.1, ""),
        link(
            base,
            "create",
            path,
            "POST",
            &format!("Definitions/{room}/Response"),
            &format!("Definitions/{room}/POST"),
        ),
    ])
}

/// `self`, `parent`, `update` and `delete` of one thing in a collection.
pub fn instance_links(base: &str, path: &str, room: &str) -> Value {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let response = format!("Definitions/{room}/Response");
    links([
        link(base, "self", path, "GET", &response, ""),
        link(
            base,
            "parent",
            parent,
            "GET",
            &format!("Definitions/{room}/CollectionResponse"),
            &format!("Paths/{room}/Collection"),
        ),
        link(
            base,
            "update",
            path,
            "PATCH",
            &response,
            &format!("Definitions/{room}/PATCH"),
        ),
        link(base, "delete", path, "DELETE", "", ""),
    ])
}

/// What the specification leaves out of the members in the answer of a bulk call.
const NOT_IN_BULK: [&str; 6] = [
    "full_name",
    "web_id",
    "unsubscribe_reason",
    "consents_to_one_to_one_messaging",
    "marketing_permissions",
    "source",
];
/// What it leaves out of the members of a segment.
const NOT_IN_SEGMENT: [&str; 8] = [
    "contact_id",
    "web_id",
    "unsubscribe_reason",
    "consents_to_one_to_one_messaging",
    "marketing_permissions",
    "source",
    "tags_count",
    "tags",
];

/// A member in the answer of a bulk call.
pub fn member_in_bulk(audience: &Audience, member: &Member, base: &str) -> Value {
    member_without(&NOT_IN_BULK, audience, member, base)
}

/// A member among those of a segment.
pub fn member_in_segment(audience: &Audience, member: &Member, base: &str) -> Value {
    member_without(&NOT_IN_SEGMENT, audience, member, base)
}

fn member_without(keys: &[&str], audience: &Audience, member: &Member, base: &str) -> Value {
    let mut shown = self::member(audience, member, base, true);
    if let Some(shown) = shown.as_object_mut() {
        shown.retain(|key, _| !keys.contains(&key.as_str()));
    }
    if let Some(location) = shown["location"].as_object_mut() {
        location.shift_remove("region");
    }
    shown
}

/// Where Mailchimp's own pages would show this.
pub fn dashboard(base: &str, path: &str) -> Option<String> {
    Some(format!("{base}{path}"))
}

pub fn member(audience: &Audience, member: &Member, base: &str, with_links: bool) -> Value {
    let nothing_rare = Rare::default();
    let rare = member.rare.as_deref().unwrap_or(&nothing_rare);
    let list_id = &audience.head.id;
    let mut json = Map::new();
    let mut add = |key: &str, value: Value| drop(json.insert(key.to_owned(), value));
    add("id", json!(member.id()));
    add("email_address", json!(member.email));
    add("unique_email_id", json!(ids::unique_email_id(&member.email)));
    add("contact_id", json!(member.contact()));
    add("full_name", json!(full_name(audience, member)));
    add("web_id", json!(member.web_id));
    add("email_type", json!(if member.html { "html" } else { "text" }));
    add("status", json!(member.status.name()));
    if member.status == Status::Unsubscribed {
        add("unsubscribe_reason", json!(member.unsubscribe_reason()));
    }
    add("consents_to_one_to_one_messaging", json!(true));
    add("merge_fields", merges(audience, member));
    if audience.has_interests() {
        let chosen = |number| json!(member.interests.contains(&number));
        add(
            "interests",
            audience
                .head
                .interests()
                .map(|interest| (interest.id.clone(), chosen(interest.number)))
                .collect::<Map<_, _>>()
                .into(),
        );
    }
    add("stats", json!({"avg_open_rate": 0, "avg_click_rate": 0}));
    add("ip_signup", json!(rare.ip_signup));
    add("timestamp_signup", json!(iso(member.signed_up_at)));
    add("ip_opt", json!(rare.ip_opt));
    add("timestamp_opt", json!(iso(member.opted_in_at)));
    add("member_rating", json!(member.rating));
    add("last_changed", json!(iso(member.last_changed)));
    add("language", json!(rare.language));
    add("vip", json!(member.vip));
    add("email_client", json!(""));
    add("location", location(rare));
    if !audience.head.permissions.is_empty() {
        let permissions = audience.head.permissions.iter().map(
            |permission| json!({"marketing_permission_id": permission.id, "text": permission.text, "enabled": rare.permissions.contains(&permission.id)}),
        );
        add("marketing_permissions", permissions.collect());
    }
    add("source", json!(member.source.name()));
    add("tags_count", json!(member.tags.len()));
    add("tags", tags(audience, member));
    add("list_id", json!(list_id));
    if with_links {
        add("_links", member_links(base, list_id, &member.id()));
    }
    Value::Object(json)
}

pub fn full_name(audience: &Audience, member: &Member) -> String {
    let part = |tag: &str| {
        let field = audience.head.merge_field(tag)?;
        member.merge(field.id).map(crate::sandbox::merge::MergeValue::plain)
    };
    format!(
        "{} {}",
        part("FNAME").unwrap_or_default(),
        part("LNAME").unwrap_or_default()
    )
    .trim()
    .to_owned()
}

/// Every field of the audience, in the order they were made.
pub fn merges(audience: &Audience, member: &Member) -> Value {
    let value = |id| {
        member
            .merge(id)
            .map_or(json!(""), crate::sandbox::merge::MergeValue::json)
    };
    audience
        .head
        .merge_fields
        .iter()
        .map(|field| (field.tag.clone(), value(field.id)))
        .collect::<Map<_, _>>()
        .into()
}

fn location(rare: &Rare) -> Value {
    let degrees = |value: f64| if value == 0.0 { json!(0) } else { json!(value) };
    json!({
        "latitude": degrees(rare.latitude),
        "longitude": degrees(rare.longitude),
        "gmtoff": 0,
        "dstoff": 0,
        "country_code": "",
        "timezone": "",
        "region": "",
    })
}

fn tags(audience: &Audience, member: &Member) -> Value {
    let named = member
        .tags
        .iter()
        .filter_map(|(number, _)| audience.head.tags.iter().find(|tag| tag.number == *number));
    named
        .take(TAGS_SHOWN)
        .map(|tag| json!({"id": tag.number, "name": tag.name}))
        .collect()
}

fn member_links(base: &str, list_id: &str, id: &str) -> Value {
    let members = format!("/lists/{list_id}/members");
    let own = format!("{members}/{id}");
    let below = |what: &str| format!("{own}/{what}");
    let response = "Definitions/Lists/Members/Response";
    links([
        link(base, "self", &own, "GET", response, ""),
        link(
            base,
            "parent",
            &members,
            "GET",
            "Definitions/Lists/Members/CollectionResponse",
            "Paths/Lists/Members/Collection",
        ),
        link(
            base,
            "update",
            &own,
            "PATCH",
            response,
            "Definitions/Lists/Members/PATCH",
        ),
        link(base, "upsert", &own, "PUT", response, "Definitions/Lists/Members/PUT"),
        link(base, "delete", &own, "DELETE", "", ""),
        link(
            base,
            "activity",
            &below("activity"),
            "GET",
            "Definitions/Lists/Members/Activity/Response",
            "",
        ),
        link(
            base,
            "goals",
            &below("goals"),
            "GET",
            "Definitions/Lists/Members/Goals/Response",
            "",
        ),
        link(
            base,
            "notes",
            &below("notes"),
            "GET",
            "Definitions/Lists/Members/Notes/CollectionResponse",
            "",
        ),
        link(
            base,
            "events",
            &below("events"),
            "POST",
            "Definitions/Lists/Members/Events/POST",
            "",
        ),
        link(
            base,
            "delete_permanent",
            &below("actions/delete-permanent"),
            "POST",
            "",
            "",
        ),
    ])
}
