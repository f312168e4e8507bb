//! "Forgot your password?" The answer is the same whether or not there is such an account; the link chooses a new one.

use super::super::session::{self, Browser, plain_page};
use super::super::token::{self, Purpose};
use super::super::{actions, password, store};
use super::ClientAddress;
use super::link_ended::link_ended;
use crate::base::EmailAddress;
use crate::config::Config;
use crate::db::Db;
use crate::web::{self, Answer, Field, Flash, Page, PageError, redirect};
use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

/// The session's name for the address a link was asked for.
const ASKED_FOR: &str = "reset_asked_for";

#[derive(Template)]
#[template(path = "accounts/reset_password.html")]
struct AskPage {
    page: Page,
    email: Field,
}

/// What was typed to get a link.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    email: String,
}

/// `GET /reset-password`
pub async fn show(session: Session) -> Answer {
    web::show(AskPage {
        page: plain_page(&session),
        email: Field::default(),
    })
}

/// `POST /reset-password`
pub async fn submit(
    session: Session,
    db: Data<Db>,
    config: Data<Config>,
    from: ClientAddress,
    asked: Form<Asked>,
) -> Answer {
    let (field, email) = Field::read(&asked.email, EmailAddress::parse);
    let Some(email) = email else {
        let page = AskPage {
            page: plain_page(&session),
            email: field,
        };
        return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    session
        .insert(ASKED_FOR, email.as_typed())
        .map_err(anyhow::Error::from)?;
    let config = config.into_inner();
    let limited = db
        .shared(move |tx| Ok::<_, PageError>(actions::ask_to_reset(tx, &config, &email, &from.0)?))
        .await?;
    limited.map_err(PageError::TooMany)?;
    Ok(redirect("/reset-password/sent"))
}

#[derive(Template)]
#[template(path = "accounts/reset_password_sent.html")]
struct SentPage {
    page: Page,
    email: String,
    minutes: i64,
    is_demo: bool,
}

/// `GET /reset-password/sent`
pub async fn sent(session: Session, config: Data<Config>) -> Answer {
    match session.get(ASKED_FOR).ok().flatten() {
        Some(email) => web::show(SentPage {
            page: plain_page(&session),
            email,
            minutes: token::RESET_LASTS.num_minutes(),
            is_demo: config.is_demo,
        }),
        None => Ok(redirect("/reset-password")),
    }
}

#[derive(Template)]
#[template(path = "accounts/reset_password_choose.html")]
struct ChoosePage {
    page: Page,
    email: String,
    password: Field,
}

/// What was typed with the link.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    password: SecretString,
}

/// `GET /reset-password/{token}`
pub async fn choose(session: Session, db: Data<Db>, token: Path<String>) -> Answer {
    let Some(person) = person_of(&db, token.into_inner()).await? else {
        return ended(&session);
    };
    web::show(ChoosePage {
        page: plain_page(&session),
        email: person.email,
        password: Field::default(),
    })
}

/// `POST /reset-password/{token}`
pub async fn keep(
    session: Session,
    db: Data<Db>,
    browser: Browser,
    token: Path<String>,
    chosen: Form<Chosen>,
) -> Answer {
    let token = token.into_inner();
    let Some(person) = person_of(&db, token.clone()).await? else {
        return ended(&session);
    };
    let verdict = password::accept(&chosen.password, &person.name, &person.email);
    if verdict.is_err() {
        let page = ChoosePage {
            page: plain_page(&session),
            email: person.email,
            password: password::field(verdict),
        };
        return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    }
    let hash = password::hash(&chosen.password).await?;
    let kept = db
        .shared(move |tx| Ok::<_, PageError>(actions::reset_password(tx, &token, &hash)?))
        .await?;
    let Some(id) = kept else {
        return ended(&session);
    };
    session::begin(&session, id, &browser)?;
    session::say(
        &session,
        Flash::success("Your new password is set. You were signed out everywhere else."),
    );
    Ok(redirect("/"))
}

async fn person_of(db: &Db, token: String) -> Result<Option<super::super::model::StaffMember>, PageError> {
    db.shared(move |tx| {
        let grant = token::look(tx, Purpose::ResetPassword, &token)?;
        match grant.and_then(|grant| grant.staff()) {
            Some(id) => Ok(store::staff_member(tx, id)?),
            None => Ok(None),
        }
    })
    .await
}

fn ended(session: &Session) -> Answer {
    let advice = "It was used already, or it is older than an hour. Your password is as it was. Ask for a new link; \
                  it comes by mail within a minute.";
    link_ended(session, advice, "/reset-password", "Ask for a new link")
}
