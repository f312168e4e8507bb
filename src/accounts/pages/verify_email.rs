//! The link that confirms an address. Opening it only asks, because mail scanners open links; the button confirms.

use super::super::session::{self, Browser, plain_page};
use super::super::token::{self, Purpose};
use super::super::{actions, store};
use super::link_ended::link_ended;
use super::sign_up::SIGNED_UP;
use crate::base::StaffId;
use crate::db::Db;
use crate::web::{self, Answer, Flash, Page, PageError, redirect, staff_of};
use actix_session::Session;
use actix_web::web::{Data, Path};
use askama::Template;

#[derive(Template)]
#[template(path = "accounts/verify_email.html")]
struct VerifyPage {
    page: Page,
    email: String,
}

/// `GET /verify-email/{token}`
pub async fn show(session: Session, db: Data<Db>, token: Path<String>) -> Answer {
    let token = token.into_inner();
    let grant = db
        .shared(move |tx| Ok::<_, PageError>(token::look(tx, Purpose::VerifyEmail, &token)?))
        .await?;
    match grant.and_then(|grant| grant.email) {
        Some(email) => web::show(VerifyPage {
            page: plain_page(&session),
            email,
        }),
        None => ended(&session, &db).await,
    }
}

/// `POST /verify-email/{token}`
pub async fn submit(session: Session, db: Data<Db>, browser: Browser, token: Path<String>) -> Answer {
    let token = token.into_inner();
    let verified = db
        .shared(move |tx| Ok::<_, PageError>(actions::verify_email(tx, &token)?))
        .await?;
    let Some(id) = verified else {
        return ended(&session, &db).await;
    };
    let signed_up_here: Option<StaffId> = session.get(SIGNED_UP).ok().flatten();
    if staff_of(&session).is_none() && signed_up_here == Some(id) {
        session.remove(SIGNED_UP);
        session::begin(&session, id, &browser)?;
    }
    session::say(&session, Flash::success("Thank you, your email address is confirmed."));
    Ok(redirect(if staff_of(&session).is_some() { "/" } else { "/sign-in" }))
}

/// Somebody who presses the button twice, or whose mail program did, has nothing to worry about.
async fn ended(session: &Session, db: &Db) -> Answer {
    let is_verified = match staff_of(session) {
        Some(id) => {
            let person = db
                .shared(move |tx| Ok::<_, PageError>(store::staff_member(tx, id)?))
                .await?;
            person.is_some_and(|person| person.is_verified)
        }
        None => false,
    };
    if is_verified {
        session::say(session, Flash::success("Your email address is confirmed."));
        return Ok(redirect("/"));
    }
    let advice = "It was used already, or it is too old. Sign in: if your address is not confirmed yet, a notice at the \
                  top of the page offers you a new link.";
    link_ended(session, advice, "/sign-in", "Sign in")
}
