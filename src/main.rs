//! The command line: serve, migrate, check, and for rehearsals demo and sandbox.

mod demo;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use dms::base::Clock;
use dms::config::{Config, Database};
use dms::db::private::{self, Durability, PrivatePostgres};
use dms::sandbox;
use dms::server::Application;
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(
    name = "dms",
    version,
    about = "Donor management for charities that stays in step with Mailchimp"
)]
struct Cli {
    /// Where this installation keeps its files.
    #[arg(long, global = true, default_value = "var")]
    var: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the application.
    Serve,
    /// Bring the database up to date. DATABASE_URL must sign in as the role that owns the tables.
    Migrate,
    /// Print the settings in force, secrets hidden, and say what is wrong.
    Check,
    /// Serve a made-up charity beside a stand-in for Mailchimp, with a database of its own.
    Demo(demo::Options),
    /// Run the stand-in for Mailchimp alone, to rehearse or to test any program that talks to Mailchimp.
    Sandbox(sandbox::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dms: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS provider is installed already"))?;
    let cli = Cli::parse();
    match cli.command {
        Command::Serve => serve(&cli.var).await,
        Command::Migrate => migrate(&cli.var),
        Command::Check => check(&cli.var),
        Command::Demo(options) => demo::run(&cli.var, options).await,
        Command::Sandbox(options) => run_sandbox(options).await,
    }
}

async fn serve(var: &Path) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).init();
    let config = settings(var)?;
    let rows = Rows::of(&config)?;
    let obstacles = dms::db::obstacles(&rows.app_url);
    if !obstacles.is_empty() {
        bail!("not started:\n- {}", obstacles.join("\n- "));
    }
    let application = Application::build(config, &rows.app_url, Clock::system()).await?;
    tracing::info!(address = %application.address(), "serving");
    application
        .run_until_stopped()
        .await
        .context("the web server stopped")?;
    tracing::info!("stopped");
    Ok(())
}

fn migrate(var: &Path) -> anyhow::Result<()> {
    let rows = Rows::of(&settings(var)?)?;
    match dms::db::migrate(&rows.owner_url)? {
        0 => println!("The database is up to date."),
        1 => println!("1 migration ran; the database is up to date."),
        count => println!("{count} migrations ran; the database is up to date."),
    }
    Ok(())
}

fn check(var: &Path) -> anyhow::Result<()> {
    let config = settings(var)?;
    for (name, value) in config.describe() {
        println!("{name:26} {value}");
    }
    let obstacles = dms::db::obstacles(&Rows::of(&config)?.app_url);
    if obstacles.is_empty() {
        println!("\nEverything is in order.");
        return Ok(());
    }
    bail!("something is wrong:\n- {}", obstacles.join("\n- "))
}

async fn run_sandbox(options: sandbox::Options) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .init();
    let sandbox = sandbox::start(options).await?;
    println!("The stand-in for Mailchimp runs at {}", sandbox.base_url());
    println!("Open it in a browser, or call its API at {}/3.0", sandbox.base_url());
    println!("MAILCHIMP_LOGIN_URL={}", sandbox.base_url());
    println!("MAILCHIMP_CLIENT_ID={}", sandbox.client_id());
    println!("MAILCHIMP_CLIENT_SECRET={}", sandbox.client_secret());
    println!("Ctrl-C stops it.");
    sandbox.run_until_stopped().await;
    Ok(())
}

fn settings(var: &Path) -> anyhow::Result<Config> {
    Config::from_environment(var)
        .map_err(|wrong| anyhow::anyhow!("the settings are not right:\n- {}", wrong.join("\n- ")))
}

/// How to sign in to the database of the settings. A private Postgres runs as long as this lives.
struct Rows {
    app_url: String,
    owner_url: String,
    _private: Option<PrivatePostgres>,
}

impl Rows {
    fn of(config: &Config) -> anyhow::Result<Self> {
        match &config.database {
            Database::Url(url) => Ok(Self {
                app_url: url.expose_secret().to_owned(),
                owner_url: url.expose_secret().to_owned(),
                _private: None,
            }),
            Database::Private => {
                let postgres = PrivatePostgres::start(&config.var.join("postgres"), Durability::Safe)?;
                Ok(Self {
                    app_url: postgres.app_url(private::DATABASE),
                    owner_url: postgres.owner_url(private::DATABASE),
                    _private: Some(postgres),
                })
            }
        }
    }
}
