//! What can be read of activities: one, and lists with filters.

use super::model::{Activity, ActivityDraft, Priority, Status};
use crate::base::{ActivityId, ActivityTypeId, ContactId, StaffId};
use crate::db::OrgTx;
use crate::db::schema::{activities, activity_contacts, contacts};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date, Integer, Nullable, Text, Timestamptz};
use std::collections::HashMap;

/// How an activity stands, as a list is filtered by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Any,
    /// Scheduled.
    Open,
    /// Scheduled, and still to come.
    Planned,
    /// Scheduled, and should have been done.
    Overdue,
    /// Scheduled, to be done today.
    Today,
    /// Scheduled, to be done in the days after today.
    Soon,
    /// Neither scheduled nor cancelled.
    Done,
}

impl State {
    /// In the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::Any,
        Self::Open,
        Self::Overdue,
        Self::Today,
        Self::Soon,
        Self::Planned,
        Self::Done,
    ];

    /// The word in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Open => "open",
            Self::Planned => "planned",
            Self::Overdue => "overdue",
            Self::Today => "today",
            Self::Soon => "soon",
            Self::Done => "done",
        }
    }

    /// The words people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Any => "Any",
            Self::Open => "Open",
            Self::Planned => "Planned",
            Self::Overdue => "Overdue",
            Self::Today => "Due today",
            Self::Soon => "Due within a week",
            Self::Done => "Done",
        }
    }

    /// Reads the word in the address.
    pub fn parse(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .unwrap_or_default()
    }
}

/// Which activities are wanted.
#[derive(Clone, Debug, Default)]
pub struct ActivityFilter {
    pub assigned_to: Option<StaffId>,
    /// Not those of this colleague: whoever else is assigned, or nobody.
    pub not_assigned_to: Option<StaffId>,
    pub state: State,
    pub type_id: Option<ActivityTypeId>,
    pub from: Option<DateTime<Utc>>,
    /// Exclusive.
    pub until: Option<DateTime<Utc>>,
    /// Today in the organization's time zone, for what is overdue.
    pub today: NaiveDate,
    /// Only these.
    pub only: Option<Vec<ActivityId>>,
    /// Only what goes on from this one.
    pub follow_up_of: Option<ActivityId>,
}

/// The parameters are numbered alike in all queries. Days are those of the organization.
const FITTING: &str = "FROM activities a \
    JOIN activity_types t ON t.organization_id = a.organization_id AND t.id = a.type_id \
    JOIN organizations o ON o.id = a.organization_id \
    LEFT JOIN staff s ON s.id = a.assigned_to \
    LEFT JOIN contacts c ON c.organization_id = a.organization_id AND c.id = a.added_by_contact \
    WHERE a.organization_id = $1 \
        AND ($2::bigint IS NULL OR a.assigned_to = $2) \
        AND CASE $3 WHEN 'open' THEN a.status = 'Scheduled' \
            WHEN 'planned' THEN a.status = 'Scheduled' \
                AND CASE WHEN a.due_on IS NULL THEN a.activity_at >= $8 ELSE a.due_on >= $7 END \
            WHEN 'overdue' THEN a.status = 'Scheduled' \
                AND CASE WHEN a.due_on IS NULL THEN a.activity_at < $8 ELSE a.due_on < $7 END \
            WHEN 'today' THEN a.status = 'Scheduled' AND CASE WHEN a.due_on IS NULL \
                THEN a.activity_at >= $8 AND (a.activity_at AT TIME ZONE o.time_zone)::date = $7 ELSE a.due_on = $7 END \
            WHEN 'soon' THEN a.status = 'Scheduled' \
                AND coalesce(a.due_on, (a.activity_at AT TIME ZONE o.time_zone)::date) BETWEEN $7 + 1 AND $7 + 7 \
            WHEN 'done' THEN a.status NOT IN ('Scheduled', 'Cancelled') ELSE true END \
        AND ($4::bigint IS NULL OR a.type_id = $4) \
        AND ($5::timestamptz IS NULL OR a.activity_at >= $5) \
        AND ($6::timestamptz IS NULL OR a.activity_at < $6) \
        AND ($9::bigint[] IS NULL OR a.id = ANY($9)) \
        AND ($10::bigint IS NULL OR a.follow_up_of = $10) \
        AND ($11::bigint IS NULL OR a.assigned_to IS DISTINCT FROM $11)";

macro_rules! with_filter {
    ($tx:expr, $filter:expr, $sql:expr) => {
        diesel::sql_query($sql)
            .bind::<BigInt, _>($tx.organization())
            .bind::<Nullable<BigInt>, _>($filter.assigned_to)
            .bind::<Text, _>($filter.state.as_str())
            .bind::<Nullable<BigInt>, _>($filter.type_id)
            .bind::<Nullable<Timestamptz>, _>($filter.from)
            .bind::<Nullable<Timestamptz>, _>($filter.until)
            .bind::<Date, _>($filter.today)
            .bind::<Timestamptz, _>($tx.now())
            .bind::<Nullable<Array<BigInt>>, _>($filter.only.clone())
            .bind::<Nullable<BigInt>, _>($filter.follow_up_of)
            .bind::<Nullable<BigInt>, _>($filter.not_assigned_to)
    };
}

/// The activity with this id.
pub fn find(tx: &mut OrgTx<'_>, id: ActivityId) -> QueryResult<Option<Activity>> {
    Ok(find_all(tx, &[id])?.pop())
}

/// The activities with these ids.
pub fn find_all(tx: &mut OrgTx<'_>, ids: &[ActivityId]) -> QueryResult<Vec<Activity>> {
    let only = ActivityFilter {
        only: Some(ids.to_vec()),
        ..ActivityFilter::default()
    };
    list(tx, &only, 0, i64::try_from(ids.len()).unwrap_or(i64::MAX))
}

/// The activities with these external identifiers.
pub fn by_external_identifiers(tx: &mut OrgTx<'_>, identifiers: &[String]) -> QueryResult<HashMap<String, Activity>> {
    let ids: Vec<ActivityId> = activities::table
        .filter(activities::organization_id.eq(tx.organization()))
        .filter(activities::external_identifier.eq_any(identifiers))
        .select(activities::id)
        .load(&mut **tx)?;
    let found = find_all(tx, &ids)?.into_iter();
    Ok(found
        .filter_map(|one| Some((one.is.external_identifier.clone()?, one)))
        .collect())
}

/// The activities of these moments.
pub fn at(tx: &mut OrgTx<'_>, moments: &[DateTime<Utc>]) -> QueryResult<Vec<Activity>> {
    let ids: Vec<ActivityId> = activities::table
        .filter(activities::organization_id.eq(tx.organization()))
        .filter(activities::activity_at.eq_any(moments))
        .select(activities::id)
        .load(&mut **tx)?;
    find_all(tx, &ids)
}

/// The activities with these ids, kept from being changed by others until the transaction ends.
pub(crate) fn locked(tx: &mut OrgTx<'_>, ids: &[ActivityId]) -> QueryResult<Vec<Activity>> {
    let found: Vec<ActivityId> = activities::table
        .filter(activities::organization_id.eq(tx.organization()))
        .filter(activities::id.eq_any(ids))
        .order(activities::id)
        .select(activities::id)
        .for_update()
        .load(&mut **tx)?;
    find_all(tx, &found)
}

/// The activities that fit: what is open by when it is due, everything else the latest first.
pub fn list(tx: &mut OrgTx<'_>, filter: &ActivityFilter, offset: i64, limit: i64) -> QueryResult<Vec<Activity>> {
    let order = match filter.state {
        State::Open | State::Planned | State::Overdue | State::Today | State::Soon => {
            "coalesce(a.due_on::timestamptz, a.activity_at), a.id"
        }
        State::Any | State::Done => "a.activity_at DESC, a.id DESC",
    };
    let sql = format!(
        "SELECT a.id, a.type_id, t.name AS type_name, a.subject, a.details, a.activity_at, a.duration_minutes, a.status, \
             a.priority, a.assigned_to, s.name AS assigned_name, a.due_on, a.follow_up_of, a.created_by, \
             a.added_by_contact, c.display_name AS added_by_name, a.external_identifier \
         {FITTING} ORDER BY {order} OFFSET $12 LIMIT $13"
    );
    let rows: Vec<Row> = with_filter!(tx, filter, sql)
        .bind::<BigInt, _>(offset)
        .bind::<BigInt, _>(limit)
        .load(&mut **tx)?;
    let ids: Vec<ActivityId> = rows.iter().map(|row| row.id).collect();
    let mut with = with_whom(tx, &ids)?;
    let of = |row: Row| {
        let with = with.remove(&row.id).unwrap_or_default();
        row.with(with)
    };
    Ok(rows.into_iter().map(of).collect())
}

/// How many activities fit.
pub fn count(tx: &mut OrgTx<'_>, filter: &ActivityFilter) -> QueryResult<i64> {
    let row: Count =
        with_filter!(tx, filter, format!("SELECT count(*) AS activities {FITTING}")).get_result(&mut **tx)?;
    Ok(row.activities)
}

/// With whom each of these activities is: ids and names, by name. Those in the trash are left out.
fn with_whom(tx: &mut OrgTx<'_>, ids: &[ActivityId]) -> QueryResult<HashMap<ActivityId, Vec<(ContactId, String)>>> {
    let rows: Vec<(ActivityId, ContactId, String)> = activity_contacts::table
        .inner_join(
            contacts::table.on(contacts::organization_id
                .eq(activity_contacts::organization_id)
                .and(contacts::id.eq(activity_contacts::contact_id))),
        )
        .filter(activity_contacts::organization_id.eq(tx.organization()))
        .filter(activity_contacts::activity_id.eq_any(ids))
        .filter(contacts::deleted_at.is_null())
        .order((contacts::sort_name, contacts::id))
        .select((
            activity_contacts::activity_id,
            activity_contacts::contact_id,
            contacts::display_name,
        ))
        .load(&mut **tx)?;
    let mut with: HashMap<ActivityId, Vec<(ContactId, String)>> = HashMap::new();
    for (activity, contact, name) in rows {
        with.entry(activity).or_default().push((contact, name));
    }
    Ok(with)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    activities: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: ActivityId,
    #[diesel(sql_type = BigInt)]
    type_id: ActivityTypeId,
    #[diesel(sql_type = Text)]
    type_name: String,
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = Text)]
    details: String,
    #[diesel(sql_type = Timestamptz)]
    activity_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Integer>)]
    duration_minutes: Option<i32>,
    #[diesel(sql_type = Text)]
    status: Status,
    #[diesel(sql_type = Text)]
    priority: Priority,
    #[diesel(sql_type = Nullable<BigInt>)]
    assigned_to: Option<StaffId>,
    #[diesel(sql_type = Nullable<Text>)]
    assigned_name: Option<String>,
    #[diesel(sql_type = Nullable<Date>)]
    due_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<BigInt>)]
    follow_up_of: Option<ActivityId>,
    #[diesel(sql_type = Text)]
    created_by: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    added_by_contact: Option<ContactId>,
    #[diesel(sql_type = Nullable<Text>)]
    added_by_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    external_identifier: Option<String>,
}

impl Row {
    fn with(self, with: Vec<(ContactId, String)>) -> Activity {
        Activity {
            id: self.id,
            is: ActivityDraft {
                type_id: self.type_id,
                subject: self.subject,
                details: self.details,
                activity_at: self.activity_at,
                duration_minutes: self.duration_minutes,
                status: self.status,
                priority: self.priority,
                assigned_to: self.assigned_to,
                due_on: self.due_on,
                follow_up_of: self.follow_up_of,
                with: with.iter().map(|(id, _)| *id).collect(),
                added_by: self.added_by_contact,
                external_identifier: self.external_identifier,
            },
            type_name: self.type_name,
            assigned_name: self.assigned_name,
            created_by: self.created_by,
            added_by_name: self.added_by_name,
            with,
        }
    }
}
