//! How opportunities may stand: the statuses of the pipeline an organization begins with, and what administrators make of them.

use super::model::{Outcome, Probability};
use crate::base::OpportunityStatusId;
use crate::changelog::{self, FieldChange};
use crate::crm::type_error::TypeError;
use crate::db::OrgTx;
use crate::db::schema::{opportunities, opportunity_statuses};
use crate::web;
use crate::work;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use serde::Serialize;
use std::collections::HashMap;

/// The statuses an organization begins with, each with what becomes of it and how much of an amount counts, in percent.
const FIRST: [(&str, Outcome, i32); 6] = [
    ("Discovery", Outcome::Open, 10),
    ("In Progress", Outcome::Open, 40),
    ("Submitted", Outcome::Open, 60),
    ("Awarded", Outcome::Won, 100),
    ("Declined", Outcome::Lost, 0),
    ("Withdrawn", Outcome::Lost, 0),
];
/// The longest name, in characters.
pub const NAME_LENGTH_MAX: usize = 60;

/// In addresses these mean all statuses of one outcome, so that no status may be called so.
pub const OUTCOME_WORDS: [&str; 3] = ["open", "won", "lost"];

/// A status of the pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = opportunity_statuses)]
pub struct OpportunityStatus {
    pub id: OpportunityStatusId,
    pub name: String,
    pub outcome: Outcome,
    /// In percent.
    pub probability: i32,
}

impl OpportunityStatus {
    /// How much of an amount counts in a weighted sum, in percent: as likely as the opportunity says or else as usual while it
    /// is open, all of what was won, nothing of what was lost.
    pub fn weight(&self, probability: Option<Probability>) -> i64 {
        match (self.outcome, probability) {
            (Outcome::Won, _) => 100,
            (Outcome::Lost, _) => 0,
            (Outcome::Open, Some(probability)) => probability.percent(),
            (Outcome::Open, None) => self.probability.into(),
        }
    }

    /// Whether it is still to be decided.
    pub fn is_open(&self) -> bool {
        self.outcome == Outcome::Open
    }

    /// What can be changed of it.
    pub fn draft(&self) -> StatusDraft {
        StatusDraft {
            name: self.name.clone(),
            outcome: self.outcome,
            probability: self.probability,
        }
    }

    /// How it looks as a badge.
    pub fn tone(&self) -> &'static str {
        self.outcome.tone()
    }
}

/// A status as it is to be.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = opportunity_statuses)]
pub struct StatusDraft {
    pub name: String,
    pub outcome: Outcome,
    pub probability: i32,
}

/// Reads a name as somebody typed it.
pub fn name(typed: &str) -> Result<String, &'static str> {
    let name = web::required_line(
        typed,
        NAME_LENGTH_MAX,
        "Give the status a name.",
        "The name of a status may have up to 60 characters.",
    )?;
    match OUTCOME_WORDS.contains(&name.as_str()) {
        true => {
            Err("This word means all statuses of an outcome. Begin it with a capital letter, or choose another name.")
        }
        false => Ok(name),
    }
}

/// Reads a probability in percent.
pub fn probability(typed: &str) -> Result<i32, &'static str> {
    let typed = typed.trim().trim_end_matches('%').trim_end();
    match typed.parse() {
        Ok(percent) if (0..=100).contains(&percent) => Ok(percent),
        _ => Err("Write a whole number from 0 to 100."),
    }
}

/// Every status, in the order of the pipeline. An organization gets its first ones the first time somebody asks, so the
/// transaction must be one that may write.
pub fn all(tx: &mut OrgTx<'_>) -> QueryResult<Vec<OpportunityStatus>> {
    let statuses = stored(tx)?;
    if !statuses.is_empty() {
        return Ok(statuses);
    }
    let first: Vec<_> = FIRST
        .into_iter()
        .zip(1..)
        .map(|((name, outcome, probability), place)| {
            (
                opportunity_statuses::name.eq(name),
                opportunity_statuses::outcome.eq(outcome),
                opportunity_statuses::probability.eq(probability),
                opportunity_statuses::place.eq(place),
            )
        })
        .collect();
    // Somebody else may ask at the same moment.
    diesel::insert_into(opportunity_statuses::table)
        .values(first)
        .on_conflict_do_nothing()
        .execute(&mut **tx)?;
    stored(tx)
}

/// The statuses there are so far, in the order of the pipeline.
pub fn stored(tx: &mut OrgTx<'_>) -> QueryResult<Vec<OpportunityStatus>> {
    opportunity_statuses::table
        .filter(opportunity_statuses::organization_id.eq(tx.organization()))
        .order((opportunity_statuses::place, opportunity_statuses::id))
        .select(OpportunityStatus::as_select())
        .load(&mut **tx)
}

/// The statuses as a page shows them: where there are none yet, those there will be.
pub fn shown(tx: &mut OrgTx<'_>) -> QueryResult<Vec<OpportunityStatus>> {
    let stored = stored(tx)?;
    if !stored.is_empty() {
        return Ok(stored);
    }
    let to_be = FIRST.into_iter().map(|(name, outcome, probability)| OpportunityStatus {
        id: OpportunityStatusId(0),
        name: name.to_owned(),
        outcome,
        probability,
    });
    Ok(to_be.collect())
}

/// The status with this id.
pub fn find(tx: &mut OrgTx<'_>, id: OpportunityStatusId) -> QueryResult<Option<OpportunityStatus>> {
    opportunity_statuses::table
        .find((tx.organization(), id))
        .select(OpportunityStatus::as_select())
        .first(&mut **tx)
        .optional()
}

/// The status with this id, kept from being changed by others until the transaction ends.
pub fn locked(tx: &mut OrgTx<'_>, id: OpportunityStatusId) -> QueryResult<OpportunityStatus> {
    opportunity_statuses::table
        .find((tx.organization(), id))
        .select(OpportunityStatus::as_select())
        .for_update()
        .first(&mut **tx)
}

/// How many opportunities have each status; statuses without any are absent.
pub fn use_counts(tx: &mut OrgTx<'_>) -> QueryResult<HashMap<OpportunityStatusId, i64>> {
    let counts: Vec<(OpportunityStatusId, i64)> = opportunities::table
        .filter(opportunities::organization_id.eq(tx.organization()))
        .group_by(opportunities::status_id)
        .select((opportunities::status_id, count_star()))
        .load(&mut **tx)?;
    Ok(counts.into_iter().collect())
}

/// Adds a status at the end of the pipeline. After `Taken` the transaction must be given up.
pub fn add(tx: &mut OrgTx<'_>, draft: &StatusDraft) -> Result<OpportunityStatusId, TypeError> {
    let places = i32::try_from(all(tx)?.len()).unwrap_or(i32::MAX);
    let id = diesel::insert_into(opportunity_statuses::table)
        .values((draft, opportunity_statuses::place.eq(places.saturating_add(1))))
        .returning(opportunity_statuses::id)
        .get_result(&mut **tx)?;
    changelog::note(tx, &format!("Opportunity status {} added", draft.name), Vec::new())?;
    Ok(id)
}

/// Changes a status; opportunities that have it follow. After `Taken` the transaction must be given up.
pub fn change(tx: &mut OrgTx<'_>, id: OpportunityStatusId, draft: &StatusDraft) -> Result<(), TypeError> {
    let before = locked(tx, id)?;
    let percent = |number: i32| format!("{number} %");
    let fields: Vec<FieldChange> = [
        FieldChange::between("Name", &before.name, &draft.name),
        FieldChange::between("Outcome", before.outcome.as_str(), draft.outcome.as_str()),
        FieldChange::between("Probability", &percent(before.probability), &percent(draft.probability)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if fields.is_empty() {
        return Ok(());
    }
    diesel::update(opportunity_statuses::table.find((tx.organization(), id)))
        .set(draft)
        .execute(&mut **tx)?;
    changelog::note(tx, &format!("Opportunity status {} changed", draft.name), fields)?;
    if before.outcome != draft.outcome {
        // Searches ask for open, won and lost opportunities.
        work::smart_groups_are_due(tx)?;
    }
    Ok(())
}

/// Moves a status one place up or down the pipeline.
pub fn shift(tx: &mut OrgTx<'_>, id: OpportunityStatusId, up: bool) -> QueryResult<()> {
    let mut order: Vec<OpportunityStatusId> = opportunity_statuses::table
        .filter(opportunity_statuses::organization_id.eq(tx.organization()))
        .order((opportunity_statuses::place, opportunity_statuses::id))
        .select(opportunity_statuses::id)
        .for_update()
        .load(&mut **tx)?;
    let at = order.iter().position(|one| *one == id).ok_or(QueryError::NotFound)?;
    let other = if up {
        at.checked_sub(1)
    } else {
        Some(at + 1).filter(|other| *other < order.len())
    };
    let Some(other) = other else { return Ok(()) };
    order.swap(at, other);
    for (id, place) in order.into_iter().zip(1..) {
        diesel::update(opportunity_statuses::table.find((tx.organization(), id)))
            .set(opportunity_statuses::place.eq(place))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Deletes a status that no opportunity has. After `InUse` the transaction must be given up.
pub fn delete(tx: &mut OrgTx<'_>, id: OpportunityStatusId) -> Result<(), TypeError> {
    let name = find(tx, id)?.ok_or(QueryError::NotFound)?.name;
    diesel::delete(opportunity_statuses::table.find((tx.organization(), id))).execute(&mut **tx)?;
    changelog::note(tx, &format!("Opportunity status {name} deleted"), Vec::new())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_opportunity_counts_by_what_it_says_itself_or_else_as_usual_for_its_status() {
        let status = |outcome| OpportunityStatus {
            id: OpportunityStatusId(1),
            name: "Talking".into(),
            outcome,
            probability: 15,
        };
        let likely = Some(Probability::High);
        assert_eq!(
            (status(Outcome::Open).weight(likely), status(Outcome::Open).weight(None)),
            (75, 15)
        );
        assert_eq!(
            (status(Outcome::Won).weight(None), status(Outcome::Won).weight(likely)),
            (100, 100)
        );
        assert_eq!(
            (status(Outcome::Lost).weight(None), status(Outcome::Lost).weight(likely)),
            (0, 0)
        );
    }

    #[test]
    fn no_status_is_called_as_an_address_calls_all_of_an_outcome() {
        assert!(name(" won ").is_err() && name("").is_err());
        assert_eq!(name("Won"), Ok("Won".into()));
    }

    #[test]
    fn a_probability_is_a_whole_number_of_percent() {
        assert_eq!(
            (probability(" 40 %"), probability("0"), probability("100")),
            (Ok(40), Ok(0), Ok(100))
        );
        assert!(probability("101").is_err() && probability("-1").is_err() && probability("some").is_err());
    }
}
