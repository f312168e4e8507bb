//! Every batch, drafts and posted ones.

use super::super::model::Batch;
use super::super::store;
use crate::accounts::Member;
use crate::web::{self, Answer, PAGE_SIZE, Page, PageError, Pager};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "batches/list.html")]
struct ListPage {
    page: Page,
    /// With when it was begun and posted.
    rows: Vec<(Batch, String, String)>,
    pager: Pager,
}

/// Which part of the list.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    page: String,
}

/// `GET /o/{organization}/batches`
pub async fn show(member: Member, asked: Query<Asked>) -> Answer {
    let wanted = asked.page.parse().unwrap_or(1);
    let (total, number, batches) = member
        .read(move |tx| {
            let total = store::count(tx)?;
            let number = Pager::number(wanted, total);
            let batches = store::list(tx, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            Ok::<_, PageError>((total, number, batches))
        })
        .await?;
    let local = |moment| member.organization.local(moment);
    let rows = batches.into_iter().map(|batch| {
        let posted = batch.posted_at.map(local).unwrap_or_default();
        (batch.clone(), local(batch.created_at), posted)
    });
    web::show(ListPage {
        page: member.page("contributions"),
        rows: rows.collect(),
        pager: Pager::of(number, total, |page| member.at(&format!("batches?page={page}"))),
    })
}
