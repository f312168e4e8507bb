//! What every tab of a contact shows around itself: name, badges, buttons and the tabs with their counts.

use crate::base::ContactId;
use crate::changelog::{self, ChangeFilter};
use crate::crm::contacts::model::{ContactType, Privacy};
use crate::db::OrgTx;
use crate::db::schema::{contacts, contributions, group_contacts};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// The tabs of a contact that exist so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Summary,
    Contributions,
    Groups,
    ChangeLog,
}

/// The frame. A tab's page has one as `frame` beside its `page`, and begins its `main` block with
/// `{% include "profile/frame.html" %}`.
pub struct Frame {
    pub id: ContactId,
    pub contact_type: ContactType,
    pub contact_subtype: String,
    /// "Ms. Anne Lem"
    pub name: String,
    pub is_deceased: bool,
    /// What they have asked us not to do.
    pub refusals: Vec<&'static str>,
    pub is_in_the_trash: bool,
    /// How many groups the contact is in now; past ones do not count.
    pub group_count: i64,
    pub change_count: i64,
    /// Contributions of whatever status.
    pub contribution_count: i64,
    current: Tab,
}

impl Frame {
    /// The frame of a contact with `current` as the open tab; `NotFound` where there is no such contact.
    pub fn load(tx: &mut OrgTx<'_>, id: ContactId, current: Tab) -> QueryResult<Self> {
        let row: Row = contacts::table
            .find((tx.organization().0, id.0))
            .select(Row::as_select())
            .first(&mut **tx)?;
        let group_count = group_contacts::table
            .filter(group_contacts::organization_id.eq(tx.organization()))
            .filter(group_contacts::contact_id.eq(id))
            .filter(group_contacts::status.ne("Removed"))
            .count()
            .get_result(&mut **tx)?;
        let contribution_count = contributions::table
            .filter(contributions::organization_id.eq(tx.organization()))
            .filter(contributions::contact_id.eq(id))
            .count()
            .get_result(&mut **tx)?;
        let its_changes = ChangeFilter {
            contact: Some(id),
            ..ChangeFilter::default()
        };
        Ok(Self {
            id,
            is_deceased: row.is_deceased,
            refusals: refusals(&row.privacy),
            is_in_the_trash: row.deleted_at.is_some(),
            contact_type: row.contact_type,
            contact_subtype: row.contact_subtype,
            name: row.display_name,
            group_count,
            contribution_count,
            change_count: changelog::count(tx, &its_changes)?,
            current,
        })
    }

    /// The open tab, as the tabs' template asks for it.
    pub fn shows(&self, tab: &str) -> bool {
        tab == match self.current {
            Tab::Summary => "summary",
            Tab::Contributions => "contributions",
            Tab::Groups => "groups",
            Tab::ChangeLog => "changes",
        }
    }
}

fn refusals(privacy: &Privacy) -> Vec<&'static str> {
    let set = privacy.flags().into_iter().filter(|(_, _, is_set)| *is_set);
    set.map(|(_, words, _)| words).collect()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = contacts)]
struct Row {
    contact_type: ContactType,
    contact_subtype: String,
    display_name: String,
    is_deceased: bool,
    deleted_at: Option<DateTime<Utc>>,
    #[diesel(embed)]
    privacy: Privacy,
}
