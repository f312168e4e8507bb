//! The link that confirms an address. Opening it only asks, because mail scanners open links; the button confirms.

use super::super::actions;
use super::super::member;
use super::super::token::{self, Purpose};
use super::sign_up::SIGNED_UP;
use crate::base::StaffId;
use crate::db::Db;
use crate::web::{self, Answer, Flash, Page, PageError, Sessions, redirect, staff_of};
use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

#[derive(Template)]
#[template(path = "accounts/verify_email.html")]
struct VerifyPage {
    page: Page,
    email: String,
}

#[derive(Template)]
#[template(path = "accounts/link_ended.html")]
pub(super) struct LinkEndedPage {
    pub page: Page,
    /// What to do instead.
    pub advice: &'static str,
    pub link: &'static str,
    pub link_text: &'static str,
}

/// `GET /verify-email/{token}`
pub async fn show(session: Session, db: Data<Db>, token: Path<String>) -> Answer {
    let token = token.into_inner();
    let grant = db
        .shared(move |tx| Ok::<_, PageError>(token::look(tx, Purpose::VerifyEmail, &token)?))
        .await?;
    match grant.and_then(|grant| grant.email) {
        Some(email) => web::show(VerifyPage {
            page: member::plain_page(&session),
            email,
        }),
        None => ended(&session),
    }
}

/// `POST /verify-email/{token}`
pub async fn submit(session: Session, db: Data<Db>, token: Path<String>) -> Answer {
    let token = token.into_inner();
    let verified = db
        .shared(move |tx| Ok::<_, PageError>(actions::verify_email(tx, &token)?))
        .await?;
    let Some(id) = verified else {
        return ended(&session);
    };
    let signed_up_here: Option<Option<StaffId>> = session.get(SIGNED_UP).ok().flatten();
    if signed_up_here == Some(Some(id)) {
        session.remove(SIGNED_UP);
        Sessions::sign_in(&session, id)?;
    }
    member::say(&session, Flash::success("Thank you, your email address is confirmed."));
    Ok(redirect(if staff_of(&session).is_some() { "/" } else { "/sign-in" }))
}

fn ended(session: &Session) -> Answer {
    let page = LinkEndedPage {
        page: member::plain_page(session),
        advice: "It may have been used already, or it is too old. If your address is not confirmed yet, sign in: \
                 the notice at the top of the page sends you a new link.",
        link: "/sign-in",
        link_text: "Sign in",
    };
    web::show_with(StatusCode::GONE, page)
}
