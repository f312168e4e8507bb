//! Choosing whom a contact is to be merged with, where somebody knows what no search for duplicates finds: a maiden name and a
//! married one.

use super::ContactPath;
use crate::accounts::Member;
use crate::base::ContactId;
use crate::crm::contacts::{self, ContactRow, Marked, Picker, Sent, sent_value};
use crate::db::OrgTx;
use crate::web::{self, Answer, Page, PageError};
use actix_web::http::StatusCode;
use askama::Template;

#[derive(Template)]
#[template(path = "merge/with.html")]
struct WithPage {
    page: Page,
    contact: ContactRow,
    picker: Picker,
}

/// `GET /o/{organization}/contacts/{contact}/merge`
pub async fn ask(member: Member, path: ContactPath) -> Answer {
    let id = path.1;
    let contact = member.read(move |tx| existing(tx, id)).await?;
    web::show(WithPage {
        page: member.page("contacts"),
        contact,
        picker: Picker::default(),
    })
}

/// `POST /o/{organization}/contacts/{contact}/merge`: on to the two side by side; nothing is merged yet.
pub async fn choose(member: Member, path: ContactPath, sent: Sent) -> Answer {
    let id = path.1;
    let marked = Marked::of(&sent);
    let only_finds = sent_value(&sent, "then") == "find";
    let (contact, picker, other) = member
        .read(move |tx| {
            let picker = marked.picker(tx, false)?;
            let other = contacts::list_rows(tx, &picker.chosen_ids())?.pop();
            Ok::<_, PageError>((existing(tx, id)?, picker, other))
        })
        .await?;
    let picker = match other {
        _ if only_finds => picker,
        None => picker.says_who_is_missing(),
        Some(_) if picker.is_undecided() => picker.says_who_is_missing(),
        Some(other) if other.id == id => picker.wrong("This is the same contact. Choose the other one."),
        Some(other) if other.contact_type != contact.contact_type => picker.wrong(&format!(
            "{} is of another type ({}). Only two of the same type can be merged.",
            other.display_name,
            other.contact_type.label()
        )),
        Some(other) => return Ok(member.redirect(&format!("contacts/{id}/merge/{}", other.id))),
    };
    let page = WithPage {
        page: member.page("contacts"),
        contact,
        picker,
    };
    web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
}

fn existing(tx: &mut OrgTx<'_>, id: ContactId) -> Result<ContactRow, PageError> {
    contacts::list_rows(tx, &[id])?.pop().ok_or(PageError::NotFound)
}
