//! The webhooks of an audience: where Mailchimp shall tell us of changes, of which and by whom. What it then sends is
//! read in [`webhook`](super::webhook).

use std::fmt;

use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};

use super::audiences::{AudienceId, is_plain};
use super::client::{Call, Client, Route};
use super::problem::{Kind, Problem};
use super::wire;

static WEBHOOKS: Route = Route::of_audience("/lists/{list_id}/webhooks");
static WEBHOOK: Route = Route::below_audience("/lists/{list_id}/webhooks/{webhook_id}");

/// Mailchimp's id of a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct WebhookId(String);

impl WebhookId {
    /// Reads an id; `None` when it could not stand in a path.
    pub fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && is_plain(text)).then(|| Self(text.to_owned()))
    }

    /// The id as Mailchimp writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for WebhookId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a webhook id")
    }
}

/// Of which changes Mailchimp tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Events {
    /// Somebody subscribed, or confirmed.
    pub subscribe: bool,
    /// Somebody unsubscribed, or was archived.
    pub unsubscribe: bool,
    /// Name or fields changed.
    pub profile: bool,
    /// An address bounced for good.
    pub cleaned: bool,
    /// An address changed.
    pub upemail: bool,
    /// A campaign was sent or cancelled.
    pub campaign: bool,
}

/// By whom a change was made, for Mailchimp to tell of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sources {
    /// The person themselves.
    pub user: bool,
    /// Somebody in Mailchimp's own pages.
    pub admin: bool,
    /// Any program, us included: our own writes would come back.
    pub api: bool,
}

/// A webhook as it stands.
#[derive(Clone, Deserialize)]
pub struct Webhook {
    /// Mailchimp's id.
    pub id: WebhookId,
    /// Where it goes; holds our secret path.
    #[serde(default, deserialize_with = "wire::text")]
    pub url: String,
    /// Of which changes it tells.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub events: Events,
    /// By whom made.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub sources: Sources,
    /// Told once, when the webhook is made, and never again. Older accounts have none.
    #[serde(default, deserialize_with = "some_secret")]
    pub signing_secret: Option<SecretString>,
}

fn some_secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    Ok(wire::some_text(from)?.map(SecretString::from))
}

/// Without the secret path.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Webhook({}, {:?}, {:?})",
            self.id.as_str(),
            self.events,
            self.sources
        )
    }
}

/// How a webhook shall stand. Everything is always sent: Mailchimp's defaults are not documented.
#[derive(Clone, Serialize)]
pub struct WebhookSettings {
    /// A secret path; Mailchimp asks it with GET before it agrees, and takes one webhook per path, whatever its query.
    pub url: String,
    /// Of which changes to tell.
    pub events: Events,
    /// By whom made.
    pub sources: Sources,
}

#[derive(Deserialize)]
struct WebhooksAnswer {
    webhooks: Vec<Webhook>,
}

impl Client {
    /// All webhooks of an audience, ours and others'. Mailchimp gives them in one piece.
    pub async fn webhooks(&self, audience: &AudienceId) -> Result<Vec<Webhook>, Problem> {
        let answer: WebhooksAnswer = self.read(Call::get(&WEBHOOKS, &[audience.as_str()])).await?;
        Ok(answer.webhooks)
    }

    /// Makes a webhook. Mailchimp refuses when our address does not answer it.
    pub async fn create_webhook(&self, audience: &AudienceId, settings: &WebhookSettings) -> Result<Webhook, Problem> {
        self.read(Call::new(Method::POST, &WEBHOOKS, &[audience.as_str()]).json(settings)?)
            .await
    }

    /// Changes a webhook; [`Kind::NotFound`] when somebody removed it.
    pub async fn update_webhook(
        &self,
        audience: &AudienceId,
        webhook: &WebhookId,
        settings: &WebhookSettings,
    ) -> Result<Webhook, Problem> {
        let ids = [audience.as_str(), webhook.as_str()];
        let changed = self
            .read(Call::new(Method::PATCH, &WEBHOOK, &ids).json(settings)?)
            .await;
        self.or_missing_audience(audience, changed).await
    }

    /// Removes a webhook; one that is gone already, with its audience or without, is no error.
    pub async fn delete_webhook(&self, audience: &AudienceId, webhook: &WebhookId) -> Result<(), Problem> {
        let ids = [audience.as_str(), webhook.as_str()];
        match self.write(Call::new(Method::DELETE, &WEBHOOK, &ids)).await {
            Err(problem) if problem.kind() == Kind::NotFound => Ok(()),
            done => done,
        }
    }
}
