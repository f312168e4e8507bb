//! Everything about a contact that can be asked, loaded once, so that criteria can be judged without a database: for the page
//! that says which condition decides, and for the tests that hold the SQL to it.

mod gifts;
mod plans;
mod ties;

pub use gifts::{Credit, Gift};
pub use plans::{Happened, Prospect};
pub use ties::Tie;

use super::super::model::Contact;
use super::super::store::{self, lists};
use super::calendar::Calendar;
use crate::base::ContactId;
use crate::db::OrgTx;
use crate::db::schema::{contact_tags, group_contacts, notes, tags};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// A contact with what hangs on it.
#[derive(Clone, Debug)]
pub struct Facts {
    pub contact: Contact,
    /// The groups the contact belongs to now.
    pub groups: BTreeSet<i64>,
    /// Those it no longer belongs to.
    pub past_groups: BTreeSet<i64>,
    /// Contributions, whatever became of them.
    pub contributions: Vec<Gift>,
    /// The campaigns of the Completed ones, each with those it is a part of.
    pub campaigns: BTreeSet<i64>,
    /// What it is credited with of others' gifts.
    pub credits: Vec<Credit>,
    /// Each tag with those above it.
    pub tags: BTreeSet<i64>,
    /// Relationships, over or not, with contacts who are not in the trash.
    pub ties: Vec<Tie>,
    /// The sides of those that are not over, numbered as `Offer::Relationships`.
    pub relationships: BTreeSet<i64>,
    pub notes: Vec<Note>,
    /// The latest first.
    pub activities: Vec<Happened>,
    pub opportunities: Vec<Prospect>,
}

/// A note about a contact.
#[derive(Clone, Debug)]
pub struct Note {
    /// Subject and text.
    pub words: String,
    pub on: NaiveDate,
}

impl Facts {
    /// The facts of these contacts, in the order of their ids.
    pub fn load(tx: &mut OrgTx<'_>, ids: &[ContactId], calendar: &Calendar) -> QueryResult<Vec<Self>> {
        let mut groups = sets(groups_of(tx, ids, true)?);
        let mut past_groups = sets(groups_of(tx, ids, false)?);
        let wholes = gifts::Wholes::load(tx)?;
        let mut gifts = lists(gifts::of(tx, ids, &wholes)?);
        let mut credits = lists(gifts::credited(tx, ids, &wholes)?);
        let mut tags = sets(tags_of(tx, ids)?);
        let mut ties = lists(ties::of(tx, ids)?);
        let mut notes = lists(notes_of(tx, ids, calendar)?);
        let mut activities = lists(plans::activities_of(tx, ids, calendar)?);
        let mut opportunities = lists(plans::opportunities_of(tx, ids)?);
        let contacts = store::find_all(tx, ids)?;
        Ok(contacts
            .into_iter()
            .map(|contact| {
                let id = contact.id;
                let contributions = gifts.remove(&id).unwrap_or_default();
                let ties: Vec<Tie> = ties.remove(&id).unwrap_or_default();
                let given = contributions.iter().filter(|gift: &&Gift| gift.is_completed());
                Self {
                    contact,
                    groups: groups.remove(&id).unwrap_or_default(),
                    past_groups: past_groups.remove(&id).unwrap_or_default(),
                    campaigns: given.flat_map(|gift| gift.campaigns.clone()).collect(),
                    contributions,
                    credits: credits.remove(&id).unwrap_or_default(),
                    tags: tags.remove(&id).unwrap_or_default(),
                    relationships: ties
                        .iter()
                        .filter(|tie| !tie.is_former(calendar.today))
                        .map(|tie| tie.side)
                        .collect(),
                    ties,
                    notes: notes.remove(&id).unwrap_or_default(),
                    activities: activities.remove(&id).unwrap_or_default(),
                    opportunities: opportunities.remove(&id).unwrap_or_default(),
                }
            })
            .collect())
    }

    /// The Completed contributions.
    pub fn given(&self) -> impl Iterator<Item = &Gift> {
        self.contributions.iter().filter(|gift| gift.is_completed())
    }
}

fn sets(rows: Vec<(ContactId, i64)>) -> HashMap<ContactId, BTreeSet<i64>> {
    let mut found: HashMap<ContactId, BTreeSet<i64>> = HashMap::new();
    for (contact, id) in rows {
        found.entry(contact).or_default().insert(id);
    }
    found
}

/// The groups they belong to, or those they belonged to once.
fn groups_of(tx: &mut OrgTx<'_>, ids: &[ContactId], now: bool) -> QueryResult<Vec<(ContactId, i64)>> {
    group_contacts::table
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::contact_id.eq_any(ids))
        .filter(group_contacts::status.ne("Removed").eq(now))
        .select((group_contacts::contact_id, group_contacts::group_id))
        .load(&mut **tx)
}

/// Whoever has a tag has those above it as well.
fn tags_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<(ContactId, i64)>> {
    let places: Vec<(i64, Option<i64>)> = tags::table
        .filter(tags::organization_id.eq(tx.organization()))
        .select((tags::id, tags::parent_id))
        .load(&mut **tx)?;
    let places = above(places);
    let given: Vec<(ContactId, i64)> = contact_tags::table
        .filter(contact_tags::organization_id.eq(tx.organization()))
        .filter(contact_tags::contact_id.eq_any(ids))
        .select((contact_tags::contact_id, contact_tags::tag_id))
        .load(&mut **tx)?;
    let with_those_above = |(contact, tag)| upwards(Some(tag), &places).map(move |tag| (contact, tag));
    Ok(given.into_iter().flat_map(with_those_above).collect())
}

/// What stands above each, where something does.
type Above = HashMap<i64, i64>;

fn above(places: Vec<(i64, Option<i64>)>) -> Above {
    places
        .into_iter()
        .filter_map(|(id, above)| Some((id, above?)))
        .collect()
}

/// One, and everything above it.
fn upwards(one: Option<i64>, places: &Above) -> impl Iterator<Item = i64> + use<'_> {
    std::iter::successors(one, |id| places.get(id).copied())
}

fn notes_of(tx: &mut OrgTx<'_>, ids: &[ContactId], calendar: &Calendar) -> QueryResult<Vec<(ContactId, Note)>> {
    let rows: Vec<(ContactId, String, String, DateTime<Utc>)> = notes::table
        .filter(notes::organization_id.eq(tx.organization()))
        .filter(notes::contact_id.eq_any(ids))
        .select((notes::contact_id, notes::subject, notes::body, notes::noted_at))
        .load(&mut **tx)?;
    let note = |(contact, subject, body, at): (ContactId, String, String, DateTime<Utc>)| {
        let note = Note {
            words: format!("{subject} {body}"),
            on: calendar.day_of(at),
        };
        (contact, note)
    };
    Ok(rows.into_iter().map(note).collect())
}
