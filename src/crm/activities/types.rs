//! The types of activities: those CiviCRM begins with, and what administrators make of them.

use crate::base::ActivityTypeId;
use crate::changelog::{self, FieldChange};
use crate::crm::type_error::TypeError;
use crate::db::schema::{activities, activity_types};
use crate::db::{OrgTx, lower};
use crate::web;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use std::collections::HashMap;

/// The types an organization begins with.
const FIRST: [&str; 7] = ["Meeting", "Phone Call", "Email", "Letter", "Visit", "Event", "Task"];
/// The longest name, in characters.
pub const NAME_LENGTH_MAX: usize = 60;

/// A type of activity.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = activity_types)]
pub struct ActivityType {
    pub id: ActivityTypeId,
    pub name: String,
    /// Whether it is offered for new activities.
    pub is_offered: bool,
}

/// Reads a name as somebody typed it.
pub fn name(typed: &str) -> Result<String, &'static str> {
    web::required_line(
        typed,
        NAME_LENGTH_MAX,
        "Give the type a name.",
        "The name of a type may have up to 60 characters.",
    )
}

/// Every type by name. An organization gets its first ones the first time somebody asks, so the transaction must be one that
/// may write.
pub fn all(tx: &mut OrgTx<'_>) -> QueryResult<Vec<ActivityType>> {
    let types = stored(tx)?;
    if !types.is_empty() {
        return Ok(types);
    }
    // Somebody else may ask at the same moment.
    diesel::insert_into(activity_types::table)
        .values(FIRST.map(|name| activity_types::name.eq(name)).to_vec())
        .on_conflict_do_nothing()
        .execute(&mut **tx)?;
    stored(tx)
}

/// The types there are so far, by name.
pub fn stored(tx: &mut OrgTx<'_>) -> QueryResult<Vec<ActivityType>> {
    activity_types::table
        .filter(activity_types::organization_id.eq(tx.organization()))
        .order((lower(activity_types::name), activity_types::id))
        .select(ActivityType::as_select())
        .load(&mut **tx)
}

/// The type with this id.
pub fn find(tx: &mut OrgTx<'_>, id: ActivityTypeId) -> QueryResult<Option<ActivityType>> {
    activity_types::table
        .find((tx.organization(), id))
        .select(ActivityType::as_select())
        .first(&mut **tx)
        .optional()
}

/// How many activities of each type there are; types without any are absent.
pub fn use_counts(tx: &mut OrgTx<'_>) -> QueryResult<HashMap<ActivityTypeId, i64>> {
    let counts: Vec<(ActivityTypeId, i64)> = activities::table
        .filter(activities::organization_id.eq(tx.organization()))
        .group_by(activities::type_id)
        .select((activities::type_id, count_star()))
        .load(&mut **tx)?;
    Ok(counts.into_iter().collect())
}

/// Adds a type. After `Taken` the transaction must be given up.
pub fn add(tx: &mut OrgTx<'_>, name: &str, is_offered: bool) -> Result<ActivityTypeId, TypeError> {
    let id = diesel::insert_into(activity_types::table)
        .values((activity_types::name.eq(name), activity_types::is_offered.eq(is_offered)))
        .returning(activity_types::id)
        .get_result(&mut **tx)?;
    changelog::note(tx, &format!("Activity type {name} added"), Vec::new())?;
    Ok(id)
}

/// Changes a type; activities of it follow. After `Taken` the transaction must be given up.
pub fn change(tx: &mut OrgTx<'_>, id: ActivityTypeId, name: &str, is_offered: bool) -> Result<(), TypeError> {
    let before = find(tx, id)?.ok_or(QueryError::NotFound)?;
    let yes_or_no = |is: bool| if is { "Yes" } else { "No" };
    let fields: Vec<FieldChange> = [
        FieldChange::between("Name", &before.name, name),
        FieldChange::between("Offered", yes_or_no(before.is_offered), yes_or_no(is_offered)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if fields.is_empty() {
        return Ok(());
    }
    diesel::update(activity_types::table.find((tx.organization(), id)))
        .set((activity_types::name.eq(name), activity_types::is_offered.eq(is_offered)))
        .execute(&mut **tx)?;
    changelog::note(tx, &format!("Activity type {name} changed"), fields)?;
    Ok(())
}

/// Deletes a type that no activity has. After `InUse` the transaction must be given up.
pub fn delete(tx: &mut OrgTx<'_>, id: ActivityTypeId) -> Result<(), TypeError> {
    let name = find(tx, id)?.ok_or(QueryError::NotFound)?.name;
    diesel::delete(activity_types::table.find((tx.organization(), id))).execute(&mut **tx)?;
    changelog::note(tx, &format!("Activity type {name} deleted"), Vec::new())?;
    Ok(())
}
