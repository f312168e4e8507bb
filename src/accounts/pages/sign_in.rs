//! Signing in and out. The answer to a wrong password is the same whether or not there is such an account.

use super::super::session::{self, Browser, plain_page};
use super::super::{actions, password};
use super::ClientAddress;
use crate::db::Db;
use crate::web::{self, Answer, Field, Page, PageError, redirect, staff_of};
use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
struct SignInPage {
    page: Page,
    email: Field,
    password: Field,
    next: String,
    is_wrong: bool,
}

/// Where to go on to.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Next {
    next: String,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    email: String,
    password: SecretString,
    next: String,
}

/// `GET /sign-in`
pub async fn show(session: Session, query: Query<Next>) -> Answer {
    if staff_of(&session).is_some() {
        return Ok(redirect(local_path(&query.next)));
    }
    web::show(SignInPage {
        page: plain_page(&session),
        email: Field::default(),
        password: Field::default(),
        next: local_path(&query.next).to_owned(),
        is_wrong: false,
    })
}

/// `POST /sign-in`
pub async fn submit(
    session: Session,
    db: Data<Db>,
    from: ClientAddress,
    browser: Browser,
    typed: Form<Typed>,
) -> Answer {
    let typed = typed.into_inner();
    let email = typed.email.trim().to_owned();
    let counted = {
        let email = email.clone();
        db.shared(move |tx| Ok::<_, PageError>(actions::begin_sign_in(tx, &email, &from.0)?))
            .await?
    };
    let credentials = counted.map_err(PageError::TooMany)?;
    let is_right = password::is_right(&typed.password, credentials.password_hash).await?;
    let Some(id) = credentials.staff.filter(|_| is_right) else {
        let page = SignInPage {
            page: plain_page(&session),
            email: Field::holding(typed.email),
            password: Field::default(),
            next: local_path(&typed.next).to_owned(),
            is_wrong: true,
        };
        return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    db.shared(move |tx| Ok::<_, PageError>(actions::signed_in(tx, &email)?))
        .await?;
    session::begin(&session, id, &browser)?;
    Ok(redirect(local_path(&typed.next)))
}

/// `POST /sign-out`
pub async fn sign_out(session: Session) -> Answer {
    session.purge();
    Ok(redirect("/sign-in"))
}

/// A path of ours, or else the start: nobody is sent to another site after signing in.
fn local_path(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|c: char| c == '\\' || c.is_control() || c.is_whitespace());
    if is_local { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn after_signing_in_one_stays_here() {
        let here = "/o/riverside/contacts?sort=name";
        assert_eq!(local_path(here), here);
        for elsewhere in [
            "",
            "https://evil.test/",
            "//evil.test",
            "/\\evil.test",
            "/\t/evil.test",
            "javascript:1",
        ] {
            assert_eq!(local_path(elsewhere), "/", "{elsewhere}");
        }
    }
}
