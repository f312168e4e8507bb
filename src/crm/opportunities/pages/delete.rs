//! Deleting an opportunity, after asking.

use super::super::actions;
use super::super::model::Opportunity;
use super::{OpportunityPath, existing};
use crate::accounts::Member;
use crate::crm::undoable;
use crate::web::{self, Answer, Flash, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "opportunities/delete.html")]
struct DeletePage {
    page: Page,
    opportunity: Opportunity,
}

/// `GET /o/{organization}/opportunities/{opportunity}/delete`
pub async fn ask(member: Member, path: OpportunityPath) -> Answer {
    let id = path.1;
    let opportunity = member.read(move |tx| existing(tx, id)).await?;
    web::show(DeletePage {
        page: member.page("opportunities"),
        opportunity,
    })
}

/// `POST /o/{organization}/opportunities/{opportunity}/delete`
pub async fn delete(member: Member, path: OpportunityPath) -> Answer {
    let id = path.1;
    let (is, step) = member
        .step(&undoable::OPPORTUNITY, id.0, move |tx| {
            let opportunity = existing(tx, id)?;
            actions::delete(tx, id)?;
            Ok::<_, PageError>(opportunity.is)
        })
        .await?;
    let said = Flash::success(format!("“{}” has been deleted.", is.name));
    member.say_done(said.with("What it was stays readable in the Change Log."), step);
    Ok(member.redirect(&format!("contacts/{}/opportunities", is.contact_id)))
}
