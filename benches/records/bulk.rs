//! A bulk edit of everybody, through the pages.

use super::charity::LARGE;
use super::server::Visitor;
use anyhow::Context;
use diesel::prelude::*;
use dms::base::BulkActionId;
use dms::db::Db;
use dms::db::schema::bulk_actions;
use std::time::{Duration, Instant};

/// How often the action is asked how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Gives all contacts a new source; seconds until the last of them has it, with history and what undoing needs.
pub async fn edit_everybody(visitor: &Visitor, db: &Db) -> anyhow::Result<f64> {
    let source = format!("Bulk edit {}", chrono::Utc::now().timestamp_millis());
    let fields = [
        ("scope", "all"),
        ("deed", "edit"),
        ("field", "source"),
        ("value", &source),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let began = Instant::now();
    let page = visitor.post("bulk/start", &fields).await?;
    let action: BulkActionId = page
        .split('/')
        .nth(1)
        .with_context(|| format!("no bulk action in {page}"))?
        .parse()?;
    loop {
        let state: String = db
            .read(LARGE, move |tx| {
                let row = bulk_actions::table.find((tx.organization(), action));
                anyhow::Ok(row.select(bulk_actions::state).first(&mut **tx)?)
            })
            .await?;
        if state == "done" {
            return Ok(began.elapsed().as_secs_f64());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
