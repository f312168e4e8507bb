//! The values of a record's custom fields, as they are stored: one `jsonb`, by the id of the field. What a value means is
//! known to the field.

use crate::base::CustomFieldId;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Jsonb;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A value. Every value of a kind is written in one way only, so that equal ones are the same to the database, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CustomValue {
    YesOrNo(bool),
    /// A number in ten-thousandths, or an amount in cents.
    Number(i64),
    /// One line, or a day as 2026-11-24.
    Text(String),
    /// The ids of options; one of a field with one choice.
    Chosen(BTreeSet<i64>),
}

/// A record's values; a field without one is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, AsExpression, FromSqlRow, Serialize, Deserialize)]
#[diesel(sql_type = Jsonb)]
#[serde(transparent)]
pub struct CustomValues(BTreeMap<CustomFieldId, CustomValue>);

impl CustomValues {
    /// The value of a field.
    pub fn get(&self, field: CustomFieldId) -> Option<&CustomValue> {
        self.0.get(&field)
    }

    /// Gives a field a value, or none.
    pub fn set(&mut self, field: CustomFieldId, value: Option<CustomValue>) {
        match value {
            Some(value) => self.0.insert(field, value),
            None => self.0.remove(&field),
        };
    }

    /// Takes over what others say; what they say nothing of stays.
    pub fn take(&mut self, said: &Self) {
        self.0
            .extend(said.0.iter().map(|(field, value)| (*field, value.clone())));
    }

    /// The fields that have a value.
    pub fn fields(&self) -> impl Iterator<Item = CustomFieldId> {
        self.0.keys().copied()
    }

    /// Whether no field has one.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl ToSql<Jsonb, Pg> for CustomValues {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let value = serde_json::to_value(&self.0)?;
        <serde_json::Value as ToSql<Jsonb, Pg>>::to_sql(&value, &mut out.reborrow())
    }
}

impl FromSql<Jsonb, Pg> for CustomValues {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let value = <serde_json::Value as FromSql<Jsonb, Pg>>::from_sql(value)?;
        Ok(serde_json::from_value(value)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_were_written() {
        let mut values = CustomValues::default();
        values.set(CustomFieldId(3), Some(CustomValue::YesOrNo(true)));
        values.set(CustomFieldId(1), Some(CustomValue::Number(-12_500)));
        values.set(CustomFieldId(2), Some(CustomValue::Text("2026-11-24".into())));
        values.set(CustomFieldId(12), Some(CustomValue::Chosen([7, 5].into())));
        let written = serde_json::to_value(&values).unwrap();
        assert_eq!(
            written,
            serde_json::json!({"1": -12_500, "2": "2026-11-24", "3": true, "12": [5, 7]})
        );
        assert_eq!(serde_json::from_value::<CustomValues>(written).unwrap(), values);
    }
}
