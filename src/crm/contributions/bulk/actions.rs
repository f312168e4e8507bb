//! Doing something to many contributions, and taking it back. Both in one transaction, so that a process that is killed leaves
//! all or nothing.

use super::model::{Action, Became, CHOSEN_MAX, Deed, Outcome};
use super::store;
use crate::accounts;
use crate::base::{CampaignId, ContributionActionId, ContributionId, FundId, grouped};
use crate::crm::contributions::{Contribution, ContributionDraft, actions};
use crate::crm::{campaigns, funds};
use crate::db::OrgTx;
use crate::db::schema::contribution_actions;
use crate::web::PageError;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::json;
use std::collections::HashMap;

/// Does it to every one of these contributions that is here.
pub fn act(tx: &mut OrgTx<'_>, deed: &Deed, chosen: &[ContributionId]) -> Result<ContributionActionId, PageError> {
    if chosen.len() > CHOSEN_MAX {
        return Err(too_many());
    }
    let today = accounts::today(tx)?;
    let found = actions::locked(tx, chosen)?;
    let count = found.len();
    let (mut changes, mut became) = (Vec::new(), Vec::new());
    for one in found {
        let draft = deed.onto(&one.is);
        if draft == one.is {
            continue;
        }
        let problems: Vec<String> = draft.problems(today).into_iter().map(|one| one.words).collect();
        became.push(match problems.is_empty() {
            true => Became {
                contribution: one.id,
                outcome: Outcome::Changed,
                problem: None,
                before: Some(deed.value(&one.is)),
            },
            false => Became {
                contribution: one.id,
                outcome: Outcome::Skipped,
                problem: Some(problems.join(" ")),
                before: None,
            },
        });
        if problems.is_empty() {
            changes.push((one, draft));
        }
    }
    let why = match count {
        1 => "Bulk action".to_owned(),
        count => format!("Bulk action on {count} contributions"),
    };
    actions::change_many(tx, &changes, today, &why)?;
    let id = diesel::insert_into(contribution_actions::table)
        .values((
            contribution_actions::deed.eq(json!(deed)),
            contribution_actions::chosen.eq(size(count)),
            contribution_actions::changed.eq(size(changes.len())),
            contribution_actions::unchanged.eq(size(count - became.len())),
            contribution_actions::skipped.eq(size(became.len() - changes.len())),
            contribution_actions::done_by.eq(tx.actor().name().to_owned()),
            contribution_actions::done_at.eq(tx.now()),
        ))
        .returning(contribution_actions::id)
        .get_result(&mut **tx)?;
    store::write(tx, id, &became)?;
    Ok(id)
}

/// Takes an action back: each contribution has again what it had. One whose field was changed since stays as it is.
pub fn undo(tx: &mut OrgTx<'_>, id: ContributionActionId) -> Result<Action, PageError> {
    let action = store::locked(tx, id)?;
    if !action.can_be_undone(tx.now()) {
        return Err(PageError::Refused(
            "This was undone already, or too long ago. Nothing was changed.".into(),
        ));
    }
    let today = accounts::today(tx)?;
    let changed = store::changed(tx, id)?;
    let ids: Vec<ContributionId> = changed.iter().map(|(id, _)| *id).collect();
    let found = actions::locked(tx, &ids)?.into_iter();
    let mut here: HashMap<ContributionId, Contribution> = found.map(|one| (one.id, one)).collect();
    let named = Named::load(tx)?;
    let (mut changes, mut became) = (Vec::new(), Vec::new());
    for (id, before) in changed {
        let one = here.remove(&id);
        let draft = one.as_ref().map(|one| before.onto(&one.is));
        let problem = match (&one, &draft) {
            (None, _) | (_, None) => Some("It was deleted since.".to_owned()),
            (Some(one), _) if !action.deed.stands(&one.is) => Some("It was changed again since.".to_owned()),
            (_, Some(draft)) => named.problem(draft, today),
        };
        became.push(Became {
            contribution: id,
            outcome: if problem.is_none() {
                Outcome::Undone
            } else {
                Outcome::Kept
            },
            before: problem.is_some().then_some(before),
            problem: problem.clone(),
        });
        if let (Some(one), Some(draft), None) = (one, draft, problem) {
            changes.push((one, draft));
        }
    }
    actions::change_many(tx, &changes, today, &format!("“{}” was undone", action.deed.name()))?;
    store::write(tx, id, &became)?;
    diesel::update(contribution_actions::table.find((tx.organization().0, id.0)))
        .set((
            contribution_actions::taken_back.eq(size(changes.len())),
            contribution_actions::kept.eq(size(became.len() - changes.len())),
            contribution_actions::undone_by.eq(tx.actor().name().to_owned()),
            contribution_actions::undone_at.eq(tx.now()),
        ))
        .execute(&mut **tx)?;
    Ok(action)
}

/// What is said of a selection that is too large.
pub fn too_many() -> PageError {
    PageError::Refused(format!(
        "Nothing was changed: up to {} contributions can be changed together. Choose fewer with the filters, for example a year \
         at a time.",
        grouped(&CHOSEN_MAX.to_string())
    ))
}

/// The funds and campaigns that are here: what a contribution had before may be gone.
struct Named {
    funds: Vec<FundId>,
    campaigns: Vec<CampaignId>,
}

impl Named {
    fn load(tx: &mut OrgTx<'_>) -> QueryResult<Self> {
        Ok(Self {
            funds: funds::store::list(tx)?.into_iter().map(|one| one.id).collect(),
            campaigns: campaigns::store::list(tx)?.into_iter().map(|one| one.id).collect(),
        })
    }

    /// Why a contribution cannot be so again.
    fn problem(&self, draft: &ContributionDraft, today: NaiveDate) -> Option<String> {
        let has_fund = self.funds.contains(&draft.fund_id);
        let has_campaign = draft.campaign_id.is_none_or(|id| self.campaigns.contains(&id));
        if !has_fund || !has_campaign {
            return Some("The fund or the campaign it had was deleted since.".into());
        }
        let problems: Vec<String> = draft.problems(today).into_iter().map(|one| one.words).collect();
        (!problems.is_empty()).then(|| problems.join(" "))
    }
}

fn size(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
