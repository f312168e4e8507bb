//! What every part of the sync works with: the database, the way to Mailchimp, the keys, the settings; and for one
//! organization the lease it works under.

use super::connection::{self, Connection};
use super::sealed::Seal;
use super::slots;
use crate::base::{Actor, Clock, OrganizationId};
use crate::config::Config;
use crate::db::schema::organizations;
use crate::db::{Db, OrgTx};
use crate::mailchimp::{self, Client, Limits, Observer, Problem, oauth};
use crate::work::{self, Lease};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::sync::Arc;
use url::Url;

/// The sync's tools, cheaply cloned.
#[derive(Clone)]
pub struct Engine {
    pub db: Db,
    pub http: reqwest::Client,
    pub config: Arc<Config>,
    pub seal: Seal,
    limits: Limits,
    observer: Observer,
}

/// Why the work for an organization stopped.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// Another process took over: nothing more may be written here.
    #[error("the lease was lost")]
    LeaseLost,
    /// Mailchimp refuses the connection, or something else stands in the way of all calls.
    #[error("Mailchimp: {0}")]
    Mailchimp(Problem),
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    #[error(transparent)]
    Unavailable(#[from] crate::db::Unavailable),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl Engine {
    /// `observer` hears of every call, for the metrics.
    pub fn new(db: Db, config: Arc<Config>, observer: Observer) -> anyhow::Result<Self> {
        Ok(Self {
            db,
            http: mailchimp::http_client()?,
            seal: Seal::from_secret(&config.secret_key),
            config,
            limits: Limits::default(),
            observer,
        })
    }

    /// The clock of the database.
    pub fn clock(&self) -> &Clock {
        self.db.clock()
    }

    /// This installation as Mailchimp's sign-in knows it; `None` where connecting is not offered. `callback` is the path
    /// people come back to.
    pub fn oauth(&self, callback: &str) -> anyhow::Result<Option<oauth::App>> {
        let Some(app) = &self.config.mailchimp else {
            return Ok(None);
        };
        let redirect = Url::parse(&self.config.link(callback))?;
        let made = oauth::App::new(&app.login_url, app.client_id.clone(), &app.client_secret, redirect);
        Ok(Some(made?))
    }

    /// A client for a connection; `None` when there is no token.
    pub fn client(&self, organization: OrganizationId, connection: &Connection) -> anyhow::Result<Option<Client>> {
        let Some(token) = connection.token(&self.seal, organization)? else {
            return Ok(None);
        };
        let base = Url::parse(&connection.api_base)?;
        let client = Client::new(self.http.clone(), &base, token);
        Ok(Some(
            client.with_limits(self.limits).with_observer(self.observer.clone()),
        ))
    }

    /// Changes rows of an organization while the lease is ours.
    pub async fn write_under<T, F>(&self, lease: Lease, actor: Actor, work: F) -> Result<T, Stop>
    where
        F: FnOnce(&mut OrgTx<'_>) -> Result<T, Stop> + Send + 'static,
        T: Send + 'static,
    {
        self.db
            .write(lease.organization, actor, move |tx| {
                let done = work(tx)?;
                // Asked last, so that nothing commits after another process took over.
                if work::is_held(tx, &lease)? {
                    Ok(done)
                } else {
                    Err(Stop::LeaseLost)
                }
            })
            .await
    }

    /// The slug of an organization, for links.
    pub async fn slug(&self, organization: OrganizationId) -> Result<String, Stop> {
        self.db
            .shared(move |tx| {
                let row = organizations::table.find(organization.0);
                Ok(row.select(organizations::slug).first(&mut **tx)?)
            })
            .await
    }

    /// The full address of an organization's Mailchimp page, for mails.
    pub fn connection_link(&self, slug: &str) -> String {
        self.config.link(&format!("/o/{slug}/mailchimp"))
    }
}

/// The sync of one organization under its lease.
#[derive(Clone)]
pub struct Worker {
    pub engine: Engine,
    pub lease: Lease,
    pub client: Client,
    login_id: String,
    /// When the connection this worker uses was made.
    pub connected_at: DateTime<Utc>,
    /// The organization's slug, for links.
    pub slug: String,
}

impl Worker {
    /// `None` when there is nothing to work with: never connected, refused or disconnected.
    pub async fn enter(engine: Engine, lease: Lease) -> Result<Option<Self>, Stop> {
        let organization = lease.organization;
        let connection = engine
            .db
            .read(organization, |tx| connection::find(tx).map_err(Stop::from))
            .await?;
        let Some(connection) = connection.filter(Connection::is_connected) else {
            return Ok(None);
        };
        let Some(client) = engine.client(organization, &connection)? else {
            return Ok(None);
        };
        let slug = engine.slug(organization).await?;
        Ok(Some(Self {
            engine,
            lease,
            client,
            login_id: connection.login_id,
            connected_at: connection.connected_at,
            slug,
        }))
    }

    /// Whether the connection is still the one this worker set out with: nothing more is sent after a disconnect.
    pub async fn is_still_connected(&self) -> Result<bool, Stop> {
        let connection = self.read(|tx| Ok(connection::find(tx)?)).await?;
        Ok(connection.is_some_and(|now| now.is_connected() && now.connected_at == self.connected_at))
    }

    /// Changes rows as Mailchimp, while the lease is ours.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Stop>
    where
        F: FnOnce(&mut OrgTx<'_>) -> Result<T, Stop> + Send + 'static,
        T: Send + 'static,
    {
        self.engine.write_under(self.lease, Actor::Mailchimp, work).await
    }

    /// Reads rows.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Stop>
    where
        F: FnOnce(&mut OrgTx<'_>) -> Result<T, Stop> + Send + 'static,
        T: Send + 'static,
    {
        self.engine.db.read(self.lease.organization, work).await
    }

    /// Asks Mailchimp something in one of the user's slots. No transaction is open meanwhile.
    pub async fn ask<T>(&self, call: impl Future<Output = Result<T, Problem>>) -> Result<Result<T, Problem>, Stop> {
        let slot = slots::take(&self.engine.db, &self.login_id).await?;
        let answer = call.await;
        slots::give_back(&self.engine.db, slot).await?;
        Ok(answer)
    }

    /// The same, if it is still wanted once the slot is there; `None`: it was not asked.
    pub async fn ask_if<T>(
        &self,
        wanted: impl Future<Output = Result<bool, Stop>>,
        call: impl Future<Output = Result<T, Problem>>,
    ) -> Result<Option<Result<T, Problem>>, Stop> {
        let slot = slots::take(&self.engine.db, &self.login_id).await?;
        let answer = match wanted.await {
            Ok(true) => Ok(Some(call.await)),
            Ok(false) => Ok(None),
            Err(stop) => Err(stop),
        };
        slots::give_back(&self.engine.db, slot).await?;
        answer
    }
}
