//! The trouble page: what can go wrong with Mailchimp, to be switched on for a rehearsal, and the last calls that came in.

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
    kinds: Vec<(&'static str, &'static str)>,
    routes: Vec<&'static str>,
    rules: Vec<RuleRow>,
    accounts: Vec<AccountRow>,
    audiences: Vec<(String, String)>,
    calls: Vec<CallRow>,
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
        kinds: Kind::ALL.map(|(_, name, sentence)| (name, sentence)).into(),
        routes,
        rules,
        accounts: accounts(world),
        audiences: world
            .audiences
            .iter()
            .filter(|audience| !audience.head.deleted)
            .map(|audience| (audience.head.id.clone(), audience.head.name.clone()))
            .collect(),
        calls,
    });
    html(200, &page)
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
    // Switches: present when ticked.
    off: Option<String>,
    unsigned: Option<String>,
    omit_action: Option<String>,
    auto_approve: Option<String>,
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
        "webhooks" => {
            shared.write(|world| set_webhooks(world, &form));
            Ok(())
        }
        "clock" => {
            let hours: i64 = form.hours.parse().unwrap_or(1);
            shared.write(|world| world.ground_mut().clock.advance(hours * 3600));
            shared.clock_moved.notify_waiters();
            Ok(())
        }
        "reset" => shared
            .reset(false)
            .map_err(|error| format!("The rehearsal could not be reset: {error:#}.")),
        what => shared.write(|world| set_account(world, what, &form.id)),
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
    let percent: f64 = form.percent.trim().parse().unwrap_or(100.0);
    shared.faults.add(Rule {
        id: 0,
        kind,
        method: given(&form.method),
        route: given(&form.route),
        path_contains: None,
        count: form.count.trim().parse().ok(),
        skip: 0,
        probability: (percent / 100.0).clamp(0.0, 1.0),
        milliseconds: form.milliseconds.trim().parse().unwrap_or(1000),
    });
    Ok(())
}

fn set_webhooks(world: &mut World, form: &Change) {
    let settings = &mut world.ground_mut().settings;
    let percent = |text: &str| (text.trim().parse::<f64>().unwrap_or(0.0) / 100.0).clamp(0.0, 1.0);
    let webhooks = &mut settings.webhooks;
    webhooks.off = form.off.is_some();
    webhooks.unsigned = form.unsigned.is_some();
    webhooks.omit_action = form.omit_action.is_some();
    webhooks.drop = percent(&form.drop);
    webhooks.duplicate = percent(&form.duplicate);
    webhooks.reorder = percent(&form.reorder);
    webhooks.delay_seconds = form.delay_seconds.trim().parse().unwrap_or(0);
    settings.auto_approve = form.auto_approve.is_some();
    settings.latency_ms = form.latency_ms.trim().parse().unwrap_or(0);
}

fn set_account(world: &mut World, what: &str, id: &str) -> Result<(), String> {
    match what {
        "revoke" => world
            .ground_mut()
            .tokens
            .iter_mut()
            .filter(|token| token.account_id == id)
            .for_each(|token| token.revoked = true),
        "disable" | "enable" => {
            world
                .ground_mut()
                .accounts
                .iter_mut()
                .filter(|account| account.id == id)
                .for_each(|account| account.disabled = what == "disable");
        }
        "delete-audience" => {
            world
                .audience_mut(id)
                .ok_or("There is no such audience.")?
                .head_mut()
                .deleted = true
        }
        _ => return Err("There is no such switch.".to_owned()),
    }
    Ok(())
}
