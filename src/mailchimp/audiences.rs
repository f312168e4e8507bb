//! The account and its audiences ("lists" in the API): who connected, which audiences there are, and the merge fields
//! each one has.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::client::{Call, Client, Route};
use super::paging::{PAGE_SIZE_MAX, Reading};
use super::problem::Problem;
use super::wire;

static ACCOUNT: Route = Route::of_account("/");
static PING: Route = Route::of_account("/ping");
static AUDIENCES: Route = Route::of_account("/lists");
static AUDIENCE: Route = Route::of_audience("/lists/{list_id}");
static MERGE_FIELDS: Route = Route::of_audience("/lists/{list_id}/merge-fields");

/// Characters an audience id may have; Mailchimp's have ten.
const AUDIENCE_ID_CHARS_MAX: usize = 64;

/// Mailchimp's id of an audience, such as `a36b032126`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AudienceId(String);

impl AudienceId {
    /// Reads an id; `None` when it holds anything but ASCII letters, digits, `-` and `_`, so that it can stand in a path.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= AUDIENCE_ID_CHARS_MAX && is_plain(text);
        fits.then(|| Self(text.to_owned()))
    }

    /// The id as Mailchimp writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AudienceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for AudienceId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not an audience id")
    }
}

impl From<AudienceId> for String {
    fn from(id: AudienceId) -> Self {
        id.0
    }
}

/// Needs no escaping in a path.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The Mailchimp account behind a token.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Identifies the account; two connections with the same one share its limits.
    #[serde(deserialize_with = "wire::text")]
    pub account_id: String,
    /// Identifies the person, who may have several accounts.
    #[serde(default, deserialize_with = "wire::text")]
    pub login_id: String,
    /// What the account calls itself.
    #[serde(default, deserialize_with = "wire::text")]
    pub account_name: String,
    /// The role of the person who connected: owner, admin, manager, author, viewer.
    #[serde(default, deserialize_with = "wire::text")]
    pub role: String,
    /// `monthly`, `pay_as_you_go`, `forever_free`, or what Mailchimp invents next.
    #[serde(default, deserialize_with = "wire::text")]
    pub pricing_plan_type: String,
    /// Members who are subscribed, over all audiences.
    #[serde(default, deserialize_with = "wire::number")]
    pub total_subscribers: i64,
}

/// An audience.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Audience {
    /// Mailchimp's id.
    pub id: AudienceId,
    /// Its number in Mailchimp's own pages: `https://<dc>.admin.mailchimp.com/lists/members/?id=<web_id>`.
    #[serde(default, deserialize_with = "wire::number")]
    pub web_id: i64,
    /// What people call it.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// New people shall confirm. Mailchimp does not enforce it for the API: we must ask with `pending`. Missing counts
    /// as yes, because one confirmation too many is the lawful mistake.
    #[serde(default = "yes", deserialize_with = "wire::flag")]
    pub double_optin: bool,
    /// Members have GDPR permissions.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub marketing_permissions: bool,
    /// When it was made.
    #[serde(default, deserialize_with = "wire::date")]
    pub date_created: Option<DateTime<Utc>>,
    /// The sign-up form a person can use themselves.
    #[serde(default, deserialize_with = "wire::text")]
    pub subscribe_url_short: String,
    /// The same, not shortened.
    #[serde(default, deserialize_with = "wire::text")]
    pub subscribe_url_long: String,
    /// Its counts.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub stats: AudienceStats,
}

fn yes() -> bool {
    true
}

/// Mailchimp's own counts of an audience; they lag behind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct AudienceStats {
    /// Subscribed members only.
    #[serde(default, deserialize_with = "wire::number")]
    pub member_count: i64,
    /// Unsubscribed members.
    #[serde(default, deserialize_with = "wire::number")]
    pub unsubscribe_count: i64,
    /// Members whose address bounced for good.
    #[serde(default, deserialize_with = "wire::number")]
    pub cleaned_count: i64,
    /// Merge fields, without EMAIL.
    #[serde(default, deserialize_with = "wire::number")]
    pub merge_field_count: i64,
}

/// How many audiences the plan allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Constraints {
    /// One more may be made.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub may_create: bool,
    /// -1: no limit.
    #[serde(default, deserialize_with = "wire::number")]
    pub max_instances: i64,
    /// How many there are.
    #[serde(default, deserialize_with = "wire::number")]
    pub current_total_instances: i64,
}

/// All audiences of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Audiences {
    /// Every one, counted.
    pub audiences: Vec<Audience>,
    /// What the plan allows.
    pub constraints: Constraints,
}

/// A merge field: one more piece of data an audience keeps about its members. EMAIL is none of them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct MergeField {
    /// Its number inside the audience.
    pub merge_id: i64,
    /// Its key in `merge_fields`: at most ten characters of `A–Z 0–9 _`.
    #[serde(deserialize_with = "wire::text")]
    pub tag: String,
    /// What people call it.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// text, number, address, phone, date, url, imageurl, radio, dropdown, birthday, zip.
    #[serde(default, rename = "type", deserialize_with = "wire::text")]
    pub kind: String,
    /// Mailchimp refuses members without it unless asked not to.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub required: bool,
    /// What stands in for an empty value.
    #[serde(default, deserialize_with = "wire::text")]
    pub default_value: String,
    /// Shown on Mailchimp's forms.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub public: bool,
    /// Its place in Mailchimp's pages.
    #[serde(default, deserialize_with = "wire::number")]
    pub display_order: i64,
    /// What its type needs to know.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub options: MergeFieldOptions,
}

/// What the type of a merge field needs to know; empty where it does not apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct MergeFieldOptions {
    /// For radio and dropdown: a value must be one of them.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub choices: Vec<String>,
    /// For date and birthday: how Mailchimp's pages show it. The API always gives dates as `YYYY-MM-DD`.
    #[serde(default, deserialize_with = "wire::text")]
    pub date_format: String,
    /// For phone: `none`, `US` or `International`.
    #[serde(default, deserialize_with = "wire::text")]
    pub phone_format: String,
}

#[derive(Deserialize)]
struct AudiencesPage {
    lists: Vec<Audience>,
    total_items: usize,
    #[serde(default, deserialize_with = "wire::or_default")]
    constraints: Constraints,
}

#[derive(Deserialize)]
struct MergeFieldsPage {
    merge_fields: Vec<MergeField>,
    total_items: usize,
}

impl Client {
    /// Who this connection belongs to.
    pub async fn account(&self) -> Result<Account, Problem> {
        self.read(Call::get(&ACCOUNT, &[])).await
    }

    /// Whether Mailchimp answers and takes the token.
    pub async fn ping(&self) -> Result<(), Problem> {
        self.write(Call::get(&PING, &[])).await
    }

    /// All audiences, read to the end, and what the plan allows.
    pub async fn audiences(&self) -> Result<Audiences, Problem> {
        let mut constraints = Constraints::default();
        let mut reading = Reading::of(|audience: &Audience| audience.id.to_string());
        while let Some(offset) = reading.next_offset()? {
            let call = Call::get(&AUDIENCES, &[])
                .query("count", PAGE_SIZE_MAX)
                .query("offset", offset);
            let page: AudiencesPage = self.read(call).await?;
            constraints = page.constraints;
            reading.take(page.lists, page.total_items);
        }
        Ok(Audiences {
            audiences: reading.rows,
            constraints,
        })
    }

    /// One audience; [`Kind::AudienceGone`](super::Kind::AudienceGone) when it was deleted.
    pub async fn audience(&self, audience: &AudienceId) -> Result<Audience, Problem> {
        self.read(Call::get(&AUDIENCE, &[audience.as_str()])).await
    }

    /// All merge fields of an audience, read to the end.
    pub async fn merge_fields(&self, audience: &AudienceId) -> Result<Vec<MergeField>, Problem> {
        let mut reading = Reading::of(|field: &MergeField| field.merge_id.to_string());
        while let Some(offset) = reading.next_offset()? {
            let call = Call::get(&MERGE_FIELDS, &[audience.as_str()]);
            let call = call.query("count", PAGE_SIZE_MAX).query("offset", offset);
            let page: MergeFieldsPage = self.read(call).await?;
            reading.take(page.merge_fields, page.total_items);
        }
        Ok(reading.rows)
    }

    /// What "not found" meant below an audience, where Mailchimp says the same of a missing member and of a missing
    /// audience: asks for the audience, and gives its problem if it has one, else the first.
    pub(super) async fn who_is_missing(&self, audience: &AudienceId, problem: Problem) -> Problem {
        if problem.kind() != super::Kind::NotFound {
            return problem;
        }
        let call = Call::get(&AUDIENCE, &[audience.as_str()]);
        self.write(call.query("fields", "id")).await.err().unwrap_or(problem)
    }
}
