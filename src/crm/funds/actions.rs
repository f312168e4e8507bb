//! What people do with funds. A fund that gifts went to is never deleted, only no longer offered.

use super::model::FundDraft;
use super::store;
use crate::base::FundId;
use crate::changelog::{self, FieldChange};
use crate::db::schema::{campaigns, contributions, funds, recurring_contributions};
use crate::db::{OrgTx, Unavailable};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};

/// Why a fund cannot be as somebody wants it; the transaction must be given up.
#[derive(Debug, thiserror::Error)]
pub enum FundError {
    #[error("another fund has this name")]
    Taken,
    #[error("the default fund must stay enabled and the default until another is chosen")]
    IsDefault,
    #[error("gifts went to this fund, or a campaign raises for it")]
    InUse,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error(transparent)]
    Query(QueryError),
}

impl From<QueryError> for FundError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Taken,
            other => Self::Query(other),
        }
    }
}

/// Makes a fund; a new default takes the place of the former.
pub fn add(tx: &mut OrgTx<'_>, draft: &FundDraft) -> Result<FundId, FundError> {
    make_room(tx, draft)?;
    let id = diesel::insert_into(funds::table)
        .values(draft)
        .returning(funds::id)
        .get_result(&mut **tx)?;
    changelog::note(tx, &format!("Fund {} added", draft.name), Vec::new())?;
    Ok(id)
}

/// Makes a fund what the draft says.
pub fn change(tx: &mut OrgTx<'_>, id: FundId, draft: &FundDraft) -> Result<(), FundError> {
    let before = store::locked(tx, id)?.is;
    if before.is_default && !(draft.is_default && draft.is_enabled) {
        return Err(FundError::IsDefault);
    }
    let fields = differences(&before, draft);
    if fields.is_empty() {
        return Ok(());
    }
    if !before.is_default {
        make_room(tx, draft)?;
    }
    diesel::update(funds::table.find((tx.organization().0, id.0)))
        .set(draft)
        .execute(&mut **tx)?;
    changelog::note(tx, &format!("Fund {} changed", draft.name), fields)?;
    Ok(())
}

/// Deletes a fund that nothing went to and no campaign raises for.
pub fn delete(tx: &mut OrgTx<'_>, id: FundId) -> Result<String, FundError> {
    let fund = store::find(tx, id)?.ok_or(QueryError::NotFound)?.is;
    if fund.is_default {
        return Err(FundError::IsDefault);
    }
    let gifts = contributions::table
        .filter(contributions::organization_id.eq(tx.organization()))
        .filter(contributions::fund_id.eq(id));
    let series = recurring_contributions::table
        .filter(recurring_contributions::organization_id.eq(tx.organization()))
        .filter(recurring_contributions::fund_id.eq(id));
    let of_campaigns = campaigns::table
        .filter(campaigns::organization_id.eq(tx.organization()))
        .filter(campaigns::fund_id.eq(id));
    let is_used: bool =
        diesel::select(exists(gifts).or(exists(series)).or(exists(of_campaigns))).get_result(&mut **tx)?;
    if is_used {
        return Err(FundError::InUse);
    }
    diesel::delete(funds::table.find((tx.organization().0, id.0))).execute(&mut **tx)?;
    changelog::note(tx, &format!("Fund {} deleted", fund.name), Vec::new())?;
    Ok(fund.name)
}

/// There is one default: the former gives way.
fn make_room(tx: &mut OrgTx<'_>, draft: &FundDraft) -> QueryResult<()> {
    if draft.is_default {
        diesel::update(funds::table.filter(funds::organization_id.eq(tx.organization())))
            .filter(funds::is_default)
            .set(funds::is_default.eq(false))
            .execute(&mut **tx)?;
    }
    Ok(())
}

fn differences(before: &FundDraft, after: &FundDraft) -> Vec<FieldChange> {
    let yes_no = |is: bool| if is { "Yes" } else { "No" };
    let flag = |field, before, after| FieldChange::between(field, yes_no(before), yes_no(after));
    let changes = [
        FieldChange::between("Name", &before.name, &after.name),
        FieldChange::between("Description", &before.description, &after.description),
        flag("Eligible for tax receipts", before.is_receiptable, after.is_receiptable),
        FieldChange::between("GL Code", &before.gl_code, &after.gl_code),
        flag("Enabled", before.is_enabled, after.is_enabled),
        flag("Default", before.is_default, after.is_default),
    ];
    changes.into_iter().flatten().collect()
}
