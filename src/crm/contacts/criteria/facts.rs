//! Everything about a contact that can be asked, loaded once, so that criteria can be judged without a database: for the page
//! that says which condition decides, and for the tests that hold the SQL to it.

use super::super::model::Contact;
use super::super::store::{self, lists};
use super::activities::Happened;
use super::calendar::Calendar;
use super::opportunities::Prospect;
use crate::base::{ContactId, Currency, Money};
use crate::crm::custom_fields::CustomValues;
use crate::db::OrgTx;
use crate::db::schema::{
    activities, activity_contacts, campaigns, contact_tags, contributions, group_contacts, notes, opportunities,
    opportunity_statuses, tags,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date};
use std::collections::{BTreeSet, HashMap};

/// A contact with what hangs on it.
#[derive(Clone, Debug)]
pub struct Facts {
    pub contact: Contact,
    /// The groups the contact belongs to now.
    pub groups: BTreeSet<i64>,
    /// The Completed contributions.
    pub gifts: Vec<Gift>,
    /// The campaigns of these, each with those it is a part of.
    pub campaigns: BTreeSet<i64>,
    /// Each tag with those above it.
    pub tags: BTreeSet<i64>,
    /// Sides of relationships that are not over with contacts who are not in the trash, numbered as `Offer::Relationships`.
    pub relationships: BTreeSet<i64>,
    /// Subject and text of each.
    pub notes: Vec<String>,
    pub activities: Vec<Happened>,
    pub opportunities: Vec<Prospect>,
}

/// A Completed contribution.
#[derive(Clone, Debug)]
pub struct Gift {
    pub money: Money,
    pub received_on: NaiveDate,
    pub fund: i64,
    /// Its campaign and those that is a part of.
    pub campaigns: Vec<i64>,
    pub source: String,
    pub custom: CustomValues,
}

impl Facts {
    /// The facts of these contacts, in the order of their ids.
    pub fn load(tx: &mut OrgTx<'_>, ids: &[ContactId], calendar: &Calendar) -> QueryResult<Vec<Self>> {
        let mut groups = sets(groups_of(tx, ids)?);
        let mut gifts = lists(gifts_of(tx, ids)?);
        let mut tags = sets(tags_of(tx, ids)?);
        let mut relationships = sets(relationships_of(tx, ids, calendar)?);
        let mut notes = lists(notes_of(tx, ids)?);
        let mut activities = lists(activities_of(tx, ids, calendar)?);
        let mut opportunities = lists(opportunities_of(tx, ids)?);
        let contacts = store::find_all(tx, ids)?;
        Ok(contacts
            .into_iter()
            .map(|contact| (gifts.remove(&contact.id).unwrap_or_default(), contact))
            .map(|(gifts, contact)| Self {
                groups: groups.remove(&contact.id).unwrap_or_default(),
                campaigns: gifts.iter().flat_map(|gift: &Gift| gift.campaigns.clone()).collect(),
                gifts,
                tags: tags.remove(&contact.id).unwrap_or_default(),
                relationships: relationships.remove(&contact.id).unwrap_or_default(),
                notes: notes.remove(&contact.id).unwrap_or_default(),
                activities: activities.remove(&contact.id).unwrap_or_default(),
                opportunities: opportunities.remove(&contact.id).unwrap_or_default(),
                contact,
            })
            .collect())
    }
}

fn sets(rows: Vec<(ContactId, i64)>) -> HashMap<ContactId, BTreeSet<i64>> {
    let mut found: HashMap<ContactId, BTreeSet<i64>> = HashMap::new();
    for (contact, id) in rows {
        found.entry(contact).or_default().insert(id);
    }
    found
}

fn groups_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<(ContactId, i64)>> {
    group_contacts::table
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::contact_id.eq_any(ids))
        .filter(group_contacts::status.ne("Removed"))
        .select((group_contacts::contact_id, group_contacts::group_id))
        .load(&mut **tx)
}

fn gifts_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<(ContactId, Gift)>> {
    type Row = (
        ContactId,
        i64,
        Currency,
        NaiveDate,
        i64,
        Option<i64>,
        String,
        CustomValues,
    );
    let rows: Vec<Row> = contributions::table
        .filter(contributions::organization_id.eq(tx.organization()))
        .filter(contributions::contact_id.eq_any(ids))
        .filter(contributions::status.eq("Completed"))
        .select((
            contributions::contact_id,
            contributions::amount,
            contributions::currency,
            contributions::received_on,
            contributions::fund_id,
            contributions::campaign_id,
            contributions::source,
            contributions::custom,
        ))
        .load(&mut **tx)?;
    let whole = above(campaigns_and_wholes(tx)?);
    let gift = |(contact, amount, currency, received_on, fund, campaign, source, custom): Row| {
        let gift = Gift {
            money: Money::new(amount, currency),
            received_on,
            fund,
            campaigns: upwards(campaign, &whole).collect(),
            source,
            custom,
        };
        (contact, gift)
    };
    Ok(rows.into_iter().map(gift).collect())
}

/// Every campaign with the larger one it is a part of.
fn campaigns_and_wholes(tx: &mut OrgTx<'_>) -> QueryResult<Vec<(i64, Option<i64>)>> {
    campaigns::table
        .filter(campaigns::organization_id.eq(tx.organization()))
        .select((campaigns::id, campaigns::parent_id))
        .load(&mut **tx)
}

/// Whoever has a tag has those above it as well.
fn tags_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<(ContactId, i64)>> {
    let places: Vec<(i64, Option<i64>)> = tags::table
        .filter(tags::organization_id.eq(tx.organization()))
        .select((tags::id, tags::parent_id))
        .load(&mut **tx)?;
    let places = above(places);
    let given: Vec<(ContactId, i64)> = contact_tags::table
        .filter(contact_tags::organization_id.eq(tx.organization()))
        .filter(contact_tags::contact_id.eq_any(ids))
        .select((contact_tags::contact_id, contact_tags::tag_id))
        .load(&mut **tx)?;
    let with_those_above = |(contact, tag)| upwards(Some(tag), &places).map(move |tag| (contact, tag));
    Ok(given.into_iter().flat_map(with_those_above).collect())
}

/// What stands above each, where something does.
type Above = HashMap<i64, i64>;

fn above(places: Vec<(i64, Option<i64>)>) -> Above {
    places
        .into_iter()
        .filter_map(|(id, above)| Some((id, above?)))
        .collect()
}

/// One, and everything above it.
fn upwards(one: Option<i64>, places: &Above) -> impl Iterator<Item = i64> + use<'_> {
    std::iter::successors(one, |id| places.get(id).copied())
}

/// Those they have part in, and those they added.
fn activities_of(
    tx: &mut OrgTx<'_>,
    ids: &[ContactId],
    calendar: &Calendar,
) -> QueryResult<Vec<(ContactId, Happened)>> {
    type Row = (ContactId, i64, String, Option<i64>, DateTime<Utc>);
    let mut rows: Vec<Row> = activity_contacts::table
        .inner_join(
            activities::table.on(activities::organization_id
                .eq(activity_contacts::organization_id)
                .and(activities::id.eq(activity_contacts::activity_id))),
        )
        .filter(activity_contacts::organization_id.eq(tx.organization()))
        .filter(activity_contacts::contact_id.eq_any(ids))
        .select((
            activity_contacts::contact_id,
            activities::type_id,
            activities::status,
            activities::assigned_to,
            activities::activity_at,
        ))
        .load(&mut **tx)?;
    let has_part = activity_contacts::table
        .filter(activity_contacts::organization_id.eq(activities::organization_id))
        .filter(activity_contacts::activity_id.eq(activities::id))
        .filter(
            activity_contacts::contact_id
                .nullable()
                .eq(activities::added_by_contact),
        );
    let added: Vec<Row> = activities::table
        .filter(activities::organization_id.eq(tx.organization()))
        .filter(activities::added_by_contact.eq_any(ids))
        .filter(not(exists(has_part)))
        .select((
            activities::added_by_contact.assume_not_null(),
            activities::type_id,
            activities::status,
            activities::assigned_to,
            activities::activity_at,
        ))
        .load(&mut **tx)?;
    rows.extend(added);
    let happened = |(contact, type_id, status, assigned_to, at): Row| {
        let happened = Happened {
            type_id,
            status,
            assigned_to,
            on: calendar.day_of(at),
        };
        (contact, happened)
    };
    Ok(rows.into_iter().map(happened).collect())
}

fn opportunities_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<(ContactId, Prospect)>> {
    type Row = (ContactId, i64, String, String, Option<i64>, Currency, Option<NaiveDate>);
    let rows: Vec<Row> = opportunities::table
        .inner_join(
            opportunity_statuses::table.on(opportunity_statuses::organization_id
                .eq(opportunities::organization_id)
                .and(opportunity_statuses::id.eq(opportunities::status_id))),
        )
        .filter(opportunities::organization_id.eq(tx.organization()))
        .filter(opportunities::contact_id.eq_any(ids))
        .select((
            opportunities::contact_id,
            opportunities::status_id,
            opportunity_statuses::outcome,
            opportunities::opportunity_type,
            opportunities::amount,
            opportunities::currency,
            opportunities::application_deadline,
        ))
        .load(&mut **tx)?;
    let prospect = |(contact, status_id, outcome, opportunity_type, amount, currency, application_deadline): Row| {
        let prospect = Prospect {
            status_id,
            outcome,
            opportunity_type,
            amount: amount.map(|minor| Money::new(minor, currency)),
            application_deadline,
        };
        (contact, prospect)
    };
    Ok(rows.into_iter().map(prospect).collect())
}

fn relationships_of(tx: &mut OrgTx<'_>, ids: &[ContactId], calendar: &Calendar) -> QueryResult<Vec<(ContactId, i64)>> {
    #[derive(QueryableByName)]
    struct Side {
        #[diesel(sql_type = BigInt)]
        contact: ContactId,
        #[diesel(sql_type = BigInt)]
        side: i64,
    }
    let sides: Vec<Side> = diesel::sql_query(
        "SELECT who.id AS contact, \
             CASE WHEN r.contact_a = who.id OR t.label_a_b = t.label_b_a THEN r.type_id * 2 ELSE r.type_id * 2 + 1 END AS side \
         FROM unnest($2) AS who (id) JOIN relationships r ON r.organization_id = $1 AND who.id IN (r.contact_a, r.contact_b) \
         JOIN relationship_types t ON t.organization_id = r.organization_id AND t.id = r.type_id \
         JOIN contacts other ON other.organization_id = r.organization_id AND other.deleted_at IS NULL \
            AND other.id = CASE WHEN r.contact_a = who.id THEN r.contact_b ELSE r.contact_a END \
         WHERE r.is_active AND coalesce(r.end_date >= $3, true)",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<BigInt>, _>(ids.to_vec())
    .bind::<Date, _>(calendar.today)
    .load(&mut **tx)?;
    Ok(sides.into_iter().map(|row| (row.contact, row.side)).collect())
}

fn notes_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<(ContactId, String)>> {
    let rows: Vec<(ContactId, String, String)> = notes::table
        .filter(notes::organization_id.eq(tx.organization()))
        .filter(notes::contact_id.eq_any(ids))
        .select((notes::contact_id, notes::subject, notes::body))
        .load(&mut **tx)?;
    let written = |(contact, subject, body): (ContactId, String, String)| (contact, format!("{subject} {body}"));
    Ok(rows.into_iter().map(written).collect())
}
