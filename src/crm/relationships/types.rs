//! The types of relationships: those CiviCRM begins with, and what administrators make of them.

use super::model::{RelationshipType, TypeDraft};
use crate::base::RelationshipTypeId;
use crate::changelog::{self, FieldChange};
use crate::crm::contacts::ContactType;
use crate::crm::type_error::TypeError;
use crate::db::OrgTx;
use crate::db::schema::{relationship_types, relationships};
use crate::work;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use std::collections::HashMap;

const PERSON: Option<ContactType> = Some(ContactType::Individual);
const COMPANY: Option<ContactType> = Some(ContactType::Organization);
const HOME: Option<ContactType> = Some(ContactType::Household);

/// A type as an organization begins with it: both labels, who stands on each side, and what B is on A's summary.
type First = (
    &'static str,
    &'static str,
    Option<ContactType>,
    Option<ContactType>,
    Option<&'static str>,
);

/// The types an organization begins with, in CiviCRM's words.
const FIRST: [First; 10] = [
    ("Child of", "Parent of", PERSON, PERSON, None),
    ("Spouse of", "Spouse of", PERSON, PERSON, None),
    ("Partner of", "Partner of", PERSON, PERSON, None),
    ("Sibling of", "Sibling of", PERSON, PERSON, None),
    ("Employee of", "Employer of", PERSON, COMPANY, Some("employer")),
    ("Volunteer for", "Volunteer is", PERSON, COMPANY, None),
    ("Board Member of", "Board Member is", PERSON, COMPANY, None),
    ("Supervised by", "Supervisor of", PERSON, PERSON, None),
    (
        "Head of Household for",
        "Head of Household is",
        PERSON,
        HOME,
        Some("household"),
    ),
    (
        "Household Member of",
        "Household Member is",
        PERSON,
        HOME,
        Some("household"),
    ),
];

/// Every type by its label. An organization gets its first ones the first time somebody asks, so the transaction must be one
/// that may write.
pub fn all(tx: &mut OrgTx<'_>) -> QueryResult<Vec<RelationshipType>> {
    let types = stored(tx)?;
    if !types.is_empty() {
        return Ok(types);
    }
    let first = FIRST.map(|(a_b, b_a, a, b, makes_b)| {
        (
            relationship_types::label_a_b.eq(a_b),
            relationship_types::label_b_a.eq(b_a),
            relationship_types::contact_type_a.eq(a),
            relationship_types::contact_type_b.eq(b),
            relationship_types::makes_b.eq(makes_b),
        )
    });
    // Somebody else may ask at the same moment.
    diesel::insert_into(relationship_types::table)
        .values(first.to_vec())
        .on_conflict_do_nothing()
        .execute(&mut **tx)?;
    stored(tx)
}

/// The types there are so far, by label.
pub fn stored(tx: &mut OrgTx<'_>) -> QueryResult<Vec<RelationshipType>> {
    relationship_types::table
        .filter(relationship_types::organization_id.eq(tx.organization()))
        .order((relationship_types::label_a_b, relationship_types::id))
        .select(RelationshipType::as_select())
        .load(&mut **tx)
}

/// The type with this id.
pub fn find(tx: &mut OrgTx<'_>, id: RelationshipTypeId) -> QueryResult<Option<RelationshipType>> {
    relationship_types::table
        .find((tx.organization(), id))
        .select(RelationshipType::as_select())
        .first(&mut **tx)
        .optional()
}

/// How many relationships of each type there are; types without any are absent.
pub fn use_counts(tx: &mut OrgTx<'_>) -> QueryResult<HashMap<RelationshipTypeId, i64>> {
    let counts: Vec<(RelationshipTypeId, i64)> = relationships::table
        .filter(relationships::organization_id.eq(tx.organization()))
        .group_by(relationships::type_id)
        .select((relationships::type_id, count_star()))
        .load(&mut **tx)?;
    Ok(counts.into_iter().collect())
}

/// Adds a type. After `Taken` the transaction must be given up.
pub fn add(tx: &mut OrgTx<'_>, draft: &TypeDraft) -> Result<RelationshipTypeId, TypeError> {
    let id = diesel::insert_into(relationship_types::table)
        .values(draft)
        .returning(relationship_types::id)
        .get_result(&mut **tx)?;
    changelog::note(tx, &format!("Relationship type {} added", in_words(draft)), Vec::new())?;
    Ok(id)
}

/// Makes a type what the draft says; relationships of it follow. After `Taken` the transaction must be given up.
pub fn change(tx: &mut OrgTx<'_>, id: RelationshipTypeId, draft: &TypeDraft) -> Result<(), TypeError> {
    let before = find(tx, id)?.ok_or(QueryError::NotFound)?.is;
    let who = |contact_type: Option<ContactType>| contact_type.map_or("Anybody", ContactType::label);
    let yes_or_no = |is: bool| if is { "Yes" } else { "No" };
    let fields: Vec<FieldChange> = [
        FieldChange::between("From the first contact", &before.label_a_b, &draft.label_a_b),
        FieldChange::between("From the second contact", &before.label_b_a, &draft.label_b_a),
        FieldChange::between("First contact", who(before.contact_type_a), who(draft.contact_type_a)),
        FieldChange::between("Second contact", who(before.contact_type_b), who(draft.contact_type_b)),
        FieldChange::between("Offered", yes_or_no(before.is_offered), yes_or_no(draft.is_offered)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if fields.is_empty() {
        return Ok(());
    }
    diesel::update(relationship_types::table.find((tx.organization(), id)))
        .set(draft)
        .execute(&mut **tx)?;
    changelog::note(tx, &format!("Relationship type {} changed", in_words(draft)), fields)?;
    if (before.label_a_b == before.label_b_a) != (draft.label_a_b == draft.label_b_a) {
        // Searches number the two sides apart, or as one where both are called the same.
        work::smart_groups_are_due(tx)?;
    }
    Ok(())
}

/// Deletes a type that no relationship has. After `InUse` the transaction must be given up.
pub fn delete(tx: &mut OrgTx<'_>, id: RelationshipTypeId) -> Result<(), TypeError> {
    let draft = find(tx, id)?.ok_or(QueryError::NotFound)?.is;
    diesel::delete(relationship_types::table.find((tx.organization(), id))).execute(&mut **tx)?;
    changelog::note(
        tx,
        &format!("Relationship type {} deleted", in_words(&draft)),
        Vec::new(),
    )?;
    Ok(())
}

/// "Child of / Parent of"
fn in_words(draft: &TypeDraft) -> String {
    match draft.is_symmetrical() {
        true => draft.label_a_b.clone(),
        false => format!("{} / {}", draft.label_a_b, draft.label_b_a),
    }
}
