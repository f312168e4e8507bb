//! Reading bulk actions on contributions, and writing what became of each.

use super::model::{Action, Became, Deed, Outcome, Value};
use crate::base::{ContributionActionId, ContributionId};
use crate::db::schema::{contribution_action_rows, contribution_actions};
use crate::db::{OrgTx, Rows};
use chrono::{DateTime, Utc};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text};

/// The rows of an action.
macro_rules! of {
    ($tx:expr, $id:expr) => {
        contribution_action_rows::organization_id
            .eq($tx.organization())
            .and(contribution_action_rows::action_id.eq($id))
    };
}

/// The action with this id.
pub fn find(tx: &mut OrgTx<'_>, id: ContributionActionId) -> QueryResult<Option<Action>> {
    let row: Option<Row> = contribution_actions::table
        .find((tx.organization().0, id.0))
        .select(Row::as_select())
        .first(&mut **tx)
        .optional()?;
    row.map(Row::action).transpose()
}

/// The same, kept from being undone twice.
pub(super) fn locked(tx: &mut OrgTx<'_>, id: ContributionActionId) -> QueryResult<Action> {
    let row: Row = contribution_actions::table
        .find((tx.organization().0, id.0))
        .select(Row::as_select())
        .for_update()
        .first(&mut **tx)?;
    row.action()
}

/// The actions, newest first.
pub fn list(tx: &mut OrgTx<'_>, offset: i64, limit: i64) -> QueryResult<Vec<Action>> {
    let rows: Vec<Row> = contribution_actions::table
        .filter(contribution_actions::organization_id.eq(tx.organization()))
        .order(contribution_actions::id.desc())
        .offset(offset)
        .limit(limit)
        .select(Row::as_select())
        .load(&mut **tx)?;
    rows.into_iter().map(Row::action).collect()
}

/// How many there are.
pub fn count(tx: &mut OrgTx<'_>) -> QueryResult<i64> {
    contribution_actions::table
        .filter(contribution_actions::organization_id.eq(tx.organization()))
        .count()
        .get_result(&mut **tx)
}

/// Why contributions were skipped or kept, and how many each time.
pub fn reasons(tx: &mut OrgTx<'_>, id: ContributionActionId, outcome: Outcome) -> QueryResult<Vec<(String, i64)>> {
    let rows: Vec<(Option<String>, i64)> = contribution_action_rows::table
        .filter(of!(tx, id))
        .filter(contribution_action_rows::outcome.eq(outcome))
        .group_by(contribution_action_rows::problem)
        .order(contribution_action_rows::problem)
        .select((contribution_action_rows::problem, count_star()))
        .load(&mut **tx)?;
    let told = rows.into_iter().filter_map(|(problem, count)| Some((problem?, count)));
    Ok(told.collect())
}

/// The contributions that were changed, with what they had before.
pub(super) fn changed(tx: &mut OrgTx<'_>, id: ContributionActionId) -> QueryResult<Vec<(ContributionId, Value)>> {
    let rows: Vec<(ContributionId, Option<serde_json::Value>)> = contribution_action_rows::table
        .filter(of!(tx, id))
        .filter(contribution_action_rows::outcome.eq(Outcome::Changed))
        .order(contribution_action_rows::contribution_id)
        .select((
            contribution_action_rows::contribution_id,
            contribution_action_rows::before,
        ))
        .load(&mut **tx)?;
    rows.into_iter()
        .map(|(contribution, before)| Ok((contribution, read(before.unwrap_or_default())?)))
        .collect()
}

/// Writes down what became of contributions.
pub(super) fn write(tx: &mut OrgTx<'_>, id: ContributionActionId, became: &[Became]) -> QueryResult<()> {
    let ids: Vec<ContributionId> = became.iter().map(|one| one.contribution).collect();
    let anew = of!(tx, id).and(contribution_action_rows::contribution_id.eq_any(&ids));
    diesel::delete(contribution_action_rows::table.filter(anew)).execute(&mut **tx)?;
    Rows::of("contribution_action_rows")
        .column::<BigInt, _>("action_id", vec![id.0; became.len()])
        .column::<BigInt, _>("contribution_id", ids.iter().map(|id| id.0).collect())
        .column::<Text, _>("outcome", became.iter().map(|one| one.outcome.as_str()).collect())
        .column::<Nullable<Text>, _>(
            "problem",
            became.iter().map(|one| one.problem.as_deref()).collect::<Vec<_>>(),
        )
        .column::<Nullable<Jsonb>, _>(
            "before",
            became
                .iter()
                .map(|one| one.before.map(|value| serde_json::json!(value)))
                .collect::<Vec<_>>(),
        )
        .insert(tx)?;
    Ok(())
}

fn read<T: serde::de::DeserializeOwned>(stored: serde_json::Value) -> QueryResult<T> {
    serde_json::from_value(stored).map_err(|error| QueryError::DeserializationError(error.into()))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = contribution_actions)]
struct Row {
    id: ContributionActionId,
    deed: serde_json::Value,
    chosen: i32,
    changed: i32,
    unchanged: i32,
    skipped: i32,
    taken_back: i32,
    kept: i32,
    done_by: String,
    done_at: DateTime<Utc>,
    undone_by: Option<String>,
    undone_at: Option<DateTime<Utc>>,
}

impl Row {
    fn action(self) -> QueryResult<Action> {
        let deed: Deed = read(self.deed)?;
        Ok(Action {
            id: self.id,
            deed,
            chosen: self.chosen,
            changed: self.changed,
            unchanged: self.unchanged,
            skipped: self.skipped,
            taken_back: self.taken_back,
            kept: self.kept,
            done_by: self.done_by,
            done_at: self.done_at,
            undone_by: self.undone_by,
            undone_at: self.undone_at,
        })
    }
}
