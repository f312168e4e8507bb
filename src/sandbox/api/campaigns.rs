//! `/campaigns`: mails to an audience before and after they are sent.

use serde_json::{Value, json};

use super::given::{self, Body};
use super::json::{collection_links, dashboard, instance_links, link, links};
use super::reports;
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::campaign::{self, Campaign, Head};
use crate::sandbox::clock::iso;
use crate::sandbox::member::Status;
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

/// Only these kinds are written here; the others are refused.
const KINDS: [&str; 2] = ["regular", "plaintext"];

pub fn all(world: &World, call: &Call) -> Outcome {
    let page = call.page()?;
    let mut found: Vec<&Campaign> = of_account(world, call)
        .filter(|campaign| fits(campaign, call))
        .collect();
    let by_sending = call.query("sort_field") == Some("send_time");
    found.sort_by_key(|campaign| {
        if by_sending {
            campaign.head.sent_at
        } else {
            campaign.head.created_at
        }
    });
    if call
        .query("sort_dir")
        .is_some_and(|dir| dir.eq_ignore_ascii_case("DESC"))
    {
        found.reverse();
    }
    let total = found.len();
    let campaigns: Vec<Value> = page
        .of(found)
        .into_iter()
        .map(|campaign| show(world, campaign, call))
        .collect();
    Ok(Answer::json(json!({
        "campaigns": campaigns,
        "total_items": total,
        "_links": collection_links(&call.base, "/campaigns", "Campaigns", ("", "Definitions/Root/Response")),
    })))
}

pub fn of_account<'a>(world: &'a World, call: &'a Call) -> impl Iterator<Item = &'a Campaign> {
    let all = world.campaigns.iter();
    all.filter(|campaign| campaign.head.account_id == call.account_id && !campaign.head.deleted)
}

fn fits(campaign: &Campaign, call: &Call) -> bool {
    let head = &campaign.head;
    let sent = campaign.is_sent();
    call.query("list_id").is_none_or(|list| list == head.list_id)
        && call.query("status").is_none_or(|status| status == status_of(campaign))
        && call.query("type").is_none_or(|kind| kind == "regular")
        && call.query("folder_id").is_none()
        && call
            .query("member_id")
            .is_none_or(|member| campaign.find(member).is_some())
        && call
            .date("since_send_time")
            .is_none_or(|since| sent && head.sent_at > since)
        && call
            .date("before_send_time")
            .is_none_or(|before| sent && head.sent_at < before)
        && call
            .date("since_create_time")
            .is_none_or(|since| head.created_at > since)
        && call
            .date("before_create_time")
            .is_none_or(|before| head.created_at < before)
}

fn status_of(campaign: &Campaign) -> &'static str {
    if campaign.is_sent() { "sent" } else { "save" }
}

pub fn one(world: &World, call: &Call) -> Outcome {
    answer(world, place(world, call)?, call)
}

fn answer(world: &World, place: usize, call: &Call) -> Outcome {
    let campaign = &world.campaigns[place];
    Ok(Answer::Json {
        body: show(world, campaign, call),
        dashboard: dashboard(&call.base, &format!("/campaigns/{}", campaign.head.id)),
    })
}

pub fn create(world: &mut World, call: &Call) -> Outcome {
    let body = call.object()?;
    given::require(body, &["type"])?;
    given::choice(body, "type", &KINDS)?;
    let list = match given::object(body, "recipients")? {
        None => String::new(),
        Some(recipients) => given::text(recipients, "list_id")?.unwrap_or_default(),
    };
    if !list.is_empty() && !owns(world, call, &list) {
        return Err(Problem::bad_request("Recipients invalid: the list does not exist."));
    }
    let place = world.add_campaign(&call.account_id, &list);
    let mut head = world.campaigns[place].head.clone();
    if let Err(problem) = write(&mut head, body) {
        world.campaigns.truncate(place);
        return Err(problem);
    }
    *world.campaigns[place].head_mut() = head;
    answer(world, place, call)
}

pub fn change(world: &mut World, call: &Call) -> Outcome {
    let place = place(world, call)?;
    refuse_sent(&world.campaigns[place])?;
    let mut head = world.campaigns[place].head.clone();
    write(&mut head, call.object()?)?;
    if !owns(world, call, &head.list_id) {
        return Err(Problem::bad_request("Recipients invalid: the list does not exist."));
    }
    *world.campaigns[place].head_mut() = head;
    answer(world, place, call)
}

pub fn delete(world: &mut World, call: &Call) -> Outcome {
    let place = place(world, call)?;
    world.campaigns[place].head_mut().deleted = true;
    Ok(Answer::Nothing)
}

pub fn content(world: &World, call: &Call) -> Outcome {
    Ok(Answer::json(show_content(
        &world.campaigns[place(world, call)?].head,
        &call.base,
    )))
}

pub fn set_content(world: &mut World, call: &Call) -> Outcome {
    let place = place(world, call)?;
    refuse_sent(&world.campaigns[place])?;
    let body = call.object()?;
    let (html, plain_text) = (given::text(body, "html")?, given::text(body, "plain_text")?);
    let head = world.campaigns[place].head_mut();
    head.html = html.unwrap_or_default();
    head.plain_text = plain_text.unwrap_or_else(|| campaign::words(&head.html));
    let shown = show_content(head, &call.base);
    Ok(Answer::json(shown))
}

/// Sends with the outcome that the settings name.
pub fn send(world: &mut World, call: &Call) -> Outcome {
    let place = place(world, call)?;
    let outcome = world.settings().campaign_outcome.clone();
    world.send(place, &outcome)?;
    Ok(Answer::Nothing)
}

pub fn place(world: &World, call: &Call) -> Result<usize, Problem> {
    world
        .campaign_place(call.param(0))
        .filter(|place| world.campaigns[*place].head.account_id == call.account_id)
        .ok_or_else(Problem::not_found)
}

fn owns(world: &World, call: &Call, list: &str) -> bool {
    world
        .audience(list)
        .is_some_and(|audience| audience.head.account_id == call.account_id)
}

fn refuse_sent(campaign: &Campaign) -> Result<(), Problem> {
    if campaign.is_sent() {
        return Err(Problem::invalid_action(
            "Your campaign has already been sent and cannot be changed.",
        ));
    }
    Ok(())
}

/// Writes what POST and PATCH have in common.
fn write(head: &mut Head, body: &Body) -> Result<(), Problem> {
    if let Some(recipients) = given::object(body, "recipients")? {
        if let Some(list) = given::text(recipients, "list_id")? {
            head.list_id = list;
        }
        if let Some(options) = given::object(recipients, "segment_opts")? {
            head.segment = given::number(options, "saved_segment_id")?;
        }
    }
    let Some(settings) = given::object(body, "settings")? else {
        return Ok(());
    };
    for (key, place) in [
        ("subject_line", &mut head.subject),
        ("preview_text", &mut head.preview),
        ("title", &mut head.title),
        ("from_name", &mut head.from_name),
        ("reply_to", &mut head.reply_to),
    ] {
        if let Some(text) = given::text(settings, key)? {
            *place = text;
        }
    }
    Ok(())
}

fn show(world: &World, campaign: &Campaign, call: &Call) -> Value {
    let head = &campaign.head;
    let base = &call.base;
    let audience = world.audience(&head.list_id);
    let awaiting = audience.map_or(0, |audience| audience.count(Status::Subscribed));
    let count = if campaign.is_sent() {
        campaign.recipients().len()
    } else {
        awaiting
    };
    let mut shown = json!({
        "id": head.id,
        "web_id": head.web_id,
        "type": "regular",
        "create_time": iso(head.created_at),
        "archive_url": format!("{base}/mail/{}", head.id),
        "long_archive_url": format!("{base}/mail/{}", head.id),
        "status": status_of(campaign),
        "emails_sent": campaign.recipients().len(),
        "send_time": iso(head.sent_at),
        "content_type": "html",
        "needs_block_refresh": false,
        "resendable": campaign.is_sent(),
        "recipients": {
            "list_id": head.list_id,
            "list_is_active": audience.is_some(),
            "list_name": audience.map_or("", |audience| &audience.head.name),
            "segment_text": "",
            "recipient_count": count,
        },
        "settings": {
            "subject_line": head.subject,
            "preview_text": head.preview,
            "title": head.title,
            "from_name": head.from_name,
            "reply_to": head.reply_to,
            "use_conversation": false,
            "to_name": "*|FNAME|*",
            "folder_id": "",
            "authenticate": true,
            "auto_footer": false,
            "inline_css": false,
            "auto_tweet": false,
            "fb_comments": true,
            "timewarp": false,
            "template_id": 0,
            "drag_and_drop": false,
        },
        "tracking": {
            "opens": true,
            "html_clicks": true,
            "text_clicks": false,
            "goal_tracking": false,
            "ecomm360": false,
            "google_analytics": "",
            "clicktale": "",
        },
    });
    if let Some(object) = shown.as_object_mut() {
        if let Some(tag) = head.segment {
            object["recipients"]["segment_opts"] = json!({"saved_segment_id": tag, "match": "any", "conditions": []});
        }
        if campaign.is_sent() {
            object.insert("report_summary".to_owned(), reports::summary(campaign, world.now()));
        }
        object.insert("delivery_status".to_owned(), json!({"enabled": false}));
        object.insert("_links".to_owned(), campaign_links(base, &head.id));
    }
    shown
}

fn campaign_links(base: &str, id: &str) -> Value {
    let own = format!("/campaigns/{id}");
    let response = "Definitions/Campaigns/Response";
    let below = |rel: &str, path: &str, method: &str| link(base, rel, &format!("{own}/{path}"), method, "", "");
    links([
        link(
            base,
            "parent",
            "/campaigns",
            "GET",
            "Definitions/Campaigns/CollectionResponse",
            "Paths/Campaigns/Collection",
        ),
        link(base, "self", &own, "GET", response, ""),
        link(base, "delete", &own, "DELETE", "", ""),
        link(base, "update", &own, "PATCH", response, "Definitions/Campaigns/PATCH"),
        below("send", "actions/send", "POST"),
        below("content", "content", "GET"),
    ])
}

fn show_content(head: &Head, base: &str) -> Value {
    json!({
        "plain_text": head.plain_text,
        "html": head.html,
        "archive_html": head.html,
        "_links": instance_links(base, &format!("/campaigns/{}/content", head.id), "Campaigns/Content"),
    })
}
