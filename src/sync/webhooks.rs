//! Our webhook in each mapped audience: installed when a mapping is switched on, checked from then on, repaired where
//! somebody changed it. Without it everything still arrives, one poll later.

use super::engine::{Stop, Worker};
use super::gone;
use crate::db::OrgTx;
use crate::db::schema::{audiences, webhook_doors};
use crate::incidents::{self, Kind};
use crate::mailchimp::{AudienceId, Class, Events, Problem, Sources, Webhook, WebhookSettings};
use crate::work;
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
        Ok(all) => all.into_iter().find(|webhook| is_ours(webhook, &wanted)),
        Err(problem) => return gone::or_stop(worker, audience, problem).await,
    };
    let (trouble, made) = match found {
        Some(webhook) if stands(&webhook, &wanted) => ("none", Ok(webhook)),
        Some(webhook) => {
            let repair = worker.client.update_webhook(&id, &webhook.id, &wanted);
            ("wrong", worker.ask(repair).await?)
        }
        None => {
            forget_signing_secret(worker, audience).await?;
            ("missing", worker.ask(worker.client.create_webhook(&id, &wanted)).await?)
        }
    };
    match made {
        Ok(webhook) => note_working(worker, audience, webhook).await,
        Err(problem) => note_problem(worker, audience, trouble, problem).await,
    }
}

/// Has the webhook of an audience looked at, and mended, as soon as possible.
pub fn want_look(tx: &mut OrgTx<'_>, audience: &str) -> QueryResult<()> {
    diesel::update(audiences::table.find((tx.organization().0, audience)))
        .set((
            audiences::webhook_checked_at.eq(None::<DateTime<Utc>>),
            audiences::polled_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(&mut **tx)?;
    let (organization, now) = (tx.organization(), tx.now());
    work::wake(tx, organization, work::Kind::Sync, now)
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

/// Leads to our door, perhaps under a former address of this system.
fn is_ours(webhook: &Webhook, wanted: &WebhookSettings) -> bool {
    let door = wanted.url.rsplit_once('/').map_or("", |(_, secret)| secret);
    webhook.url.ends_with(door)
}

fn stands(webhook: &Webhook, wanted: &WebhookSettings) -> bool {
    webhook.url == wanted.url && webhook.events == wanted.events && webhook.sources == wanted.sources
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

/// Mailchimp would not have our webhook, although it is missing or wrong: said on the page; polling goes on. The chosen people
/// are told where it had worked before, or where this system is one that Mailchimp should reach.
async fn note_problem(worker: &Worker, audience: &str, trouble: &'static str, problem: Problem) -> Result<(), Stop> {
    if !matches!(problem.class(), Class::Request | Class::Member) {
        return gone::or_stop(worker, audience, problem).await;
    }
    let (of, words) = (audience.to_owned(), problem.words());
    let link = worker.engine.connection_link(&worker.slug);
    let is_public = worker.engine.config.is_https();
    worker
        .write(move |tx| {
            let row = audiences::table.find((tx.organization().0, of.clone()));
            let (name, had_one): (String, bool) = row
                .clone()
                .select((audiences::name, audiences::webhook_id.is_not_null()))
                .first(&mut **tx)?;
            diesel::update(row)
                .set((
                    audiences::webhook_state.eq(trouble),
                    audiences::webhook_words.eq(&words),
                    audiences::webhook_checked_at.eq(tx.now()),
                ))
                .execute(&mut **tx)?;
            if had_one || is_public {
                let sentence = format!(
                    "Mailchimp no longer tells us of changes in the audience \u{201c}{name}\u{201d} at once: its message to us (webhook) \
                     is {trouble}, and Mailchimp did not let us repair it. Unsubscribes still arrive, a few minutes later. \
                     Mailchimp said: {words}"
                );
                incidents::open(tx, Kind::WebhookWrong, &of, &sentence, &link)?;
            }
            Ok(())
        })
        .await
}
