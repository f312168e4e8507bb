//! A link: its arithmetic (everybody of the group in exactly one class), its last calls, and what can be done with it.

use super::{Link, link};
use crate::accounts::Member;
use crate::base::MappingId;
use crate::db::OrgTx;
use crate::mailchimp::{AudienceId, WebhookId};
use crate::sync::decide::{Removal, Standing};
use crate::sync::engine::Engine;
use crate::sync::ledger::{self, Call, Count};
use crate::sync::switch::{self, OffError, OptedOut};
use crate::sync::{breaker, connection};
use crate::sync::{standing, webhooks};
use crate::web::{self, Answer, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use askama::Template;
use chrono::TimeDelta;
use serde::Deserialize;

type LinkPath = Path<(String, MappingId)>;

/// People called by name before a link is switched off over their heads.
const PEOPLE_NAMED: usize = 20;
/// Calls shown on the page of a link.
const CALLS_SHOWN: i64 = 20;

#[derive(Template)]
#[template(path = "mailchimp/link.html")]
struct LinkPage {
    page: Page,
    link: Link,
    state: State,
    switched_on: String,
    removal: &'static str,
    latency: String,
}

#[derive(Template)]
#[template(path = "mailchimp/link_state.html")]
struct LinkState {
    page: Page,
    link: Link,
    state: State,
}

/// What changes while the page is open.
struct State {
    counts: Vec<Class>,
    group_size: i64,
    here_before: i64,
    only_there_before: i64,
    calls: Vec<Shown>,
    polled_at: Option<String>,
    webhook_heard_at: Option<String>,
    removals_held: i64,
}

struct Class {
    tone: &'static str,
    label: &'static str,
    count: i64,
    query: String,
}

struct Shown {
    call: Call,
    at: String,
}

/// `GET /o/{organization}/mailchimp/links/{link}`
pub async fn show(member: Member, path: LinkPath) -> Answer {
    let id = path.1;
    let organization = member.organization.clone();
    let (link, state, switched_on, latency) = member
        .read(move |tx| {
            let link = link(tx, id)?;
            let state = gather(tx, &link, &organization)?;
            let (by, at) = ledger::switched_on(tx, id)?;
            let a_day_ago = tx.now() - TimeDelta::days(1);
            let latency = ledger::latency(tx, id, a_day_ago)?;
            Ok::<_, PageError>((link, state, format!("{by}, {}", organization.local(at)), latency))
        })
        .await?;
    let latency = latency.map_or_else(
        || "Nothing was sent in the last day.".into(),
        |latency| {
            format!(
                "In the last day half of them were at Mailchimp within {}, 99 of 100 within {} ({} sent).",
                duration(latency.half),
                duration(latency.nearly_all),
                latency.changes
            )
        },
    );
    let removal = match link.mapping.policy.removal {
        Removal::Archive => "Archived at Mailchimp",
        Removal::Unsubscribe => "Unsubscribed at Mailchimp",
        Removal::Leave => "Left alone at Mailchimp",
    };
    web::show(LinkPage {
        page: member.page("mailchimp"),
        link,
        state,
        switched_on,
        removal,
        latency,
    })
}

/// "0.4 seconds", "12 minutes", "3 hours".
fn duration(seconds: f64) -> String {
    match seconds {
        ..90.0 => format!("{seconds:.1} seconds"),
        ..5_400.0 => format!("{:.0} minutes", seconds / 60.0),
        _ => format!("{:.0} hours", seconds / 3_600.0),
    }
}

/// `POST …/webhook`: has the webhook looked at, and mended where it is wrong.
pub async fn check_webhook(member: Member, path: LinkPath) -> Answer {
    let id = path.1;
    member
        .write(move |tx| {
            let link = link(tx, id)?;
            Ok::<_, PageError>(webhooks::want_look(tx, &link.audience.id)?)
        })
        .await?;
    member.say(Flash::success(
        "Mailchimp is being asked about its messages to us. What is wrong is put right; look again in a moment.",
    ));
    Ok(member.redirect("mailchimp"))
}

/// `GET /o/{organization}/mailchimp/links/{link}/state`: the live part.
pub async fn state(member: Member, path: LinkPath) -> Answer {
    let id = path.1;
    let organization = member.organization.clone();
    let (link, state) = member
        .read(move |tx| {
            let link = link(tx, id)?;
            let state = gather(tx, &link, &organization)?;
            Ok::<_, PageError>((link, state))
        })
        .await?;
    web::show(LinkState {
        page: member.part(),
        link,
        state,
    })
}

fn gather(
    tx: &mut OrgTx<'_>,
    link: &Link,
    organization: &crate::accounts::model::Organization,
) -> Result<State, PageError> {
    let ledger = ledger::counts(tx, &link.mapping)?;
    let calls = ledger::latest_calls(tx, link.mapping.id, CALLS_SHOWN)?;
    let counts = ledger
        .counts
        .iter()
        .map(|Count { standing, count }| {
            let (kind, reason) = standing::stored(*standing);
            Class {
                tone: standing::tone(*standing),
                label: standing::class(*standing),
                count: *count,
                query: format!("standing={kind}&reason={reason}"),
            }
        })
        .collect();
    let here_before = ledger
        .counts
        .iter()
        .filter(|c| c.standing == Standing::HereBefore)
        .map(|c| c.count)
        .sum();
    Ok(State {
        counts,
        group_size: ledger.group_size,
        here_before,
        only_there_before: ledger.only_there_before,
        calls: calls
            .into_iter()
            .map(|call| Shown {
                at: organization.local(call.planned_at),
                call,
            })
            .collect(),
        polled_at: link.audience.polled_at.map(|at| organization.local(at)),
        webhook_heard_at: link.audience.webhook_heard_at.map(|at| organization.local(at)),
        removals_held: breaker::waiting_count(tx, link.mapping.id)?,
    })
}

/// `POST …/include-group`
pub async fn include_group(member: Member, path: LinkPath) -> Answer {
    let id = path.1;
    let count = member
        .write(move |tx| {
            let link = link(tx, id)?;
            Ok::<_, PageError>(switch::include_group(tx, &link.mapping)?)
        })
        .await?;
    let people = if count == 1 { "contact is" } else { "contacts are" };
    member.say(Flash::success(format!("{count} {people} included now.")));
    Ok(member.redirect(&format!("mailchimp/links/{id}")))
}

/// `POST …/include-audience`
pub async fn include_audience(member: Member, path: LinkPath) -> Answer {
    let id = path.1;
    member
        .write(move |tx| {
            let link = link(tx, id)?;
            Ok::<_, PageError>(switch::include_audience(tx, &link.mapping)?)
        })
        .await?;
    member.say(Flash::success(
        "The audience's members are being brought into the group.",
    ));
    Ok(member.redirect(&format!("mailchimp/links/{id}")))
}

#[derive(Template)]
#[template(path = "mailchimp/link_off.html")]
struct OffPage {
    page: Page,
    link: Link,
    /// Whose opt-out has not reached Mailchimp yet.
    waiting: Vec<OptedOut>,
    /// It was tried, and nothing was switched off.
    was_refused: bool,
}

impl OffPage {
    fn named(&self) -> &[OptedOut] {
        self.waiting.get(..PEOPLE_NAMED).unwrap_or(&self.waiting)
    }
}

/// `GET …/off`
pub async fn ask_off(member: Member, path: LinkPath) -> Answer {
    let id = path.1;
    let (link, waiting) = member
        .read(move |tx| {
            let link = link(tx, id)?;
            let waiting = switch::opt_outs_that_wait(tx, &link.mapping)?;
            Ok::<_, PageError>((link, waiting))
        })
        .await?;
    web::show(OffPage {
        page: member.page("mailchimp"),
        link,
        waiting,
        was_refused: false,
    })
}

/// Whether staff switch off although opt-outs wait.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Confirmed {
    all_the_same: String,
}

/// `POST …/off`
pub async fn off(member: Member, engine: Data<Engine>, path: LinkPath, confirmed: Form<Confirmed>) -> Answer {
    let id = path.1;
    let whoever_waits = confirmed.all_the_same == "yes";
    let (link, switched) = member
        .write(move |tx| {
            let link = link(tx, id)?;
            let switched = match switch::off(tx, &link.mapping, whoever_waits) {
                Ok(()) => Ok(connection::find(tx)?),
                Err(OffError::OptOutsWait(waiting)) => Err(waiting),
                Err(OffError::Database(error)) => return Err(error.into()),
                Err(OffError::Unavailable(error)) => return Err(error.into()),
            };
            Ok::<_, PageError>((link, switched))
        })
        .await?;
    let connection = match switched {
        Ok(connection) => connection,
        Err(waiting) => {
            let page = OffPage {
                page: member.page("mailchimp"),
                link,
                waiting,
                was_refused: true,
            };
            return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
        }
    };
    // As far as Mailchimp lets us: a webhook without a door is refused here anyway.
    let client = connection
        .map(|c| engine.client(member.organization.id, &c))
        .transpose()?
        .flatten();
    let ids = AudienceId::parse(&link.audience.id).zip(link.audience.webhook_id.as_deref().and_then(WebhookId::parse));
    if let (Some(client), Some((audience, webhook))) = (client, ids)
        && let Err(problem) = webhooks::remove(&client, &audience, &webhook).await
    {
        tracing::warn!(%problem, "a webhook could not be removed when its link was switched off");
    }
    member.say(Flash::success(
        "The link is switched off. Nobody was changed, here or at Mailchimp.",
    ));
    Ok(member.redirect("mailchimp"))
}
