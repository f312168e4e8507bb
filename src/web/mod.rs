//! What every page shares: the layout's facts, forms, messages after an action, errors as pages, static files, sessions,
//! and the table that routes are written down in.

mod assets;
mod began;
mod csv_cell;
mod download;
mod error;
mod form;
mod logging;
mod page;
mod pager;
mod route;
mod security;
mod session_store;

pub use assets::{asset, serve_asset};
pub use began::Began;
pub use csv_cell::csv_cell;
pub use download::Download;
pub use error::PageError;
pub use form::{Choice, Field, day, long_text, one_line, required_line, several_lines};
pub use logging::{RequestSpan, measured};
pub use page::{Banner, Flash, OrganizationBar, Page};
pub use pager::{PAGE_SIZE, Pager, page_number};
pub use route::{Needs, Route, get, post};
pub use security::{OwnOrigin, refuse_cross_site, security_headers};
pub use session_store::{SESSION_DAYS, Sessions, staff_of};

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use askama::Template;

/// What a handler answers.
pub type Answer = Result<HttpResponse, PageError>;

/// The largest form body: the longest note, with room.
pub const FORM_BYTES_MAX: usize = 256 * 1024;

/// A page.
pub fn show(page: impl Template) -> Answer {
    show_with(StatusCode::OK, page)
}

/// A page with another status: 422 for a form that was not accepted.
pub fn show_with(status: StatusCode, page: impl Template) -> Answer {
    let body = page.render().map_err(anyhow::Error::from)?;
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(body))
}

/// On to another page after an action, so that reloading does not repeat it.
pub fn redirect(path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, path))
        .finish()
}
