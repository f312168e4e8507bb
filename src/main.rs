//! The command line: serve, migrate, check (demo and sandbox follow).

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use dms::base::Clock;
use dms::config::{Config, Database};
use dms::db::private::{self, Durability, PrivatePostgres};
use dms::server::Application;
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

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
    }
}

fn log_as_json() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).init();
}

fn settings(var: &Path) -> anyhow::Result<Config> {
    Config::from_environment(var)
        .map_err(|wrong| anyhow::anyhow!("the settings are not right:\n- {}", wrong.join("\n- ")))
}

async fn serve(var: &Path) -> anyhow::Result<()> {
    log_as_json();
    let config = settings(var)?;
    let (url, _private) = match &config.database {
        Database::Url(url) => (url.expose_secret().to_owned(), None),
        Database::Private => {
            let postgres = PrivatePostgres::start(&var.join("postgres"), Durability::Safe)?;
            (postgres.app_url(private::DATABASE), Some(postgres))
        }
    };
    let obstacles = dms::db::obstacles(&url);
    if !obstacles.is_empty() {
        bail!("not started:\n- {}", obstacles.join("\n- "));
    }
    let application = Application::build(config, &url, Clock::system()).await?;
    tracing::info!(address = %application.address(), "serving");
    application.run_until_stopped().await.context("the web server stopped")
}

fn migrate(var: &Path) -> anyhow::Result<()> {
    let config = settings(var)?;
    let (url, _private) = match &config.database {
        Database::Url(url) => (url.expose_secret().to_owned(), None),
        Database::Private => {
            let postgres = PrivatePostgres::start(&var.join("postgres"), Durability::Safe)?;
            (postgres.owner_url(private::DATABASE), Some(postgres))
        }
    };
    match dms::db::migrate(&url)? {
        0 => println!("The database is up to date."),
        count => println!("{count} migrations ran; the database is up to date."),
    }
    Ok(())
}

fn check(var: &Path) -> anyhow::Result<()> {
    let config = settings(var)?;
    for (name, value) in config.describe() {
        println!("{name:26} {value}");
    }
    let (url, _private) = match &config.database {
        Database::Url(url) => (url.expose_secret().to_owned(), None),
        Database::Private => {
            let postgres = PrivatePostgres::start(&var.join("postgres"), Durability::Safe)?;
            (postgres.app_url(private::DATABASE), Some(postgres))
        }
    };
    let obstacles = dms::db::obstacles(&url);
    if obstacles.is_empty() {
        println!("\nEverything is in order.");
        return Ok(());
    }
    bail!("something is wrong:\n- {}", obstacles.join("\n- "))
}
