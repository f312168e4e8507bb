//! Why somebody stands with a link as they do: the facts the decision saw, what was asked of Mailchimp, and what helps.

use super::{Link, link};
use crate::accounts::Member;
use crate::accounts::model::Organization;
use crate::base::{ContactId, MappingId};
use crate::db::OrgTx;
use crate::sync::consent::{self, ConfirmError, NOTE_CHARS_MAX};
use crate::sync::decide::{Refusal, Standing};
use crate::sync::ledger::{self, Call};
use crate::sync::mirror::status_in_words;
use crate::sync::{facts, standing, view};
use crate::web::{self, Answer, Field, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Path};
use askama::Template;
use serde::Deserialize;

type PersonPath = Path<(String, MappingId, ContactId)>;

#[derive(Template)]
#[template(path = "mailchimp/why.html")]
struct WhyPage {
    page: Page,
    shown: Shown,
    note: Field,
}

struct Shown {
    link: Link,
    contact: ContactId,
    name: String,
    address: Option<String>,
    tone: &'static str,
    label: &'static str,
    sentence: String,
    status: Option<&'static str>,
    last_changed: Option<String>,
    read_at: Option<String>,
    /// Only they can come back, through the audience's own form.
    may_sign_up: bool,
    /// Mailchimp would send them its confirmation.
    may_be_asked: bool,
    calls: Vec<(Call, String)>,
}

/// `GET …/links/{link}/contacts/{contact}`
pub async fn show(member: Member, path: PersonPath) -> Answer {
    page(&member, path, Field::default(), StatusCode::OK).await
}

async fn page(member: &Member, path: PersonPath, note: Field, status: StatusCode) -> Answer {
    let (_, id, contact) = path.into_inner();
    let organization = member.organization.clone();
    let shown = member.read(move |tx| gather(tx, id, contact, &organization)).await?;
    let page = member.page("mailchimp");
    web::show_with(status, WhyPage { page, shown, note })
}

fn gather(
    tx: &mut OrgTx<'_>,
    id: MappingId,
    contact: ContactId,
    organization: &Organization,
) -> Result<Shown, PageError> {
    let link = link(tx, id)?;
    let person = facts::gather(tx, &link.mapping, &[contact])?
        .pop()
        .ok_or(PageError::NotFound)?;
    let standing = person.decide(link.mapping.policy).standing;
    let sentence = view::sentence(tx, &link.mapping, &person, standing)?;
    let calls = ledger::calls_of(tx, id, contact)?;
    let is_being_asked = calls.iter().any(Call::asks_to_confirm_now);
    let member = person.member.as_ref();
    Ok(Shown {
        contact,
        name: person.contact.display_name.clone(),
        address: person.address.clone(),
        tone: standing::tone(standing),
        label: standing::label(standing),
        sentence,
        status: member.map(|member| status_in_words(member.member_status())),
        last_changed: member
            .and_then(|member| member.last_changed)
            .map(|at| organization.local(at)),
        read_at: member.map(|member| organization.local(member.read_at)),
        may_sign_up: consent::may_be_asked(standing) || standing == Standing::Refused(Refusal::Forgotten),
        may_be_asked: consent::may_be_asked(standing) && link.mapping.is_on && !is_being_asked,
        calls: calls
            .into_iter()
            .map(|call| (call.clone(), organization.local(call.planned_at)))
            .collect(),
        link,
    })
}

/// What staff wrote down about a new consent.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Typed {
    note: String,
}

/// `POST …/links/{link}/contacts/{contact}/confirmation`
pub async fn ask_to_confirm(member: Member, path: PersonPath, typed: Form<Typed>) -> Answer {
    let (field, note) = Field::read(&typed.note, read_note);
    let Some(note) = note else {
        return page(&member, path, field, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let (id, contact) = (path.1, path.2);
    let asked = member
        .write(move |tx| {
            let link = facts::mappings_of(tx)?
                .into_iter()
                .find(|link| link.id == id)
                .ok_or(diesel::result::Error::NotFound)?;
            consent::ask_to_confirm(tx, &link, contact, &note)
        })
        .await;
    match asked {
        Ok(()) => {
            let words =
                "Mailchimp is being asked to send its confirmation. They get mail again once they have clicked in it.";
            member.say(Flash::success(words));
            Ok(member.redirect(&format!("mailchimp/links/{id}/contacts/{contact}")))
        }
        Err(ConfirmError::NotPossible) => Err(PageError::Refused(ConfirmError::NotPossible.to_string())),
        Err(ConfirmError::Database(error)) => Err(error.into()),
        Err(ConfirmError::Unavailable(error)) => Err(error.into()),
    }
}

fn read_note(typed: &str) -> Result<String, &'static str> {
    match typed.trim() {
        "" => Err("Write how and when they asked for it. Without that nobody is asked again."),
        note if note.chars().count() > NOTE_CHARS_MAX => Err("Please keep it to 500 characters."),
        note => Ok(note.to_owned()),
    }
}
