//! Deleting a relationship, after asking.

use super::super::actions;
use super::super::model::Seen;
use super::{RelationshipPath, back, existing};
use crate::accounts::Member;
use crate::base::ContactId;
use crate::crm::{contacts, undoable};
use crate::web::{self, Answer, Flash, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "relationships/delete.html")]
struct DeletePage {
    page: Page,
    contact: ContactId,
    name: String,
    seen: Seen,
}

/// `GET /o/{organization}/contacts/{contact}/relationships/{relationship}/delete`
pub async fn ask(member: Member, path: RelationshipPath) -> Answer {
    let (_, contact, id) = path.into_inner();
    let today = member.today();
    let (name, seen) = member
        .read(move |tx| {
            let seen = existing(tx, contact, id, today)?;
            let name = contacts::store::name_of(tx, contact)?.ok_or(PageError::NotFound)?;
            Ok::<_, PageError>((name, seen))
        })
        .await?;
    web::show(DeletePage {
        page: member.page("contacts"),
        contact,
        name,
        seen,
    })
}

/// `POST /o/{organization}/contacts/{contact}/relationships/{relationship}/delete`
pub async fn delete(member: Member, path: RelationshipPath) -> Answer {
    let (_, contact, id) = path.into_inner();
    let today = member.today();
    let ((), step) = member
        .step(&undoable::RELATIONSHIP, id.0, move |tx| {
            existing(tx, contact, id, today)?;
            Ok::<_, PageError>(actions::delete(tx, &[id], "")?)
        })
        .await?;
    let said = Flash::success("The relationship has been deleted.");
    member.say_done(said.with("What it was stays readable in the Change Log."), step);
    Ok(back(&member, contact))
}
