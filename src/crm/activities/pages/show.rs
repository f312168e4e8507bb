//! One activity: all of it, what it goes on from and what goes on from it.

use super::super::actions;
use super::super::model::Activity;
use super::super::store::{self, ActivityFilter};
use super::{ActivityPath, Settings, existing};
use crate::accounts::Member;
use crate::accounts::model::Organization;
use crate::crm::undoable;
use crate::web::{self, Answer, Flash, PAGE_SIZE, Page, PageError};
use askama::Template;
use chrono::{DateTime, Utc};

#[derive(Template)]
#[template(path = "activities/show.html")]
struct ActivityPage {
    page: Page,
    activity: Activity,
    goes_on_from: Option<Activity>,
    follow_ups: Vec<Activity>,
    is_overdue: bool,
    organization: Organization,
}

impl ActivityPage {
    /// A moment in the organization's time zone.
    fn local(&self, moment: &DateTime<Utc>) -> String {
        self.organization.local(*moment)
    }
}

/// `GET /o/{organization}/activities/{activity}`
pub async fn show(member: Member, path: ActivityPath) -> Answer {
    let id = path.1;
    let (activity, goes_on_from, follow_ups) = member
        .read(move |tx| {
            let activity = existing(tx, id)?;
            let goes_on_from = match activity.is.follow_up_of {
                Some(before) => store::find(tx, before)?,
                None => None,
            };
            let after = ActivityFilter {
                follow_up_of: Some(id),
                ..ActivityFilter::default()
            };
            Ok::<_, PageError>((activity, goes_on_from, store::list(tx, &after, 0, PAGE_SIZE)?))
        })
        .await?;
    web::show(ActivityPage {
        page: member.page("activities"),
        is_overdue: activity.is_overdue(member.person().db().clock().now(), member.today()),
        activity,
        goes_on_from,
        follow_ups,
        organization: member.organization.clone(),
    })
}

/// `POST /o/{organization}/activities/{activity}/completion`
pub async fn complete(member: Member, path: ActivityPath, config: Settings) -> Answer {
    let id = path.1;
    let (title, step) = member
        .step(&undoable::ACTIVITY, id.0, move |tx| {
            let title = existing(tx, id)?.title();
            actions::complete(tx, &config, id)?;
            Ok::<_, PageError>(title)
        })
        .await?;
    member.say_done(Flash::success(format!("“{title}” is completed.")), step);
    Ok(member.redirect(&format!("activities/{id}")))
}
