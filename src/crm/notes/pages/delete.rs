//! Deleting a note, after asking.

use super::super::actions;
use super::super::model::Note;
use super::{NotePath, back, existing};
use crate::accounts::Member;
use crate::crm::undoable;
use crate::web::{self, Answer, Flash, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "notes/delete.html")]
struct DeletePage {
    page: Page,
    note: Note,
    when: String,
}

/// `GET /o/{organization}/contacts/{contact}/notes/{note}/delete`
pub async fn ask(member: Member, path: NotePath) -> Answer {
    let (_, contact, id) = path.into_inner();
    let note = member.read(move |tx| existing(tx, contact, id)).await?;
    web::show(DeletePage {
        page: member.page("contacts"),
        when: member.organization.local(note.noted_at),
        note,
    })
}

/// `POST /o/{organization}/contacts/{contact}/notes/{note}/delete`
pub async fn delete(member: Member, path: NotePath) -> Answer {
    let (_, contact, id) = path.into_inner();
    let ((), step) = member
        .step(&undoable::NOTE, id.0, move |tx| {
            existing(tx, contact, id)?;
            Ok::<_, PageError>(actions::delete(tx, &[id], "")?)
        })
        .await?;
    let said = Flash::success("The note has been deleted.").with("What it said stays readable in the Change Log.");
    member.say_done(said, step);
    Ok(back(&member, contact))
}
