//! The question before an erasure, and the erasure.

use super::actions;
use crate::accounts::Member;
use crate::base::{ContactId, Role};
use crate::crm::contacts::{self, Contact};
use crate::crm::groups::mailchimp::{Deletion, HeldThere, MailchimpView};
use crate::web::{self, Answer, Field, Flash, Needs, Page, PageError, Route, get, post};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use askama::Template;
use serde::Deserialize;

/// Every route of erasing.
pub fn routes() -> Vec<Route> {
    const ADMINISTER: Needs = Needs::Role(Role::Administrator);
    vec![
        get("/o/{organization}/contacts/{contact}/erase", ADMINISTER, ask),
        post("/o/{organization}/contacts/{contact}/erase", ADMINISTER, erase),
        post("/o/{organization}/contacts/{contact}/erase/again", ADMINISTER, again),
    ]
}

#[derive(Template)]
#[template(path = "erasure/question.html")]
struct QuestionPage {
    page: Page,
    contact: Contact,
    /// Others who were merged into the person.
    merged: usize,
    change_count: i64,
    /// Where Mailchimp still has them.
    held: Vec<HeldThere>,
    /// Mailchimp is deleting them; once it has, they are erased.
    deletion: Option<Deletion>,
    deletion_since: String,
    name: Field,
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    name: String,
}

/// `GET /o/{organization}/contacts/{contact}/erase`
pub async fn ask(member: Member, path: Path<(String, ContactId)>, mailchimp: Data<dyn MailchimpView>) -> Answer {
    let id = path.1;
    let is_erased = member
        .read(move |tx| Ok::<_, PageError>(contacts::store::find(tx, id)?.is_some_and(|one| one.erased_at.is_some())))
        .await?;
    if is_erased {
        member.say(Flash::success("The person is erased for good."));
        return Ok(member.redirect("contacts/trash"));
    }
    question(&member, id, mailchimp, StatusCode::OK, Field::default()).await
}

async fn question(
    member: &Member,
    id: ContactId,
    mailchimp: Data<dyn MailchimpView>,
    status: StatusCode,
    name: Field,
) -> Answer {
    let (contact, merged, change_count, held, deletion) = member
        .read(move |tx| {
            let contact = actions::erasable(tx, id)?;
            let everybody = actions::with_merged(tx, id)?;
            let change_count = actions::change_count(tx, &everybody)?;
            let held = mailchimp.holds_person(tx, &everybody)?;
            let deletion = mailchimp.deletion_of(tx, id)?;
            Ok::<_, PageError>((contact, everybody.len() - 1, change_count, held, deletion))
        })
        .await?;
    web::show_with(
        status,
        QuestionPage {
            page: member.page("contacts"),
            contact,
            merged,
            change_count,
            held,
            deletion_since: deletion
                .as_ref()
                .map(|deletion| member.organization.local(deletion.asked_at))
                .unwrap_or_default(),
            deletion,
            name,
        },
    )
}

/// `POST /o/{organization}/contacts/{contact}/erase`
pub async fn erase(
    member: Member,
    path: Path<(String, ContactId)>,
    mailchimp: Data<dyn MailchimpView>,
    typed: Form<Typed>,
) -> Answer {
    let id = path.1;
    let contact = member.read(move |tx| actions::erasable(tx, id)).await?;
    if typed.name.trim() != contact.display_name {
        let wrong = Field::wrong(
            &typed.name,
            "Type the name exactly as it stands above. Nothing was erased.",
        );
        return question(&member, id, mailchimp, StatusCode::UNPROCESSABLE_ENTITY, wrong).await;
    }
    let erased = member
        .write(move |tx| actions::erase_or_ask(tx, mailchimp.as_ref(), id))
        .await?;
    if !erased {
        return Ok(member.redirect(&format!("contacts/{id}/erase")));
    }
    member.say(Flash::success("The person is erased for good."));
    Ok(member.redirect("contacts/trash"))
}

/// `POST /o/{organization}/contacts/{contact}/erase/again`: Mailchimp did not delete the person, and is asked once more.
pub async fn again(member: Member, path: Path<(String, ContactId)>, mailchimp: Data<dyn MailchimpView>) -> Answer {
    let id = path.1;
    member
        .write(move |tx| {
            actions::erasable(tx, id)?;
            if mailchimp.deletion_of(tx, id)?.is_none() {
                return Err(PageError::NotFound);
            }
            let everybody = actions::with_merged(tx, id)?;
            Ok::<_, PageError>(mailchimp.delete_person(tx, id, &everybody)?)
        })
        .await?;
    Ok(member.redirect(&format!("contacts/{id}/erase")))
}
