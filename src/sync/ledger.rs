//! The arithmetic of a link: in sync + waiting + excluded by us + refused by them + here before = the size of the group,
//! always; and what became of its calls.

use super::decide::{Standing, Wait};
use super::facts::Mapping;
use super::standing;
use crate::base::{ContactId, MappingId};
use crate::crm::groups;
use crate::db::OrgTx;
use crate::db::schema::{audience_members, contacts, group_contacts, mappings, planned_calls, sync_standings};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Timestamptz};

/// How many of the group stand alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub standing: Standing,
    pub count: i64,
}

/// The counts of a link; they add up to the size of the group.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub counts: Vec<Count>,
    pub group_size: i64,
    /// Subscribed members left out because they were there before the link.
    pub only_there_before: i64,
}

/// A call and what became of it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = planned_calls)]
pub struct Call {
    #[diesel(select_expression = contacts::id)]
    pub contact: ContactId,
    #[diesel(select_expression = contacts::display_name)]
    pub name: String,
    pub verb: String,
    pub state: String,
    pub words: String,
    pub attempts: i32,
    pub planned_at: DateTime<Utc>,
}

impl Call {
    /// What was asked, in words.
    pub fn what(&self) -> &'static str {
        match self.verb.as_str() {
            "unsubscribe" => "Unsubscribe",
            "archive" => "Archive",
            "confirm" => "Ask to confirm",
            _ => "Add",
        }
    }

    /// What became of it, in words.
    pub fn outcome(&self) -> &'static str {
        match self.state.as_str() {
            "accepted" => "Done",
            "refused" => "Refused by Mailchimp",
            "invalid" => "Not sent",
            "superseded" => "No longer needed",
            _ if self.attempts > 0 => "Being tried again",
            _ => "Waiting",
        }
    }

    /// Mailchimp is being asked to send its confirmation.
    pub fn asks_to_confirm_now(&self) -> bool {
        self.verb == "confirm" && matches!(self.state.as_str(), "planned" | "asking")
    }

    /// The badge's colour.
    pub fn tone(&self) -> &'static str {
        match self.state.as_str() {
            "accepted" => "good",
            "refused" | "invalid" => "warn",
            "superseded" => "quiet",
            _ => "info",
        }
    }
}

/// Counts the standings of the group's members. Whoever was not decided yet waits.
pub fn counts(tx: &mut OrgTx<'_>, mapping: &Mapping) -> QueryResult<Ledger> {
    let organization = tx.organization();
    let group_size = groups::store::member_count(tx, mapping.group)?;
    let rows: Vec<(String, String, i64)> = sync_standings::table
        .inner_join(
            group_contacts::table.on(group_contacts::organization_id
                .eq(sync_standings::organization_id)
                .and(group_contacts::contact_id.eq(sync_standings::contact_id))
                .and(group_contacts::group_id.eq(mapping.group))
                .and(group_contacts::status.ne("Removed"))),
        )
        .inner_join(
            contacts::table.on(contacts::organization_id
                .eq(sync_standings::organization_id)
                .and(contacts::id.eq(sync_standings::contact_id))
                .and(contacts::deleted_at.is_null())),
        )
        .filter(sync_standings::organization_id.eq(organization))
        .filter(sync_standings::mapping_id.eq(mapping.id))
        .group_by((sync_standings::standing, sync_standings::reason))
        .order((sync_standings::standing, sync_standings::reason))
        .select((
            sync_standings::standing,
            sync_standings::reason,
            diesel::dsl::count_star(),
        ))
        .load(&mut **tx)?;
    let mut counts: Vec<Count> = Vec::new();
    let mut add = |standing: Standing, count: i64| match counts.iter_mut().find(|known| known.standing == standing) {
        Some(known) => known.count += count,
        None => counts.push(Count { standing, count }),
    };
    let mut decided = 0;
    for (kind, reason, count) in rows {
        // Just came back into the group and is due: waits until it is decided.
        let standing = match standing::read(&kind, &reason) {
            Standing::Out => Standing::Waiting(Wait::Call),
            standing => standing,
        };
        decided += count;
        add(standing, count);
    }
    if group_size > decided {
        add(Standing::Waiting(Wait::Call), group_size - decided);
    }
    let left_there = audience_members::table
        .filter(audience_members::organization_id.eq(organization))
        .filter(audience_members::audience_id.eq(&mapping.audience))
        .filter(audience_members::here_before)
        .filter(audience_members::status.eq("subscribed"))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            sync_standings::table
                .filter(sync_standings::organization_id.eq(audience_members::organization_id))
                .filter(sync_standings::mapping_id.eq(mapping.id))
                .filter(sync_standings::address_key.eq(audience_members::address_key.nullable())),
        )))
        .count()
        .get_result(&mut **tx)?;
    // Nobody is brought in from there into a smart group.
    let is_smart = groups::store::is_smart(tx, mapping.group)?;
    let only_there_before = if is_smart { 0 } else { left_there };
    counts.sort_by_key(|count| rank(count.standing));
    Ok(Ledger {
        counts,
        group_size,
        only_there_before,
    })
}

/// The order in which standings are shown: what is well first, then what waits, then what somebody may want to look at.
fn rank(standing: Standing) -> u8 {
    match standing {
        Standing::InSync => 0,
        Standing::Waiting(_) => 1,
        Standing::Refused(_) => 2,
        Standing::Excluded(_) => 3,
        Standing::HereBefore | Standing::Out => 4,
    }
}

/// The people of the group who stand alike, by name, from the `offset`th on.
pub fn people(
    tx: &mut OrgTx<'_>,
    mapping: &Mapping,
    kind: &str,
    reason: &str,
) -> QueryResult<Vec<(ContactId, String, Option<String>)>> {
    sync_standings::table
        .inner_join(
            group_contacts::table.on(group_contacts::organization_id
                .eq(sync_standings::organization_id)
                .and(group_contacts::contact_id.eq(sync_standings::contact_id))
                .and(group_contacts::group_id.eq(mapping.group))
                .and(group_contacts::status.ne("Removed"))),
        )
        .inner_join(
            contacts::table.on(contacts::organization_id
                .eq(sync_standings::organization_id)
                .and(contacts::id.eq(sync_standings::contact_id))
                .and(contacts::deleted_at.is_null())),
        )
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq(mapping.id))
        .filter(sync_standings::standing.eq(kind))
        .filter(sync_standings::reason.eq(reason))
        .order((contacts::sort_name, contacts::id))
        .select((contacts::id, contacts::sort_name, sync_standings::address_key))
        .load(&mut **tx)
}

/// All calls for one contact of a link, the newest first.
pub fn calls_of(tx: &mut OrgTx<'_>, mapping: MappingId, contact: ContactId) -> QueryResult<Vec<Call>> {
    planned_calls::table
        .inner_join(
            contacts::table.on(contacts::organization_id
                .eq(planned_calls::organization_id)
                .and(contacts::id.eq(planned_calls::contact_id))),
        )
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::mapping_id.eq(mapping))
        .filter(planned_calls::contact_id.eq(contact))
        .order(planned_calls::id.desc())
        .select(Call::as_select())
        .load(&mut **tx)
}

/// The latest calls of a link, the newest first.
pub fn latest_calls(tx: &mut OrgTx<'_>, mapping: MappingId, limit: i64) -> QueryResult<Vec<Call>> {
    planned_calls::table
        .inner_join(
            contacts::table.on(contacts::organization_id
                .eq(planned_calls::organization_id)
                .and(contacts::id.eq(planned_calls::contact_id))),
        )
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::mapping_id.eq(mapping))
        .order(planned_calls::id.desc())
        .limit(limit)
        .select(Call::as_select())
        .load(&mut **tx)
}

/// How long changes took to reach Mailchimp, from the moment somebody was due until Mailchimp accepted.
#[derive(Clone, Copy, Debug, PartialEq, QueryableByName)]
pub struct Latency {
    #[diesel(sql_type = BigInt)]
    pub changes: i64,
    /// Seconds within which half of them arrived.
    #[diesel(sql_type = Double)]
    pub half: f64,
    /// Seconds within which 99 of 100 arrived.
    #[diesel(sql_type = Double)]
    pub nearly_all: f64,
}

/// The latency of a link since a moment; `None` where nothing was sent.
pub fn latency(tx: &mut OrgTx<'_>, mapping: MappingId, since: DateTime<Utc>) -> QueryResult<Option<Latency>> {
    let organization = tx.organization();
    diesel::sql_query(
        "SELECT count(*) AS changes, \
                percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS half, \
                percentile_cont(0.99) WITHIN GROUP (ORDER BY seconds) AS nearly_all \
         FROM (SELECT extract(epoch FROM settled_at - due_since)::float8 AS seconds FROM planned_calls \
               WHERE organization_id = $1 AND mapping_id = $2 AND state = 'accepted' AND settled_at >= $3 \
               AND due_since IS NOT NULL) AS sent \
         HAVING count(*) > 0",
    )
    .bind::<BigInt, _>(organization.0)
    .bind::<BigInt, _>(mapping.0)
    .bind::<Timestamptz, _>(since)
    .get_result(&mut **tx)
    .optional()
}

/// Who switched the link on, and when.
pub fn switched_on(tx: &mut OrgTx<'_>, mapping: MappingId) -> QueryResult<(String, DateTime<Utc>)> {
    mappings::table
        .find((tx.organization().0, mapping.0))
        .select((mappings::switched_on_by, mappings::switched_on_at))
        .first(&mut **tx)
}
