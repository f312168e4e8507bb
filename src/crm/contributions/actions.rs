//! What happens to contributions. Each action writes the rows, the contacts' Change Log, the giving totals and the due marks
//! together, in the caller's transaction and in the name of its actor.

use super::differences::{self, Names};
use super::model::{Contribution, ContributionDraft};
use super::{recurring, rows, soft_credits, store, totals};
use crate::base::{ContactId, ContributionId};
use crate::changelog::{self, FieldChange, NewChange};
use crate::crm::contacts::rules::Problem;
use crate::crm::custom_fields::{self, Record};
use crate::db::schema::{contacts, contributions};
use crate::db::{OrgTx, Unavailable};
use crate::web::PageError;
use crate::work;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use std::collections::BTreeSet;

/// Why a contribution could not be written down; the transaction must be given up.
#[derive(Debug, thiserror::Error)]
pub enum ContributionError {
    /// It breaks the rules, in words.
    #[error("the contribution is not complete")]
    Invalid(Vec<Problem>),
    #[error("another contribution has this external identifier already")]
    IdentifierTaken,
    #[error(transparent)]
    Database(QueryError),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<QueryError> for ContributionError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::IdentifierTaken,
            other => Self::Database(other),
        }
    }
}

impl From<ContributionError> for PageError {
    fn from(error: ContributionError) -> Self {
        match error {
            ContributionError::Invalid(problems) => {
                let words: Vec<String> = problems.into_iter().map(|problem| problem.words).collect();
                Self::Refused(format!("Nothing was changed. {}", words.join(" ")))
            }
            ContributionError::IdentifierTaken => Self::Refused(
                "Nothing was changed: another contribution has the same External Identifier already.".into(),
            ),
            ContributionError::Database(error) => error.into(),
            ContributionError::Unavailable(error) => error.into(),
        }
    }
}

/// Adds one contribution. `today` is the day in the organization's time zone.
pub fn add(
    tx: &mut OrgTx<'_>,
    draft: &ContributionDraft,
    today: NaiveDate,
) -> Result<ContributionId, ContributionError> {
    let ids = add_many(tx, std::slice::from_ref(draft), today)?;
    ids.first().copied().ok_or_else(|| QueryError::NotFound.into())
}

/// Adds many contributions at once; the ids are in the order of the drafts. One that breaks the rules refuses all.
pub fn add_many(
    tx: &mut OrgTx<'_>,
    drafts: &[ContributionDraft],
    today: NaiveDate,
) -> Result<Vec<ContributionId>, ContributionError> {
    refuse_unfit(drafts.iter(), today)?;
    refuse_unfit_custom(tx, drafts)?;
    let contacts: BTreeSet<ContactId> = drafts.iter().map(|draft| draft.contact_id).collect();
    rows::lock_contacts(tx, &contacts)?;
    refuse_gone(tx, &contacts)?;
    let names = names(tx, drafts)?;
    recurring::refuse_of_others(tx, drafts.iter())?;
    let ids = rows::insert(tx, drafts)?;
    recurring::came(tx, drafts.iter())?;
    let log: Vec<NewChange> = drafts
        .iter()
        .map(|draft| {
            line(
                draft.contact_id,
                "Contribution added",
                differences::of_new(&names, draft),
                "",
            )
        })
        .collect();
    changelog::record_all(tx, &log)?;
    settle(tx, contacts)?;
    Ok(ids)
}

/// Makes a contribution what the draft says. Only differences are written; `false`: there were none, and nothing was.
pub fn change(
    tx: &mut OrgTx<'_>,
    id: ContributionId,
    draft: &ContributionDraft,
    today: NaiveDate,
    why: &str,
) -> Result<bool, ContributionError> {
    let before = locked_with(tx, &[id], &[draft.contact_id])?.pop();
    let before = before.ok_or(QueryError::NotFound)?.is;
    if before == *draft {
        return Ok(false);
    }
    refuse_unfit(std::iter::once(draft), today)?;
    refuse_unfit_custom(tx, std::slice::from_ref(draft))?;
    if (before.amount, before.currency) != (draft.amount, draft.currency) {
        refuse_less_than_credited(tx, id, draft)?;
    }
    let contacts: BTreeSet<ContactId> = [before.contact_id, draft.contact_id].into();
    if draft.contact_id != before.contact_id {
        refuse_gone(tx, &[draft.contact_id].into())?;
    }
    let names = names(tx, &[before.clone(), draft.clone()])?;
    if (before.recurring_id, before.contact_id) != (draft.recurring_id, draft.contact_id) {
        recurring::refuse_of_others(tx, std::iter::once(draft))?;
    }
    rows::update(tx, id, draft)?;
    if before.recurring_id != draft.recurring_id {
        recurring::came(tx, std::iter::once(draft))?;
    }
    let fields = differences::between(&names, &before, draft);
    let what = format!("Contribution of {} changed", before.amount());
    let log: Vec<NewChange> = contacts
        .iter()
        .map(|contact| line(*contact, &what, fields.clone(), why))
        .collect();
    changelog::record_all(tx, &log)?;
    settle(tx, contacts)?;
    soft_credits::credited_are_due(tx, &[id])?;
    Ok(true)
}

/// Makes many contributions what their drafts say, in one go: each stands beside itself as it is, `locked`, and keeps its
/// contributor and its series.
pub fn change_many(
    tx: &mut OrgTx<'_>,
    changes: &[(Contribution, ContributionDraft)],
    today: NaiveDate,
    why: &str,
) -> Result<(), ContributionError> {
    refuse_unfit(changes.iter().map(|(_, draft)| draft), today)?;
    let both: Vec<ContributionDraft> = changes
        .iter()
        .flat_map(|(before, draft)| [before.is.clone(), draft.clone()])
        .collect();
    let names = names(tx, &both)?;
    for (before, draft) in changes {
        rows::update(tx, before.id, draft)?;
    }
    let whats: Vec<String> = changes
        .iter()
        .map(|(before, _)| format!("Contribution of {} changed", before.is.amount()))
        .collect();
    let log: Vec<NewChange> = changes
        .iter()
        .zip(&whats)
        .map(|((before, draft), what)| {
            let fields = differences::between(&names, &before.is, draft);
            line(before.is.contact_id, what, fields, why)
        })
        .collect();
    changelog::record_all(tx, &log)?;
    settle(tx, changes.iter().map(|(before, _)| before.is.contact_id).collect())?;
    let ids: Vec<ContributionId> = changes.iter().map(|(before, _)| before.id).collect();
    Ok(soft_credits::credited_are_due(tx, &ids)?)
}

/// Deletes contributions for good; the Change Log keeps what they said. Returns how many there were.
pub fn delete(tx: &mut OrgTx<'_>, ids: &[ContributionId], why: &str) -> QueryResult<usize> {
    let gone = locked(tx, ids)?;
    let contacts: BTreeSet<ContactId> = gone.iter().map(|one| one.is.contact_id).collect();
    let drafts: Vec<ContributionDraft> = gone.iter().map(|one| one.is.clone()).collect();
    let names = names(tx, &drafts)?;
    let credited = soft_credits::of_contributions(tx, ids)?;
    rows::delete(tx, ids)?;
    soft_credits::tell_gone(tx, &credited, why)?;
    let log: Vec<NewChange> = drafts
        .iter()
        .map(|draft| {
            let fields = differences::of_deleted(&names, draft);
            line(draft.contact_id, "Contribution deleted", fields, why)
        })
        .collect();
    changelog::record_all(tx, &log)?;
    settle(tx, contacts)?;
    Ok(gone.len())
}

/// The contributions with these ids, kept from being changed by others until the transaction ends.
pub fn locked(tx: &mut OrgTx<'_>, ids: &[ContributionId]) -> QueryResult<Vec<Contribution>> {
    locked_with(tx, ids, &[])
}

/// The same, with contacts who are to have one of them. Contacts come first, as in a merge: otherwise each of two would wait
/// for what the other has locked.
pub fn locked_with(tx: &mut OrgTx<'_>, ids: &[ContributionId], others: &[ContactId]) -> QueryResult<Vec<Contribution>> {
    let mut contacts: BTreeSet<ContactId> = store::find_all(tx, ids)?.iter().map(|one| one.is.contact_id).collect();
    contacts.extend(others);
    loop {
        rows::lock_contacts(tx, &contacts)?;
        let found: Vec<Contribution> = contributions::table
            .filter(contributions::organization_id.eq(tx.organization()))
            .filter(contributions::id.eq_any(ids))
            .order(contributions::id)
            .select(Contribution::as_select())
            .for_update()
            .load(&mut **tx)?;
        let mut moved = found
            .iter()
            .map(|one| one.is.contact_id)
            .filter(|one| !contacts.contains(one))
            .peekable();
        if moved.peek().is_none() {
            return Ok(found);
        }
        // Somebody gave one to another contact before it was locked; now that it is, nobody can.
        let moved: Vec<ContactId> = moved.collect();
        contacts.extend(moved);
    }
}

/// What follows from a change, whatever it was.
fn settle(tx: &mut OrgTx<'_>, contacts: BTreeSet<ContactId>) -> QueryResult<()> {
    let contacts: Vec<ContactId> = contacts.into_iter().collect();
    totals::refresh(tx, &contacts)?;
    work::contacts_are_due(tx, &contacts)
}

fn refuse_unfit<'d>(
    drafts: impl Iterator<Item = &'d ContributionDraft>,
    today: NaiveDate,
) -> Result<(), ContributionError> {
    let problems: Vec<Problem> = drafts.flat_map(|draft| draft.problems(today)).collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(ContributionError::Invalid(problems)),
    }
}

/// Why a contribution cannot be what a draft says, as things stand now: what it names may be gone since the draft was made.
pub fn refuse_impossible(
    tx: &mut OrgTx<'_>,
    id: ContributionId,
    draft: &ContributionDraft,
    today: NaiveDate,
) -> Result<(), ContributionError> {
    refuse_less_than_credited(tx, id, draft)?;
    refuse_unfit(std::iter::once(draft), today)?;
    refuse_unfit_custom(tx, std::slice::from_ref(draft))?;
    refuse_gone(tx, &[draft.contact_id].into())?;
    names(tx, std::slice::from_ref(draft))?;
    Ok(())
}

/// Refuses to make a gift less than somebody is credited with, or of another currency than they are credited in.
fn refuse_less_than_credited(
    tx: &mut OrgTx<'_>,
    id: ContributionId,
    draft: &ContributionDraft,
) -> Result<(), ContributionError> {
    let credits = soft_credits::of_contribution(tx, id)?;
    let Some(largest) = credits.iter().max_by_key(|credit| credit.amount().minor) else {
        return Ok(());
    };
    let (name, amount) = (&largest.name, largest.amount());
    let field = match () {
        () if amount.currency != draft.currency => "currency",
        () if amount.minor > draft.amount => "amount",
        () => return Ok(()),
    };
    let words = format!("{name} is credited with {amount} of this contribution. Take that soft credit away first.");
    Err(ContributionError::Invalid(vec![Problem::new(field, words)]))
}

/// Refuses values of custom fields that cannot be: somebody changed the field since, or it was never here.
fn refuse_unfit_custom(tx: &mut OrgTx<'_>, drafts: &[ContributionDraft]) -> Result<(), ContributionError> {
    let values = || drafts.iter().map(|draft| &draft.custom);
    let custom = custom_fields::store::for_writing(tx, Record::Contribution, values())?;
    let unfit = values().flat_map(|values| custom.unfit(values));
    let problems: Vec<Problem> = unfit.map(|(field, words)| Problem::new(field, words)).collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(ContributionError::Invalid(problems)),
    }
}

/// Nothing is given, promised or credited any more by who was merged into somebody else or erased, though a draft or an open form
/// may still say so. Ask when they are locked.
pub(super) fn refuse_gone(tx: &mut OrgTx<'_>, ids: &BTreeSet<ContactId>) -> Result<(), ContributionError> {
    let gone: Vec<(String, Option<i64>)> = contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(ids))
        .filter(
            contacts::merged_into
                .is_not_null()
                .or(contacts::erased_at.is_not_null()),
        )
        .order(contacts::id)
        .select((contacts::display_name, contacts::merged_into))
        .load(&mut **tx)?;
    let problems = gone.into_iter().map(|(name, merged_into)| {
        let words = match merged_into {
            Some(_) => format!("{name} was merged into another contact. Choose the contact once more."),
            None => "The contact was erased. Choose somebody else.".to_owned(),
        };
        Problem::new("who", words)
    });
    match problems.collect::<Vec<_>>() {
        none if none.is_empty() => Ok(()),
        problems => Err(ContributionError::Invalid(problems)),
    }
}

/// The names the drafts speak of; `NotFound` where a fund or a campaign is not here.
fn names(tx: &mut OrgTx<'_>, drafts: &[ContributionDraft]) -> QueryResult<Names> {
    let names = store::names(tx, drafts)?;
    let are_here = drafts.iter().all(|draft| {
        names.funds.contains_key(&draft.fund_id) && draft.campaign_id.is_none_or(|id| names.campaigns.contains_key(&id))
    });
    match are_here {
        true => Ok(names),
        false => Err(QueryError::NotFound),
    }
}

fn line<'a>(contact: ContactId, what: &'a str, fields: Vec<FieldChange>, why: &'a str) -> NewChange<'a> {
    NewChange {
        contact: Some(contact),
        what,
        fields,
        why,
    }
}
