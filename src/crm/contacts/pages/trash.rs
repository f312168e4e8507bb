//! Into the trash and out again, each after a question.

use crate::accounts::Member;
use crate::base::ContactId;
use crate::crm::contacts::actions;
use crate::crm::contacts::model::Contact;
use crate::crm::contacts::store;
use crate::crm::undoable;
use crate::web::{self, Answer, Flash, Page, PageError};
use actix_web::web::Path;
use askama::Template;

#[derive(Template)]
#[template(path = "contacts/trash.html")]
struct TrashPage {
    page: Page,
    contact: Contact,
    /// The question is about getting it out again.
    back: bool,
}

/// `GET /o/{organization}/contacts/{contact}/trash`
pub async fn ask(member: Member, path: Path<(String, ContactId)>) -> Answer {
    question(member, path.into_inner().1, false).await
}

/// `GET /o/{organization}/contacts/{contact}/restore`
pub async fn ask_back(member: Member, path: Path<(String, ContactId)>) -> Answer {
    question(member, path.into_inner().1, true).await
}

async fn question(member: Member, id: ContactId, back: bool) -> Answer {
    let contact = existing(&member, id).await?;
    web::show(TrashPage {
        page: member.page("contacts"),
        contact,
        back,
    })
}

/// `POST /o/{organization}/contacts/{contact}/trash`
pub async fn trash(member: Member, path: Path<(String, ContactId)>) -> Answer {
    let contact = existing(&member, path.into_inner().1).await?;
    let id = contact.id;
    let (_, step) = member
        .step(&undoable::CONTACT, id.0, move |tx| {
            Ok::<_, PageError>(actions::trash(tx, &[id], "")?)
        })
        .await?;
    let said = format!("{} is in the trash.", contact.display_name);
    member.say_done(Flash::success(said), step);
    Ok(member.redirect("contacts"))
}

/// `POST /o/{organization}/contacts/{contact}/restore`
pub async fn restore(member: Member, path: Path<(String, ContactId)>) -> Answer {
    let contact = existing(&member, path.into_inner().1).await?;
    let id = contact.id;
    member.write(move |tx| actions::restore(tx, id)).await?;
    member.say(Flash::success(format!("{} is back.", contact.display_name)));
    Ok(member.redirect(&format!("contacts/{id}")))
}

async fn existing(member: &Member, id: ContactId) -> Result<Contact, PageError> {
    let found = member.read(move |tx| Ok::<_, PageError>(store::find(tx, id)?)).await?;
    found.ok_or(PageError::NotFound)
}
