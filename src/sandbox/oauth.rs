//! The sign-in of applications: the consent page, the exchange of a code for a token, and what the token belongs to.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType};
use actix_web::web::{self, Bytes, Data, Form, Query, ServiceConfig};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use askama::Template;
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use url::{Host, Url};

use super::Options;
use super::pages::html;
use super::requests::Entry;
use super::server::{base_url, read_authorization, text};
use super::shared::Shared;
use super::world::{Account, Code, World};

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/oauth2/authorize", web::get().to(ask))
        .route("/oauth2/authorize", web::post().to(decide))
        .route("/oauth2/token", web::post().to(token))
        .route("/oauth2/metadata", web::get().to(metadata));
}

/// What an application asks for. Absent values are empty.
#[derive(Deserialize, Clone, Debug)]
#[serde(default)]
struct Wish {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
}

impl Default for Wish {
    fn default() -> Wish {
        Wish {
            response_type: "code".to_owned(),
            client_id: String::new(),
            redirect_uri: String::new(),
            state: None,
        }
    }
}

#[derive(Deserialize)]
struct Decision {
    #[serde(flatten)]
    wish: Wish,
    #[serde(default)]
    account: String,
    #[serde(default)]
    decision: String,
}

#[derive(Template)]
#[template(path = "sandbox/authorize.html")]
struct ConsentPage<'a> {
    wish: &'a Wish,
    accounts: Vec<Account>,
    owner: String,
    returns_to: String,
}

#[derive(Template)]
#[template(path = "sandbox/authorize_refused.html")]
struct RefusedPage {
    code: &'static str,
    explanation: &'static str,
}

async fn ask(shared: Data<Shared>, request: HttpRequest, wish: Query<Wish>) -> HttpResponse {
    let number = log(&shared, &request, "");
    let response = consider(&shared, &wish);
    finish(&shared, number, response.status().as_u16());
    response
}

fn consider(shared: &Shared, wish: &Wish) -> HttpResponse {
    if let Err(refused) = check(&shared.options, wish) {
        return html(400, &refused);
    }
    let (auto_approve, accounts) = shared.read(|world| {
        let open = world
            .ground
            .accounts
            .iter()
            .filter(|account| !account.disabled)
            .cloned()
            .collect::<Vec<_>>();
        (world.settings().auto_approve, open)
    });
    if auto_approve && let Some(account) = accounts.first() {
        return approve(shared, wish, &account.id.clone());
    }
    let owner = accounts
        .first()
        .map(|account| account.email.clone())
        .unwrap_or_default();
    let returns_to = Url::parse(&wish.redirect_uri)
        .ok()
        .and_then(|url| Some(url.host_str()?.to_owned()))
        .unwrap_or_default();
    html(
        200,
        &ConsentPage {
            wish,
            accounts,
            owner,
            returns_to,
        },
    )
}

async fn decide(shared: Data<Shared>, request: HttpRequest, form: Form<Decision>) -> HttpResponse {
    let number = log(&shared, &request, "");
    let response = match check(&shared.options, &form.wish) {
        Err(refused) => html(400, &refused),
        Ok(()) if form.decision != "allow" => redirect(&form.wish, &[("error", "access_denied")]),
        Ok(()) if shared.read(|world| world.account(&form.account).is_none()) => html(
            400,
            &RefusedPage {
                code: "invalid_account",
                explanation: "No account was chosen. Go back and choose one.",
            },
        ),
        Ok(()) => approve(&shared, &form.wish, &form.account),
    };
    finish(&shared, number, response.status().as_u16());
    response
}

fn check(options: &Options, wish: &Wish) -> Result<(), RefusedPage> {
    let refuse = |code, explanation| Err(RefusedPage { code, explanation });
    if wish.client_id != options.client_id {
        return refuse(
            "invalid_client",
            "No application with this client id is registered here.",
        );
    }
    if wish.response_type != "code" {
        return refuse(
            "unsupported_response_type",
            "The application asked for something other than a code.",
        );
    }
    if !redirect_is_registered(options, &wish.redirect_uri) {
        return refuse(
            "redirect_uri_mismatch",
            "The address the application wants you to return to is not the one it is registered with.",
        );
    }
    Ok(())
}

/// Exactly a registered URI; without any registered, whatever leads to this machine.
fn redirect_is_registered(options: &Options, redirect_uri: &str) -> bool {
    if !options.redirect_uri.is_empty() {
        return options.redirect_uri.iter().any(|registered| registered == redirect_uri);
    }
    match Url::parse(redirect_uri).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn approve(shared: &Shared, wish: &Wish, account_id: &str) -> HttpResponse {
    let code = shared.write(|world| {
        let made_at = world.now();
        let ground = world.ground_mut();
        let code = ground.ids.hex(32);
        ground.codes.push(Code {
            code: code.clone(),
            account_id: account_id.to_owned(),
            redirect_uri: wish.redirect_uri.clone(),
            made_at,
        });
        code
    });
    redirect(wish, &[("code", &code)])
}

fn redirect(wish: &Wish, answers: &[(&str, &str)]) -> HttpResponse {
    let Ok(mut target) = Url::parse(&wish.redirect_uri) else {
        return HttpResponse::BadRequest().finish();
    };
    target
        .query_pairs_mut()
        .extend_pairs(answers)
        .extend_pairs(wish.state.as_ref().map(|state| ("state", state)));
    HttpResponse::Found()
        .insert_header((header::LOCATION, target.as_str()))
        .finish()
}

/// The form of a token request. Only form-encoded bodies are understood, as at Mailchimp.
#[derive(Deserialize, Default)]
#[serde(default)]
struct TokenRequest {
    grant_type: String,
    client_id: String,
    client_secret: String,
    redirect_uri: String,
    code: String,
}

async fn token(shared: Data<Shared>, request: HttpRequest, body: Bytes) -> HttpResponse {
    // The body holds secrets and is not logged.
    let number = log(&shared, &request, "");
    let is_form = request
        .content_type()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded");
    let asked = if is_form {
        serde_urlencoded::from_bytes(&body).unwrap_or_default()
    } else {
        TokenRequest::default()
    };
    let (status, answer) = redeem(&shared, &asked);
    finish(&shared, number, status);
    oauth_json(status, &answer)
}

fn redeem(shared: &Shared, asked: &TokenRequest) -> (u16, Value) {
    let always_200 = shared.read(|world| world.settings().token_errors_are_200);
    let refuse = |status, error: &str, description: &str| {
        let status = if always_200 { 200 } else { status };
        (status, json!({"error": error, "error_description": description}))
    };
    let options = &shared.options;
    if asked.grant_type != "authorization_code" {
        return refuse(
            400,
            "invalid_request",
            "Invalid grant_type parameter or parameter missing",
        );
    }
    let secret_is_right = bool::from(asked.client_secret.as_bytes().ct_eq(options.client_secret.as_bytes()));
    if asked.client_id != options.client_id || !secret_is_right {
        return refuse(401, "invalid_client", "The client credentials are invalid");
    }
    let redeemed = shared.write(|world| {
        let oldest = world.now() - world.settings().code_seconds;
        let codes = &mut world.ground_mut().codes;
        let place = codes.iter().position(|code| code.code == asked.code)?;
        let code = codes.remove(place);
        (code.made_at >= oldest && code.redirect_uri == asked.redirect_uri).then(|| world.add_token(&code.account_id))
    });
    match redeemed {
        Some(token) => (
            200,
            json!({"access_token": token.secret, "expires_in": 0, "scope": null}),
        ),
        None => refuse(
            400,
            "invalid_grant",
            "The authorization code is invalid, expired, used before, or was issued for another redirect_uri",
        ),
    }
}

async fn metadata(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    let number = log(&shared, &request, "");
    let secret = text(request.headers(), "Authorization").and_then(read_authorization);
    let answer = shared.read(|world| secret.and_then(|secret| describe(world, &secret, &base_url(&request))));
    finish(&shared, number, 200);
    // Mailchimp answers 200 to a token it does not know.
    oauth_json(200, &answer.unwrap_or_else(|| json!({"error": "invalid_token"})))
}

fn describe(world: &World, secret: &str, base: &str) -> Option<Value> {
    let token = world.token(secret).filter(|token| !token.revoked)?;
    let account = world.account(&token.account_id)?;
    Some(json!({
        "dc": "us1",
        "role": "owner",
        "accountname": account.name,
        "user_id": account.user_id,
        "login": {
            "email": account.email,
            "avatar": null,
            "login_id": account.login_id,
            "login_name": account.email,
            "login_email": account.email,
        },
        "login_url": base,
        "api_endpoint": base,
    }))
}

fn oauth_json(status: u16, body: &Value) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponseBuilder::new(status);
    response
        .insert_header((header::SERVER, "openresty"))
        .insert_header(ContentType::json())
        .insert_header((header::EXPIRES, "Thu, 19 Nov 1981 08:52:00 GMT"))
        .insert_header((header::CACHE_CONTROL, "no-store, no-cache, must-revalidate"))
        .insert_header((header::PRAGMA, "no-cache"))
        .insert_header(("X-UA-Compatible", "IE=edge,chrome=1"));
    response.body(body.to_string())
}

fn log(shared: &Shared, request: &HttpRequest, body: &str) -> u64 {
    let token = text(request.headers(), "Authorization").and_then(read_authorization);
    let token = token.and_then(|secret| shared.read(|world| world.token(&secret).map(|token| token.number)));
    shared.requests.begin(Entry {
        number: 0,
        at: shared.now(),
        method: request.method().as_str().to_owned(),
        path: request.path().to_owned(),
        query: request.query_string().to_owned(),
        body: body.to_owned(),
        user_agent: text(request.headers(), "User-Agent").unwrap_or("").to_owned(),
        token,
        route: None,
        status: None,
        fault: None,
        finished: false,
    })
}

fn finish(shared: &Shared, number: u64, status: u16) {
    shared.requests.note(number, |entry| {
        entry.status = Some(status);
        entry.finished = true;
    });
}
