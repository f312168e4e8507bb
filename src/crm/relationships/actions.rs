//! What staff do with relationships. Each action writes a line in the Change Log of both contacts, as each of them sees it,
//! and the due marks of both.

use super::model::{Details, Relationship, RelationshipType, Side, Tie};
use super::{store, types};
use crate::base::{ContactId, RelationshipId};
use crate::changelog::{self, FieldChange, NewChange};
use crate::crm::contacts;
use crate::crm::contacts::ContactType;
use crate::db::schema::{contacts as contact_rows, relationships};
use crate::db::{OrgTx, Unavailable};
use crate::web::PageError;
use crate::work;
use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use std::collections::HashMap;

/// Why two contacts cannot be related so; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RelationshipError {
    #[error("a contact cannot be related to itself")]
    Itself,
    /// The contact, what it is, and what the type asks for.
    #[error("this type of relationship is for other types of contacts")]
    WrongType {
        name: String,
        is: ContactType,
        wanted: ContactType,
    },
    #[error("the two are related so already")]
    Already,
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl RelationshipError {
    /// In words, where it is about what was chosen.
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Itself => Some("Choose another contact: nobody can be related to themselves.".into()),
            Self::WrongType { name, is, wanted } => Some(format!(
                "This relationship needs {} here, and {name} is {}.",
                with_article(*wanted),
                with_article(*is)
            )),
            Self::Already => Some("The two have this relationship already.".into()),
            Self::Query(_) | Self::Unavailable(_) => None,
        }
    }
}

fn with_article(contact_type: ContactType) -> &'static str {
    match contact_type {
        ContactType::Individual => "an individual",
        ContactType::Organization => "an organization",
        ContactType::Household => "a household",
    }
}

impl From<RelationshipError> for PageError {
    fn from(error: RelationshipError) -> Self {
        match error {
            RelationshipError::Query(error) => error.into(),
            RelationshipError::Unavailable(error) => error.into(),
            other => Self::Refused(other.words().unwrap_or_default()),
        }
    }
}

/// Ties two contacts.
pub fn add(tx: &mut OrgTx<'_>, tie: &Tie, details: &Details) -> Result<RelationshipId, RelationshipError> {
    let of_type = existing_type(tx, tie)?;
    check(tx, tie, &of_type)?;
    if is_there_already(tx, tie, &of_type)? {
        return Err(RelationshipError::Already);
    }
    let id = diesel::insert_into(relationships::table)
        .values((
            tie,
            details,
            relationships::created_by.eq(tx.actor().name().to_owned()),
            relationships::created_at.eq(tx.now()),
        ))
        .returning(relationships::id)
        .get_result(&mut **tx)?;
    log(tx, tie, "Relationship added", None, Some((&of_type, details)))?;
    Ok(id)
}

/// Makes a relationship what the details say; `false`: it was that already.
pub fn change(tx: &mut OrgTx<'_>, id: RelationshipId, details: &Details) -> QueryResult<bool> {
    let before = locked(tx, id)?;
    if before.details == *details {
        return Ok(false);
    }
    diesel::update(relationships::table.find((tx.organization(), id)))
        .set(details)
        .execute(&mut **tx)?;
    let of_type = existing_type(tx, &before.tie)?;
    let (old, new) = ((&of_type, &before.details), (&of_type, details));
    log(tx, &before.tie, "Relationship changed", Some(old), Some(new))?;
    Ok(true)
}

/// Deletes a relationship, as if it had never been; what it was stays in the Change Log.
pub fn delete(tx: &mut OrgTx<'_>, id: RelationshipId) -> QueryResult<()> {
    let before = locked(tx, id)?;
    let of_type = existing_type(tx, &before.tie)?;
    diesel::delete(relationships::table.find((tx.organization(), id))).execute(&mut **tx)?;
    let old = (&of_type, &before.details);
    log(tx, &before.tie, "Relationship deleted", Some(old), None)
}

fn existing_type(tx: &mut OrgTx<'_>, tie: &Tie) -> QueryResult<RelationshipType> {
    types::find(tx, tie.type_id)?.ok_or(QueryError::NotFound)
}

fn locked(tx: &mut OrgTx<'_>, id: RelationshipId) -> QueryResult<Relationship> {
    relationships::table
        .find((tx.organization(), id))
        .select(relationships::id)
        .for_update()
        .first::<RelationshipId>(&mut **tx)?;
    store::find(tx, id)?.ok_or(QueryError::NotFound)
}

fn check(tx: &mut OrgTx<'_>, tie: &Tie, of_type: &RelationshipType) -> Result<(), RelationshipError> {
    if tie.contact_a == tie.contact_b {
        return Err(RelationshipError::Itself);
    }
    let rows = contacts::list_rows(tx, &[tie.contact_a, tie.contact_b])?;
    for (id, side) in tie.sides() {
        let row = rows.iter().find(|row| row.id == id).ok_or(QueryError::NotFound)?;
        if let Some(wanted) = of_type
            .is
            .contact_type(side)
            .filter(|wanted| *wanted != row.contact_type)
        {
            return Err(RelationshipError::WrongType {
                name: row.display_name.clone(),
                is: row.contact_type,
                wanted,
            });
        }
    }
    Ok(())
}

/// Whether the two are tied so without an end; where both sides are the same, either way round.
fn is_there_already(tx: &mut OrgTx<'_>, tie: &Tie, of_type: &RelationshipType) -> QueryResult<bool> {
    // Who ties the same two at the same moment waits here and then sees it.
    contact_rows::table
        .filter(contact_rows::organization_id.eq(tx.organization()))
        .filter(contact_rows::id.eq_any([tie.contact_a, tie.contact_b]))
        .order(contact_rows::id)
        .select(contact_rows::id)
        .for_no_key_update()
        .load::<ContactId>(&mut **tx)?;
    let mut ways = vec![(tie.contact_a, tie.contact_b)];
    if of_type.is.is_symmetrical() {
        ways.push((tie.contact_b, tie.contact_a));
    }
    for (a, b) in ways {
        let without_end = relationships::table
            .filter(relationships::organization_id.eq(tx.organization()))
            .filter(relationships::contact_a.eq(a))
            .filter(relationships::contact_b.eq(b))
            .filter(relationships::type_id.eq(tie.type_id))
            .filter(relationships::is_active)
            .filter(relationships::end_date.is_null());
        if diesel::select(exists(without_end)).get_result(&mut **tx)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A relationship before or after, for the Change Log.
type State<'s> = Option<(&'s RelationshipType, &'s Details)>;

fn log(tx: &mut OrgTx<'_>, tie: &Tie, what: &str, old: State<'_>, new: State<'_>) -> QueryResult<()> {
    let [(a, _), (b, _)] = tie.sides();
    let names: HashMap<ContactId, String> = contact_rows::table
        .filter(contact_rows::organization_id.eq(tx.organization()))
        .filter(contact_rows::id.eq_any([a, b]))
        .select((contact_rows::id, contact_rows::display_name))
        .load(&mut **tx)?
        .into_iter()
        .collect();
    let name_of = |id: ContactId| names.get(&id).map_or("", String::as_str);
    let lines = [(a, Side::A, b), (b, Side::B, a)].map(|(contact, side, other)| {
        let with = format!("{what}: {} {}", label(old.or(new), side), name_of(other));
        (contact, with, differences(old, new))
    });
    for (contact, what, fields) in lines {
        changelog::record(
            tx,
            NewChange {
                contact: Some(contact),
                what: &what,
                fields,
                why: "",
            },
        )?;
    }
    work::contacts_are_due(tx, &[a, b])
}

fn label(state: State<'_>, side: Side) -> &str {
    state.map_or("", |(of_type, _)| of_type.is.label(side))
}

fn differences(old: State<'_>, new: State<'_>) -> Vec<FieldChange> {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let of = |state: State<'_>| match state {
        Some((_, details)) => [
            day(details.start_date),
            day(details.end_date),
            if details.is_active { "" } else { "Yes" }.to_owned(),
            details.description.clone(),
        ],
        None => Default::default(),
    };
    let fields = ["Start Date", "End Date", "Ended", "Description"];
    let values = of(old).into_iter().zip(of(new));
    fields
        .into_iter()
        .zip(values)
        .filter_map(|(field, (old, new))| FieldChange::between(field, &old, &new))
        .collect()
}
