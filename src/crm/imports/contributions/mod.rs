//! Rows about contributions: gifts of contacts who are here already. A Contribution ID makes a second import of the same file
//! change nothing.

mod entry;
mod judge;
mod meaning;
mod names;

use super::column::{Column, ColumnMeaning};
use super::kind::{Kind, Named, Words, Written};
use super::model::{Import, Outcome, Row};
use super::rows::{RowOutcome, Stays, WrittenRow};
use super::store;
use crate::base::ContributionId;
use crate::changelog::FieldChange;
use crate::crm::contributions::{Contribution, ContributionDraft, actions};
use crate::crm::{campaigns, funds};
use crate::db::OrgTx;
use chrono::{DateTime, Utc};
use diesel::QueryResult;
use entry::Reading;
use judge::{Judged, judge};
use meaning::{Meaning, OFFERED};
use names::Hold;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Funds and campaigns of the file that are named.
const NAMED_MAX: i64 = 20;

/// The kind.
pub struct Contributions;

/// What a row did, to be shown and taken back.
#[derive(Serialize, Deserialize)]
struct Record {
    shown: Vec<FieldChange>,
    contribution: ContributionId,
    /// Nothing for one that the row added.
    before: Option<ContributionDraft>,
    after: ContributionDraft,
}

impl Kind for Contributions {
    fn word(&self) -> &'static str {
        "contributions"
    }

    fn words(&self) -> &'static Words {
        &Words {
            each_row_is: "a contribution of a contact who is here already",
            noun: ["contribution", "contributions"],
            matches: ["is here already", "are here already"],
            found_by: "Found by Contribution ID. Empty cells never blank what is here.",
            changed: ["contribution changed", "contributions changed"],
            about_changed: "They were here already, with the same Contribution ID.",
            undo: &[
                "{} contributions that it added are deleted. Those that somebody has changed since are kept.",
                "Contributions that it changed are as they were before. One that somebody has changed since stays as it is.",
            ],
            undone: "Contributions added are deleted, the others are as before.",
            kept: "Somebody changed these contributions after the import; they were left as they are.",
            left_over: "Funds and campaigns that the import made are still there; delete them if nobody needs them.",
        }
    }

    fn offered(&self) -> Vec<(&'static str, Vec<Column>)> {
        let columns = |meanings: &[Meaning]| meanings.iter().map(|meaning| meaning.column()).collect();
        OFFERED
            .iter()
            .map(|(heading, meanings)| (*heading, columns(meanings)))
            .collect()
    }

    fn unfit(&self, columns: &[&str], _: bool) -> Option<String> {
        let has = |meaning: Meaning| columns.contains(&meaning.key().as_str());
        if !has(Meaning::Amount) || !has(Meaning::DateReceived) {
            return Some("A contribution needs an amount and a day. Match Amount and Date Received.".into());
        }
        (!has(Meaning::ContactIdentifier) && !has(Meaning::Email)).then(|| {
            "Nothing tells yet who gave. Match External Identifier of the contact, or Email, best with First Name and \
             Last Name."
                .into()
        })
    }

    fn can_make(&self) -> Option<&'static str> {
        Some("funds and campaigns")
    }

    fn named(&self, tx: &mut OrgTx<'_>, import: &Import) -> QueryResult<Vec<Named>> {
        let funds: Vec<String> = funds::store::list(tx)?
            .into_iter()
            .map(|one| names::key(&one.is.name))
            .collect();
        let campaigns = campaigns::store::list(tx)?.into_iter();
        let campaigns: Vec<String> = campaigns.map(|one| names::key(&one.is.name)).collect();
        let mut named = Vec::new();
        for (what, meaning, here) in [
            ("Fund", Meaning::Fund, funds),
            ("Campaign", Meaning::Campaign, campaigns),
        ] {
            let Some(column) = import.matching.position(meaning) else {
                continue;
            };
            for (name, rows) in store::distinct(tx, import.id, column, NAMED_MAX)? {
                let remark = match (here.contains(&names::key(&name)), import.matching.makes_missing) {
                    (true, _) => None,
                    (false, true) => Some("will be made"),
                    (false, false) => Some("is not here, so its rows are left out"),
                };
                named.push(Named {
                    what,
                    name,
                    rows,
                    remark,
                });
            }
        }
        Ok(named)
    }

    fn called(&self, import: &Import, cells: &[String], _: DateTime<Utc>) -> Option<String> {
        Reading::of(import).read(cells).0.called()
    }

    fn check(&self, tx: &mut OrgTx<'_>, import: &Import, rows: &[Row]) -> anyhow::Result<Vec<RowOutcome>> {
        let judgement = judge(tx, import, rows, Hold::Look)?;
        let foreseen = judgement.rows.into_iter().map(|row| match row.verdict {
            Err(words) => RowOutcome::problem(row.number, Outcome::Problem, words),
            Ok(verdict) => RowOutcome {
                contact: Some(verdict.draft.contact_id),
                record: (!verdict.shown.is_empty()).then(|| json!({ "shown": verdict.shown })),
                external_identifier: row.identifier,
                ..RowOutcome::new(row.number, verdict.foreseen())
            },
        });
        Ok(foreseen.collect())
    }

    fn write(&self, tx: &mut OrgTx<'_>, import: &Import, rows: &[Row]) -> anyhow::Result<Written> {
        let judgement = judge(tx, import, rows, Hold::Make)?;
        let new: Vec<ContributionDraft> = judgement
            .rows
            .iter()
            .filter_map(|row| row.verdict.as_ref().ok())
            .filter(|verdict| verdict.before.is_none())
            .map(|verdict| verdict.draft.clone())
            .collect();
        let mut added = actions::add_many(tx, &new, judgement.today)?.into_iter();
        let mut outcomes = Vec::new();
        for row in judgement.rows {
            if let Ok(verdict) = &row.verdict
                && let Some(before) = &verdict.before
            {
                actions::change(tx, before.id, &verdict.draft, judgement.today, "")?;
            }
            outcomes.push(outcome(row, &mut added)?);
        }
        Ok(Written { outcomes, joined: 0 })
    }

    fn take_back(
        &self,
        tx: &mut OrgTx<'_>,
        _: &Import,
        rows: &[WrittenRow],
        why: &str,
    ) -> anyhow::Result<Vec<RowOutcome>> {
        let today = crate::accounts::today(tx)?;
        let records: Vec<(&WrittenRow, Record)> = rows
            .iter()
            .filter_map(|row| Some((row, Record::deserialize(&row.record).ok()?)))
            .collect();
        let ids: Vec<ContributionId> = records.iter().map(|(_, record)| record.contribution).collect();
        let here: HashMap<ContributionId, Contribution> = actions::locked(tx, &ids)?
            .into_iter()
            .map(|one| (one.id, one))
            .collect();
        let mut stays = Stays::default();
        let mut gone = Vec::new();
        for (row, record) in &records {
            match (here.get(&record.contribution), &record.before) {
                // Somebody has deleted it already.
                (None, _) => {}
                (Some(now), _) if now.is != record.after => {
                    stays.say(
                        row.number,
                        "This contribution was changed since, so it was left as it is.".into(),
                    );
                }
                (Some(now), None) => gone.push(now.id),
                (Some(now), Some(before)) => {
                    actions::change(tx, now.id, before, today, why)?;
                }
            }
        }
        actions::delete(tx, &gone, why)?;
        Ok(rows.iter().map(|row| stays.outcome(row)).collect())
    }
}

fn outcome(row: Judged, added: &mut impl Iterator<Item = ContributionId>) -> anyhow::Result<RowOutcome> {
    let verdict = match row.verdict {
        Err(words) => return Ok(RowOutcome::problem(row.number, Outcome::Rejected, words)),
        Ok(verdict) => verdict,
    };
    let contact = Some(verdict.draft.contact_id);
    let (outcome, contribution, before) = match verdict.before {
        None => {
            let id = added.next();
            let id = id.ok_or_else(|| anyhow::anyhow!("fewer contributions were added than the rows bring"))?;
            (Outcome::Added, id, None)
        }
        Some(before) if before.is == verdict.draft => {
            return Ok(RowOutcome {
                contact,
                external_identifier: row.identifier,
                ..RowOutcome::new(row.number, Outcome::Unchanged)
            });
        }
        Some(before) => (Outcome::Changed, before.id, Some(before.is)),
    };
    let record = Record {
        shown: verdict.shown,
        contribution,
        before,
        after: verdict.draft,
    };
    Ok(RowOutcome {
        contact,
        record: Some(serde_json::to_value(record).unwrap_or(Value::Null)),
        external_identifier: row.identifier,
        ..RowOutcome::new(row.number, outcome)
    })
}
