//! `/lists/{id}/webhooks`: whom an audience tells what. A URL is asked whether it works before it is taken.

use serde_json::{Map, Value, json};

use super::json::{collection_links, instance_links};
use crate::sandbox::audience::{Audience, Head};
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::events::{Webhook, WebhookEvents, WebhookSources};
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

/// All of them: this collection knows no pages.
pub fn all(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let webhooks: Vec<Value> = audience
        .head
        .webhooks
        .iter()
        .map(|webhook| show(&audience.head, webhook, &call.base))
        .collect();
    let list = format!("/lists/{}", audience.head.id);
    Ok(Answer::json(json!({
        "webhooks": webhooks,
        "list_id": audience.head.id,
        "total_items": webhooks.len(),
        "_links": collection_links(&call.base, &format!("{list}/webhooks"), "Lists/Webhooks", (&list, "Definitions/Lists/Response")),
    })))
}

pub fn one(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let webhook = audience
        .head
        .webhooks
        .get(place(audience, call)?)
        .ok_or_else(Problem::not_found)?;
    Ok(Answer::json(show(&audience.head, webhook, &call.base)))
}

pub fn create(world: &mut World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let body = call.object()?;
    let url = read_url(body)?.ok_or_else(|| Problem::shape("url", "This value should not be blank."))?;
    refuse_taken_url(others(audience), &url, "")?;
    match &call.url_check {
        None => return Ok(Answer::CheckUrl(url)),
        Some(checked) => checked.clone()?,
    }
    let signed = !call.settings.webhooks.unsigned;
    let hears = !call.settings.webhooks.new_ones_hear_nothing;
    let (audience, ids) = call.audience_and_ids(world)?;
    let mut webhook = Webhook {
        id: ids.hex(10),
        url,
        events: WebhookEvents {
            subscribe: hears,
            unsubscribe: hears,
            profile: hears,
            cleaned: hears,
            upemail: hears,
            campaign: false,
        },
        sources: WebhookSources {
            user: true,
            admin: true,
            api: true,
        },
        secret: signed.then(|| format!("whsec_{}", ids.hex(40))),
        disabled: false,
    };
    write(&mut webhook, body)?;
    let mut shown = show(&audience.head, &webhook, &call.base);
    if let (Some(secret), Some(object)) = (&webhook.secret, shown.as_object_mut()) {
        let links = object.shift_remove("_links");
        object.insert("signing_enabled".to_owned(), json!(true));
        object.insert("signing_secret".to_owned(), json!(secret));
        object.extend(links.map(|links| ("_links".to_owned(), links)));
    }
    audience.head_mut().webhooks.push(webhook);
    Ok(Answer::json(shown))
}

pub fn change(world: &mut World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let place = place(audience, call)?;
    let body = call.object()?;
    let mut webhook = audience.head.webhooks[place].clone();
    if let Some(url) = read_url(body)?.filter(|url| *url != webhook.url) {
        refuse_taken_url(others(audience), &url, &webhook.id)?;
        match &call.url_check {
            None => return Ok(Answer::CheckUrl(url)),
            Some(checked) => checked.clone()?,
        }
        webhook.url = url;
    }
    write(&mut webhook, body)?;
    let head = call.audience_mut(world)?.head_mut();
    let shown = show(head, &webhook, &call.base);
    head.webhooks[place] = webhook;
    Ok(Answer::json(shown))
}

pub fn delete(world: &mut World, call: &Call) -> Outcome {
    let place = place(call.audience(world)?, call)?;
    call.audience_mut(world)?.head_mut().webhooks.remove(place);
    Ok(Answer::Nothing)
}

fn place(audience: &Audience, call: &Call) -> Result<usize, Problem> {
    audience
        .head
        .webhooks
        .iter()
        .position(|webhook| webhook.id == call.param(1))
        .ok_or_else(Problem::not_found)
}

fn others(audience: &Audience) -> impl Iterator<Item = (&str, &str)> {
    let webhooks = audience.head.webhooks.iter();
    webhooks.map(|webhook| (webhook.id.as_str(), webhook.url.as_str()))
}

/// The URL of a body, if it is one.
pub fn read_url(body: &Map<String, Value>) -> Result<Option<String>, Problem> {
    let url = match body.get("url") {
        None => return Ok(None),
        Some(Value::String(url)) => url.trim(),
        Some(_) => return Err(Problem::shape("url", "This value should be of type string")),
    };
    let parsed = url::Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if parsed.is_none() {
        return Err(Problem::shape("url", "Invalid URL"));
    }
    Ok(Some(url.to_owned()))
}

/// Two webhooks may not have the same URL; its query does not count.
pub fn refuse_taken_url<'a>(
    mut others: impl Iterator<Item = (&'a str, &'a str)>,
    url: &str,
    own: &str,
) -> Result<(), Problem> {
    let plain = |url: &str| {
        url.split(['?', '#'])
            .next()
            .unwrap_or("")
            .trim_end_matches('/')
            .to_owned()
    };
    if others.any(|(id, other)| id != own && plain(other) == plain(url)) {
        let message = "Sorry, you can't set up multiple WebHooks for one URL";
        return Err(Problem {
            errors: vec![("url".to_owned(), message.to_owned())],
            ..Problem::invalid(message)
        });
    }
    Ok(())
}

/// Sets the events and sources that the body names.
fn write(webhook: &mut Webhook, body: &Map<String, Value>) -> Result<(), Problem> {
    let Webhook { events, sources, .. } = webhook;
    let places = [
        ("events", "subscribe", &mut events.subscribe),
        ("events", "unsubscribe", &mut events.unsubscribe),
        ("events", "profile", &mut events.profile),
        ("events", "cleaned", &mut events.cleaned),
        ("events", "upemail", &mut events.upemail),
        ("events", "campaign", &mut events.campaign),
        ("sources", "user", &mut sources.user),
        ("sources", "admin", &mut sources.admin),
        ("sources", "api", &mut sources.api),
    ];
    for (group, key, flag) in places {
        match body.get(group).and_then(|group| group.get(key)) {
            None => {}
            Some(Value::Bool(wanted)) => *flag = *wanted,
            Some(_) => {
                return Err(Problem::shape(
                    format!("{group}.{key}"),
                    "This value should be of type boolean",
                ));
            }
        }
    }
    Ok(())
}

fn show(head: &Head, webhook: &Webhook, base: &str) -> Value {
    let WebhookEvents {
        subscribe,
        unsubscribe,
        profile,
        cleaned,
        upemail,
        campaign,
    } = webhook.events;
    let WebhookSources { user, admin, api } = webhook.sources;
    json!({
        "id": webhook.id,
        "url": webhook.url,
        "events": {
            "subscribe": subscribe,
            "unsubscribe": unsubscribe,
            "profile": profile,
            "cleaned": cleaned,
            "upemail": upemail,
            "campaign": campaign,
        },
        "sources": {"user": user, "admin": admin, "api": api},
        "list_id": head.id,
        "_links": instance_links(base, &format!("/lists/{}/webhooks/{}", head.id, webhook.id), "Lists/Webhooks"),
    })
}
