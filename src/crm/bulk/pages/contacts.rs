//! The contacts behind a number.

use super::super::model::{BulkAction, BulkContact, Outcome};
use super::super::store;
use super::existing;
use crate::accounts::Member;
use crate::base::BulkActionId;
use crate::web::{self, Answer, PAGE_SIZE, Page, PageError, Pager, page_number};
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "bulk/contacts.html")]
struct ContactsPage {
    page: Page,
    action: BulkAction,
    heading: &'static str,
    /// Each with its name.
    rows: Vec<(BulkContact, String)>,
    pager: Pager,
}

/// Which part of the list.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default, deserialize_with = "page_number")]
    page: i64,
}

/// `GET /o/{organization}/bulk/{action}/contacts/{outcome}`
pub async fn show(member: Member, path: Path<(String, BulkActionId, String)>, wanted: Query<Wanted>) -> Answer {
    let (_, id, word) = path.into_inner();
    let outcome = Outcome::parse(&word).ok_or(PageError::NotFound)?;
    let wanted = wanted.page;
    let (action, number, total, rows) = member
        .read(move |tx| {
            let action = existing(tx, id)?;
            let total = store::count_with(tx, id, outcome)?;
            let number = Pager::number(wanted, total);
            let rows = store::contacts_with(tx, id, outcome, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            Ok::<_, PageError>((action, number, total, rows))
        })
        .await?;
    let at = member.at(&format!("bulk/{id}/contacts/{word}"));
    web::show(ContactsPage {
        heading: outcome.heading(),
        rows,
        pager: Pager::of(number, total, |page| format!("{at}?page={page}")),
        page: member.page("contacts"),
        action,
    })
}
