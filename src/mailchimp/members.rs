//! Members of an audience: reading them page by page, writing one, archiving and erasing. What may be written is decided
//! above; this file only knows what Mailchimp makes of it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::audiences::AudienceId;
use super::client::{Call, Client, Route};
use super::hash::SubscriberHash;
use super::paging::PAGE_SIZE_MAX;
use super::problem::{Kind, Problem};
use super::wire;

static MEMBERS: Route = Route::of_audience("/lists/{list_id}/members");
static MEMBER: Route = Route::below_audience("/lists/{list_id}/members/{subscriber_hash}");
static ERASE: Route = Route::below_audience("/lists/{list_id}/members/{subscriber_hash}/actions/delete-permanent");

/// Parts of a member nobody here reads; they are two thirds of a page.
const LEFT_OUT: &str = "_links,members._links,members.stats,members.location";

/// Where a member stands with an audience.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Gets mail.
    Subscribed,
    /// Does not want any.
    Unsubscribed,
    /// The address bounced for good, or was reported as abuse.
    Cleaned,
    /// Was asked to confirm and has not.
    Pending,
    /// Known from a purchase; gets no campaigns.
    Transactional,
    /// Put aside; not counted, not listed unless asked for. Cannot be written, only brought about.
    Archived,
    /// One we do not know: do not touch.
    #[default]
    Other,
}

impl Status {
    /// Mailchimp's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::Unsubscribed => "unsubscribed",
            Self::Cleaned => "cleaned",
            Self::Pending => "pending",
            Self::Transactional => "transactional",
            Self::Archived => "archived",
            Self::Other => "other",
        }
    }

    /// Reads Mailchimp's word; any other is [`Status::Other`].
    pub fn parse(word: &str) -> Self {
        const KNOWN: [Status; 6] = [
            Status::Subscribed,
            Status::Unsubscribed,
            Status::Cleaned,
            Status::Pending,
            Status::Transactional,
            Status::Archived,
        ];
        KNOWN
            .into_iter()
            .find(|status| status.as_str() == word)
            .unwrap_or_default()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&wire::text(from)?))
    }
}

/// Values by merge tag. Unset is `""`, also for numbers and addresses; to clear a value send `""`, never `null`.
pub type MergeValues = BTreeMap<String, Value>;

/// A member as Mailchimp shows it.
#[derive(Clone, PartialEq, Deserialize)]
pub struct Member {
    /// The subscriber hash of the present address; see [`Member::hash`].
    #[serde(deserialize_with = "wire::text")]
    pub id: String,
    /// As the person wrote it; compared without regard to case. Empty for a contact without one.
    #[serde(default, deserialize_with = "wire::text")]
    pub email_address: String,
    /// Ten characters, the same over all audiences; `data[id]` in webhooks. Changes with the address.
    #[serde(default, deserialize_with = "wire::text")]
    pub unique_email_id: String,
    /// Stays when the address changes: the key to remember.
    #[serde(default, deserialize_with = "wire::text")]
    pub contact_id: String,
    /// Stays too; the number in Mailchimp's own pages: `https://<dc>.admin.mailchimp.com/lists/members/view?id=<web_id>`.
    #[serde(default, deserialize_with = "wire::number")]
    pub web_id: i64,
    /// FNAME and LNAME, as Mailchimp joins them.
    #[serde(default, deserialize_with = "wire::text")]
    pub full_name: String,
    /// Where they stand.
    #[serde(default)]
    pub status: Status,
    /// What they (or Mailchimp) gave as the reason: `N/A (Unsubscribed by admin)` after an unsubscribe through the API.
    #[serde(default, deserialize_with = "wire::some_text")]
    pub unsubscribe_reason: Option<String>,
    /// Every merge tag of the audience.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub merge_fields: MergeValues,
    /// To the second; thousands may share one.
    #[serde(default, deserialize_with = "wire::date")]
    pub last_changed: Option<DateTime<Utc>>,
    /// When they signed up through a form.
    #[serde(default, deserialize_with = "wire::date")]
    pub timestamp_signup: Option<DateTime<Utc>>,
    /// When they confirmed, or were added.
    #[serde(default, deserialize_with = "wire::date")]
    pub timestamp_opt: Option<DateTime<Utc>>,
    /// How they came: `API - Generic`, `Import`, the name of a form.
    #[serde(default, deserialize_with = "wire::text")]
    pub source: String,
    /// Two letters, often empty.
    #[serde(default, deserialize_with = "wire::text")]
    pub language: String,
    /// The audience.
    #[serde(default, deserialize_with = "wire::text")]
    pub list_id: String,
    /// Names of their tags; Mailchimp shows fifty at most.
    #[serde(default, deserialize_with = "tag_names")]
    pub tags: Vec<String>,
}

impl Member {
    /// What to call this member in a path: its id, or the hash of its address should Mailchimp name it otherwise.
    pub fn hash(&self) -> SubscriberHash {
        SubscriberHash::parse(&self.id).unwrap_or_else(|| SubscriberHash::of(&self.email_address))
    }
}

/// Without address, name and merge fields, so that no log learns them.
impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({}, {})", self.id, self.status)
    }
}

fn tag_names<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    struct Tag {
        #[serde(default, deserialize_with = "wire::text")]
        name: String,
    }
    let tags: Vec<Tag> = wire::or_default(from)?;
    Ok(tags
        .into_iter()
        .map(|tag| tag.name)
        .filter(|name| !name.is_empty())
        .collect())
}

/// What to write to a member; what is left out stays as it is.
#[derive(Clone, Default, PartialEq, Serialize)]
pub struct MemberWrite {
    /// Needed for a new member; another address than the hash's changes the address of a subscribed member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_address: Option<String>,
    /// Applied to members old and new: `subscribed` brings back somebody who was unsubscribed through the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Applied to new members only, whatever state an old one is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_if_new: Option<Status>,
    /// Only the tags named are changed; tags the audience has not are ignored in silence.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub merge_fields: MergeValues,
    /// Two letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Names of tags to give. Only for new members and bulk writes; elsewhere Mailchimp ignores them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// Without address and merge fields, so that no log learns them.
impl fmt::Debug for MemberWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemberWrite({:?}, if new {:?})", self.status, self.status_if_new)
    }
}

/// Which members to read.
#[derive(Clone, Debug)]
pub struct MembersQuery {
    /// Without a status, all but the archived; those only with [`Status::Archived`].
    pub status: Option<Status>,
    /// Changed at or after this time. Whether Mailchimp counts the very second is not documented: let windows overlap.
    pub since_last_changed: Option<DateTime<Utc>>,
    /// Rows to skip.
    pub offset: usize,
    /// Rows to read, at most [`PAGE_SIZE_MAX`].
    pub count: usize,
}

impl Default for MembersQuery {
    fn default() -> Self {
        Self {
            status: None,
            since_last_changed: None,
            offset: 0,
            count: PAGE_SIZE_MAX,
        }
    }
}

/// A page of members.
#[derive(Clone, Debug)]
pub struct MembersPage {
    /// In the order of their last change where nothing moves meanwhile.
    pub members: Vec<Member>,
    /// All that match, on all pages.
    pub total_items: usize,
    /// Mailchimp's clock when it answered.
    pub asked_at: Option<DateTime<Utc>>,
}

/// What became of a member to be archived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveOutcome {
    /// Put aside now.
    Archived,
    /// There is no such member.
    AlreadyGone,
    /// Mailchimp archives nobody who is cleaned, pending or archived already. It does not say which.
    CannotBeArchived,
}

/// What became of a member to be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EraseOutcome {
    /// Gone for good; the address is refused from now on.
    Erased,
    /// There is no such member.
    AlreadyGone,
}

#[derive(Deserialize)]
struct MembersAnswer {
    members: Vec<Member>,
    total_items: usize,
}

impl Client {
    /// One page of members.
    pub async fn members_page(&self, audience: &AudienceId, query: &MembersQuery) -> Result<MembersPage, Problem> {
        let mut call = Call::get(&MEMBERS, &[audience.as_str()])
            .query("count", query.count.min(PAGE_SIZE_MAX))
            .query("offset", query.offset)
            .query("sort_field", "last_changed")
            .query("sort_dir", "ASC")
            .query("exclude_fields", LEFT_OUT);
        if let Some(status) = query.status {
            call = call.query("status", status);
        }
        if let Some(since) = query.since_last_changed {
            // Mailchimp ignores the offset and takes the rest as UTC; fractions switch the filter off.
            call = call.query("since_last_changed", since.format("%Y-%m-%dT%H:%M:%S+00:00"));
        }
        let (answer, asked_at): (MembersAnswer, _) = self.read_dated(call).await?;
        Ok(MembersPage {
            members: answer.members,
            total_items: answer.total_items,
            asked_at,
        })
    }

    /// One member, `None` when the audience has none under this hash. When the audience itself is gone it is
    /// [`Kind::AudienceGone`]: a missing member costs a second call to tell the two apart.
    pub async fn member(&self, audience: &AudienceId, hash: &SubscriberHash) -> Result<Option<Member>, Problem> {
        let found = self.read(Call::get(&MEMBER, &[audience.as_str(), hash.as_str()])).await;
        match self.or_missing_audience(audience, found).await {
            Err(problem) if problem.kind() == Kind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    /// Adds or updates the member under this hash, without refusing for empty required merge fields.
    pub async fn put_member(
        &self,
        audience: &AudienceId,
        hash: &SubscriberHash,
        member: &MemberWrite,
    ) -> Result<Member, Problem> {
        self.write_member(Method::PUT, audience, hash, member).await
    }

    /// Updates the member under this hash; [`Kind::NotFound`] when there is none.
    pub async fn patch_member(
        &self,
        audience: &AudienceId,
        hash: &SubscriberHash,
        member: &MemberWrite,
    ) -> Result<Member, Problem> {
        self.write_member(Method::PATCH, audience, hash, member).await
    }

    /// Adds a member; [`Kind::MemberExists`] when there is one. Brings an archived one back.
    ///
    /// Not to be repeated blindly: after [`Problem::effect_unknown`] read the member first.
    pub async fn post_member(&self, audience: &AudienceId, member: &MemberWrite) -> Result<Member, Problem> {
        let call = Call::new(Method::POST, &MEMBERS, &[audience.as_str()]).query("skip_merge_validation", true);
        self.read(call.json(member)?).await
    }

    /// Archives a member. A second time is not an error.
    pub async fn archive_member(
        &self,
        audience: &AudienceId,
        hash: &SubscriberHash,
    ) -> Result<ArchiveOutcome, Problem> {
        let done = self
            .write(Call::new(Method::DELETE, &MEMBER, &[audience.as_str(), hash.as_str()]))
            .await;
        match self.or_missing_audience(audience, done).await {
            Ok(()) => Ok(ArchiveOutcome::Archived),
            Err(problem) if problem.kind() == Kind::NotFound => Ok(ArchiveOutcome::AlreadyGone),
            Err(problem) if problem.kind() == Kind::NotAllowed => Ok(ArchiveOutcome::CannotBeArchived),
            Err(problem) => Err(problem),
        }
    }

    /// Erases a member for good. Cannot be undone, not even by Mailchimp: the person alone can come back, by a form.
    pub async fn delete_member_permanently(
        &self,
        audience: &AudienceId,
        hash: &SubscriberHash,
    ) -> Result<EraseOutcome, Problem> {
        let done = self
            .write(Call::new(Method::POST, &ERASE, &[audience.as_str(), hash.as_str()]))
            .await;
        match self.or_missing_audience(audience, done).await {
            Ok(()) => Ok(EraseOutcome::Erased),
            Err(problem) if problem.kind() == Kind::NotFound => Ok(EraseOutcome::AlreadyGone),
            Err(problem) => Err(problem),
        }
    }

    async fn write_member(
        &self,
        method: Method,
        audience: &AudienceId,
        hash: &SubscriberHash,
        member: &MemberWrite,
    ) -> Result<Member, Problem> {
        let ids = [audience.as_str(), hash.as_str()];
        let call = Call::new(method, &MEMBER, &ids).query("skip_merge_validation", true);
        let written = self.read(call.json(member)?).await;
        self.or_missing_audience(audience, written).await
    }

    pub(super) async fn or_missing_audience<T>(
        &self,
        audience: &AudienceId,
        found: Result<T, Problem>,
    ) -> Result<T, Problem> {
        match found {
            Err(problem) => Err(self.who_is_missing(audience, problem).await),
            found => found,
        }
    }
}
