//! `/lists`: the audiences of an account with numbers worked out from their members.

use serde_json::{Value, json};

use super::given::{self, Body};
use super::json::{link, links};
use crate::sandbox::audience::{Audience, Contact, Head};
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::clock::iso;
use crate::sandbox::ids::Ids;
use crate::sandbox::member::Status;
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

pub fn all(world: &World, call: &Call) -> Outcome {
    let page = call.page()?;
    let mut found: Vec<&Audience> = world
        .audiences_of(&call.account_id)
        .filter(|audience| fits(world, audience, call))
        .collect();
    if call.query("sort_field") == Some("date_created") && call.query("sort_dir") == Some("DESC") {
        found.reverse();
    }
    let existing = world.audiences_of(&call.account_id).count();
    let most = world.settings().max_audiences;
    let may_create = i64::try_from(existing).is_ok_and(|existing| most < 0 || existing < most);
    let total = found.len();
    let lists: Vec<Value> = page
        .of(found)
        .into_iter()
        .map(|audience| list(world, audience, call))
        .collect();
    Ok(Answer::json(json!({
        "lists": lists,
        "total_items": total,
        "constraints": {"may_create": may_create, "max_instances": most, "current_total_instances": existing},
        "_links": links([
            link(&call.base, "self", "/lists", "GET", "Definitions/Lists/CollectionResponse", "Paths/Lists/Collection"),
            link(&call.base, "create", "/lists", "POST", "Definitions/Lists/Response", "Definitions/Lists/POST"),
        ]),
    })))
}

fn fits(world: &World, audience: &Audience, call: &Call) -> bool {
    let (_, last_sent) = world.sendings_to(&audience.head.id);
    let created = audience.head.created_at;
    call.date("since_date_created").is_none_or(|since| created > since)
        && call.date("before_date_created").is_none_or(|before| created < before)
        && call.query("email").is_none_or(|email| audience.by_email(email).is_some())
        && call.date("since_campaign_last_sent").is_none_or(|since| last_sent > since)
        && call.date("before_campaign_last_sent").is_none_or(|before| last_sent < before)
        // There are no stores.
        && !call.flag("has_ecommerce_store")
}

pub fn one(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let dashboard = super::json::dashboard(&call.base, &format!("/audiences/{}", audience.head.id));
    Ok(Answer::Json {
        body: list(world, audience, call),
        dashboard,
    })
}

/// The permissions Mailchimp proposes when the feature is switched on.
const PERMISSIONS: [&str; 3] = ["Email", "Direct Mail", "Customized Online Advertising"];

pub fn create(world: &mut World, call: &Call) -> Outcome {
    let body = call.object()?;
    let needed = [
        "name",
        "permission_reminder",
        "email_type_option",
        "contact",
        "campaign_defaults",
    ];
    given::require(body, &needed)?;
    let most = world.settings().max_audiences;
    let existing = world.audiences_of(&call.account_id).count();
    if !i64::try_from(existing).is_ok_and(|existing| most < 0 || existing < most) {
        return Err(Problem::not_permitted());
    }
    let id = world.add_audience(&call.account_id, "", false);
    let (audience, ids) = world.audience_and_ids(&id).ok_or_else(Problem::not_found)?;
    let mut head = audience.head.clone();
    if let Err(problem) = write(&mut head, ids, body) {
        world.audiences.retain(|audience| audience.head.id != id);
        return Err(problem);
    }
    *audience.head_mut() = head;
    let audience = world.audience(&id).ok_or_else(Problem::not_found)?;
    Ok(Answer::json(list(world, audience, call)))
}

pub fn change(world: &mut World, call: &Call) -> Outcome {
    let (audience, ids) = call.audience_and_ids(world)?;
    let mut head = audience.head.clone();
    write(&mut head, ids, call.object()?)?;
    *audience.head_mut() = head;
    Ok(Answer::json(list(world, call.audience(world)?, call)))
}

pub fn delete(world: &mut World, call: &Call) -> Outcome {
    call.audience_mut(world)?.head_mut().deleted = true;
    Ok(Answer::Nothing)
}

/// Writes what POST and PATCH have in common.
fn write(head: &mut Head, ids: &mut Ids, body: &Body) -> Result<(), Problem> {
    if let Some(defaults) = given::object(body, "campaign_defaults")? {
        given::require(defaults, &["from_name", "from_email"])?;
        head.from_name = given::text(defaults, "from_name")?.unwrap_or_default();
        head.from_email = given::text(defaults, "from_email")?.unwrap_or_default();
        head.subject = given::text(defaults, "subject")?.unwrap_or_default();
    }
    if let Some(contact) = given::object(body, "contact")? {
        given::require(contact, &["company", "address1", "city", "country"])?;
        let read: Contact = serde_json::from_value(Value::Object(contact.clone()))
            .map_err(|_| Problem::shape("contact", "This value should be of type object"))?;
        head.contact = Contact {
            state: given::text(contact, "state")?.unwrap_or_default(),
            zip: given::text(contact, "zip")?.unwrap_or_default(),
            ..read
        };
    }
    for (key, place) in [
        ("name", &mut head.name),
        ("permission_reminder", &mut head.permission_reminder),
    ] {
        if let Some(text) = given::text(body, key)? {
            *place = text;
        }
    }
    for (key, place) in [
        ("double_optin", &mut head.double_optin),
        ("email_type_option", &mut head.email_type_option),
    ] {
        if let Some(flag) = given::flag(body, key)? {
            *place = flag;
        }
    }
    match given::flag(body, "marketing_permissions")? {
        Some(true) if head.permissions.is_empty() => {
            head.offer_permissions(ids, &PERMISSIONS.map(str::to_owned));
        }
        Some(false) => head.permissions.clear(),
        _ => {}
    }
    Ok(())
}

fn list(world: &World, audience: &Audience, call: &Call) -> Value {
    let head = &audience.head;
    let base = &call.base;
    json!({
        "id": head.id,
        "web_id": head.web_id,
        "name": head.name,
        "contact": head.contact,
        "permission_reminder": head.permission_reminder,
        "use_archive_bar": true,
        "campaign_defaults": {"from_name": head.from_name, "from_email": head.from_email, "subject": head.subject, "language": "en"},
        "notify_on_subscribe": "",
        "notify_on_unsubscribe": "",
        "date_created": iso(head.created_at),
        "list_rating": 0,
        "email_type_option": head.email_type_option,
        "subscribe_url_short": format!("{base}/s/{}", head.id),
        "subscribe_url_long": format!("{base}/subscribe?u={}&id={}", head.account_id, head.id),
        "beamer_address": format!("us1-{}-{}@inbound.mailchimp.com", &head.account_id[..10], head.id),
        "visibility": "prv",
        "double_optin": head.double_optin,
        "has_welcome": false,
        "marketing_permissions": !head.permissions.is_empty(),
        "modules": [],
        "stats": stats(world, audience, call.flag("include_total_contacts")),
        "_links": list_links(base, &head.id),
    })
}

fn stats(world: &World, audience: &Audience, with_total: bool) -> Value {
    let (campaigns, last_sent) = world.sendings_to(&audience.head.id);
    let mut by_status = [0; Status::ALL.len()];
    let (mut last_sub, mut last_unsub) = (0, 0);
    for (_, member) in audience.members() {
        by_status[member.status as usize] += 1;
        match member.status {
            Status::Subscribed => last_sub = last_sub.max(member.opted_in_at),
            Status::Unsubscribed => last_unsub = last_unsub.max(member.last_changed),
            _ => {}
        }
    }
    let [subscribed, unsubscribed, cleaned, pending, transactional, archived] = by_status;
    let mut stats = json!({"member_count": subscribed});
    if with_total {
        stats["total_contacts"] = json!(subscribed + unsubscribed + cleaned + pending + transactional + archived);
    }
    let rest = json!({
        "unsubscribe_count": unsubscribed,
        "cleaned_count": cleaned,
        "member_count_since_send": subscribed,
        "unsubscribe_count_since_send": unsubscribed,
        "cleaned_count_since_send": cleaned,
        "campaign_count": campaigns,
        "campaign_last_sent": iso(last_sent),
        "merge_field_count": audience.head.merge_fields.len(),
        "avg_sub_rate": 0,
        "avg_unsub_rate": 0,
        "target_sub_rate": 0,
        "open_rate": 0,
        "click_rate": 0,
        "last_sub_date": iso(last_sub),
        "last_unsub_date": iso(last_unsub),
    });
    if let (Some(stats), Value::Object(rest)) = (stats.as_object_mut(), rest) {
        stats.extend(rest);
    }
    stats
}

/// What hangs below an audience: relation, and the place of its schema.
const BELOW: [(&str, &str); 11] = [
    ("abuse-reports", "Lists/Abuse"),
    ("activity", ""),
    ("clients", ""),
    ("growth-history", "Lists/Growth"),
    ("interest-categories", "Lists/InterestCategories"),
    ("members", "Lists/Members"),
    ("merge-fields", "Lists/MergeFields"),
    ("segments", "Lists/Segments"),
    ("webhooks", "Lists/Webhooks"),
    ("signup-forms", "Lists/SignupForms"),
    ("locations", "Lists/Locations"),
];

fn list_links(base: &str, id: &str) -> Value {
    let own = format!("/lists/{id}");
    let response = "Definitions/Lists/Response";
    let mut entries = vec![
        link(base, "self", &own, "GET", response, ""),
        link(
            base,
            "parent",
            "/lists",
            "GET",
            "Definitions/Lists/CollectionResponse",
            "Paths/Lists/Collection",
        ),
        link(base, "update", &own, "PATCH", response, "Definitions/Lists/PATCH"),
        link(
            base,
            "batch-sub-unsub-members",
            &own,
            "POST",
            "Definitions/Lists/BatchPOST-Response",
            "Definitions/Lists/BatchPOST",
        ),
        link(base, "delete", &own, "DELETE", "", ""),
    ];
    for (rel, room) in BELOW {
        let path = format!("{own}/{rel}");
        entries.push(match (rel, room) {
            ("activity", _) => link(base, rel, &path, "GET", "Definitions/Lists/Activity/Response", ""),
            ("clients", _) => link(base, rel, &path, "GET", "Definitions/Lists/Clients/Response", ""),
            _ => link(
                base,
                rel,
                &path,
                "GET",
                &format!("Definitions/{room}/CollectionResponse"),
                &format!("Paths/{room}/Collection"),
            ),
        });
    }
    links(entries)
}
