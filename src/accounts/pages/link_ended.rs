//! A link from a mail that no longer works, and what to do instead.

use super::super::session::plain_page;
use crate::web::{self, Answer, Page};
use actix_session::Session;
use actix_web::http::StatusCode;
use askama::Template;

#[derive(Template)]
#[template(path = "accounts/link_ended.html")]
struct LinkEndedPage {
    page: Page,
    advice: &'static str,
    link: &'static str,
    link_text: &'static str,
}

/// The page, with advice and the way on.
pub(super) fn link_ended(
    session: &Session,
    advice: &'static str,
    link: &'static str,
    link_text: &'static str,
) -> Answer {
    let page = LinkEndedPage {
        page: plain_page(session),
        advice,
        link,
        link_text,
    };
    web::show_with(StatusCode::GONE, page)
}
