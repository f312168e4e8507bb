//! Whom an advanced search finds, apart from any list: for smart groups, which ask it again and again.

use super::criteria::{Calendar, Criteria};
use crate::base::{ContactId, GroupId};
use crate::db::OrgTx;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};

/// Who fits an advanced search, by id; with `among` only these contacts are looked at. Those in the trash are left out.
pub fn matching(tx: &mut OrgTx<'_>, criteria: &Criteria, among: Option<&[ContactId]>) -> QueryResult<Vec<ContactId>> {
    let calendar = Calendar::of(tx)?;
    let everybody = "SELECT contacts.id FROM contacts \
        WHERE contacts.organization_id = $1 AND contacts.deleted_at IS NULL";
    let query = diesel::sql_query(everybody)
        .into_boxed()
        .bind::<BigInt, _>(tx.organization());
    let query = match among {
        None => criteria.sql(1, None, &calendar).append_to(query),
        Some(ids) => {
            let query = query
                .sql(" AND contacts.id = ANY($2)")
                .bind::<Array<BigInt>, _>(ids.to_vec());
            criteria.sql(2, Some(2), &calendar).append_to(query)
        }
    };
    let rows: Vec<Id> = query.sql(" ORDER BY contacts.id").load(&mut **tx)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
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
/// first of them by name. Whoever belongs to the group anyway is left out.
pub fn near_misses(
    tx: &mut OrgTx<'_>,
    criteria: &Criteria,
    condition: usize,
    group: GroupId,
    limit: i64,
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
            " ORDER BY contacts.sort_name COLLATE \"und-x-icu\", contacts.id LIMIT {limit}"
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
