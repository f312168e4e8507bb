//! Our webhook in each mapped audience: installed when a mapping is switched on, checked from then on, repaired where
//! somebody changed it. Without it everything still arrives, one poll later.

use super::engine::{Stop, Worker};
use crate::db::OrgTx;
use crate::db::schema::{audiences, webhook_doors};
use crate::incidents::{self, Kind};
use crate::mailchimp::{AudienceId, Class, Events, Problem, Sources, Webhook, WebhookSettings};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

/// How often a working webhook is looked at.
const CHECK_EVERY: TimeDelta = TimeDelta::hours(1);

/// The path Mailchimp knocks at.
pub const DOOR: &str = "/hooks/mailchimp/";

/// Looks at the webhook of an audience if that is due, and installs or repairs it.
pub async fn tend(worker: &Worker, audience: &str) -> Result<(), Stop> {
    let of = audience.to_owned();
    let checked: Option<DateTime<Utc>> = worker
        .read(move |tx| {
            Ok(audiences::table
                .find((tx.organization().0, of))
                .select(audiences::webhook_checked_at)
                .first(&mut **tx)?)
        })
        .await?;
    let now = worker.engine.clock().now();
    if checked.is_some_and(|checked| now - checked < CHECK_EVERY) {
        return Ok(());
    }
    let Some(id) = AudienceId::parse(audience) else {
        return Ok(());
    };
    let wanted = wanted(worker, audience);
    open_door(worker, audience).await?;
    let found = match worker.ask(worker.client.webhooks(&id)).await? {
        Ok(found) => found.into_iter().find(|webhook| webhook.url == wanted.url),
        Err(problem) => return note_problem(worker, audience, problem).await,
    };
    let made = match found {
        Some(webhook) if stands(&webhook, &wanted) => Ok(webhook),
        Some(webhook) => {
            worker
                .ask(worker.client.update_webhook(&id, &webhook.id, &wanted))
                .await?
        }
        None => {
            forget_signing_secret(worker, audience).await?;
            worker.ask(worker.client.create_webhook(&id, &wanted)).await?
        }
    };
    match made {
        Ok(webhook) => note_working(worker, audience, webhook).await,
        Err(problem) => note_problem(worker, audience, problem).await,
    }
}

/// Removes our webhook, as far as Mailchimp lets us; for a disconnect.
pub async fn remove(
    client: &crate::mailchimp::Client,
    audience: &AudienceId,
    webhook: &crate::mailchimp::WebhookId,
) -> Result<(), Problem> {
    client.delete_webhook(audience, webhook).await
}

fn wanted(worker: &Worker, audience: &str) -> WebhookSettings {
    let secret = worker.engine.seal.webhook_secret(worker.lease.organization, audience);
    WebhookSettings {
        url: worker.engine.config.link(&format!("{DOOR}{secret}")),
        events: Events {
            subscribe: true,
            unsubscribe: true,
            profile: true,
            cleaned: true,
            upemail: true,
            campaign: false,
        },
        // `api` off: what we wrote ourselves must not come back.
        sources: Sources {
            user: true,
            admin: true,
            api: false,
        },
    }
}

fn stands(webhook: &Webhook, wanted: &WebhookSettings) -> bool {
    webhook.events == wanted.events && webhook.sources == wanted.sources
}

/// The hash of a secret path leads to the organization: nobody can guess a path, and a stolen table opens none.
pub fn door_hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

async fn open_door(worker: &Worker, audience: &str) -> Result<(), Stop> {
    let hash = door_hash(&worker.engine.seal.webhook_secret(worker.lease.organization, audience));
    let (organization, of) = (worker.lease.organization, audience.to_owned());
    worker
        .engine
        .db
        .shared(move |tx| {
            diesel::insert_into(webhook_doors::table)
                .values((
                    webhook_doors::secret_hash.eq(hash),
                    webhook_doors::organization_id.eq(organization),
                    webhook_doors::audience_id.eq(of),
                ))
                .on_conflict_do_nothing()
                .execute(&mut **tx)?;
            Ok::<_, Stop>(())
        })
        .await
}

async fn note_working(worker: &Worker, audience: &str, webhook: Webhook) -> Result<(), Stop> {
    let of = audience.to_owned();
    let signing = webhook
        .signing_secret
        .as_ref()
        .map(|secret| worker.engine.seal.seal(worker.lease.organization, secret))
        .transpose()?;
    worker
        .write(move |tx| {
            let row = || audiences::table.find((tx_organization(tx), of.clone()));
            diesel::update(row())
                .set((
                    audiences::webhook_id.eq(webhook.id.as_str()),
                    audiences::webhook_state.eq("working"),
                    audiences::webhook_words.eq(None::<String>),
                    audiences::webhook_checked_at.eq(tx.now()),
                ))
                .execute(&mut **tx)?;
            if let Some(signing) = signing {
                // Told once, when the webhook is made.
                let row = audiences::table.find((tx_organization(tx), of.clone()));
                diesel::update(row)
                    .set(audiences::webhook_signing_secret.eq(signing))
                    .execute(&mut **tx)?;
            }
            incidents::close(
                tx,
                Kind::WebhookWrong,
                &of,
                "Mailchimp tells us of changes at once again.",
            )?;
            Ok(())
        })
        .await
}

/// A former webhook's secret would refuse every delivery of the new one.
async fn forget_signing_secret(worker: &Worker, audience: &str) -> Result<(), Stop> {
    let of = audience.to_owned();
    worker
        .write(move |tx| {
            diesel::update(audiences::table.find((tx.organization().0, of)))
                .set(audiences::webhook_signing_secret.eq(None::<Vec<u8>>))
                .execute(&mut **tx)?;
            Ok(())
        })
        .await
}

fn tx_organization(tx: &OrgTx<'_>) -> i64 {
    tx.organization().0
}

/// Mailchimp would not have our webhook: said on the page; polling goes on. Only a token or audience problem stops the run.
async fn note_problem(worker: &Worker, audience: &str, problem: Problem) -> Result<(), Stop> {
    if problem.class() == Class::Connection {
        return Err(Stop::Mailchimp(problem));
    }
    let (of, words) = (audience.to_owned(), problem.words());
    worker
        .write(move |tx| {
            diesel::update(audiences::table.find((tx.organization().0, of)))
                .set((
                    audiences::webhook_state.eq("refused"),
                    audiences::webhook_words.eq(words),
                    audiences::webhook_checked_at.eq(tx.now()),
                ))
                .execute(&mut **tx)?;
            Ok(())
        })
        .await
}
