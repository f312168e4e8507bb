//! Writing up to 500 members with one call. Mailchimp answers 200 even when every row was refused: what counts is the
//! answer's rows, matched by address and never by place.

use std::fmt;

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::audiences::AudienceId;
use super::client::{Call, Client, Route};
use super::members::{Member, MemberWrite};
use super::problem::{FieldProblem, Problem};
use super::wire;

static MEMBERS_OF_AUDIENCE: Route = Route::of_audience("/lists/{list_id}");

/// The most members of one bulk write; one more, and Mailchimp refuses them all.
pub const BULK_MEMBERS_MAX: usize = 500;

/// What a bulk write brought, row by row. An archived member that came back counts as created.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct BulkOutcome {
    /// New in the audience.
    #[serde(rename = "new_members")]
    pub created: Vec<Member>,
    /// Were there before.
    #[serde(rename = "updated_members")]
    pub updated: Vec<Member>,
    /// Refused.
    pub errors: Vec<BulkError>,
}

/// A refused row.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct BulkError {
    /// Whose row it was.
    #[serde(default, deserialize_with = "wire::text")]
    pub email_address: String,
    /// Mailchimp's sentence.
    #[serde(default, deserialize_with = "wire::text")]
    pub error: String,
    /// `ERROR_CONTACT_EXISTS`, or `ERROR_GENERIC` for everything else.
    #[serde(default, deserialize_with = "wire::text")]
    pub error_code: String,
    /// The merge tag it is about, or empty.
    #[serde(default, deserialize_with = "wire::text")]
    pub field: String,
    /// What is wrong with that field, or empty.
    #[serde(default, deserialize_with = "wire::text")]
    pub field_message: String,
}

impl BulkError {
    /// The same as a single call would have told it. Bulk rows have no title, only a sentence in the account's
    /// language: where it is not English the kind may be no closer than [`Kind::Refused`](super::Kind::Refused).
    pub fn problem(&self) -> Problem {
        let field = FieldProblem {
            field: self.field.clone(),
            message: self.field_message.clone(),
        };
        let fields = if self.field.is_empty() { Vec::new() } else { vec![field] };
        Problem::row(self.error_code == "ERROR_CONTACT_EXISTS", &self.error, fields)
    }
}

/// Without the address and the sentence that names it, so that no log learns them.
impl fmt::Debug for BulkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BulkError({}, {})", self.error_code, self.field)
    }
}

#[derive(Serialize)]
struct BulkWrite<'a> {
    members: &'a [MemberWrite],
    update_existing: bool,
}

impl Client {
    /// Writes up to [`BULK_MEMBERS_MAX`] members. With `update_existing` a row's `status` is applied to members who are
    /// there already; without, they come back as `ERROR_CONTACT_EXISTS`.
    ///
    /// Look each address up in the outcome, in lower case: a row that is mentioned nowhere was not written.
    pub async fn write_members(
        &self,
        audience: &AudienceId,
        members: &[MemberWrite],
        update_existing: bool,
    ) -> Result<BulkOutcome, Problem> {
        if members.len() > BULK_MEMBERS_MAX {
            return Err(Problem::not_sent("More than 500 members in one call."));
        }
        let call =
            Call::new(Method::POST, &MEMBERS_OF_AUDIENCE, &[audience.as_str()]).query("skip_merge_validation", true);
        self.read(call.json(&BulkWrite {
            members,
            update_existing,
        })?)
        .await
    }
}
