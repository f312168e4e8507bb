//! The runs: when something was sent to Mailchimp, why, and what came of it.

use super::links;
use crate::accounts::Member;
use crate::base::MappingId;
use crate::sync::ledger::Call;
use crate::sync::runs::{self, Run};
use crate::web::{self, Answer, Choice, Page, PageError, Pager, page_number};
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;

/// What may stand in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The number of a link; empty: all.
    link: String,
    #[serde(deserialize_with = "page_number")]
    page: i64,
}

#[derive(Template)]
#[template(path = "mailchimp/runs.html")]
struct RunsPage {
    page: Page,
    links: Vec<Choice>,
    runs: Vec<(Run, String)>,
    pager: Pager,
}

/// `GET /o/{organization}/mailchimp/runs`
pub async fn list(member: Member, asked: Query<Asked>) -> Answer {
    let link: Option<MappingId> = asked.link.parse().ok();
    let wanted = asked.page;
    let (links, runs, number, total) = member
        .read(move |tx| {
            let total = runs::count(tx, link)?;
            let number = Pager::number(wanted, total);
            Ok::<_, PageError>((links(tx)?, runs::list(tx, link, number)?, number, total))
        })
        .await?;
    let choices = links.into_iter().map(|link| (link.mapping.id.to_string(), link.group));
    let all = std::iter::once((String::new(), "All linked groups".to_owned()));
    let at = member.at("mailchimp/runs");
    web::show(RunsPage {
        page: member.page("mailchimp"),
        links: Choice::list(all.chain(choices), &asked.link),
        runs: runs
            .into_iter()
            .map(|run| {
                let when = member.organization.local(run.started_at);
                (run, when)
            })
            .collect(),
        pager: Pager::of(number, total, |page| {
            format!(
                "{at}?link={}&page={page}",
                link.map_or_else(String::new, |id| id.to_string())
            )
        }),
    })
}

#[derive(Template)]
#[template(path = "mailchimp/run.html")]
struct RunPage {
    page: Page,
    run: Run,
    started: String,
    finished: Option<String>,
    calls: Vec<Call>,
    pager: Pager,
}

/// `GET /o/{organization}/mailchimp/runs/{run}`
pub async fn show(member: Member, path: Path<(String, i64)>, asked: Query<Asked>) -> Answer {
    let id = path.1;
    let wanted = asked.page;
    let (run, calls, number, total) = member
        .read(move |tx| {
            let run = runs::find(tx, id)?.ok_or(PageError::NotFound)?;
            let total = runs::count_calls(tx, id)?;
            let number = Pager::number(wanted, total);
            Ok::<_, PageError>((run, runs::calls(tx, id, number)?, number, total))
        })
        .await?;
    let at = member.at(&format!("mailchimp/runs/{id}"));
    web::show(RunPage {
        page: member.page("mailchimp"),
        started: member.organization.local(run.started_at),
        finished: run.finished_at.map(|at| member.organization.local(at)),
        run,
        calls,
        pager: Pager::of(number, total, |page| format!("{at}?page={page}")),
    })
}
