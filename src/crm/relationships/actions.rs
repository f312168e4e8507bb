//! What staff and imports do with relationships. Each action writes a line in the Change Log of both contacts, as each of them sees it,
//! and the due marks of both.

use super::model::{Details, Relationship, RelationshipType, Tie, TypeDraft};
use super::{store, types};
use crate::base::{ContactId, RelationshipId, RelationshipTypeId};
use crate::changelog::{self, FieldChange, NewChange};
use crate::crm::contacts::{self, ContactRow, ContactType};
use crate::db::schema::{contacts as contact_rows, relationships};
use crate::db::{OrgTx, Unavailable};
use crate::web::PageError;
use crate::work;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use std::collections::{BTreeSet, HashMap, HashSet};

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
    let ids = add_many(tx, &[(tie.clone(), details.clone())])?;
    ids.first().copied().ok_or_else(|| QueryError::NotFound.into())
}

/// Ties many contacts; the ids are in the order of the ties. One that cannot be refuses all.
pub fn add_many(tx: &mut OrgTx<'_>, new: &[(Tie, Details)]) -> Result<Vec<RelationshipId>, RelationshipError> {
    let types = types_of(tx, new.iter().map(|(tie, _)| tie))?;
    let rows = contacts::list_rows(tx, &everybody_of(new.iter().map(|(tie, _)| tie)))?;
    for (tie, _) in new {
        refuse_unfit(tie, &types[&tie.type_id].is, &rows)?;
    }
    refuse_second_ones(tx, new, &types)?;
    let ids: Vec<RelationshipId> = tx.reserve_ids("relationships", new.len())?;
    let (created_by, now) = (tx.actor().name().to_owned(), tx.now());
    let rows: Vec<_> = ids
        .iter()
        .zip(new)
        .map(|(id, (tie, details))| {
            (
                relationships::id.eq(*id),
                tie,
                details,
                relationships::created_by.eq(&created_by),
                relationships::created_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(relationships::table)
        .values(rows)
        .execute(&mut **tx)?;
    let lines: Vec<Line<'_>> = new.iter().map(|(tie, details)| (tie, None, Some(details))).collect();
    log(tx, &types, "Relationship added", "", &lines)?;
    Ok(ids)
}

/// Makes a relationship what the details say; `false`: it was that already.
pub fn change(tx: &mut OrgTx<'_>, id: RelationshipId, details: &Details, why: &str) -> QueryResult<bool> {
    let before = locked(tx, &[id])?.pop().ok_or(QueryError::NotFound)?;
    if before.details == *details {
        return Ok(false);
    }
    diesel::update(relationships::table.find((tx.organization(), id)))
        .set(details)
        .execute(&mut **tx)?;
    let types = types_of(tx, std::iter::once(&before.tie))?;
    let line = (&before.tie, Some(&before.details), Some(details));
    log(tx, &types, "Relationship changed", why, &[line])?;
    Ok(true)
}

/// Deletes relationships, as if they had never been; what they were stays in the Change Log.
pub fn delete(tx: &mut OrgTx<'_>, ids: &[RelationshipId], why: &str) -> QueryResult<()> {
    let gone = locked(tx, ids)?;
    let types = types_of(tx, gone.iter().map(|one| &one.tie))?;
    let theirs = relationships::organization_id
        .eq(tx.organization())
        .and(relationships::id.eq_any(ids));
    diesel::delete(relationships::table.filter(theirs)).execute(&mut **tx)?;
    let lines: Vec<Line<'_>> = gone.iter().map(|one| (&one.tie, Some(&one.details), None)).collect();
    log(tx, &types, "Relationship deleted", why, &lines)
}

/// The relationships with these ids, kept from being changed by others until the transaction ends.
pub fn locked(tx: &mut OrgTx<'_>, ids: &[RelationshipId]) -> QueryResult<Vec<Relationship>> {
    relationships::table
        .filter(relationships::organization_id.eq(tx.organization()))
        .filter(relationships::id.eq_any(ids))
        .order(relationships::id)
        .select(Relationship::as_select())
        .for_update()
        .load(&mut **tx)
}

type Types = HashMap<RelationshipTypeId, RelationshipType>;

/// The types of these; `NotFound` where one is not here.
fn types_of<'t>(tx: &mut OrgTx<'_>, ties: impl Iterator<Item = &'t Tie>) -> QueryResult<Types> {
    let here: Types = types::stored(tx)?
        .into_iter()
        .map(|of_type| (of_type.id, of_type))
        .collect();
    let mut ties = ties;
    match ties.all(|tie| here.contains_key(&tie.type_id)) {
        true => Ok(here),
        false => Err(QueryError::NotFound),
    }
}

fn everybody_of<'t>(ties: impl Iterator<Item = &'t Tie>) -> Vec<ContactId> {
    let all: BTreeSet<ContactId> = ties.flat_map(|tie| [tie.contact_a, tie.contact_b]).collect();
    all.into_iter().collect()
}

/// Whether the two can be tied so; `among` are the lines of the contacts.
pub fn refuse_unfit(tie: &Tie, of_type: &TypeDraft, among: &[ContactRow]) -> Result<(), RelationshipError> {
    if tie.contact_a == tie.contact_b {
        return Err(RelationshipError::Itself);
    }
    for (id, side) in tie.sides() {
        let row = among.iter().find(|row| row.id == id).ok_or(QueryError::NotFound)?;
        if let Some(wanted) = of_type.contact_type(side).filter(|wanted| *wanted != row.contact_type) {
            return Err(RelationshipError::WrongType {
                name: row.display_name.clone(),
                is: row.contact_type,
                wanted,
            });
        }
    }
    Ok(())
}

/// Refuses what is to hold on between two who are tied so already, without an end; where both sides are the same, either
/// way round.
fn refuse_second_ones(tx: &mut OrgTx<'_>, new: &[(Tie, Details)], types: &Types) -> Result<(), RelationshipError> {
    let everybody = everybody_of(new.iter().map(|(tie, _)| tie));
    // Who ties the same two at the same moment waits here and then sees it.
    contact_rows::table
        .filter(contact_rows::organization_id.eq(tx.organization()))
        .filter(contact_rows::id.eq_any(&everybody))
        .order(contact_rows::id)
        .select(contact_rows::id)
        .for_no_key_update()
        .load::<ContactId>(&mut **tx)?;
    let here = store::among(tx, &everybody)?;
    let mut holding: HashSet<Tie> = here
        .into_iter()
        .filter(|one| one.details.holds_on())
        .map(|one| one.tie)
        .collect();
    for (tie, _) in new.iter().filter(|(_, details)| details.holds_on()) {
        let is_symmetrical = types[&tie.type_id].is.is_symmetrical();
        if (is_symmetrical && holding.contains(&tie.turned())) || !holding.insert(tie.clone()) {
            return Err(RelationshipError::Already);
        }
    }
    Ok(())
}

/// Two who are tied, and how they were and are.
type Line<'d> = (&'d Tie, Option<&'d Details>, Option<&'d Details>);

/// A line for each of the two, as they see it.
fn log(tx: &mut OrgTx<'_>, types: &Types, what: &str, why: &str, lines: &[Line<'_>]) -> QueryResult<()> {
    let everybody = everybody_of(lines.iter().map(|(tie, ..)| *tie));
    let names: HashMap<ContactId, String> = contact_rows::table
        .filter(contact_rows::organization_id.eq(tx.organization()))
        .filter(contact_rows::id.eq_any(&everybody))
        .select((contact_rows::id, contact_rows::display_name))
        .load(&mut **tx)?
        .into_iter()
        .collect();
    let told = lines.iter().flat_map(|(tie, old, new)| {
        let [a, b] = tie.sides();
        [(a, b), (b, a)].map(|((contact, side), (other, _))| {
            let label = types[&tie.type_id].is.label(side);
            let name = names.get(&other).map_or("", String::as_str);
            (contact, format!("{what}: {label} {name}"), differences(*old, *new))
        })
    });
    let told: Vec<(ContactId, String, Vec<FieldChange>)> = told.collect();
    let changes: Vec<NewChange<'_>> = told
        .iter()
        .map(|(contact, what, fields)| NewChange {
            contact: Some(*contact),
            what,
            fields: fields.clone(),
            why,
        })
        .collect();
    changelog::record_all(tx, &changes)?;
    work::contacts_are_due(tx, &everybody)
}

/// What differs between how two were tied and are, for the Change Log; `None` where they were or are not.
pub fn differences(old: Option<&Details>, new: Option<&Details>) -> Vec<FieldChange> {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let of = |details: Option<&Details>| match details {
        Some(details) => [
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
