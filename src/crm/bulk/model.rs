//! A bulk action as people follow it: what is done, how far it is, what came of it.

use super::field::Field;
use super::{BATCH_CONTACTS, BATCH_CONTACTS_BY_STATEMENT};
use crate::base::{ActivityId, Actor, BulkActionId, ContactId, GroupId, StaffId, TagId};
use crate::changelog::FieldChange;
use crate::crm::activities::model::ActivityDraft;
use crate::crm::contacts::ChangedParts;
use crate::crm::groups::standings::Standing;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How often in a row the same step may fail before it waits for people.
pub const FAILURES_MAX: i32 = 5;

/// How long the values before are kept: so long it can be undone. They are personal data, so not for ever.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// What is done to each contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    Edit {
        field: Field,
        value: String,
    },
    Trash,
    Restore,
    AddToGroup {
        group: GroupId,
        title: String,
    },
    RemoveFromGroup {
        group: GroupId,
        title: String,
        /// The reason somebody gave, if any.
        why: String,
    },
    Tag {
        tag: TagId,
        name: String,
    },
    Untag {
        tag: TagId,
        name: String,
    },
    /// One activity for each contact.
    AddActivity {
        activity: Box<ActivityDraft>,
        /// "Call: Thank you"
        title: String,
    },
}

impl Deed {
    /// What it is called in lists: "Preferred Language set to French".
    pub fn name(&self) -> String {
        match self {
            Self::Edit { field, value } if field.in_words(value) == "nothing" => format!("{} cleared", field.label()),
            Self::Edit { field, value } => format!("{} set to {}", field.label(), field.in_words(value)),
            Self::Trash => "Moved to the trash".into(),
            Self::Restore => "Restored from the trash".into(),
            Self::AddToGroup { title, .. } => format!("Added to {title}"),
            Self::RemoveFromGroup { title, .. } => format!("Removed from {title}"),
            Self::Tag { name, .. } => format!("Tagged {name}"),
            Self::Untag { name, .. } => format!("Tag {name} taken off"),
            Self::AddActivity { title, .. } => format!("Activity added: {title}"),
        }
    }

    /// Contacts of one step.
    pub(super) fn batch_contacts(&self) -> i64 {
        match self {
            Self::Edit { .. } | Self::Trash | Self::Restore | Self::AddActivity { .. } => BATCH_CONTACTS,
            Self::AddToGroup { .. } | Self::RemoveFromGroup { .. } | Self::Tag { .. } | Self::Untag { .. } => {
                BATCH_CONTACTS_BY_STATEMENT
            }
        }
    }

    /// What is counted, for one and for several: "contacts changed".
    pub fn changed_words(&self) -> [&'static str; 2] {
        match self {
            Self::Edit { .. } | Self::Trash | Self::Restore => ["contact changed", "contacts changed"],
            Self::AddToGroup { .. } => ["contact added", "contacts added"],
            Self::RemoveFromGroup { .. } => ["contact removed", "contacts removed"],
            Self::Tag { .. } => ["contact tagged", "contacts tagged"],
            Self::Untag { .. } => ["contact lost the tag", "contacts lost the tag"],
            Self::AddActivity { .. } => ["contact has the activity now", "contacts have one each now"],
        }
    }

    /// The same for those with whom there was nothing to do.
    pub fn unchanged_words(&self) -> [&'static str; 2] {
        match self {
            Self::AddToGroup { .. } => ["contact was in it already", "contacts were in it already"],
            Self::RemoveFromGroup { .. } => ["contact was not in it", "contacts were not in it"],
            Self::Tag { .. } => ["contact had it already", "contacts had it already"],
            Self::Untag { .. } => ["contact did not have it", "contacts did not have it"],
            _ => ["contact was so already", "contacts were so already"],
        }
    }

    /// Where what was done can be seen: an address within the organization, and its name.
    pub fn place(&self) -> Option<(String, String)> {
        match self {
            Self::Edit { .. } | Self::Trash | Self::Restore => None,
            Self::AddToGroup { group, title } | Self::RemoveFromGroup { group, title, .. } => {
                Some((format!("groups/{group}"), format!("Go to {title}")))
            }
            Self::Tag { tag, name } | Self::Untag { tag, name } => {
                Some((format!("contacts?tagged={tag}"), format!("Contacts tagged {name}")))
            }
            Self::AddActivity { .. } => Some(("activities".into(), "Go to Activities".into())),
        }
    }

    /// The drawing beside it.
    pub fn picture(&self) -> &'static str {
        match self {
            Self::Edit { .. } => "edit",
            Self::Trash => "delete",
            Self::Restore => "refresh",
            Self::AddToGroup { .. } => "groups",
            Self::RemoveFromGroup { .. } | Self::Untag { .. } => "remove",
            Self::Tag { .. } => "tags",
            Self::AddActivity { .. } => "activities",
        }
    }
}

/// Where a bulk action stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Running,
    Done,
    Undoing,
    Undone,
}

impl State {
    const ALL: [Self; 4] = [Self::Running, Self::Done, Self::Undoing, Self::Undone];

    /// The word the database stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// The word people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Running => "At work",
            Self::Done => "Done",
            Self::Undoing => "Being undone",
            Self::Undone => "Undone",
        }
    }

    /// The colour of its badge.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Running | Self::Undoing => "info",
            Self::Done => "good",
            Self::Undone => "quiet",
        }
    }

    /// Whether the background works on it.
    pub fn is_at_work(self) -> bool {
        matches!(self, Self::Running | Self::Undoing)
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What became of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Changed,
    Skipped,
    /// What was done was taken back.
    Undone,
    /// Somebody changed it since, so it was not taken back, or not wholly.
    Kept,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Changed, Self::Skipped, Self::Undone, Self::Kept];

    /// The word the database stores and addresses use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Skipped => "skipped",
            Self::Undone => "undone",
            Self::Kept => "kept",
        }
    }

    /// The heading of the list of such contacts.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Changed => "Contacts changed",
            Self::Skipped => "Contacts skipped",
            Self::Undone => "Contacts taken back",
            Self::Kept => "Contacts not taken back",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// An action on a selection of contacts.
#[derive(Clone, Debug)]
pub struct BulkAction {
    pub id: BulkActionId,
    pub deed: Deed,
    pub state: State,
    pub contact_count: i32,
    /// Contacts the present state has come past.
    pub contacts_done: i32,
    /// The last batch that was done, or the last contact that was taken back.
    pub last_place: i64,
    pub result: BulkResult,
    pub failures: i32,
    pub started_by: Option<StaffId>,
    pub started_by_name: String,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub undone_by: Option<StaffId>,
    pub undone_by_name: Option<String>,
    pub undone_at: Option<DateTime<Utc>>,
}

/// How many contacts came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BulkResult {
    pub changed: i32,
    pub unchanged: i32,
    pub skipped: i32,
    pub taken_back: i32,
    pub kept: i32,
}

impl BulkAction {
    /// Its page inside the organization.
    pub fn path(&self) -> String {
        format!("bulk/{}", self.id)
    }

    /// Who acts: whoever started it, or whoever takes it back.
    pub fn actor(&self) -> Actor {
        let (id, name) = match self.state {
            State::Running | State::Done => (self.started_by, Some(&self.started_by_name)),
            State::Undoing | State::Undone => (self.undone_by, self.undone_by_name.as_ref()),
        };
        match (id, name) {
            (Some(id), Some(name)) => Actor::Staff { id, name: name.clone() },
            _ => Actor::System,
        }
    }

    /// Why a contact was changed, for its Change Log.
    pub fn why(&self) -> String {
        match (self.state, self.contact_count) {
            (State::Undoing, _) => format!("“{}” was undone", self.deed.name()),
            (_, 1) => "Bulk action".into(),
            (_, count) => format!("Bulk action on {count} contacts"),
        }
    }

    /// The same in a group's history and beside a tag: the reason that was given; one contact needs none.
    pub(super) fn reason(&self) -> String {
        match (&self.deed, self.state) {
            (Deed::RemoveFromGroup { why, .. }, State::Running) if !why.is_empty() => why.clone(),
            (_, State::Running) if self.contact_count == 1 => String::new(),
            _ => self.why(),
        }
    }

    /// Whether the work has failed so often that it waits for people.
    pub fn is_stuck(&self) -> bool {
        self.state.is_at_work() && self.failures >= FAILURES_MAX
    }

    /// Until when it can be undone.
    pub fn kept_until(&self) -> DateTime<Utc> {
        self.undone_at.or(self.finished_at).unwrap_or(self.created_at) + KEPT_FOR
    }

    /// Whether it can be undone now.
    pub fn can_be_undone(&self, now: DateTime<Utc>) -> bool {
        let was_written = self.state == State::Done || (self.state == State::Running && self.is_stuck());
        was_written && self.result.changed > 0 && now < self.kept_until()
    }

    /// What the background does now, for the progress bar, with how far it is and how far it will go.
    pub fn progress(&self) -> (&'static str, i32, i32) {
        match self.state {
            State::Undoing => ("Taking contacts back", self.contacts_done, self.result.changed),
            _ => ("Changing contacts", self.contacts_done, self.contact_count),
        }
    }
}

/// What was changed about a contact, with what the undo needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    Edited {
        /// In the words of the Change Log.
        shown: Vec<FieldChange>,
        parts: ChangedParts,
    },
    /// When it went into the trash: one that was restored and trashed again since stays there.
    Trashed(DateTime<Utc>),
    /// When it came out of the trash: one that was changed since stays out.
    Restored(DateTime<Utc>),
    /// Where it stood in the group, and where it stands.
    Membership { before: Option<Standing>, after: Standing },
    /// When it was tagged: one that was tagged anew since keeps the tag.
    Tagged(DateTime<Utc>),
    /// Since when it had had the tag that it lost.
    Untagged(DateTime<Utc>),
    /// The activity it got: one that was changed since stays.
    Activity(ActivityId),
}

impl Record {
    /// Field, before, after.
    pub fn shown(&self) -> &[FieldChange] {
        match self {
            Self::Edited { shown, .. } => shown,
            _ => &[],
        }
    }
}

/// A contact that a bulk action came to, with what became of it.
#[derive(Clone, Debug)]
pub struct BulkContact {
    pub contact: ContactId,
    pub outcome: Outcome,
    pub problem: Option<String>,
    pub record: Option<Record>,
}

impl BulkContact {
    /// Something was done to it.
    pub(super) fn changed(contact: ContactId, record: Record) -> Self {
        Self {
            contact,
            outcome: Outcome::Changed,
            problem: None,
            record: Some(record),
        }
    }

    /// Nothing was done to it, and why.
    pub(super) fn skipped(contact: ContactId, why: impl Into<String>) -> Self {
        Self {
            contact,
            outcome: Outcome::Skipped,
            problem: Some(why.into()),
            record: None,
        }
    }
}
