//! Deleting a group, after asking; what ties it to Mailchimp must be undone first.

use super::super::model::Group;
use super::super::{actions, smart, store};
use super::{GroupPath, Mailchimp, existing};
use crate::accounts::Member;
use crate::base::GroupId;
use crate::crm::undoable;
use crate::db::OrgTx;
use crate::web::{self, Answer, Flash, Page, PageError};
use askama::Template;
use diesel::QueryResult;

#[derive(Template)]
#[template(path = "groups/delete.html")]
struct DeletePage {
    page: Page,
    group: Group,
    members: i64,
    /// Why it may not be deleted.
    held: Option<String>,
}

/// `GET /o/{organization}/groups/{group}/delete`
pub async fn show(member: Member, path: GroupPath, mailchimp: Mailchimp) -> Answer {
    let id = path.1;
    let (group, members, held) = member
        .read(move |tx| {
            let group = existing(tx, id)?;
            Ok::<_, PageError>((group, store::member_count(tx, id)?, held(tx, &mailchimp, id)?))
        })
        .await?;
    web::show(DeletePage {
        page: member.page("groups"),
        group,
        members,
        held,
    })
}

/// Why the group may not be deleted now, in a sentence.
fn held(tx: &mut OrgTx<'_>, mailchimp: &Mailchimp, id: GroupId) -> QueryResult<Option<String>> {
    let asking = smart::asking_about(tx, id)?;
    match asking.first() {
        Some(title) => Ok(Some(format!(
            "The search of the smart group “{title}” asks who is in this group. Change that search first."
        ))),
        None => match store::awaited_by_import(tx, id)? {
            Some(file) => Ok(Some(format!(
                "Everybody in the file {file}, which is being imported, is to join this group. Wait until it is imported, or \
                 throw the file away."
            ))),
            None => mailchimp.holds(tx, id),
        },
    }
}

/// `POST /o/{organization}/groups/{group}/delete`
pub async fn submit(member: Member, path: GroupPath, mailchimp: Mailchimp) -> Answer {
    let id = path.1;
    let (title, step) = member
        .step(&undoable::GROUP_WITH_MEMBERS, id.0, move |tx| {
            let group = existing(tx, id)?;
            if let Some(sentence) = held(tx, &mailchimp, id)? {
                return Err(PageError::Refused(sentence));
            }
            actions::delete(tx, id)?;
            Ok(group.title)
        })
        .await?;
    member.say_done(Flash::success(format!("The group “{title}” has been deleted.")), step);
    Ok(member.redirect("groups"))
}
