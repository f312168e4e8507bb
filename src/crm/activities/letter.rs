//! The letter to a colleague who is assigned an activity.

use super::model::{Activity, ActivityDraft};
use crate::accounts::model::{Colleague, Organization};
use crate::base::EmailAddress;
use crate::config::Config;
use crate::db::OrgTx;
use crate::mail::{self, Letter};
use askama::Template;
use diesel::QueryResult;

#[derive(Template)]
#[template(path = "activities/assigned.txt")]
struct Assigned<'a> {
    name: &'a str,
    by: &'a str,
    organization: &'a str,
    title: &'a str,
    /// With how many contacts one each, where it is not one activity.
    contacts: i32,
    when: &'a str,
    due: &'a str,
    link: &'a str,
}

/// Tells a colleague that an activity is theirs now. Who has no address that can be written to is told by the list only.
pub(super) fn tell(
    tx: &mut OrgTx<'_>,
    config: &Config,
    here: &Organization,
    colleague: &Colleague,
    activity: &Activity,
) -> QueryResult<()> {
    let Ok(to) = EmailAddress::parse(&colleague.email) else {
        return Ok(());
    };
    let text = Assigned {
        name: &colleague.name,
        by: tx.actor().name(),
        organization: &here.name,
        title: &activity.title(),
        contacts: 0,
        when: &here.local(activity.is.activity_at),
        due: &due(&activity.is),
        link: &config.link(&format!("/o/{}/activities/{}", here.slug, activity.id)),
    };
    let letter = Letter {
        to,
        subject: format!("Assigned to you: {}", activity.title()),
        // The template holds text only; rendering text cannot fail.
        body: text.render().unwrap_or_default(),
    };
    mail::post(tx, Some(here.id), &letter)
}

/// Tells a colleague that an activity with each of so many contacts is theirs now.
pub(super) fn tell_of_many(
    tx: &mut OrgTx<'_>,
    config: &Config,
    here: &Organization,
    colleague: &Colleague,
    (draft, type_name): (&ActivityDraft, &str),
    contacts: i32,
) -> QueryResult<()> {
    let Ok(to) = EmailAddress::parse(&colleague.email) else {
        return Ok(());
    };
    let title = draft.title(type_name);
    let text = Assigned {
        name: &colleague.name,
        by: tx.actor().name(),
        organization: &here.name,
        title: &title,
        contacts,
        when: &here.local(draft.activity_at),
        due: &due(draft),
        link: &config.link(&format!("/o/{}/activities?whose=mine&state=open", here.slug)),
    };
    let letter = Letter {
        to,
        subject: format!("Assigned to you: {title}"),
        body: text.render().unwrap_or_default(),
    };
    mail::post(tx, Some(here.id), &letter)
}

fn due(draft: &ActivityDraft) -> String {
    let day = draft.due_on.map(|day| day.format("%b %-d, %Y").to_string());
    day.unwrap_or_default()
}
