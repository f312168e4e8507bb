//! All notes, and the search over them.

use super::{Asked, Found, Shown};
use crate::accounts::Member;
use crate::web::{self, Answer, Page, PageError, Pager};
use actix_web::web::Query;
use askama::Template;

#[derive(Template)]
#[template(path = "notes/list.html")]
struct ListPage {
    page: Page,
    query: String,
    notes: Vec<Shown>,
    pager: Pager,
}

/// `GET /o/{organization}/notes`
pub async fn show(member: Member, asked: Query<Asked>) -> Answer {
    let found = member
        .read(move |tx| Ok::<_, PageError>(Found::read(tx, &asked, None)?))
        .await?;
    web::show(ListPage {
        page: member.page("notes"),
        query: found.filter.query.clone(),
        pager: found.pager(&member, "notes"),
        notes: found.shown(&member.organization),
    })
}
