//! Somebody who has an account adds another organization.

use super::super::model::required;
use super::super::{Person, actions};
use crate::web::{self, Answer, Field, Flash, Page, PageError, redirect};
use actix_web::http::StatusCode;
use actix_web::web::Form;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "accounts/new_organization.html")]
struct NewOrganizationPage {
    page: Page,
    name: Field,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
}

/// `GET /organizations/new`
pub async fn show(person: Person) -> Answer {
    web::show(NewOrganizationPage {
        page: person.page(""),
        name: Field::default(),
    })
}

/// `POST /organizations/new`
pub async fn add(person: Person, typed: Form<Typed>) -> Answer {
    let (field, name) = Field::read(&typed.name, |text| {
        required(text, "Write the name of the organization.")
    });
    let Some(name) = name else {
        let page = NewOrganizationPage {
            page: person.page(""),
            name: field,
        };
        return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    let (id, owner) = (person.staff.id, person.staff.name.clone());
    let (_, slug) = person
        .db()
        .shared(move |tx| Ok::<_, PageError>(actions::add_organization(tx, id, &owner, &name)?))
        .await?;
    person.say(Flash::success("The organization is ready. You are its owner."));
    Ok(redirect(&format!("/o/{slug}/contacts")))
}
