//! Takes calls to `/3.0/…` off the wire and puts answers on it: credentials, the limit of connections, trouble, headers.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::api::{self, Found, Route, Run};
use super::call::{self, Answer, Call, Outcome};
use super::delivery;
use super::faults::{self, Kind};
use super::problem::Problem;
use super::requests::Entry;
use super::settings::Settings;
use super::shared::{Connection, Shared};
use super::world::Token;

const JSON: &str = "application/json; charset=utf-8";
const PROBLEM_JSON: &str = "application/problem+json; charset=utf-8";
/// What the recorded answers come from.
const SERVER: &str = "openresty";

/// A call before anybody looked at it.
struct Incoming {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
    base: String,
    ip: String,
}

/// What goes back.
enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// The connection is closed without a word.
    Cut,
}

/// Handles any method on any path below `/3.0`.
pub async fn api(shared: Data<Shared>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let incoming = Incoming {
        method: request.method().as_str().to_owned(),
        path: request.uri().path().to_owned(),
        query: request.query_string().to_owned(),
        headers: request.headers().clone(),
        body,
        base: base_url(&request),
        ip: request
            .peer_addr()
            .map(|peer| peer.ip().to_string())
            .unwrap_or_default(),
    };
    // A task of its own: the call goes on, and its connection stays busy, if the caller goes away.
    let call = actix_web::rt::spawn(handle(shared.into_inner(), incoming));
    match call.await {
        Ok(Reply::Answer { status, headers, body }) => respond(status, &headers, body),
        Ok(Reply::Cut) | Err(_) => cut(),
    }
}

/// Lets nobody see a world that was not kept: neither the caller whose change was lost nor anybody after it.
pub async fn refuse_when_forgetful(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let shared = request.app_data::<Data<Shared>>().cloned();
    let base = base_url(request.request());
    let in_api = request.path().starts_with("/3.0");
    let response = next.call(request).await?.map_into_boxed_body();
    if !shared.is_some_and(|shared| shared.is_forgetful()) {
        return Ok(response);
    }
    let refused = match refuse(&Problem::internal(), &base) {
        Reply::Answer { status, headers, body } if in_api => respond(status, &headers, body),
        _ => HttpResponse::InternalServerError()
            .json(json!({"error": "A change could not be written to the state file, and nothing after it was kept. Make room or mend the disk, then start the sandbox again."})),
    };
    Ok(response.into_response(refused))
}

/// Where the caller found us, so that links lead back the same way.
pub fn base_url(request: &HttpRequest) -> String {
    format!("http://{}", request.connection_info().host())
}

fn respond(status: u16, headers: &[(&'static str, String)], body: Vec<u8>) -> HttpResponse {
    let mut response =
        HttpResponseBuilder::new(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    response.insert_header((header::SERVER, SERVER));
    for (name, value) in headers {
        response.insert_header((*name, value.as_str()));
    }
    response.body(body)
}

/// A response whose body fails before anything was sent, which closes the connection.
fn cut() -> HttpResponse {
    let failure = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut on purpose")) });
    HttpResponse::Ok().streaming(failure)
}

async fn handle(shared: Arc<Shared>, incoming: Incoming) -> Reply {
    let number = shared.requests.begin(Entry {
        number: 0,
        at: shared.now(),
        method: incoming.method.clone(),
        path: incoming.path.clone(),
        query: incoming.query.clone(),
        body: String::from_utf8_lossy(&incoming.body).into_owned(),
        user_agent: text(&incoming.headers, "User-Agent").unwrap_or("").to_owned(),
        token: None,
        route: None,
        status: None,
        fault: None,
        finished: false,
    });
    let reply = answer(&shared, &incoming, number).await;
    shared.requests.note(number, |entry| {
        entry.finished = true;
        entry.status = match &reply {
            Reply::Answer { status, .. } => Some(*status),
            Reply::Cut => None,
        };
    });
    reply
}

async fn answer(shared: &Arc<Shared>, incoming: &Incoming, number: u64) -> Reply {
    let (call, route, _connection) = match admit(shared, incoming, number) {
        Ok(admitted) => admitted,
        Err(problem) => return refuse(&problem, &incoming.base),
    };
    let (delay, fault) = shared.faults.strike(route.method, route.path, &incoming.path);
    let struck = fault.or((delay > 0).then_some(Kind::Latency));
    shared
        .requests
        .note(number, |entry| entry.fault = struck.map(Kind::name));
    let delay = delay + call.settings.latency_ms;
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    if let Some(spoilt) = fault.and_then(|fault| spoil_before(fault, &incoming.base)) {
        return spoilt;
    }
    let reply = match run(shared, route, call).await {
        Ok((answer, call)) => succeed(answer, route, &call),
        Err(problem) => refuse(&problem, &incoming.base),
    };
    match fault {
        Some(Kind::DropAfter) => Reply::Cut,
        Some(Kind::ServerErrorAfter) => refuse(&Problem::internal(), &incoming.base),
        Some(Kind::EmptyBody) => bare(200, JSON, Vec::new()),
        _ => reply,
    }
}

/// Everything that is checked before a call may do anything.
fn admit(
    shared: &Arc<Shared>,
    incoming: &Incoming,
    number: u64,
) -> Result<(Call, &'static Route, Connection), Problem> {
    let query: Vec<(String, String)> = form_urlencoded::parse(incoming.query.as_bytes()).into_owned().collect();
    let (token, login_id, settings) = authenticate(shared, incoming, &query)?;
    shared.requests.note(number, |entry| entry.token = Some(token.number));
    let connection = shared
        .connect(login_id, settings.connection_limit)
        .ok_or_else(|| Problem::too_many_connections(settings.connection_limit))?;
    if let Some(name) = text(&incoming.headers, "X-Trigger-Error") {
        return Err(
            Problem::named(name).unwrap_or_else(|| Problem::bad_request("Unknown error name in X-Trigger-Error."))
        );
    }
    let method = overridden_method(incoming)?;
    let parts = api::parts(incoming.path.trim_start_matches("/3.0"));
    let (route, params) = match api::find(&method, &parts) {
        Found::Route(route, params) => (route, params),
        Found::OtherMethods(allow) => return Err(Problem::method_not_allowed(&allow)),
        Found::Nothing => return Err(Problem::not_found()),
    };
    shared.requests.note(number, |entry| entry.route = Some(route.path));
    let body = match route.run {
        Run::Write(_) if !incoming.body.is_empty() => {
            serde_json::from_slice(&incoming.body).map_err(|_| Problem::not_json())?
        }
        _ => Value::Null,
    };
    let call = Call {
        params,
        query,
        body,
        base: incoming.base.clone(),
        ip: incoming.ip.clone(),
        account_id: token.account_id,
        token: token.number,
        settings,
        url_check: None,
    };
    Ok((call, route, connection))
}

/// Whose token the caller shows: the token, the login its connections count for, and the switches as they stand.
fn authenticate(
    shared: &Shared,
    incoming: &Incoming,
    query: &[(String, String)],
) -> Result<(Token, u32, Settings), Problem> {
    let shown = text(&incoming.headers, "Authorization").map(read_authorization);
    let in_query = query
        .iter()
        .find(|(key, _)| key == "apikey")
        .map(|(_, value)| value.clone());
    let key = match (shown, in_query) {
        (Some(Some(shown)), Some(other)) if shown != other => return Err(Problem::key_conflict()),
        (Some(Some(shown)), _) => shown,
        (Some(None), _) => return Err(Problem::key_invalid()),
        (None, Some(key)) => key,
        (None, None) => return Err(Problem::key_missing()),
    };
    shared.read(|world| {
        if world.settings().refuse_plain_http {
            return Err(Problem::upgrade_required());
        }
        // An API key ends with its data centre, as in `…-us1`.
        let secret = key.split('-').next().unwrap_or(&key);
        let token = world
            .token(secret)
            .filter(|token| !token.revoked)
            .ok_or_else(Problem::key_invalid)?;
        let account = world.account(&token.account_id).ok_or_else(Problem::key_invalid)?;
        if account.disabled {
            return Err(Problem::user_disabled());
        }
        Ok((token.clone(), account.login_id, world.settings().clone()))
    })
}

/// The token in an Authorization header: `Bearer`, `OAuth`, or the password of `Basic`.
pub fn read_authorization(value: &str) -> Option<String> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    let rest = rest.trim();
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "oauth" | "apikey" => Some(rest.to_owned()),
        "basic" => {
            let decoded = String::from_utf8(BASE64_STANDARD.decode(rest).ok()?).ok()?;
            decoded.split_once(':').map(|(_, password)| password.to_owned())
        }
        _ => None,
    }
}

fn overridden_method(incoming: &Incoming) -> Result<String, Problem> {
    match text(&incoming.headers, "X-HTTP-Method-Override") {
        None => Ok(incoming.method.clone()),
        Some(method) if incoming.method == "POST" => Ok(method.trim().to_uppercase()),
        Some(_) => Err(Problem::invalid_override()),
    }
}

pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Runs the call; a URL it wants to be asked is asked without holding the world.
async fn run(shared: &Shared, route: &Route, mut call: Call) -> Result<(Answer, Call), Problem> {
    let run = |call: &Call| -> Outcome {
        match route.run {
            Run::Read(read) => shared.read(|world| read(world, call)),
            Run::Write(write) => shared.write(|world| write(world, call)),
        }
    };
    let mut answer = run(&call)?;
    if let Answer::CheckUrl(url) = &answer {
        call.url_check = Some(delivery::check_url(url, call.settings.webhooks.patience_seconds).await);
        answer = run(&call)?;
    }
    if let (Answer::Json { body, .. }, "GET") = (&mut answer, route.method) {
        call::select(body, &call)?;
    }
    Ok((answer, call))
}

fn succeed(answer: Answer, route: &Route, call: &Call) -> Reply {
    let request_id = Uuid::new_v4().to_string();
    match answer {
        Answer::Json { body, dashboard } => {
            let mut link = format!("<{}/schema/3.0/{}.json>; rel=\"describedBy\"", call.base, route.schema);
            if let Some(dashboard) = dashboard {
                link.push_str(&format!(", <{dashboard}>; rel=\"dashboard\""));
            }
            Reply::Answer {
                status: 200,
                headers: vec![
                    ("Content-Type", JSON.to_owned()),
                    ("Vary", "Accept-Encoding".to_owned()),
                    ("X-Request-Id", request_id),
                    ("Link", link),
                ],
                body: body.to_string().into_bytes(),
            }
        }
        Answer::Nothing | Answer::CheckUrl(_) => Reply::Answer {
            status: 204,
            headers: vec![("Content-Type", JSON.to_owned()), ("X-Request-Id", request_id)],
            body: Vec::new(),
        },
    }
}

fn refuse(problem: &Problem, base: &str) -> Reply {
    let request_id = Uuid::new_v4().to_string();
    let body = problem.body(&request_id).to_string().into_bytes();
    let link = format!("<{base}/schema/3.0/Definitions/ProblemDetailDocument.json>; rel=\"describedBy\"");
    let mut headers = vec![
        ("Content-Type", PROBLEM_JSON.to_owned()),
        ("X-Request-Id", request_id),
        ("Link", link),
    ];
    headers.extend(problem.allow.clone().map(|allow| ("Allow", allow)));
    Reply::Answer {
        status: problem.status,
        headers,
        body,
    }
}

fn bare(status: u16, content_type: &str, body: Vec<u8>) -> Reply {
    Reply::Answer {
        status,
        headers: vec![("Content-Type", content_type.to_owned())],
        body,
    }
}

/// The trouble that comes before a call could do anything.
fn spoil_before(fault: Kind, base: &str) -> Option<Reply> {
    if let Some((status, page)) = faults::page(fault) {
        return Some(bare(status, "text/html", page.as_bytes().to_vec()));
    }
    match fault {
        Kind::TooManyRequests => Some(refuse(&Problem::too_many_connections(10), base)),
        Kind::ServerError => Some(refuse(&Problem::internal(), base)),
        Kind::EmptyTooMany => Some(bare(429, "text/plain", Vec::new())),
        Kind::EmptyForbidden => Some(bare(403, "text/plain", Vec::new())),
        Kind::DropBefore => Some(Reply::Cut),
        Kind::NotFound => Some(refuse(&Problem::not_found(), base)),
        Kind::NotPermitted => Some(refuse(&Problem::not_permitted(), base)),
        Kind::MemberExists => Some(refuse(&Problem::member_exists("This address"), base)),
        _ => None,
    }
}
