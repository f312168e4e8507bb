//! What an edit would do, before it is done: which values the chosen contacts have now, and how many have each.

use super::field::Control;
use super::target::Target;
use crate::crm::contacts::{self, Selection};
use crate::db::OrgTx;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// Values that are listed; the rest are counted together.
const VALUES_LISTED: usize = 20;

/// The values of a field over a selection.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// The most frequent first.
    pub listed: Vec<ValueCount>,
    /// How many contacts have one that is not listed.
    pub others: i64,
    pub total: i64,
}

/// A value and how many contacts have it; empty where they have none.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct ValueCount {
    #[diesel(sql_type = Text)]
    pub value: String,
    #[diesel(sql_type = BigInt)]
    pub contacts: i64,
}

impl Values {
    /// How many have a value already.
    pub fn with(&self, value: &str) -> i64 {
        let found = self.listed.iter().find(|one| one.value == value);
        found.map_or(0, |one| one.contacts)
    }

    /// What would become another, the most frequent first.
    pub fn without(&self, value: &str) -> Vec<&ValueCount> {
        self.listed.iter().filter(|one| one.value != value).collect()
    }
}

/// The values the chosen contacts have; `wanted` is always among those listed, where somebody has it. Postgres counts and sends
/// only what is listed: of a member number everybody has another.
pub fn values(tx: &mut OrgTx<'_>, selection: &Selection, field: &Target, wanted: &str) -> QueryResult<Values> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(embed)]
        counted: ValueCount,
        #[diesel(sql_type = BigInt)]
        total: i64,
    }
    let head = format!(
        "WITH counted AS MATERIALIZED (SELECT {} AS value, count(*) AS contacts",
        column(field)
    );
    let tables = match field.is_of_address() {
        true => {
            " LEFT JOIN addresses address ON address.organization_id = contacts.organization_id \
               AND address.contact_id = contacts.id AND address.is_primary"
        }
        false => "",
    };
    let Some((query, parameters)) = contacts::chosen(tx, selection, &head, tables)? else {
        return Ok(Values::default());
    };
    let rows: Vec<Row> = query
        .sql(format!(
            " GROUP BY 1), placed AS ( \
                SELECT value, contacts, row_number() OVER (ORDER BY contacts DESC, value) AS place, \
                    (sum(contacts) OVER ())::bigint AS total FROM counted) \
             SELECT value, contacts, total FROM placed WHERE place <= {VALUES_LISTED} OR value = {} ORDER BY place",
            as_stored(field, parameters + 1)
        ))
        .bind::<Text, _>(wanted)
        .load(&mut **tx)?;
    let total = rows.first().map_or(0, |row| row.total);
    let listed = rows.into_iter().map(|row| ValueCount {
        value: field.as_we_write(row.counted.value),
        contacts: row.counted.contacts,
    });
    let listed: Vec<ValueCount> = listed.collect();
    Ok(Values {
        others: total - listed.iter().map(|one| one.contacts).sum::<i64>(),
        listed,
        total,
    })
}

/// A value of ours, which is a parameter, as `column` writes it.
fn as_stored(target: &Target, parameter: usize) -> String {
    match target {
        Target::Known(_) => format!("${parameter}"),
        Target::Custom(_) => format!("coalesce(nullif(${parameter}, '')::jsonb::text, '')"),
    }
}

fn column(target: &Target) -> String {
    let field = match target {
        Target::Known(field) => *field,
        Target::Custom(field) => return format!("coalesce((contacts.custom -> '{}')::text, '')", field.id),
    };
    match (field.is_of_address(), field.control()) {
        (true, _) => format!("coalesce(address.{}, '')", field.as_str()),
        (false, Control::YesOrNo) => format!("CASE WHEN contacts.{} THEN 'yes' ELSE 'no' END", field.as_str()),
        (false, _) => format!("contacts.{}", field.as_str()),
    }
}
