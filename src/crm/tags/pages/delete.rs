//! Deleting a tag, after saying whom it concerns.

use super::super::model::Tag;
use super::super::{actions, store};
use super::{TagPath, existing};
use crate::accounts::Member;
use crate::crm::undoable;
use crate::web::{self, Answer, Flash, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "tags/delete.html")]
struct DeletePage {
    page: Page,
    tag: Tag,
    /// Those with a tag below it keep that one, but are counted here like everywhere.
    people: i64,
    has_tags_below: bool,
}

/// `GET /o/{organization}/tags/{tag}/delete`
pub async fn ask(member: Member, path: TagPath) -> Answer {
    let id = path.1;
    let (tag, people, has_tags_below) = member
        .read(move |tx| {
            let tag = existing(tx, id)?;
            let people = store::people_counts(tx)?.get(&id).copied().unwrap_or(0);
            let has_tags_below = store::all(tx)?.iter().any(|other| other.parent_id == Some(id));
            Ok::<_, PageError>((tag, people, has_tags_below))
        })
        .await?;
    web::show(DeletePage {
        page: member.page("tags"),
        tag,
        people,
        has_tags_below,
    })
}

/// `POST /o/{organization}/tags/{tag}/delete`
pub async fn delete(member: Member, path: TagPath) -> Answer {
    let id = path.1;
    let (name, step) = member
        .step(&undoable::TAG_WITH_CONTACTS, id.0, move |tx| {
            let tag = existing(tx, id)?;
            actions::delete(tx, id)?;
            Ok::<_, PageError>(tag.name)
        })
        .await?;
    member.say_done(Flash::success(format!("The tag “{name}” has been deleted.")), step);
    Ok(member.redirect("tags"))
}
