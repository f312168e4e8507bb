//! The letter to a colleague who is assigned an activity.

use super::model::Activity;
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
        when: &here.local(activity.is.activity_at),
        due: &activity
            .is
            .due_on
            .map(|day| day.format("%b %-d, %Y").to_string())
            .unwrap_or_default(),
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
