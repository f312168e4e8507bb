//! The pages of relationships: a contact's tab, adding, changing and deleting one, and the types among the settings.

mod delete;
mod edit;
mod of_contact;
mod types;

use super::model::Seen;
use super::store::{self, SeenFrom};
use crate::accounts::Member;
use crate::base::{ContactId, RelationshipId, Role};
use crate::crm::contacts;
use crate::db::OrgTx;
use crate::web::{Needs, PageError, Route, get, post};
use actix_web::HttpResponse;
use actix_web::web::Path;
use chrono::NaiveDate;

/// What handlers below `/o/{organization}/contacts/{contact}/relationships` take.
type ContactPath = Path<(String, ContactId)>;
/// What handlers of one relationship take.
type RelationshipPath = Path<(String, ContactId, RelationshipId)>;

/// Every route of relationships.
pub fn routes() -> Vec<Route> {
    [of_contacts(), of_types()].into_iter().flatten().collect()
}

fn of_contacts() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    const OWN: [&str; 4] = [
        "/o/{organization}/contacts/{contact}/relationships",
        "/o/{organization}/contacts/{contact}/relationships/new",
        "/o/{organization}/contacts/{contact}/relationships/{relationship}/edit",
        "/o/{organization}/contacts/{contact}/relationships/{relationship}/delete",
    ];
    let [tab, new, edit, delete] = OWN;
    vec![
        get(tab, READ, of_contact::show),
        get(new, CHANGE, edit::new),
        post(new, CHANGE, edit::add),
        get(edit, CHANGE, edit::edit),
        post(edit, CHANGE, edit::save),
        get(delete, CHANGE, delete::ask),
        post(delete, CHANGE, delete::delete),
    ]
}

fn of_types() -> Vec<Route> {
    const SET: Needs = Needs::Role(Role::Administrator);
    vec![
        get("/o/{organization}/relationship-types", SET, types::list),
        get("/o/{organization}/relationship-types/new", SET, types::new),
        post("/o/{organization}/relationship-types/new", SET, types::add),
        get("/o/{organization}/relationship-types/{type}/edit", SET, types::edit),
        post("/o/{organization}/relationship-types/{type}/edit", SET, types::save),
        get("/o/{organization}/relationship-types/{type}/delete", SET, types::ask),
        post("/o/{organization}/relationship-types/{type}/delete", SET, types::delete),
    ]
}

/// The relationship of the path as the contact of the path shows it.
fn existing(tx: &mut OrgTx<'_>, contact: ContactId, id: RelationshipId, today: NaiveDate) -> Result<Seen, PageError> {
    contacts::store::name_of(tx, contact)?.ok_or(PageError::NotFound)?;
    let from = SeenFrom {
        contact,
        today,
        former: None,
        only: Some(id),
    };
    store::list(tx, from, 0, 1)?.pop().ok_or(PageError::NotFound)
}

fn back(member: &Member, contact: ContactId) -> HttpResponse {
    member.redirect(&format!("contacts/{contact}/relationships"))
}
