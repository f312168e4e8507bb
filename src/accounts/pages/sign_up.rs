//! An organization signs up. Whether the address has an account already is told by mail only.

use super::super::actions::{self, NewOrganization, SignUpError, SignedUp};
use super::super::model::required;
use super::super::password;
use super::super::rate_limit::{self, LETTERS_TO_RECIPIENT, SIGN_UP_FROM_ADDRESS};
use super::super::session::plain_page;
use super::ClientAddress;
use crate::base::{EmailAddress, StaffId};
use crate::config::Config;
use crate::db::Db;
use crate::web::{self, Answer, Field, Page, PageError, redirect, staff_of};
use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

/// The session's name for the address a letter went to.
const SENT_TO: &str = "signed_up_with";
/// The session's name for whoever signed up in this browser: confirming the address here signs them in.
pub(super) const SIGNED_UP: &str = "signed_up";

#[derive(Template)]
#[template(path = "accounts/sign_up.html")]
struct SignUpPage {
    page: Page,
    form: SignUpForm,
    offers_mailchimp: bool,
}

#[derive(Default)]
struct SignUpForm {
    organization: Field,
    name: Field,
    email: Field,
    password: Field,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    organization: String,
    name: String,
    email: String,
    password: SecretString,
}

struct Wanted {
    organization: String,
    name: String,
    email: EmailAddress,
}

/// `GET /sign-up`
pub async fn show(session: Session, config: Data<Config>) -> Answer {
    if staff_of(&session).is_some() {
        return Ok(redirect("/organizations/new"));
    }
    web::show(SignUpPage {
        page: plain_page(&session),
        form: SignUpForm::default(),
        offers_mailchimp: config.mailchimp.is_some(),
    })
}

/// `POST /sign-up`
pub async fn submit(
    session: Session,
    db: Data<Db>,
    config: Data<Config>,
    from: ClientAddress,
    typed: Form<Typed>,
) -> Answer {
    let (form, wanted) = read(&typed);
    let Some(wanted) = wanted else {
        let page = SignUpPage {
            page: plain_page(&session),
            form,
            offers_mailchimp: config.mailchimp.is_some(),
        };
        return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    count_attempt(&db, wanted.email.key(), from).await?;
    let sent_to = wanted.email.as_typed().to_owned();
    let new = NewOrganization {
        name: wanted.organization,
        person_name: wanted.name,
        email: wanted.email,
        password_hash: password::hash(&typed.password).await?,
        is_email_confirmed: false,
    };
    let config = config.into_inner();
    let signed_up: Result<Option<SignedUp>, SignUpError> =
        db.shared(move |tx| actions::ask_to_sign_up(tx, &config, &new)).await;
    let signed_up = match signed_up {
        Ok(signed_up) => signed_up,
        // The same form at the same moment, twice: the first one's letter is on its way.
        Err(SignUpError::EmailTaken) => None,
        Err(SignUpError::Database(error)) => return Err(error.into()),
        Err(SignUpError::Unavailable(error)) => return Err(error.into()),
    };
    letter_sent(&session, sent_to, signed_up.map(|signed_up| signed_up.staff))
}

/// A letter went to the address, whoever has it: the answer is the same for somebody new and for somebody known.
pub fn letter_sent(session: &Session, sent_to: String, signed_up: Option<StaffId>) -> Answer {
    session.insert(SIGNED_UP, signed_up).map_err(anyhow::Error::from)?;
    session.insert(SENT_TO, sent_to).map_err(anyhow::Error::from)?;
    Ok(redirect("/sign-up/sent"))
}

/// Counts an attempt to sign up, by address asked for and by where it comes from; too many are told to wait.
pub async fn count_attempt(db: &Db, recipient: String, from: ClientAddress) -> Result<(), PageError> {
    let wait = db
        .shared(move |tx| {
            let now = tx.now();
            let waits = [
                rate_limit::take(tx, now, SIGN_UP_FROM_ADDRESS, &from.0)?,
                rate_limit::take(tx, now, LETTERS_TO_RECIPIENT, &recipient)?,
            ];
            Ok::<_, PageError>(waits.into_iter().flatten().max())
        })
        .await?;
    wait.map_or(Ok(()), |wait| Err(PageError::TooMany(wait)))
}

fn read(typed: &Typed) -> (SignUpForm, Option<Wanted>) {
    let (organization_field, organization) = Field::read(&typed.organization, |text| {
        required(text, "Write the name of your organization.")
    });
    let (name_field, name) = Field::read(&typed.name, |text| required(text, "Write your name."));
    let (email_field, email) = Field::read(&typed.email, EmailAddress::parse);
    let verdict = password::accept(&typed.password, &typed.name, typed.email.trim());
    let wanted = match (organization, name, email, verdict) {
        (Some(organization), Some(name), Some(email), Ok(())) => Some(Wanted {
            organization,
            name,
            email,
        }),
        _ => None,
    };
    let form = SignUpForm {
        organization: organization_field,
        name: name_field,
        email: email_field,
        password: password::field(verdict),
    };
    (form, wanted)
}

#[derive(Template)]
#[template(path = "accounts/sign_up_sent.html")]
struct SentPage {
    page: Page,
    email: String,
    is_demo: bool,
}

/// `GET /sign-up/sent`
pub async fn sent(session: Session, config: Data<Config>) -> Answer {
    match session.get(SENT_TO).ok().flatten() {
        Some(email) => web::show(SentPage {
            page: plain_page(&session),
            email,
            is_demo: config.is_demo,
        }),
        None => Ok(redirect("/sign-up")),
    }
}
