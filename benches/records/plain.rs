//! The same rows by plain SQL, as `pgbench` asks for them: signed in as the application, behind the same wall.

use super::charity::LARGE;
use super::load::CONNECTIONS;
use anyhow::Context;
use dms::base::ContactId;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What the list shows of a contact, as `crm::contacts::search` reads it.
const ROW: &str = "contacts.id, contacts.contact_type, contacts.sort_name, contacts.display_name, \
    email.address, address.city, address.province, phone.number, contacts.created_at, contacts.modified_at";

/// Transactions a second of the search alone: who is found, how many they are, and the first fifty in order.
pub fn searches(app_url: &str, folder: &Path, prefixes: &[String], time: Duration) -> anyhow::Result<f64> {
    let large = LARGE.0;
    let scripts: Vec<String> = prefixes
        .iter()
        .map(|prefix| {
            format!(
                "WITH found AS MATERIALIZED (SELECT DISTINCT contact_id FROM contact_search_terms \
                    WHERE organization_id = {large} AND term ^@ '{prefix}'), \
                 fitting AS MATERIALIZED (SELECT id, sort_name FROM contacts WHERE organization_id = {large} \
                    AND deleted_at IS NULL AND id = ANY(ARRAY(SELECT contact_id FROM found))), \
                 page AS (SELECT id FROM fitting ORDER BY sort_name COLLATE \"und-x-icu\", id LIMIT 50) \
                 SELECT (SELECT count(*) FROM fitting), {ROW} FROM contacts \
                 LEFT JOIN emails email ON email.organization_id = {large} AND email.contact_id = contacts.id AND email.is_primary \
                 LEFT JOIN addresses address ON address.organization_id = {large} AND address.contact_id = contacts.id AND address.is_primary \
                 LEFT JOIN phones phone ON phone.organization_id = {large} AND phone.contact_id = contacts.id AND phone.is_primary \
                 WHERE contacts.organization_id = {large} AND contacts.id = ANY(ARRAY(SELECT id FROM page)) \
                 ORDER BY contacts.sort_name COLLATE \"und-x-icu\", contacts.id;\n"
            )
        })
        .collect();
    pgbench(app_url, folder, &scripts, time)
}

/// Transactions a second of what a contact's page shows.
pub fn contacts(app_url: &str, folder: &Path, ids: &[ContactId], time: Duration) -> anyhow::Result<f64> {
    let large = LARGE.0;
    let scripts: Vec<String> = ids
        .iter()
        .map(|id| {
            let tables = ["emails", "phones", "addresses"]
                .map(|table| format!("SELECT * FROM {table} WHERE organization_id = {large} AND contact_id = {id};\n"));
            format!(
                "SELECT * FROM contacts WHERE organization_id = {large} AND id = {id};\n{}\
                 SELECT count(*) FROM group_contacts WHERE organization_id = {large} AND contact_id = {id} AND status = 'Added';\n\
                 SELECT count(*) FROM changes WHERE organization_id = {large} AND contact_id = {id};\n",
                tables.concat()
            )
        })
        .collect();
    pgbench(app_url, folder, &scripts, time)
}

fn pgbench(app_url: &str, folder: &Path, scripts: &[String], time: Duration) -> anyhow::Result<f64> {
    let mut command = Command::new(program("pgbench")?);
    command
        .args(["--no-vacuum"])
        .arg(format!("--client={CONNECTIONS}"))
        .arg("--jobs=2")
        .arg(format!("--time={}", time.as_secs()));
    for (number, script) in scripts.iter().enumerate() {
        let file = folder.join(format!("script_{number}.sql"));
        let enter = format!(
            "BEGIN READ ONLY;\nSELECT set_config('dms.organization_id', '{}', true);\n",
            LARGE.0
        );
        std::fs::write(&file, format!("{enter}{script}COMMIT;\n"))?;
        command.arg("--file").arg(file);
    }
    let output = command.arg(app_url).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let tps = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let tps = tps
        .and_then(|line| line.split_whitespace().next())
        .and_then(|tps| tps.parse().ok());
    tps.with_context(|| format!("pgbench: {said}{}", String::from_utf8_lossy(&output.stderr)))
}

/// Debian keeps `pgbench` beside the server.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .filter(|path| path.is_file())
        .collect();
    versions.sort();
    Ok(versions.pop().unwrap_or_else(|| name.into()))
}
