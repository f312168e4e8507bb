//! `/lists/{id}/members/{hash}/activity` and `activity-feed`: one member's mails and what came of them, newest first.

use serde_json::{Map, Value, json};

use super::json::{link, links};
use crate::sandbox::audience::Audience;
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::campaign::{Campaign, What};
use crate::sandbox::clock::{When, iso};
use crate::sandbox::member::{Actor, Member, What as Change};
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

/// Entries of the short form, which knows no pages.
const LATEST: usize = 50;

/// Something that happened to a member with a campaign, or without one.
struct Entry<'a> {
    at: When,
    campaign: Option<&'a Campaign>,
    what: Seen<'a>,
}

enum Seen<'a> {
    Sent,
    Did(&'a What),
    SignedUp,
}

pub fn latest(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let member = audience.member(call.slot(audience)?).ok_or_else(Problem::not_found)?;
    let asked: Option<Vec<&str>> = call.query("action").map(|actions| actions.split(',').collect());
    let entries = entries(world, audience, member);
    let activity: Vec<Value> = entries
        .iter()
        .filter_map(show_short)
        .filter(|shown| {
            asked
                .as_ref()
                .is_none_or(|asked| asked.iter().any(|action| shown["action"] == *action))
        })
        .take(LATEST)
        .collect();
    Ok(Answer::json(json!({
        "activity": activity,
        "email_id": member.id(),
        "contact_id": member.contact(),
        "list_id": audience.head.id,
        "total_items": activity.len(),
        "_links": own_links(audience, member, "activity", call),
    })))
}

pub fn feed(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let member = audience.member(call.slot(audience)?).ok_or_else(Problem::not_found)?;
    let asked: Option<Vec<&str>> = call.query("activity_filters").map(|kinds| kinds.split(',').collect());
    let entries = entries(world, audience, member);
    let all: Vec<Value> = entries
        .iter()
        .map(|entry| show_in_feed(entry, member))
        .filter(|shown| {
            asked
                .as_ref()
                .is_none_or(|asked| asked.iter().any(|kind| shown["activity_type"] == *kind))
        })
        .collect();
    Ok(Answer::json(json!({
        "activity": call.page()?.of(all),
        "email_id": member.id(),
        "list_id": audience.head.id,
        "_links": own_links(audience, member, "activity-feed", call),
    })))
}

fn own_links(audience: &Audience, member: &Member, room: &str, call: &Call) -> Value {
    let parent = format!("/lists/{}/members/{}", audience.head.id, member.id());
    links([
        link(&call.base, "self", &format!("{parent}/{room}"), "GET", "", ""),
        link(
            &call.base,
            "parent",
            &parent,
            "GET",
            "Definitions/Lists/Members/Response",
            "",
        ),
    ])
}

/// All of it, newest first.
fn entries<'a>(world: &'a World, audience: &Audience, member: &Member) -> Vec<Entry<'a>> {
    let now = world.now();
    let mut entries = Vec::new();
    let of_audience = world
        .campaigns
        .iter()
        .filter(|campaign| campaign.head.list_id == audience.head.id);
    for campaign in of_audience.filter(|campaign| !campaign.head.deleted) {
        let Some(recipient) = campaign.recipient_by_contact(&member.contact_id) else {
            continue;
        };
        entries.push(Entry {
            at: campaign.head.sent_at,
            campaign: Some(campaign),
            what: Seen::Sent,
        });
        entries.extend(recipient.until(now).map(|happening| Entry {
            at: happening.at,
            campaign: Some(campaign),
            what: Seen::Did(&happening.what),
        }));
    }
    let joined = member.history.first().filter(|change| change.what == Change::Joined);
    entries.extend(joined.map(|change| Entry {
        at: change.at,
        campaign: None,
        what: Seen::SignedUp,
    }));
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    entries
}

fn link_of(entry: &Entry, link: u16) -> String {
    let links = entry.campaign.map(|campaign| &campaign.head.links);
    links
        .and_then(|links| links.get(usize::from(link)))
        .cloned()
        .unwrap_or_default()
}

fn show_short(entry: &Entry) -> Option<Value> {
    let campaign = entry.campaign?;
    let mut shown = Map::new();
    let action = match entry.what {
        Seen::Sent => "sent",
        Seen::Did(What::Open | What::ProxyOpen) => "open",
        Seen::Did(What::Click(_)) => "click",
        Seen::Did(What::HardBounce | What::SoftBounce) => "bounce",
        Seen::Did(What::Unsubscribe(_)) => "unsub",
        Seen::Did(What::Complaint) => "abuse",
        Seen::SignedUp => return None,
    };
    shown.insert("action".to_owned(), json!(action));
    shown.insert("timestamp".to_owned(), json!(iso(entry.at)));
    match entry.what {
        Seen::Did(What::Click(link)) => drop(shown.insert("url".to_owned(), json!(link_of(entry, *link)))),
        Seen::Did(What::HardBounce) => drop(shown.insert("type".to_owned(), json!("hard"))),
        Seen::Did(What::SoftBounce) => drop(shown.insert("type".to_owned(), json!("soft"))),
        _ => {}
    }
    shown.insert("campaign_id".to_owned(), json!(campaign.head.id));
    shown.insert("title".to_owned(), json!(campaign.head.title));
    shown.insert("parent_campaign".to_owned(), json!(""));
    Some(Value::Object(shown))
}

fn show_in_feed(entry: &Entry, member: &Member) -> Value {
    let kind = match entry.what {
        Seen::Sent => "sent",
        Seen::Did(What::Open | What::ProxyOpen) => "open",
        Seen::Did(What::Click(_)) => "click",
        Seen::Did(What::HardBounce | What::SoftBounce) => "bounce",
        Seen::Did(What::Unsubscribe(_) | What::Complaint) => "unsub",
        Seen::SignedUp
            if member
                .history
                .first()
                .is_some_and(|change| change.actor == Actor::Contact) =>
        {
            "squatter_signup"
        }
        Seen::SignedUp => "generic_signup",
    };
    let mut shown = json!({"activity_type": kind, "created_at_timestamp": iso(entry.at)});
    if let Some(campaign) = entry.campaign {
        shown["campaign_id"] = json!(campaign.head.id);
        shown["campaign_title"] = json!(campaign.head.title);
    }
    match entry.what {
        Seen::Did(What::Click(link)) => shown["link_clicked"] = json!(link_of(entry, *link)),
        Seen::Did(What::HardBounce) => {
            shown["bounce_type"] = json!("hard");
            shown["bounce_has_open_activity"] = json!(false);
        }
        Seen::Did(What::SoftBounce) => {
            shown["bounce_type"] = json!("soft");
            shown["bounce_has_open_activity"] = json!(false);
        }
        Seen::Did(What::Unsubscribe(reason)) => {
            shown["unsubscribe_reason"] = json!(if reason.is_empty() { "None given" } else { reason });
            shown["is_admin_unsubscribed"] = json!(false);
        }
        Seen::Did(What::Complaint) => {
            shown["unsubscribe_reason"] = json!("Reported as spam");
            shown["is_admin_unsubscribed"] = json!(false);
        }
        _ => {}
    }
    shown
}
