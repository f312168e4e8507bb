//! `/lists`: the audiences of an account with numbers worked out from their members.

use serde_json::{Value, json};

use super::json::{link, links};
use crate::sandbox::audience::Audience;
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::clock::iso;
use crate::sandbox::member::Status;
use crate::sandbox::world::World;

pub fn all(world: &World, call: &Call) -> Outcome {
    let page = call.page()?;
    let mut found: Vec<&Audience> = world
        .audiences_of(&call.account_id)
        .filter(|audience| fits(audience, call))
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
        .map(|audience| list(audience, call))
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

fn fits(audience: &Audience, call: &Call) -> bool {
    let created = audience.head.created_at;
    call.date("since_date_created").is_none_or(|since| created > since)
        && call.date("before_date_created").is_none_or(|before| created < before)
        && call.query("email").is_none_or(|email| audience.by_email(email).is_some())
        // Nothing was sent yet, and there are no stores.
        && call.date("since_campaign_last_sent").is_none()
        && !call.flag("has_ecommerce_store")
}

pub fn one(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let dashboard = super::json::dashboard(&call.base, &format!("/audiences/{}", audience.head.id));
    Ok(Answer::Json {
        body: list(audience, call),
        dashboard,
    })
}

fn list(audience: &Audience, call: &Call) -> Value {
    let head = &audience.head;
    let base = &call.base;
    json!({
        "id": head.id,
        "web_id": head.web_id,
        "name": head.name,
        "contact": {
            "company": head.from_name,
            "address1": "12 Riverside Drive",
            "address2": "",
            "city": "Fredericton",
            "state": "NB",
            "zip": "E3B 1A1",
            "country": "CA",
            "phone": "",
        },
        "permission_reminder": head.permission_reminder,
        "use_archive_bar": true,
        "campaign_defaults": {"from_name": head.from_name, "from_email": head.from_email, "subject": "", "language": "en"},
        "notify_on_subscribe": "",
        "notify_on_unsubscribe": "",
        "date_created": iso(head.created_at),
        "list_rating": 0,
        "email_type_option": false,
        "subscribe_url_short": format!("{base}/s/{}", head.id),
        "subscribe_url_long": format!("{base}/subscribe?u={}&id={}", head.account_id, head.id),
        "beamer_address": format!("us1-{}-{}@inbound.mailchimp.com", &head.account_id[..10], head.id),
        "visibility": "prv",
        "double_optin": head.double_optin,
        "has_welcome": false,
        "marketing_permissions": !head.permissions.is_empty(),
        "modules": [],
        "stats": stats(audience, call.flag("include_total_contacts")),
        "_links": list_links(base, &head.id),
    })
}

fn stats(audience: &Audience, with_total: bool) -> Value {
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
        "campaign_count": 0,
        "campaign_last_sent": "",
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
