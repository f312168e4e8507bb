//! Smart groups: an advanced search decides who belongs to them. Whoever it finds has a row with the status `Smart`, which
//! comes and goes with the search; `Added` and `Removed` are somebody's word and stand above it. So counts, lists and the
//! sync with Mailchimp need not know how somebody came into a group.

mod refresh;
mod task;

pub use refresh::{Difference, WHYS, difference, difference_since};
pub use task::start;

use super::actions::{self, TitleError};
use super::store;
use crate::base::GroupId;
use crate::changelog::{self, FieldChange};
use crate::crm::contacts::criteria::{Criteria, Offer, Offers};
use crate::db::schema::{groups, smart_due_contacts};
use crate::db::{OrgTx, Unavailable};
use crate::work;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use diesel::sql_types::BigInt;
use std::collections::{HashMap, HashSet};

/// Why a group cannot have a search; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error(transparent)]
    Title(#[from] TitleError),
    /// The search asks, perhaps through other smart groups, who is in the group itself.
    #[error("a group cannot ask about itself")]
    AsksAboutItself,
    /// It asks whether somebody is in any group at all, and so in the group itself.
    #[error("a group cannot ask about all groups")]
    AsksAboutAll,
    #[error("a hand-picked group has no search")]
    HandPicked,
}

impl From<QueryError> for SearchError {
    fn from(error: QueryError) -> Self {
        Self::Title(error.into())
    }
}

impl From<Unavailable> for SearchError {
    fn from(error: Unavailable) -> Self {
        Self::Title(error.into())
    }
}

/// A smart group as the work in the background sees it.
#[derive(Clone, Debug)]
pub struct SmartGroup {
    pub id: GroupId,
    pub title: String,
    /// `None`: cannot be read by this program; its members stay as they are.
    pub criteria: Option<Criteria>,
    /// When everybody is to be looked at anew.
    pub due_at: Option<DateTime<Utc>>,
    /// The day on which everybody was looked at by this search; `None` after a change of what it means.
    pub searched_on: Option<NaiveDate>,
}

/// Makes a smart group; who belongs to it is found in the background at once. After `Taken` the transaction must be given up.
pub fn create(tx: &mut OrgTx<'_>, title: &str, description: &str, criteria: &Criteria) -> Result<GroupId, SearchError> {
    if criteria.asks_about_all_groups() {
        return Err(SearchError::AsksAboutAll);
    }
    let group = actions::create(tx, title, description)?;
    write_search(tx, group, criteria)?;
    let search = FieldChange::between("Search", "", &criteria.sentence(&Offers::load(tx)?));
    changelog::note(tx, &format!("Search of {title} set"), search.into_iter().collect())?;
    Ok(group)
}

/// Changes whom a smart group searches for.
pub fn change_search(tx: &mut OrgTx<'_>, id: GroupId, criteria: &Criteria) -> Result<(), SearchError> {
    hold_searches(tx)?;
    let group = store::find(tx, id)?.ok_or(QueryError::NotFound)?;
    let before = group.criteria().ok_or(SearchError::HandPicked)?;
    if criteria.asks_about_all_groups() {
        return Err(SearchError::AsksAboutAll);
    }
    if asks_about(tx, criteria, id)? {
        return Err(SearchError::AsksAboutItself);
    }
    let offers = Offers::load(tx)?;
    write_search(tx, id, criteria)?;
    let changed = FieldChange::between("Search", &before.sentence(&offers), &criteria.sentence(&offers));
    let what = format!("Search of {} changed", group.title);
    changelog::note(tx, &what, changed.into_iter().collect())?;
    Ok(())
}

/// Keeps others from changing what smart groups search for until the transaction ends: two who do so at the same moment could have
/// two groups ask about each other.
pub fn hold_searches(tx: &mut OrgTx<'_>) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended('searches of smart groups', $1))")
        .bind::<BigInt, _>(tx.organization())
        .execute(&mut **tx)?;
    Ok(())
}

/// The organization's smart groups, by id.
pub fn all(tx: &mut OrgTx<'_>) -> QueryResult<Vec<SmartGroup>> {
    type Row = (
        GroupId,
        String,
        Option<serde_json::Value>,
        Option<DateTime<Utc>>,
        Option<NaiveDate>,
    );
    let rows: Vec<Row> = groups::table
        .filter(groups::organization_id.eq(tx.organization()))
        .filter(groups::search.is_not_null())
        .order(groups::id)
        .select((
            groups::id,
            groups::title,
            groups::search,
            groups::search_due_at,
            groups::searched_on,
        ))
        .load(&mut **tx)?;
    Ok(rows
        .into_iter()
        .map(|(id, title, search, due_at, searched_on)| SmartGroup {
            id,
            title,
            criteria: search.and_then(|search| serde_json::from_value(search).ok()),
            due_at,
            searched_on,
        })
        .collect())
}

/// Whether a change was made that the smart groups have not looked at yet.
pub fn is_work_waiting(tx: &mut OrgTx<'_>) -> QueryResult<bool> {
    let due = smart_due_contacts::table.filter(smart_due_contacts::organization_id.eq(tx.organization()));
    diesel::select(diesel::dsl::exists(due)).get_result(&mut **tx)
}

/// The smart groups whose search asks who is in this group, by title.
pub fn asking_about(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<Vec<String>> {
    let all = all(tx)?.into_iter().filter(|smart| smart.looks_at().contains(&group));
    Ok(all.map(|smart| smart.title).collect())
}

impl SmartGroup {
    /// The groups its search asks about.
    fn looks_at(&self) -> HashSet<GroupId> {
        self.criteria.as_ref().map(groups_in).unwrap_or_default()
    }
}

fn groups_in(criteria: &Criteria) -> HashSet<GroupId> {
    criteria.names(Offer::Groups).into_iter().map(GroupId).collect()
}

/// Whether a search asks about a group, directly or through the searches of others: two groups could chase each other for ever.
fn asks_about(tx: &mut OrgTx<'_>, criteria: &Criteria, group: GroupId) -> QueryResult<bool> {
    let others: HashMap<GroupId, HashSet<GroupId>> =
        all(tx)?.into_iter().map(|smart| (smart.id, smart.looks_at())).collect();
    let mut open: Vec<GroupId> = groups_in(criteria).into_iter().collect();
    let mut seen = HashSet::new();
    while let Some(next) = open.pop() {
        if next == group {
            return Ok(true);
        }
        if seen.insert(next) {
            open.extend(others.get(&next).into_iter().flatten());
        }
    }
    Ok(false)
}

/// Whether the search of a group has come to ask about the group itself.
pub fn asks_about_itself(tx: &mut OrgTx<'_>, id: GroupId) -> QueryResult<bool> {
    match store::find(tx, id)?.and_then(|group| group.criteria()) {
        Some(criteria) => Ok(criteria.asks_about_all_groups() || asks_about(tx, &criteria, id)?),
        None => Ok(false),
    }
}

fn write_search(tx: &mut OrgTx<'_>, group: GroupId, criteria: &Criteria) -> QueryResult<()> {
    let (organization, now) = (tx.organization(), tx.now());
    let search = serde_json::to_value(criteria).map_err(|error| QueryError::SerializationError(error.into()))?;
    diesel::update(groups::table.find((organization, group)))
        .set((
            groups::search.eq(search),
            groups::search_due_at.eq(now),
            groups::searched_on.eq(None::<NaiveDate>),
        ))
        .execute(&mut **tx)?;
    work::wake(tx, organization, work::Kind::SmartGroups, now)
}
