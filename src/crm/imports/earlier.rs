//! The rows of a file before those at hand, by what later rows name. Joined to the list of names, not `= ANY`: the table was empty a
//! moment ago, and Postgres, knowing nothing of its rows yet, would compare each of them with every name.

use super::model::Row;
use super::store::row;
use crate::base::ImportId;
use crate::db::OrgTx;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Jsonb, Text};
use std::collections::HashMap;

/// Rows that brought somebody new, among those before a number, by an identifier or an address that later rows name.
pub fn new_rows(
    tx: &mut OrgTx<'_>,
    import: ImportId,
    before: i32,
    identifiers: &[String],
    address_keys: &[String],
) -> QueryResult<Vec<Row>> {
    #[derive(QueryableByName)]
    struct Earlier {
        #[diesel(sql_type = Integer)]
        row_number: i32,
        #[diesel(sql_type = Jsonb)]
        cells: serde_json::Value,
    }
    let mut found: HashMap<i32, serde_json::Value> = HashMap::new();
    // Two questions, because each has its own index.
    for (column, names) in [("external_identifier", identifiers), ("address_key", address_keys)] {
        let query = diesel::sql_query(format!(
            "SELECT row_number, cells FROM (SELECT DISTINCT name FROM unnest($4) AS name) AS named \
             JOIN import_rows ON organization_id = $1 AND import_id = $2 AND {column} = name WHERE row_number <= $3"
        ))
        .bind::<BigInt, _>(tx.organization())
        .bind::<BigInt, _>(import)
        .bind::<Integer, _>(before)
        .bind::<Array<Text>, _>(names);
        let rows: Vec<Earlier> = query.load(&mut **tx)?;
        found.extend(rows.into_iter().map(|row| (row.row_number, row.cells)));
    }
    let mut rows: Vec<Row> = found.into_iter().map(|(number, cells)| row(number, cells)).collect();
    rows.sort_by_key(|row| row.number);
    Ok(rows)
}

/// Of the rows up to a number that have one of these identifiers: the first, and how many there are.
pub fn counted(
    tx: &mut OrgTx<'_>,
    import: ImportId,
    until: i32,
    identifiers: &[String],
) -> QueryResult<Vec<(String, i32, i64)>> {
    #[derive(QueryableByName)]
    struct Earlier {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Integer)]
        first: i32,
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let earlier: Vec<Earlier> = diesel::sql_query(
        "SELECT name, min(row_number) AS first, count(*) AS rows FROM (SELECT DISTINCT name FROM unnest($4) AS name) AS named \
         JOIN import_rows ON organization_id = $1 AND import_id = $2 AND external_identifier = name \
         WHERE row_number <= $3 GROUP BY name",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<BigInt, _>(import)
    .bind::<Integer, _>(until)
    .bind::<Array<Text>, _>(identifiers)
    .load(&mut **tx)?;
    Ok(earlier.into_iter().map(|row| (row.name, row.first, row.rows)).collect())
}

/// The rows up to a number that have one of these identifiers, each with it, in the order of the file.
pub fn cells(
    tx: &mut OrgTx<'_>,
    import: ImportId,
    until: i32,
    identifiers: &[String],
) -> QueryResult<Vec<(String, Row)>> {
    #[derive(QueryableByName)]
    struct Earlier {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Integer)]
        row_number: i32,
        #[diesel(sql_type = Jsonb)]
        cells: serde_json::Value,
    }
    let earlier: Vec<Earlier> = diesel::sql_query(
        "SELECT name, row_number, cells FROM (SELECT DISTINCT name FROM unnest($4) AS name) AS named \
         JOIN import_rows ON organization_id = $1 AND import_id = $2 AND external_identifier = name \
         WHERE row_number <= $3 ORDER BY row_number",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<BigInt, _>(import)
    .bind::<Integer, _>(until)
    .bind::<Array<Text>, _>(identifiers)
    .load(&mut **tx)?;
    let row = |earlier: Earlier| (earlier.name, row(earlier.row_number, earlier.cells));
    Ok(earlier.into_iter().map(row).collect())
}
