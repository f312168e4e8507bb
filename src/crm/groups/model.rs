//! What a group is, and where a contact stands in it, in CiviCRM's words.

use crate::base::GroupId;
use crate::crm::contacts::criteria::Criteria;
use crate::db::schema::groups;
use crate::web;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// The longest title, in characters: it still fits a menu.
pub const TITLE_LENGTH_MAX: usize = 100;
/// The longest description, in characters: a paragraph.
pub const DESCRIPTION_LENGTH_MAX: usize = 2_000;

/// A group of contacts, hand-picked or smart.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = groups)]
pub struct Group {
    pub id: GroupId,
    pub title: String,
    pub description: String,
    /// The name of whoever made it.
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    search: Option<serde_json::Value>,
    /// When a smart group's members were last brought up to date.
    pub search_checked_at: Option<DateTime<Utc>>,
    search_due_at: Option<DateTime<Utc>>,
}

impl Group {
    /// Whether a search decides who belongs to it.
    pub fn is_smart(&self) -> bool {
        self.search.is_some()
    }

    /// What a smart group searches for; what cannot be read finds nobody.
    pub fn criteria(&self) -> Option<Criteria> {
        let search = self.search.clone()?;
        Some(serde_json::from_value(search).unwrap_or_else(|_| Criteria::nobody()))
    }

    /// Whether everybody is being looked at anew at `now`, so that the members may be others in a moment.
    pub fn is_being_searched(&self, now: DateTime<Utc>) -> bool {
        self.search_due_at.is_some_and(|due| due <= now)
    }

    /// The name of its icon.
    pub fn icon(&self) -> &'static str {
        if self.is_smart() { "smart-group" } else { "groups" }
    }
}

/// A group with how many contacts belong to it now.
#[derive(Clone, Debug)]
pub struct Counted {
    pub group: Group,
    pub members: i64,
}

/// Where a contact stands in one group: in it, or no longer.
#[derive(Clone, Debug, Queryable)]
pub struct Membership {
    pub group: GroupId,
    pub title: String,
    /// `Added`, `Removed` or `Smart`.
    pub stored_status: String,
    /// Whether the group is a smart one.
    pub is_of_smart_group: bool,
    pub added_at: DateTime<Utc>,
    /// `None` while the contact belongs to the group.
    pub removed_at: Option<DateTime<Utc>>,
    /// How it last changed: `Admin`, `Import`, `API` or `Search`.
    pub method: String,
    pub why: String,
}

impl Membership {
    /// Whether the contact belongs to the group now.
    pub fn is_current(&self) -> bool {
        self.removed_at.is_none()
    }

    /// The name of the group's icon.
    pub fn icon(&self) -> &'static str {
        if self.is_of_smart_group {
            "smart-group"
        } else {
            "groups"
        }
    }

    /// Whether only the group's search made the contact a member.
    pub fn is_smart(&self) -> bool {
        self.stored_status == "Smart"
    }

    /// "Added (by Admin)", "Removed (by API)", "Smart".
    pub fn status(&self) -> String {
        status_in_words(&self.stored_status, &self.method)
    }
}

/// "Added (by Admin)", "Removed (by API)"; "Smart", which only a search makes.
pub(super) fn status_in_words(status: &str, method: &str) -> String {
    match status {
        "Smart" => status.to_owned(),
        _ => format!("{status} (by {method})"),
    }
}

/// One change of a contact's membership, as it was recorded then.
#[derive(Clone, Debug, Queryable)]
pub struct HistoryLine {
    pub at: DateTime<Utc>,
    pub title: String,
    /// `Added`, `Removed` or `Deleted`.
    pub status: String,
    /// `Admin`, `Import`, `API` or `Search`.
    pub method: String,
    /// The name of whoever did it.
    pub actor: String,
    pub why: String,
}

impl HistoryLine {
    /// "Removed (by API)".
    pub fn status(&self) -> String {
        format!("{} (by {})", self.status, self.method)
    }
}

/// Reads a title as somebody typed it.
pub fn title(typed: &str) -> Result<String, &'static str> {
    web::required_line(
        typed,
        TITLE_LENGTH_MAX,
        "Give the group a name.",
        "A group's name may have up to 100 characters.",
    )
}

/// Reads a description as somebody typed it.
pub fn description(typed: &str) -> Result<String, &'static str> {
    web::several_lines(
        typed,
        DESCRIPTION_LENGTH_MAX,
        "A description may have up to 2,000 characters.",
    )
}
