//! What a read of Mailchimp changes in the mirror. Pure.

use super::super::decide::{MemberStatus, There};
use super::{MirrorMember, status_word};
use crate::mailchimp::{Member, Status};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap};

/// What a read of Mailchimp told about an address.
#[derive(Clone, Debug)]
pub enum Told {
    Member(Box<Member>),
    /// Asked for by itself, the address is not there, although the audience is.
    NotThere {
        address_key: String,
    },
    /// A webhook told that the address was cleaned for a complaint. The API shows "cleaned" for bounces and complaints alike,
    /// so this is told after the member was read, and says nothing of one who is not cleaned (any more).
    Complained {
        address_key: String,
    },
}

/// The mirror's row after a read. `asked` is a call of ours for this address that Mailchimp may have carried out without our
/// knowing. `None`: never heard of, and still not there. Pure: told the same again, it answers the same, and what was told
/// late changes nothing that we ended since.
pub fn absorb(
    before: Option<&MirrorMember>,
    told: &Told,
    audience: &str,
    asked: Option<There>,
    read_at: DateTime<Utc>,
) -> Option<MirrorMember> {
    let member = match told {
        // Was there and is gone for good: remembered, so that nobody adds them again.
        Told::NotThere { .. } => {
            return before.map(|before| MirrorMember {
                status: "forgotten".into(),
                read_at,
                ..before.clone()
            });
        }
        Told::Complained { .. } => {
            let is_cleaned = |before: &&MirrorMember| before.member_status() == MemberStatus::Known(Status::Cleaned);
            return before.filter(is_cleaned).map(|before| MirrorMember {
                status: status_word(MemberStatus::CleanedForAbuse).into(),
                ..before.clone()
            });
        }
        Told::Member(member) => member,
    };
    if let Some(before) = before.filter(|before| is_older(member, before, asked)) {
        return Some(before.clone());
    }
    let status = match before.map(MirrorMember::member_status) {
        Some(MemberStatus::CleanedForAbuse) if member.status == Status::Cleaned => MemberStatus::CleanedForAbuse,
        _ => MemberStatus::Known(member.status),
    };
    let unchanged = before.is_some_and(|before| before.member_status() == status);
    let ended_by_us = match (member.status, before, asked) {
        (Status::Unsubscribed | Status::Archived, Some(before), _) if unchanged => before.ended_by_us,
        (Status::Unsubscribed, _, Some(There::Unsubscribe)) | (Status::Archived, _, Some(There::Archive)) => true,
        _ => false,
    };
    let status_before_end = match before {
        Some(before) if ended_by_us && unchanged => before.status_before_end.clone(),
        Some(before) if ended_by_us => Some(before.status.clone()),
        _ => None,
    };
    let active = matches!(member.status, Status::Subscribed | Status::Pending);
    let merged = |tag: &str| {
        member
            .merge_fields
            .get(tag)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    Some(MirrorMember {
        audience_id: audience.to_owned(),
        address_key: key_of(member),
        address: member.email_address.trim().to_owned(),
        status: status_word(status).to_owned(),
        mailchimp_contact_id: member.contact_id.clone(),
        first_name: merged("FNAME"),
        last_name: merged("LNAME"),
        language: member.language.clone(),
        unsubscribe_reason: member.unsubscribe_reason.clone().unwrap_or_default(),
        unsubscribe_campaign: before
            .filter(|_| !active)
            .map(|before| before.unsubscribe_campaign.clone())
            .unwrap_or_default(),
        last_changed: member.last_changed,
        in_compliance: !active && before.is_some_and(|before| before.in_compliance),
        ended_by_us,
        status_before_end,
        here_before: unchanged && before.is_some_and(|before| before.here_before),
        read_at,
    })
}

/// Mailchimp's lists lag behind its members, and a page may arrive after a later read: what changed there earlier is not news.
/// Nor is somebody active whom we unsubscribed or archived since: that changes nothing in the date we know.
fn is_older(told: &Member, before: &MirrorMember, asked: Option<There>) -> bool {
    let is_active = matches!(told.status, Status::Subscribed | Status::Pending);
    let ended_since = before.ended_by_us && is_active && !matches!(asked, Some(There::Add(_)));
    told.last_changed
        .zip(before.last_changed)
        .is_some_and(|(told, before)| told < before || told == before && ended_since)
}

/// What reads change in the mirror.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The rows that are others now; each is to be marked as due.
    pub rows: Vec<MirrorMember>,
    /// Addresses for which an addition of ours, where one left and no answer was heard, was carried out.
    pub added: Vec<String>,
    /// Addresses that are cleaned now and were not before, or not for a complaint; with why they go on hold.
    pub cleaned: Vec<(String, &'static str)>,
}

/// Compares reads with what the mirror shows of these addresses, and with the calls whose outcome we do not know. Pure.
pub fn changes(
    told: &[Told],
    audience: &str,
    before: &HashMap<String, MirrorMember>,
    asked: &HashMap<String, There>,
    now: DateTime<Utc>,
) -> Changed {
    let mut after: BTreeMap<String, MirrorMember> = BTreeMap::new();
    for told in told {
        let key = address_key(told);
        // An address may come twice in one read: pages shift while they are read. The later telling is the newer.
        let known = after.get(&key).or_else(|| before.get(&key));
        if let Some(row) = absorb(known, told, audience, asked.get(&key).copied(), now) {
            after.insert(key, row);
        }
    }
    let is_another = |row: &MirrorMember| before.get(&row.address_key).is_none_or(|old| !row.tells_the_same(old));
    let rows: Vec<MirrorMember> = after.into_values().filter(is_another).collect();
    // There now; or came and unsubscribed again, where they were not there before.
    let was_added =
        |row: &&MirrorMember| row.is_active() || !before.contains_key(&row.address_key) && row.is_unsubscribed();
    let added = rows
        .iter()
        .filter(was_added)
        .map(|row| row.address_key.clone())
        .collect();
    let status_before = |key: &String| before.get(key).map(MirrorMember::member_status);
    let became = |row: &&MirrorMember| Some(row.member_status()) != status_before(&row.address_key);
    let cleaned = rows
        .iter()
        .filter(became)
        .filter_map(|row| Some((row.address_key.clone(), why_on_hold(row.member_status())?)))
        .collect();
    Changed { rows, added, cleaned }
}

fn why_on_hold(status: MemberStatus) -> Option<&'static str> {
    match status {
        MemberStatus::Known(Status::Cleaned) => Some("Mailchimp: mail to this address bounced"),
        MemberStatus::CleanedForAbuse => Some("Mailchimp: reported as spam"),
        _ => None,
    }
}

/// The address by which the mirror knows a member: empty for a contact without one, who is in no mirror.
pub fn key_of(member: &Member) -> String {
    member.email_address.trim().to_lowercase()
}

pub(super) fn address_key(told: &Told) -> String {
    match told {
        Told::Member(member) => key_of(member),
        Told::NotThere { address_key } | Told::Complained { address_key } => address_key.clone(),
    }
}
