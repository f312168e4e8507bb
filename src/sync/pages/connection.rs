//! The connection page: the account, the linked groups, the audiences, and how healthy everything is.

use super::connect;
use super::{Link, links};
use crate::accounts::Member;
use crate::accounts::model::Organization;
use crate::mailchimp::{AudienceId, WebhookId};
use crate::sync::audiences::{self, Audience};
use crate::sync::connection::{self, Connection};
use crate::sync::engine::Engine;
use crate::sync::{review_count, webhooks};
use crate::web::{self, Answer, Flash, Page, PageError};
use actix_web::web::Data;
use askama::Template;

#[derive(Template)]
#[template(path = "mailchimp/connection.html")]
struct ConnectionPage {
    page: Page,
    offered: bool,
    connection: Option<Shown>,
    links: Vec<Health>,
    audiences: Vec<Audience>,
    to_review: i64,
}

/// How a link fares: its audience, and the message by which Mailchimp tells us of changes (its webhook).
struct Health {
    link: Link,
    tone: &'static str,
    sentence: &'static str,
    /// What Mailchimp said, where something is wrong.
    words: Option<String>,
    /// When it last told us something, and when we last looked whether it would.
    heard_at: Option<String>,
    checked_at: Option<String>,
}

impl Health {
    fn of(link: Link, organization: &Organization) -> Self {
        let audience = &link.audience;
        let (tone, sentence) = match audience.webhook_state.as_str() {
            _ if !link.mapping.is_on => (
                "bad",
                "The audience is gone at Mailchimp, so this link rests. All others go on; this one does when it is back.",
            ),
            _ if audience.webhook_checked_at.is_none() => ("info", "Being looked at now."),
            "working" => (
                "good",
                "Mailchimp tells us of changes at once: its webhook is there, with the right address and the right events.",
            ),
            "wrong" => (
                "warn",
                "Mailchimp's webhook was changed there and could not be put right. Changes arrive a few minutes later; nothing is missed.",
            ),
            "missing" | "refused" => (
                "warn",
                "Mailchimp has no webhook to tell us of changes, and none could be installed. Changes arrive a few minutes later; \
                 nothing is missed.",
            ),
            _ => ("info", "We look for changes at every interval."),
        };
        Self {
            tone,
            sentence,
            words: audience.webhook_words.clone().filter(|_| tone == "warn"),
            heard_at: audience.webhook_heard_at.map(|at| organization.local(at)),
            checked_at: audience.webhook_checked_at.map(|at| organization.local(at)),
            link,
        }
    }
}

/// The connection with its moments in the organization's time.
struct Shown {
    connection: Connection,
    connected_at: String,
    refused_at: Option<String>,
    last_success_at: Option<String>,
    next_look: Option<String>,
    /// Mailchimp's word, readable: "forever free".
    plan: String,
}

/// `GET /o/{organization}/mailchimp`
pub async fn show(member: Member, engine: Data<Engine>) -> Answer {
    let (connection, links, audiences, to_review) = member
        .read(|tx| {
            Ok::<_, PageError>((
                connection::find(tx)?,
                links(tx)?,
                audiences::list(tx)?,
                review_count(tx)?,
            ))
        })
        .await?;
    let local = |at| member.organization.local(at);
    let interval = chrono::TimeDelta::from_std(engine.config.mailchimp_poll_interval).unwrap_or_default();
    let next = links
        .iter()
        .filter_map(|link| link.audience.polled_at)
        .min()
        .map(|at| local(at + interval));
    let connection = connection.map(|connection| Shown {
        connected_at: local(connection.connected_at),
        refused_at: connection.refused_at.map(local),
        last_success_at: connection.last_success_at.map(local),
        next_look: next.filter(|_| connection.is_connected()),
        plan: connection.plan_in_words(),
        connection,
    });
    web::show(ConnectionPage {
        page: member.page("mailchimp"),
        offered: engine.config.mailchimp.is_some(),
        connection,
        links: links
            .into_iter()
            .map(|link| Health::of(link, &member.organization))
            .collect(),
        audiences,
        to_review,
    })
}

/// `POST /o/{organization}/mailchimp/audiences`: reads the list again.
pub async fn read_audiences(member: Member, engine: Data<Engine>) -> Answer {
    let organization = &member.organization;
    connect::read_audiences(&engine, organization.id, &organization.slug, member.actor()).await?;
    member.say(Flash::success("The list of audiences is up to date."));
    Ok(member.redirect("mailchimp"))
}

#[derive(Template)]
#[template(path = "mailchimp/disconnect.html")]
struct DisconnectPage {
    page: Page,
    account: String,
}

/// `GET /o/{organization}/mailchimp/disconnect`
pub async fn ask_disconnect(member: Member) -> Answer {
    let connection = member.read(|tx| Ok::<_, PageError>(connection::find(tx)?)).await?;
    let connection = connection.ok_or(PageError::NotFound)?;
    web::show(DisconnectPage {
        page: member.page("mailchimp"),
        account: connection.account_name,
    })
}

/// `POST /o/{organization}/mailchimp/disconnect`: removes our webhooks as far as Mailchimp lets us, then forgets the token.
pub async fn disconnect(member: Member, engine: Data<Engine>) -> Answer {
    let (connection, audiences) = member
        .read(|tx| Ok::<_, PageError>((connection::find(tx)?, audiences::list(tx)?)))
        .await?;
    let connection = connection.ok_or(PageError::NotFound)?;
    if let Some(client) = engine.client(member.organization.id, &connection)? {
        for audience in audiences {
            let ids = AudienceId::parse(&audience.id).zip(audience.webhook_id.as_deref().and_then(WebhookId::parse));
            let Some((audience, webhook)) = ids else { continue };
            if let Err(problem) = webhooks::remove(&client, &audience, &webhook).await {
                tracing::warn!(%problem, "a webhook could not be removed at a disconnect");
            }
        }
    }
    member
        .write(|tx| Ok::<_, PageError>(connection::disconnect(tx)?))
        .await?;
    member.say(Flash::success("Mailchimp is disconnected.").with(
        "Your links rest until somebody connects again. Also remove this app in Mailchimp under Integrations, if you no longer need it.",
    ));
    Ok(member.redirect("mailchimp"))
}
