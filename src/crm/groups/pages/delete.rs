//! Deleting a group, after asking; what ties it to Mailchimp must be undone first.

use super::super::model::Group;
use super::super::{actions, store};
use super::{GroupPath, Mailchimp, existing};
use crate::accounts::Member;
use crate::web::{self, Answer, Flash, Page, PageError};
use askama::Template;

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
            Ok::<_, PageError>((group, store::member_count(tx, id)?, mailchimp.holds(tx, id)?))
        })
        .await?;
    web::show(DeletePage {
        page: member.page("groups"),
        group,
        members,
        held,
    })
}

/// `POST /o/{organization}/groups/{group}/delete`
pub async fn submit(member: Member, path: GroupPath, mailchimp: Mailchimp) -> Answer {
    let id = path.1;
    let title = member
        .write(move |tx| {
            let group = existing(tx, id)?;
            if let Some(sentence) = mailchimp.holds(tx, id)? {
                return Err(PageError::Refused(sentence));
            }
            actions::delete(tx, id)?;
            Ok(group.title)
        })
        .await?;
    member.say(Flash::success(format!("The group “{title}” has been deleted.")));
    Ok(member.redirect("groups"))
}
