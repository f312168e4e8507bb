//! Removals that wait because they are unusually many: who they are, and what is to become of them.

use super::{Link, link};
use crate::accounts::Member;
use crate::base::MappingId;
use crate::sync::breaker::{self, Waiting};
use crate::web::{self, Answer, Flash, Page, PageError};
use actix_web::web::{Form, Path};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

type LinkPath = Path<(String, MappingId)>;

/// People shown on the page; the answer is for all of them.
const PEOPLE_SHOWN: usize = 500;

#[derive(Template)]
#[template(path = "mailchimp/removals.html")]
struct RemovalsPage {
    page: Page,
    link: Link,
    people: Vec<Waiting>,
    /// How many would leave the group here, and how many would be removed at Mailchimp.
    here: usize,
    there: usize,
    percent: usize,
    at_least: usize,
    /// The latest of them: an answer is for those who are on this page.
    seen_until: String,
}

impl RemovalsPage {
    fn total(&self) -> usize {
        self.here + self.there
    }
}

/// `GET …/links/{link}/removals`
pub async fn show(member: Member, path: LinkPath) -> Answer {
    let id = path.1;
    let (link, mut people) = member
        .read(move |tx| {
            let link = link(tx, id)?;
            let people = breaker::waiting(tx, id)?;
            Ok::<_, PageError>((link, people))
        })
        .await?;
    let here = people.iter().filter(|waiting| waiting.leaves_here()).count();
    let there = people.len() - here;
    let latest = people.iter().map(|waiting| waiting.held_at).max();
    people.truncate(PEOPLE_SHOWN);
    web::show(RemovalsPage {
        page: member.page("mailchimp"),
        link,
        people,
        here,
        there,
        percent: breaker::SHARE_MAX_PERCENT,
        at_least: breaker::PEOPLE_MAX,
        seen_until: latest.map(|at| at.to_rfc3339()).unwrap_or_default(),
    })
}

/// What staff chose.
#[derive(Deserialize)]
pub struct Chosen {
    answer: String,
    seen_until: DateTime<Utc>,
}

/// `POST …/links/{link}/removals`
pub async fn answer(member: Member, path: LinkPath, chosen: Form<Chosen>) -> Answer {
    let (id, seen_until) = (path.1, chosen.seen_until);
    let answer = match chosen.answer.as_str() {
        "approve" => breaker::Answer::Approve,
        "keep" => breaker::Answer::Keep,
        _ => return Err(PageError::NotFound),
    };
    let count = member
        .write(move |tx| {
            let link = link(tx, id)?;
            Ok::<_, PageError>(breaker::answer(tx, &link.mapping, answer, seen_until)?)
        })
        .await?;
    let people = if count == 1 { "person is" } else { "people are" };
    member.say(match (count, answer) {
        (0, _) => Flash::warning("Somebody else answered already. Nothing was changed."),
        (_, breaker::Answer::Approve) => Flash::success(format!("{count} {people} being removed now.")),
        (_, breaker::Answer::Keep) => Flash::success(format!("{count} {people} kept. Nobody was removed.")),
    });
    Ok(member.redirect(&format!("mailchimp/links/{id}")))
}
