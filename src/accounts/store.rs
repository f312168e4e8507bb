//! What can be read of accounts.

use super::model::{Colleague, Invitation, Organization, SignedInBrowser, StaffMember, Workplace};
use crate::base::{OrganizationId, Role, StaffId};
use crate::db::schema::{account_tokens, memberships, organizations, sessions, staff};
use crate::db::{OrgTx, SharedTx};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

/// The person with this id.
pub fn staff_member(tx: &mut SharedTx<'_>, id: StaffId) -> QueryResult<Option<StaffMember>> {
    let row: Option<StaffRow> = staff::table
        .find(id.0)
        .select(StaffRow::as_select())
        .first(&mut **tx)
        .optional()?;
    Ok(row.map(StaffMember::from))
}

/// The person with this address.
pub fn staff_member_at(conn: &mut PgConnection, address: &str) -> QueryResult<Option<StaffMember>> {
    let row: Option<StaffRow> = staff::table
        .filter(has_address(address))
        .select(StaffRow::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(StaffMember::from))
}

/// Addresses are compared as the unique index of `staff` does.
pub fn has_address(address: &str) -> Box<dyn BoxableExpression<staff::table, diesel::pg::Pg, SqlType = Bool>> {
    Box::new(
        sql::<Bool>("lower(staff.email) = lower(")
            .bind::<Text, _>(address.to_owned())
            .sql(")"),
    )
}

/// The hash of a person's password, if they have one.
pub fn password_hash(conn: &mut PgConnection, id: StaffId) -> QueryResult<Option<String>> {
    staff::table.find(id.0).select(staff::password_hash).first(conn)
}

/// A person and the organizations they work for, by name: one question, because every page begins with it.
pub fn at_work(tx: &mut SharedTx<'_>, id: StaffId) -> QueryResult<Option<(StaffMember, Vec<Workplace>)>> {
    type Row = (StaffRow, Option<OrganizationRow>, Option<String>);
    let rows: Vec<Row> = staff::table
        .left_join(memberships::table.on(memberships::staff_id.eq(staff::id)))
        .left_join(organizations::table.on(organizations::id.eq(memberships::organization_id)))
        .filter(staff::id.eq(id.0))
        .order((organizations::name, organizations::id))
        .select((
            StaffRow::as_select(),
            Option::<OrganizationRow>::as_select(),
            memberships::role.nullable(),
        ))
        .load(&mut **tx)?;
    let mut person = None;
    let mut workplaces = Vec::new();
    for (row, organization, role) in rows {
        person.get_or_insert_with(|| row.into());
        if let Some((organization, role)) = organization.zip(role) {
            workplaces.push(Workplace {
                organization: organization.into(),
                role: Role::parse(&role).unwrap_or(Role::Reader),
            });
        }
    }
    Ok(person.map(|person| (person, workplaces)))
}

/// The organization an invitation is for.
pub fn organization(conn: &mut PgConnection, id: OrganizationId) -> QueryResult<Organization> {
    let row: OrganizationRow = organizations::table
        .find(id.0)
        .select(OrganizationRow::as_select())
        .first(conn)?;
    Ok(row.into())
}

/// Today in the organization's time zone.
pub fn today(tx: &mut OrgTx<'_>) -> QueryResult<NaiveDate> {
    let (id, now) = (tx.organization(), tx.now());
    Ok(organization(tx, id)?.day(now))
}

/// Everybody who works for the organization, by name.
pub fn colleagues(tx: &mut OrgTx<'_>) -> QueryResult<Vec<Colleague>> {
    let rows: Vec<(StaffRow, String, bool, DateTime<Utc>)> = memberships::table
        .inner_join(staff::table.on(staff::id.eq(memberships::staff_id)))
        .filter(memberships::organization_id.eq(tx.organization().0))
        .order((staff::name, staff::id))
        .select((
            StaffRow::as_select(),
            memberships::role,
            memberships::receives_alerts,
            memberships::created_at,
        ))
        .load(&mut **tx)?;
    Ok(rows
        .into_iter()
        .map(|(row, role, receives_alerts, since)| Colleague {
            id: StaffId(row.id),
            name: row.name,
            email: row.email,
            role: Role::parse(&role).unwrap_or(Role::Reader),
            receives_alerts,
            is_verified: row.verified_at.is_some(),
            since,
        })
        .collect())
}

/// The organization's invitations that can still be accepted, the newest first.
pub fn invitations(tx: &mut OrgTx<'_>) -> QueryResult<Vec<Invitation>> {
    type Row = (Option<String>, Option<String>, Option<String>, DateTime<Utc>);
    let rows: Vec<Row> = account_tokens::table
        .filter(account_tokens::organization_id.eq(tx.organization().0))
        .filter(account_tokens::used_at.is_null())
        .filter(account_tokens::expires_at.gt(tx.now()))
        .order(account_tokens::created_at.desc())
        .select((
            account_tokens::email,
            account_tokens::role,
            account_tokens::invited_by,
            account_tokens::expires_at,
        ))
        .load(&mut **tx)?;
    Ok(rows
        .into_iter()
        .filter_map(|(email, role, invited_by, expires_at)| {
            Some(Invitation {
                email: email?,
                role: Role::parse(&role?)?,
                invited_by: invited_by.unwrap_or_default(),
                expires_at,
            })
        })
        .collect())
}

/// The browsers a person is signed in with, the latest first. `this` marks the session that asks.
pub fn browsers(tx: &mut SharedTx<'_>, id: StaffId, this: Option<String>) -> QueryResult<Vec<SignedInBrowser>> {
    let now = tx.now();
    let rows: Vec<(serde_json::Value, DateTime<Utc>)> = sessions::table
        .filter(sessions::staff_id.eq(id.0))
        .filter(sessions::expires_at.gt(now))
        .order(sessions::created_at.desc())
        .select((sessions::state, sessions::created_at))
        .load(&mut **tx)?;
    // A session keeps every value as JSON text.
    let word = |state: &serde_json::Value, name: &str| -> Option<String> {
        serde_json::from_str(state.get(name)?.as_str()?).ok()
    };
    Ok(rows
        .into_iter()
        .map(|(state, since)| SignedInBrowser {
            name: word(&state, super::session::BROWSER).unwrap_or_else(|| "A browser".into()),
            used_on: word(&state, super::session::USED_ON)
                .and_then(|day| day.parse().ok())
                .unwrap_or_else(|| since.date_naive()),
            is_this: this.is_some() && word(&state, super::session::MARK) == this,
            since,
        })
        .collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = staff)]
struct StaffRow {
    id: i64,
    name: String,
    email: String,
    verified_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = organizations)]
struct OrganizationRow {
    id: i64,
    slug: String,
    name: String,
    time_zone: String,
    fiscal_year_month: i16,
    unsubscribe_sets_no_bulk_emails: bool,
}

impl From<StaffRow> for StaffMember {
    fn from(row: StaffRow) -> Self {
        Self {
            id: StaffId(row.id),
            name: row.name,
            email: row.email,
            is_verified: row.verified_at.is_some(),
        }
    }
}

impl From<OrganizationRow> for Organization {
    fn from(row: OrganizationRow) -> Self {
        Self {
            id: OrganizationId(row.id),
            slug: row.slug,
            name: row.name,
            time_zone: row.time_zone.parse().unwrap_or(chrono_tz::America::Toronto),
            fiscal_year_month: row.fiscal_year_month.try_into().unwrap_or(1),
            unsubscribe_sets_no_bulk_emails: row.unsubscribe_sets_no_bulk_emails,
        }
    }
}
