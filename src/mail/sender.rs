//! The task that empties the outbox. Every process has one; they share the work without doing any of it twice.

use super::outbox::{self, Outgoing};
use super::post_office::PostOffice;
use crate::config::MailTransport;
use crate::db::Db;
use crate::work::Wakes;
use lettre::message::Mailbox;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often the outbox is looked at without being woken: for letters whose wait is over.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// How long one attempt may last: shorter than the outbox waits before the next.
const ATTEMPT_LASTS: Duration = Duration::from_secs(45);

/// Starts sending, until `stop` says so. Fails only when the way out is not understood.
pub fn start(
    db: Db,
    transport: &MailTransport,
    from: Mailbox,
    wakes: Wakes,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<JoinHandle<()>> {
    let office = PostOffice::open(transport, from)?;
    Ok(tokio::spawn(async move {
        while !stop.load(Ordering::Relaxed) {
            // Registered before looking, so that no letter posted meanwhile is missed.
            let woken = wakes.next();
            if let Err(error) = empty(&db, &office, &stop).await {
                tracing::warn!(error = format!("{error:#}"), "the outbox could not be looked at");
            }
            if !stop.load(Ordering::Relaxed) {
                let _ = tokio::time::timeout(LOOK_EVERY, woken).await;
            }
        }
    }))
}

async fn empty(db: &Db, office: &PostOffice, stop: &AtomicBool) -> anyhow::Result<()> {
    while !stop.load(Ordering::Relaxed) {
        let taken: anyhow::Result<Option<Outgoing>> = db.shared(|tx| Ok(outbox::take(tx)?)).await;
        let Some(letter) = taken? else {
            break;
        };
        deliver(db, office, letter).await?;
    }
    let cleared: anyhow::Result<usize> = db.shared(|tx| Ok(outbox::clear(tx)?)).await;
    cleared?;
    Ok(())
}

async fn deliver(db: &Db, office: &PostOffice, letter: Outgoing) -> anyhow::Result<()> {
    let attempt = tokio::time::timeout(ATTEMPT_LASTS, office.send(&letter)).await;
    let complaint = match attempt {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("{error:#}")),
        Err(_) => Some("the mail server did not answer in time".to_owned()),
    };
    let (id, forgets) = (letter.id, office.forgets());
    match complaint {
        None => db.shared(move |tx| Ok(outbox::sent(tx, id, forgets)?)).await,
        Some(complaint) => {
            // What the server said stands in the outbox; it may quote an address, so not in the log.
            tracing::warn!(
                letter = id,
                attempt = letter.attempts + 1,
                "a letter could not be sent yet"
            );
            db.shared(move |tx| Ok(outbox::failed(tx, id, &complaint)?)).await
        }
    }
}
