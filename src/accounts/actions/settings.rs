//! The settings of an organization; every change stands in its change log.

use super::super::model::month_name;
use super::super::store;
use crate::base::StaffId;
use crate::changelog::{self, FieldChange};
use crate::db::OrgTx;
use crate::db::schema::{memberships, organizations};
use crate::work;
use chrono_tz::Tz;
use diesel::prelude::*;
use std::collections::BTreeSet;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct NewSettings {
    pub name: String,
    pub time_zone: Tz,
    /// The month in which the fiscal year begins, 1 to 12.
    pub fiscal_year_month: u32,
    /// The policy "an unsubscribe also sets NO BULK EMAILS".
    pub unsubscribe_sets_no_bulk_emails: bool,
    /// Who is told by mail when something stops.
    pub alerted: BTreeSet<StaffId>,
}

/// Keeps the settings. Returns whether anything changed.
pub fn change_settings(tx: &mut OrgTx<'_>, new: &NewSettings) -> QueryResult<bool> {
    let organization = tx.organization();
    let old = store::organization(tx, organization)?;
    diesel::update(organizations::table.find(organization.0))
        .set((
            organizations::name.eq(&new.name),
            organizations::time_zone.eq(new.time_zone.name()),
            organizations::fiscal_year_month.eq(i16::try_from(new.fiscal_year_month).unwrap_or(1)),
            organizations::unsubscribe_sets_no_bulk_emails.eq(new.unsubscribe_sets_no_bulk_emails),
        ))
        .execute(&mut **tx)?;
    let (old_policy, new_policy) = (
        on_or_off(old.unsubscribe_sets_no_bulk_emails),
        on_or_off(new.unsubscribe_sets_no_bulk_emails),
    );
    let (old_alerted, new_alerted) = change_alerted(tx, &new.alerted)?;
    let changes: Vec<FieldChange> = [
        FieldChange::between("Name", &old.name, &new.name),
        FieldChange::between("Time zone", old.time_zone.name(), new.time_zone.name()),
        FieldChange::between(
            "Fiscal year begins in",
            month_name(old.fiscal_year_month),
            month_name(new.fiscal_year_month),
        ),
        FieldChange::between("An unsubscribe also sets NO BULK EMAILS", old_policy, new_policy),
        FieldChange::between("Receive alerts", &old_alerted, &new_alerted),
    ]
    .into_iter()
    .flatten()
    .collect();
    if (old.time_zone, old.fiscal_year_month) != (new.time_zone, new.fiscal_year_month) {
        work::smart_groups_are_due(tx)?;
    }
    let any = !changes.is_empty();
    if any {
        changelog::note(tx, "Settings changed", changes)?;
    }
    Ok(any)
}

/// Returns the names before and after.
fn change_alerted(tx: &mut OrgTx<'_>, alerted: &BTreeSet<StaffId>) -> QueryResult<(String, String)> {
    let colleagues = store::colleagues(tx)?;
    for colleague in &colleagues {
        let wanted = alerted.contains(&colleague.id);
        if wanted != colleague.receives_alerts {
            diesel::update(memberships::table.find((tx.organization().0, colleague.id.0)))
                .set(memberships::receives_alerts.eq(wanted))
                .execute(&mut **tx)?;
        }
    }
    let names = |those: &dyn Fn(&super::super::model::Colleague) -> bool| {
        let names: Vec<&str> = colleagues
            .iter()
            .filter(|colleague| those(colleague))
            .map(|colleague| colleague.name.as_str())
            .collect();
        names.join(", ")
    };
    Ok((
        names(&|colleague| colleague.receives_alerts),
        names(&|colleague| alerted.contains(&colleague.id)),
    ))
}

fn on_or_off(is_on: bool) -> &'static str {
    if is_on { "on" } else { "off" }
}
