//! The settings page of custom fields.

mod delete;
mod edit;
mod form;
mod list;

use super::model::CustomField;
use super::store;
use crate::accounts::Member;
use crate::base::{CustomFieldId, Role};
use crate::web::{Needs, PageError, Route, get, post};
use actix_web::web::Path;

/// What a form or a query string sends, in the order it was sent.
type Pairs = Vec<(String, String)>;
/// What handlers of one field take.
type FieldPath = Path<(String, CustomFieldId)>;

/// Every route of custom fields.
pub fn routes() -> Vec<Route> {
    const MANAGE: Needs = Needs::Role(Role::Administrator);
    vec![
        get("/o/{organization}/custom-fields", MANAGE, list::show),
        get("/o/{organization}/custom-fields/new", MANAGE, edit::new),
        post("/o/{organization}/custom-fields/new", MANAGE, edit::add),
        get("/o/{organization}/custom-fields/{field}/edit", MANAGE, edit::edit),
        post("/o/{organization}/custom-fields/{field}/edit", MANAGE, edit::save),
        post("/o/{organization}/custom-fields/{field}/move", MANAGE, list::move_one),
        post("/o/{organization}/custom-fields/{field}/retire", MANAGE, list::retire),
        post(
            "/o/{organization}/custom-fields/{field}/bring-back",
            MANAGE,
            list::bring_back,
        ),
        get("/o/{organization}/custom-fields/{field}/delete", MANAGE, delete::ask),
        post("/o/{organization}/custom-fields/{field}/delete", MANAGE, delete::delete),
    ]
}

async fn existing(member: &Member, id: CustomFieldId) -> Result<CustomField, PageError> {
    let found = member.read(move |tx| Ok::<_, PageError>(store::find(tx, id)?)).await?;
    found.ok_or(PageError::NotFound)
}
