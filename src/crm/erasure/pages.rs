//! The question before an erasure, and the erasure.

use super::actions;
use crate::accounts::Member;
use crate::base::{ContactId, Role};
use crate::crm::contacts::{self, Contact};
use crate::crm::groups::mailchimp::{MailchimpView, PersonThere, Reach};
use crate::web::{self, Answer, Field, Flash, Needs, Page, PageError, Route, get, post};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

/// Every route of erasing.
pub fn routes() -> Vec<Route> {
    const ADMINISTER: Needs = Needs::Role(Role::Administrator);
    vec![
        get("/o/{organization}/contacts/{contact}/erase", ADMINISTER, ask),
        post("/o/{organization}/contacts/{contact}/erase", ADMINISTER, erase),
        get("/o/{organization}/contacts/{contact}/erase/live", ADMINISTER, live),
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
    there: PersonThere,
    name: Field,
}

#[derive(Template)]
#[template(path = "erasure/waiting.html")]
struct WaitingPage {
    page: Page,
    waiting: Waiting,
}

/// How far Mailchimp is: a part of its page, fetched again until the person is erased.
#[derive(Template)]
#[template(path = "erasure/state.html")]
struct StatePart {
    page: Page,
    waiting: Waiting,
}

/// Somebody whom Mailchimp is deleting; once it has, they are erased.
struct Waiting {
    contact: Contact,
    asked_by: String,
    since: String,
    /// Mailchimp does not accept the connection at the moment.
    is_refused: bool,
    /// What Mailchimp said where it did not do it.
    problems: Vec<String>,
    /// Another word whenever the part reads otherwise, so that it stays untouched under the hands of whoever reads it.
    version: String,
}

impl Waiting {
    /// `None`: nobody asked for it, or Mailchimp is not there to be asked.
    fn of(member: &Member, contact: &Contact, there: &PersonThere) -> Option<Self> {
        let deletion = there.deletion.clone().filter(|_| there.reach != Reach::Off)?;
        let is_refused = there.reach == Reach::Refused;
        let told: usize = deletion.problems.iter().map(String::len).sum();
        Some(Self {
            contact: contact.clone(),
            asked_by: deletion.asked_by,
            since: member.organization.local(deletion.asked_at),
            is_refused,
            version: format!("{}-{is_refused}-{told}", deletion.asked_at.timestamp_micros()),
            problems: deletion.problems,
        })
    }
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    name: String,
}

/// What of the part is shown already.
#[derive(Deserialize)]
pub struct Known {
    #[serde(default)]
    version: String,
}

/// `GET /o/{organization}/contacts/{contact}/erase`
pub async fn ask(member: Member, path: Path<(String, ContactId)>, mailchimp: Data<dyn MailchimpView>) -> Answer {
    let id = path.1;
    if is_erased(&member, id).await? {
        member.say(Flash::success("The person is erased for good."));
        return Ok(member.redirect("contacts/trash"));
    }
    let (contact, there) = look(&member, id, mailchimp.clone()).await?;
    match Waiting::of(&member, &contact, &there) {
        Some(waiting) => web::show(WaitingPage {
            page: member.page("contacts"),
            waiting,
        }),
        None => question(&member, contact, there, StatusCode::OK, Field::default()).await,
    }
}

/// `GET /o/{organization}/contacts/{contact}/erase/live`: another answer than the part has the page loaded anew.
pub async fn live(
    member: Member,
    path: Path<(String, ContactId)>,
    known: Query<Known>,
    mailchimp: Data<dyn MailchimpView>,
) -> Answer {
    let id = path.1;
    let whole = member.redirect(&format!("contacts/{id}/erase"));
    if is_erased(&member, id).await? {
        return Ok(whole);
    }
    let (contact, there) = look(&member, id, mailchimp).await?;
    match Waiting::of(&member, &contact, &there) {
        Some(waiting) if known.version == waiting.version => Ok(HttpResponse::NoContent().finish()),
        Some(waiting) => web::show(StatePart {
            page: member.part(),
            waiting,
        }),
        None => Ok(whole),
    }
}

async fn is_erased(member: &Member, id: ContactId) -> Result<bool, PageError> {
    member
        .read(move |tx| Ok::<_, PageError>(contacts::store::find(tx, id)?.is_some_and(|one| one.erased_at.is_some())))
        .await
}

async fn look(
    member: &Member,
    id: ContactId,
    mailchimp: Data<dyn MailchimpView>,
) -> Result<(Contact, PersonThere), PageError> {
    member
        .read(move |tx| Ok((actions::erasable(tx, id)?, mailchimp.person_there(tx, id)?)))
        .await
}

async fn question(member: &Member, contact: Contact, there: PersonThere, status: StatusCode, name: Field) -> Answer {
    let id = contact.id;
    let (merged, change_count) = member
        .read(move |tx| {
            let everybody = actions::with_merged(tx, id)?;
            Ok::<_, PageError>((everybody.len() - 1, actions::change_count(tx, &everybody)?))
        })
        .await?;
    web::show_with(
        status,
        QuestionPage {
            page: member.page("contacts"),
            contact,
            merged,
            change_count,
            there,
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
    let (contact, there) = look(&member, id, mailchimp.clone()).await?;
    if typed.name.trim() != contact.display_name {
        let wrong = Field::wrong(
            &typed.name,
            "Type the name exactly as it stands above. Nothing was erased.",
        );
        return question(&member, contact, there, StatusCode::UNPROCESSABLE_ENTITY, wrong).await;
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
            match mailchimp.person_there(tx, id)?.deletion {
                Some(_) => Ok::<_, PageError>(mailchimp.delete_person(tx, id)?),
                None => Err(PageError::NotFound),
            }
        })
        .await?;
    Ok(member.redirect(&format!("contacts/{id}/erase")))
}
