//! The pages for people: the charity's side of the rehearsal Mailchimp, the subscribers' side, and the trouble page.

mod admin;
mod groups;
mod inbox;
mod joining;
mod mailing;
mod member;
mod person;
mod trouble;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;

const STYLE: &str = include_str!("../../../static/sandbox/sandbox.css");
/// Nothing but our own style sheet, and forms that lead here or, after consent, to the application.
const CONTENT_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'";

pub fn routes(config: &mut ServiceConfig) {
    config.route("/sandbox.css", web::get().to(style));
    admin::routes(config);
    member::routes(config);
    joining::routes(config);
    mailing::routes(config);
    inbox::routes(config);
    person::routes(config);
    trouble::routes(config);
    config.default_service(web::to(nothing_here));
}

async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/css; charset=utf-8"))
        .body(STYLE)
}

/// A response of the sandbox's pages, with the headers all of them have.
pub fn styled(status: u16) -> HttpResponseBuilder {
    let mut response =
        HttpResponseBuilder::new(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"));
    response
}

pub fn html(status: u16, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(text) => styled(status).insert_header(ContentType::html()).body(text),
        Err(error) => {
            tracing::error!("a page of the sandbox could not be written: {error}");
            styled(500).body("This page could not be written. Nothing was changed.")
        }
    }
}

/// Leads back to a page after a form did its work.
fn see(place: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, place))
        .finish()
}

/// A short page with a message.
#[derive(Template)]
#[template(path = "sandbox/message.html")]
struct Message {
    title: String,
    text: String,
    back: String,
}

fn message(status: u16, title: &str, text: &str, back: &str) -> HttpResponse {
    html(
        status,
        &Message {
            title: title.to_owned(),
            text: text.to_owned(),
            back: back.to_owned(),
        },
    )
}

async fn nothing_here() -> HttpResponse {
    message(
        404,
        "There is nothing here",
        "The address leads to no page of the rehearsal. Nothing was changed.",
        "/",
    )
}
