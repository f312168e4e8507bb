//! What can go wrong with Mailchimp, sorted by what is to be done about it: reconnect, wait, mend the mapping, or leave
//! this one member alone. Classified by status and title, then by field, last by English words, because Mailchimp
//! translates the words into the account's language.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use super::wire;

/// How much of Mailchimp's wording is kept of each part; it is shown to people and stored per member.
const WORDS_CHARS_MAX: usize = 500;
/// How many field errors of one answer are kept.
const FIELDS_MAX: usize = 20;

/// First wait after "too many requests": a slot of the ten is free again soon.
const THROTTLED_FIRST: Duration = Duration::from_secs(2);
/// Longest wait after "too many requests".
const THROTTLED_LONGEST: Duration = Duration::from_secs(5 * 60);
/// First wait when Mailchimp cannot be reached or is ill.
const DOWN_FIRST: Duration = Duration::from_secs(5);
/// Longest wait when Mailchimp cannot be reached or is ill.
const DOWN_LONGEST: Duration = Duration::from_secs(15 * 60);
/// Waits for an address that "has signed up to a lot of lists very recently"; the last is repeated.
const SIGNUPS_WAITS: [Duration; 4] = [
    Duration::from_secs(5 * 60),
    Duration::from_secs(24 * 3600),
    Duration::from_secs(2 * 24 * 3600),
    Duration::from_secs(7 * 24 * 3600),
];

/// Title of [`Kind::MemberExists`]. Titles are not translated.
const MEMBER_EXISTS: &str = "Member Exists";
/// Title of [`Kind::InCompliance`].
const IN_COMPLIANCE: &str = "Member In Compliance State";
/// Title of [`Kind::Forgotten`].
const FORGOTTEN: &str = "Forgotten Email Not Subscribed";

/// What is to be done about a [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Every call of this connection will be refused until a person reconnects: stop its work, say so once.
    Connection,
    /// The audience is not there any more: its mapping is broken, others go on.
    Audience,
    /// It will pass: try the same again after [`Problem::retry_after`].
    Passing,
    /// It concerns this member or address only: record Mailchimp's words, go on with the others.
    Member,
    /// This request is refused for another reason: record the words; trying again would change nothing.
    Request,
}

/// What exactly went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 401: the token was revoked, or never was one.
    TokenRefused,
    /// 403: the Mailchimp account is deactivated.
    UserDisabled,
    /// 403: the token belongs to another data centre.
    WrongDatacenter,
    /// 403 in Mailchimp's own words: the role or plan of the user who connected does not allow it.
    NotPermitted,
    /// 404 where the audience itself was asked for.
    AudienceGone,
    /// No connection: name, network, TLS. Nothing was sent.
    Unreachable,
    /// No complete answer in time. The request may still be running.
    TimedOut,
    /// The connection broke before the answer was complete.
    Dropped,
    /// 429, or a 403 that is not Mailchimp's own (the firewall's): too much at once.
    Throttled,
    /// 5xx.
    Down,
    /// An answer that is not what was asked for: a web page, an empty or broken body, one over the size limit.
    Unreadable,
    /// A collection kept changing while it was read; not all of it is known.
    Incomplete,
    /// 400: the address signed up to too many lists lately; passes within days.
    TooManySignups,
    /// 400: unsubscribed by themselves, bounced or under review; only the person can come back.
    InCompliance,
    /// 400: permanently deleted; only the person can come back, through a sign-up form.
    Forgotten,
    /// 400: the address is a member already.
    MemberExists,
    /// 400: no valid address, or one that looks fake.
    AddressInvalid,
    /// 400: merge fields were refused; see [`Problem::fields`].
    MergeFieldsInvalid,
    /// 400: the address of a member who is not subscribed cannot be changed.
    AddressLocked,
    /// 404 below an audience that is there: no such member or webhook.
    NotFound,
    /// 405: not possible in the state the member is in.
    NotAllowed,
    /// Any other refusal.
    Refused,
    /// A request that was never made: it could not be written, or Mailchimp would refuse it.
    NotSent,
}

impl Kind {
    /// What is to be done about it.
    pub fn class(self) -> Class {
        match self {
            Self::TokenRefused | Self::UserDisabled | Self::WrongDatacenter | Self::NotPermitted => Class::Connection,
            Self::AudienceGone => Class::Audience,
            Self::Unreachable | Self::TimedOut | Self::Dropped | Self::Throttled => Class::Passing,
            Self::Down | Self::Unreadable | Self::Incomplete => Class::Passing,
            Self::TooManySignups | Self::InCompliance | Self::Forgotten | Self::MemberExists => Class::Member,
            Self::AddressInvalid | Self::MergeFieldsInvalid | Self::AddressLocked => Class::Member,
            Self::NotFound | Self::NotAllowed => Class::Member,
            Self::Refused | Self::NotSent => Class::Request,
        }
    }

    /// A short, stable name for metrics and stored outcomes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TokenRefused => "token_refused",
            Self::UserDisabled => "user_disabled",
            Self::WrongDatacenter => "wrong_datacenter",
            Self::NotPermitted => "not_permitted",
            Self::AudienceGone => "audience_gone",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Dropped => "dropped",
            Self::Throttled => "throttled",
            Self::Down => "down",
            Self::Unreadable => "unreadable",
            Self::Incomplete => "incomplete",
            Self::TooManySignups => "too_many_signups",
            Self::InCompliance => "in_compliance",
            Self::Forgotten => "forgotten",
            Self::MemberExists => "member_exists",
            Self::AddressInvalid => "address_invalid",
            Self::MergeFieldsInvalid => "merge_fields_invalid",
            Self::AddressLocked => "address_locked",
            Self::NotFound => "not_found",
            Self::NotAllowed => "not_allowed",
            Self::Refused => "refused",
            Self::NotSent => "not_sent",
        }
    }
}

/// A field Mailchimp refused, and why, in the account's language.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct FieldProblem {
    /// A merge tag such as `LTV`, or a key of the request such as `url`.
    #[serde(default, deserialize_with = "wire::text")]
    pub field: String,
    /// Mailchimp's sentence about it.
    #[serde(default, deserialize_with = "wire::text")]
    pub message: String,
}

/// Shows the field only: the message may repeat what a person entered.
impl fmt::Debug for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldProblem({})", self.field)
    }
}

/// Why a call did not bring what it should have.
///
/// `Display` and `Debug` are fit for logs: they leave out Mailchimp's sentence, which often names an address.
/// [`Problem::words`] is for people.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    kind: Kind,
    status: Option<u16>,
    title: String,
    detail: String,
    fields: Vec<FieldProblem>,
    request_id: Option<String>,
    effect_unknown: bool,
}

impl Problem {
    /// What exactly went wrong.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is to be done about it.
    pub fn class(&self) -> Class {
        self.kind.class()
    }

    /// The HTTP status, when there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The fields Mailchimp named.
    pub fn fields(&self) -> &[FieldProblem] {
        &self.fields
    }

    /// Mailchimp's own title and detail as staff shall read them:
    /// `Member In Compliance State (x is in a compliance state …)`. Names the address: never for logs.
    pub fn words(&self) -> String {
        let mut said = vec![self.detail.clone()];
        said.extend(
            self.fields
                .iter()
                .map(|field| format!("{}: {}", field.field, field.message)),
        );
        match said.join(" ").trim() {
            "" => self.title.clone(),
            said => format!("{} ({said})", self.title),
        }
    }

    /// How long to wait before the same call may be made again; `None` when it would be refused again.
    ///
    /// `attempt` counts the failures so far, from 1. The caller adds jitter.
    pub fn retry_after(&self, attempt: u32) -> Option<Duration> {
        let step = attempt.saturating_sub(1);
        match self.kind {
            Kind::Throttled => Some(doubled(THROTTLED_FIRST, step, THROTTLED_LONGEST)),
            Kind::TooManySignups => SIGNUPS_WAITS.iter().take(attempt.max(1) as usize).next_back().copied(),
            kind if kind.class() == Class::Passing => Some(doubled(DOWN_FIRST, step, DOWN_LONGEST)),
            _ => None,
        }
    }

    /// The write may have happened although no good answer came: read the member again before repeating it.
    pub fn effect_unknown(&self) -> bool {
        self.effect_unknown
    }

    /// No (complete) answer. `changes`: the request was a write.
    pub(super) fn transport(error: &reqwest::Error, changes: bool) -> Self {
        let (kind, title) = if error.is_builder() {
            (Kind::NotSent, "The request to Mailchimp could not be written")
        } else if error.is_connect() {
            (Kind::Unreachable, "Mailchimp could not be reached")
        } else if error.is_timeout() {
            (Kind::TimedOut, "Mailchimp did not answer in time")
        } else {
            (Kind::Dropped, "The connection to Mailchimp broke off")
        };
        Self::new(kind, None, title, "").after(changes)
    }

    /// An answer with an error status.
    pub(super) fn answer(status: u16, body: &[u8], changes: bool) -> Self {
        match serde_json::from_slice::<Document>(body) {
            Ok(document) => Self::document(status, document).after(changes),
            Err(_) => Self::foreign(status).after(changes),
        }
    }

    /// A success status whose body is not what was asked for; `why` names no content.
    pub(super) fn unreadable(status: u16, why: &str, changes: bool) -> Self {
        Self::new(
            Kind::Unreadable,
            Some(status),
            "Mailchimp's answer could not be read",
            why,
        )
        .after(changes)
    }

    /// A collection that changed in each of our readings.
    pub fn incomplete() -> Self {
        let detail = "The list kept changing while it was read; nothing was done with the part that arrived.";
        Self::new(
            Kind::Incomplete,
            None,
            "Mailchimp's list could not be read completely",
            detail,
        )
    }

    /// A request we do not make, because Mailchimp would refuse it.
    pub(super) fn not_sent(why: &str) -> Self {
        Self::new(Kind::NotSent, None, "Not sent to Mailchimp", why)
    }

    /// A refusal of the OAuth2 addresses, which have no problem document: the short error and its description.
    pub(super) fn oauth(kind: Kind, status: Option<u16>, error: &str, description: &str) -> Self {
        Self::new(kind, status, error, description)
    }

    /// One refused row of a bulk write, which has only a code and a sentence: given the title a single call would have.
    pub(super) fn row(exists: bool, detail: &str, fields: Vec<FieldProblem>) -> Self {
        let kind = match kind_of_fields(&fields).or_else(|| kind_of_words(detail)) {
            _ if exists => Kind::MemberExists,
            known => known.unwrap_or(Kind::Refused),
        };
        let title = match kind {
            Kind::MemberExists => MEMBER_EXISTS,
            Kind::InCompliance => IN_COMPLIANCE,
            Kind::Forgotten => FORGOTTEN,
            _ => "Invalid Resource",
        };
        Self {
            fields,
            ..Self::new(kind, None, title, detail)
        }
    }

    /// The same, where "not found" is known to mean the audience.
    pub(super) fn with_missing(mut self, missing: Kind) -> Self {
        if self.kind == Kind::NotFound {
            self.kind = missing;
        }
        self
    }

    fn new(kind: Kind, status: Option<u16>, title: &str, detail: &str) -> Self {
        Self {
            kind,
            status,
            title: shortened(title),
            detail: shortened(detail),
            fields: Vec::new(),
            request_id: None,
            effect_unknown: false,
        }
    }

    /// Mailchimp's own word.
    fn document(status: u16, document: Document) -> Self {
        let kind = kind_of_document(status, &document);
        let mut fields = document.errors;
        fields.truncate(FIELDS_MAX);
        for field in &mut fields {
            field.field = shortened(&field.field);
            field.message = shortened(&field.message);
        }
        let request_id = Some(shortened(&document.instance)).filter(|id| !id.is_empty());
        Self {
            fields,
            request_id,
            ..Self::new(kind, Some(status), &document.title, &document.detail)
        }
    }

    /// An answer of something in between: the content network, the firewall, a proxy. Never Mailchimp's word on the
    /// matter, except that nobody else answers 401.
    fn foreign(status: u16) -> Self {
        let kind = match status {
            401 => Kind::TokenRefused,
            403 | 429 => Kind::Throttled,
            500.. => Kind::Down,
            _ => Kind::Unreadable,
        };
        Self::new(
            kind,
            Some(status),
            "Mailchimp did not answer as usual",
            &format!("HTTP {status} without an explanation"),
        )
    }

    fn after(mut self, changes: bool) -> Self {
        let unsure = matches!(
            self.kind,
            Kind::TimedOut | Kind::Dropped | Kind::Down | Kind::Unreadable
        );
        self.effect_unknown = changes && unsure;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailchimp: {}", self.kind.as_str())?;
        if let Some(status) = self.status {
            write!(f, ", HTTP {status}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Problem({self}, {:?}, {:?})", self.title, self.fields)
    }
}

impl std::error::Error for Problem {}

/// Mailchimp's problem document (RFC 7807). Without a title it is not one.
#[derive(Deserialize)]
struct Document {
    title: String,
    #[serde(default, deserialize_with = "wire::text")]
    detail: String,
    /// Equals the `X-Request-Id` of the answer.
    #[serde(default, deserialize_with = "wire::text")]
    instance: String,
    #[serde(default, deserialize_with = "wire::or_default")]
    errors: Vec<FieldProblem>,
}

fn kind_of_document(status: u16, document: &Document) -> Kind {
    match (status, document.title.as_str()) {
        (400, MEMBER_EXISTS) => Kind::MemberExists,
        (400, IN_COMPLIANCE) => Kind::InCompliance,
        (400, FORGOTTEN) => Kind::Forgotten,
        (400, _) => kind_of_invalid_resource(document),
        (401, _) => Kind::TokenRefused,
        (403, "User Disabled") => Kind::UserDisabled,
        (403, "Wrong Datacenter") => Kind::WrongDatacenter,
        (403, _) => Kind::NotPermitted,
        // Only with this title: on a 404 a mapping is declared broken.
        (404, "Resource Not Found") => Kind::NotFound,
        (405, _) => Kind::NotAllowed,
        (408 | 429, _) => Kind::Throttled,
        (500.., _) => Kind::Down,
        _ => Kind::Refused,
    }
}

fn kind_of_invalid_resource(document: &Document) -> Kind {
    kind_of_fields(&document.errors)
        .or_else(|| kind_of_words(&document.detail))
        .unwrap_or(Kind::Refused)
}

/// Fields tell more than words, because they are not translated: merge tags are upper case, other fields lower.
fn kind_of_fields(fields: &[FieldProblem]) -> Option<Kind> {
    let is_tag = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    if fields.iter().any(|field| field.field == "email_address") {
        return fields
            .iter()
            .find_map(|field| kind_of_words(&field.message))
            .or(Some(Kind::AddressInvalid));
    }
    fields
        .iter()
        .any(|field| is_tag(&field.field))
        .then_some(Kind::MergeFieldsInvalid)
}

fn kind_of_words(words: &str) -> Option<Kind> {
    const WORDS: [(&str, Kind); 9] = [
        ("signed up to a lot of lists", Kind::TooManySignups),
        ("in a compliance state", Kind::InCompliance),
        ("was permanently deleted", Kind::Forgotten),
        ("is already a list member", Kind::MemberExists),
        ("You can only update email addresses for members", Kind::AddressLocked),
        ("looks fake or invalid", Kind::AddressInvalid),
        ("provide a valid email address", Kind::AddressInvalid),
        (
            "The domain portion of the email address is invalid",
            Kind::AddressInvalid,
        ),
        ("merge fields were invalid", Kind::MergeFieldsInvalid),
    ];
    WORDS
        .iter()
        .find(|(part, _)| words.contains(part))
        .map(|(_, kind)| *kind)
}

fn doubled(first: Duration, step: u32, longest: Duration) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(step)).min(longest)
}

fn shortened(words: &str) -> String {
    words.chars().take(WORDS_CHARS_MAX).collect()
}
