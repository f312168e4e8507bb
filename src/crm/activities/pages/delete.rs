//! Deleting an activity, after asking.

use super::super::actions;
use super::super::model::Activity;
use super::{ActivityPath, existing};
use crate::accounts::Member;
use crate::crm::undoable;
use crate::web::{self, Answer, Flash, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "activities/delete.html")]
struct DeletePage {
    page: Page,
    activity: Activity,
    when: String,
}

/// `GET /o/{organization}/activities/{activity}/delete`
pub async fn ask(member: Member, path: ActivityPath) -> Answer {
    let id = path.1;
    let activity = member.read(move |tx| existing(tx, id)).await?;
    web::show(DeletePage {
        page: member.page("activities"),
        when: member.organization.local(activity.is.activity_at),
        activity,
    })
}

/// `POST /o/{organization}/activities/{activity}/delete`
pub async fn delete(member: Member, path: ActivityPath) -> Answer {
    let id = path.1;
    let (activity, step) = member
        .step(&undoable::ACTIVITY, id.0, move |tx| {
            let activity = existing(tx, id)?;
            actions::delete(tx, &[id], "")?;
            Ok::<_, PageError>(activity)
        })
        .await?;
    let said = Flash::success(format!("“{}” has been deleted.", activity.title()));
    member.say_done(said.with("What it was stays readable in the Change Log."), step);
    Ok(match activity.is.with.as_slice() {
        [only] => member.redirect(&format!("contacts/{only}/activities")),
        _ => member.redirect("activities"),
    })
}
