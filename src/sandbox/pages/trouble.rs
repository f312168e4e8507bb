//! The trouble page: what can go wrong with Mailchimp, to be switched on for a rehearsal, and the last calls that came in.

use std::str::FromStr;

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Form, Path, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use super::{html, message, see};
use crate::sandbox::api::ROUTES;
use crate::sandbox::clock::plain;
use crate::sandbox::faults::{Kind, Rule};
use crate::sandbox::requests::Entry;
use crate::sandbox::settings::Settings;
use crate::sandbox::shared::Shared;
use crate::sandbox::violations;
use crate::sandbox::world::World;

/// Calls shown.
const CALLS: usize = 30;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/trouble", web::get().to(trouble))
        .route("/trouble/{what}", web::post().to(change));
}

#[derive(Template)]
#[template(path = "sandbox/trouble.html")]
struct TroublePage {
    now: String,
    settings: Settings,
    webhooks: Vec<Share>,
    kinds: Vec<(&'static str, &'static str)>,
    routes: Vec<&'static str>,
    rules: Vec<RuleRow>,
    accounts: Vec<AccountRow>,
    audiences: Vec<AudienceRow>,
    breaches: Vec<BreachRow>,
    calls: Vec<CallRow>,
}

/// How many of a hundred webhooks meet a trouble.
struct Share {
    field: &'static str,
    label: &'static str,
    of_hundred: f64,
}

struct RuleRow {
    id: u32,
    what: &'static str,
    r#where: String,
    how_often: String,
}

struct AccountRow {
    id: String,
    name: String,
    disabled: bool,
    tokens: usize,
}

struct AudienceRow {
    id: String,
    name: String,
    /// Groups that members may choose: id and name.
    interests: Vec<(String, String)>,
}

/// Somebody who was subscribed, or nearly, without having agreed.
struct BreachRow {
    at: String,
    list: String,
    contact: String,
    email: String,
    what: &'static str,
}

struct CallRow {
    at: String,
    call: String,
    status: String,
    fault: &'static str,
}

async fn trouble(shared: Data<Shared>) -> HttpResponse {
    let rules = shared.faults.rules().iter().map(rule_row).collect();
    let calls = shared
        .requests
        .find(|_| true, CALLS)
        .iter()
        .rev()
        .map(call_row)
        .collect();
    let mut routes: Vec<&str> = ROUTES
        .iter()
        .map(|route| route.path)
        .filter(|path| !path.is_empty())
        .collect();
    routes.dedup();
    let page = shared.read(|world| TroublePage {
        now: plain(world.now()),
        settings: world.settings().clone(),
        webhooks: webhook_shares(world.settings()),
        kinds: Kind::ALL.map(|(_, name, sentence)| (name, sentence)).into(),
        routes,
        rules,
        accounts: accounts(world),
        audiences: world
            .audiences
            .iter()
            .filter(|audience| !audience.head.deleted)
            .map(|audience| AudienceRow {
                id: audience.head.id.clone(),
                name: audience.head.name.clone(),
                interests: audience
                    .head
                    .interests()
                    .map(|interest| (interest.id.clone(), interest.name.clone()))
                    .collect(),
            })
            .collect(),
        breaches: breaches(world),
        calls,
    });
    html(200, &page)
}

fn webhook_shares(settings: &Settings) -> Vec<Share> {
    let webhooks = &settings.webhooks;
    let share = |field, label, probability: f64| Share {
        field,
        label,
        of_hundred: (probability * 10_000.0).round() / 100.0,
    };
    vec![
        share("drop", "Lost, of 100", webhooks.drop),
        share("duplicate", "Twice, of 100", webhooks.duplicate),
        share("reorder", "Out of order, of 100", webhooks.reorder),
    ]
}

/// Everybody whom a program or an admin subscribed, or tried to, against their wish, newest first.
fn breaches(world: &World) -> Vec<BreachRow> {
    let report = violations::report(world);
    let kinds = [
        ("violations", "was subscribed after leaving"),
        ("attempts", "was to be subscribed after leaving, which was refused"),
        (
            "against_admin",
            "was subscribed by a program after the admin had unsubscribed them",
        ),
        ("unconfirmed", "was subscribed without having confirmed"),
    ];
    let mut rows = Vec::new();
    for (kind, what) in kinds {
        for found in report[kind].as_array().into_iter().flatten() {
            let text = |key: &str| found[key].as_str().unwrap_or("").to_owned();
            rows.push(BreachRow {
                at: text("at"),
                list: text("list_id"),
                contact: text("contact_id"),
                email: text("email_address"),
                what,
            });
        }
    }
    rows.sort_by(|one, other| other.at.cmp(&one.at));
    rows.truncate(CALLS);
    rows
}

fn accounts(world: &World) -> Vec<AccountRow> {
    let valid = |id: &str| {
        world
            .ground
            .tokens
            .iter()
            .filter(|token| token.account_id == id && !token.revoked)
            .count()
    };
    world
        .ground
        .accounts
        .iter()
        .map(|account| AccountRow {
            id: account.id.clone(),
            name: account.name.clone(),
            disabled: account.disabled,
            tokens: valid(&account.id),
        })
        .collect()
}

fn rule_row(rule: &Rule) -> RuleRow {
    let what = Kind::ALL
        .iter()
        .find(|(kind, ..)| *kind == rule.kind)
        .map_or("", |(_, _, sentence)| sentence);
    let place = [
        rule.method.as_deref(),
        rule.route.as_deref(),
        rule.path_contains.as_deref(),
    ];
    let place: Vec<&str> = place.into_iter().flatten().collect();
    let times = rule
        .count
        .map_or("always".to_owned(), |count| format!("{count} more times"));
    let late = if rule.kind == Kind::Latency {
        format!(", {} ms", rule.milliseconds)
    } else {
        String::new()
    };
    RuleRow {
        id: rule.id,
        what,
        r#where: if place.is_empty() {
            "every call".to_owned()
        } else {
            place.join(" ")
        },
        how_often: format!("{times}, {:.0} of 100 calls{late}", rule.probability * 100.0),
    }
}

fn call_row(entry: &Entry) -> CallRow {
    CallRow {
        at: plain(entry.at),
        call: format!("{} {}", entry.method, entry.path),
        status: match (entry.status, entry.finished) {
            (Some(status), _) => status.to_string(),
            (None, true) => "cut".to_owned(),
            (None, false) => "running".to_owned(),
        },
        fault: entry.fault.unwrap_or(""),
    }
}

/// Every form of the page; each uses the fields it has.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Change {
    id: String,
    kind: String,
    method: String,
    route: String,
    count: String,
    percent: String,
    milliseconds: String,
    hours: String,
    list: String,
    // Switches: present when ticked.
    off: Option<String>,
    unsigned: Option<String>,
    omit_action: Option<String>,
    auto_approve: Option<String>,
    batches_never_finish: Option<String>,
    drop: String,
    duplicate: String,
    reorder: String,
    delay_seconds: String,
    latency_ms: String,
}

async fn change(shared: Data<Shared>, what: Path<String>, form: Form<Change>) -> HttpResponse {
    let done = match what.as_str() {
        "add" => add_rule(&shared, &form),
        "remove" => {
            shared.faults.remove(form.id.parse().ok());
            Ok(())
        }
        "webhooks" => shared.write(|world| switch(world, &form)),
        "clock" => number(&form.hours, 1).map(|hours: i64| {
            shared.write(|world| world.ground_mut().clock.advance(hours * 3600));
            shared.clock_moved.notify_waiters();
        }),
        "reset" => shared
            .reset(false)
            .map_err(|error| format!("The rehearsal could not be reset: {error:#}.")),
        what => shared.write(|world| remove_or_lock(world, what, &form)),
    };
    match done {
        Ok(()) => see("/trouble"),
        Err(why) => message(
            400,
            "That was not done",
            &format!("{why} Nothing was changed."),
            "/trouble",
        ),
    }
}

fn add_rule(shared: &Shared, form: &Change) -> Result<(), String> {
    let kind = Kind::ALL
        .iter()
        .find(|(_, name, _)| *name == form.kind)
        .map(|(kind, ..)| *kind)
        .ok_or("Choose what shall go wrong.")?;
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let times = form.count.trim();
    shared.faults.add(Rule {
        id: 0,
        kind,
        method: given(&form.method),
        route: given(&form.route),
        path_contains: None,
        count: if times.is_empty() {
            None
        } else {
            Some(number(times, 1)?)
        },
        skip: 0,
        probability: share(&form.percent, 100.0)?,
        milliseconds: number(&form.milliseconds, 1000)?,
    })?;
    Ok(())
}

/// A number as typed; an empty field is the usual one.
fn number<T: FromStr>(text: &str, usual: T) -> Result<T, String> {
    match text.trim() {
        "" => Ok(usual),
        text => text
            .parse()
            .map_err(|_| format!("“{text}” is not a number that fits here.")),
    }
}

/// So many of a hundred, as a probability.
fn share(text: &str, usual: f64) -> Result<f64, String> {
    let of_hundred = number(text, usual)?;
    if (0.0..=100.0).contains(&of_hundred) {
        Ok(of_hundred / 100.0)
    } else {
        Err(format!("{of_hundred} of 100 is impossible."))
    }
}

fn switch(world: &mut World, form: &Change) -> Result<(), String> {
    let mut settings = world.settings().clone();
    let webhooks = &mut settings.webhooks;
    webhooks.off = form.off.is_some();
    webhooks.unsigned = form.unsigned.is_some();
    webhooks.omit_action = form.omit_action.is_some();
    webhooks.drop = share(&form.drop, 0.0)?;
    webhooks.duplicate = share(&form.duplicate, 0.0)?;
    webhooks.reorder = share(&form.reorder, 0.0)?;
    webhooks.delay_seconds = number(&form.delay_seconds, 0)?;
    settings.auto_approve = form.auto_approve.is_some();
    settings.batches_never_finish = form.batches_never_finish.is_some();
    settings.latency_ms = number(&form.latency_ms, 0)?;
    world.ground_mut().settings = settings;
    Ok(())
}

fn remove_or_lock(world: &mut World, what: &str, form: &Change) -> Result<(), String> {
    let ground = world.ground_mut();
    match what {
        "revoke" => {
            let of_account = ground.tokens.iter_mut().filter(|token| token.account_id == form.id);
            of_account.for_each(|token| token.revoked = true);
        }
        "disable" | "enable" => {
            let meant = ground.accounts.iter_mut().filter(|account| account.id == form.id);
            meant.for_each(|account| account.disabled = what == "disable");
        }
        "delete-audience" => {
            let audience = world.audience_mut(&form.id).ok_or("There is no such audience.")?;
            audience.head_mut().deleted = true;
        }
        "delete-interest" => {
            let audience = world.audience_mut(&form.list).ok_or("There is no such audience.")?;
            if !audience.delete_interest(&form.id) {
                return Err("There is no such group.".to_owned());
            }
        }
        _ => return Err("There is no such switch.".to_owned()),
    }
    Ok(())
}
