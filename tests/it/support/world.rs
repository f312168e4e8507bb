//! The running application over a database of its own, and the people who use it.

use super::browserless::Browserless;
use super::cluster::{Cluster, Database};
use super::patience::patiently;
use chrono::{TimeDelta, Utc};
use diesel::prelude::*;
use dms::base::{Clock, OrganizationId, Role};
use dms::changelog::{self, Change, ChangeFilter, FieldChange};
use dms::config::Config;
use dms::db::Db;
use dms::db::schema::{organizations, outbox};
use dms::server::Application;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// How long something may take to come about.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until a condition holds.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    patiently(PATIENCE, async || holds().await.then_some(()), async || what.to_owned()).await;
}

/// The password of everybody in the tests.
pub const PASSWORD: &str = "a warm loaf of bread";

/// The running application with its database, its folder, and a clock that can be moved.
pub struct World {
    running: Option<Running>,
    settings: HashMap<String, String>,
    clock: Clock,
    seconds_ahead: Arc<AtomicI64>,
    visitors: AtomicU32,
    db: Db,
    var: TempDir,
    database: Database,
}

/// One process of the application; told to stop when it is dropped.
pub struct Running {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    handle: actix_web::dev::ServerHandle,
    task: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Told at once; nobody waits for it to have ended.
        drop(self.handle.stop(false));
    }
}

/// A letter as it lies in the outbox.
#[derive(Clone, Debug, Queryable)]
pub struct Mail {
    pub subject: String,
    pub body: String,
}

impl Mail {
    /// The path of the first link to us.
    pub fn link(&self) -> String {
        let link = self.body.split_whitespace().find(|word| word.starts_with("http"));
        let url = url::Url::parse(link.unwrap_or_else(|| panic!("no link in: {}", self.body))).unwrap();
        url.path().to_owned()
    }
}

impl World {
    /// The application with default settings on a fresh database.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same with other settings, such as `MAILCHIMP_CLIENT_ID` or `MAILCHIMP_POLL_INTERVAL`; any `DEMO` makes it a demo.
    pub async fn start_with(change: impl FnOnce(&mut HashMap<String, String>)) -> Self {
        // Another test of this process may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let database = Cluster::shared().fresh_database();
        let seconds_ahead = Arc::new(AtomicI64::new(0));
        let ahead = seconds_ahead.clone();
        let clock = Clock::telling(move || Utc::now() + TimeDelta::seconds(ahead.load(Ordering::Relaxed)));
        let mut settings: HashMap<String, String> = [
            ("DATABASE_URL", database.app_url.as_str()),
            ("BIND_ADDRESS", "127.0.0.1:0"),
            ("SECRET_KEY", "a secret key for tests, known to everybody who reads"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        change(&mut settings);
        let mut world = Self {
            running: None,
            settings,
            db: Db::connect(&database.app_url, clock.clone()).unwrap(),
            clock,
            seconds_ahead,
            visitors: AtomicU32::new(0),
            var: tempfile::tempdir().unwrap(),
            database,
        };
        world.running = Some(world.run(None).await);
        world
    }

    /// Another process on the same database.
    pub async fn another_process(&self) -> Running {
        self.run(None).await
    }

    async fn run(&self, address: Option<SocketAddr>) -> Running {
        let mut config = Config::read(self.var.path(), |name| self.settings.get(name).cloned()).unwrap();
        config.is_demo = self.settings.contains_key("DEMO");
        if let Some(address) = address {
            config.bind_address = address;
        }
        let application = Application::build(config, &self.database.app_url, self.clock.clone()).await;
        let application = application.unwrap();
        Running {
            address: application.address(),
            metrics_address: application.metrics_address(),
            handle: application.handle(),
            task: Some(tokio::spawn(application.run_until_stopped())),
        }
    }

    /// Stops the application; the database and the people stay.
    pub async fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.handle.stop(true).await;
            if let Some(task) = running.task.take() {
                task.await.unwrap().unwrap();
            }
        }
    }

    /// The settings the application runs with, for a process of its own.
    pub fn settings(&self) -> &HashMap<String, String> {
        &self.settings
    }

    /// Stops the application and starts it anew, at the same address on the same database.
    pub async fn restart(&mut self) {
        let mut running = self.running.take().unwrap();
        running.handle.stop(true).await;
        running.task.take().unwrap().await.unwrap().unwrap();
        self.running = Some(self.run(Some(running.address)).await);
    }

    /// Moves the application's clock ahead.
    pub fn pass(&self, time: TimeDelta) {
        self.seconds_ahead.fetch_add(time.num_seconds(), Ordering::Relaxed);
    }

    /// Where the application listens.
    pub fn address(&self) -> SocketAddr {
        self.running.as_ref().unwrap().address
    }

    /// Where the application shows its figures, if anywhere.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.running.as_ref().unwrap().metrics_address
    }

    /// The database as the application sees it: signed in as `dms_app`.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Signs in as the owner of the tables. Row-level security holds for the owner, too.
    pub fn owner_url(&self) -> &str {
        &self.database.owner_url
    }

    /// Signs in as the application.
    pub fn app_url(&self) -> &str {
        &self.database.app_url
    }

    /// Where this installation keeps its files.
    pub fn var(&self) -> &Path {
        self.var.path()
    }

    /// Somebody who is not signed in, at an address of their own.
    pub fn nobody(&self) -> Browserless {
        let number = self.visitors.fetch_add(1, Ordering::Relaxed) + 1;
        Browserless::new(self.address(), format!("198.51.{}.{}", number / 250, number % 250 + 1))
    }

    /// Signs an organization up through the pages and follows the letter's link: its owner, signed in.
    pub async fn sign_up(&self, organization: &str, name: &str, email: &str) -> Browserless {
        let owner = self.nobody();
        let typed = [
            ("organization", organization),
            ("name", name),
            ("email", email),
            ("password", PASSWORD),
        ];
        let sent = owner.post("/sign-up", &typed).await;
        assert_eq!(sent.location(), "/sign-up/sent", "{}", sent.body);
        let link = self.mails_to(email).await.last().unwrap().link();
        let confirmed = owner.post(&link, &[]).await;
        assert_eq!(confirmed.location(), "/");
        self.at_work(owner).await
    }

    /// Signs in somebody who has an account; bound to their organization when they have only one.
    pub async fn sign_in(&self, email: &str) -> Browserless {
        let person = self.nobody();
        let answer = person
            .post("/sign-in", &[("email", email), ("password", PASSWORD)])
            .await;
        assert_eq!(answer.location(), "/", "{}", answer.body);
        self.at_work(person).await
    }

    /// Has `by` invite somebody new to their organization, who accepts with the letter's link.
    pub async fn invite(&self, by: &Browserless, role: Role, email: &str) -> Browserless {
        let invited = by
            .post("members/invite", &[("email", email), ("role", role.as_str())])
            .await;
        assert_eq!(invited.location(), by.at("members"), "{}", invited.body);
        let link = self.mails_to(email).await.last().unwrap().link();
        let newcomer = self.nobody();
        let name = email.split('@').next().unwrap_or_default();
        let joined = newcomer.post(&link, &[("name", name), ("password", PASSWORD)]).await;
        assert_eq!(joined.location(), by.at("contacts"), "{}", joined.body);
        self.at_work(newcomer).await
    }

    /// The owner of another organization.
    pub async fn stranger(&self) -> Browserless {
        let number = self.visitors.load(Ordering::Relaxed);
        self.sign_up("Elsewhere", "Stan Stranger", &format!("stan{number}@elsewhere.test"))
            .await
    }

    async fn at_work(&self, mut person: Browserless) -> Browserless {
        let start = person.get("/").await;
        if let Some(slug) = start
            .location_if_any()
            .and_then(|path| path.split('/').nth(2).map(String::from))
        {
            let id = self.organization_id(&slug).await;
            person.bind(id, slug);
        }
        person
    }

    /// The organization at `/o/{slug}/`.
    pub async fn organization_id(&self, slug: &str) -> OrganizationId {
        let slug = slug.to_owned();
        let id: anyhow::Result<i64> = self
            .db
            .shared(move |tx| {
                Ok(organizations::table
                    .filter(organizations::slug.eq(slug))
                    .select(organizations::id)
                    .first(&mut **tx)?)
            })
            .await;
        OrganizationId(id.unwrap())
    }

    /// The change log of somebody's organization in words, the oldest line first.
    pub async fn change_log(&self, of: &Browserless) -> Vec<String> {
        let lines: anyhow::Result<Vec<Change>> = self
            .db
            .read(of.organization_id(), |tx| {
                Ok(changelog::list(tx, &ChangeFilter::default(), 0, 1000)?)
            })
            .await;
        let in_words = |change: Change| {
            let said = |field: FieldChange| format!("{}: {} → {}", field.field, field.old, field.new);
            let fields: Vec<String> = change.fields.into_iter().map(said).collect();
            let fields = match fields.is_empty() {
                true => String::new(),
                false => format!(" ({})", fields.join("; ")),
            };
            format!("{}: {}{fields}", change.actor_name, change.what)
        };
        lines.unwrap().into_iter().rev().map(in_words).collect()
    }

    /// The letters somebody was written, the oldest first.
    pub async fn mails_to(&self, email: &str) -> Vec<Mail> {
        let email = email.to_owned();
        let mails: anyhow::Result<Vec<Mail>> = self
            .db
            .shared(move |tx| {
                Ok(outbox::table
                    .filter(outbox::recipient.eq(email))
                    .order(outbox::id)
                    .select((outbox::subject, outbox::body))
                    .load(&mut **tx)?)
            })
            .await;
        mails.unwrap()
    }
}
