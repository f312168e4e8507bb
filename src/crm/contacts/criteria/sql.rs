//! Criteria as SQL. What somebody typed is always a parameter; the text holds only words of this program.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Date, Text, Timestamptz};

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Bind {
    Text(String),
    Texts(Vec<String>),
    Number(i64),
    Ids(Vec<i64>),
    Date(NaiveDate),
    Moment(DateTime<Utc>),
}

/// A condition on `contacts` with its parameters, in order.
#[derive(Clone, Debug)]
pub struct Fragment {
    text: String,
    binds: Vec<Bind>,
}

impl Fragment {
    /// How many parameters it takes.
    pub fn parameters(&self) -> usize {
        self.binds.len()
    }

    /// The opposite.
    pub fn negated(self) -> Self {
        Self {
            text: format!("NOT {}", self.text),
            binds: self.binds,
        }
    }

    /// Adds the condition to a query after `AND`; the parameters before it must be bound already.
    pub fn append_to<'q>(self, query: BoxedSqlQuery<'q, Pg, SqlQuery>) -> BoxedSqlQuery<'q, Pg, SqlQuery> {
        let query = query.sql(format!(" AND {}", self.text));
        self.binds.into_iter().fold(query, |query, bind| match bind {
            Bind::Text(text) => query.bind::<Text, _>(text),
            Bind::Texts(texts) => query.bind::<Array<Text>, _>(texts),
            Bind::Number(number) => query.bind::<BigInt, _>(number),
            Bind::Ids(ids) => query.bind::<Array<BigInt>, _>(ids),
            Bind::Date(date) => query.bind::<Date, _>(date),
            Bind::Moment(moment) => query.bind::<Timestamptz, _>(moment),
        })
    }
}

/// The SQL while it is being written.
pub(super) struct Sql {
    after: usize,
    among: String,
    binds: Vec<Bind>,
}

impl Sql {
    pub(super) fn new(after: usize, among: Option<usize>) -> Self {
        Self {
            after,
            among: among.map_or_else(String::new, |parameter| format!(" AND contact_id = ANY(${parameter})")),
            binds: Vec::new(),
        }
    }

    /// Takes a parameter: its name in the text.
    pub(super) fn bind(&mut self, bind: Bind) -> String {
        self.binds.push(bind);
        format!("${}", self.after + self.binds.len())
    }

    /// The contacts that have a row in a table about which something holds. A query of its own rather than a correlated one,
    /// so that Postgres may hash it for everybody; and limited by itself to the few whom an update is about.
    pub(super) fn has_row(&self, table: &str, fits: &str) -> String {
        let among = &self.among;
        format!("contacts.id IN (SELECT contact_id FROM {table} WHERE organization_id = $1{among} AND {fits})")
    }

    /// The contacts whose rows of a table, taken together, fulfil something.
    pub(super) fn has_rows_that(&self, table: &str, fits: &str, together: &str) -> String {
        self.has_row(table, &format!("{fits} GROUP BY contact_id HAVING {together}"))
    }

    pub(super) fn fragment(self, text: String) -> Fragment {
        Fragment {
            text,
            binds: self.binds,
        }
    }
}

/// Where the values of a subject stand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    /// An expression over the contact's own row.
    Own(&'a str),
    /// The same, where it always has a value.
    Known(&'a str),
    /// A column of a table with any number of rows for a contact.
    Rows { table: &'a str, value: &'a str },
}

impl Place<'_> {
    /// That some value fits. `fits` writes the condition on one value, given its expression.
    pub(super) fn some(self, sql: &mut Sql, fits: impl FnOnce(&mut Sql, &str) -> String) -> String {
        match self {
            Self::Known(value) => fits(sql, value),
            Self::Own(value) => format!("coalesce({}, false)", fits(sql, value)),
            Self::Rows { table, value } => {
                let fits = fits(sql, value);
                sql.has_row(table, &fits)
            }
        }
    }
}
