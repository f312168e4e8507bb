//! The pages of the contacts: their list and search, the form, the export, the trash.

mod chosen;
mod columns;
mod duplicates;
mod edit;
mod export;
mod form;
mod list;
mod picker;
mod trash;

pub use chosen::{Sent, nobody_chosen, sent_value, sent_values};
pub use edit::{Place, create_in, new_in};
pub use picker::{Marked, Picker};

use crate::base::Role;
use crate::web::{Needs, Route, get, post};

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
        post("/o/{organization}/contacts/columns", reader, columns::choose),
        get("/o/{organization}/contacts/trash", reader, list::show_trash),
        get("/o/{organization}/contacts/new", staff, edit::new),
        post("/o/{organization}/contacts/new", staff, edit::create),
        post("/o/{organization}/contacts/duplicates", staff, duplicates::look),
        post("/o/{organization}/contacts/offered", staff, picker::look),
        get("/o/{organization}/contacts/{contact}/edit", staff, edit::edit),
        post("/o/{organization}/contacts/{contact}/edit", staff, edit::save),
        get("/o/{organization}/contacts/{contact}/trash", staff, trash::ask),
        post("/o/{organization}/contacts/{contact}/trash", staff, trash::trash),
        get("/o/{organization}/contacts/{contact}/restore", staff, trash::ask_back),
        post("/o/{organization}/contacts/{contact}/restore", staff, trash::restore),
    ]
}
