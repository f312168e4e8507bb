//! A file of contacts comes in through the pages, against a bare `COPY` of the same rows into the same tables.

use super::charity::{self, LARGE};
use super::plain::program;
use super::server::Visitor;
use anyhow::Context;
use diesel::prelude::*;
use dms::base::ImportId;
use dms::crm::contacts::ContactDraft;
use dms::db::Db;
use dms::db::schema::imports;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How often an import is asked how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Of ten rows of the file, one is about somebody who is in the records already and has moved.
const KNOWN_OF_TEN: usize = 1;
/// What is added to the ids of the plain rows, which are copied beside those that were imported.
const OTHER_IDS: i64 = 1_000_000_000_000;

/// What is copied, with the column that names the contact.
const TABLES: [(&str, &str); 5] = [
    ("contacts", "id"),
    ("emails", "contact_id"),
    ("phones", "contact_id"),
    ("addresses", "contact_id"),
    ("contact_search_terms", "contact_id"),
];

/// An import that is done.
pub struct Imported {
    pub import: ImportId,
    /// From the check to its end, the upload left out.
    pub seconds: f64,
}

/// Uploads a file, has it checked and imported.
pub async fn import(visitor: &Visitor, db: &Db, rows: usize) -> anyhow::Result<Imported> {
    // Identifiers that no run before has used.
    let from = 100_000_000 + chrono::Utc::now().timestamp() as usize % 1_000_000 * 200_000;
    let file = file(rows, from)?;
    let columns = visitor.upload("imports/new", "people.csv", &file).await?;
    let import: ImportId = columns.split('/').nth(1).context("no import in the address")?.parse()?;
    let page = visitor.page(&columns).await?;
    let meanings = chosen(std::str::from_utf8(&page)?);
    let began = Instant::now();
    visitor.post(&columns, &meanings).await?;
    until(db, import, "checked").await?;
    visitor.post(&format!("imports/{import}/start"), &[]).await?;
    until(db, import, "done").await?;
    Ok(Imported {
        import,
        seconds: began.elapsed().as_secs_f64(),
    })
}

fn file(rows: usize, from: usize) -> anyhow::Result<String> {
    let mut random = StdRng::seed_from_u64(from as u64);
    let known = rows * KNOWN_OF_TEN / 10;
    let mut people = charity::drafts(&mut random, 0, known)?;
    people.extend(charity::drafts(&mut random, from, rows - known)?);
    let mut file =
        String::from("Contact ID,First Name,Last Name,Email,Phone,Street Address,City,Province,Postal Code,Country\n");
    for ContactDraft {
        details,
        emails,
        phones,
        addresses,
        ..
    } in people
    {
        file.push_str(&format!(
            "{},{},{},{},{},{},{},{},{},{}\n",
            details.external_identifier.unwrap_or_default(),
            details.first_name,
            details.last_name,
            emails[0].address.as_typed(),
            phones[0].number,
            addresses[0].street_address,
            addresses[0].city,
            addresses[0].province,
            addresses[0].postal_code,
            addresses[0].country,
        ));
    }
    Ok(file)
}

/// What the page proposes for each column, as its form would send it.
fn chosen(page: &str) -> Vec<(String, String)> {
    let html = scraper::Html::parse_document(page);
    let select = scraper::Selector::parse("main select[name]").expect("a selector");
    let option = scraper::Selector::parse("option[selected]").expect("a selector");
    html.select(&select)
        .filter_map(|field| {
            let value = field.select(&option).next()?.value().attr("value")?;
            Some((field.value().attr("name")?.to_owned(), value.to_owned()))
        })
        .collect()
}

async fn until(db: &Db, import: ImportId, state: &'static str) -> anyhow::Result<()> {
    loop {
        let now: String = db
            .read(LARGE, move |tx| {
                let row = imports::table.find((tx.organization(), import)).select(imports::state);
                anyhow::Ok(row.first(&mut **tx)?)
            })
            .await?;
        if now == state {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Seconds that a bare `COPY` takes for what the import wrote about new people, into the same indexed tables.
pub async fn copy(admin_url: &str, folder: &Path, import: ImportId) -> anyhow::Result<f64> {
    let new = format!(
        "SELECT contact_id FROM import_rows WHERE organization_id = {} AND import_id = {import} AND outcome = 'added'",
        LARGE.0
    );
    // All of it is taken back again: what it leaves would be worked on as if somebody had come.
    let mut script = String::from("BEGIN;\n");
    for (table, id) in TABLES {
        let file = folder.join(format!("{table}.copy"));
        let columns = columns(admin_url, table)?;
        let values = columns.split(", ").map(beside).collect::<Vec<_>>().join(", ");
        psql(
            admin_url,
            &format!(
                "\\copy (SELECT {values} FROM {table} WHERE organization_id = {} AND {id} IN ({new})) TO '{}'",
                LARGE.0,
                file.display()
            ),
        )?;
        script.push_str(&format!("\\copy {table} ({columns}) FROM '{}'\n", file.display()));
    }
    script.push_str("ROLLBACK;\n");
    let file = folder.join("copy.sql");
    std::fs::write(&file, script)?;
    let began = Instant::now();
    psql(admin_url, &format!("\\i {}", file.display()))?;
    Ok(began.elapsed().as_secs_f64())
}

/// The value of a column in the copy: everything else is kept, so that the copy meets the same pages of every index.
fn beside(column: &str) -> String {
    match column {
        "id" | "contact_id" => format!("{column} + {OTHER_IDS}"),
        "external_identifier" => format!("{column} || '-copied'"),
        _ => column.to_owned(),
    }
}

fn columns(admin_url: &str, table: &str) -> anyhow::Result<String> {
    psql(
        admin_url,
        &format!(
            "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute \
             WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped"
        ),
    )
}

fn psql(url: &str, command: &str) -> anyhow::Result<String> {
    let output = Command::new(program("psql")?)
        .args([
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "-v",
            "ON_ERROR_STOP=1",
            "--command",
            command,
        ])
        .arg(url)
        .output()?;
    anyhow::ensure!(
        output.status.success(),
        "psql: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
