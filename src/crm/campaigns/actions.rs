//! What people do with campaigns. One that gifts went to is never deleted, only no longer offered.

use super::model::{Campaign, CampaignDraft};
use super::store;
use crate::base::{CampaignId, FundId};
use crate::changelog::{self, FieldChange};
use crate::crm::funds::{self, Fund};
use crate::db::schema::{campaigns, contributions};
use crate::db::{OrgTx, Unavailable};
use crate::work;
use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};

/// Why a campaign cannot be as somebody wants it; the transaction must be given up.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    #[error("another campaign has this name")]
    Taken,
    #[error("a campaign cannot be a part of itself or of one of its parts")]
    PartOfItself,
    #[error("gifts went to this campaign, or it has parts")]
    InUse,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error(transparent)]
    Query(QueryError),
}

impl From<QueryError> for CampaignError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Taken,
            // The fund or the larger campaign went away meanwhile, or never was the organization's.
            QueryError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => Self::Query(QueryError::NotFound),
            other => Self::Query(other),
        }
    }
}

/// Makes a campaign.
pub fn add(tx: &mut OrgTx<'_>, draft: &CampaignDraft) -> Result<CampaignId, CampaignError> {
    let id = diesel::insert_into(campaigns::table)
        .values(draft)
        .returning(campaigns::id)
        .get_result(&mut **tx)?;
    changelog::note(tx, &format!("Campaign {} added", draft.name), Vec::new())?;
    Ok(id)
}

/// Makes a campaign what the draft says.
pub fn change(tx: &mut OrgTx<'_>, id: CampaignId, draft: &CampaignDraft) -> Result<(), CampaignError> {
    let all = store::locked(tx)?;
    let before = all
        .iter()
        .find(|campaign| campaign.id == id)
        .ok_or(QueryError::NotFound)?;
    let fields = differences(&all, &funds::store::list(tx)?, &before.is, draft);
    if fields.is_empty() {
        return Ok(());
    }
    if is_part_of_itself(&all, id, draft.parent_id) {
        return Err(CampaignError::PartOfItself);
    }
    diesel::update(campaigns::table.find((tx.organization().0, id.0)))
        .set(draft)
        .execute(&mut **tx)?;
    changelog::note(tx, &format!("Campaign {} changed", draft.name), fields)?;
    if before.is.parent_id != draft.parent_id {
        // Searches for a campaign find whoever gave to one of its parts.
        work::smart_groups_are_due(tx)?;
    }
    Ok(())
}

/// Deletes a campaign that nothing went to and that has no parts.
pub fn delete(tx: &mut OrgTx<'_>, id: CampaignId) -> Result<String, CampaignError> {
    let name = store::find(tx, id)?.ok_or(QueryError::NotFound)?.is.name;
    let gifts = contributions::table
        .filter(contributions::organization_id.eq(tx.organization()))
        .filter(contributions::campaign_id.eq(id));
    let has_gifts: bool = diesel::select(exists(gifts)).get_result(&mut **tx)?;
    if has_gifts || !store::parts(tx, id)?.is_empty() {
        return Err(CampaignError::InUse);
    }
    diesel::delete(campaigns::table.find((tx.organization().0, id.0))).execute(&mut **tx)?;
    changelog::note(tx, &format!("Campaign {name} deleted"), Vec::new())?;
    Ok(name)
}

/// Whether a campaign has become a part of itself. Others wait who change campaigns at the same moment.
pub fn is_in_a_circle(tx: &mut OrgTx<'_>, id: CampaignId) -> QueryResult<bool> {
    let all = store::locked(tx)?;
    let own = all.iter().find(|campaign| campaign.id == id);
    Ok(own.is_some_and(|campaign| is_part_of_itself(&all, id, campaign.is.parent_id)))
}

/// Whether the way upwards from `parent` comes past the campaign.
fn is_part_of_itself(all: &[Campaign], id: CampaignId, parent: Option<CampaignId>) -> bool {
    let mut above = parent;
    // No way upwards is longer than there are campaigns.
    for _ in all {
        match above {
            Some(above) if above == id => return true,
            Some(next) => above = all.iter().find(|one| one.id == next).and_then(|one| one.is.parent_id),
            None => return false,
        }
    }
    false
}

fn differences(all: &[Campaign], funds: &[Fund], before: &CampaignDraft, after: &CampaignDraft) -> Vec<FieldChange> {
    let yes_no = |is: bool| if is { "Yes" } else { "No" };
    let day = |date: Option<NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
    let goal = |draft: &CampaignDraft| draft.goal().map(|goal| goal.to_string()).unwrap_or_default();
    let parent = |draft: &CampaignDraft| {
        let parent = all.iter().find(|one| Some(one.id) == draft.parent_id);
        parent.map(|parent| parent.is.name.clone()).unwrap_or_default()
    };
    let name_of = |id: Option<FundId>| {
        let fund = funds.iter().find(|one| Some(one.id) == id);
        fund.map(|fund| fund.is.name.clone()).unwrap_or_default()
    };
    let changes = [
        FieldChange::between("Name", &before.name, &after.name),
        FieldChange::between("Type", before.campaign_type.as_str(), after.campaign_type.as_str()),
        FieldChange::between("Description", &before.description, &after.description),
        FieldChange::between("Goal", &goal(before), &goal(after)),
        FieldChange::between("Start Date", &day(before.start_date), &day(after.start_date)),
        FieldChange::between("End Date", &day(before.end_date), &day(after.end_date)),
        FieldChange::between("Part of", &parent(before), &parent(after)),
        FieldChange::between("Fund", &name_of(before.fund_id), &name_of(after.fund_id)),
        FieldChange::between("Enabled", yes_no(before.is_enabled), yes_no(after.is_enabled)),
    ];
    changes.into_iter().flatten().collect()
}
