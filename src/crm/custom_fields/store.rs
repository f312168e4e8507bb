//! Reading the definitions, and what has values.

use super::fields::CustomFields;
use super::model::{CustomField, CustomOption, Kind, Record};
use super::values::CustomValues;
use crate::base::CustomFieldId;
use crate::db::OrgTx;
use crate::db::schema::custom_fields;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::HashMap;

/// Every field of the organization, by record and in order.
pub fn all(tx: &mut OrgTx<'_>) -> QueryResult<CustomFields> {
    let rows: Vec<Row> = custom_fields::table
        .filter(custom_fields::organization_id.eq(tx.organization()))
        .order((custom_fields::record, custom_fields::place, custom_fields::id))
        .select(Row::as_select())
        .load(&mut **tx)?;
    rows.into_iter()
        .map(Row::field)
        .collect::<QueryResult<Vec<_>>>()
        .map(CustomFields::from)
}

/// The fields of one record, in order.
pub fn of(tx: &mut OrgTx<'_>, record: Record) -> QueryResult<CustomFields> {
    let all = all(tx)?;
    let of_it: Vec<CustomField> = all
        .all()
        .iter()
        .filter(|field| field.record == record)
        .cloned()
        .collect();
    Ok(of_it.into())
}

/// The fields of one record for somebody who writes these values: kept from being deleted by others until the transaction
/// ends. Nothing is asked where there are no values.
pub fn for_writing<'v>(
    tx: &mut OrgTx<'_>,
    record: Record,
    mut values: impl Iterator<Item = &'v CustomValues>,
) -> QueryResult<CustomFields> {
    if values.all(CustomValues::is_empty) {
        return Ok(CustomFields::default());
    }
    let rows: Vec<Row> = custom_fields::table
        .filter(custom_fields::organization_id.eq(tx.organization()))
        .filter(custom_fields::record.eq(record))
        .order((custom_fields::place, custom_fields::id))
        .select(Row::as_select())
        .for_key_share()
        .load(&mut **tx)?;
    rows.into_iter()
        .map(Row::field)
        .collect::<QueryResult<Vec<_>>>()
        .map(CustomFields::from)
}

/// The field with this id.
pub fn find(tx: &mut OrgTx<'_>, id: CustomFieldId) -> QueryResult<Option<CustomField>> {
    let row: Option<Row> = custom_fields::table
        .find((tx.organization(), id))
        .select(Row::as_select())
        .first(&mut **tx)
        .optional()?;
    row.map(Row::field).transpose()
}

/// The same, kept from being written and used anew by others until the transaction ends.
pub fn locked(tx: &mut OrgTx<'_>, id: CustomFieldId) -> QueryResult<CustomField> {
    let row: Row = custom_fields::table
        .find((tx.organization(), id))
        .select(Row::as_select())
        .for_update()
        .first(&mut **tx)?;
    row.field()
}

/// How many records have a value of each field, those in the trash as well; fields without any are absent.
pub fn use_counts(tx: &mut OrgTx<'_>) -> QueryResult<HashMap<CustomFieldId, i64>> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        field: CustomFieldId,
        #[diesel(sql_type = BigInt)]
        records: i64,
    }
    let rows: Vec<Counted> = diesel::sql_query(
        "SELECT key::bigint AS field, count(*) AS records FROM ( \
             SELECT jsonb_object_keys(custom) AS key FROM contacts WHERE organization_id = $1 AND custom <> '{}' \
             UNION ALL \
             SELECT jsonb_object_keys(custom) FROM contributions WHERE organization_id = $1 AND custom <> '{}') AS valued \
         GROUP BY 1",
    )
    .bind::<BigInt, _>(tx.organization())
    .load(&mut **tx)?;
    Ok(rows.into_iter().map(|row| (row.field, row.records)).collect())
}

/// How many records have chosen each option of a field; options nobody chose are absent.
pub fn option_counts(tx: &mut OrgTx<'_>, field: &CustomField) -> QueryResult<HashMap<i64, i64>> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        option: i64,
        #[diesel(sql_type = BigInt)]
        records: i64,
    }
    let table = match field.record {
        Record::Contact => "contacts",
        Record::Contribution => "contributions",
    };
    let rows: Vec<Counted> = diesel::sql_query(format!(
        "SELECT option::bigint AS option, count(*) AS records FROM {table} \
         CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(custom -> $2) WHEN 'array' THEN custom -> $2 END) AS option \
         WHERE organization_id = $1 AND custom <> '{{}}' GROUP BY 1"
    ))
    .bind::<BigInt, _>(tx.organization())
    .bind::<Text, _>(field.id.to_string())
    .load(&mut **tx)?;
    Ok(rows.into_iter().map(|row| (row.option, row.records)).collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = custom_fields)]
struct Row {
    id: CustomFieldId,
    record: Record,
    kind: Kind,
    label: String,
    help: String,
    is_required: bool,
    for_individuals: bool,
    for_organizations: bool,
    for_households: bool,
    options: serde_json::Value,
    is_retired: bool,
}

impl Row {
    fn field(self) -> QueryResult<CustomField> {
        let options: Vec<CustomOption> = serde_json::from_value(self.options)
            .map_err(|error| diesel::result::Error::DeserializationError(error.into()))?;
        Ok(CustomField {
            id: self.id,
            record: self.record,
            kind: self.kind,
            label: self.label,
            help: self.help,
            is_required: self.is_required,
            for_individuals: self.for_individuals,
            for_organizations: self.for_organizations,
            for_households: self.for_households,
            options,
            is_retired: self.is_retired,
        })
    }
}
