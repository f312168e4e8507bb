//! The question before an erasure, and the erasure.

use super::actions;
use crate::accounts::Member;
use crate::base::{ContactId, Role};
use crate::crm::contacts::Contact;
use crate::crm::groups::mailchimp::{HeldThere, MailchimpView};
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
        post(
            "/o/{organization}/contacts/{contact}/erase/look-again",
            ADMINISTER,
            look_again,
        ),
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
    question(&member, path.1, mailchimp, StatusCode::OK, Field::default()).await
}

async fn question(
    member: &Member,
    id: ContactId,
    mailchimp: Data<dyn MailchimpView>,
    status: StatusCode,
    name: Field,
) -> Answer {
    let (contact, merged, change_count, held) = member
        .read(move |tx| {
            let contact = actions::erasable(tx, id)?;
            let everybody = actions::with_merged(tx, id)?;
            let change_count = actions::change_count(tx, &everybody)?;
            let held = mailchimp.holds_person(tx, &everybody)?;
            Ok::<_, PageError>((contact, everybody.len() - 1, change_count, held))
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
    member
        .write(move |tx| actions::erase(tx, mailchimp.as_ref(), id))
        .await?;
    member.say(Flash::success("The person is erased for good."));
    Ok(member.redirect("contacts/trash"))
}

/// `POST /o/{organization}/contacts/{contact}/erase/look-again`: somebody says that Mailchimp has them no longer.
pub async fn look_again(member: Member, path: Path<(String, ContactId)>, mailchimp: Data<dyn MailchimpView>) -> Answer {
    let id = path.1;
    member
        .write(move |tx| {
            actions::erasable(tx, id)?;
            let everybody = actions::with_merged(tx, id)?;
            Ok::<_, PageError>(mailchimp.look_for_person_again(tx, &everybody)?)
        })
        .await?;
    member.say(Flash::info("Mailchimp is being asked. Look again in a moment."));
    Ok(member.redirect(&format!("contacts/{id}/erase")))
}
