//! Deleting a custom field that nothing depends on.

use super::super::actions;
use super::super::model::CustomField;
use super::super::store;
use super::{FieldPath, existing};
use crate::accounts::Member;
use crate::crm::undoable;
use crate::web::{self, Answer, Flash, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "custom_fields/delete.html")]
struct DeletePage {
    page: Page,
    field: CustomField,
    /// Records that have a value.
    values: i64,
}

/// `GET /o/{organization}/custom-fields/{field}/delete`
pub async fn ask(member: Member, path: FieldPath) -> Answer {
    let field = existing(&member, path.1).await?;
    let counts = member.read(|tx| Ok::<_, PageError>(store::use_counts(tx)?)).await?;
    web::show(DeletePage {
        page: member.page("settings"),
        values: counts.get(&field.id).copied().unwrap_or(0),
        field,
    })
}

/// `POST /o/{organization}/custom-fields/{field}/delete`
pub async fn delete(member: Member, path: FieldPath) -> Answer {
    let id = path.1;
    let ((), step) = member
        .step(&undoable::CUSTOM_FIELD, id.0, move |tx| actions::delete(tx, id))
        .await?;
    member.say_done(Flash::success("The field has been deleted."), step);
    Ok(member.redirect("custom-fields"))
}
