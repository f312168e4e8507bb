//! Deleting a contribution, after asking. The Change Log keeps everything it said.

use super::{ContributionPath, existing};
use crate::accounts::Member;
use crate::crm::contributions::actions;
use crate::crm::contributions::search::{self, ContributionRow};
use crate::crm::undoable;
use crate::web::{self, Answer, Flash, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "contributions/delete.html")]
struct DeletePage {
    page: Page,
    row: ContributionRow,
}

/// `GET /o/{organization}/contributions/{contribution}/delete`
pub async fn ask(member: Member, path: ContributionPath) -> Answer {
    let id = path.1;
    let row = member
        .read(move |tx| search::rows(tx, &[id])?.pop().ok_or(PageError::NotFound))
        .await?;
    web::show(DeletePage {
        page: member.page("contributions"),
        row,
    })
}

/// `POST /o/{organization}/contributions/{contribution}/delete`
pub async fn delete(member: Member, path: ContributionPath) -> Answer {
    let id = path.1;
    let (contribution, step) = member
        .step(&undoable::CONTRIBUTION, id.0, move |tx| {
            let contribution = existing(tx, id)?;
            actions::delete(tx, &[id], "")?;
            Ok::<_, PageError>(contribution)
        })
        .await?;
    let said = format!("The contribution of {} was deleted.", contribution.is.amount());
    member.say_done(Flash::success(said).with("The Change Log keeps what it said."), step);
    Ok(member.redirect(&format!("contacts/{}/contributions", contribution.is.contact_id)))
}
