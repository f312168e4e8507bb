//! What was done with a contact or is planned, and what may come from it.

use crate::base::{ContactId, Currency, Money};
use crate::crm::contacts::criteria::Calendar;
use crate::db::OrgTx;
use crate::db::schema::{activities, activity_contacts, opportunities, opportunity_statuses};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use std::cmp::Reverse;

/// An activity that a contact has part in or added.
#[derive(Clone, Debug)]
pub struct Happened {
    pub type_id: i64,
    pub subject: String,
    pub details: String,
    pub status: String,
    pub priority: String,
    pub assigned_to: Option<i64>,
    pub on: NaiveDate,
    pub due_on: Option<NaiveDate>,
}

/// An opportunity of a contact.
#[derive(Clone, Debug)]
pub struct Prospect {
    pub name: String,
    pub status_id: i64,
    /// "Open", "Won" or "Lost".
    pub outcome: String,
    pub opportunity_type: String,
    /// "Low", "Medium" or "High"; empty where nobody said.
    pub probability: String,
    pub owner: Option<i64>,
    pub amount: Option<Money>,
    pub amount_received: Option<Money>,
    pub application_deadline: Option<NaiveDate>,
    pub is_submitted: bool,
    pub decision_date: Option<NaiveDate>,
    pub report_due: Option<NaiveDate>,
    pub notes: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = activities)]
struct ActivityRow {
    type_id: i64,
    subject: String,
    details: String,
    status: String,
    priority: String,
    assigned_to: Option<i64>,
    activity_at: DateTime<Utc>,
    due_on: Option<NaiveDate>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = opportunities)]
struct OpportunityRow {
    contact_id: ContactId,
    name: String,
    status_id: i64,
    opportunity_type: String,
    probability: Option<String>,
    owner_id: Option<i64>,
    amount: Option<i64>,
    amount_received: Option<i64>,
    currency: Currency,
    application_deadline: Option<NaiveDate>,
    is_submitted: bool,
    decision_date: Option<NaiveDate>,
    report_due: Option<NaiveDate>,
    notes: String,
}

/// Those they have part in, and those they added.
pub(super) fn activities_of(
    tx: &mut OrgTx<'_>,
    ids: &[ContactId],
    calendar: &Calendar,
) -> QueryResult<Vec<(ContactId, Happened)>> {
    let mut rows: Vec<(ContactId, ActivityRow)> = activity_contacts::table
        .inner_join(
            activities::table.on(activities::organization_id
                .eq(activity_contacts::organization_id)
                .and(activities::id.eq(activity_contacts::activity_id))),
        )
        .filter(activity_contacts::organization_id.eq(tx.organization()))
        .filter(activity_contacts::contact_id.eq_any(ids))
        .select((activity_contacts::contact_id, ActivityRow::as_select()))
        .load(&mut **tx)?;
    let has_part = activity_contacts::table
        .filter(activity_contacts::organization_id.eq(activities::organization_id))
        .filter(activity_contacts::activity_id.eq(activities::id))
        .filter(
            activity_contacts::contact_id
                .nullable()
                .eq(activities::added_by_contact),
        );
    let added: Vec<(ContactId, ActivityRow)> = activities::table
        .filter(activities::organization_id.eq(tx.organization()))
        .filter(activities::added_by_contact.eq_any(ids))
        .filter(not(exists(has_part)))
        .select((activities::added_by_contact.assume_not_null(), ActivityRow::as_select()))
        .load(&mut **tx)?;
    rows.extend(added);
    rows.sort_by_key(|(_, row)| Reverse(row.activity_at));
    let happened = |(contact, row): (ContactId, ActivityRow)| {
        let happened = Happened {
            type_id: row.type_id,
            subject: row.subject,
            details: row.details,
            status: row.status,
            priority: row.priority,
            assigned_to: row.assigned_to,
            on: calendar.day_of(row.activity_at),
            due_on: row.due_on,
        };
        (contact, happened)
    };
    Ok(rows.into_iter().map(happened).collect())
}

pub(super) fn opportunities_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<(ContactId, Prospect)>> {
    let rows: Vec<(OpportunityRow, String)> = opportunities::table
        .inner_join(
            opportunity_statuses::table.on(opportunity_statuses::organization_id
                .eq(opportunities::organization_id)
                .and(opportunity_statuses::id.eq(opportunities::status_id))),
        )
        .filter(opportunities::organization_id.eq(tx.organization()))
        .filter(opportunities::contact_id.eq_any(ids))
        .order(opportunities::id)
        .select((OpportunityRow::as_select(), opportunity_statuses::outcome))
        .load(&mut **tx)?;
    let prospect = |(row, outcome): (OpportunityRow, String)| {
        let money = |minor: i64| Money::new(minor, row.currency);
        let prospect = Prospect {
            name: row.name,
            status_id: row.status_id,
            outcome,
            opportunity_type: row.opportunity_type,
            probability: row.probability.unwrap_or_default(),
            owner: row.owner_id,
            amount: row.amount.map(money),
            amount_received: row.amount_received.map(money),
            application_deadline: row.application_deadline,
            is_submitted: row.is_submitted,
            decision_date: row.decision_date,
            report_due: row.report_due,
            notes: row.notes,
        };
        (row.contact_id, prospect)
    };
    Ok(rows.into_iter().map(prospect).collect())
}
