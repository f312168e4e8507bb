//! Rows of other tables that name the contact that goes: they come to the survivor, and back by the undo. Which tables and
//! how stands in `crm::references`.

use crate::crm::contributions::totals;
use crate::crm::merge::model::Pair;
use crate::crm::references::{ALL, OnMerge};
use crate::db::OrgTx;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// Brings all rows over and writes down which.
pub fn bring(tx: &mut OrgTx<'_>, merge: i64, pair: Pair) -> QueryResult<()> {
    for reference in ALL {
        let (table, column) = (reference.table, reference.column);
        let (key, condition) = match reference.on_merge {
            OnMerge::Move { key } => (key, String::new()),
            OnMerge::MoveMissing { key } => (
                key,
                format!(
                    " AND NOT EXISTS (SELECT FROM {table} AS own WHERE own.organization_id = {table}.organization_id \
                       AND own.{key} = {table}.{key} AND own.{column} = $3)"
                ),
            ),
            OnMerge::MoveApart { other } => ("id", apart(column, other)),
            OnMerge::Otherwise(_) => continue,
        };
        diesel::sql_query(format!(
            "WITH moved AS ( \
                UPDATE {table} SET {column} = $3 WHERE organization_id = $1 AND {column} = $2{condition} RETURNING {key}) \
             INSERT INTO merged_rows (merge_id, table_name, column_name, row_key) SELECT $4, $5, $6, {key} FROM moved"
        ))
        .bind::<BigInt, _>(tx.organization())
        .bind::<BigInt, _>(pair.loser)
        .bind::<BigInt, _>(pair.survivor)
        .bind::<BigInt, _>(merge)
        .bind::<Text, _>(table)
        .bind::<Text, _>(column)
        .execute(&mut **tx)?;
    }
    // What each has given follows the gifts.
    totals::refresh(tx, &[pair.survivor, pair.loser])
}

/// Relationships of the loser that the survivor does not have with the same contact: as `refuse_second_ones` of the
/// relationships, only those that hold on without an end count, and where both sides are the same, either way round.
fn apart(column: &str, other: &str) -> String {
    format!(
        " AND {other} <> $3 AND NOT (is_active AND end_date IS NULL AND EXISTS ( \
            SELECT FROM relationships AS own JOIN relationship_types AS of_type \
                ON of_type.organization_id = own.organization_id AND of_type.id = own.type_id \
            WHERE own.organization_id = relationships.organization_id AND own.type_id = relationships.type_id \
                AND own.is_active AND own.end_date IS NULL \
                AND (own.{column} = $3 AND own.{other} = relationships.{other} \
                    OR own.{other} = $3 AND own.{column} = relationships.{other} \
                        AND of_type.label_a_b = of_type.label_b_a \
                        AND of_type.contact_type_a IS NOT DISTINCT FROM of_type.contact_type_b)))"
    )
}

/// Takes back what a merge brought, where it is still the survivor's.
pub fn take_back(tx: &mut OrgTx<'_>, merge: i64, pair: Pair) -> QueryResult<()> {
    for reference in ALL {
        let (table, column) = (reference.table, reference.column);
        let key = match reference.on_merge {
            OnMerge::Move { key } | OnMerge::MoveMissing { key } => key,
            OnMerge::MoveApart { .. } => "id",
            OnMerge::Otherwise(_) => continue,
        };
        diesel::sql_query(format!(
            "UPDATE {table} SET {column} = $3 FROM merged_rows AS moved \
             WHERE {table}.organization_id = $1 AND {table}.{column} = $2 AND moved.organization_id = $1 \
                AND moved.merge_id = $4 AND moved.table_name = $5 AND moved.column_name = $6 \
                AND {table}.{key} = moved.row_key"
        ))
        .bind::<BigInt, _>(tx.organization())
        .bind::<BigInt, _>(pair.survivor)
        .bind::<BigInt, _>(pair.loser)
        .bind::<BigInt, _>(merge)
        .bind::<Text, _>(table)
        .bind::<Text, _>(column)
        .execute(&mut **tx)?;
    }
    // What each has given follows the gifts.
    totals::refresh(tx, &[pair.survivor, pair.loser])
}
