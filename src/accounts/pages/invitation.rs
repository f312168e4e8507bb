//! An invitation: who invites, to what, as what; and the way in for somebody who has an account, or has none yet.

use super::super::actions::{self, NewMember};
use super::super::model::{StaffMember, required};
use super::super::session::{self, Browser, plain_page};
use super::super::token::{self, Purpose};
use super::super::{password, store};
use super::link_ended::link_ended;
use crate::base::Role;
use crate::db::Db;
use crate::web::{self, Answer, Field, Flash, Page, PageError, redirect, staff_of};
use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "accounts/invitation.html")]
struct InvitationPage {
    page: Page,
    token: String,
    invitation: Invited,
    name: Field,
    password: Field,
}

/// What the page is about.
struct Invited {
    organization: String,
    inviter: String,
    email: String,
    role: Role,
    /// Whoever is signed in, with any address.
    signed_in: Option<StaffMember>,
    /// The invited address has an account.
    has_account: bool,
}

/// What somebody new typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    password: SecretString,
}

/// `GET /invitations/{token}`
pub async fn show(session: Session, db: Data<Db>, token: Path<String>) -> Answer {
    let token = token.into_inner();
    let Some(invitation) = look(&session, &db, token.clone()).await? else {
        return ended(&session);
    };
    web::show(InvitationPage {
        page: plain_page(&session),
        token,
        invitation,
        name: Field::default(),
        password: Field::default(),
    })
}

/// `POST /invitations/{token}`
pub async fn accept(
    session: Session,
    db: Data<Db>,
    browser: Browser,
    token: Path<String>,
    typed: Form<Typed>,
) -> Answer {
    let token = token.into_inner();
    let Some(invitation) = look(&session, &db, token.clone()).await? else {
        return ended(&session);
    };
    let welcome = format!(
        "Welcome to {}. Your role is {}.",
        invitation.organization,
        invitation.role.label()
    );
    let slug = match &invitation.signed_in {
        Some(person) => {
            let id = person.id;
            db.shared(move |tx| actions::join(tx, &token, id)).await?
        }
        None if invitation.has_account => return Ok(redirect(&format!("/sign-in?next=/invitations/{token}"))),
        None => match join_as_new(&session, &db, &browser, &invitation, &token, &typed).await? {
            Ok(slug) => slug,
            Err((name, password)) => {
                let page = InvitationPage {
                    page: plain_page(&session),
                    token,
                    invitation,
                    name,
                    password,
                };
                return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
            }
        },
    };
    session::say(&session, Flash::success(welcome));
    Ok(redirect(&format!("/o/{slug}/contacts")))
}

/// The slug, or the form's fields with what is wrong.
async fn join_as_new(
    session: &Session,
    db: &Db,
    browser: &Browser,
    invitation: &Invited,
    token: &str,
    typed: &Typed,
) -> Result<Result<String, (Field, Field)>, PageError> {
    let (name_field, name) = Field::read(&typed.name, |text| required(text, "Write your name."));
    let verdict = password::accept(&typed.password, &typed.name, &invitation.email);
    let Some(name) = name.filter(|_| verdict.is_ok()) else {
        return Ok(Err((name_field, password::field(verdict))));
    };
    let new = NewMember {
        name,
        password_hash: password::hash(&typed.password).await?,
    };
    let token = token.to_owned();
    let (id, slug) = db.shared(move |tx| actions::join_as_new(tx, &token, &new)).await?;
    session::begin(session, id, browser)?;
    Ok(Ok(slug))
}

async fn look(session: &Session, db: &Db, token: String) -> Result<Option<Invited>, PageError> {
    let signed_in = staff_of(session);
    db.shared(move |tx| {
        let Some(grant) = token::look(tx, Purpose::Invitation, &token)? else {
            return Ok(None);
        };
        let Some((organization, role)) = grant.place() else {
            return Ok(None);
        };
        let email = grant.email.unwrap_or_default();
        let signed_in = match signed_in {
            Some(id) => store::staff_member(tx, id)?,
            None => None,
        };
        Ok(Some(Invited {
            organization: store::organization(tx, organization)?.name,
            inviter: grant.invited_by.unwrap_or_default(),
            has_account: store::staff_member_at(tx, &email)?.is_some(),
            email,
            role,
            signed_in,
        }))
    })
    .await
}

fn ended(session: &Session) -> Answer {
    let advice = "The invitation was accepted already, taken back, or is older than two weeks. If you accepted it, sign in. \
                  Otherwise ask whoever invited you to send it again.";
    link_ended(session, advice, "/sign-in", "Sign in")
}
