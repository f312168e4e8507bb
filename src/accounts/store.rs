//! What can be read of accounts.

use super::model::{Organization, StaffMember, Workplace};
use crate::base::{OrganizationId, Role, StaffId};
use crate::db::schema::{memberships, organizations, staff};
use crate::db::{OrgTx, SharedTx};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// The person with this id.
pub fn staff_member(tx: &mut SharedTx<'_>, id: StaffId) -> QueryResult<Option<StaffMember>> {
    let row: Option<(i64, String, String, Option<DateTime<Utc>>)> = staff::table
        .find(id.0)
        .select((staff::id, staff::name, staff::email, staff::verified_at))
        .first(&mut **tx)
        .optional()?;
    Ok(row.map(|(id, name, email, verified_at)| StaffMember {
        id: StaffId(id),
        name,
        email,
        is_verified: verified_at.is_some(),
    }))
}

/// The organizations a person works for, by name.
pub fn workplaces(tx: &mut SharedTx<'_>, id: StaffId) -> QueryResult<Vec<Workplace>> {
    let rows: Vec<(i64, String, String, String, bool, String)> = memberships::table
        .inner_join(organizations::table.on(organizations::id.eq(memberships::organization_id)))
        .filter(memberships::staff_id.eq(id.0))
        .order(organizations::name)
        .select((
            organizations::id,
            organizations::slug,
            organizations::name,
            organizations::time_zone,
            organizations::unsubscribe_sets_no_bulk_emails,
            memberships::role,
        ))
        .load(&mut **tx)?;
    Ok(rows
        .into_iter()
        .map(
            |(id, slug, name, time_zone, unsubscribe_sets_no_bulk_emails, role)| Workplace {
                organization: Organization {
                    id: OrganizationId(id),
                    slug,
                    name,
                    time_zone: time_zone.parse().unwrap_or(chrono_tz::America::Toronto),
                    unsubscribe_sets_no_bulk_emails,
                },
                role: Role::parse(&role).unwrap_or(Role::Reader),
            },
        )
        .collect())
}

/// The organization of the running transaction.
pub fn organization(tx: &mut OrgTx<'_>) -> QueryResult<Organization> {
    let id = tx.organization();
    let (slug, name, time_zone, unsubscribe_sets_no_bulk_emails): (String, String, String, bool) = organizations::table
        .find(id)
        .select((
            organizations::slug,
            organizations::name,
            organizations::time_zone,
            organizations::unsubscribe_sets_no_bulk_emails,
        ))
        .first(&mut **tx)?;
    let time_zone = time_zone.parse().unwrap_or(chrono_tz::America::Toronto);
    Ok(Organization {
        id,
        slug,
        name,
        time_zone,
        unsubscribe_sets_no_bulk_emails,
    })
}
