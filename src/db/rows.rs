//! Inserting many rows in one statement.

use super::{OrgTx, Prepared};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, HasSqlType};

/// Rows for a table, column by column: Postgres takes each column as one array, many times faster than a parameter for every
/// single value, and however many rows there are. (`COPY` would be faster still, but is refused where a policy holds.)
pub struct Rows<'v> {
    query: BoxedSqlQuery<'v, Pg, SqlQuery>,
    columns: Vec<&'static str>,
    count: usize,
}

impl<'v> Rows<'v> {
    /// No columns yet.
    pub fn of(table: &str) -> Self {
        Self {
            query: diesel::sql_query(format!("INSERT INTO {table} ")).into_boxed(),
            columns: Vec::new(),
            count: 0,
        }
    }

    /// One more column, with the value of each row.
    pub fn column<T, V>(mut self, name: &'static str, values: Vec<V>) -> Self
    where
        T: Send + 'static,
        V: Send + 'v,
        Vec<V>: ToSql<Array<T>, Pg>,
        Pg: HasSqlType<Array<T>>,
    {
        self.columns.push(name);
        self.count = values.len();
        self.query = self.query.bind::<Array<T>, _>(values);
        self
    }

    /// Inserts them; columns that were not named take their default.
    pub fn insert(self, tx: &mut OrgTx<'_>) -> QueryResult<usize> {
        if self.count == 0 {
            return Ok(0);
        }
        let places: Vec<String> = (1..=self.columns.len()).map(|place| format!("${place}")).collect();
        let (columns, places) = (self.columns.join(", "), places.join(", "));
        Prepared(self.query.sql(format!("({columns}) SELECT * FROM unnest({places})"))).execute(&mut **tx)
    }
}
