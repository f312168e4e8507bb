//! `dms demo`: a made-up charity and a stand-in for Mailchimp to try everything with, in one process. It keeps a database
//! of its own in the private Postgres, so that starting it afresh never touches anybody's real records.

mod charity;
mod fields;
mod giving;
mod history;
mod person;
mod places;
mod records;

use anyhow::{Context, bail};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use dms::base::Clock;
use dms::config::Config;
use dms::db::private::{Durability, PrivatePostgres};
use dms::sandbox::{self, Sandbox};
use dms::server::Application;
use std::fs::{self, File};
use std::path::Path;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// The demo's database. It exists only once the charity is completely there.
const DATABASE: &str = "dms_demo";
/// Its name while the charity moves in.
const UNFINISHED: &str = "dms_demo_unfinished";
/// Seconds between two looks at an audience, unless the environment says otherwise: short enough to watch.
const POLL_INTERVAL_SECONDS: &str = "5";

/// What `dms demo` can be told.
#[derive(clap::Args)]
pub struct Options {
    /// Forget what was done in the demo and its Mailchimp, and begin afresh
    #[arg(long)]
    reset: bool,
}

/// Runs the demo until Ctrl-C or SIGTERM.
pub async fn run(var: &Path, options: Options) -> anyhow::Result<()> {
    fs::create_dir_all(var).with_context(|| format!("cannot make the folder {}", var.display()))?;
    let _alone = alone(var)?;
    log_to(var)?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let demo = tokio::select! {
        started = Demo::start(var, options.reset) => started?,
        _ = interrupted.recv() => return stopped_early(),
        _ = terminated.recv() => return stopped_early(),
    };
    demo.introduce();
    demo.run_until_stopped().await
}

fn stopped_early() -> anyhow::Result<()> {
    say("\nStopped before everything was ready. Start again whenever you like.");
    Ok(())
}

/// Two demos in one folder would undo each other's work.
fn alone(var: &Path) -> anyhow::Result<File> {
    let lock = File::create(var.join("demo.lock")).with_context(|| format!("cannot write below {}", var.display()))?;
    if lock.try_lock().is_err() {
        bail!(
            "the demo runs already in {}. Stop it first (Ctrl-C there).",
            var.display()
        );
    }
    Ok(lock)
}

/// Everything goes to a file as JSON; only what somebody should know about appears on the console.
fn log_to(var: &Path) -> anyhow::Result<()> {
    let path = var.join("demo.log");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let everything = fmt::layer().json().with_writer(file).with_filter(filter);
    let warnings = fmt::layer()
        .compact()
        .with_target(false)
        .with_writer(std::io::stderr)
        .with_filter(LevelFilter::WARN);
    tracing_subscriber::registry().with(everything).with(warnings).init();
    Ok(())
}

/// A line of progress, for whoever waits.
fn say(line: &str) {
    println!("{line}");
}

/// The running demo. What is named first stops first.
struct Demo {
    /// What people type.
    address: String,
    application: Application,
    sandbox: Sandbox,
    postgres: PrivatePostgres,
}

impl Demo {
    async fn start(var: &Path, reset: bool) -> anyhow::Result<Self> {
        let postgres = start_postgres(var).await?;
        if reset {
            forget(&postgres, var)?;
        }
        say("Starting the stand-in for Mailchimp …");
        let sandbox = start_sandbox(var).await?;
        let config = settings(var, &sandbox)?;
        if PgConnection::establish(&postgres.app_url(DATABASE)).is_err() {
            move_in(&postgres, &config).await?;
        }
        dms::db::migrate(&postgres.owner_url(DATABASE))?;
        say("Starting the web server …");
        let address = config.link("");
        let application = Application::build(config, &postgres.app_url(DATABASE), Clock::system()).await?;
        Ok(Self {
            address,
            application,
            sandbox,
            postgres,
        })
    }

    /// What to open, how to sign in, and what to try.
    fn introduce(&self) {
        say(&format!(
            "
  The demo is ready. Nothing in it reaches the outside world.

  DMS                  {dms}
  Sign in              {email}
  Password             {password}
  Mails it would send  {dms}/demo/mails
  Mailchimp stand-in   {mailchimp}

  Three things to try
  1. Sign in, open Mailchimp in the menu, connect, and link the group \"Newsletter\" with the audience
     \"Newsletter\". Before anything is written you see who would be added, who stays out, and why.
  2. Be a subscriber: in the stand-in open the audience and esther.macisaac, and unsubscribe as the person. The
     Groups tab of her contact page shows it under Past Groups within a moment, without reloading.
  3. Enter a gift of Ruth Bernstein under Contributions: she leaves the smart group \"Gave Last Year, Not This Year\"
     while you look, and the dashboard and the campaign count her in.

  Ctrl-C stops everything and keeps what you did; bin/demo --reset begins afresh.
",
            dms = self.address,
            email = charity::EMAIL,
            password = charity::PASSWORD,
            mailchimp = self.sandbox.base_url(),
        ));
    }

    async fn run_until_stopped(self) -> anyhow::Result<()> {
        let ended = self.application.run_until_stopped().await;
        say("\nStopping …");
        self.sandbox.stop().await;
        tokio::task::spawn_blocking(move || self.postgres.stop()).await??;
        say("Stopped. What you did is kept for next time.");
        ended.context("the web server stopped")
    }
}

/// Beside the signals, which could not be heard while this thread waits.
async fn start_postgres(var: &Path) -> anyhow::Result<PrivatePostgres> {
    say("Starting a private Postgres …");
    let folder = var.join("postgres");
    Ok(tokio::task::spawn_blocking(move || PrivatePostgres::start(&folder, Durability::Safe)).await??)
}

fn forget(postgres: &PrivatePostgres, var: &Path) -> anyhow::Result<()> {
    say("Forgetting what was done before …");
    drop_database(postgres, DATABASE)?;
    places::forget_sandbox(var)
}

fn drop_database(postgres: &PrivatePostgres, name: &str) -> anyhow::Result<()> {
    let mut admin = PgConnection::establish(&postgres.admin_url("postgres"))?;
    Ok(admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?)
}

/// Makes the database under another name and renames it at the end: an interrupted start leaves no half of a charity.
async fn move_in(postgres: &PrivatePostgres, config: &Config) -> anyhow::Result<()> {
    say("Making the database …");
    postgres.recreate_database(UNFINISHED)?;
    dms::db::migrate(&postgres.owner_url(UNFINISHED))?;
    say("Moving in a made-up charity …");
    charity::move_in(config, &postgres.app_url(UNFINISHED)).await?;
    let mut admin = PgConnection::establish(&postgres.admin_url("postgres"))?;
    // A pool of connections may still be closing.
    admin.batch_execute(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{UNFINISHED}'"
    ))?;
    Ok(admin.batch_execute(&format!("ALTER DATABASE {UNFINISHED} RENAME TO {DATABASE}"))?)
}

async fn start_sandbox(var: &Path) -> anyhow::Result<Sandbox> {
    let bind = places::for_sandbox(var)?;
    let options = sandbox::Options {
        bind: bind.to_string(),
        state: Some(places::sandbox_state(var)),
        ..sandbox::Options::default()
    };
    let started = sandbox::start(options).await;
    started.context("the stand-in for Mailchimp does not start; `bin/demo --reset` begins afresh")
}

/// The environment's settings, but for what makes a demo: its own database, its own Mailchimp, and no mail that leaves.
fn settings(var: &Path, sandbox: &Sandbox) -> anyhow::Result<Config> {
    let bind = places::for_web_server()?;
    let read = Config::read(var, |name| match name {
        "DATABASE_URL" | "SMTP_URL" => None,
        "BIND_ADDRESS" => Some(bind.clone()),
        "MAILCHIMP_LOGIN_URL" => Some(sandbox.base_url().to_owned()),
        "MAILCHIMP_CLIENT_ID" => Some(sandbox.client_id().to_owned()),
        "MAILCHIMP_CLIENT_SECRET" => Some(sandbox.client_secret().to_owned()),
        "MAILCHIMP_POLL_INTERVAL" => places::environment(name).or_else(|| Some(POLL_INTERVAL_SECONDS.into())),
        _ => places::environment(name),
    });
    let mut config = read.map_err(|wrong| anyhow::anyhow!("the settings are not right:\n- {}", wrong.join("\n- ")))?;
    config.is_demo = true;
    Ok(config)
}
