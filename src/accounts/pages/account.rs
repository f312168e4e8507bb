//! One's own account: name, email, password, where one is signed in, and the organizations one works for.

use super::super::model::{SignedInBrowser, required};
use super::super::rate_limit::{self, SIGN_IN_OF_ACCOUNT};
use super::super::{Person, actions, password, session, store};
use crate::base::EmailAddress;
use crate::config::Config;
use crate::web::{self, Answer, Field, Flash, Page, PageError, Sessions, redirect};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use secrecy::SecretString;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "accounts/account.html")]
struct AccountPage {
    page: Page,
    person: Person,
    browsers: Vec<SignedInBrowser>,
    time_zone: Tz,
    form: AccountForm,
}

#[derive(Default)]
struct AccountForm {
    name: Field,
    email: Field,
    email_password: Field,
    old_password: Field,
    new_password: Field,
}

impl AccountPage {
    fn local(&self, moment: &DateTime<Utc>) -> String {
        moment
            .with_timezone(&self.time_zone)
            .format("%b %-d, %Y %-I:%M %p")
            .to_string()
    }
}

/// What was typed in one of the forms.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    email: String,
    email_password: SecretString,
    old_password: SecretString,
    new_password: SecretString,
}

/// `GET /account`
pub async fn show(person: Person) -> Answer {
    let form = AccountForm {
        name: Field::holding(&person.staff.name),
        ..AccountForm::default()
    };
    show_with(StatusCode::OK, person, form).await
}

async fn show_with(status: StatusCode, person: Person, form: AccountForm) -> Answer {
    let (id, mark) = (person.staff.id, session::mark(person.session()));
    let browsers = person
        .db()
        .shared(move |tx| Ok::<_, PageError>(store::browsers(tx, id, mark)?))
        .await?;
    let first = person.workplaces.first();
    let page = AccountPage {
        page: person.page("account"),
        time_zone: first.map_or(chrono_tz::America::Toronto, |place| place.organization.time_zone),
        person,
        browsers,
        form,
    };
    web::show_with(status, page)
}

async fn wrong(person: Person, form: AccountForm) -> Answer {
    let form = AccountForm {
        name: match form.name.error {
            Some(_) => form.name,
            None => Field::holding(&person.staff.name),
        },
        ..form
    };
    show_with(StatusCode::UNPROCESSABLE_ENTITY, person, form).await
}

/// `POST /account/name`
pub async fn rename(person: Person, typed: Form<Typed>) -> Answer {
    let (field, name) = Field::read(&typed.name, |text| required(text, "Write your name."));
    let Some(name) = name else {
        let form = AccountForm {
            name: field,
            ..AccountForm::default()
        };
        return wrong(person, form).await;
    };
    let id = person.staff.id;
    person
        .db()
        .shared(move |tx| Ok::<_, PageError>(actions::rename(tx, id, &name)?))
        .await?;
    person.say(Flash::success("Your name was changed."));
    Ok(redirect("/account"))
}

/// `POST /account/email`
pub async fn change_email(person: Person, config: Data<Config>, typed: Form<Typed>) -> Answer {
    let (email_field, email) = Field::read(&typed.email, EmailAddress::parse);
    let password_field = judge(&person, &typed.email_password).await?;
    let Some(email) = email.filter(|_| password_field.error.is_none()) else {
        let form = AccountForm {
            email: email_field,
            email_password: password_field,
            ..AccountForm::default()
        };
        return wrong(person, form).await;
    };
    let (id, config, sent_to) = (person.staff.id, config.into_inner(), email.to_string());
    let limited = person
        .db()
        .shared(move |tx| Ok::<_, PageError>(actions::change_email(tx, &config, id, &email)?))
        .await?;
    limited.map_err(PageError::TooMany)?;
    let text =
        format!("We sent a link to {sent_to}. Your address changes when you follow it; until then all stays as it is.");
    person.say(Flash::success(text));
    Ok(redirect("/account"))
}

/// `POST /account/verification`
pub async fn send_again(person: Person, config: Data<Config>) -> Answer {
    let (id, config) = (person.staff.id, config.into_inner());
    if !person.staff.is_verified {
        let limited = person
            .db()
            .shared(move |tx| Ok::<_, PageError>(actions::send_verification_again(tx, &config, id)?))
            .await?;
        limited.map_err(PageError::TooMany)?;
        person.say(Flash::success(format!("We sent a new link to {}.", person.staff.email)));
    }
    Ok(redirect("/account"))
}

/// `POST /account/password`
pub async fn change_password(person: Person, typed: Form<Typed>) -> Answer {
    let verdict = password::accept(&typed.new_password, &person.staff.name, &person.staff.email);
    let old_password = judge(&person, &typed.old_password).await?;
    if verdict.is_err() || old_password.error.is_some() {
        let form = AccountForm {
            old_password,
            new_password: password::field(verdict),
            ..AccountForm::default()
        };
        return wrong(person, form).await;
    }
    let (id, hash) = (person.staff.id, password::hash(&typed.new_password).await?);
    person
        .db()
        .shared(move |tx| Ok::<_, PageError>(actions::change_password(tx, id, &hash)?))
        .await?;
    // All sessions ended with the old password; this one goes on under a new key.
    person.session().renew();
    person.say(Flash::success(
        "Your password was changed. You were signed out everywhere else.",
    ));
    Ok(redirect("/account"))
}

/// Whether this is the person's password; attempts count as those at the sign-in do.
async fn judge(person: &Person, typed: &SecretString) -> Result<Field, PageError> {
    let (id, email) = (person.staff.id, person.staff.email.clone());
    let (limited, hash) = person
        .db()
        .shared(move |tx| {
            let now = tx.now();
            let limited = rate_limit::take(tx, now, SIGN_IN_OF_ACCOUNT, &email)?;
            Ok::<_, PageError>((limited, store::password_hash(tx, id)?))
        })
        .await?;
    if let Some(wait) = limited {
        return Err(PageError::TooMany(wait));
    }
    if !password::is_right(typed, hash).await? {
        return Ok(Field::wrong(
            "",
            "This is not your present password. Nothing was changed.",
        ));
    }
    let email = person.staff.email.clone();
    person
        .db()
        .shared(move |tx| Ok::<_, PageError>(actions::signed_in(tx, &email)?))
        .await?;
    Ok(Field::default())
}

/// `POST /account/sign-out-everywhere`
pub async fn sign_out_everywhere(person: Person) -> Answer {
    let id = person.staff.id;
    person
        .db()
        .shared(move |tx| Ok::<_, PageError>(Sessions::end_all(tx, id)?))
        .await?;
    person.session().purge();
    Ok(redirect("/sign-in"))
}
