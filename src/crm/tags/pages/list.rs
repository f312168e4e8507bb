//! Manage Tags: every tag with the people who have it.

use super::super::model::{Placed, placed};
use super::super::store;
use crate::accounts::Member;
use crate::web::{self, Answer, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "tags/list.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
}

struct Row {
    placed: Placed,
    /// Those with a tag below it count as well.
    people: i64,
}

/// `GET /o/{organization}/tags`
pub async fn show(member: Member) -> Answer {
    let (tags, people) = member
        .read(|tx| Ok::<_, PageError>((store::all(tx)?, store::people_counts(tx)?)))
        .await?;
    let rows = placed(tags).into_iter().map(|placed| Row {
        people: people.get(&placed.tag.id).copied().unwrap_or(0),
        placed,
    });
    web::show(ListPage {
        page: member.page("tags"),
        rows: rows.collect(),
    })
}
