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
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
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
