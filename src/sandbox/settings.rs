//! The sandbox's switches: where Mailchimp's behaviour is unknown or differs between accounts, the choice is one of these, with the documented default.

use serde::{Deserialize, Serialize};

use super::sending::Outcome;

/// Everything that can be switched while the sandbox runs, by `PATCH /__sandbox/settings` or on the trouble page.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Grants access without showing the consent page.
    pub auto_approve: bool,
    /// Simultaneous connections of one user, over all tokens.
    pub connection_limit: usize,
    /// How long an authorization code may wait to be redeemed.
    pub code_seconds: i64,
    /// Milliseconds added to every API call.
    pub latency_ms: u64,
    /// Answers 426, as Mailchimp does to plain HTTP.
    pub refuse_plain_http: bool,
    /// The language of validation messages: en, de, fr or it.
    pub language: String,
    /// Refuses an incomplete address in an optional merge field instead of dropping it.
    pub strict_addresses: bool,
    /// `since_…` includes the named second.
    pub since_is_inclusive: bool,
    /// `status_if_new` brings an archived member back.
    pub archived_counts_as_new: bool,
    /// Refuses a `count` or `offset` that is negative or no number; otherwise it counts as absent.
    pub odd_pages_are_refused: bool,
    /// Refuses `fields` beside `exclude_fields` with 422; otherwise `fields` decides.
    pub both_field_lists_are_refused: bool,
    /// `True` in a query is true, as the Python client writes it.
    pub query_flags_ignore_case: bool,
    /// A subscriber hash in capitals finds its member.
    pub hashes_ignore_case: bool,
    /// An update is refused if it leaves a required merge field empty that it does not even name.
    pub updates_need_required_fields: bool,
    /// A cleaned member can be set to pending.
    pub cleaned_can_be_pending: bool,
    /// A cleaned member can be set to unsubscribed.
    pub cleaned_can_be_unsubscribed: bool,
    /// An address that was permanently deleted can be taken in again as unsubscribed.
    pub forgotten_can_be_unsubscribed: bool,
    /// Days after which an unconfirmed member is archived; 0 is never.
    pub pending_days: i64,
    /// Answers errors of the token exchange with 200, as the metadata does; otherwise 400, and 401 for a wrong client.
    pub token_errors_are_200: bool,
    /// The archive of a batch refuses callers that show credentials.
    pub archives_refuse_credentials: bool,
    /// A deleted batch answers 404; otherwise it is still shown, without results.
    pub deleted_batches_are_gone: bool,
    /// Domains that look invented.
    pub fake_domains: Vec<String>,
    /// Addresses that "signed up to a lot of lists very recently".
    pub throttled_addresses: Vec<String>,
    /// Answers 403 to whatever would add a contact, as an account over its plan.
    pub over_plan_limit: bool,
    /// Audiences an account may have; -1 is unlimited.
    pub max_audiences: i64,
    /// Sandbox seconds a batch stays at each of the stages before it is finished.
    pub batch_stage_seconds: i64,
    /// Batches stop at `started`, their operations done.
    pub batches_never_finish: bool,
    /// What the recipients do with a campaign that a program sends.
    pub campaign_outcome: Outcome,
    pub webhooks: WebhookSettings,
}

/// What goes wrong, or differs, with webhooks.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookSettings {
    /// Nothing is delivered at all.
    pub off: bool,
    /// Probability that a delivery is lost.
    pub drop: f64,
    /// Probability that a delivery comes twice.
    pub duplicate: f64,
    /// Probability that a delivery waits until the next one has gone out.
    pub reorder: f64,
    /// Sandbox seconds every delivery waits.
    pub delay_seconds: i64,
    /// New webhooks get no signing secret, as those of older accounts.
    pub unsigned: bool,
    /// Leaves `data[action]` out of unsubscribes, as has been seen.
    pub omit_action: bool,
    /// Archiving is told as `unsub`; otherwise as `delete`.
    pub archiving_is_unsub: bool,
    /// A new webhook hears only of the events that it names; otherwise of all but campaigns, as long as it names no other choice.
    pub new_ones_hear_nothing: bool,
    /// Real seconds a receiver has to answer.
    pub patience_seconds: u64,
}

impl Default for WebhookSettings {
    fn default() -> WebhookSettings {
        WebhookSettings {
            off: false,
            drop: 0.0,
            duplicate: 0.0,
            reorder: 0.0,
            delay_seconds: 0,
            unsigned: false,
            omit_action: false,
            archiving_is_unsub: false,
            new_ones_hear_nothing: false,
            patience_seconds: 10,
        }
    }
}

/// The switches that decide what may become of a member and what is told of it.
#[derive(Clone, Copy, Debug)]
pub struct Customs {
    pub cleaned_can_be_pending: bool,
    pub cleaned_can_be_unsubscribed: bool,
    pub omit_action: bool,
    pub archiving_is_unsub: bool,
}

impl Settings {
    pub fn customs(&self) -> Customs {
        Customs {
            cleaned_can_be_pending: self.cleaned_can_be_pending,
            cleaned_can_be_unsubscribed: self.cleaned_can_be_unsubscribed,
            omit_action: self.webhooks.omit_action,
            archiving_is_unsub: self.webhooks.archiving_is_unsub,
        }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            auto_approve: false,
            connection_limit: 10,
            code_seconds: 30,
            latency_ms: 0,
            refuse_plain_http: false,
            language: "en".to_owned(),
            strict_addresses: false,
            since_is_inclusive: false,
            archived_counts_as_new: true,
            odd_pages_are_refused: true,
            both_field_lists_are_refused: false,
            query_flags_ignore_case: true,
            hashes_ignore_case: true,
            updates_need_required_fields: true,
            cleaned_can_be_pending: false,
            cleaned_can_be_unsubscribed: true,
            forgotten_can_be_unsubscribed: false,
            pending_days: 0,
            token_errors_are_200: false,
            archives_refuse_credentials: false,
            deleted_batches_are_gone: true,
            fake_domains: ["example.com", "example.org", "example.net"]
                .map(str::to_owned)
                .to_vec(),
            throttled_addresses: Vec::new(),
            over_plan_limit: false,
            max_audiences: 5,
            batch_stage_seconds: 1,
            batches_never_finish: false,
            campaign_outcome: Outcome::default(),
            webhooks: WebhookSettings::default(),
        }
    }
}
