//! The one place that speaks HTTP with Mailchimp's API: sends a call with the token, reads a limited answer in limited
//! time, and makes every way to fail a [`Problem`].

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::Method;
use reqwest::header::DATE;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::problem::{Kind, Problem};

/// How long connecting may take, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Mailchimp gives up on a call after 120 seconds; we listen a little longer to hear it say so.
const CALL_TIMEOUT: Duration = Duration::from_secs(130);
/// A page of 1,000 members with thirty full merge fields is about 12 MB.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The HTTP client of the process; made once, after a rustls provider was installed.
///
/// It follows no redirects: Mailchimp sends none, and a token must not travel to another host.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("dms/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// How long a call may take and how much it may bring.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From sending the request to the last byte of the answer.
    pub timeout: Duration,
    /// Size of an answer, unpacked.
    pub body_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: CALL_TIMEOUT,
            body_bytes_max: BODY_BYTES_MAX,
        }
    }
}

/// One finished call, for those who count calls; names nobody.
#[derive(Clone, Debug)]
pub struct CallRecord {
    /// `GET`, `PUT`, …
    pub method: Method,
    /// The path with its ids left open: `/lists/{list_id}/members/{subscriber_hash}`.
    pub route: &'static str,
    /// The HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// What went wrong, if anything.
    pub problem: Option<Kind>,
    /// From sending to the last byte.
    pub elapsed: Duration,
}

/// Hears of every call after it ended.
pub type Observer = Arc<dyn Fn(&CallRecord) + Send + Sync>;

/// Mailchimp for one connection: its address, its token. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    api_root: Arc<str>,
    token: Arc<SecretString>,
    limits: Limits,
    observer: Option<Observer>,
}

impl Client {
    /// `api_base` is the `api_endpoint` of the connection's metadata, without `/3.0`.
    pub fn new(http: reqwest::Client, api_base: &Url, token: SecretString) -> Self {
        let api_root = format!("{}/3.0", api_base.as_str().trim_end_matches('/'));
        Self {
            http,
            api_root: api_root.into(),
            token: Arc::new(token),
            limits: Limits::default(),
            observer: None,
        }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same, telling `observer` of every call.
    #[must_use]
    pub fn with_observer(self, observer: Observer) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// Makes a call that answers with JSON.
    pub(super) async fn read<T: DeserializeOwned>(&self, call: Call) -> Result<T, Problem> {
        self.read_dated(call).await.map(|(value, _)| value)
    }

    /// Makes a call that answers with JSON; also gives Mailchimp's clock.
    pub(super) async fn read_dated<T: DeserializeOwned>(
        &self,
        call: Call,
    ) -> Result<(T, Option<DateTime<Utc>>), Problem> {
        self.exchange(&call, |answer| Ok((serde_json::from_slice(&answer.body)?, answer.date)))
            .await
    }

    /// Makes a call that answers with nothing (204). A web page is not nothing.
    pub(super) async fn write(&self, call: Call) -> Result<(), Problem> {
        self.exchange(&call, |answer| {
            if !answer.body.is_empty() {
                serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body)?;
            }
            Ok(())
        })
        .await
    }

    async fn exchange<T>(
        &self,
        call: &Call,
        read: impl FnOnce(&Answer) -> serde_json::Result<T>,
    ) -> Result<T, Problem> {
        let started = Instant::now();
        let answer = self.send(call).await;
        let status = answer
            .as_ref()
            .map_or_else(Problem::status, |answer| Some(answer.status));
        let outcome = answer.and_then(|answer| {
            read(&answer).map_err(|error| Problem::unreadable(answer.status, &place_of(&error), call.changes()))
        });
        if let Some(observer) = &self.observer {
            observer(&CallRecord {
                method: call.method.clone(),
                route: call.route.template,
                status,
                problem: outcome.as_ref().err().map(Problem::kind),
                elapsed: started.elapsed(),
            });
        }
        outcome
    }

    async fn send(&self, call: &Call) -> Result<Answer, Problem> {
        let mut request = self
            .http
            .request(call.method.clone(), format!("{}{}", self.api_root, call.path))
            .bearer_auth(self.token.expose_secret())
            .timeout(self.limits.timeout)
            .query(&call.query);
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let response = request
            .send()
            .await
            .map_err(|error| Problem::transport(&error, call.changes()))?;
        let answer = Answer::read(response, self.limits.body_bytes_max, call.changes()).await?;
        if (200..300).contains(&answer.status) {
            Ok(answer)
        } else {
            Err(Problem::answer(answer.status, &answer.body, call.changes()).with_missing(call.route.missing))
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("api_root", &self.api_root)
            .finish_non_exhaustive()
    }
}

/// A path of the API and what a 404 on it says.
pub(super) struct Route {
    template: &'static str,
    missing: Kind,
}

impl Route {
    /// A path of the account, which is always there.
    pub(super) const fn of_account(template: &'static str) -> Self {
        Self {
            template,
            missing: Kind::Refused,
        }
    }

    /// A path of the audience itself, where a 404 can only mean that the audience is gone.
    pub(super) const fn of_audience(template: &'static str) -> Self {
        Self {
            template,
            missing: Kind::AudienceGone,
        }
    }

    /// A path below an audience, where a 404 can mean the last thing in the path or the audience.
    pub(super) const fn below_audience(template: &'static str) -> Self {
        Self {
            template,
            missing: Kind::NotFound,
        }
    }
}

/// One call before it is made.
pub(super) struct Call {
    method: Method,
    route: &'static Route,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<serde_json::Value>,
}

impl Call {
    /// `ids` fill the open places of the route, in order. They were checked when they were made and need no escaping.
    pub(super) fn new(method: Method, route: &'static Route, ids: &[&str]) -> Self {
        let mut ids = ids.iter().copied();
        let fill = |part| {
            if str::starts_with(part, '{') {
                ids.next().unwrap_or_default()
            } else {
                part
            }
        };
        let path = route.template.split('/').map(fill).collect::<Vec<_>>().join("/");
        Self {
            method,
            route,
            path,
            query: Vec::new(),
            body: None,
        }
    }

    pub(super) fn get(route: &'static Route, ids: &[&str]) -> Self {
        Self::new(Method::GET, route, ids)
    }

    pub(super) fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Result<Self, Problem> {
        let body =
            serde_json::to_value(body).map_err(|_| Problem::not_sent("The data could not be written as JSON."))?;
        self.body = Some(body);
        Ok(self)
    }

    fn changes(&self) -> bool {
        self.method != Method::GET
    }
}

/// An answer, whatever its status.
pub(super) struct Answer {
    pub status: u16,
    /// Mailchimp's clock when it answered.
    pub date: Option<DateTime<Utc>>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads the body up to `bytes_max`.
    pub(super) async fn read(
        mut response: reqwest::Response,
        bytes_max: usize,
        changes: bool,
    ) -> Result<Self, Problem> {
        let status = response.status().as_u16();
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        let date = date
            .and_then(|date| DateTime::parse_from_rfc2822(date).ok())
            .map(|date| date.to_utc());
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| Problem::transport(&error, changes))?
        {
            if body.len() + chunk.len() > bytes_max {
                return Err(Problem::unreadable(status, "it is too large", changes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self { status, date, body })
    }
}

/// Where JSON stopped making sense. Not serde's own sentence, which quotes values.
fn place_of(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}
