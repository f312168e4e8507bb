//! Reading contributions: one, and what they speak of.

use super::differences::Names;
use super::model::{Contribution, ContributionDraft};
use crate::base::{BatchId, CampaignId, ContactId, ContributionId, FundId};
use crate::crm::custom_fields::{self, CustomFields, Record};
use crate::db::OrgTx;
use crate::db::schema::{batches, campaigns, contacts, contributions, funds};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// The contribution with this id.
pub fn find(tx: &mut OrgTx<'_>, id: ContributionId) -> QueryResult<Option<Contribution>> {
    contributions::table
        .find((tx.organization().0, id.0))
        .select(Contribution::as_select())
        .first(&mut **tx)
        .optional()
}

/// The contributions with these ids, in no certain order.
pub fn find_all(tx: &mut OrgTx<'_>, ids: &[ContributionId]) -> QueryResult<Vec<Contribution>> {
    contributions::table
        .filter(contributions::organization_id.eq(tx.organization()))
        .filter(contributions::id.eq_any(ids))
        .select(Contribution::as_select())
        .load(&mut **tx)
}

/// The contributions with these external identifiers.
pub fn by_external_identifiers(
    tx: &mut OrgTx<'_>,
    identifiers: &[String],
) -> QueryResult<HashMap<String, Contribution>> {
    let found: Vec<Contribution> = contributions::table
        .filter(contributions::organization_id.eq(tx.organization()))
        .filter(contributions::external_identifier.eq_any(identifiers))
        .select(Contribution::as_select())
        .load(&mut **tx)?;
    let keyed = found
        .into_iter()
        .filter_map(|one| Some((one.is.external_identifier.clone()?, one)));
    Ok(keyed.collect())
}

/// The contributions of these contacts on these days, the first one first.
pub fn of_contacts_on(tx: &mut OrgTx<'_>, of: &[ContactId], days: &[NaiveDate]) -> QueryResult<Vec<Contribution>> {
    contributions::table
        .filter(contributions::organization_id.eq(tx.organization()))
        .filter(contributions::contact_id.eq_any(of))
        .filter(contributions::received_on.eq_any(days))
        .order(contributions::id)
        .select(Contribution::as_select())
        .load(&mut **tx)
}

/// What the batch is called that contributions came with.
pub fn batch_name(tx: &mut OrgTx<'_>, id: BatchId) -> QueryResult<Option<String>> {
    batches::table
        .find((tx.organization().0, id.0))
        .select(batches::name)
        .first(&mut **tx)
        .optional()
}

/// The names of the funds, campaigns and contacts that these drafts speak of.
pub fn names(tx: &mut OrgTx<'_>, drafts: &[ContributionDraft]) -> QueryResult<Names> {
    let of_funds: Vec<FundId> = drafts.iter().map(|draft| draft.fund_id).collect();
    let of_campaigns: Vec<CampaignId> = drafts.iter().filter_map(|draft| draft.campaign_id).collect();
    let of_contacts: Vec<ContactId> = drafts.iter().map(|draft| draft.contact_id).collect();
    let organization = tx.organization();
    let funds: Vec<(FundId, String)> = funds::table
        .filter(funds::organization_id.eq(organization))
        .filter(funds::id.eq_any(of_funds))
        .select((funds::id, funds::name))
        .load(&mut **tx)?;
    let campaigns: Vec<(CampaignId, String)> = campaigns::table
        .filter(campaigns::organization_id.eq(organization))
        .filter(campaigns::id.eq_any(of_campaigns))
        .select((campaigns::id, campaigns::name))
        .load(&mut **tx)?;
    let contacts: Vec<(ContactId, String)> = contacts::table
        .filter(contacts::organization_id.eq(organization))
        .filter(contacts::id.eq_any(of_contacts))
        .select((contacts::id, contacts::display_name))
        .load(&mut **tx)?;
    let custom = match drafts.iter().all(|draft| draft.custom.is_empty()) {
        true => CustomFields::default(),
        false => custom_fields::store::of(tx, Record::Contribution)?,
    };
    Ok(Names {
        custom,
        funds: funds.into_iter().collect(),
        campaigns: campaigns.into_iter().collect(),
        contacts: contacts.into_iter().collect(),
    })
}
