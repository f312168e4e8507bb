//! What can be read of opportunities: one, lists with filters, the sums of the pipeline, and the dates to be kept.

use super::model::{Details, Opportunity, Outcome, Probability};
use super::statuses::{self, OpportunityStatus};
use crate::base::{ContactId, Currency, Money, OpportunityId, OpportunityStatusId, StaffId};
use crate::db::OrgTx;
use crate::db::schema::{contacts, opportunities, opportunity_statuses, staff};
use chrono::{Days, NaiveDate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

/// How far ahead the dates beside the pipeline look.
const DAYS_AHEAD: Days = Days::new(60);
/// Dates shown beside the pipeline at most; the page of deadlines has all.
const DEADLINES_MAX: usize = 20;
/// Dates that come within so many days need somebody now.
const DAYS_SOON: Days = Days::new(14);

/// Which opportunities are wanted.
#[derive(Clone, Debug, Default)]
pub struct OpportunityFilter {
    /// Those of one prospect; otherwise those of everybody who is not in the trash.
    pub contact: Option<ContactId>,
    /// The name of a status.
    pub status: Option<String>,
    pub outcome: Option<Outcome>,
    pub owner: Option<StaffId>,
    pub opportunity_type: Option<String>,
    pub only: Option<OpportunityId>,
}

macro_rules! fitting {
    ($tx:expr, $filter:expr) => {{
        let mut query = opportunities::table
            .inner_join(
                contacts::table.on(contacts::organization_id
                    .eq(opportunities::organization_id)
                    .and(contacts::id.eq(opportunities::contact_id))),
            )
            .inner_join(
                opportunity_statuses::table.on(opportunity_statuses::organization_id
                    .eq(opportunities::organization_id)
                    .and(opportunity_statuses::id.eq(opportunities::status_id))),
            )
            .left_join(staff::table.on(staff::id.nullable().eq(opportunities::owner_id)))
            .filter(opportunities::organization_id.eq($tx.organization()))
            .into_boxed::<Pg>();
        query = match $filter.contact {
            Some(contact) => query.filter(opportunities::contact_id.eq(contact)),
            None => query.filter(contacts::deleted_at.is_null()),
        };
        if let Some(status) = $filter.status.clone() {
            query = query.filter(opportunity_statuses::name.eq(status));
        }
        if let Some(outcome) = $filter.outcome {
            query = query.filter(opportunity_statuses::outcome.eq(outcome));
        }
        if let Some(owner) = $filter.owner {
            query = query.filter(opportunities::owner_id.eq(owner));
        }
        if let Some(opportunity_type) = $filter.opportunity_type.clone() {
            query = query.filter(opportunities::opportunity_type.eq(opportunity_type));
        }
        if let Some(only) = $filter.only {
            query = query.filter(opportunities::id.eq(only));
        }
        query
    }};
}

/// The opportunity with this id, unless its prospect is in the trash.
pub fn find(tx: &mut OrgTx<'_>, id: OpportunityId) -> QueryResult<Option<Opportunity>> {
    let only = OpportunityFilter {
        only: Some(id),
        ..OpportunityFilter::default()
    };
    Ok(list(tx, &only, 0, 1)?.pop())
}

/// The opportunities that fit, the next deadline first.
pub fn list(tx: &mut OrgTx<'_>, filter: &OpportunityFilter, offset: i64, limit: i64) -> QueryResult<Vec<Opportunity>> {
    let rows: Vec<Loaded> = fitting!(tx, filter)
        .order((
            opportunities::application_deadline.asc().nulls_last(),
            opportunities::id.desc(),
        ))
        .offset(offset)
        .limit(limit)
        .select((
            opportunities::id,
            Details::as_select(),
            OpportunityStatus::as_select(),
            contacts::display_name,
            staff::name.nullable(),
        ))
        .load(&mut **tx)?;
    Ok(rows.into_iter().map(opportunity).collect())
}

/// An opportunity with its status, and the names of its prospect and its owner.
type Loaded = (OpportunityId, Details, OpportunityStatus, String, Option<String>);

fn opportunity((id, is, status, prospect, owner): Loaded) -> Opportunity {
    Opportunity {
        id,
        is,
        status,
        prospect,
        owner,
    }
}

/// How many opportunities fit.
pub fn count(tx: &mut OrgTx<'_>, filter: &OpportunityFilter) -> QueryResult<i64> {
    fitting!(tx, filter).count().get_result(&mut **tx)
}

/// The types in use, by name.
pub fn types(tx: &mut OrgTx<'_>) -> QueryResult<Vec<String>> {
    opportunities::table
        .filter(opportunities::organization_id.eq(tx.organization()))
        .filter(opportunities::opportunity_type.ne(""))
        .select(opportunities::opportunity_type)
        .distinct()
        .order(opportunities::opportunity_type)
        .load(&mut **tx)
}

/// What the opportunities of one status and currency add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    pub status: OpportunityStatusId,
    pub currency: Currency,
    /// How many there are, also those without an amount.
    pub opportunities: i64,
    pub amount: Money,
    /// Each amount by how likely it is.
    pub weighted: Money,
    pub received: Money,
}

/// The sums of the pipeline: by status, then by currency. An owner's, or everybody's.
pub fn sums(tx: &mut OrgTx<'_>, owner: Option<StaffId>) -> QueryResult<Vec<Sum>> {
    let rows: Vec<SumRow> = diesel::sql_query(
        "SELECT o.status_id, o.currency, o.probability, count(*) AS opportunities, \
             coalesce(sum(o.amount), 0)::bigint AS amount, coalesce(sum(o.amount_received), 0)::bigint AS received \
         FROM opportunities o JOIN contacts c ON c.organization_id = o.organization_id AND c.id = o.contact_id \
             AND c.deleted_at IS NULL \
         WHERE o.organization_id = $1 AND ($2::bigint IS NULL OR o.owner_id = $2) \
         GROUP BY o.status_id, o.currency, o.probability ORDER BY o.currency",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Nullable<BigInt>, _>(owner)
    .load(&mut **tx)?;
    let statuses = statuses::stored(tx)?;
    let mut sums: Vec<Sum> = Vec::new();
    for row in rows {
        let status = statuses.iter().find(|status| status.id == row.status_id);
        let weight = status.map_or(0, |status| status.weight(row.probability));
        let weighted = (row.amount * weight + 50) / 100;
        let same = |sum: &&mut Sum| sum.status == row.status_id && sum.currency == row.currency;
        match sums.iter_mut().find(same) {
            Some(sum) => {
                sum.opportunities += row.opportunities;
                sum.amount.minor += row.amount;
                sum.weighted.minor += weighted;
                sum.received.minor += row.received;
            }
            None => sums.push(Sum {
                status: row.status_id,
                currency: row.currency,
                opportunities: row.opportunities,
                amount: Money::new(row.amount, row.currency),
                weighted: Money::new(weighted, row.currency),
                received: Money::new(row.received, row.currency),
            }),
        }
    }
    sums.sort_by_key(|sum| sum.currency);
    Ok(sums)
}

/// A date to be kept.
#[derive(Clone, Debug)]
pub struct Deadline {
    /// "Application", "Decision" or "Report".
    pub what: &'static str,
    pub day: NaiveDate,
    pub opportunity: Opportunity,
}

/// Which dates are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    #[default]
    Any,
    /// Past without having been kept.
    Past,
    /// Today and within two weeks.
    Soon,
    Later,
}

impl When {
    /// In the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Any, Self::Past, Self::Soon, Self::Later];

    /// The word in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Past => "past",
            Self::Soon => "soon",
            Self::Later => "later",
        }
    }

    /// The words people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Any => "Any",
            Self::Past => "Past",
            Self::Soon => "Within two weeks",
            Self::Later => "Later",
        }
    }

    fn of(day: NaiveDate, today: NaiveDate) -> Self {
        match day {
            day if day < today => Self::Past,
            day if today.checked_add_days(DAYS_SOON).is_none_or(|until| day <= until) => Self::Soon,
            _ => Self::Later,
        }
    }
}

/// Every date to be kept of this kind, the earliest first.
pub fn deadlines_of(
    tx: &mut OrgTx<'_>,
    owner: Option<StaffId>,
    when: When,
    today: NaiveDate,
) -> QueryResult<Vec<Deadline>> {
    let until = match when {
        When::Any | When::Later => NaiveDate::MAX,
        When::Past | When::Soon => today.checked_add_days(DAYS_SOON).unwrap_or(today),
    };
    let mut all = deadlines_until(tx, owner, until)?;
    all.retain(|one| when == When::Any || When::of(one.day, today) == when);
    Ok(all)
}

/// The dates that are past without having been kept, and those of the coming weeks; the earliest first.
pub fn deadlines(tx: &mut OrgTx<'_>, owner: Option<StaffId>, today: NaiveDate) -> QueryResult<Vec<Deadline>> {
    let until = today.checked_add_days(DAYS_AHEAD).unwrap_or(today);
    let all = deadlines_until(tx, owner, until)?;
    // Each cut by itself: many that are past hide none that is still to come.
    let (mut shown, mut coming): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.day < today);
    shown.truncate(DEADLINES_MAX);
    coming.truncate(DEADLINES_MAX);
    shown.append(&mut coming);
    Ok(shown)
}

fn deadlines_until(tx: &mut OrgTx<'_>, owner: Option<StaffId>, until: NaiveDate) -> QueryResult<Vec<Deadline>> {
    let wanted = OpportunityFilter {
        owner,
        ..OpportunityFilter::default()
    };
    let rows: Vec<Loaded> = fitting!(tx, wanted)
        // Those with a date that `Opportunity::deadlines` still counts.
        .filter(
            opportunity_statuses::outcome
                .eq(Outcome::Open)
                .and(
                    opportunities::application_deadline
                        .le(until)
                        .and(opportunities::is_submitted.eq(false))
                        .or(opportunities::decision_date.le(until)),
                )
                .or(opportunity_statuses::outcome
                    .eq(Outcome::Won)
                    .and(opportunities::report_due.le(until))),
        )
        .select((
            opportunities::id,
            Details::as_select(),
            OpportunityStatus::as_select(),
            contacts::display_name,
            staff::name.nullable(),
        ))
        .load(&mut **tx)?;
    let of_one = |row: Loaded| {
        let opportunity = opportunity(row);
        let days = opportunity.deadlines();
        days.into_iter().map(move |(what, day)| Deadline {
            what,
            day,
            opportunity: opportunity.clone(),
        })
    };
    let mut deadlines: Vec<Deadline> = rows
        .into_iter()
        .flat_map(of_one)
        .filter(|one| one.day <= until)
        .collect();
    deadlines.sort_by_key(|one| (one.day, one.opportunity.id));
    Ok(deadlines)
}

/// How many dates wait to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeadlineCounts {
    pub past: i64,
    /// Today and later.
    pub soon: i64,
}

/// How many dates are past without having been kept, and how many come soon.
pub fn deadline_counts(tx: &mut OrgTx<'_>, today: NaiveDate) -> QueryResult<DeadlineCounts> {
    let until = today.checked_add_days(DAYS_SOON).unwrap_or(today);
    let all = deadlines_until(tx, None, until)?;
    let past = all.iter().filter(|one| one.day < today).count() as i64;
    Ok(DeadlineCounts {
        past,
        soon: all.len() as i64 - past,
    })
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = BigInt)]
    status_id: OpportunityStatusId,
    #[diesel(sql_type = Text)]
    currency: Currency,
    #[diesel(sql_type = Nullable<Text>)]
    probability: Option<Probability>,
    #[diesel(sql_type = BigInt)]
    opportunities: i64,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = BigInt)]
    received: i64,
}
