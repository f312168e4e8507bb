//! Rows, the gifts they mean, and what they make of them: the same for the check, which writes nothing, and for the import.

use super::entry::{Entry, Reading};
use super::meaning::Meaning;
use super::names::{Hold, Names};
use crate::accounts;
use crate::base::ContactId;
use crate::changelog::FieldChange;
use crate::crm::contributions::{Contribution, ContributionDraft, differences, store};
use crate::crm::imports;
use crate::crm::imports::model::{Import, Outcome, Row};
use crate::crm::imports::whom::{Known, Whom};
use crate::db::OrgTx;
use chrono::NaiveDate;
use std::collections::HashMap;

/// Rows that were read and judged together.
pub struct Judgement {
    pub today: NaiveDate,
    pub rows: Vec<Judged>,
}

/// A row and what it comes to.
pub struct Judged {
    pub number: i32,
    pub identifier: Option<String>,
    pub verdict: Result<Verdict, String>,
}

/// What a row makes of which gift.
pub struct Verdict {
    /// The contribution that is here already.
    pub before: Option<Contribution>,
    pub draft: ContributionDraft,
    /// What it changes, in words.
    pub shown: Vec<FieldChange>,
}

impl Verdict {
    /// What the import would make of the row.
    pub fn foreseen(&self) -> Outcome {
        match &self.before {
            None => Outcome::New,
            Some(before) if before.is == self.draft => Outcome::Unchanged,
            Some(_) => Outcome::Changing,
        }
    }
}

/// Judges rows of an import. Where funds and campaigns may be made, `Hold::Make` makes those that the rows need.
pub fn judge(tx: &mut OrgTx<'_>, import: &Import, rows: &[Row], hold: Hold) -> anyhow::Result<Judgement> {
    let today = accounts::today(tx)?;
    let reading = Reading::of(import);
    let read: Vec<(i32, Entry, Vec<String>)> = rows
        .iter()
        .map(|row| {
            let (entry, problems) = reading.read(&row.cells);
            (row.number, entry, problems)
        })
        .collect();
    let whoms: Vec<Whom> = read.iter().map(|(_, entry, _)| entry.whom()).collect();
    let known = Known::find(tx, whoms.iter())?;
    let identifiers: Vec<String> = read.iter().filter_map(|(_, entry, _)| identifier(entry)).collect();
    let here = store::by_external_identifiers(tx, &identifiers)?;
    let mut first_rows = earlier_rows(tx, import, &reading, &identifiers)?;

    let mut fit: Vec<(i32, Entry, Result<ContactId, String>)> = Vec::new();
    for ((number, entry, mut problems), whom) in read.into_iter().zip(&whoms) {
        let identifier = identifier(&entry);
        if let Some(identifier) = &identifier {
            let first = *first_rows.entry(identifier.clone()).or_insert(number);
            if first != number {
                problems.push(format!(
                    "Row {first} of the file has the Contribution ID “{identifier}” already."
                ));
            }
        }
        let before = identifier.as_ref().and_then(|identifier| here.get(identifier));
        // A gift that is here keeps its contact where the row does not speak of one.
        let meant = match before {
            Some(before) if whom.is_nobody() => Ok(before.is.contact_id),
            _ => known.meant(whom),
        };
        if before.is_none() {
            problems.extend(entry.missing());
        }
        let meant = match (problems.is_empty(), meant) {
            (true, meant) => meant,
            (false, Ok(_)) => Err(problems.join(" ")),
            (false, Err(problem)) => Err([problems, vec![problem]].concat().join(" ")),
        };
        fit.push((number, entry, meant));
    }
    let needed = fit
        .iter()
        .filter(|(_, _, meant)| meant.is_ok())
        .map(|(_, entry, _)| entry);
    let names = Names::find(tx, needed, import.matching.makes_missing, hold)?;
    let mut judged = Vec::new();
    for (number, entry, meant) in fit {
        let before = identifier(&entry).and_then(|identifier| here.get(&identifier)).cloned();
        judged.push(Judged {
            number,
            identifier: identifier(&entry),
            verdict: meant.and_then(|contact| verdict(&names, &entry, contact, before, today)),
        });
    }
    show(tx, &names, &mut judged)?;
    Ok(Judgement { today, rows: judged })
}

fn verdict(
    names: &Names,
    entry: &Entry,
    contact: ContactId,
    before: Option<Contribution>,
    today: NaiveDate,
) -> Result<Verdict, String> {
    let fund = names.fund(entry.get(Meaning::Fund))?;
    let campaign = names.campaign(entry.get(Meaning::Campaign))?;
    let begun = match &before {
        Some(before) => before.is.clone(),
        None => {
            let (amount, day) = entry.amount_and_day().ok_or("The row has no amount or no date.")?;
            ContributionDraft::new(contact, amount, day, names.default_fund)
        }
    };
    let mut draft = entry.onto(begun);
    draft.contact_id = contact;
    draft.fund_id = fund.unwrap_or(draft.fund_id);
    draft.campaign_id = campaign.or(draft.campaign_id);
    let problems = draft.problems(today);
    if !problems.is_empty() {
        let words: Vec<String> = problems.into_iter().map(|problem| problem.words).collect();
        return Err(words.join(" "));
    }
    Ok(Verdict {
        before,
        draft,
        shown: Vec::new(),
    })
}

/// Says in words what rows change, the names of all looked up together.
fn show(tx: &mut OrgTx<'_>, names: &Names, judged: &mut [Judged]) -> anyhow::Result<()> {
    let changing = || judged.iter().filter_map(|row| row.verdict.as_ref().ok());
    let drafts: Vec<ContributionDraft> = changing()
        .filter_map(|verdict| Some([verdict.before.as_ref()?.is.clone(), verdict.draft.clone()]))
        .flatten()
        .collect();
    if drafts.is_empty() {
        return Ok(());
    }
    let mut spoken = store::names(tx, &drafts)?;
    names.add_to_be_made(&mut spoken);
    for verdict in judged.iter_mut().filter_map(|row| row.verdict.as_mut().ok()) {
        if let Some(before) = &verdict.before {
            verdict.shown = differences::between(&spoken, &before.is, &verdict.draft);
        }
    }
    Ok(())
}

fn identifier(entry: &Entry) -> Option<String> {
    entry.get(Meaning::ExternalIdentifier).map(str::to_owned)
}

/// The first rows, of those before these ones, that have one of the identifiers.
fn earlier_rows(
    tx: &mut OrgTx<'_>,
    import: &Import,
    reading: &Reading,
    identifiers: &[String],
) -> anyhow::Result<HashMap<String, i32>> {
    let mut first = HashMap::new();
    for row in imports::store::earlier_new_rows(tx, import.id, import.last_row, identifiers, &[])? {
        if let Some(identifier) = identifier(&reading.read(&row.cells).0) {
            first.entry(identifier).or_insert(row.number);
        }
    }
    Ok(first)
}
