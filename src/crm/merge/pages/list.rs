//! The merges of the organization, the newest first.

use super::super::store::{self, Merge};
use crate::accounts::Member;
use crate::web::{self, Answer, PAGE_SIZE, Page, PageError, Pager, page_number};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "merge/list.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
    pager: Pager,
}

struct Row {
    merge: Merge,
    survivor: String,
    loser: String,
    when: String,
}

/// Which part of the list.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default, deserialize_with = "page_number")]
    page: i64,
}

/// `GET /o/{organization}/merges`
pub async fn show(member: Member, wanted: Query<Wanted>) -> Answer {
    let wanted = wanted.page;
    let (number, total, found, names) = member
        .read(move |tx| {
            let total = store::count(tx)?;
            let number = Pager::number(wanted, total);
            let found = store::list(tx, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            let ids: Vec<_> = found
                .iter()
                .flat_map(|merge| [merge.pair.survivor, merge.pair.loser])
                .collect();
            let names = store::names(tx, &ids)?;
            Ok::<_, PageError>((number, total, found, names))
        })
        .await?;
    let name = |id| names.get(&id).cloned().unwrap_or_default();
    let rows = found.into_iter().map(|merge| Row {
        survivor: name(merge.pair.survivor),
        loser: name(merge.pair.loser),
        when: member.organization.local(merge.merged_at),
        merge,
    });
    web::show(ListPage {
        rows: rows.collect(),
        pager: Pager::of(number, total, |page| format!("{}?page={page}", member.at("merges"))),
        page: member.page("contacts"),
    })
}
