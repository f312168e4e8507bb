//! Undoing a whole import, after asking.

use super::super::actions;
use super::super::model::Import;
use super::{ImportPath, existing};
use crate::accounts::Member;
use crate::web::{self, Answer, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "imports/undo.html")]
struct UndoPage {
    page: Page,
    import: Import,
}

/// `GET /o/{organization}/imports/{import}/undo`
pub async fn show(member: Member, path: ImportPath) -> Answer {
    let id = path.1;
    let (import, now) = member
        .read(move |tx| Ok::<_, PageError>((existing(tx, id)?, tx.now())))
        .await?;
    if !import.can_be_undone(now) {
        return Ok(member.redirect(&format!("imports/{id}")));
    }
    web::show(UndoPage {
        page: member.page("imports"),
        import,
    })
}

/// `POST /o/{organization}/imports/{import}/undo`
pub async fn submit(member: Member, path: ImportPath) -> Answer {
    let id = path.1;
    member.write(move |tx| actions::undo(tx, id)).await?;
    Ok(member.redirect(&format!("imports/{id}")))
}
