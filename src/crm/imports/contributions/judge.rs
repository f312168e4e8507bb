//! Rows, the gifts they mean, and what they make of them: the same for the check, which writes nothing, and for the import.

use super::meaning::Meaning;
use super::names::Purposes;
use crate::accounts;
use crate::base::{ContactId, ContributionId};
use crate::changelog::FieldChange;
use crate::crm::contributions::{Contribution, ContributionDraft, differences, store};
use crate::crm::imports::alike::{self, Met};
use crate::crm::imports::brings::{self, Hold, ReadRow};
use crate::crm::imports::cells::Said;
use crate::crm::imports::model::Import;
use crate::crm::imports::whom::{Known, Whom};
use crate::db::OrgTx;
use chrono::NaiveDate;
use diesel::QueryResult;
use std::collections::HashMap;

type Judged = brings::Judged<ContributionId, ContributionDraft>;
type Verdict = brings::Verdict<ContributionId, ContributionDraft>;

/// Judges rows of an import. Where funds and campaigns may be made, `Hold::Make` makes those that the rows need.
pub fn judge(
    tx: &mut OrgTx<'_>,
    import: &Import,
    rows: Vec<ReadRow<Meaning>>,
    hold: Hold,
) -> anyhow::Result<Vec<Judged>> {
    let today = accounts::today(tx)?;
    let here = Here::find(tx, &rows)?;
    let meant = contributors(tx, import, &rows, &here)?;
    let fit = rows.iter().zip(&meant).filter(|(_, meant)| meant.is_ok());
    let needed = fit.map(|(row, _)| &row.said);
    let purposes = Purposes::find(tx, needed, import.matching.makes_missing, hold)?;
    let mut judged: Vec<Judged> = rows
        .iter()
        .zip(meant)
        .map(|(row, meant)| {
            let before = here.of(&row.said).cloned();
            Judged {
                number: row.number,
                key: here.key(&row.said),
                verdict: meant.and_then(|contact| verdict(&purposes, row, contact, before, today)),
            }
        })
        .collect();
    show_changes(tx, &purposes, &mut judged)?;
    if !import.matching.adds_alike {
        find_alike(tx, import, &mut judged)?;
    }
    Ok(judged)
}

/// The gifts that rows name by a number or an id of theirs.
struct Here {
    by_number: HashMap<ContributionId, Contribution>,
    by_identifier: HashMap<String, Contribution>,
}

impl Here {
    fn find(tx: &mut OrgTx<'_>, rows: &[ReadRow<Meaning>]) -> QueryResult<Self> {
        let numbers: Vec<ContributionId> = rows.iter().filter_map(|row| number(&row.said)).collect();
        let identifiers: Vec<String> = rows.iter().filter_map(|row| identifier(&row.said)).collect();
        let numbered = store::find_all(tx, &numbers)?.into_iter();
        Ok(Self {
            by_number: numbered.map(|one| (one.id, one)).collect(),
            by_identifier: store::by_external_identifiers(tx, &identifiers)?,
        })
    }

    /// The gift that a row names.
    fn of(&self, said: &Said<Meaning>) -> Option<&Contribution> {
        match number(said) {
            Some(number) => self.by_number.get(&number),
            None => self.by_identifier.get(&identifier(said)?),
        }
    }

    /// By what a row is known that names a gift.
    fn key(&self, said: &Said<Meaning>) -> Option<String> {
        self.of(said).map(own_key).or_else(|| identifier(said))
    }

    /// What is wrong with how a row names a gift; `whose` is whom the row is about.
    fn problem(&self, said: &Said<Meaning>, whose: Option<ContactId>) -> Option<String> {
        let number = number(said)?;
        let Some(gift) = self.by_number.get(&number) else {
            return Some(format!(
                "No contribution has the DMS Number {number}; perhaps it was deleted. To add it anew, leave that cell empty."
            ));
        };
        if whose.is_some_and(|whose| whose != gift.is.contact_id) {
            return Some(format!(
                "The contribution with the DMS Number {number} is of another contact here. If the file was not exported here, \
                 leave that column out."
            ));
        }
        let named = identifier(said).and_then(|identifier| self.by_identifier.get(&identifier));
        named
            .filter(|named| named.id != gift.id)
            .map(|_| "Its Contribution ID is that of another contribution than its DMS Number.".into())
    }
}

/// By what a gift that is here is known among the rows of a file.
fn own_key(gift: &Contribution) -> String {
    let identifier = gift.is.external_identifier.clone();
    identifier.unwrap_or_else(|| format!("DMS Number {}", gift.id))
}

/// Whose gift each row is, unless something is wrong with the row.
fn contributors(
    tx: &mut OrgTx<'_>,
    import: &Import,
    rows: &[ReadRow<Meaning>],
    here: &Here,
) -> anyhow::Result<Vec<Result<ContactId, String>>> {
    let keys: Vec<String> = rows.iter().filter_map(|row| here.key(&row.said)).collect();
    let mut met = Met::before(tx, import, &keys)?;
    let whoms: Vec<Whom> = rows.iter().map(|row| row.said.whom()).collect();
    let known = Known::find(tx, whoms.iter())?;
    let mut meant = Vec::new();
    for (row, whom) in rows.iter().zip(&whoms) {
        let key = here.key(&row.said);
        let before = here.of(&row.said);
        // A gift that is here keeps its contact where the row does not speak of one.
        let whose = match before {
            Some(before) if whom.is_nobody() => Ok(before.is.contact_id),
            _ => known.meant(whom),
        };
        let earlier = key.as_ref().and_then(|key| met.meet(key, row.number));
        let whose = match (earlier, identifier(&row.said)) {
            (Some(earlier), Some(identifier)) => Err(format!(
                "Row {} of the file has the Contribution ID “{identifier}” already.",
                earlier.first
            )),
            (Some(earlier), None) => Err(format!(
                "Row {} of the file is about the same contribution already.",
                earlier.first
            )),
            (None, _) => match here.problem(&row.said, whose.as_ref().ok().copied()) {
                Some(problem) => Err(problem),
                None => whose,
            },
        };
        let missing = row.said.missing().filter(|_| before.is_none());
        meant.push(row.fit(match missing {
            Some(missing) => Err(missing),
            None => whose,
        }));
    }
    Ok(meant)
}

fn verdict(
    purposes: &Purposes,
    row: &ReadRow<Meaning>,
    contact: ContactId,
    before: Option<Contribution>,
    today: NaiveDate,
) -> Result<Verdict, String> {
    let said = &row.said;
    let (fund, campaign) = purposes.named(said)?;
    let begun = match &before {
        Some(before) => before.is.clone(),
        None => {
            let (amount, day) = said.amount_and_day().ok_or("The row has no amount or no date.")?;
            ContributionDraft::new(contact, amount, day, purposes.usual_fund(campaign))
        }
    };
    let was = begun.currency;
    let mut draft = said.onto(begun);
    let wrong = said.wrong_amounts_in(draft.currency);
    if !wrong.is_empty() {
        return Err(wrong.join(" "));
    }
    if was.decimals() != draft.currency.decimals() && said.get(Meaning::Amount).is_none() {
        return Err(format!(
            "The row makes {was} into {} and gives no amount, so it cannot be told how much it is.",
            draft.currency
        ));
    }
    draft.custom.take(&row.own);
    draft.contact_id = contact;
    draft.fund_id = fund.unwrap_or(draft.fund_id);
    draft.campaign_id = campaign.or(draft.campaign_id);
    let problems = draft.problems(today);
    if !problems.is_empty() {
        let words: Vec<String> = problems.into_iter().map(|problem| problem.words).collect();
        return Err(words.join(" "));
    }
    Ok(Verdict {
        before: before.map(|before| (before.id, before.is)),
        record: draft,
        shown: Vec::new(),
    })
}

/// Says in words what rows change, the names of all looked up together.
fn show_changes(tx: &mut OrgTx<'_>, purposes: &Purposes, judged: &mut [Judged]) -> anyhow::Result<()> {
    let changing = || judged.iter().filter_map(|row| row.verdict.as_ref().ok());
    let drafts: Vec<ContributionDraft> = changing()
        .filter_map(|verdict| Some([verdict.before.as_ref()?.1.clone(), verdict.record.clone()]))
        .flatten()
        .collect();
    if drafts.is_empty() {
        return Ok(());
    }
    let mut spoken = store::names(tx, &drafts)?;
    purposes.add_to_be_made(&mut spoken);
    for verdict in judged.iter_mut().filter_map(|row| row.verdict.as_mut().ok()) {
        if let Some((_, before)) = &verdict.before {
            verdict.shown = differences::between(&spoken, before, &verdict.record);
        }
    }
    Ok(())
}

/// Takes rows without an id of their own for the gifts that are here and look the same. They change nothing about them:
/// it is likely, but not certain, that they are the same.
fn find_alike(tx: &mut OrgTx<'_>, import: &Import, judged: &mut [Judged]) -> anyhow::Result<()> {
    let likeness: Vec<Option<String>> = judged.iter().map(likeness).collect();
    let nameless = judged.iter().zip(&likeness).filter(|(_, key)| key.is_some());
    let drafts = nameless.filter_map(|(row, _)| row.verdict.as_ref().ok());
    let (contacts, days) = drafts
        .map(|verdict| (verdict.record.contact_id, verdict.record.received_on))
        .unzip::<_, _, Vec<_>, Vec<_>>();
    let mut found = store::of_contacts_on(tx, &contacts, &days)?;
    found.sort_by_key(|one| (one.is.external_identifier.is_some(), one.id));
    let own_keys = found.iter().map(own_key);
    let keys: Vec<String> = likeness.iter().flatten().cloned().chain(own_keys).collect();
    let mut met = Met::before(tx, import, &keys)?;
    let mut here: HashMap<String, Vec<Contribution>> = HashMap::new();
    for one in found {
        here.entry(key(&one.is)).or_default().push(one);
    }
    for (row, likeness) in judged.iter_mut().zip(likeness) {
        let Some(key) = likeness else {
            row.key.as_ref().and_then(|identifier| met.meet(identifier, row.number));
            continue;
        };
        let at = met.meet(&key, row.number).map_or(0, |earlier| earlier.count);
        let is_free = |one: &&Contribution| !met.has(&own_key(one));
        let same = here.get(&key).and_then(|here| here.iter().filter(is_free).nth(at));
        if let (Ok(verdict), Some(same)) = (&mut row.verdict, same) {
            verdict.record = same.is.clone();
            verdict.before = Some((same.id, same.is.clone()));
            verdict.shown = vec![looks_like(same)];
        }
        row.key = Some(key);
    }
    Ok(())
}

/// By what a row without an id of its own is known, unless something is wrong with it.
fn likeness(row: &Judged) -> Option<String> {
    let verdict = row.verdict.as_ref().ok().filter(|_| row.key.is_none());
    verdict.map(|verdict| key(&verdict.record))
}

/// Everything by which two gifts are taken for the same one.
fn key(gift: &ContributionDraft) -> String {
    alike::key(&[
        &gift.contact_id.to_string(),
        &gift.amount.to_string(),
        &gift.currency.to_string(),
        &gift.received_on.to_string(),
        &gift.transaction_id,
        &gift.cheque_number,
    ])
}

fn looks_like(same: &Contribution) -> FieldChange {
    FieldChange {
        field: "Looks like a gift that is here already".into(),
        old: String::new(),
        new: format!("{} on {}", same.is.amount(), same.is.received_on),
    }
}

fn number(said: &Said<Meaning>) -> Option<ContributionId> {
    said.get(Meaning::DmsNumber)?.parse().ok()
}

fn identifier(said: &Said<Meaning>) -> Option<String> {
    said.get(Meaning::ExternalIdentifier).map(str::to_owned)
}
