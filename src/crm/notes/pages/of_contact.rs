//! A contact's Notes tab.

use super::{Asked, ContactPath, Found, Shown};
use crate::accounts::Member;
use crate::crm::profile::{Frame, Tab};
use crate::web::{self, Answer, Page, PageError, Pager};
use actix_web::web::Query;
use askama::Template;

#[derive(Template)]
#[template(path = "notes/of_contact.html")]
struct NotesPage {
    page: Page,
    frame: Frame,
    query: String,
    notes: Vec<Shown>,
    pager: Pager,
}

impl NotesPage {
    /// Neither a reader's page nor one of a contact in the trash.
    fn may_change(&self) -> bool {
        self.page.may_write() && !self.frame.is_in_the_trash
    }
}

/// `GET /o/{organization}/contacts/{contact}/notes`
pub async fn show(member: Member, path: ContactPath, asked: Query<Asked>) -> Answer {
    let contact = path.1;
    let (frame, found) = member
        .read(move |tx| {
            let frame = Frame::load(tx, contact, Tab::Notes)?;
            Ok::<_, PageError>((frame, Found::read(tx, &asked, Some(contact))?))
        })
        .await?;
    web::show(NotesPage {
        page: member.page("contacts"),
        frame,
        query: found.filter.query.clone(),
        pager: found.pager(&member, &format!("contacts/{contact}/notes")),
        notes: found.shown(&member.organization),
    })
}
