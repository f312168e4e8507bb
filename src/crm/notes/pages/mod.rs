//! The pages of notes: a contact's tab, the search over all of them, and writing, changing and deleting one.

mod delete;
mod edit;
mod list;
mod of_contact;

use super::model::Note;
use super::store;
use crate::accounts::Member;
use crate::accounts::model::Organization;
use crate::base::{ContactId, NoteId, Role};
use crate::db::OrgTx;
use crate::web::{Needs, PAGE_SIZE, PageError, Pager, Route, get, post};
use actix_web::HttpResponse;
use actix_web::web::Path;
use diesel::QueryResult;
use serde::Deserialize;
use store::NoteFilter;

/// What handlers below `/o/{organization}/contacts/{contact}/notes` take.
type ContactPath = Path<(String, ContactId)>;
/// What handlers of one note take.
type NotePath = Path<(String, ContactId, NoteId)>;

/// Every route of notes.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    vec![
        get("/o/{organization}/notes", READ, list::show),
        get("/o/{organization}/contacts/{contact}/notes", READ, of_contact::show),
        get("/o/{organization}/contacts/{contact}/notes/new", CHANGE, edit::new),
        post("/o/{organization}/contacts/{contact}/notes/new", CHANGE, edit::add),
        get(
            "/o/{organization}/contacts/{contact}/notes/{note}/edit",
            CHANGE,
            edit::edit,
        ),
        post(
            "/o/{organization}/contacts/{contact}/notes/{note}/edit",
            CHANGE,
            edit::save,
        ),
        get(
            "/o/{organization}/contacts/{contact}/notes/{note}/delete",
            CHANGE,
            delete::ask,
        ),
        post(
            "/o/{organization}/contacts/{contact}/notes/{note}/delete",
            CHANGE,
            delete::delete,
        ),
    ]
}

/// What stands behind the `?` of a list of notes.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    page: String,
}

/// A note as it is shown.
struct Shown {
    note: Note,
    when: String,
}

/// A page of the notes that fit, as it was read.
struct Found {
    filter: NoteFilter,
    number: i64,
    total: i64,
    notes: Vec<Note>,
}

impl Found {
    fn read(tx: &mut OrgTx<'_>, asked: &Asked, contact: Option<ContactId>) -> QueryResult<Self> {
        let filter = NoteFilter {
            contact,
            query: asked.q.trim().to_owned(),
        };
        let total = store::count(tx, &filter)?;
        let number = Pager::number(asked.page.parse().unwrap_or(1), total);
        let notes = store::list(tx, &filter, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
        Ok(Self {
            filter,
            number,
            total,
            notes,
        })
    }

    /// The pager of the list at the path `here`.
    fn pager(&self, member: &Member, here: &str) -> Pager {
        Pager::of(self.number, self.total, |page| {
            let pairs = [("q", self.filter.query.clone()), ("page", page.to_string())];
            let given: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
            let query = serde_urlencoded::to_string(given).unwrap_or_default();
            member.at(&format!("{here}?{query}"))
        })
    }

    fn shown(self, here: &Organization) -> Vec<Shown> {
        let shown = self.notes.into_iter().map(|note| Shown {
            when: here.local(note.noted_at),
            note,
        });
        shown.collect()
    }
}

/// The note of the path, of the contact of the path.
fn existing(tx: &mut OrgTx<'_>, contact: ContactId, id: NoteId) -> Result<Note, PageError> {
    let note = store::find(tx, id)?.filter(|note| note.contact == contact);
    note.ok_or(PageError::NotFound)
}

fn back(member: &Member, contact: ContactId) -> HttpResponse {
    member.redirect(&format!("contacts/{contact}/notes"))
}
