//! Runs: each time something was planned for Mailchimp, why, what, and what came of every call.

use super::ledger::Call;
use crate::base::MappingId;
use crate::db::OrgTx;
use crate::db::schema::{contacts, planned_calls, sync_runs};
use crate::web::PAGE_SIZE;
use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;

/// A run, and how many of its calls are alike.
#[derive(Clone, Debug)]
pub struct Run {
    pub id: i64,
    pub cause: String,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub problem: Option<String>,
    /// Verb, state, how many.
    calls: Vec<(String, String, i64)>,
}

type Row = (i64, String, DateTime<Utc>, Option<DateTime<Utc>>, Option<String>);

impl Run {
    /// What it set out to do: "3 to add, 1 to unsubscribe".
    pub fn plan(&self) -> String {
        self.counted(&[
            (&|verb, _| verb == "unsubscribe", "to unsubscribe"),
            (&|verb, _| verb == "archive", "to archive"),
            (&|verb, _| verb == "add", "to add"),
            (&|verb, _| verb == "confirm", "to ask for confirmation"),
        ])
    }

    /// What came of it: "3 done, 1 refused by Mailchimp".
    pub fn outcome(&self) -> String {
        self.counted(&[
            (&|_, state| state == "accepted", "done"),
            (&|_, state| state == "refused", "refused by Mailchimp"),
            (&|_, state| state == "invalid", "not sent"),
            (&|_, state| state == "superseded", "no longer needed"),
            (&|_, state| matches!(state, "planned" | "asking"), "waiting"),
        ])
    }

    /// How it fared, as a badge: colour and word.
    pub fn state(&self) -> (&'static str, &'static str) {
        let has = |wanted: &[&str]| self.calls.iter().any(|(_, state, _)| wanted.contains(&state.as_str()));
        if has(&["planned", "asking"]) {
            ("info", "Under way")
        } else if has(&["refused", "invalid"]) {
            ("warn", "Some refused")
        } else {
            ("good", "Done")
        }
    }

    fn counted(&self, kinds: &[(&dyn Fn(&str, &str) -> bool, &str)]) -> String {
        let parts: Vec<String> = kinds
            .iter()
            .map(|(fits, words)| {
                let count: i64 = self
                    .calls
                    .iter()
                    .filter(|(verb, state, _)| fits(verb, state))
                    .map(|(.., count)| count)
                    .sum();
                (count, words)
            })
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| format!("{count} {words}"))
            .collect();
        parts.join(", ")
    }
}

/// How many runs there were, of one link or of all.
pub fn count(tx: &mut OrgTx<'_>, link: Option<MappingId>) -> QueryResult<i64> {
    of_link(tx, link).count().get_result(&mut **tx)
}

/// A page of runs, the newest first.
pub fn list(tx: &mut OrgTx<'_>, link: Option<MappingId>, number: i64) -> QueryResult<Vec<Run>> {
    let rows: Vec<Row> = of_link(tx, link)
        .order(sync_runs::id.desc())
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
        .select(COLUMNS)
        .load(&mut **tx)?;
    with_calls(tx, rows)
}

/// One run.
pub fn find(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<Option<Run>> {
    let row: Option<Row> = sync_runs::table
        .find((tx.organization().0, id))
        .select(COLUMNS)
        .first(&mut **tx)
        .optional()?;
    Ok(with_calls(tx, row.into_iter().collect())?.pop())
}

/// How many calls a run planned.
pub fn count_calls(tx: &mut OrgTx<'_>, run: i64) -> QueryResult<i64> {
    planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::run_id.eq(run))
        .count()
        .get_result(&mut **tx)
}

/// A page of a run's calls: first those that did not go well, then by name.
pub fn calls(tx: &mut OrgTx<'_>, run: i64, number: i64) -> QueryResult<Vec<Call>> {
    let went_well = planned_calls::state.eq_any(["accepted", "superseded"]);
    planned_calls::table
        .inner_join(
            contacts::table.on(contacts::organization_id
                .eq(planned_calls::organization_id)
                .and(contacts::id.eq(planned_calls::contact_id))),
        )
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::run_id.eq(run))
        .order((went_well, contacts::sort_name, planned_calls::id))
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
        .select(Call::as_select())
        .load(&mut **tx)
}

const COLUMNS: (
    sync_runs::id,
    sync_runs::cause,
    sync_runs::started_at,
    sync_runs::finished_at,
    sync_runs::problem,
) = (
    sync_runs::id,
    sync_runs::cause,
    sync_runs::started_at,
    sync_runs::finished_at,
    sync_runs::problem,
);

fn of_link(tx: &OrgTx<'_>, link: Option<MappingId>) -> sync_runs::BoxedQuery<'static, diesel::pg::Pg> {
    let runs = sync_runs::table
        .filter(sync_runs::organization_id.eq(tx.organization()))
        .into_boxed();
    match link {
        None => runs,
        Some(link) => runs.filter(exists(
            planned_calls::table
                .filter(planned_calls::organization_id.eq(sync_runs::organization_id))
                .filter(planned_calls::run_id.eq(sync_runs::id))
                .filter(planned_calls::mapping_id.eq(link)),
        )),
    }
}

fn with_calls(tx: &mut OrgTx<'_>, rows: Vec<Row>) -> QueryResult<Vec<Run>> {
    let counts: Vec<(i64, String, String, i64)> = planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::run_id.eq_any(rows.iter().map(|row| row.0)))
        .group_by((planned_calls::run_id, planned_calls::verb, planned_calls::state))
        .select((
            planned_calls::run_id,
            planned_calls::verb,
            planned_calls::state,
            diesel::dsl::count_star(),
        ))
        .load(&mut **tx)?;
    let with_calls = |(id, cause, started_at, finished_at, problem): Row| Run {
        calls: counts
            .iter()
            .filter(|(run, ..)| *run == id)
            .map(|(_, verb, state, count)| (verb.clone(), state.clone(), *count))
            .collect(),
        id,
        cause,
        started_at,
        finished_at,
        problem,
    };
    Ok(rows.into_iter().map(with_calls).collect())
}
