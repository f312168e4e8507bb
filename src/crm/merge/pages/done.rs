//! A merge that was done: what it changed, and its undo.

use super::super::store::{self, Merge};
use super::super::undo as taking_back;
use super::{Mailchimp, MergePath};
use crate::accounts::Member;
use crate::web::{self, Answer, Flash, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "merge/done.html")]
struct DonePage {
    page: Page,
    merge: Merge,
    survivor: String,
    loser: String,
    when: String,
    undone: String,
}

/// `GET /o/{organization}/merges/{merge}`
pub async fn show(member: Member, path: MergePath) -> Answer {
    let id = path.1;
    let (merge, mut names) = member
        .read(move |tx| {
            let merge = store::find(tx, id)?.ok_or(PageError::NotFound)?;
            let names = store::names(tx, &[merge.pair.survivor, merge.pair.loser])?;
            Ok::<_, PageError>((merge, names))
        })
        .await?;
    let local = |moment| member.organization.local(moment);
    web::show(DonePage {
        page: member.page("contacts"),
        survivor: names.remove(&merge.pair.survivor).unwrap_or_default(),
        loser: names.remove(&merge.pair.loser).unwrap_or_default(),
        when: local(merge.merged_at),
        undone: merge.undone_at.map(local).unwrap_or_default(),
        merge,
    })
}

/// `POST /o/{organization}/merges/{merge}/undo`
pub async fn undo(member: Member, path: MergePath, mailchimp: Mailchimp) -> Answer {
    let id = path.1;
    let stays = member
        .write(move |tx| taking_back::undo(tx, mailchimp.as_ref(), id))
        .await?;
    let said = Flash::success("The merge is undone: they are two contacts again.");
    member.say(stays.into_iter().fold(said, Flash::with));
    Ok(member.redirect(&format!("merges/{id}")))
}
