//! Delivers events to webhooks beside the answers of the API: signed, in order, repeated for 75 minutes, and spoilt on demand.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use tokio::sync::mpsc;
use url::form_urlencoded;

use super::clock::When;
use super::events::{Event, Kind, Webhook};
use super::problem::Problem;
use super::settings::WebhookSettings;
use super::shared::Shared;

/// When a delivery is tried, in seconds of the sandbox's clock after the event; then it is lost.
const TRIES_AT: [i64; 8] = [0, 60, 180, 420, 900, 1800, 3000, 4500];
/// How long a delivery that shall come too late waits for one to come before it.
const REORDER_WAIT: Duration = Duration::from_secs(2);
/// Older tries are forgotten.
const KEPT: usize = 20_000;

/// A try to deliver, as tests may ask for it.
#[derive(Serialize, Clone, Debug)]
pub struct Try {
    pub webhook_id: String,
    pub url: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Counts from 1; 0 means that it was never tried.
    pub attempt: usize,
    /// The status of the receiver's answer.
    pub status: Option<u16>,
    /// Why there is none.
    pub outcome: String,
    pub body: String,
}

#[derive(Default)]
pub struct DeliveryLog(Mutex<Vec<Try>>);

impl DeliveryLog {
    fn add(&self, entry: Try) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() >= KEPT {
            log.drain(..KEPT / 2);
        }
        log.push(entry);
    }

    pub fn all(&self) -> Vec<Try> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// One event on its way to one webhook.
#[derive(Clone)]
struct Parcel {
    webhook: Webhook,
    kind: Kind,
    body: String,
    since: When,
}

/// Hands events to one worker per webhook, which keeps their order.
pub async fn run(shared: Arc<Shared>, mut events: mpsc::UnboundedReceiver<Event>) {
    let mut workers: HashMap<String, mpsc::UnboundedSender<Parcel>> = HashMap::new();
    while let Some(event) = events.recv().await {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&event.fields)
            .finish();
        let since = shared.now();
        for webhook in event.webhooks {
            let worker = workers.entry(webhook.id.clone()).or_insert_with(|| {
                let (sender, parcels) = mpsc::unbounded_channel();
                tokio::task::spawn_local(work(Arc::clone(&shared), parcels));
                sender
            });
            // The worker lives as long as this loop.
            drop(worker.send(Parcel {
                webhook,
                kind: event.kind,
                body: body.clone(),
                since,
            }));
        }
    }
}

async fn work(shared: Arc<Shared>, mut parcels: mpsc::UnboundedReceiver<Parcel>) {
    while let Some(parcel) = parcels.recv().await {
        if shared.dice(|trouble| trouble.reorder) {
            let overtaking = tokio::time::timeout(REORDER_WAIT, parcels.recv()).await;
            if let Ok(Some(next)) = overtaking {
                send(&shared, next).await;
            }
        }
        send(&shared, parcel).await;
    }
}

impl Shared {
    /// Throws the dice for one of the webhooks' troubles.
    fn dice(&self, trouble: impl Fn(&WebhookSettings) -> f64) -> bool {
        let probability = self.read(|world| trouble(&world.settings().webhooks));
        probability > 0.0 && self.write(|world| world.ground_mut().ids.chance(probability))
    }
}

/// Delivers a parcel with the troubles in force. Only the first try is waited for.
async fn send(shared: &Arc<Shared>, parcel: Parcel) {
    let trouble = shared.read(|world| world.settings().webhooks.clone());
    if trouble.off || shared.dice(|trouble| trouble.drop) {
        parcel.log(shared, 0, None, "lost on purpose");
        return;
    }
    let copies = if shared.dice(|trouble| trouble.duplicate) { 2 } else { 1 };
    for _ in 0..copies {
        let parcel = parcel.clone();
        if trouble.delay_seconds > 0 || parcel.attempt(shared, 1).await == Next::Again {
            let first = if trouble.delay_seconds > 0 { 1 } else { 2 };
            tokio::task::spawn_local(keep_trying(Arc::clone(shared), parcel, first, trouble.delay_seconds));
        }
    }
}

async fn keep_trying(shared: Arc<Shared>, parcel: Parcel, first: usize, delay: i64) {
    for (attempt, at) in (1..).zip(TRIES_AT).skip(first - 1) {
        shared.wait_until(parcel.since + delay + at).await;
        if parcel.attempt(&shared, attempt).await == Next::Done {
            return;
        }
    }
    parcel.log(&shared, TRIES_AT.len(), None, "given up");
}

#[derive(PartialEq, Eq)]
enum Next {
    Done,
    Again,
}

impl Parcel {
    async fn attempt(&self, shared: &Shared, attempt: usize) -> Next {
        let id = &self.webhook.id;
        let (still_wanted, patience) = shared.read(|world| {
            let patience = world.settings().webhooks.patience_seconds;
            (world.wants_deliveries(id), Duration::from_secs(patience))
        });
        if !still_wanted {
            self.log(shared, attempt, None, "the webhook is gone");
            return Next::Done;
        }
        let mut request = CLIENT.post(&self.webhook.url).header("User-Agent", "MailChimp.com");
        if let Some(secret) = &self.webhook.secret {
            request = request.header("X-Mailchimp-Signature", signature(secret, real_seconds(), &self.body));
        }
        let sent = request
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(self.body.clone())
            .timeout(patience)
            .send()
            .await;
        match sent {
            Ok(answer) => {
                let status = answer.status().as_u16();
                self.log(shared, attempt, Some(status), "answered");
                if status == 410 {
                    self.disable(shared);
                }
                if answer.status().is_success() || status == 410 {
                    Next::Done
                } else {
                    Next::Again
                }
            }
            Err(error) => {
                self.log(
                    shared,
                    attempt,
                    None,
                    if error.is_timeout() {
                        "no answer in time"
                    } else {
                        "not reached"
                    },
                );
                Next::Again
            }
        }
    }

    /// A receiver that answers 410 never wants to hear of us again.
    fn disable(&self, shared: &Shared) {
        shared.write(|world| {
            for audience in &mut world.audiences {
                if audience
                    .head
                    .webhooks
                    .iter()
                    .any(|webhook| webhook.id == self.webhook.id)
                {
                    audience
                        .head_mut()
                        .webhooks
                        .iter_mut()
                        .filter(|webhook| webhook.id == self.webhook.id)
                        .for_each(|webhook| webhook.disabled = true);
                }
            }
        });
    }

    fn log(&self, shared: &Shared, attempt: usize, status: Option<u16>, outcome: &str) {
        shared.deliveries.add(Try {
            webhook_id: self.webhook.id.clone(),
            url: self.webhook.url.clone(),
            kind: self.kind.name(),
            attempt,
            status,
            outcome: outcome.to_owned(),
            body: self.body.clone(),
        });
    }
}

/// The `X-Mailchimp-Signature` of a delivery.
fn signature(secret: &str, at: u64, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
}

/// The receiver compares with its own clock, which nobody moves.
fn real_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    // Fails only if somebody installed one before, which serves as well.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap_or_default()
});

/// Asks a new webhook's URL whether it works, as Mailchimp does before taking it.
pub async fn check_url(url: &str, patience_seconds: u64) -> Result<(), Problem> {
    let asked = CLIENT
        .get(url)
        .header("User-Agent", "MailChimp.com WebHook Validator")
        .timeout(Duration::from_secs(patience_seconds))
        .send()
        .await;
    let status = asked.map_or(0, |answer| answer.status().as_u16());
    if (200..300).contains(&status) {
        return Ok(());
    }
    let detail =
        format!("We couldn't verify the URL is working. Please double check and try again. HTTP Code: {status}");
    Err(Problem {
        errors: vec![("url".to_owned(), detail.clone())],
        ..Problem::invalid(detail)
    })
}

#[cfg(test)]
mod tests {
    use super::signature;

    /// The documented test vector.
    #[test]
    fn a_signature_is_the_documented_one() {
        let body =
            "type=unsubscribe&fired_at=2026-03-01+10%3A00%3A00&data%5Bemail%5D=a%40b.ch&data%5Blist_id%5D=a36b032126";
        let wanted = "t=1772359200,v1=523705c81045efb2c766fa3b0782e09ef805fd8380f25aea8e0cf3fd9ec29805";
        assert_eq!(signature("whsec_test", 1_772_359_200, body), wanted);
    }
}
