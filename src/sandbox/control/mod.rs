//! `/__sandbox/…`: what Mailchimp does not offer, for tests and scripts — seeding, acting as the person or the admin, trouble, time, the log.

mod audiences;
mod campaigns;
mod people;
mod rehearsal;

use actix_web::error::{Error, InternalError, JsonPayloadError};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::problem::Problem;
use audiences::{
    add_account, add_audience, change_account, change_audience, delete_audience, delete_interest, overview,
    seed_members,
};
use campaigns::{campaign, happen, send_campaign};
use people::{act, members, sign_up, violations};
use rehearsal::{
    add_fault, add_token, change_settings, deliveries, faults, forget_requests, move_clock, remove_faults, requests,
    reset, revoke, settings, time,
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(
        web::scope("/__sandbox")
            .route("/accounts", web::get().to(overview))
            .route("/accounts", web::post().to(add_account))
            .route("/accounts/{id}", web::patch().to(change_account))
            .route("/accounts/{id}/audiences", web::post().to(add_audience))
            .route("/audiences/{id}", web::patch().to(change_audience))
            .route("/audiences/{id}", web::delete().to(delete_audience))
            .route(
                "/audiences/{id}/interests/{interest}",
                web::delete().to(delete_interest),
            )
            .route("/audiences/{id}/members", web::post().to(seed_members))
            .route("/audiences/{id}/sign-up", web::post().to(sign_up))
            .route("/audiences/{id}/campaigns", web::post().to(send_campaign))
            .route("/campaigns/{id}", web::get().to(campaign))
            .route("/campaigns/{id}/happenings", web::post().to(happen))
            .route("/members", web::get().to(members))
            .route("/members/{list}/{who}/{action}", web::post().to(act))
            .route("/violations", web::get().to(violations))
            .route("/faults", web::get().to(faults))
            .route("/faults", web::post().to(add_fault))
            .route("/faults", web::delete().to(remove_faults))
            .route("/tokens", web::post().to(add_token))
            .route("/tokens/revoke", web::post().to(revoke))
            .route("/requests", web::get().to(requests))
            .route("/requests", web::delete().to(forget_requests))
            .route("/deliveries", web::get().to(deliveries))
            .route("/settings", web::get().to(settings))
            .route("/settings", web::patch().to(change_settings))
            .route("/clock", web::get().to(time))
            .route("/clock", web::post().to(move_clock))
            .route("/reset", web::post().to(reset)),
    );
}

/// An answer to a question that could not be read.
pub fn broken_json(error: JsonPayloadError, _: &HttpRequest) -> Error {
    let response = HttpResponse::BadRequest().json(json!({"error": error.to_string()}));
    InternalError::from_response(error, response).into()
}

fn refused(problem: &Problem) -> HttpResponse {
    HttpResponse::BadRequest().json(json!({"error": problem.detail, "title": problem.title}))
}

fn missing(what: &str) -> HttpResponse {
    HttpResponse::NotFound().json(json!({"error": format!("there is no such {what}")}))
}

/// What a body says that may also be empty.
fn read_body<T: Default + DeserializeOwned>(body: &Bytes) -> Result<T, Error> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(T::default());
    }
    serde_json::from_slice(body).map_err(|error| {
        let response = HttpResponse::BadRequest().json(json!({"error": error.to_string()}));
        InternalError::from_response(error, response).into()
    })
}

fn answer(result: Option<Value>, what: &str) -> HttpResponse {
    result.map_or_else(|| missing(what), |body| HttpResponse::Ok().json(body))
}
