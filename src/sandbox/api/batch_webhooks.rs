//! `/batch-webhooks`: whom an account tells that a batch is finished.

use serde_json::{Value, json};

use super::given;
use super::json::{collection_links, instance_links};
use super::webhooks::{read_url, refuse_taken_url};
use crate::sandbox::batch::BatchWebhook;
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

const MOST: usize = 20;
const ROOM: &str = "BatchWebhooks";

pub fn all(world: &World, call: &Call) -> Outcome {
    let own: Vec<&BatchWebhook> = of_account(world, call).collect();
    let total = own.len();
    let shown: Vec<Value> = call
        .page()?
        .of(own)
        .into_iter()
        .map(|webhook| show(webhook, &call.base))
        .collect();
    Ok(Answer::json(json!({
        "webhooks": shown,
        "total_items": total,
        "_links": collection_links(&call.base, "/batch-webhooks", ROOM, ("", "Definitions/Root/Response")),
    })))
}

pub fn one(world: &World, call: &Call) -> Outcome {
    let webhook = &world.ground.batch_webhooks[place(world, call)?];
    Ok(Answer::json(show(webhook, &call.base)))
}

pub fn create(world: &mut World, call: &Call) -> Outcome {
    let body = call.object()?;
    let url = read_url(body)?.ok_or_else(|| Problem::shape("url", "This value should not be blank."))?;
    refuse_taken_url(
        of_account(world, call).map(|webhook| (webhook.id.as_str(), webhook.url.as_str())),
        &url,
        "",
    )?;
    if of_account(world, call).count() >= MOST {
        return Err(Problem::bad_request(format!(
            "You may only have a maximum of {MOST} batch webhooks."
        )));
    }
    let enabled = given::flag(body, "enabled")?.unwrap_or(true);
    match &call.url_check {
        None => return Ok(Answer::CheckUrl(url)),
        Some(checked) => checked.clone()?,
    }
    let ground = world.ground_mut();
    let webhook = BatchWebhook {
        id: ground.ids.hex(10),
        account_id: call.account_id.clone(),
        url,
        enabled,
    };
    let shown = show(&webhook, &call.base);
    ground.batch_webhooks.push(webhook);
    Ok(Answer::json(shown))
}

pub fn change(world: &mut World, call: &Call) -> Outcome {
    let place = place(world, call)?;
    let body = call.object()?;
    let mut webhook = world.ground.batch_webhooks[place].clone();
    if let Some(url) = read_url(body)?.filter(|url| *url != webhook.url) {
        let others = of_account(world, call).map(|other| (other.id.as_str(), other.url.as_str()));
        refuse_taken_url(others, &url, &webhook.id)?;
        match &call.url_check {
            None => return Ok(Answer::CheckUrl(url)),
            Some(checked) => checked.clone()?,
        }
        webhook.url = url;
    }
    webhook.enabled = given::flag(body, "enabled")?.unwrap_or(webhook.enabled);
    let shown = show(&webhook, &call.base);
    world.ground_mut().batch_webhooks[place] = webhook;
    Ok(Answer::json(shown))
}

pub fn delete(world: &mut World, call: &Call) -> Outcome {
    let place = place(world, call)?;
    world.ground_mut().batch_webhooks.remove(place);
    Ok(Answer::Nothing)
}

fn of_account<'a>(world: &'a World, call: &'a Call) -> impl Iterator<Item = &'a BatchWebhook> {
    let all = world.ground.batch_webhooks.iter();
    all.filter(|webhook| webhook.account_id == call.account_id)
}

fn place(world: &World, call: &Call) -> Result<usize, Problem> {
    world
        .ground
        .batch_webhooks
        .iter()
        .position(|webhook| webhook.id == call.param(0) && webhook.account_id == call.account_id)
        .ok_or_else(Problem::not_found)
}

fn show(webhook: &BatchWebhook, base: &str) -> Value {
    json!({
        "id": webhook.id,
        "url": webhook.url,
        "enabled": webhook.enabled,
        "_links": instance_links(base, &format!("/batch-webhooks/{}", webhook.id), ROOM),
    })
}
