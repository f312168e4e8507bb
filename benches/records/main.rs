//! How fast the donor records are: a charity of a million contacts beside five hundred small ones, through the running
//! application, against plain SQL on the same rows with the same result. Everything is a ratio of one run on one machine.

mod bulk;
mod charity;
mod giving;
mod importing;
mod load;
mod plain;
mod server;
mod table;

use anyhow::Context;
use clap::Parser;
use dms::base::Clock;
use dms::db::Db;
use dms::db::private::{Durability, PrivatePostgres};
use std::path::PathBuf;
use std::time::Duration;
use table::Table;

/// What the bench can be told.
#[derive(Parser)]
struct Options {
    /// Contacts of the large charity
    #[arg(long, default_value_t = 1_000_000)]
    contacts: usize,
    /// Seconds for which pages are asked
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Rows of the imported file
    #[arg(long, default_value_t = 100_000)]
    rows: usize,
    /// Said by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// What memory may not grow with: a file with a fourth of the rows takes as much.
const SMALLER_FILE: usize = 4;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    // Run as a test by `cargo test --all-targets`: a bench has nothing to say there.
    if !options.bench {
        return Ok(());
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
    std::fs::create_dir_all(&folder)?;
    let postgres = PrivatePostgres::start(&folder.join("postgres"), Durability::Safe)?;
    let measured = measure(&postgres, &folder, &options).await;
    postgres.stop()?;
    measured
}

async fn measure(postgres: &PrivatePostgres, folder: &std::path::Path, options: &Options) -> anyhow::Result<()> {
    let database = charity::ready(postgres, options.contacts).await?;
    let (app_url, admin_url) = (postgres.app_url(&database), postgres.admin_url(&database));
    let db = Db::connect(&app_url, Clock::system())?;
    let server = server::start(&app_url, folder).await?;
    let visitor = server.sign_in().await?;
    let mut table = Table::default();
    let time = Duration::from_secs(options.seconds);

    let prefixes = charity::prefixes();
    let urls: Vec<String> = prefixes.iter().map(|prefix| format!("contacts?q={prefix}")).collect();
    let scripts = plain::searches(&prefixes);
    let plainly = |time| plain::per_second(&app_url, folder, &scripts, time);
    table.pages("search page", &load::compare(&visitor, &urls, time, plainly).await?);

    let ids = charity::some_contacts(&db).await?;
    let urls: Vec<String> = ids.iter().map(|id| format!("contacts/{id}")).collect();
    let scripts = plain::contacts(&ids);
    let plainly = |time| plain::per_second(&app_url, folder, &scripts, time);
    table.pages("contact page", &load::compare(&visitor, &urls, time, plainly).await?);

    let looks = giving::looks(&db).await.context("smart groups")?;
    table.times("smart group, its search is new", looks.everybody, looks.plain, 1.0);
    table.times("smart group, a new day", looks.next_day, looks.plain, 1.0 / 3.0);
    table.seconds("smart group, one changed contact", looks.one, 0.01);
    table.seconds("smart group, from a gift to the member", looks.until_member, 2.0);

    let (joined, left) = charity::in_and_out(&db).await.context("10,000 in and out of a group")?;
    table.seconds("10,000 contacts into a group", joined, 1.0);
    table.seconds("10,000 contacts out of a group", left, 1.0);

    let memory = server.watch_memory();
    importing::import(&visitor, &db, options.rows / SMALLER_FILE).await?;
    let (_, of_fewer) = memory.stop();
    let memory = server.watch_memory();
    let import = importing::import(&visitor, &db, options.rows).await?;
    let copy = importing::copy(&admin_url, folder, import.import).await?;
    table.times(&format!("import of {} rows", options.rows), import.seconds, copy, 4.0);
    let (_, highest) = memory.stop();
    let what = format!("memory while importing, after {} rows", options.rows / SMALLER_FILE);
    table.memory(&what, (of_fewer, highest));

    let memory = server.watch_memory();
    let bytes = visitor.export_everybody().await?;
    table.memory(
        &format!("memory while exporting {} MB", bytes / 1_000_000),
        memory.stop(),
    );

    let memory = server.watch_memory();
    let seconds = bulk::edit_everybody(&visitor, &db).await?;
    let what = format!(
        "memory while bulk editing {} contacts in {seconds:.0} s",
        options.contacts
    );
    table.memory(&what, memory.stop());
    table.print();
    server.stop().await
}
