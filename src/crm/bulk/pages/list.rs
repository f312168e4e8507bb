//! The bulk actions of the organization: what was done to how many, how it stands, who and when.

use super::super::model::BulkAction;
use super::super::store;
use crate::accounts::Member;
use crate::web::{self, Answer, PAGE_SIZE, Page, PageError, Pager, page_number};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "bulk/list.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
    pager: Pager,
}

struct Row {
    action: BulkAction,
    when: String,
    can_be_undone: bool,
}

/// Which part of the list.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default, deserialize_with = "page_number")]
    page: i64,
}

/// `GET /o/{organization}/bulk`
pub async fn show(member: Member, wanted: Query<Wanted>) -> Answer {
    let wanted = wanted.page;
    let (number, total, found, now) = member
        .read(move |tx| {
            let total = store::count(tx)?;
            let number = Pager::number(wanted, total);
            let found = store::list(tx, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            Ok::<_, PageError>((number, total, found, tx.now()))
        })
        .await?;
    let rows = found.into_iter().map(|action| Row {
        when: member.organization.local(action.created_at),
        can_be_undone: action.can_be_undone(now),
        action,
    });
    web::show(ListPage {
        rows: rows.collect(),
        pager: Pager::of(number, total, |page| format!("{}?page={page}", member.at("bulk"))),
        page: member.page("contacts"),
    })
}
