//! The seam to the sync, which stands above: what groups ask about Mailchimp, so that staff are told at once and the pages
//! need not know how it is kept in step.

use crate::base::{ContactId, GroupId};
use crate::db::OrgTx;
use chrono::{DateTime, Utc};
use diesel::QueryResult;
use std::collections::HashMap;

/// How the sync is seen from the groups below it.
pub trait MailchimpView: Send + Sync {
    /// What staff must be told when these contacts were just added to the group, inside the same transaction: whom
    /// Mailchimp will not take, in its words. At most `limit` of them, with the count of all.
    fn refusals_on_adding(
        &self,
        tx: &mut OrgTx<'_>,
        group: GroupId,
        contacts: &[ContactId],
        limit: usize,
    ) -> QueryResult<Refusals>;

    /// Where a contact stands at Mailchimp, for each synced group it belongs or has belonged to.
    fn standings(&self, tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<Vec<GroupStanding>>;

    /// A word that is another whenever `standings` of this contact would read otherwise; asked every second by each
    /// contact page that is open, so it must cost next to nothing.
    fn standings_version(&self, tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<String>;

    /// How each synced group fares, for Manage Groups; groups that are not synced are absent.
    fn column(&self, tx: &mut OrgTx<'_>) -> QueryResult<HashMap<GroupId, GroupSync>>;

    /// Out of which groups' audiences these contacts have opted.
    fn opt_outs(&self, tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<Vec<OptOut>>;

    /// For whom of these contacts a call has left whose answer was not heard: what it came to must be known before anything is
    /// merged. No other call for them leaves before the transaction ends.
    fn unanswered(&self, tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<Option<ContactId>>;

    /// The survivor of a merge takes over what was agreed with Mailchimp about the contact that goes, where nothing was
    /// agreed about the survivor, and no other address of the two brings anybody into a group. Returns what
    /// `take_merge_back` needs. Written in the transaction of the merge, before the one who goes is in the trash.
    fn merge(&self, tx: &mut OrgTx<'_>, survivor: ContactId, loser: ContactId) -> QueryResult<serde_json::Value>;

    /// Gives back what the survivor took over, where that stands as it was taken.
    fn take_merge_back(
        &self,
        tx: &mut OrgTx<'_>,
        survivor: ContactId,
        loser: ContactId,
        taken: &serde_json::Value,
    ) -> QueryResult<()>;

    /// Where Mailchimp has a person: under every address of this contact and of whoever was merged into it.
    fn person_there(&self, tx: &mut OrgTx<'_>, person: ContactId) -> QueryResult<PersonThere>;

    /// Has Mailchimp delete a person for good; once it has, the person is erased here. Also asks again where it was asked before.
    fn delete_person(&self, tx: &mut OrgTx<'_>, person: ContactId) -> QueryResult<()>;

    /// Whom Mailchimp did not delete when it was asked, so that somebody must look.
    fn not_deleted(&self, tx: &mut OrgTx<'_>) -> QueryResult<Vec<ContactId>>;

    /// Empties what the sync knows of these contacts, but for the address that must never be written to again.
    fn erase(&self, tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> anyhow::Result<()>;

    /// Why a group may not be deleted, in a sentence; `None` when nothing ties it.
    fn holds(&self, tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<Option<String>>;
}

/// The contacts whom Mailchimp will not take.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    pub first: Vec<Refusal>,
    pub total: i64,
}

/// A person as Mailchimp has them, for whoever erases them.
#[derive(Clone, Debug)]
pub struct PersonThere {
    /// They must be deleted there first, or they would come back from there.
    pub held: Vec<HeldThere>,
    /// The address is somebody else's, too, so Mailchimp keeps it.
    pub stays: Vec<StaysThere>,
    pub reach: Reach,
    pub deletion: Option<Deletion>,
}

impl PersonThere {
    /// Nothing is erased here before they are deleted there.
    pub fn must_go_first(&self) -> bool {
        self.reach != Reach::Off && !self.held.is_empty()
    }
}

/// Whether Mailchimp can be asked for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Connected,
    /// Mailchimp does not accept our connection at the moment.
    Refused,
    /// Never connected, or disconnected by staff.
    Off,
}

/// Somebody whom Mailchimp still has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldThere {
    pub audience: String,
    pub address: String,
    /// "subscribed", "archived"
    pub status: String,
}

/// A member who stands for another contact, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaysThere {
    pub audience: String,
    pub address: String,
    pub contact: ContactId,
    pub name: String,
}

/// A person who is being deleted at Mailchimp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    pub asked_by: String,
    pub asked_at: DateTime<Utc>,
    /// What Mailchimp said where it did not do it.
    pub problems: Vec<String>,
}

/// A contact has opted out of the audience a group is kept in step with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOut {
    pub contact: ContactId,
    pub group: GroupId,
    /// "unsubscribed at Mailchimp"
    pub words: &'static str,
}

/// One contact whom Mailchimp will not take.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub contact: ContactId,
    /// The whole message: "There was a problem trying to subscribe this contact at Mailchimp: Mailchimp API said: …".
    pub words: String,
}

/// Where a contact stands at Mailchimp with one group.
#[derive(Clone, Debug)]
pub struct GroupStanding {
    pub group: GroupId,
    /// The badge's colour: `good`, `warn`, `bad`, `info` or `quiet`.
    pub tone: &'static str,
    /// A word or two for the badge: "In sync", "Blocked at Mailchimp".
    pub state: String,
    /// One sentence about it.
    pub sentence: String,
    pub checked_at: Option<DateTime<Utc>>,
    /// The action that helps: its address within the organization ("mailchimp/…"), and its name.
    pub help: Option<(String, String)>,
}

/// How a synced group fares.
#[derive(Clone, Debug)]
pub struct GroupSync {
    /// The badge's colour: `good`, `warn`, `bad`, `info` or `quiet`.
    pub tone: &'static str,
    /// "In sync", "12 waiting", "3 need attention", "Broken".
    pub text: String,
    /// The page that explains it: its address within the organization ("mailchimp/…").
    pub link: String,
}
