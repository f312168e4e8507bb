//! The imports of the organization: which file, how it stands, what came of it, who and when.

use super::super::model::Import;
use super::super::store;
use crate::accounts::Member;
use crate::web::{self, Answer, PAGE_SIZE, Page, PageError, Pager, page_number};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "imports/list.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
    pager: Pager,
}

struct Row {
    import: Import,
    when: String,
}

/// Which part of the list.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default, deserialize_with = "page_number")]
    page: i64,
}

/// `GET /o/{organization}/imports`
pub async fn show(member: Member, wanted: Query<Wanted>) -> Answer {
    let number = wanted.page.clamp(1, i64::from(i32::MAX));
    let (imports, total) = member
        .read(move |tx| {
            let imports = store::list(tx, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            Ok::<_, PageError>((imports, store::count(tx)?))
        })
        .await?;
    let rows = imports.into_iter().map(|import| Row {
        when: member.organization.local(import.created_at),
        import,
    });
    web::show(ListPage {
        rows: rows.collect(),
        pager: Pager::of(number, total, |number| {
            format!("{}?page={number}", member.at("imports"))
        }),
        page: member.page("imports"),
    })
}
