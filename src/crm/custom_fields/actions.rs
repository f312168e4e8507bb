//! What administrators do with custom fields. Each action writes the definition and its line in the Change Log.

use super::model::{CustomField, CustomOption, FIELDS_MAX, Kind, Record};
use super::store;
use crate::base::CustomFieldId;
use crate::changelog::{self, FieldChange};
use crate::db::schema::custom_fields;
use crate::db::{OrgTx, Unavailable};
use crate::web::PageError;
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sql_types::{BigInt, Text};
use serde::Serialize;

/// A field as somebody wants it to be. What has it and of which kind it is never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Definition {
    pub label: String,
    pub help: String,
    pub is_required: bool,
    pub for_individuals: bool,
    pub for_organizations: bool,
    pub for_households: bool,
    /// In order: those that are known by their id, and new ones.
    pub options: Vec<(Option<i64>, String)>,
}

impl Definition {
    /// A field as it is.
    pub fn of(field: &CustomField) -> Self {
        let options = field.options.iter();
        Self {
            label: field.label.clone(),
            help: field.help.clone(),
            is_required: field.is_required,
            for_individuals: field.for_individuals,
            for_organizations: field.for_organizations,
            for_households: field.for_households,
            options: options.map(|option| (Some(option.id), option.label.clone())).collect(),
        }
    }
}

/// Why a field cannot be so; the transaction must be given up.
#[derive(Debug, thiserror::Error)]
pub enum CustomFieldError {
    #[error("another field has this label")]
    LabelTaken,
    #[error("there are as many fields as a form can show")]
    TooMany,
    #[error("records have a value of it")]
    InUse,
    /// The search of this smart group asks about it.
    #[error("a smart group asks about it")]
    Asked(String),
    /// Records have chosen this option.
    #[error("an option is in use")]
    OptionInUse(String, i64),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error(transparent)]
    Query(QueryError),
}

impl From<QueryError> for CustomFieldError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::LabelTaken,
            other => Self::Query(other),
        }
    }
}

impl From<CustomFieldError> for PageError {
    fn from(error: CustomFieldError) -> Self {
        let sentence = match error {
            CustomFieldError::LabelTaken => "Another custom field has this label. Nothing was changed.".into(),
            CustomFieldError::TooMany => {
                format!("There are {FIELDS_MAX} custom fields already, and a form shows no more. Nothing was changed.")
            }
            CustomFieldError::InUse => {
                "Some records have a value of this field, so it was not deleted. Retire it instead: it is no longer \
                 shown, and its values stay."
                    .into()
            }
            CustomFieldError::Asked(group) => format!(
                "The search of the smart group {group} asks about this field, so it was not deleted. Change the search \
                 first."
            ),
            CustomFieldError::OptionInUse(option, records) => in_use(&option, records),
            CustomFieldError::Unavailable(error) => return error.into(),
            CustomFieldError::Query(error) => return error.into(),
        };
        Self::Refused(sentence)
    }
}

/// "“Gold” was chosen for 3 records, so it stays."
pub fn in_use(option: &str, records: i64) -> String {
    let records = if records == 1 {
        "1 record".to_owned()
    } else {
        format!("{records} records")
    };
    format!("“{option}” was chosen for {records}, so it cannot be taken away. Nothing was changed.")
}

/// Adds a field, after the others of its record.
pub fn add(
    tx: &mut OrgTx<'_>,
    record: Record,
    kind: Kind,
    wanted: &Definition,
) -> Result<CustomFieldId, CustomFieldError> {
    let of_record = custom_fields::table
        .filter(custom_fields::organization_id.eq(tx.organization()))
        .filter(custom_fields::record.eq(record));
    let (count, last): (i64, Option<i32>) = (
        of_record.count().get_result(&mut **tx)?,
        of_record.select(max(custom_fields::place)).get_result(&mut **tx)?,
    );
    if usize::try_from(count).unwrap_or(usize::MAX) >= FIELDS_MAX {
        return Err(CustomFieldError::TooMany);
    }
    let (options, made) = numbered(&wanted.options, 0);
    let id = diesel::insert_into(custom_fields::table)
        .values((
            custom_fields::record.eq(record),
            custom_fields::kind.eq(kind),
            custom_fields::label.eq(&wanted.label),
            custom_fields::help.eq(&wanted.help),
            custom_fields::is_required.eq(wanted.is_required),
            custom_fields::for_individuals.eq(wanted.for_individuals),
            custom_fields::for_organizations.eq(wanted.for_organizations),
            custom_fields::for_households.eq(wanted.for_households),
            custom_fields::options.eq(serde_json::json!(options)),
            custom_fields::options_made.eq(made),
            custom_fields::place.eq(last.unwrap_or(0) + 1),
        ))
        .returning(custom_fields::id)
        .get_result(&mut **tx)?;
    changelog::note(tx, &format!("Custom field {} added", wanted.label), Vec::new())?;
    Ok(id)
}

/// Makes a field what the definition says; `false`: nothing was different. An option that a record has chosen stays.
pub fn change(tx: &mut OrgTx<'_>, id: CustomFieldId, wanted: &Definition) -> Result<bool, CustomFieldError> {
    let before = store::locked(tx, id)?;
    let made: i32 = custom_fields::table
        .find((tx.organization(), id))
        .select(custom_fields::options_made)
        .first(&mut **tx)?;
    let known = wanted
        .options
        .iter()
        .filter(|(id, _)| id.is_none_or(|id| before.options.iter().any(|option| option.id == id)));
    let (options, made) = numbered(&known.cloned().collect::<Vec<_>>(), made);
    let fields = differences(&before, wanted, &options);
    if fields.is_empty() && before.options == options {
        return Ok(false);
    }
    refuse_used_options(tx, &before, &options)?;
    diesel::update(custom_fields::table.find((tx.organization(), id)))
        .set((
            custom_fields::label.eq(&wanted.label),
            custom_fields::help.eq(&wanted.help),
            custom_fields::is_required.eq(wanted.is_required),
            custom_fields::for_individuals.eq(wanted.for_individuals),
            custom_fields::for_organizations.eq(wanted.for_organizations),
            custom_fields::for_households.eq(wanted.for_households),
            custom_fields::options.eq(serde_json::json!(options)),
            custom_fields::options_made.eq(made),
        ))
        .execute(&mut **tx)?;
    changelog::note(tx, &format!("Custom field {} changed", wanted.label), fields)?;
    Ok(true)
}

/// No longer shows a field, or shows it again; its values stay either way.
pub fn retire(tx: &mut OrgTx<'_>, id: CustomFieldId, is_retired: bool) -> Result<(), CustomFieldError> {
    let field = store::locked(tx, id)?;
    if field.is_retired == is_retired {
        return Ok(());
    }
    diesel::update(custom_fields::table.find((tx.organization(), id)))
        .set(custom_fields::is_retired.eq(is_retired))
        .execute(&mut **tx)?;
    let what = if is_retired { "retired" } else { "brought back" };
    changelog::note(tx, &format!("Custom field {} {what}", field.label), Vec::new())?;
    Ok(())
}

/// Moves a field before the one above it, or after the one below.
pub fn move_one(tx: &mut OrgTx<'_>, id: CustomFieldId, up: bool) -> Result<(), CustomFieldError> {
    let record = store::locked(tx, id)?.record;
    let mut ids: Vec<CustomFieldId> = custom_fields::table
        .filter(custom_fields::organization_id.eq(tx.organization()))
        .filter(custom_fields::record.eq(record))
        .order((custom_fields::place, custom_fields::id))
        .select(custom_fields::id)
        .load(&mut **tx)?;
    let at = ids.iter().position(|one| *one == id);
    let to = at.and_then(|at| if up { at.checked_sub(1) } else { Some(at + 1) });
    let (Some(at), Some(to)) = (at, to.filter(|to| *to < ids.len())) else {
        return Ok(());
    };
    ids.swap(at, to);
    for (place, id) in (1..).zip(ids) {
        diesel::update(custom_fields::table.find((tx.organization(), id)))
            .set(custom_fields::place.eq(place))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Deletes a field that no record has a value of and no smart group asks about.
pub fn delete(tx: &mut OrgTx<'_>, id: CustomFieldId) -> Result<(), CustomFieldError> {
    let field = store::locked(tx, id)?;
    if store::use_counts(tx)?.contains_key(&id) {
        return Err(CustomFieldError::InUse);
    }
    if let Some(group) = smart_group_about(tx, &field)? {
        return Err(CustomFieldError::Asked(group));
    }
    diesel::delete(custom_fields::table.find((tx.organization(), id))).execute(&mut **tx)?;
    changelog::note(tx, &format!("Custom field {} deleted", field.label), Vec::new())?;
    Ok(())
}

/// A smart group whose search asks about the field: gone, it would say of everybody that it is empty.
fn smart_group_about(tx: &mut OrgTx<'_>, field: &CustomField) -> QueryResult<Option<String>> {
    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = Text)]
        title: String,
    }
    let found: Vec<Named> = diesel::sql_query(
        "SELECT title FROM groups WHERE organization_id = $1 AND position($2 IN search::text) > 0 ORDER BY title LIMIT 1",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Text, _>(format!("\"{}\"", field.key()))
    .load(&mut **tx)?;
    Ok(found.into_iter().next().map(|named| named.title))
}

/// Options with ids: those that have one keep it, new ones get the next.
fn numbered(wanted: &[(Option<i64>, String)], made: i32) -> (Vec<CustomOption>, i32) {
    let mut made = made;
    let options = wanted.iter().map(|(id, label)| CustomOption {
        id: id.unwrap_or_else(|| {
            made += 1;
            i64::from(made)
        }),
        label: label.clone(),
    });
    (options.collect(), made)
}

fn refuse_used_options(
    tx: &mut OrgTx<'_>,
    before: &CustomField,
    options: &[CustomOption],
) -> Result<(), CustomFieldError> {
    let is_gone = |option: &&CustomOption| options.iter().all(|kept| kept.id != option.id);
    let gone: Vec<&CustomOption> = before.options.iter().filter(is_gone).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let counts = store::option_counts(tx, before)?;
    match gone
        .into_iter()
        .find_map(|option| Some((option, *counts.get(&option.id)?)))
    {
        Some((option, records)) => Err(CustomFieldError::OptionInUse(option.label.clone(), records)),
        None => Ok(()),
    }
}

fn differences(before: &CustomField, wanted: &Definition, options: &[CustomOption]) -> Vec<FieldChange> {
    let yes_or_no = |is: bool| if is { "Yes" } else { "No" };
    let listed = |options: &[CustomOption]| {
        let labels: Vec<&str> = options.iter().map(|option| option.label.as_str()).collect();
        labels.join(", ")
    };
    let whom = |people: bool, organizations: bool, households: bool| {
        let all = [
            (people, "Individuals"),
            (organizations, "Organizations"),
            (households, "Households"),
        ];
        let those: Vec<&str> = all.into_iter().filter(|(is, _)| *is).map(|(_, label)| label).collect();
        those.join(", ")
    };
    let changes = [
        FieldChange::between("Label", &before.label, &wanted.label),
        FieldChange::between("Help text", &before.help, &wanted.help),
        FieldChange::between("Required", yes_or_no(before.is_required), yes_or_no(wanted.is_required)),
        FieldChange::between(
            "For",
            &whom(before.for_individuals, before.for_organizations, before.for_households),
            &whom(wanted.for_individuals, wanted.for_organizations, wanted.for_households),
        ),
        FieldChange::between("Choices", &listed(&before.options), &listed(options)),
    ];
    changes.into_iter().flatten().collect()
}
