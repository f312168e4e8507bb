//! The same rows by plain SQL, as `pgbench` asks for them: signed in as the application, behind the same wall.

use super::charity::LARGE;
use super::load::CONNECTIONS;
use anyhow::Context;
use dms::base::ContactId;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What the list shows of a contact, as `crm::contacts::search` reads it.
const ROW: &str = "contacts.id, contacts.contact_type, contacts.sort_name, contacts.display_name, coalesce(email.address, '') AS email, \
    coalesce(address.city, '') AS city, coalesce(address.province, '') AS province, coalesce(phone.number, '') AS phone, \
    contacts.created_at, contacts.modified_at, contacts.deleted_at";

/// The search alone: who is found, how many they are, and the first fifty in order.
pub fn searches(prefixes: &[String]) -> Vec<String> {
    let large = LARGE.0;
    let search = |prefix: &String| {
        format!(
            "SELECT {ROW}, page.total FROM (SELECT contacts.id, count(*) OVER () AS total FROM contacts \
                 WHERE organization_id = {large} AND deleted_at IS NULL AND id = ANY(ARRAY( \
                     SELECT contact_id FROM contact_search_terms \
                     WHERE organization_id = {large} AND term >= '{prefix}' AND term < '{prefix}\u{10FFFF}')) \
                 ORDER BY sort_name COLLATE \"und-x-icu\", id LIMIT 50) page \
             JOIN contacts ON contacts.organization_id = {large} AND contacts.id = page.id \
             LEFT JOIN emails email ON email.organization_id = {large} AND email.contact_id = contacts.id AND email.is_primary \
             LEFT JOIN addresses address ON address.organization_id = {large} AND address.contact_id = contacts.id AND address.is_primary \
             LEFT JOIN phones phone ON phone.organization_id = {large} AND phone.contact_id = contacts.id AND phone.is_primary \
             ORDER BY contacts.sort_name COLLATE \"und-x-icu\", contacts.id;\n"
        )
    };
    prefixes.iter().map(search).collect()
}

/// What a contact's page shows: the contact, what hangs on it, its tags, employer and household, and the count of each tab.
pub fn contacts(ids: &[ContactId]) -> Vec<String> {
    let large = LARGE.0;
    let contact = |id: &ContactId| {
        let of = |table: &str| format!("FROM {table} WHERE organization_id = {large} AND contact_id = {id}");
        let own = ["emails", "phones", "addresses"]
            .map(|table| format!("SELECT * {} ORDER BY is_primary DESC, id;\n", of(table)));
        let counts = [
            "contributions",
            "opportunities",
            "activity_contacts",
            "notes",
            "contact_tags",
            "changes",
        ]
        .map(|table| format!("(SELECT count(*) {}), ", of(table)));
        format!(
            "SELECT * FROM contacts WHERE organization_id = {large} AND id = {id};\n{}\
             SELECT tags.* FROM contact_tags JOIN tags USING (organization_id) \
                 WHERE organization_id = {large} AND contact_id = {id} AND tags.id = tag_id;\n\
             SELECT other.id, other.display_name FROM relationships r JOIN relationship_types t \
                 ON t.organization_id = {large} AND t.id = r.type_id AND t.makes_b IS NOT NULL \
                 JOIN contacts other ON other.organization_id = {large} AND other.id = r.contact_b \
                 WHERE r.organization_id = {large} AND r.contact_a = {id} AND r.is_active LIMIT 20;\n\
             SELECT {}(SELECT count(*) FROM relationships WHERE organization_id = {large} AND (contact_a = {id} OR contact_b = {id})), \
                 (SELECT count(*) {} AND status <> 'Removed');\n",
            own.concat(),
            counts.concat(),
            of("group_contacts"),
        )
    };
    ids.iter().map(contact).collect()
}

/// Transactions a second of such scripts, each prepared once by each client.
pub fn per_second(app_url: &str, folder: &Path, scripts: &[String], time: Duration) -> anyhow::Result<f64> {
    let mut command = Command::new(program("pgbench")?);
    command
        .args(["--no-vacuum", "--protocol=prepared"])
        .arg(format!("--client={CONNECTIONS}"))
        .arg("--jobs=2")
        .arg(format!("--time={}", time.as_secs().max(1)));
    for (number, script) in scripts.iter().enumerate() {
        let file = folder.join(format!("script_{number}.sql"));
        let enter = format!("BEGIN READ ONLY;\nSET LOCAL dms.organization_id = '{}';\n", LARGE.0);
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
