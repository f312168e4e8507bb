//! What a group is, and where a contact stands in it, in CiviCRM's words.

use crate::base::GroupId;
use crate::db::schema::groups;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// The longest title, in characters: it still fits a menu.
pub const TITLE_LENGTH_MAX: usize = 100;
/// The longest description, in characters: a paragraph.
pub const DESCRIPTION_LENGTH_MAX: usize = 2_000;

/// A hand-picked group of contacts.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = groups)]
pub struct Group {
    pub id: GroupId,
    pub title: String,
    pub description: String,
    /// The name of whoever made it.
    pub created_by: String,
    pub created_at: DateTime<Utc>,
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
    pub added_at: DateTime<Utc>,
    /// `None` while the contact belongs to the group.
    pub removed_at: Option<DateTime<Utc>>,
    /// How it last changed: `Admin`, `Import` or `API`.
    pub method: String,
    pub why: String,
}

impl Membership {
    /// Whether the contact belongs to the group now.
    pub fn is_current(&self) -> bool {
        self.removed_at.is_none()
    }

    /// "Added (by Admin)", "Removed (by API)".
    pub fn status(&self) -> String {
        let status = if self.is_current() { "Added" } else { "Removed" };
        format!("{status} (by {})", self.method)
    }
}

/// One change of a contact's membership, as it was recorded then.
#[derive(Clone, Debug, Queryable)]
pub struct HistoryLine {
    pub at: DateTime<Utc>,
    pub title: String,
    /// `Added`, `Removed` or `Deleted`.
    pub status: String,
    /// `Admin`, `Import` or `API`.
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
    let title = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() {
        return Err("Give the group a name.");
    }
    if title.chars().count() > TITLE_LENGTH_MAX || title.chars().any(char::is_control) {
        return Err("A group's name may have up to 100 characters.");
    }
    Ok(title)
}

/// Reads a description as somebody typed it.
pub fn description(typed: &str) -> Result<String, &'static str> {
    let description = typed.trim();
    if description.chars().count() > DESCRIPTION_LENGTH_MAX {
        return Err("A description may have up to 2,000 characters.");
    }
    Ok(description.to_owned())
}
