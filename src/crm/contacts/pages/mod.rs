//! The pages of the contacts: their list and search, the form, the export, the trash.

mod duplicates;
mod edit;
mod export;
mod form;
mod list;
mod trash;

use crate::accounts::Member;
use crate::base::Role;
use crate::web::{Flash, Needs, Route, get, post};
use actix_web::HttpResponse;

/// What a query string or a form sends, in the order it was sent.
type Pairs = Vec<(String, String)>;

/// Every page of the room.
pub fn routes() -> Vec<Route> {
    let reader = Needs::Role(Role::Reader);
    let staff = Needs::Role(Role::Staff);
    vec![
        get("/o/{organization}/contacts", reader, list::show),
        get("/o/{organization}/search", reader, list::search),
        post("/o/{organization}/contacts/export", reader, export::download),
        get("/o/{organization}/contacts/trash", reader, list::show_trash),
        get("/o/{organization}/contacts/new", staff, edit::new),
        post("/o/{organization}/contacts/new", staff, edit::create),
        post("/o/{organization}/contacts/duplicates", staff, duplicates::look),
        get("/o/{organization}/contacts/{contact}/edit", staff, edit::edit),
        post("/o/{organization}/contacts/{contact}/edit", staff, edit::save),
        get("/o/{organization}/contacts/{contact}/trash", staff, trash::ask),
        post("/o/{organization}/contacts/{contact}/trash", staff, trash::trash),
        get("/o/{organization}/contacts/{contact}/restore", staff, trash::ask_back),
        post("/o/{organization}/contacts/{contact}/restore", staff, trash::restore),
    ]
}

/// Back to the list, when an action on a selection was asked for and nobody is chosen.
pub fn nobody_chosen(member: &Member) -> HttpResponse {
    member.say(
        Flash::error("Nobody was chosen").with("Tick some contacts, or choose “All Records”. Nothing was changed."),
    );
    member.redirect("contacts")
}
