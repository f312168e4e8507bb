//! A little Mailchimp for the proofs of the decision: one audience, what the API does with each state, what people and staff
//! there do, and who did it. No network, no pages, no fields but names.

use chrono::{DateTime, Utc};
use dms::mailchimp::{Member, MergeValues, Status};
use std::collections::{BTreeMap, BTreeSet};

/// The audience, with a clock that moves a second with every change.
#[derive(Clone, Debug, Default)]
pub struct Mailchimp {
    pub members: BTreeMap<String, Truth>,
    pub forgotten: BTreeSet<String>,
    pub clock: i64,
}

/// A member as they really are.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    pub status: Status,
    /// Unsubscribed or bounced by themselves: the API cannot subscribe them. Kept, unseen, while archived.
    pub in_compliance: bool,
    /// The present state came about by our call.
    pub by_api: bool,
    pub changed_at: i64,
}

/// Why a write was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Exists,
    Compliance,
    Forgotten,
    NotFound,
    /// 405: cleaned, pending and archived members cannot be archived.
    NotAllowed,
}

/// What happens at Mailchimp without us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum There {
    /// Fills in the sign-up form.
    Subscribes,
    /// Clicks in the confirmation mail.
    Confirms,
    Unsubscribes,
    Bounces,
    Complains,
    AdminUnsubscribes,
    AdminArchives,
    /// Somebody at Mailchimp takes an archived member back.
    AdminRestores,
    AdminErases,
}

/// A delivery: a hint that something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    Subscribe,
    Unsubscribe,
    CleanedHard,
    CleanedAbuse,
}

impl Mailchimp {
    /// `POST /members`: creates, and brings back whoever is archived.
    pub fn post(&mut self, key: &str, status: Status) -> Result<Member, Refusal> {
        if self.forgotten.contains(key) {
            return Err(Refusal::Forgotten);
        }
        match self.members.get(key) {
            Some(truth) if truth.status != Status::Archived => return Err(Refusal::Exists),
            Some(truth) if truth.in_compliance && status == Status::Subscribed => return Err(Refusal::Compliance),
            _ => self.put(key, status, false, true),
        }
        Ok(self.read(key).expect("was just put"))
    }

    /// `PATCH` to unsubscribed.
    pub fn unsubscribe(&mut self, key: &str) -> Result<(), Refusal> {
        match self.members.get(key) {
            None => return Err(Refusal::NotFound),
            Some(truth) if truth.status == Status::Unsubscribed => {}
            Some(truth) => self.put(key, Status::Unsubscribed, truth.in_compliance, true),
        }
        Ok(())
    }

    /// `DELETE`: archives.
    pub fn archive(&mut self, key: &str) -> Result<(), Refusal> {
        match self.members.get(key) {
            None => return Err(Refusal::NotFound),
            Some(truth) if matches!(truth.status, Status::Cleaned | Status::Pending | Status::Archived) => {
                return Err(Refusal::NotAllowed);
            }
            Some(truth) => self.put(key, Status::Archived, truth.in_compliance, true),
        }
        Ok(())
    }

    /// `GET`: the member as the API shows it.
    pub fn read(&self, key: &str) -> Option<Member> {
        let truth = self.members.get(key)?;
        Some(member(key, truth.status, truth.changed_at))
    }

    /// Something happens there. The webhook that tells of it, where there is one; `None` also when nothing changed.
    pub fn happens(&mut self, what: There, key: &str) -> Option<Hint> {
        use Status::*;
        let before = self.members.get(key).cloned();
        let status = before.as_ref().map(|truth| truth.status);
        let kept = before.as_ref().is_some_and(|truth| truth.in_compliance);
        let (after, in_compliance, hint) = match (what, status) {
            (There::Subscribes, status) if status != Some(Subscribed) => (Subscribed, false, Hint::Subscribe),
            (There::Confirms, Some(Pending)) => (Subscribed, false, Hint::Subscribe),
            (There::Unsubscribes, Some(Subscribed | Pending)) => (Unsubscribed, true, Hint::Unsubscribe),
            (There::AdminUnsubscribes, Some(Subscribed | Pending)) => (Unsubscribed, false, Hint::Unsubscribe),
            (There::Bounces, Some(Subscribed)) => (Cleaned, true, Hint::CleanedHard),
            (There::Complains, Some(Subscribed)) => (Cleaned, true, Hint::CleanedAbuse),
            (There::AdminArchives, Some(Subscribed | Unsubscribed)) => (Archived, kept, Hint::Unsubscribe),
            (There::AdminRestores, Some(Archived)) if !kept => (Subscribed, false, Hint::Subscribe),
            (There::AdminErases, Some(_)) => {
                self.members.remove(key);
                self.forgotten.insert(key.to_owned());
                return Some(Hint::Unsubscribe);
            }
            _ => return None,
        };
        self.forgotten.remove(key);
        self.put(key, after, in_compliance, false);
        Some(hint)
    }

    fn put(&mut self, key: &str, status: Status, in_compliance: bool, by_api: bool) {
        self.clock += 1;
        let truth = Truth {
            status,
            in_compliance,
            by_api,
            changed_at: self.clock,
        };
        self.members.insert(key.to_owned(), truth);
    }
}

/// A moment, in seconds of the model's clock.
pub fn moment(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).expect("within range")
}

/// The names of whoever wrote the address down: those of the contact with its number in the alphabet.
fn names(key: &str) -> MergeValues {
    let number = key.bytes().next().map_or(0, |letter| letter - b'a' + 1);
    let name = |what: &str| serde_json::Value::from(format!("{what}{number}"));
    [("FNAME", name("First")), ("LNAME", name("Last"))]
        .map(|(tag, name)| (tag.to_owned(), name))
        .into()
}

/// A member as the API shows it.
pub fn member(key: &str, status: Status, changed_at: i64) -> Member {
    Member {
        id: key.to_owned(),
        email_address: key.to_owned(),
        unique_email_id: String::new(),
        contact_id: key.to_owned(),
        web_id: 0,
        full_name: String::new(),
        status,
        unsubscribe_reason: None,
        merge_fields: names(key),
        last_changed: Some(moment(changed_at)),
        timestamp_signup: None,
        timestamp_opt: None,
        source: String::new(),
        language: String::new(),
        list_id: String::new(),
        tags: Vec::new(),
    }
}
