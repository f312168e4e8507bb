//! The rehearsal itself: trouble, tokens, the log, switches, time, and starting over.

use actix_web::HttpResponse;
use actix_web::error::Error;
use actix_web::web::{Bytes, Data, Json, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::audiences::overview;
use super::{answer, read_body};
use crate::sandbox::clock::{self, iso};
use crate::sandbox::faults::Rule;
use crate::sandbox::requests::Entry;
use crate::sandbox::settings::Settings;
use crate::sandbox::shared::Shared;
use crate::sandbox::world::Token;

/// Entries of the log in one answer, unless the question says otherwise.
const LOG_LIMIT: usize = 10_000;

pub async fn faults(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"faults": shared.faults.rules()}))
}

pub async fn add_fault(shared: Data<Shared>, rule: Json<Rule>) -> HttpResponse {
    match shared.faults.add(rule.into_inner()) {
        Ok(rule) => HttpResponse::Ok().json(rule),
        Err(why) => HttpResponse::BadRequest().json(json!({"error": why})),
    }
}

#[derive(Deserialize)]
pub struct FaultAsked {
    id: Option<u32>,
}

pub async fn remove_faults(shared: Data<Shared>, asked: Query<FaultAsked>) -> HttpResponse {
    shared.faults.remove(asked.id);
    HttpResponse::Ok().json(json!({"faults": shared.faults.rules()}))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct NewToken {
    account_id: Option<String>,
}

pub async fn add_token(shared: Data<Shared>, body: Bytes) -> Result<HttpResponse, Error> {
    let new: NewToken = read_body(&body)?;
    let token = shared.write(|world| {
        let account = match &new.account_id {
            Some(id) => world.account(id)?.id.clone(),
            None => world.ground.accounts.first()?.id.clone(),
        };
        let token = world.add_token(&account);
        Some(json!({"access_token": token.secret, "number": token.number, "account_id": token.account_id}))
    });
    Ok(answer(token, "account"))
}

/// Which tokens end: one by its text or number, those of an account, or all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    access_token: Option<String>,
    number: Option<u16>,
    account_id: Option<String>,
}

pub async fn revoke(shared: Data<Shared>, which: Json<Revocation>) -> HttpResponse {
    let revoked = shared.write(|world| {
        let fits = |token: &&mut Token| {
            which.access_token.as_ref().is_none_or(|secret| *secret == token.secret)
                && which.number.is_none_or(|number| number == token.number)
                && which
                    .account_id
                    .as_ref()
                    .is_none_or(|account| *account == token.account_id)
        };
        world
            .ground_mut()
            .tokens
            .iter_mut()
            .filter(fits)
            .map(|token| token.revoked = true)
            .count()
    });
    HttpResponse::Ok().json(json!({"revoked": revoked}))
}

#[derive(Deserialize)]
pub struct RequestsAsked {
    method: Option<String>,
    path_contains: Option<String>,
    body_contains: Option<String>,
    route: Option<String>,
    status: Option<u16>,
    token: Option<u16>,
    /// Only entries with a greater number.
    after: Option<u64>,
    limit: Option<usize>,
}

pub async fn requests(shared: Data<Shared>, asked: Query<RequestsAsked>) -> HttpResponse {
    let fits = |entry: &Entry| {
        asked
            .method
            .as_ref()
            .is_none_or(|method| method.eq_ignore_ascii_case(&entry.method))
            && asked
                .path_contains
                .as_ref()
                .is_none_or(|part| entry.path.contains(part.as_str()))
            && asked
                .body_contains
                .as_ref()
                .is_none_or(|part| entry.body.contains(part.as_str()))
            && asked
                .route
                .as_ref()
                .is_none_or(|route| entry.route == Some(route.as_str()))
            && asked.status.is_none_or(|status| entry.status == Some(status))
            && asked.token.is_none_or(|token| entry.token == Some(token))
            && asked.after.is_none_or(|after| entry.number > after)
    };
    let found = shared.requests.find(fits, asked.limit.unwrap_or(LOG_LIMIT));
    HttpResponse::Ok().json(json!({"total_items": found.len(), "requests": found}))
}

pub async fn forget_requests(shared: Data<Shared>) -> HttpResponse {
    shared.requests.clear();
    shared.deliveries.clear();
    HttpResponse::NoContent().finish()
}

pub async fn deliveries(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"deliveries": shared.deliveries.all()}))
}

pub async fn settings(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.read(|world| world.settings().clone()))
}

pub async fn change_settings(shared: Data<Shared>, change: Json<Value>) -> HttpResponse {
    let changed = shared.write(|world| {
        let mut settings = serde_json::to_value(world.settings())?;
        merge(&mut settings, change.into_inner());
        let settings: Settings = serde_json::from_value(settings)?;
        world.ground_mut().settings = settings.clone();
        Ok::<_, serde_json::Error>(settings)
    });
    match changed {
        Ok(settings) => HttpResponse::Ok().json(settings),
        Err(error) => HttpResponse::BadRequest().json(json!({"error": error.to_string()})),
    }
}

fn merge(into: &mut Value, change: Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, value) in change {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, change) => *into = change,
    }
}

pub async fn time(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.read(|world| json!({"now": iso(world.now()), "speed": world.ground.clock.speed()})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockMove {
    advance_seconds: Option<i64>,
    set: Option<String>,
    /// Sandbox seconds in a real second; 0 stops the clock.
    speed: Option<f64>,
}

pub async fn move_clock(shared: Data<Shared>, moved: Json<ClockMove>) -> HttpResponse {
    let set = match moved.set.as_deref().map(clock::parse) {
        Some(None) => return HttpResponse::BadRequest().json(json!({"error": "set is no date and time"})),
        set => set.flatten(),
    };
    shared.write(|world| {
        let clock = &mut world.ground_mut().clock;
        set.into_iter().for_each(|when| clock.set(when));
        moved
            .advance_seconds
            .into_iter()
            .for_each(|seconds| clock.advance(seconds));
        moved.speed.into_iter().for_each(|speed| clock.set_speed(speed));
    });
    shared.clock_moved.notify_waiters();
    time(shared).await
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Reset {
    /// Without the invented charity.
    empty: bool,
}

pub async fn reset(shared: Data<Shared>, body: Bytes) -> Result<HttpResponse, Error> {
    let how: Reset = read_body(&body)?;
    Ok(match shared.reset(how.empty) {
        Ok(()) => overview(shared).await,
        Err(error) => HttpResponse::InternalServerError().json(json!({"error": format!("{error:#}")})),
    })
}
