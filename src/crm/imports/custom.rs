//! Columns that hold fields the organization made for itself: matched by their labels, read by their kinds.

use super::cells;
use super::column::Column;
use super::kind;
use super::model::Import;
use super::value::{self, DateOrder};
use crate::crm::custom_fields::{self, CustomField, CustomValue, CustomValues, Kind, Record};
use crate::db::OrgTx;
use diesel::QueryResult;

/// The heading under which they are offered.
pub const HEADING: &str = "Custom Fields";

/// The fields that files of a kind can bring.
fn offered(tx: &mut OrgTx<'_>, record: Option<Record>) -> QueryResult<Vec<CustomField>> {
    let Some(record) = record else {
        return Ok(Vec::new());
    };
    let all = custom_fields::store::of(tx, record)?;
    Ok(all.offered(record).cloned().collect())
}

/// The same as columns, to be offered beside those the kind has.
pub fn columns(tx: &mut OrgTx<'_>, kind: &dyn kind::Kind) -> QueryResult<Vec<Column>> {
    let column = |field: &CustomField| Column {
        key: field.name(),
        label: field.label.clone().into(),
        names: &[],
        second: None,
        is_date: field.kind == Kind::Date,
    };
    Ok(offered(tx, kind.record())?.iter().map(column).collect())
}

/// The custom fields that a file's columns hold.
#[derive(Clone, Debug, Default)]
pub struct OwnColumns {
    /// By position.
    fields: Vec<(usize, CustomField)>,
    order: DateOrder,
}

impl OwnColumns {
    /// Of an import; a field that was retired or deleted since is left out.
    pub fn of(tx: &mut OrgTx<'_>, import: &Import) -> QueryResult<Self> {
        let columns = &import.matching.columns;
        let is_own = |key: &Option<String>| key.as_ref().is_some_and(|key| key.starts_with("custom."));
        if !columns.iter().any(is_own) {
            return Ok(Self::default());
        }
        let fields = offered(tx, import.matching.kind().record())?;
        let of_column = |(at, key): (usize, &Option<String>)| {
            let key = key.as_ref()?;
            let field = fields.iter().find(|field| field.name() == *key)?;
            Some((at, field.clone()))
        };
        Ok(Self {
            fields: columns.iter().enumerate().filter_map(of_column).collect(),
            order: import.date_order,
        })
    }

    /// What a row says of them, and everything wrong with it, a sentence each. An empty cell says nothing.
    pub fn read(&self, row: &[String]) -> (CustomValues, Vec<String>) {
        let (mut said, mut problems) = (CustomValues::default(), Vec::new());
        for (at, field) in &self.fields {
            let text = cells::one_line(row.get(*at).map_or("", String::as_str), " ");
            match self.value(field, &text) {
                Ok(value) => said.set(field.id, value),
                Err(problem) => problems.push(problem),
            }
        }
        (said, problems)
    }

    fn value(&self, field: &CustomField, text: &str) -> Result<Option<CustomValue>, String> {
        let written = match field.kind {
            _ if text.is_empty() => return Ok(None),
            Kind::Date => {
                let day = value::date(text, self.order).map_err(|problem| problem.words(text))?;
                day.to_string()
            }
            Kind::YesOrNo => match value::yes_or_no(text) {
                Some(true) => "yes".to_owned(),
                Some(false) => "no".to_owned(),
                None => return Err(format!("“{text}” under {} is neither Yes nor No.", field.label)),
            },
            _ => text.to_owned(),
        };
        let read = field.read(&written);
        read.map_err(|words| format!("“{text}” under {}: {words}", field.label))
    }
}
