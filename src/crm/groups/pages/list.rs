//! Manage Groups: every group with its size and how it fares at Mailchimp.

use super::super::mailchimp::GroupSync;
use super::super::model::Counted;
use super::super::store;
use super::Mailchimp;
use crate::accounts::Member;
use crate::web::{self, Answer, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "groups/list.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
}

struct Row {
    counted: Counted,
    sync: Option<GroupSync>,
}

/// `GET /o/{organization}/groups`
pub async fn show(member: Member, mailchimp: Mailchimp) -> Answer {
    let (groups, mut syncs) = member
        .read(move |tx| Ok::<_, PageError>((store::list(tx)?, mailchimp.column(tx)?)))
        .await?;
    let rows = groups
        .into_iter()
        .map(|counted| Row {
            sync: syncs.remove(&counted.group.id),
            counted,
        })
        .collect();
    web::show(ListPage {
        page: member.page("groups"),
        rows,
    })
}
