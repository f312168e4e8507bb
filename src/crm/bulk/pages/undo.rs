//! Undoing a whole bulk action, after asking.

use super::super::actions;
use super::super::field::Field;
use super::super::model::{BulkAction, Deed};
use super::super::target::Target;
use super::{BulkPath, existing};
use crate::accounts::Member;
use crate::web::{self, Answer, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "bulk/undo.html")]
struct UndoPage {
    page: Page,
    action: BulkAction,
}

impl UndoPage {
    /// Whether Mailchimp has unsubscribed people because of it, which no undo takes back.
    fn ended_at_mailchimp(&self) -> bool {
        matches!(&self.action.deed, Deed::Edit { field: Target::Known(Field::DoNotEmail | Field::IsOptOut), value } if value == "yes")
    }
}

/// `GET /o/{organization}/bulk/{action}/undo`
pub async fn show(member: Member, path: BulkPath) -> Answer {
    let id = path.1;
    let (action, now) = member
        .read(move |tx| Ok::<_, PageError>((existing(tx, id)?, tx.now())))
        .await?;
    if !action.can_be_undone(now) {
        return Ok(member.redirect(&format!("bulk/{id}")));
    }
    web::show(UndoPage {
        page: member.page("contacts"),
        action,
    })
}

/// `POST /o/{organization}/bulk/{action}/undo`
pub async fn submit(member: Member, path: BulkPath) -> Answer {
    let id = path.1;
    member.write(move |tx| actions::undo(tx, id)).await?;
    Ok(member.redirect(&format!("bulk/{id}")))
}
