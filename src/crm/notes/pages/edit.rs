//! Writing a note down, and changing one.

use super::super::actions;
use super::super::model::{self, NoteDraft};
use super::{ContactPath, NotePath, back, existing};
use crate::accounts::Member;
use crate::accounts::model::Organization;
use crate::base::{ContactId, NoteId};
use crate::crm::{contacts, undoable};
use crate::db::OrgTx;
use crate::web::{self, Answer, Began, Field, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::Form;
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "notes/form.html")]
struct FormPage {
    page: Page,
    contact: ContactId,
    name: String,
    /// `None` for a new one.
    note: Option<NoteId>,
    form: NoteForm,
}

#[derive(Default)]
struct NoteForm {
    began: Began,
    subject: Field,
    text: Field,
    noted_at: Field,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    began_with: String,
    subject: String,
    text: String,
    noted_at: String,
}

impl NoteForm {
    fn holding(draft: &NoteDraft, here: &Organization) -> Self {
        Self {
            began: Began::with(draft),
            subject: Field::holding(&draft.subject),
            text: Field::holding(&draft.text),
            noted_at: Field::holding(here.local_field(draft.noted_at)),
        }
    }
}

impl Typed {
    /// The fields as they were typed, and the note where all of them are right. `before`: the moment of the note as it is.
    fn read(&self, here: &Organization, before: Option<DateTime<Utc>>) -> (NoteForm, Option<NoteDraft>) {
        let (subject_field, subject_read) = Field::read(&self.subject, model::subject);
        let (text_field, text_read) = Field::read(&self.text, model::text);
        let (noted_at_field, noted_at_read) = Field::read(&self.noted_at, |typed| here.read_local(typed, before));
        let draft = match (subject_read, text_read, noted_at_read) {
            (Some(subject), Some(text), Some(noted_at)) => Some(NoteDraft {
                subject,
                text,
                noted_at,
            }),
            _ => None,
        };
        let form = NoteForm {
            began: Began::sent(&self.began_with),
            subject: subject_field,
            text: text_field,
            noted_at: noted_at_field,
        };
        (form, draft)
    }
}

/// `GET /o/{organization}/contacts/{contact}/notes/new`
pub async fn new(member: Member, path: ContactPath) -> Answer {
    let contact = path.1;
    member.read(move |tx| living(tx, contact)).await?;
    let now = member.person().db().clock().now();
    let form = NoteForm {
        noted_at: Field::holding(member.organization.local_field(now)),
        ..NoteForm::default()
    };
    ask(&member, StatusCode::OK, contact, None, form).await
}

/// `POST /o/{organization}/contacts/{contact}/notes/new`
pub async fn add(member: Member, path: ContactPath, typed: Form<Typed>) -> Answer {
    let contact = survivor(&member, path.1).await?;
    let (mut form, draft) = typed.read(&member.organization, None);
    let Some(draft) = draft else {
        return ask(&member, StatusCode::UNPROCESSABLE_ENTITY, contact, None, form).await;
    };
    let name = member
        .write(move |tx| {
            let name = contacts::store::name_of(tx, contact)?;
            if name.is_some() {
                actions::add(tx, contact, &draft)?;
            }
            Ok::<_, PageError>(name)
        })
        .await?;
    let Some(name) = name else {
        let words =
            "The contact is in the trash or was erased, so the note was not saved. It is still here to be copied.";
        form.text.error = Some(words.into());
        return ask(&member, StatusCode::UNPROCESSABLE_ENTITY, contact, None, form).await;
    };
    member.say(Flash::success(format!("The note about {name} has been added.")));
    Ok(back(&member, contact))
}

/// `GET /o/{organization}/contacts/{contact}/notes/{note}/edit`
pub async fn edit(member: Member, path: NotePath) -> Answer {
    let (_, contact, id) = path.into_inner();
    let note = member
        .read(move |tx| {
            living(tx, contact)?;
            existing(tx, contact, id)
        })
        .await?;
    let form = NoteForm::holding(&note.draft(), &member.organization);
    ask(&member, StatusCode::OK, contact, Some(id), form).await
}

/// `POST /o/{organization}/contacts/{contact}/notes/{note}/edit`
pub async fn save(member: Member, path: NotePath, typed: Form<Typed>) -> Answer {
    let (_, contact, id) = path.into_inner();
    let contact = survivor(&member, contact).await?;
    let before = member.read(move |tx| existing(tx, contact, id)).await?.noted_at;
    let (mut form, draft) = typed.read(&member.organization, Some(before));
    let Some(draft) = draft else {
        return ask(&member, StatusCode::UNPROCESSABLE_ENTITY, contact, Some(id), form).await;
    };
    let began = form.began.clone();
    let (saved, step) = member
        .step(&undoable::NOTE, id.0, move |tx| {
            actions::all_locked(tx, &[id])?;
            let is = existing(tx, contact, id)?.draft();
            Ok::<_, PageError>(match began.misses(&is, &draft) {
                true => Err(is),
                false => Ok(actions::change(tx, id, &draft)?),
            })
        })
        .await?;
    let changed = match saved {
        Ok(changed) => changed,
        Err(is) => {
            form.began = Began::again(&is);
            return ask(&member, StatusCode::UNPROCESSABLE_ENTITY, contact, Some(id), form).await;
        }
    };
    let said = Flash::success(match changed {
        true => "The note has been saved.",
        false => "Nothing was different, so nothing was changed.",
    });
    member.say_done(said, step);
    Ok(back(&member, contact))
}

async fn ask(member: &Member, status: StatusCode, contact: ContactId, note: Option<NoteId>, form: NoteForm) -> Answer {
    let name = member
        .read(move |tx| {
            let contact = contacts::store::find(tx, contact)?.ok_or(PageError::NotFound)?;
            Ok::<_, PageError>(contact.display_name)
        })
        .await?;
    let page = FormPage {
        page: member.page("contacts"),
        contact,
        name,
        note,
        form,
    };
    web::show_with(status, page)
}

fn living(tx: &mut OrgTx<'_>, contact: ContactId) -> Result<(), PageError> {
    let name = contacts::store::name_of(tx, contact)?;
    name.map(drop).ok_or(PageError::NotFound)
}

/// Whom the note is about by now: who was merged into another while the form was open is that other one.
async fn survivor(member: &Member, contact: ContactId) -> Result<ContactId, PageError> {
    let found = member
        .read(move |tx| Ok::<_, PageError>(contacts::store::survivors(tx, &[contact])?))
        .await?;
    found.first().copied().ok_or(PageError::NotFound)
}
