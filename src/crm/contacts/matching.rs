//! Whom an advanced search finds, apart from any list: for smart groups, which ask it again and again.

use super::criteria::{Calendar, Criteria};
use crate::base::{ContactId, GroupId};
use crate::db::OrgTx;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool};

/// A contact about whom a smart group and its search do not agree.
#[derive(QueryableByName)]
pub struct Apart {
    #[diesel(sql_type = BigInt)]
    pub contact: ContactId,
    /// Fits the search and has no row in the group; otherwise the other way round.
    #[diesel(sql_type = Bool)]
    pub is_found: bool,
}

/// Where an advanced search and its group do not agree, by contact; with `among` only these contacts are looked at. Whoever was
/// added or removed by hand counts as agreed, and those in the trash are never found. Compared by Postgres: those who agree
/// may be a million.
pub fn apart(
    tx: &mut OrgTx<'_>,
    criteria: &Criteria,
    group: GroupId,
    among: Option<&[ContactId]>,
) -> QueryResult<Vec<Apart>> {
    let calendar = Calendar::of(tx)?;
    let (these, theirs) = match among {
        Some(_) => (" AND contacts.id = ANY($3)", " AND contact_id = ANY($3)"),
        None => ("", ""),
    };
    let query = diesel::sql_query(format!(
        "SELECT coalesce(found.id, there.contact_id) AS contact, found.id IS NOT NULL AS is_found FROM \
            (SELECT contact_id, status FROM group_contacts WHERE organization_id = $1 AND group_id = $2{theirs}) there \
         FULL JOIN (SELECT contacts.id FROM contacts \
            WHERE contacts.organization_id = $1 AND contacts.deleted_at IS NULL{these}"
    ))
    .into_boxed()
    .bind::<BigInt, _>(tx.organization())
    .bind::<BigInt, _>(group);
    let query = match among {
        None => criteria.sql(2, None, &calendar).append_to(query),
        Some(ids) => criteria
            .sql(3, Some(3), &calendar)
            .append_to(query.bind::<Array<BigInt>, _>(ids)),
    };
    let disagree = ") found ON found.id = there.contact_id \
        WHERE there.contact_id IS NULL OR (found.id IS NULL AND there.status = 'Smart') ORDER BY contact";
    query.sql(disagree).load(&mut **tx)
}

/// Those for whom an advanced search may be answered otherwise than on an earlier day, though nothing about them has
/// changed; `None` where they are more than `most`.
pub fn moved_since(
    tx: &mut OrgTx<'_>,
    criteria: &Criteria,
    day: NaiveDate,
    most: usize,
) -> QueryResult<Option<Vec<ContactId>>> {
    let now = Calendar::of(tx)?;
    let before = Calendar { today: day, ..now };
    let query = diesel::sql_query(
        "SELECT contacts.id FROM contacts WHERE contacts.organization_id = $1 AND contacts.deleted_at IS NULL",
    )
    .into_boxed()
    .bind::<BigInt, _>(tx.organization());
    let query = criteria.moved_sql(1, &before, &now).append_to(query);
    let rows: Vec<Id> = query.sql(format!(" LIMIT {}", most + 1)).load(&mut **tx)?;
    Ok((rows.len() <= most).then(|| rows.into_iter().map(|row| row.id).collect()))
}

/// Whom an advanced search would find as well if one of its conditions, by its number, held for them: how many, and the
/// those at an offset by name. Whoever belongs to the group anyway is left out.
pub fn near_misses(
    tx: &mut OrgTx<'_>,
    criteria: &Criteria,
    condition: usize,
    group: GroupId,
    (offset, limit): (i64, i64),
) -> QueryResult<(i64, Vec<ContactId>)> {
    let calendar = Calendar::of(tx)?;
    let query = diesel::sql_query(
        "SELECT contacts.id, count(*) OVER () AS total FROM contacts \
         WHERE contacts.organization_id = $1 AND contacts.deleted_at IS NULL AND contacts.id NOT IN \
            (SELECT contact_id FROM group_contacts WHERE organization_id = $1 AND group_id = $2 AND status <> 'Removed')",
    )
    .into_boxed()
    .bind::<BigInt, _>(tx.organization())
    .bind::<BigInt, _>(group);
    let assuming = criteria.sql_assuming(condition, 2, &calendar);
    let as_it_is = criteria.sql(2 + assuming.parameters(), None, &calendar).negated();
    let rows: Vec<Found> = as_it_is
        .append_to(assuming.append_to(query))
        .sql(format!(
            " ORDER BY contacts.sort_name COLLATE \"und-x-icu\", contacts.id OFFSET {offset} LIMIT {limit}"
        ))
        .load(&mut **tx)?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok((total, rows.into_iter().map(|row| row.id).collect()))
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: ContactId,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    id: ContactId,
    #[diesel(sql_type = BigInt)]
    total: i64,
}
