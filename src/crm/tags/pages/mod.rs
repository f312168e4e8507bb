//! The pages of tags: managing them, and a contact's tab.

mod delete;
mod edit;
mod list;
mod of_contact;

use super::model::{Placed, Tag, placed};
use super::store;
use crate::base::{Role, TagId};
use crate::db::OrgTx;
use crate::web::{Needs, PageError, Route, get, post};

/// What handlers below `/o/{organization}/tags/{tag}` take.
type TagPath = actix_web::web::Path<(String, TagId)>;

/// Every route of tags.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    vec![
        get("/o/{organization}/tags", READ, list::show),
        get("/o/{organization}/tags/new", CHANGE, edit::new),
        post("/o/{organization}/tags/new", CHANGE, edit::create),
        get("/o/{organization}/tags/{tag}/edit", CHANGE, edit::edit),
        post("/o/{organization}/tags/{tag}/edit", CHANGE, edit::save),
        get("/o/{organization}/tags/{tag}/delete", CHANGE, delete::ask),
        post("/o/{organization}/tags/{tag}/delete", CHANGE, delete::delete),
        get("/o/{organization}/contacts/{contact}/tags", READ, of_contact::show),
        post("/o/{organization}/contacts/{contact}/tags", CHANGE, of_contact::save),
    ]
}

/// A tag with a box to tick; `templates/tags/boxes.html` writes a `Vec` of them called `boxes`.
pub(crate) struct TagBox {
    pub placed: Placed,
    pub is_ticked: bool,
    /// "3 of 12 have it"
    pub note: String,
}

/// Boxes for all tags, in their order; `of` says of each whether it is ticked and what stands beside it, or leaves it out.
pub(crate) fn boxes(tags: Vec<Tag>, of: impl Fn(&Tag) -> Option<(bool, String)>) -> Vec<TagBox> {
    let boxes = placed(tags).into_iter().filter_map(|placed| {
        let (is_ticked, note) = of(&placed.tag)?;
        Some(TagBox {
            placed,
            is_ticked,
            note,
        })
    });
    boxes.collect()
}

fn existing(tx: &mut OrgTx<'_>, id: TagId) -> Result<Tag, PageError> {
    store::find(tx, id)?.ok_or(PageError::NotFound)
}
